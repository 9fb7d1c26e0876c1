"""Import tables, columns, header aliases and file names."""

import pytest

from import_export.errors import BadRequest
from import_export.imports.table_config import table_from_config
from import_export.imports.tables import (
    Column,
    ColumnType,
    ImportTable,
    Role,
    match_filename,
    normalise_header,
    stem,
)


def table(name: str, allowed: str) -> ImportTable:
    return ImportTable(table_name=name, display_name=name, columns=(), allowed_filename=allowed)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" KODE_BARANG ", "kode barang"),
        ("kode-barang", "kode barang"),
        ("Kode   Barang", "kode barang"),
        ("Kode\u00a0Barang", "kode barang"),
        ("Kode\nBarang", "kode barang"),
        ("\ufeffKode Barang", "kode barang"),
    ],
)
def test_headers_are_compared_without_case_blanks_and_dashes(text: str, expected: str) -> None:
    assert normalise_header(text) == expected


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("Sales.CSV", "sales"),
        ("march.zip/0112/Sales.csv", "sales"),
        ("folder\\Sales.csv", "sales"),
        ("sales.rejects.csv", "sales"),
        ("sales.2026.csv", "sales.2026"),
        ("sales", "sales"),
        (".sales", ".sales"),
    ],
)
def test_a_file_is_known_by_its_base_name(filename: str, expected: str) -> None:
    assert stem(filename) == expected


def test_an_exact_name_wins_over_a_pattern() -> None:
    tables = [table("pattern", "sales_*"), table("exact", "stock, sales_2026")]
    found = match_filename("SALES_2026.csv", tables)
    assert found is not None
    assert found.table_name == "exact"


def test_a_pattern_finds_its_table() -> None:
    tables = [table("stocks", "stock_????????")]
    found = match_filename("stock_20260301.txt", tables)
    assert found is not None
    assert found.table_name == "stocks"
    assert match_filename("stock_1.txt", tables) is None


def test_a_name_that_no_table_allows_finds_none() -> None:
    assert match_filename("notes.txt", [table("sales", "sales")]) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("str", "str(255)"),
        ("STR(50)", "str(50)"),
        ("int", "int"),
        ("decimal", "decimal(18,2)"),
        ("decimal(10)", "decimal(10,0)"),
        ("decimal(38, 6)", "decimal(38,6)"),
        ("date", "date"),
    ],
)
def test_data_types_are_read(text: str, expected: str) -> None:
    assert str(ColumnType.parse(text)) == expected


@pytest.mark.parametrize(
    "text", ["", "varchar(10)", "int(11)", "decimal(39,2)", "decimal(2,3)", "str(1,2)", "str; DROP"]
)
def test_other_data_types_are_refused_by_name(text: str) -> None:
    with pytest.raises(BadRequest, match="data type"):
        ColumnType.parse(text)


def test_a_key_is_never_null() -> None:
    assert Column("code", ColumnType.parse("str"), is_unique=True).filler == ""
    assert Column("number", ColumnType.parse("int"), is_unique=True).filler == "0"
    assert Column("day", ColumnType.parse("date"), is_unique=True).needs_value


def test_roles_are_found_by_config_or_by_the_names_of_the_replaced_system() -> None:
    columns = (
        Column("DISTID", ColumnType.parse("str")),
        Column("total", ColumnType.parse("decimal"), role=Role.AMOUNT),
        Column("amount_jual", ColumnType.parse("decimal")),
    )
    found = ImportTable(table_name="t", display_name="T", columns=columns)
    assert found.by_role(Role.DISTRIBUTOR) is columns[0]
    assert found.by_role(Role.AMOUNT) is columns[1]
    assert found.by_role(Role.EXPORT_DATE) is None


def test_a_config_that_lacks_a_key_is_refused_with_its_name() -> None:
    with pytest.raises(BadRequest, match="columns"):
        table_from_config({"table_name": "t"})
