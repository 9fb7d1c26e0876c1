"""`inspect`, as support uses it: in a process of its own, without Airflow and without a database."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from import_export.cli import main
from import_export.imports.layout import Layout, find_layout
from import_export.imports.table_config import table_from_config
from import_export.imports.validation import quick_validate
from import_export.messages import Message

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "data" / "dirty"
CASES = json.loads((FOLDER / "cases.json").read_text())
TABLE = table_from_config(CASES["table"])


def answer(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Any:
    assert main(["inspect", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["file"])
def test_each_dirty_file_is_told_as_it_should_be(
    case: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    found = answer(capsys, FOLDER / case["file"], "--table", FOLDER / "cases.json", "--all-rows")
    expect = dict(case["expect"])
    for key in (
        "accepted",
        "rejected",
        "encoding",
        "header_line",
        "control_total",
        "ignored_columns",
        "jobs",
    ):
        if key in expect:
            assert found[key] == expect.pop(key), key
    for key, told in (("skipped_total", "skipped_totals"), ("skipped_header", "skipped_headers")):
        if key in expect:
            assert found[told] == expect.pop(key)
    if expect.pop("warning", False):
        assert found["warnings"]
    if "suggest" in expect:
        assert found["suggested"] == expect.pop("suggest")
    if "status" in expect:
        assert found["verdict"]["status"] == expect.pop("status")
        assert found["verdict"]["code"] == expect.pop("code")
        assert expect.pop("message_mentions", "") in found["verdict"]["message"]
    if "header0" in expect:
        assert found["header"][0] == expect.pop("header0")
    if "name" in expect:
        assert found["rows"][0]["name"] == expect.pop("name")
    if "row1" in expect:
        assert list(found["rows"][0].values()) == expect.pop("row1")
    if "second_row_line" in expect:
        assert found["row_lines"][1] == expect.pop("second_row_line")
    if "accepted_at_least" in expect:
        assert found["accepted"] >= expect.pop("accepted_at_least")
    second = expect.pop("row2", {})
    if "value" in second:
        assert second.pop("value") in found["rows"][1].values()
    code = second.pop("reject", None) or expect.pop("code", None)
    if code:
        reject = found["rejects"][0]
        assert reject["code"] == code
        assert reject["column"] == second.pop("column", reject["column"])
        assert reject["line"] == second.pop("line", expect.pop("line", reject["line"]))
    assert not set(expect) - {"note"}, "every expectation is looked at"
    assert not set(second) - {"why"}


def test_it_needs_neither_airflow_nor_a_database() -> None:
    program = (
        "import sys; from import_export.cli import main; "
        f"status = main(['inspect', {str(FOLDER / '01_utf8_bom.csv')!r}, '--table', {str(FOLDER / 'cases.json')!r}]); "
        "assert 'airflow' not in sys.modules and 'MySQLdb' not in sys.modules; sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(ROOT / "plugins")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "Verdict: valid" in done.stdout
    assert "AMOUNT_JUAL → sales_amount" in done.stdout


def test_a_file_is_written_as_it_was_understood(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(
        'Laporan\r\n\r\nsku;nama;qty\r\n001;"a;b";1\r\n002;Café\r\n003;x;1;2\r\n'.encode("cp1252")
    )
    target = tmp_path / "out.csv"
    assert main(["inspect", str(source), "--to-csv", str(target)]) == 0
    with target.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["sku", "nama", "qty"],
            ["001", "a;b", "1"],
            ["002", "Café"],
            ["003", "x", "1", "2"],
        ]


def test_what_cannot_be_understood_is_told_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.csv"
    assert main(["inspect", str(FOLDER / "19_html_as_csv.csv"), "--to-csv", str(target)]) == 1
    assert "HTML" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_many_files_are_written_and_one_does_not_stop_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    (tmp_path / "empty.csv").write_text("")
    pairs = tmp_path / "pairs.tsv"
    names = ("empty", "missing", "a")
    pairs.write_text("".join(f"{tmp_path / name}.csv\t{tmp_path / name}.out\n" for name in names))
    assert main(["inspect", "--batch", str(pairs)]) == 1
    told = capsys.readouterr().err
    assert "empty.csv: File is empty." in told
    assert "missing.csv: File not found." in told
    assert (tmp_path / "a.out").read_text() == "a,b\n1,2\n"
    assert not (tmp_path / "empty.out").exists()


def test_slips_of_the_caller_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, told in (
        (["nowhere.csv", "--table", str(FOLDER / "cases.json")], "nowhere.csv: No such file"),
        ([str(FOLDER / "01_utf8_bom.csv"), "--table", "nowhere.json"], "nowhere.json: No such file"),
        ([str(FOLDER / "01_utf8_bom.csv"), "--table", str(FOLDER / "01_utf8_bom.csv")], "this is not JSON"),
        ([], "inspect needs a FILE"),
    ):
        assert main(["inspect", *arguments]) == 1
        assert told in capsys.readouterr().err


def test_messages_are_there_in_indonesian(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(
        capsys, FOLDER / "53_num_garbage.csv", "--table", FOLDER / "cases.json", "--language", "id"
    )
    assert "harus angka" in found["rejects"][0]["message"]


def test_a_header_that_is_misspelt_is_suggested() -> None:
    path = FOLDER / "37_header_typo.csv"
    verdict = quick_validate(path, path.name, [TABLE])
    assert verdict.told is not None
    assert verdict.told.code is Message.MANDATORY_MISSING
    assert verdict.told.text() == "Missing mandatory columns: sales_amount"


def test_what_is_no_text_at_all_says_what_it_is(tmp_path: Path) -> None:
    for octets, told in (
        (b"PK\x03\x04rest", "Excel workbook or a ZIP"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel workbook"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n", "image"),
    ):
        path = tmp_path / "x.csv"
        path.write_bytes(octets)
        layout = find_layout(path)
        assert not isinstance(layout, Layout)
        assert told in layout.text()
