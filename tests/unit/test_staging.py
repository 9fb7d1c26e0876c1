"""One pass over a file: good rows as MySQL takes them, rejects, summary, counts."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from import_export.imports.layout import Layout, find_layout
from import_export.imports.mapping import HeaderMap, map_headers
from import_export.imports.rejects_file import RejectsFile
from import_export.imports.staging import StagedFile
from import_export.imports.summary import Summary
from import_export.imports.table_config import table_from_config
from import_export.imports.tables import ImportTable

SALES: dict[str, Any] = {
    "table_name": "sales",
    "columns": [
        {"name": "distid", "type": "str(4)", "is_mandatory": True},
        {"name": "dotanggal", "type": "date", "date_formats": ["dd/mm/yyyy"]},
        {"name": "qty", "type": "int", "default": "0", "number_format": "1.234,56"},
        {"name": "amount_jual", "type": "decimal(18,2)", "number_format": "1.234,56"},
        {"name": "exportdate", "type": "date", "date_formats": ["dd/mm/yyyy"]},
        {"name": "active", "type": "bool"},
    ],
}
HEADER = "distid;dotanggal;qty;amount_jual;exportdate;active\n"


def stage(path: Path, table: ImportTable, rejects: RejectsFile | None = None, **values: Any) -> StagedFile:
    layout = find_layout(path)
    assert isinstance(layout, Layout)
    headers = map_headers(layout.header, table)
    assert isinstance(headers, HeaderMap)
    given_values = {"dist_id": None, "batch_bytes": 1 << 16, "kept_rejects": 100, **values}
    return StagedFile(path, layout, table, headers, rejects=rejects, **given_values)


def test_good_rows_become_what_mysql_takes(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(
        HEADER + '0112;1/3/2026;1.250;1.250.000,5;20260401;ya\n 0112 ;;;;;\n="0112";3 Mei 2026;12.0;-1;;0\n'
    )
    staged = stage(path, table_from_config(SALES))
    rows = [row for frame in staged for row in frame.rows()]
    assert rows == [
        (2, "0112", "2026-03-01", "1250", "1250000.50", "2026-04-01", "1"),
        (3, "0112", None, "0", None, None, None),
        (4, "0112", "2026-05-03", "12", "-1.00", None, "0"),
    ]
    summary = staged.result.summary
    assert summary.amount == Decimal("1249999.50")
    assert summary.note("id") == (
        "Berhasil memproses 3 data; Periode DO: 01/03/2026 s/d 03/05/2026; Total Penjualan: Rp 1.249.999,50; "
        "Export Date: 01/04/2026 s/d 01/04/2026"
    )
    assert Summary.from_json(summary.to_json()) == summary


def test_every_problem_of_a_row_is_told(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(
        HEADER + "01125;x;1,5;lima;;mungkin\n0112;;99999999999999999999;;;\n0112;;1;1e30;;\n0112;;1;1;;\n"
    )
    staged = stage(path, table_from_config(SALES))
    assert sum(frame.height for frame in staged) == 1
    told = [(reject.line, reject.column, reject.told.code.value) for reject in staged.result.rejects]
    assert told == [
        (2, "distid", "TOO_LONG"),
        (2, "dotanggal", "BAD_DATE"),
        (2, "qty", "NOT_AN_INTEGER"),
        (2, "amount_jual", "NOT_A_NUMBER"),
        (2, "active", "NOT_ALLOWED"),
        (3, "qty", "OUT_OF_RANGE"),
        (4, "amount_jual", "OUT_OF_RANGE"),
    ]
    assert (staged.result.lines, staged.result.good, staged.result.rejected) == (4, 1, 3)


def test_the_rejects_file_has_the_rows_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(HEADER + '0112;;;;;\n;;"1""2";;;\n0112;1;2;3;4;5;6\n')
    with RejectsFile(tmp_path / "rejects.csv", HEADER.strip().split(";")) as rejects:
        list(stage(path, table_from_config(SALES), rejects))
    lines = (tmp_path / "rejects.csv").read_bytes().decode("utf-8-sig").split("\r\n")
    assert lines[0] == "distid,dotanggal,qty,amount_jual,exportdate,active,line,errors"
    assert lines[1].startswith(',,"1""2",,,,3,')
    assert lines[2] == '0112,1,2,3,4,5,4,"row has 7 cells, expected 6",6'


def test_a_file_without_rejects_leaves_no_rejects_file(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(HEADER + "0112;;;;;\n")
    with RejectsFile(tmp_path / "rejects.csv", ["distid"]) as rejects:
        list(stage(path, table_from_config(SALES), rejects))
    assert not (tmp_path / "rejects.csv").exists()


def test_the_distributor_is_held_against_every_row(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(HEADER + "d001;;;;;\nD001 ;;;;;\nD009;;;;;\nE001;;;;;\n")
    for check, good in (("prefix", 3), ("exact", 2)):
        staged = stage(path, table_from_config({**SALES, "distributor_check": check}), dist_id="D001")
        assert sum(frame.height for frame in staged) == good


def test_a_key_that_the_file_lacks_is_filled(tmp_path: Path) -> None:
    config = {"table_name": "t", "columns": [{"name": "a"}, {"name": "b", "is_unique": True}]}
    path = tmp_path / "t.csv"
    path.write_text("a;c\nx;1\n")
    staged = stage(path, table_from_config(config))
    assert staged.columns == ("a", "b")
    assert [row for frame in staged for row in frame.rows()] == [(2, "x", "")]
    assert staged.result.lines == 1


CELL = st.sampled_from(
    ["", "0112", "x", "31/03/2026", "31/02/2026", "1.250", "1,5", "-", '="7"', "1e400", "9" * 30, "ya"]
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELL, min_size=5, max_size=7), min_size=1, max_size=20))
def test_counts_always_add_up(tmp_path: Path, rows: list[list[str]]) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(HEADER + "".join(";".join(row) + "\n" for row in [["0112", *[""] * 5], *rows]))
    staged = stage(path, table_from_config(SALES))
    good = sum(frame.height for frame in staged)
    result = staged.result
    assert result.lines == result.good + result.rejected
    assert result.good == good == result.summary.rows
    assert len({reject.line for reject in result.rejects}) <= result.rejected
