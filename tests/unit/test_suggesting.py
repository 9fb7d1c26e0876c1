"""Suggestions for a new table from a sample file: they take the very file that they were made from."""

import csv
import json
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from import_export.imports.config_checks import check_table
from import_export.imports.inspection import Inspection, Question, inspect_file
from import_export.imports.suggesting import SuggestedColumn, Suggestion, suggest_table
from import_export.imports.table_config import table_from_config
from import_export.imports.tables import HELPER_COLUMNS, IDENTIFIER, ColumnType, ImportTable, match_filename
from import_export.messages import Message, Told

FOLDER = Path(__file__).parents[1] / "data" / "dirty"
CASES = json.loads((FOLDER / "cases.json").read_text())["cases"]
UNREADABLE = {"15_empty.csv": Message.EMPTY_FILE, "19_html_as_csv.csv": Message.NOT_TEXT}


def suggested(path: Path, text: str, name: str = "sales.csv") -> Suggestion:
    (path / name).write_text(text, encoding="utf-8", newline="")
    found = suggest_table(path / name, name)
    assert isinstance(found, Suggestion), found
    return found


def columns(path: Path, *rows: str) -> dict[str, SuggestedColumn]:
    """The columns of a file with these lines, by their headers."""
    return {each.header: each for each in suggested(path, "\n".join(rows) + "\n").columns}


def column(path: Path, *cells: str, header: str = "x") -> SuggestedColumn:
    """The column of these cells, beside one of words."""
    return columns(path, f"nama;{header}", *(f"toko {n};{cell}" for n, cell in enumerate(cells)))[header]


def as_table(suggestion: Suggestion) -> ImportTable:
    """The table that a person makes who confirms everything; all that is checked before it is saved is right."""
    config: dict[str, Any] = {
        "table_name": suggestion.table_name,
        "display_name": suggestion.display_name,
        "allowed_filename": suggestion.allowed_filename,
        "columns": [asdict(each) for each in suggestion.columns],
    }
    table = table_from_config(config)
    check_table(table, [], new_names=[each.name for each in table.columns])
    assert IDENTIFIER.match(table.table_name)
    return table


def imported(path: Path, suggestion: Suggestion) -> Inspection:
    """What an import of the sample into the suggested table finds."""
    found = inspect_file(path, Question(tables=[as_table(suggestion)], all_rows=True))
    assert isinstance(found, Inspection)
    return found


@pytest.mark.parametrize(
    "name",
    [
        case["file"]
        for case in CASES
        if case["file"].endswith(".csv") and case["file"] != "17_header_only.csv"
    ],
)
def test_a_table_takes_the_file_it_was_suggested_from(name: str) -> None:
    found = suggest_table(FOLDER / name, name)
    if name in UNREADABLE:
        assert isinstance(found, Told)
        assert found.code is UNREADABLE[name]
        return
    assert isinstance(found, Suggestion)
    inspection = imported(FOLDER / name, found)
    assert inspection.result is not None, inspection.verdict.told
    if name == "69_code_sci_lost.csv":  # what a spreadsheet lost, no configuration brings back
        assert [reject.told.code for reject in inspection.result.rejects] == [Message.PRECISION_LOST]
        return
    assert inspection.verdict.valid, inspection.verdict.told
    codes = [reject.told.code for reject in inspection.result.rejects]
    assert codes == ([Message.ROW_TOO_SHORT] if name == "29_short_row.csv" else [])


