"""Numbers as people and spreadsheets write them. The column's format decides what `1.250` means, never the value."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

from import_export.imports.tables import NumberFormat

INT_LOW, INT_HIGH = -(2**63), 2**63 - 1
"""MySQL's BIGINT."""

_DIGITS = Context(prec=80)
"""More digits than MySQL's DECIMAL has; Python's own context ends at 28."""

_CURRENCY = re.compile(r"^(?:rp\.?|idr)", re.IGNORECASE)
_BLANKS = re.compile(r"[\s\u00a0\u202f]+")
_SCIENTIFIC = re.compile(r"^[-+]?\d+(?:[.,]\d+)?e[-+]?\d{1,3}$", re.IGNORECASE | re.ASCII)
_DIGIT = re.compile("[0-9]")
LIKE_NUMBER = r"(?i)^[\s\x1c-\x1f]*(?:rp\.?|idr)?[\s\x1c-\x1f]*[-(]?[\s\x1c-\x1f]*(?:rp\.?|idr)?[0-9.,e+\-)\s\x1c-\x1f]*$"
"""What no number is written unlike (Rust's regular expressions), whatever the format."""
_ODD_POINT = re.compile(r"^[-+]?\d+\.(?:\d{1,2}|\d{4,})$", re.ASCII)


def plain_pattern(number_format: NumberFormat, scale: int) -> str:
    """A regular expression (Rust's and Python's) of numbers that need no more than their signs exchanged.

    At most `scale` digits after the point: more would have to be rounded, which is done with care elsewhere.
    """
    group, point = _signs(number_format)
    whole = rf"(?:[0-9]{{1,3}}(?:{re.escape(group)}[0-9]{{3}})+|[0-9]+)" if group else "[0-9]+"
    after = rf"(?:{re.escape(point)}[0-9]{{1,{scale}}})?" if scale else ""
    return rf"^[-+]?{whole}{after}$"


def separators(number_format: NumberFormat) -> tuple[str, str]:
    """The sign between groups of thousands (maybe none) and the decimal sign."""
    return _signs(number_format)


def _signs(number_format: NumberFormat) -> tuple[str, str]:
    if number_format is NumberFormat.COMMA_DECIMAL:
        return ".", ","
    return ("," if number_format is NumberFormat.POINT_DECIMAL else ""), "."


_PLAIN = {each: re.compile(plain_pattern(each, 60)) for each in NumberFormat}


def parse_number(text: str, number_format: NumberFormat) -> Decimal | None:
    """The number that a cell means, None when it means none.

    Takes `Rp` and blanks, `(1.000)` and a trailing minus as negative, `Rp -` and `-` as 0, blanks between groups,
    and scientific notation. A form that fits the other format only is a number where it can mean one thing only
    (`1250000.50` in a column of `1.234,56`), and none where it cannot.
    """
    cell = _CURRENCY.sub("", text.strip()).strip()
    negative = False
    if cell.startswith("(") and cell.endswith(")"):
        cell, negative = _CURRENCY.sub("", cell[1:-1].strip()), True
    elif cell.endswith("-") and len(cell) > 1:
        cell, negative = cell[:-1], True
    elif cell.startswith("-"):
        cell, negative = _CURRENCY.sub("", cell[1:].strip()), True
    cell = cell.strip()
    if not cell:
        return Decimal(0) if "-" in text else None
    value = _unsigned(cell, number_format)
    return -value if value is not None and negative else value


def _unsigned(cell: str, number_format: NumberFormat) -> Decimal | None:
    group, point = _signs(number_format)
    if not _DIGIT.search(cell):
        return None
    if _SCIENTIFIC.match(cell):
        return _decimal(cell.replace(",", "."))
    if _BLANKS.search(cell):
        if not re.fullmatch(
            rf"\d{{1,3}}(?:[\s\u00a0\u202f]\d{{3}})+(?:{re.escape(point)}\d+)?", cell, re.ASCII
        ):
            return None
        cell = _BLANKS.sub("", cell)
    if _PLAIN[number_format].match(cell):
        return _decimal(cell.replace(group, "").replace(point, ".") if group else cell)
    if number_format is NumberFormat.COMMA_DECIMAL and _ODD_POINT.match(cell):
        return _decimal(cell)
    return None


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def whole_text(number: Decimal) -> str | None:
    """The canonical text of a whole number (`12.0` is one), None for any other."""
    return f"{number or abs(number):.0f}" if number == number.to_integral_value() else None


def decimal_text(number: Decimal, precision: int, scale: int) -> str | None:
    """The canonical text of a number in a DECIMAL(precision, scale), None when it does not fit.

    Digits after the scale are rounded half up, as MySQL does; digits before the point are never lost.
    """
    # The highest power first: 1e999 must not be written out.
    if number and number.adjusted() >= precision - scale:
        return None
    rounded = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, _DIGITS)
    if rounded and rounded.adjusted() >= precision - scale:
        return None
    return f"{rounded if rounded else abs(rounded):f}"
