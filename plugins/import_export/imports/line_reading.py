"""Parses a block whose lines are not all plain: those without quotes natively, the others by what their quotes say.

One blank line, one stray quote or one lone CR must not make a block of a million lines slow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from import_export.imports.blocks import Block
from import_export.imports.broken_rows import (
    REPLACEMENT,
    Apart,
    BrokenRows,
    Flags,
    Lost,
    Numbers,
    Part,
    Ragged,
    Saying,
    Spoiled,
    Unclosed,
)
from import_export.imports.layout import Layout
from import_export.imports.native_parsing import names_of, parse_natively, without_text
from import_export.imports.physical_lines import PhysicalLines
from import_export.imports.quoted_lines import QuotedLines


@dataclass(frozen=True)
class ReadLines:
    """The rows of a block."""

    frame: pl.DataFrame
    lines: pl.Series
    """The physical line of each, from 1."""
    broken: BrokenRows
    left_open: list[int]


class _LinesOfBlock:
    """The lines of a block, in a dialect whose delimiter is ASCII: those with quotes, and plain ones that hold something."""

    def __init__(self, block: Block, layout: Layout) -> None:
        dialect = layout.dialect
        self.all = lines = PhysicalLines(block.octets)
        self.delimiters: Numbers = lines.per_line(lines.signs == ord(dialect.delimiter))
        """How many each line has."""
        self.plain: Flags = np.ones(len(lines), dtype=bool)
        """Which lines are rows whose delimiters all count."""
        self.quoted: QuotedLines | None = None
        if dialect.quote is not None and dialect.quote.encode() in block.octets:
            which = lines.per_line(lines.signs == ord(dialect.quote)) > 0
            self.quoted = QuotedLines(lines, which, self.delimiters, dialect, _columns(layout))
            self.plain &= ~self.quoted.taken
        if self.plain.any():
            self.plain &= ~lines.blank(dialect)


def count_lines(block: Block, layout: Layout) -> int:
    """How many rows a block has that are not blank, in a dialect whose delimiter is ASCII."""
    lines = _LinesOfBlock(block, layout)
    rows = int(np.count_nonzero(lines.plain))
    quoted = lines.quoted
    if quoted is not None:
        rows += int(np.count_nonzero(quoted.filled(quoted.rows)))
        rows += len(quoted.ragged[0]) + len(quoted.unread) + len(quoted.native)
        native = _flags(quoted.native, len(lines.all)) & lines.all.hollow(layout.dialect)
        if native.any():
            frame = _parsed(lines.all, native, len(layout.header), layout, quotes=True)
            rows -= len(without_text(frame).arg_true())
    return rows


def read_lines(block: Block, layout: Layout, line: int) -> ReadLines:
    """The rows of a block that begins on that line, in a dialect whose delimiter is ASCII."""
    found, ragged = _Found(layout, line), Ragged(len(layout.header))
    kinds = _LinesOfBlock(block, layout)
    lines, plain, delimiters, quoted = kinds.all, kinds.plain, kinds.delimiters, kinds.quoted
    left_open: list[int] = []
    if quoted is not None:
        _take_quoted(lines, quoted, found, ragged)
        if len(quoted.native):
            native = _flags(quoted.native, len(lines))
            found.take(quoted.native, _parsed(lines, native, len(layout.header), layout, quotes=True))
        numbers, cells = quoted.ragged
        found.lose(numbers, cells, lines.only(_flags(numbers, len(lines))), ragged)
        unread = _flags(quoted.unread, len(lines))
        found.lose(quoted.unread, delimiters[quoted.unread] + 1, lines.only(unread), Unclosed())
        left_open = (quoted.left_open + line).tolist()
    if plain.any():
        for columns in found.columns:
            which = plain & (delimiters + 1 == columns)
            if which.any():
                plain[which] = ~found.take(np.flatnonzero(which), _parsed(lines, which, columns, layout))
        found.lose(np.flatnonzero(plain), delimiters[plain] + 1, lines.only(plain), ragged)
    return found.lines(left_open, damaged=block.damaged)


def _columns(layout: Layout) -> range:
    """How many cells a row may have: as many as the header, or empty ones behind these."""
    width = len(layout.header)
    return range(width, width + layout.trailing + 1)


def _take_quoted(lines: PhysicalLines, quoted: QuotedLines, found: _Found, ragged: Ragged) -> None:
    """The rows of lines with quotes."""
    rows = quoted.rows
    fits = np.zeros(len(rows.first), dtype=bool)
    for columns in found.columns:
        which = rows.widths == columns
        if which.any():
            fits[which] = found.take(quoted.lines_of(rows.only(which)), quoted.frame(columns))
    others = ~fits
    others[others] = quoted.filled(rows.only(others))
    apart = others.copy()
    apart[others] = quoted.quotes(rows.only(others))
    if apart.any():
        found.lose_apart(quoted.lines_of(rows.only(apart)), quoted.cells(apart), ragged)
    others &= ~apart
    numbers = quoted.lines_of(rows.only(others))
    found.lose(numbers, rows.widths[others], lines.only(_flags(numbers, len(lines))), ragged)


def _flags(numbers: Numbers, count: int) -> Flags:
    flags = np.zeros(count, dtype=bool)
    flags[numbers] = True
    return flags


def _parsed(
    lines: PhysicalLines, which: Flags, columns: int, layout: Layout, *, quotes: bool = False
) -> pl.DataFrame:
    """Lines that have so many cells, and no quotes but those that belong where they are."""
    octets, _ = lines.only(which)
    frame = pl.DataFrame(parse_natively(octets, columns, layout.dialect, quotes=quotes))
    if frame.height != np.count_nonzero(which):
        raise RuntimeError(f"{np.count_nonzero(which)} lines were parsed as {frame.height} rows")
    if layout.dialect.skips_blank:
        frame = frame.with_columns(pl.col(names_of(columns)[1:]).str.strip_prefix(" "))
    return frame


class _Found:
    """The rows of a block, good and broken, from whatever they were read."""

    def __init__(self, layout: Layout, line: int) -> None:
        self._layout, self._line = layout, line
        self._names = names_of(len(layout.header))
        self.columns = _columns(layout)
        self._frames: list[tuple[Numbers, pl.DataFrame]] = []
        self._lost: list[Part] = []

    def take(self, numbers: Numbers, frame: pl.DataFrame) -> Flags:
        """Take rows that begin on some lines, counted from 0, but for those with filled cells behind the header's."""
        fits = np.ones(len(numbers), dtype=bool)
        behind = frame.columns[len(self._names) :]
        if behind:
            fits = without_text(frame.select(behind)).to_numpy()
            frame, numbers = frame.filter(fits).select(self._names), numbers[fits]
        self._frames.append((numbers, frame))
        return fits

    def lose(self, numbers: Numbers, widths: Numbers, texts: tuple[bytes, Numbers], saying: Saying) -> None:
        """Lines that cannot be put into columns, and in which no quote means anything."""
        lines = numbers + self._line
        self._lost.append(Lost(lines, widths, *texts, self._layout.dialect, saying))

    def lose_apart(self, numbers: Numbers, cells: pl.Series, saying: Saying) -> None:
        """Rows that begin on some lines and do not fit into columns, with their cells."""
        self._lost.append(Apart(numbers + self._line, cells, saying))

    def lines(self, left_open: list[int], *, damaged: bool) -> ReadLines:
        """All of them, in the block's order."""
        empty = pl.DataFrame(schema=dict.fromkeys(self._names, pl.String))
        frame = pl.concat([empty, *(each for _, each in self._frames)])
        at = np.concatenate([np.empty(0, np.int64), *(numbers for numbers, _ in self._frames)])
        if len(self._frames) > 1:
            order = np.argsort(at)
            frame, at = frame[order], at[order]
        numbers = pl.Series(at + self._line, dtype=pl.Int64)
        lost = self._lost
        if damaged:
            frame, numbers, spoiled = _without_spoiled(frame, numbers, self._layout)
            lost = [*lost, spoiled]
        return ReadLines(frame, numbers, BrokenRows(*lost), left_open)


def _without_spoiled(
    frame: pl.DataFrame, at: pl.Series, layout: Layout
) -> tuple[pl.DataFrame, pl.Series, Spoiled]:
    """Take out the rows that have signs which did not fit the encoding."""
    wrong = frame.select(pl.any_horizontal(pl.all().str.contains(REPLACEMENT, literal=True))).to_series()
    spoiled = Spoiled(at.filter(wrong).to_numpy(), frame.filter(wrong), layout.encoding)
    return frame.filter(~wrong), at.filter(~wrong), spoiled