def test_the_usual_file_of_a_distributor(tmp_path: Path) -> None:
    start = date(2026, 3, 1)
    rows = [
        f"D001;{start + timedelta(days=n // 9):%d/%m/%Y};F{n // 3:04};{n % 3 + 1};00{n % 7};TOKO {n};{n % 5};"
        f"1.{n:03}.000,50;20260401"
        for n in range(150)
    ]
    head = "DISTID;DOTANGGAL;NO_FAKTUR;No.;KODE_BARANG;Nama Toko;QTY;AMOUNT_JUAL;EXPORTDATE"
    found = suggested(tmp_path, "\n".join([head, *rows, "GRAND TOTAL;;;;;;300;999"]), "Sales_20260301.csv")
    assert (found.table_name, found.display_name, found.allowed_filename, found.rows) == (
        "sales",
        "Sales",
        "sales, sales_*",
        150,
    )
    assert [(each.name, each.data_type, each.number_format, each.role) for each in found.columns] == [
        ("distid", "str(20)", "plain", "distributor"),
        ("dotanggal", "date", "plain", "date"),
        ("no_faktur", "str(20)", "plain", None),
        ("no", "int", "1.234,56", None),
        ("kode_barang", "str(20)", "plain", None),
        ("nama_toko", "str(20)", "plain", None),
        ("qty", "int", "1.234,56", None),
        ("amount_jual", "decimal(18,2)", "1.234,56", "amount"),
        ("exportdate", "date", "plain", "export_date"),
    ]
    assert all(each.is_mandatory for each in found.columns)
    assert [each.name for each in found.columns if each.is_unique] == ["distid", "no_faktur", "no"]
    assert [each.aliases for each in found.columns if each.aliases] == [("No.",)]
    assert found.columns[1].date_formats == ("dd/mm/yyyy",)
    assert found.columns[8].date_formats == ("yyyymmdd",)
    assert found.columns[5].examples == ("TOKO 0", "TOKO 1", "TOKO 2")
    inspection = imported(tmp_path / "Sales_20260301.csv", found)
    assert inspection.verdict.valid
    assert inspection.result is not None
    assert (inspection.result.good, inspection.result.rejected, inspection.result.skipped_totals) == (
        150,
        0,
        1,
    )


@pytest.mark.parametrize(
    ("cells", "data_type", "number_format"),
    [
        (["1", "20", "-300"], "int", "plain"),
        (["1", "", "2"], "int", "plain"),
        (["12.5", "1250"], "decimal(18,2)", "plain"),
        (["1250.00", "3.00"], "decimal(18,2)", "plain"),
        (["0.1234", "1"], "decimal(20,4)", "plain"),
        (["12345678901234567.5"], "decimal(19,2)", "plain"),
        (["1.250.000", "1.000"], "int", "1.234,56"),
        (["12,5", "3"], "decimal(18,2)", "1.234,56"),
        (["1.250,50", "1250000.50"], "decimal(18,2)", "1.234,56"),
        (["1,250,000", "1,000"], "int", "1,234.56"),
        (["1,250.5", "1,000"], "decimal(18,2)", "1,234.56"),
        (["Rp. 1.000", "(Rp 2.500.000)", "Rp -"], "int", "1.234,56"),
        (["Rp. 1000", "Rp. 2500"], "int", "plain"),
        (["001", "2"], "str(20)", "plain"),
        (["0", "0,5"], "decimal(18,2)", "1.234,56"),
        (["+62811", "62812"], "str(20)", "plain"),
        (["0812 345 678", "812 345 678"], "str(20)", "plain"),
        (["123456789012345678"], "int", "plain"),
        (["1234567890123456789"], "str(50)", "plain"),
        (["1", "x"], "str(20)", "plain"),
        (["1.250,5", "1,250.5"], "str(20)", "plain"),
        (["-", "Rp -"], "str(20)", "plain"),
        (["10%"], "str(20)", "plain"),
        (["10:30", "11:00"], "str(20)", "plain"),
        (["1e30", "1"], "str(20)", "plain"),
        (['="00123"', '="00124"'], "str(20)", "plain"),
        (["", ""], "str(100)", "plain"),
        (["Ya", "tidak", ""], "bool", "plain"),
        (["Y", "Y"], "str(20)", "plain"),
        (["1", "0"], "int", "plain"),
        (["a" * 16], "str(20)", "plain"),
        (["a" * 17], "str(50)", "plain"),
        (["a" * 9000], "str(16000)", "plain"),
    ],
)
def test_the_type_of_some_cells(tmp_path: Path, cells: list[str], data_type: str, number_format: str) -> None:
    found = column(tmp_path, *cells)
    assert (found.data_type, found.number_format) == (data_type, number_format)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ("1.250.000,50", ("int", "1.234,56", False)),
        ("1,250.50", ("decimal(19,3)", "1,234.56", False)),
        ("12.5", ("decimal(19,3)", "plain", False)),
        ("7", ("decimal(19,3)", "plain", True)),
        ("words", ("decimal(19,3)", "plain", True)),
    ],
)
def test_other_columns_tell_what_a_point_is(
    tmp_path: Path, other: str, expected: tuple[str, str, bool]
) -> None:
    found = columns(tmp_path, "a;b", f"1.250;{other}", f"150;{other}")["a"]
    assert (found.data_type, found.number_format, found.ambiguous_numbers) == expected


