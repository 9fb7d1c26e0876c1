"""How the lines of each pattern are read: alone, as the begin of a row that goes on, and within a quoted cell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from import_export.imports.broken_rows import Flags, Numbers
from import_export.imports.physical_lines import marked
from import_export.imports.records import MOST_CELLS, Dialect, Read, mended, read_cells
from import_export.imports.repair import Effort
from import_export.imports.spans import Span, cells_at

ALONE, FIRST, WITHIN = range(3)
"""What a line is to its row: all of it, its first line, or one that goes on with a quoted cell."""

THROUGH, REOPENS, CLOSES, BREAKS = range(4)
"""What a line does to the quoted cell that it begins in: it does not end it; it ends it, and leaves another one open; it
ends the row; its quotes do not stand where they belong."""

_A_PATTERN, _A_SIGN = 100, 20
"""Characters that can be looked at in the time that a pattern takes, however short it is, and each sign of it."""
_SHARE = 8
"""No pattern may take more than such a part of all effort, so that one line does not take it from all others."""
_NO_SPANS: tuple[Span, ...] = ()


class Lists:
    """Lists of numbers, one after the other."""

    def __init__(self, lists: Iterable[Sequence[int]]) -> None:
        kept = list(lists)
        self.counts: Numbers = np.array([len(each) for each in kept], dtype=np.int64)
        self._begin: Numbers = np.cumsum(self.counts) - self.counts
        self._values: Numbers = np.fromiter(chain.from_iterable(kept), np.int64, int(self.counts.sum()))

    def of(self, which: Numbers) -> Numbers:
        """Some of the lists, one after the other."""
        counts = self.counts[which]
        at = np.repeat(self._begin[which] - np.cumsum(counts) + counts, counts)
        at += np.arange(len(at))
        values: Numbers = self._values[at]
        return values


class PatternReadings:
    """How lines are read, by their pattern; patterns for which there was no effort left are read in no way."""

    def __init__(
        self,
        patterns: pa.LargeStringArray,
        of_line: Numbers,
        dialect: Dialect,
        columns: range,
        effort: Effort,
    ) -> None:
        """`of_line`: the pattern of each line; `columns`: how many cells a row may have, the first is what it should have."""
        self._dialect, self._columns, self._width, self._effort = dialect, columns, columns[0], effort
        count = len(patterns)
        self.opened: Flags = np.zeros(count, dtype=bool)
        """Whether a quote is left open at the line's end."""
        self.within: npt.NDArray[np.uint8] = np.full(count, BREAKS, dtype=np.uint8)
        """What the line does to a quoted cell that it begins in."""
        self._place: Numbers = np.zeros(count, dtype=np.int64)
        # The first one stands for patterns that are read in no way.
        self._spans: list[Sequence[Span]] = [_NO_SPANS] * 3
        self._hollow: list[bool] = [False] * 3
        most = effort.left // _SHARE
        for number in range(count):
            if effort.left < _A_PATTERN:
                break
            self._look(number, patterns[number].as_py()[:-1], most)
        self.plain_cells: Numbers = np.zeros(count, dtype=np.int64)
        """How many cells there are, where a pattern is so plain that it was not looked at: a native parser reads it."""
        texts = pl.Series(patterns)
        self._look_at_joined_ones(texts, of_line)
        self._look_at_sound_ones(texts)
        self.hollow: Flags = np.array(self._hollow, dtype=bool)
        """By pattern and role (`of`): whether there is nothing but texts and blanks in the cells."""
        role = np.arange(len(self._spans)) % 3
        goes_on = np.zeros(len(self._spans) // 3, dtype=bool)
        goes_on[self._place] = np.isin(self.within, (THROUGH, REOPENS))
        began = [each[int(within) :] for each, within in zip(self._spans, role == WITHIN, strict=True)]
        self.begins = Lists([span[0] for span in each] for each in began)
        """By pattern and role: the signs at which cells begin."""
        self.quoted = Lists([span[2] for span in each] for each in began)
        """By pattern and role: whether these cells are quoted."""
        self.quotes: Flags = np.array([any(span[2] for span in each) for each in self._spans], dtype=bool)
        """By pattern and role: whether a cell is quoted; all quotes are text otherwise."""
        left_open = (role == FIRST) | ((role == WITHIN) & np.repeat(goes_on, 3))
        self.ends = Lists(
            [span[1] for span in (each[:-1] if is_open else each)]
            for each, is_open in zip(self._spans, left_open, strict=True)
        )
        """By pattern and role: the signs at which cells end."""

    def of(self, pattern: Numbers, role: Numbers | int) -> Numbers:
        """Where the cells of patterns in a role are to be found."""
        return self._place[pattern] * 3 + role

    def _look(self, number: int, pattern: str, most: int) -> None:
        granted = min(most, self._effort.left)
        effort = Effort(granted - len(pattern) * _A_SIGN - _A_PATTERN)
        if effort.left < 0:
            self._effort.left -= _A_PATTERN
            return
        read = read_cells(pattern, self._dialect)
        alone: Sequence[Span] = read.spans if not read.opened else _NO_SPANS
        if read.opened or read.stray:
            alone = mended(pattern, self._dialect, self._width, effort) or alone
        self._effort.left -= granted - effort.left
        self._look_beyond(number, pattern, read, alone)

    def _look_beyond(self, number: int, pattern: str, read: Read, alone: Sequence[Span]) -> None:
        """How lines of a pattern are read when their rows are longer; `read`, `alone`: when they are not."""
        first: Sequence[Span] = _NO_SPANS
        if read.opened and not read.stray:
            begun = read_cells(pattern, self._dialect, one_record=True)
            first = begun.spans if not begun.stray else _NO_SPANS
        within = read_cells(pattern, self._dialect, one_record=True, inside=True)
        going_on = within.spans if not within.stray else _NO_SPANS
        self.opened[number] = read.opened
        if not within.stray:
            self.within[number] = CLOSES if not within.opened else REOPENS if len(going_on) > 1 else THROUGH
        self._take(number, pattern, alone, first, going_on)

    def _take(self, number: int, pattern: str, *spans_by_role: Sequence[Span]) -> None:
        self._place[number] = len(self._spans) // 3
        for spans in spans_by_role:
            self._spans.append(spans)
            self._hollow.append(self._is_hollow(pattern, spans))

    def _look_at_joined_ones(self, patterns: pl.Series, of_line: Numbers) -> None:
        """Lines that quoted cells join well are rows without any effort, however many patterns there are."""
        left = self._place == 0
        if not left.any():
            return
        opens, goes_on, closes = (
            patterns.str.contains(each).to_numpy()[of_line] for each in _joining(self._dialect)
        )
        at = np.flatnonzero(opens)
        stops, next_stop = np.flatnonzero(~goes_on), np.cumsum(~goes_on)[at]
        # Of all that the same stop may end, the first one.
        chosen = (np.diff(next_stop, prepend=-1) > 0) & (next_stop < len(stops))
        at, to = at[chosen], stops[next_stop[chosen]]
        well = closes[to]
        joined = np.unique(of_line[marked(len(of_line), at[well], to[well] + 1)])
        for number in joined[left[joined]].tolist():
            pattern = patterns[number][:-1]
            read = read_cells(pattern, self._dialect)
            self._look_beyond(
                number, pattern, read, read.spans if not read.opened and not read.stray else _NO_SPANS
            )

    def _look_at_sound_ones(self, patterns: pl.Series) -> None:
        """Nothing that is quoted as it should be is refused for want of effort, however many patterns there are."""
        left, dialect = np.flatnonzero(self._place == 0), self._dialect
        if len(left):
            is_sound = patterns[left].str.contains(_sound(dialect, _blanks(dialect)))
            left = left[is_sound.to_numpy()]
        if not len(left):
            return
        texts, others = patterns[left], np.ones(len(left), dtype=bool)
        if dialect.escape is None and not dialect.skips_blank:
            outside = texts.str.replace_all(_quoted_cell(dialect), "")
            cells = outside.str.count_matches(dialect.delimiter, literal=True).to_numpy() + 1
            plain = texts.str.contains(_sound(dialect, "")).to_numpy()
            # Rows of nothing are no rows, unless of very many cells; and empty cells may stand behind the last header.
            filled = texts.str.contains("[xyzw]").to_numpy() | (cells > MOST_CELLS)
            plain &= (cells == self._width) | (filled & ~np.isin(cells, self._columns))
            self.plain_cells[left[plain]] = cells[plain]
            others = ~plain
        for number in left[others].tolist():
            pattern = patterns[number][:-1]
            self._take(number, pattern, read_cells(pattern, dialect).spans, _NO_SPANS, _NO_SPANS)

    def _is_hollow(self, pattern: str, spans: Sequence[Span]) -> bool:
        if not spans:
            return True
        dialect = self._dialect
        signs = {dialect.quote, dialect.escape, dialect.delimiter.strip()}
        return signs.isdisjoint("".join(cells_at(pattern, spans, dialect.quote or "", dialect.escape)))


def _joining(dialect: Dialect) -> tuple[str, str, str]:
    """The patterns (Rust's dialect) of well quoted lines that leave a cell open, that go on with one, and that end one."""
    quote, delimiter, blanks = _sign(dialect.quote or ""), _sign(dialect.delimiter), _blanks(dialect)
    cell, inside = _cell(dialect, blanks), _inside(dialect)
    opens, more = f"{blanks}{quote}{inside}", f"{quote}{blanks}(?:{delimiter}{cell})*"
    return (
        f"^(?:{cell}{delimiter})*{opens}\\n$",
        f"^{inside}(?:{more}{delimiter}{opens})?\\n$",
        f"^{inside}{more}\\n$",
    )


def _inside(dialect: Dialect) -> str:
    """What stands within a quoted cell (Rust's dialect)."""
    quote = _sign(dialect.quote or "")
    if dialect.escape is None:
        return f"(?:[^{quote}\\n]|{quote}{quote})*"
    escape = _sign(dialect.escape)
    return f"(?:[^{quote}{escape}\\n]|{escape}.)*"


def _quoted_cell(dialect: Dialect) -> str:
    """A quoted cell whose quotes are all where they belong (Rust's dialect)."""
    quote = _sign(dialect.quote or "")
    return f"{quote}{_inside(dialect)}{quote}"


def _cell(dialect: Dialect, blanks: str) -> str:
    quote, delimiter = _sign(dialect.quote or ""), _sign(dialect.delimiter)
    return f"(?:{blanks}{_quoted_cell(dialect)}{blanks}|[^{quote}{delimiter}\\n]*)"


def _blanks(dialect: Dialect) -> str:
    """What may stand around quoted cells."""
    return " *" if dialect.delimiter != " " else ""


def _sound(dialect: Dialect, blanks: str) -> str:
    """A pattern whose quotes are all where they belong, with `blanks` around quoted cells."""
    cell = _cell(dialect, blanks)
    return f"^{cell}(?:{_sign(dialect.delimiter)}{cell})*\\n$"


def _sign(sign: str) -> str:
    return f"\\x{{{ord(sign):x}}}"
