"""What a column's configuration asks of its values beyond their type."""

from typing import Any

import polars as pl
import pytest

from import_export.errors import BadRequest
from import_export.imports.checks import ColumnCheck, DayOrder
from import_export.imports.table_config import table_from_config
from import_export.imports.table_rules import RejectLimit, SlicePart


def check(cells: list[str], **config: Any) -> tuple[list[str | None], dict[int, str]]:
    """Values and codes of problems."""
    [column] = table_from_config({"table_name": "t", "columns": [{"name": "c", **config}]}).columns
    series = pl.Series(cells, dtype=pl.String)
    checked = ColumnCheck(column).check(series)
    # A handful of cells are looked at one by one, with the same outcome.
    assert dict(ColumnCheck(column).problems_of(series)) == dict(checked.problems)
    return checked.values.to_list(), {row: told.code.value for row, told in checked.problems.items()}


@pytest.mark.parametrize(
    ("config", "cells", "values", "problems"),
    [
        ({"allowed_values": ["A", "B"]}, ["A", "b", " B ", ""], ["A", None, "B", None], {1: "NOT_ALLOWED"}),
        (
            {"type": "int", "allowed_values": [1, 2], "number_format": "1.234,56"},
            ["1", "2,0", "3"],
            ["1", "2", None],
            {2: "NOT_ALLOWED"},
        ),
        (
            {"pattern": "[A-Z]{2}-\\d+"},
            ["AB-1", "AB-1x", "xAB-1"],
            ["AB-1", None, None],
            {1: "NOT_ALLOWED", 2: "NOT_ALLOWED"},
        ),
        ({"pattern": "a|b"}, ["a", "b", "ab"], ["a", "b", None], {2: "NOT_ALLOWED"}),
        (
            {"type": "int", "minimum": 0, "maximum": "99"},
            ["-1", "0", "99", "100", "x"],
            [None, "0", "99", None, None],
            {0: "OUT_OF_RANGE", 3: "OUT_OF_RANGE", 4: "NOT_AN_INTEGER"},
        ),
        (
            {"type": "decimal(10,2)", "minimum": "0.005", "maximum": "9.5"},
            ["0", "0.01", "9.50", "9.51"],
            [None, "0.01", "9.50", None],
            {0: "OUT_OF_RANGE", 3: "OUT_OF_RANGE"},
        ),
        (
            {
                "type": "date",
                "date_formats": ["dd/mm/yyyy"],
                "minimum": "2026-01-01",
                "maximum": "2026-12-31",
            },
            ["31/12/2025", "01/01/2026", "31/12/2026", "1/1/2027"],
            [None, "2026-01-01", "2026-12-31", None],
            {0: "OUT_OF_RANGE", 3: "OUT_OF_RANGE"},
        ),
        (
            {"type": "datetime", "date_formats": ["dd/mm/yyyy"], "maximum": "2026-12-31"},
            ["31/12/2026 23:59:59", "01/01/2027 00:00:00"],
            ["2026-12-31 23:59:59", None],
            {1: "OUT_OF_RANGE"},
        ),
        ({"trim": False, "max_length": 3}, [" a ", "abcd", "  "], [" a ", None, None], {1: "TOO_LONG"}),
        ({"is_mandatory": True, "trim": False}, [" "], [None], {0: "MANDATORY_EMPTY"}),
        ({"default": "-", "allowed_values": ["A"]}, ["", "A"], ["-", "A"], {}),
        (
            {"type": "int", "number_format": "1.234,56", "is_mandatory": True},
            ["1.250", " ", "12,0", "x", "9" * 30],
            ["1250", None, "12", None, None],
            {1: "MANDATORY_EMPTY", 3: "NOT_AN_INTEGER", 4: "OUT_OF_RANGE"},
        ),
        (
            {"type": "decimal(5,2)", "number_format": "1.234,56"},
            ["1,5", "(2)", "1.000,00", "", "Rp -"],
            ["1.50", "-2.00", None, None, "0.00"],
            {2: "OUT_OF_RANGE"},
        ),
        ({"type": "bool"}, ["ya", "0", "mungkin"], ["1", "0", None], {2: "NOT_ALLOWED"}),
        (
            {"type": "date", "date_formats": ["dd/mm/yyyy"]},
            ["31/03/2026", "31/02/2026", "", "46112"],
            ["2026-03-31", None, None, "2026-03-31"],
            {1: "BAD_DATE"},
        ),
        (
            {"max_length": 3},
            ['="007"', "'07", "8,9E+12", "abcd", "é😀"],
            ["007", "07", None, None, "é😀"],
            {2: "PRECISION_LOST", 3: "TOO_LONG"},
        ),
    ],
)
def test_a_column_takes_what_its_configuration_allows(
    config: dict[str, Any], cells: list[str], values: list[str | None], problems: dict[int, str]
) -> None:
    assert check(cells, **config) == (values, problems)


@pytest.mark.parametrize(
    ("cells", "first_is_day", "is_guess"),
    [
        (["03/04/2026", "04/13/2026"], False, False),
        (["03/04/2026", "13/04/2026"], True, False),
        (["13/04/2026", "04/13/2026"], True, False),
        (["03/04/2026"], True, True),
        (["2026-04-03", "x", ""], True, False),
    ],
)
def test_the_whole_column_decides_what_stands_first(
    cells: list[str], first_is_day: bool, is_guess: bool
) -> None:
    order = DayOrder().with_cells(pl.Series(cells, dtype=pl.String))
    assert (order.first_is_day, order.is_guess) == (first_is_day, is_guess)


def test_what_is_seen_later_in_a_column_counts_as_well() -> None:
    order = DayOrder().with_cells(pl.Series(["03/04/2026"])).with_cells(pl.Series(["04/13/2026"]))
    assert not order.first_is_day


def test_a_pattern_that_cannot_be_used_is_told() -> None:
    for pattern in ("[", "(?=a)a"):
        with pytest.raises(BadRequest, match="pattern"):
            check(["a"], pattern=pattern)


@pytest.mark.parametrize(
    ("text", "rejected", "rows", "exceeded"),
    [
        ("", 10, 10, False),
        ("0", 1, 100, True),
        ("10", 10, 100, False),
        ("10", 11, 100, True),
        ("5%", 5, 100, False),
        ("5%", 6, 100, True),
        ("0.5 %", 1, 100, True),
    ],
)
def test_how_many_rejects_are_too_many(text: str, rejected: int, rows: int, exceeded: bool) -> None:
    assert RejectLimit.parse(text).exceeded(rejected, rows) is exceeded


@pytest.mark.parametrize("text", ["x", "-1", "101%", "5 rows", "1.5"])
def test_a_limit_that_is_none_is_told(text: str) -> None:
    with pytest.raises(BadRequest, match="max_rejects"):
        RejectLimit.parse(text)


def test_slices_are_columns_months_and_years() -> None:
    assert SlicePart.parse_all("distid, MONTH(dotanggal)") == (
        SlicePart("distid"),
        SlicePart("dotanggal", "month"),
    )
    assert [str(part) for part in SlicePart.parse_all("year(d),e")] == ["year(d)", "e"]
    with pytest.raises(BadRequest, match="week"):
        SlicePart.parse_all("week(d)")