def test_columns_that_disagree_tell_nothing(tmp_path: Path) -> None:
    found = columns(tmp_path, "a;b;c", "1.250;1.250,5;1,250.5", "1.300;2;3")["a"]
    assert (found.number_format, found.ambiguous_numbers) == ("plain", True)


@pytest.mark.parametrize(
    ("cells", "data_type", "formats", "ambiguous"),
    [
        (["03/04/2026", "13/04/2026"], "date", ("dd/mm/yyyy",), False),
        (["03/04/2026", "04/13/2026"], "date", ("mm/dd/yyyy",), False),
        (["03/04/2026", "05/04/2026"], "date", ("dd/mm/yyyy",), True),
        (["03-04-26", ""], "date", ("dd-mm-yy",), True),
        (["2026-03-04", "2026-03-05"], "date", ("yyyy-mm-dd",), False),
        (["2026-03-04 00:00:00"], "date", ("yyyy-mm-dd",), False),
        (["2026-03-04 10:30:00"], "datetime", ("yyyy-mm-dd",), False),
        (["13/04/2026 10:30", "14/04/2026"], "datetime", ("dd/mm/yyyy",), False),
        (
            ["1 Agustus 2026", "3-Mei-26", "13/04/2026"],
            "date",
            ("dd/mm/yyyy", "dd mmm yyyy", "dd-mmm-yy"),
            False,
        ),
        (["Aug 1, 2026"], "date", ("mmm dd yyyy",), False),
        (["20260304", "20260305"], "date", ("yyyymmdd",), False),
        (["20260304", "20261305"], "int", (), False),
        (["46000", "46001"], "int", (), False),
        (["13/04/2026", "04/13/2026"], "str(20)", (), False),
        (["13/04/2026", "00/00/0000"], "str(20)", (), False),
        (["13/04/0202"], "str(20)", (), False),
    ],
)
def test_dates(
    tmp_path: Path, cells: list[str], data_type: str, formats: tuple[str, ...], ambiguous: bool
) -> None:
    found = column(tmp_path, *cells)
    assert (found.data_type, found.date_formats, found.ambiguous_dates) == (data_type, formats, ambiguous)


def test_day_numbers_are_dates_below_a_header_that_says_so(tmp_path: Path) -> None:
    found = column(tmp_path, "46000", "46001", "46000.25", header="TGL")
    assert (found.data_type, found.date_formats, found.role) == ("datetime", (), "date")


@pytest.mark.parametrize("header", ["KODE_OUTLET", "kodebarang", "Product Code", "SKU", "No. HP", "DISTID"])
def test_codes_of_digits_are_text(tmp_path: Path, header: str) -> None:
    assert column(tmp_path, "10001", "10002", header=header).data_type == "str(20)"


def test_roles_go_to_the_clearest_header_whose_content_agrees(tmp_path: Path) -> None:
    found = columns(
        tmp_path,
        "Tanggal;DOTANGGAL;Amount;Total Penjualan;Tgl Export",
        "2026-01-01;2026-01-02;500;1000;kemarin",
    )
    roles = {header: each.role for header, each in found.items()}
    assert roles == {
        "Tanggal": None,
        "DOTANGGAL": "date",
        "Amount": None,
        "Total Penjualan": "amount",
        "Tgl Export": None,
    }
    assert found["Total Penjualan"].data_type == "decimal(18,2)", "the next file may have cents"


