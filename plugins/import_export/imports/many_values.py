"""Converts many different values at once, and tells those that are no values for certain; a closer look takes the others.

A column of times has a million different ones, and so has a column of words where numbers should be.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from import_export.imports.cheap_tests import Cells, cheaply_tested
from import_export.imports.dates import LIKE_DATE
from import_export.imports.numerals import LIKE_NUMBER, plain_pattern, separators
from import_export.imports.tables import Column, Kind

_NUMERIC = (Kind.INT, Kind.DECIMAL)
_CURRENCY = r"(?i:rp\.?|idr)"
_NUMBER = r"([0-9][0-9.,]*)"
_PLAINER = (
    (rf"^{_CURRENCY} *{_NUMBER}$", "${1}"),
    (rf"^(?:- *{_CURRENCY}|{_CURRENCY} *-) *{_NUMBER}$", "-${1}"),
    (rf"^{_CURRENCY}? *{_NUMBER}-$", "-${1}"),
    (rf"^\( *{_CURRENCY}? *{_NUMBER}\)$", "-${1}"),
)
"""Ways of writing numbers, and how these are written plainly."""

_YEAR = "(19[0-9]{2}|2[01][0-9]{2})"
_TIME = "(?:[T ]([0-9]{1,2})[:.]([0-9]{2})(?:[:.]([0-5][0-9]))?)?"
_YEAR_FIRST = rf"^{_YEAR}[-/.]([0-9]{{1,2}})[-/.]([0-9]{{1,2}}){_TIME}$"
_YEAR_LAST = rf"^([0-9]{{1,2}})[-/. ]([0-9]{{1,2}})[-/. ]{_YEAR}{_TIME}$"
_WITHOUT_SECONDS = (("::$", "00:00:00"), (":$", ":00"))


@dataclass(frozen=True, slots=True)
class Many:
    """Values, each once."""

    values: pl.Series
    """As MySQL takes them; null where a closer look is needed, or there is no value."""
    hopeless: pl.Series
    """Which are no values, however closely one looks."""


def convert_many(texts: pl.Series, column: Column, *, first_is_day: bool) -> Many:
    """Convert what can be converted at once."""
    kind = column.type.kind
    never = pl.Series([False]).new_from_index(0, len(texts))
    if kind in _NUMERIC:
        return Many(_numbers(texts, column), _unlike(texts, LIKE_NUMBER))
    if kind in (Kind.DATE, Kind.DATETIME):
        return Many(_moments(texts, kind, first_is_day=first_is_day), _unlike(texts, LIKE_DATE))
    return Many(pl.Series([None], dtype=pl.String).new_from_index(0, len(texts)), never)


def _unlike(texts: pl.Series, pattern: str) -> pl.Series:
    return ~texts.str.contains(pattern)


def _numbers(texts: pl.Series, column: Column) -> pl.Series:
    plainer = texts
    for pattern, plain in _PLAINER:
        plainer = plainer.str.replace(pattern, plain)
    group, _ = separators(column.number_format)
    if group and column.type.kind is Kind.INT:
        grouped = plainer.str.contains(plain_pattern(column.number_format, 0))
        plainer = plainer.zip_with(~grouped, plainer.str.replace_all(group, "", literal=True))
    [tested] = cheaply_tested([Cells(column, plainer)])
    return tested.values.set(tested.failed | tested.empty, None)


def _moments(texts: pl.Series, kind: Kind, *, first_is_day: bool) -> pl.Series:
    day, month = (1, 2) if first_is_day else (2, 1)
    cells, year_first = pl.col("cells"), pl.col("cells").str.contains(_YEAR_FIRST)
    iso = (
        pl.when(year_first)
        .then(cells.str.replace(_YEAR_FIRST, "${1}-${2}-${3} ${4}:${5}:${6}"))
        .otherwise(cells.str.replace(_YEAR_LAST, f"${{3}}-${{{month}}}-${{{day}}} ${{4}}:${{5}}:${{6}}"))
    )
    for pattern, full in _WITHOUT_SECONDS:
        iso = iso.str.replace(pattern, full)
    moment = iso.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False)
    written = moment.dt.to_string("%Y-%m-%d" if kind is Kind.DATE else "%Y-%m-%d %H:%M:%S")
    known = year_first | cells.str.contains(_YEAR_LAST)
    return texts.to_frame("cells").select(pl.when(known).then(written)).to_series()
