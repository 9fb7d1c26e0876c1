"""Parses a block whose lines are not all plain: most of them natively all the same, and with care only those that need it.

One blank line, one stray quote or one lone CR must not make a block of a million lines slow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl

from import_export.imports.blocks import Block
from import_export.imports.broken_rows import (
    REPLACEMENT,
    BrokenRows,
    Flags,
    Listed,
    Lost,
    Numbers,
    Part,
    Spoiled,
    ragged,
)
from import_export.imports.careful_reading import CarefulRows, sorted_records
from import_export.imports.layout import Layout
from import_export.imports.native_parsing import names_of, parse_natively
from import_export.imports.physical_lines import PhysicalLines, shapes_of
from import_export.imports.records import Dialect, Record, cells_of_line, effort_for, records_at
from import_export.messages import Message, Told, tell


@dataclass(frozen=True)
class ReadLines:
    """The rows of a block."""

    frame: pl.DataFrame
    lines: pl.Series
    """The physical line of each, from 1."""
    broken: BrokenRows
    left_open: list[int]


def read_lines(block: Block, layout: Layout, line: int) -> ReadLines:
    """The rows of a block that begins on that line, in a dialect whose delimiter is ASCII."""
    lines, width, dialect = PhysicalLines(block.octets), len(layout.header), layout.dialect
    shapes = shapes_of(lines, dialect)
    taken = np.zeros(len(lines), dtype=bool)
    numbers = np.flatnonzero(shapes.careful)
    rows = sorted_records(_records(lines, numbers, taken, dialect, width), block, layout, line)
    unread = shapes.careful & ~taken
    left = ~shapes.careful & ~taken
    left &= ~lines.blank(dialect, shapes)
    native = _Native(lines, layout)
    for columns in {width, width + layout.trailing}:
        for stray in (False, True):
            native.parse(
                left & (shapes.widths == columns) & (shapes.stray == stray), columns, quotes=not stray
            )
    frame, at = native.rows(rows, line)
    lost: list[Part] = [Listed(rows.broken)]
    if block.damaged:
        frame, at, spoiled = _without_spoiled(frame, at, layout)
        lost.append(spoiled)
    split = partial(cells_of_line, dialect)
    for which, told in ((left & ~native.taken, partial(_ragged, width)), (unread, _unclosed)):
        octets, offsets = lines.only(which)
        lost.append(Lost(np.flatnonzero(which) + line, shapes.widths[which], octets, offsets, split, told))
    return ReadLines(frame, at, BrokenRows(*lost), rows.left_open)


def _records(
    lines: PhysicalLines, numbers: Numbers, taken: Flags, dialect: Dialect, width: int
) -> Iterator[Record]:
    """The records that begin on some lines; lines that they take are marked."""
    effort = effort_for(len(lines.octets))
    for record in records_at(lines, numbers.tolist(), dialect, width=width, effort=effort):
        taken[record.line : record.line + record.lines] = True
        yield record


class _Native:
    """Rows of one line each that a native parser reads."""

    def __init__(self, lines: PhysicalLines, layout: Layout) -> None:
        self._lines, self._layout = lines, layout
        self._names = names_of(len(layout.header))
        self._frames: list[tuple[Numbers, pl.DataFrame]] = []
        self.taken: Flags = np.zeros(len(lines), dtype=bool)

    def parse(self, which: Flags, columns: int, *, quotes: bool) -> None:
        """Parse lines that have as many cells as the header, or as many more as most lines have, which are empty."""
        if not which.any():
            return
        octets, _ = self._lines.only(which)
        table = parse_natively(octets, columns, self._layout.dialect, quotes=quotes)
        frame = pl.DataFrame(table)
        numbers = np.flatnonzero(which)
        if frame.height != len(numbers):
            raise RuntimeError(f"{len(numbers)} lines were parsed as {frame.height} rows")
        behind = names_of(columns)[len(self._names) :]
        if behind:
            empty = pl.all_horizontal(pl.col(behind).str.strip_chars() == "")
            fits = frame.select(empty).to_series()
            frame, numbers = frame.filter(fits).select(self._names), numbers[fits.to_numpy()]
        if self._layout.dialect.skips_blank:
            frame = frame.with_columns(pl.col(self._names[1:]).str.strip_prefix(" "))
        self.taken[numbers] = True
        self._frames.append((numbers, frame))

    def rows(self, careful: CarefulRows, line: int) -> tuple[pl.DataFrame, pl.Series]:
        """These rows and others, in the block's order, and the physical line of each."""
        frames = [*self._frames, (np.array(careful.lines, dtype=np.int64) - line, careful.frame)]
        frame = pl.concat([each for _, each in frames])
        at = np.concatenate([numbers for numbers, _ in frames]) + line
        if sum(len(numbers) > 0 for numbers, _ in frames) > 1:
            order = np.argsort(at)
            frame, at = frame[order], at[order]
        return frame, pl.Series(at, dtype=pl.Int64)


def _without_spoiled(
    frame: pl.DataFrame, at: pl.Series, layout: Layout
) -> tuple[pl.DataFrame, pl.Series, Spoiled]:
    """Take out the rows that have signs which did not fit the encoding."""
    wrong = frame.select(pl.any_horizontal(pl.all().str.contains(REPLACEMENT, literal=True))).to_series()
    spoiled = Spoiled(at.filter(wrong).to_numpy(), frame.filter(wrong), layout.encoding)
    return frame.filter(~wrong), at.filter(~wrong), spoiled


def _ragged(expected: int, line: int, width: int) -> Told:
    return ragged(width, expected)


def _unclosed(line: int, width: int) -> Told:
    return tell(Message.UNCLOSED_QUOTE, line=line)
