"""Tests of whole columns that take the cells that are plainly right, for all columns of some rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from import_export.imports.numerals import plain_pattern, separators
from import_export.imports.tables import Column, Kind
from import_export.imports.texts import SUSPICIOUS


@dataclass(frozen=True, slots=True)
class Tested:
    """One column, tested."""

    texts: pl.Series
    """Cells without the blanks around them, where the column wants that."""
    empty: pl.Series
    values: pl.Series
    """Texts as MySQL takes them; of no meaning where `failed`."""
    failed: pl.Series
    """Cells that are not plainly right, and not empty."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a column that is to be tested."""

    column: Column
    series: pl.Series
    wanted: str | None = None
    """The one value that is plainly right: the distributor."""


def cheaply_tested(columns: Sequence[Cells]) -> list[Tested]:
    """Test all columns in one native call: each costs as much as a thousand cells."""
    if not columns:
        return []
    raw = pl.DataFrame([cells.series.alias(f"c{number}") for number, cells in enumerate(columns)])
    steps = _steps(tuple(cells.column for cells in columns), tuple(cells.wanted for cells in columns))
    found = raw.lazy().with_columns(steps.stripped).with_columns(steps.parsed).select(steps.tested).collect()
    return [
        Tested(found[f"t{number}"], found[f"e{number}"], found[f"v{number}"], found[f"f{number}"])
        for number in range(len(columns))
    ]


@dataclass(frozen=True, slots=True)
class _Steps:
    """What is computed, one after the other."""

    stripped: list[pl.Expr]
    parsed: list[pl.Expr]
    tested: list[pl.Expr]


@lru_cache(maxsize=64)
def _steps(columns: tuple[Column, ...], wanted: tuple[str | None, ...]) -> _Steps:
    """Building the expressions of a table takes longer than computing them for a small file."""
    stripped, parsed, tested = [], [], []
    for number, (column, value) in enumerate(zip(columns, wanted, strict=True)):
        trims = column.trim or column.type.kind is not Kind.STR
        texts = pl.col(f"s{number}" if trims else f"c{number}")
        empty, number_found = pl.col(f"s{number}") == "", pl.col(f"n{number}")
        stripped.append(pl.col(f"c{number}").str.strip_chars().alias(f"s{number}"))
        parsed.append(_parsed(column, texts).alias(f"n{number}"))
        tested += [
            texts.alias(f"t{number}"),
            empty.alias(f"e{number}"),
            _value(column, texts, number_found).alias(f"v{number}"),
            (_failed(column, value, texts, number_found) & ~empty).alias(f"f{number}"),
        ]
    return _Steps(stripped, parsed, tested)


def _parsed(column: Column, texts: pl.Expr) -> pl.Expr:
    """A number where the cell is one, null elsewhere."""
    if column.type.kind is Kind.INT:
        return texts.cast(pl.Int64, strict=False)
    if column.type.kind is Kind.DECIMAL:
        group, point = separators(column.number_format)
        signs = texts.str.replace_all(group, "", literal=True) if group else texts
        if point != ".":
            signs = signs.str.replace(point, ".", literal=True)
        return signs.cast(pl.Decimal(column.type.precision, column.type.scale), strict=False)
    return pl.lit(None)


def _value(column: Column, texts: pl.Expr, parsed: pl.Expr) -> pl.Expr:
    return texts if column.type.kind is Kind.STR else parsed.cast(pl.String)


def _failed(column: Column, wanted: str | None, texts: pl.Expr, parsed: pl.Expr) -> pl.Expr:
    kind = column.type.kind
    if kind is Kind.DECIMAL:
        return ~texts.str.contains(plain_pattern(column.number_format, column.type.scale)) | parsed.is_null()
    if kind is not Kind.STR:
        return parsed.is_null()
    failed = (texts.str.len_chars() > column.type.length) | texts.str.contains(SUSPICIOUS)
    if column.type.codec is not None:
        failed = failed | texts.str.contains(r"[^\x00-\x7F]")
    if wanted is not None:
        failed = failed | (texts != wanted)
    return failed
