"""Suggests the type and format of a column from all of its cells, by the checks that an import makes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain

import polars as pl

from import_export.imports.checks import ColumnCheck, DayOrder, check_columns
from import_export.imports.config_checks import LONGEST_TEXT
from import_export.imports.numerals import parse_number
from import_export.imports.tables import (
    Column,
    ColumnType,
    Kind,
    NumberFormat,
    Role,
    normalise_header,
)
from import_export.imports.texts import unspoiled

_FEW_ROWS = 5
"""From so many rows on, a column without gaps is taken to be mandatory."""
_MOST_DIGITS = 18
"""A longer row of digits is a code."""
_WHOLE_DIGITS, _MOST_PRECISION = 16, 28
"""Room before the point, and the digits that Python's decimals reckon with."""
_LENGTHS = (20, 50, 100, 150, 255, 500, 1000, 2000, 4000, LONGEST_TEXT)
_EMPTY_TEXT = ColumnType(Kind.STR, length=100)
"""Of a column without any value: a wide table of long texts would not fit a row of MySQL."""
ROLE_HEADERS: Mapping[Role, tuple[str, ...]] = {
    Role.DISTRIBUTOR: (
        *("distid", "dist id", "distributor id", "id distributor", "kode distributor", "kd distributor"),
        *("distributor code", "dist code", "kode dist", "kodedistributor", "distributorid", "distcode"),
    ),
    Role.DATE: (
        *("dotanggal", "do tanggal", "tanggal do", "tgl do", "do date", "tanggal", "tgl", "date"),
        *("tanggal faktur", "tgl faktur", "tanggal invoice", "tgl invoice", "invoice date", "sales date"),
        *("tanggal transaksi", "tgl transaksi", "transaction date", "tanggal penjualan", "tgl penjualan"),
    ),
    Role.AMOUNT: (
        *("amount jual", "total penjualan", "amount", "total amount", "sales amount", "nilai penjualan"),
        *("jumlah penjualan", "total jual", "nilai jual", "net amount", "omzet", "omset", "total sales"),
    ),
    Role.EXPORT_DATE: ("exportdate", "export date", "tanggal export", "tgl export", "tanggal ekspor"),
}
"""Headers that say a column's part clearly, normalised, the clearest first."""
_CODE_HEADER = re.compile(r"\b(?:(?:kode|kd|telp|telepon|phone)\w*|\w*code|sku|plu|ean|npwp|nik|hp|zip)\b")
"""What is a code though it has digits only: the next file's may begin with a zero."""
_DATE_HEADER = re.compile(r"tgl|tanggal|date")
_NO_NUMBER = re.compile(r"[-(\s]*0\d|\s*\+")
"""How codes and telephone numbers begin, and no number that a person writes."""
_POINT = re.compile(r"\d\.\d")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)?", re.ASCII)
_DATE_PARTS = re.compile(r"(\d+|[a-z]+)\.?([-/. ])[-/. ]*(\d+|[a-z]+)\.?[-/., ]+(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sampled:
    """A column of the sample."""

    header: str
    name: str
    cells: pl.Series
    texts: tuple[str, ...]
    """Distinct, not blank, without the blanks around them."""
    full: bool

    @property
    def normal(self) -> str:
        """The header as headers are compared."""
        return normalise_header(self.header)

    @property
    def is_code(self) -> bool:
        """Whether the header says that this is a code."""
        return self.normal in ROLE_HEADERS[Role.DISTRIBUTOR] or bool(_CODE_HEADER.search(self.normal))


Readings = Mapping[NumberFormat, Sequence[Decimal]]
"""What a column's texts mean as numbers, by the formats that take all of them; empty for a column that is text."""


def sampled_column(header: str, name: str, cells: pl.Series) -> Sampled:
    """A column of the sample, from its cells."""
    stripped = cells.str.strip_chars()
    filled = stripped.filter(stripped != "")
    full = len(filled) == len(cells) >= _FEW_ROWS
    return Sampled(header, name, cells, tuple(filled.unique(maintain_order=True).to_list()), full)


def readings_of(sampled: Sampled) -> Readings:
    """The readings of a column; not in a format that takes all of its texts only by way of an exception."""
    texts = sampled.texts
    if sampled.is_code or any(map(_NO_NUMBER.match, texts)) or not any(map(str.isdigit, "".join(texts))):
        return {}
    found: dict[NumberFormat, list[Decimal]] = {}
    for each in NumberFormat:
        numbers = [number for text in texts if (number := parse_number(text, each)) is not None]
        if len(numbers) == len(texts):
            found[each] = numbers
    if any(
        _exponent(number) == 0 and len(f"{abs(number):f}") > _MOST_DIGITS for number in chain(*found.values())
    ):
        return {}
    comma = found.get(NumberFormat.COMMA_DECIMAL)
    if comma and len(found) > 1:
        # `12.5` is taken in a column of `1.234,56`, too, but it is not how such a column is written.
        plain = [parse_number(text, NumberFormat.PLAIN) if _POINT.search(text) else None for text in texts]
        if any(one == other for one, other in zip(comma, plain, strict=True)):
            del found[NumberFormat.COMMA_DECIMAL]
    return found


def style_of(readings: Iterable[Readings]) -> NumberFormat | None:
    """How the file writes numbers, by the columns that leave no doubt; None when none does, or they disagree."""
    told = {
        next((each for each in NumberFormat if each in numbers), NumberFormat.PLAIN)
        for numbers in readings
        if numbers and (len(numbers) == 1 or NumberFormat.COMMA_DECIMAL not in numbers)
    }
    if NumberFormat.COMMA_DECIMAL in told:
        return NumberFormat.COMMA_DECIMAL if len(told) == 1 else None
    return max(told, key=list(NumberFormat).index, default=None)


def differ(numbers: Readings) -> bool:
    """Whether the formats give different numbers."""
    return len(set(map(tuple, numbers.values()))) > 1


def suggested_type(sampled: Sampled, numbers: Readings, style: NumberFormat | None) -> Column:
    """The narrowest column that takes all cells as they are meant."""
    alias = () if sampled.normal == normalise_header(sampled.name) else (sampled.header,)
    column = Column(sampled.name, _EMPTY_TEXT, is_mandatory=sampled.full, aliases=alias)
    if not sampled.texts:
        return column
    return (
        _date_column(column, sampled)
        or _bool_column(column, sampled)
        or _number_column(column, sampled, numbers, style)
        or _text_column(column, sampled)
    )


def _taken(column: Column, texts: Sequence[str]) -> pl.Series | None:
    """The texts as an import would load them, None when it would reject one."""
    [checked] = check_columns([ColumnCheck(column)], [pl.Series(texts, dtype=pl.String)])
    return None if checked.problems else checked.values


def _date_column(column: Column, sampled: Sampled) -> Column | None:
    """A column of dates. Digits alone are dates when all are `yyyymmdd`, day numbers below a header that says so."""
    texts = sampled.texts
    compact = not sampled.is_code and all(len(text) == 8 and "1990" <= text[:4] < "2050" for text in texts)
    only_digits = all(map(_DIGITS.fullmatch, texts))
    if only_digits and not compact and not _DATE_HEADER.search(sampled.normal):
        return None
    order = DayOrder().with_cells(pl.Series(texts))
    written = Counter(_date_format(text, first_is_day=order.first_is_day) for text in texts)
    # The first format that names day and month decides their order: one of numbers only must come first.
    formats = sorted(filter(None, written), key=lambda each: ("mmm" in each, -written[each]))
    column = replace(column, type=ColumnType(Kind.DATETIME), date_formats=tuple(formats))
    moments = _taken(column, texts)
    if moments is None:
        return None
    return replace(column, type=ColumnType(Kind.DATE)) if moments.str.ends_with(" 00:00:00").all() else column


def _date_format(text: str, *, first_is_day: bool) -> str:
    """How a date is written; nothing for a day number."""
    parts = _DATE_PARTS.match(text)
    if parts is None:
        return "yyyymmdd" if len(text) == 8 and text.isdigit() else ""
    first, sign, second, last = parts.groups()
    if len(first) == 4 and first.isdigit():
        return f"yyyy{sign}mm{sign}dd"
    names = first.isalpha() or second.isalpha()
    month = "mmm" if names else "mm"
    day_leads = first.isdigit() if names else first_is_day
    return sign.join([*(("dd", month) if day_leads else (month, "dd")), "y" * len(last)])


def _bool_column(column: Column, sampled: Sampled) -> Column | None:
    """Both a yes and a no in words; of 0 and 1 nobody knows what they count."""
    column = replace(column, type=ColumnType(Kind.BOOL))
    values = None if all(map(str.isdigit, sampled.texts)) else _taken(column, sampled.texts)
    return column if values is not None and values.n_unique() == 2 else None


def _number_column(
    column: Column, sampled: Sampled, numbers: Readings, style: NumberFormat | None
) -> Column | None:
    """A column of numbers in the file's style; where that is unknown, points are decimal and commas between groups."""
    if not numbers:
        return None
    by_preference = (style, NumberFormat.PLAIN, NumberFormat.POINT_DECIMAL, NumberFormat.COMMA_DECIMAL)
    number_format = next(each for each in by_preference if each is not None and each in numbers)
    scale = max(-min(map(_exponent, numbers[number_format])), 0)
    whole = max(number.adjusted() + 1 if number else 1 for number in numbers[number_format])
    if not scale and whole <= _MOST_DIGITS and sampled.normal not in ROLE_HEADERS[Role.AMOUNT]:
        column_type = ColumnType(Kind.INT)
    else:
        scale = max(scale, 2)
        precision = min(scale + max(whole, _WHOLE_DIGITS), _MOST_PRECISION)
        if whole > precision - scale:
            return None
        column_type = ColumnType(Kind.DECIMAL, precision=precision, scale=scale)
    column = replace(column, type=column_type, number_format=number_format)
    return column if _taken(column, sampled.texts) is not None else None


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _text_column(column: Column, sampled: Sampled) -> Column:
    """A text with a fourth more room than the longest cell takes."""
    longest = max(len(unspoiled(text) or text) for text in sampled.texts)
    length = next((each for each in _LENGTHS if each >= longest * 1.25), LONGEST_TEXT)
    return replace(column, type=ColumnType(Kind.STR, length=length))