def test_names(tmp_path: Path) -> None:
    found = suggested(
        tmp_path,
        "id;ImportDate;row-hash;Qté Vendue;2nd;A.B;A B;Disc %;disc;数量;Ket;KET;;"
        + "x" * 60
        + ";"
        + "x" * 61
        + "\n"
        "a;b;c;d;e;f;g;h;i;j;k;l;m;n;o\n",
    )
    assert {each.header: each.name for each in found.columns} == {
        "id": "id_1",
        "ImportDate": "importdate_1",
        "row-hash": "row_hash_1",
        "Qté Vendue": "qte_vendue",
        "2nd": "c_2nd",
        "A.B": "a_b_1",
        "A B": "a_b",
        "Disc %": "disc_1",
        "disc": "disc",
        "数量": "col_10",
        "x" * 60: "x" * 48,
        "x" * 61: "x" * 46 + "_1",
    }
    aliases = {each.header: each.aliases for each in found.columns}
    assert aliases["id"] == ("id",)
    assert aliases["A.B"] == ("A.B",)
    assert aliases["A B"] == ()
    as_table(found)


def test_a_header_over_two_lines_is_found_again(tmp_path: Path) -> None:
    found = suggested(tmp_path, "Kode;Sales;Sales;Qty\n;Qty;Nilai;\nA1;1;2,5;3\nA2;2;3,5;4\n")
    assert [each.header for each in found.columns] == ["Kode", "Sales Qty", "Sales Nilai"]
    assert imported(tmp_path / "sales.csv", found).verdict.valid


