"""Reads the lines of a block that have quotes in them, and the rows that go on over several of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from import_export.imports.broken_rows import Flags, Numbers
from import_export.imports.line_patterns import LinePatterns, patterns_of
from import_export.imports.native_parsing import names_of
from import_export.imports.pattern_readings import (
    ALONE,
    BREAKS,
    CLOSES,
    FIRST,
    REOPENS,
    WITHIN,
    PatternReadings,
)
from import_export.imports.physical_lines import PhysicalLines, hold_nothing, marked
from import_export.imports.records import MOST_CHARACTERS, MOST_LINES, Dialect
from import_export.imports.repair import Effort
from import_export.imports.spans import escaped

_LEAST_EFFORT, _A_CHARACTER = 1 << 20, 2
"""What may be looked at for the sake of a block's stray quotes: so much, or one for so many of its characters."""


@dataclass(frozen=True)
class Rows:
    """Rows, each of one or more lines with quotes, and of lines that stand between them."""

    first: Numbers
    """Which of the lines with quotes is the first of each."""
    last: Numbers
    widths: Numbers
    """How many cells each has."""

    def only(self, wanted: Flags) -> Rows:
        """Some of them."""
        return Rows(self.first[wanted], self.last[wanted], self.widths[wanted])


class QuotedLines:
    """The lines with quotes, and what they are read as; in a dialect with quotes whose delimiter is ASCII."""

    def __init__(
        self, lines: PhysicalLines, which: Flags, delimiters: Numbers, dialect: Dialect, columns: range
    ) -> None:
        """`which`: the lines with quotes, at least one; `delimiters`: how many each line has; `columns`: a row's cells."""
        self._lines, self._dialect, self._delimiters, self._columns = lines, dialect, delimiters, columns
        self._numbers: Numbers = np.flatnonzero(which)
        self._patterns: LinePatterns = patterns_of(lines, which, dialect)
        effort = Effort(max(_LEAST_EFFORT, len(lines.octets) // _A_CHARACTER))
        pattern = self._patterns.of_line
        self._readings = PatternReadings(self._patterns.texts, pattern, dialect, columns, effort)
        self._role: Numbers = np.full(len(pattern), ALONE)
        alone = self._readings.begins.counts[self._readings.of(pattern, ALONE)]
        first, last = self._join(alone)
        within = marked(len(lines), self._numbers[first], self._numbers[last] + 1)
        self.taken: Flags = which | within
        """Lines with quotes, and lines within a quoted cell."""
        joined = within[self._numbers]
        self._role[joined] = WITHIN
        self._role[first] = FIRST
        cells = np.where(joined, 0, self._readings.plain_cells[pattern])
        self.native: Numbers = self._numbers[cells == columns[0]]
        """Lines that a native parser reads as a row of the wanted cells."""
        ragged = (cells > 0) & (cells != columns[0])
        self.ragged: tuple[Numbers, Numbers] = self._numbers[ragged], cells[ragged]
        """Lines whose cells nobody needs to tell apart, and how many these are: too few or too many."""
        self.unread: Numbers = self._numbers[~joined & (cells == 0) & (alone == 0)]
        """Lines whose quotes cannot be made out."""
        self.left_open: Numbers = self._numbers[~joined & (alone > 0) & self._readings.opened[pattern]]
        """Lines on which a quote opens that is never closed, and was taken as text."""
        self._used: Numbers = np.flatnonzero(joined | (alone > 0))
        self._entries: Numbers = self._readings.of(pattern[self._used], self._role[self._used])
        begins = np.flatnonzero(self._role[self._used] != WITHIN)
        counts = self._readings.begins.counts[self._entries]
        ends = np.append(begins[1:], len(self._used)) - 1
        widths = np.add.reduceat(counts, begins) if len(begins) else counts
        self.rows = Rows(self._used[begins], self._used[ends[: len(begins)]], widths)
        """In the block's order."""

    def lines_of(self, rows: Rows) -> Numbers:
        """The line on which each of some rows begins, from 0."""
        return self._numbers[rows.first]

    def _join(self, alone: Numbers) -> tuple[Numbers, Numbers]:
        """The first and the last of the lines that one quoted cell after the other joins to rows."""
        readings, pattern = self._readings, self._patterns.of_line
        within = readings.within[pattern]
        goes_on = readings.begins.counts[readings.of(pattern, FIRST)] > 0
        # A quote that the next line does not take up ends nowhere.
        goes_on[:-1] &= within[1:] != BREAKS
        goes_on[-1] = False
        at = np.flatnonzero(goes_on)
        if not len(at):
            return at, at
        cells = readings.begins.counts[readings.of(pattern, WITHIN)]
        is_stop = (within == CLOSES) | (within == BREAKS)
        stops, next_stop = np.flatnonzero(is_stop), np.cumsum(is_stop)[at]
        at, next_stop = at[next_stop < len(stops)], next_stop[next_stop < len(stops)]
        to = stops[next_stop]
        lines, numbers = self._lines, self._numbers
        short = (numbers[to] - numbers[at] < MOST_LINES) & (
            lines.after[numbers[to]] - lines.starts[numbers[at]] <= MOST_CHARACTERS
        )
        well = (within[to] == CLOSES) & short
        at, to = at[well], to[well]
        before = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.where(within == REOPENS, cells, 0))))
        widths = (
            readings.begins.counts[readings.of(pattern[at], FIRST)] + before[to] - before[at + 1] + cells[to]
        )
        wanted = np.isin(widths, self._columns) | (alone[at] == 0)
        chosen = _apart(at[wanted], to[wanted])
        return at[wanted][chosen], to[wanted][chosen]

    def frame(self, columns: int) -> pl.DataFrame:
        """The rows of so many cells, in columns named "0", "1" and so on."""
        texts = self._texts(*self._cells(self.rows.widths == columns))
        return pl.DataFrame(
            {name: texts.gather_every(columns, number) for number, name in enumerate(names_of(columns))}
        )

    def cells(self, wanted: Flags) -> pl.Series:
        """The cells of some rows, each a list."""
        texts = self._texts(*self._cells(wanted))
        offsets = np.concatenate((np.zeros(1, np.int64), np.cumsum(self.rows.widths[wanted])))
        # Arrow's own `array` would load pandas.
        begins = pa.Array.from_buffers(pa.int64(), len(offsets), [None, pa.py_buffer(offsets)])
        lists = pa.LargeListArray.from_arrays(begins, texts.to_arrow())
        return pl.Series(lists, dtype=pl.List(pl.String))

    def _cells(self, wanted: Flags) -> tuple[Numbers, Numbers, Flags]:
        """Where the cells of some rows begin and end, and which are quoted."""
        cells = np.repeat(wanted, self.rows.widths)
        readings, places = self._readings, self._patterns.places
        entries, first = self._entries, self._patterns.first[self._used]
        begins = readings.begins.of(entries) + np.repeat(first, readings.begins.counts[entries])
        ends = readings.ends.of(entries) + np.repeat(first, readings.ends.counts[entries])
        return places[begins[cells]], places[ends[cells]], readings.quoted.of(entries)[cells] > 0

    def _texts(self, begins: Numbers, ends: Numbers, quoted: Flags) -> pl.Series:
        """What stands between some places of the block, in its order; what is quoted is unescaped."""
        octets, offsets = self._lines.between(begins, ends)
        buffers = (pa.py_buffer(offsets), pa.py_buffer(octets))
        texts = pl.Series(pa.LargeStringArray.from_buffers(len(begins), *buffers), dtype=pl.String)
        quote, escape = self._dialect.quote or "", self._dialect.escape
        with_marks = texts.str.contains(escape or quote, literal=True) & pl.Series(quoted)
        at = with_marks.arg_true().to_numpy()
        if not len(at):
            return texts
        if escape is None:
            unescaped = texts[at].str.replace_all(quote * 2, quote, literal=True)
        else:
            unescaped = texts[at].str.replace_all(escaped(quote, escape), "${1}")
        return texts.scatter(at, unescaped)

    def quotes(self, rows: Rows) -> Flags:
        """Which of some rows have a quoted cell; the others are one line each, whose quotes are text."""
        entries = self._readings.of(self._patterns.of_line[rows.first], self._role[rows.first])
        return self._readings.quotes[entries]

    def filled(self, rows: Rows) -> Flags:
        """Which of some rows have a cell with something in it."""
        hollow = self._readings.hollow[self._readings.of(self._patterns.of_line, self._role)]
        if not hollow.any():
            return np.ones(len(rows.first), dtype=bool)
        solid = np.concatenate((np.zeros(1, np.int64), np.cumsum(~hollow)))
        # Lines without quotes that stand within a cell may hold delimiters.
        before = np.concatenate((np.zeros(1, np.int64), np.cumsum(self._delimiters)))
        first, last = self._numbers[rows.first], self._numbers[rows.last]
        # Of blanks any number may.
        doubtful = before[last + 1] - before[first] == rows.widths - 1
        doubtful |= self._dialect.delimiter.isspace()
        doubtful &= solid[rows.last + 1] == solid[rows.first]
        filled: Flags = ~doubtful
        if doubtful.any():
            begins, ends = self._lines.starts[first[doubtful]], self._lines.after[last[doubtful]]
            filled[doubtful] = ~hold_nothing(*self._lines.between(begins, ends), self._dialect)
        return filled


def _apart(first: Numbers, last: Numbers) -> Numbers:
    """Which of some spans of lines, in order, are taken when one that begins within another one taken is not."""
    if (first[1:] > last[:-1]).all():
        return np.arange(len(first))
    free = 0
    taken = []
    for number, (begin, end) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        if begin >= free:
            free = end + 1
            taken.append(number)
    return np.array(taken)
