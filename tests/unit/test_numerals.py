"""Numbers: the column's format decides, never the value."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from import_export.imports.numerals import decimal_text, parse_number, whole_text
from import_export.imports.tables import NumberFormat

COMMA, POINT, PLAIN = NumberFormat.COMMA_DECIMAL, NumberFormat.POINT_DECIMAL, NumberFormat.PLAIN


@pytest.mark.parametrize(
    ("text", "number_format", "expected"),
    [
        ("1.250", COMMA, "1250"),
        ("1.250", POINT, "1.250"),
        ("1.250", PLAIN, "1.250"),
        ("1,250", POINT, "1250"),
        ("1,250", COMMA, "1.250"),
        ("1.234.567,89", COMMA, "1234567.89"),
        ("Rp 1.000,50", COMMA, "1000.50"),
        ("Rp1.000", COMMA, "1000"),
        ("(1.000)", COMMA, "-1000"),
        ("(Rp 1.000)", COMMA, "-1000"),
        ("1.000-", COMMA, "-1000"),
        ("- 1.000", COMMA, "-1000"),
        ("Rp   -", COMMA, "0"),
        ("-", COMMA, "0"),
        ("1 250 000", COMMA, "1250000"),
        ("1\u00a0250\u00a0000,5", COMMA, "1250000.5"),
        ("1,25E+06", COMMA, "1250000"),
        ("1.25e6", PLAIN, "1250000"),
        ("1250000.50", COMMA, "1250000.50"),
        ("12.0", COMMA, "12.0"),
        ("007", PLAIN, "7"),
    ],
)
def test_forms_that_mean_one_number(text: str, number_format: NumberFormat, expected: str) -> None:
    assert parse_number(text, number_format) == Decimal(expected)


@pytest.mark.parametrize(
    ("text", "number_format"),
    [
        ("", COMMA),
        ("x", COMMA),
        ("#REF!", COMMA),
        ("1.25.000", COMMA),
        ("1,2,3", COMMA),
        ("1,250.00", COMMA),
        ("1.250,00", POINT),
        ("1,250", PLAIN),
        ("12 34", COMMA),
        ("NaN", PLAIN),
        ("inf", PLAIN),
        ("١٢٣", PLAIN),
        ("1_000", PLAIN),
        ("0x10", PLAIN),
    ],
)
def test_forms_that_mean_none(text: str, number_format: NumberFormat) -> None:
    assert parse_number(text, number_format) is None


@given(
    number=st.decimals(min_value=-(10**12), max_value=10**12, places=2),
    number_format=st.sampled_from(list(NumberFormat)),
)
def test_a_number_written_in_a_format_is_read_back_exactly(
    number: Decimal, number_format: NumberFormat
) -> None:
    text = f"{number:.2f}" if number_format is PLAIN else f"{number:,.2f}"
    if number_format is COMMA:
        text = text.translate(str.maketrans(",.", ".,"))
    assert parse_number(text, number_format) == number


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_the_text_of_a_decimal_fits_its_column_or_there_is_none(number: Decimal) -> None:
    text = decimal_text(number, 10, 2)
    if text is None:
        assert abs(number) >= Decimal("99999999.995")
    else:
        assert abs(Decimal(text) - number) <= Decimal("0.005")
        assert len(text.lstrip("-").replace(".", "")) <= 10


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.005", "1.01"),
        ("-1.005", "-1.01"),
        ("-0.001", "0.00"),
        ("99999999.99", "99999999.99"),
        ("1e999", None),
    ],
)
def test_digits_after_the_scale_are_rounded_as_mysql_does(text: str, expected: str | None) -> None:
    assert decimal_text(Decimal(text), 10, 2) == expected


def test_a_whole_number_may_be_written_with_a_point() -> None:
    assert whole_text(Decimal("12.0")) == "12"
    assert whole_text(Decimal("12.5")) is None


@pytest.mark.parametrize("text", ["Rp 123456789012345678901234567.5", "(Rp 123456789012345678901234567.5)"])
def test_numbers_of_more_digits_than_pythons_own_decimals_are_exact(text: str) -> None:
    number = parse_number(text, PLAIN)
    assert number is not None
    assert decimal_text(number, 38, 2) == f"{'-' if '(' in text else ''}123456789012345678901234567.50"