@pytest.mark.parametrize(
    ("filename", "table_name", "allowed"),
    [
        ("sales.csv", "sales", "sales, sales_*"),
        ("0112/Sales_20260301.CSV", "sales", "sales, sales_*"),
        ("sales_2026-03-01 (2).csv", "sales", "sales, sales_*"),
        ("Penjualan Maret 2026.csv", "penjualan", "penjualan, penjualan *"),
        ("sales20260301.csv", "sales", "sales, sales[0-9]*"),
        ("stok_d001.csv", "stok_d001", "stok_d001, stok_d001_*"),
        ("20260301.csv", "imported", "20260301"),
        ("2026 sales.csv", "t_2026_sales", "2026 sales, 2026 sales_*"),
        ("import_sales.csv", "t_import_sales", "import_sales, import_sales_*"),
        ("a,b[x]_3.csv", "a_b_x", "a?b[[]x, a?b[[]x]*"),
    ],
)
def test_the_name_of_the_file(tmp_path: Path, filename: str, table_name: str, allowed: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a;b\nx;1\n")
    found = suggest_table(path, filename)
    assert isinstance(found, Suggestion)
    assert (found.table_name, found.allowed_filename) == (table_name, allowed)


def key(path: Path, head: str, rows: list[str]) -> list[str]:
    return [each.name for each in suggested(path, "\n".join([head, *rows])).columns if each.is_unique]


def test_a_key_is_suggested_only_when_rows_speak_for_it(tmp_path: Path) -> None:
    many = range(30)
    assert key(tmp_path, "no;kode;qty", [f"{n};A{n};{n * 7}" for n in many]) == ["kode"]
    assert key(tmp_path, "no;kode;qty", [f"{n};A{n};{n * 7}" for n in many[:19]]) == [], "too few rows"
    assert key(tmp_path, "no;nama;qty", [f"{n};toko {n};{n * 7}" for n in many]) == [], (
        "running, words, amount"
    )
    assert key(tmp_path, "no;x", [f"{1000 + n * 3};a b" for n in many]) == ["no"]
    assert key(tmp_path, "kode;x", [f"{f'A{n}' if n else ''};b" for n in many]) == [], "a gap"
    assert key(tmp_path, "kode;harga", [f"A;{n},5" for n in many]) == [], "a price is no key"
    days = [f"2026-01-{n + 1:02}" for n in many]
    assert key(tmp_path, "tgl;x", [f"{day};a b" for day in days]) == [], "days alone"
    assert key(tmp_path, "tgl;kode;x", [f"{days[n // 2]};A{n % 2};a b" for n in many]) == ["tgl", "kode"]
    assert key(tmp_path, "kode;distid;x", [f"A{n};D1;a b" for n in many]) == ["kode", "distid"]
    assert key(tmp_path, "kode;x", ["A1;a b"] * 30) == [], "rows that are the same"


def test_a_column_with_gaps_or_of_few_rows_is_not_mandatory(tmp_path: Path) -> None:
    assert column(tmp_path, *"abcde").is_mandatory
    assert not column(tmp_path, *"abcd").is_mandatory
    assert not column(tmp_path, *"abcd", " ", "e").is_mandatory


def test_only_the_sample_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a;b\n" + "x;1\n" * 50 + "x;words\n")
    found = suggest_table(path, "x.csv", sample_rows=50)
    assert isinstance(found, Suggestion)
    assert (found.rows, found.columns[1].data_type) == (50, "int")


def test_a_file_of_a_header_only_has_names_at_least() -> None:
    found = suggest_table(FOLDER / "17_header_only.csv", "header.csv")
    assert isinstance(found, Suggestion)
    assert found.rows == 0
    assert {each.data_type for each in found.columns} == {"str(100)"}
    as_table(found)


@pytest.mark.parametrize(
    ("text", "code"),
    [("1;2\n3;4\n5;6\n", Message.NO_HEADER), ("a;a\n1;2\n", Message.DUPLICATE_HEADER)],
)
def test_what_no_table_could_take_is_told(tmp_path: Path, text: str, code: Message) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    found = suggest_table(path, "x.csv")
    assert isinstance(found, Told)
    assert found.code is code


CELLS = st.one_of(
    st.sampled_from(
        ["", " ", "-", "0", "00", "1.250", "1,250", "1.250,5", "12.5", "Ya", "tidak", "n/a", "+62 811"]
    ),
    st.sampled_from(
        ["03/04/2026", "13.04.26", "2026-03-04", "20260304", "5 Mei 2026", "46000", '="007"', "'007"]
    ),
    st.integers(-(10**20), 10**20).map(str),
    st.decimals(-(10**9), 10**9, places=3).map(str),
    st.dates(date(1950, 1, 1), date(2100, 1, 1)).map(lambda day: f"{day:%d/%m/%Y}"),
    st.text(
        st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters=";\"'"), max_size=12
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_is_in_a_file_its_table_takes_it(tmp_path: Path, data: st.DataObject) -> None:
    width = data.draw(st.integers(1, 4))
    few = st.lists(CELLS, min_size=1, max_size=3).map(st.sampled_from)
    kinds = [data.draw(st.one_of(st.just(CELLS), few)) for _ in range(width)]
    rows = data.draw(st.lists(st.tuples(*kinds), min_size=1, max_size=30))
    head = ["Nama Toko", "TGL", "Qty", "Kode", "Nilai"][: width + 1]
    path = tmp_path / "x.csv"
    lines = [";".join(head), *(";".join(["toko", *row]) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    found = suggest_table(path, "x.csv")
    if isinstance(found, Told):
        assert found.code is Message.NO_HEADER
        return
    for each in found.columns:
        assert str(ColumnType.parse(each.data_type)) == each.data_type
    inspection = imported(path, found)
    assert inspection.result is not None, inspection.verdict.told
    assert inspection.verdict.valid
    assert inspection.result.rejected == 0, inspection.result.rejects
    assert inspection.result.good == found.rows


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=60), min_size=1, max_size=6))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_names_are_plain_and_all_different(tmp_path: Path, headers: list[str]) -> None:
    path = tmp_path / "x.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL)
        writer.writerows([["nama", *headers], *([["toko", *("1,5" for _ in headers)]] * 3)])
    found = suggest_table(path, "x.csv")
    if isinstance(found, Suggestion):
        names = [each.name for each in found.columns]
        assert len(set(names)) == len(names)
        assert all(map(IDENTIFIER.match, names))
        assert not {*names} & {helper.lower() for helper in HELPER_COLUMNS}
        as_table(found)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_file_belongs_to_its_own_table(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a;b\nx;1\n")
    found = suggest_table(path, f"a{name}.csv")
    assert isinstance(found, Suggestion)
    assert match_filename(f"a{name}.csv", [as_table(found)]) is not None
