"""Rows that cannot be put into columns: kept in columns themselves, and made into objects only when they are asked for.

A hostile file of 10 MB has five million of them, of which a thousand are told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, overload

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from import_export.imports.records import Dialect, plain_cells
from import_export.imports.rejects_csv import of_frame, of_lists
from import_export.imports.told_to_many import in_words, looked_up, with_each
from import_export.messages import Language, Message, Told, tell

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row that cannot be put into columns."""

    line: int
    told: Told
    cells: tuple[str, ...]


class Saying(Protocol):
    """What is told of rows that are broken alike, by their lines and the number of their cells."""

    def of(self, line: int, width: int) -> Told:
        """What is told of one."""

    def in_words(self, lines: Numbers, widths: Numbers, language: Language) -> pl.Series:
        """What is told of each, in words."""


@dataclass(frozen=True)
class Ragged:
    """They have too few or too many cells."""

    expected: int

    def of(self, line: int, width: int) -> Told:
        """What is told of one."""
        return ragged(width, self.expected)

    def in_words(self, lines: Numbers, widths: Numbers, language: Language) -> pl.Series:
        """What is told of each, in words."""
        words = {width: self.of(0, width).text(language) for width in np.unique(widths).tolist()}
        return looked_up(pl.Series(widths), words)


@dataclass(frozen=True)
class Unclosed:
    """A quote opens and is never closed, or nobody could tell which quotes are meant."""

    def of(self, line: int, width: int) -> Told:
        """What is told of one."""
        return tell(Message.UNCLOSED_QUOTE, line=line)

    def in_words(self, lines: Numbers, widths: Numbers, language: Language) -> pl.Series:
        """What is told of each, in words."""
        return with_each(self.of(0, 0), "line", pl.Series(lines), language)


class Part(Protocol):
    """Some broken rows, in the file's order."""

    @property
    def lines(self) -> Numbers:
        """The physical line of each, from 1."""

    @property
    def widths(self) -> Numbers:
        """How many cells each has."""

    def row(self, number: int) -> BrokenRow:
        """One of the rows."""

    def csv(self, numbers: Numbers, width: int, language: Language) -> pl.Series:
        """Some of the rows as lines of CSV, below a header of `width` cells, with what is wrong."""

    def begin_like(self, pattern: str) -> Flags:
        """Whose text may fit a pattern (Rust's dialect) that tells how a line begins."""


@dataclass(frozen=True)
class Listed:
    """Rows that are objects already."""

    rows: Sequence[BrokenRow]

    @property
    def lines(self) -> Numbers:
        """The physical line of each, from 1."""
        return np.array([row.line for row in self.rows], dtype=np.int64)

    @property
    def widths(self) -> Numbers:
        """How many cells each has."""
        return np.array([len(row.cells) for row in self.rows], dtype=np.int64)

    def row(self, number: int) -> BrokenRow:
        """One of the rows."""
        return self.rows[number]

    def csv(self, numbers: Numbers, width: int, language: Language) -> pl.Series:
        """Some of the rows as lines of CSV."""
        rows = [self.rows[number] for number in numbers.tolist()]
        cells = pl.Series([row.cells for row in rows], dtype=pl.List(pl.String))
        lines = pl.Series([row.line for row in rows], dtype=pl.Int64)
        return of_lists(cells, width, lines, in_words([row.told for row in rows], language))

    def begin_like(self, pattern: str) -> Flags:
        """Any of them may."""
        return np.ones(len(self.rows), dtype=bool)


@dataclass(frozen=True)
class Lost:
    """Rows of one line each, as they stand in the file, in which no quote means anything."""

    lines: Numbers
    widths: Numbers
    octets: bytes
    """Their lines, one after the other, with their ends."""
    offsets: Numbers
    """Where each line begins in `octets`, and where the last one ends."""
    dialect: Dialect
    saying: Saying

    def row(self, number: int) -> BrokenRow:
        """One of the rows."""
        line = int(self.lines[number])
        text = self.octets[self.offsets[number] : self.offsets[number + 1]].decode().rstrip("\r\n")
        told = self.saying.of(line, int(self.widths[number]))
        return BrokenRow(line, told, plain_cells(text, self.dialect))

    def csv(self, numbers: Numbers, width: int, language: Language) -> pl.Series:
        """Some of the rows as lines of CSV."""
        delimiter = self.dialect.delimiter
        texts = self._texts[numbers].str.strip_chars_end("\r\n")
        if self.dialect.skips_blank:
            texts = texts.str.replace_all(f"{delimiter} ", delimiter, literal=True)
        lines = self.lines[numbers]
        words = self.saying.in_words(lines, self.widths[numbers], language)
        return of_lists(texts.str.split(delimiter), width, pl.Series(lines), words)

    def begin_like(self, pattern: str) -> Flags:
        """Whose line fits the pattern."""
        return self._texts.str.contains(pattern).to_numpy()

    @property
    def _texts(self) -> pl.Series:
        buffers = (pa.py_buffer(self.offsets), pa.py_buffer(self.octets))
        return pl.Series(pa.LargeStringArray.from_buffers(len(self.lines), *buffers))


@dataclass(frozen=True)
class Apart:
    """Rows whose cells were told apart."""

    lines: Numbers
    cells: pl.Series
    """A list of texts for each row."""
    saying: Saying

    @property
    def widths(self) -> Numbers:
        """How many cells each has."""
        return self.cells.list.len().to_numpy().astype(np.int64)

    def row(self, number: int) -> BrokenRow:
        """One of the rows."""
        line, cells = int(self.lines[number]), tuple(self.cells[number])
        return BrokenRow(line, self.saying.of(line, len(cells)), cells)

    def csv(self, numbers: Numbers, width: int, language: Language) -> pl.Series:
        """Some of the rows as lines of CSV."""
        lines, cells = self.lines[numbers], self.cells[numbers]
        words = self.saying.in_words(lines, self.widths[numbers], language)
        return of_lists(cells, width, pl.Series(lines), words)

    def begin_like(self, pattern: str) -> Flags:
        """Whose cells fit the pattern."""
        return self.cells.list.join(";").str.contains(pattern).to_numpy()


@dataclass(frozen=True)
class Spoiled:
    """Rows with signs that did not fit the file's encoding."""

    lines: Numbers
    frame: pl.DataFrame
    """Their cells."""
    encoding: str

    @property
    def widths(self) -> Numbers:
        """How many cells each has."""
        return np.full(len(self.lines), self.frame.width)

    def row(self, number: int) -> BrokenRow:
        """One of the rows."""
        return spoiled(int(self.lines[number]), self.frame.row(number), self.encoding)

    def csv(self, numbers: Numbers, width: int, language: Language) -> pl.Series:
        """Some of the rows as lines of CSV."""
        frame = self.frame[numbers]
        spoiled_cells = [
            pl.when(pl.col(name).str.contains(REPLACEMENT, literal=True)).then(number)
            for number, name in enumerate(frame.columns, 1)
        ]
        cell = frame.select(pl.coalesce(spoiled_cells)).to_series()
        words = with_each(tell(Message.BAD_ENCODING, encoding=self.encoding), "cell", cell, language)
        return of_frame(frame, pl.Series(self.lines[numbers]), words)

    def begin_like(self, pattern: str) -> Flags:
        """Who has a cell that fits the pattern: the first that is filled may be any."""
        return self.frame.select(pl.any_horizontal(pl.all().str.contains(pattern))).to_series().to_numpy()


class BrokenRows(Sequence[BrokenRow]):
    """The broken rows of a batch, in the file's order."""

    def __init__(self, *parts: Part) -> None:
        self._parts = [part for part in parts if len(part.lines)]
        lines = [part.lines for part in self._parts]
        joined = np.concatenate(lines) if lines else np.empty(0, np.int64)
        self._ends = np.cumsum([len(each) for each in lines])
        self._order: Numbers = np.argsort(joined, kind="stable")
        self.lines: Numbers = joined[self._order]
        """The physical line of each, from 1."""

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, number: int) -> BrokenRow: ...

    @overload
    def __getitem__(self, number: slice) -> list[BrokenRow]: ...

    def __getitem__(self, number: int | slice) -> BrokenRow | list[BrokenRow]:
        if isinstance(number, slice):
            return [self[each] for each in range(*number.indices(len(self)))]
        place = int(self._order[number])
        part = int(np.searchsorted(self._ends, place, side="right"))
        return self._parts[part].row(place - (int(self._ends[part - 1]) if part else 0))

    def csv(self, numbers: Numbers, width: int, language: Language) -> pl.Series:
        """Some of the rows, in any order, as lines of CSV, below a header of `width` cells, with what is wrong."""
        places = self._order[numbers]
        of_part = np.searchsorted(self._ends, places, side="right")
        found = pl.Series([""], dtype=pl.String).new_from_index(0, len(numbers))
        for number, part in enumerate(self._parts):
            mine = np.flatnonzero(of_part == number)
            if len(mine):
                begin = self._ends[number - 1] if number else 0
                found = found.scatter(mine, part.csv(places[mine] - begin, width, language))
        return found

    @property
    def widths(self) -> Numbers:
        """How many cells each has."""
        widths = [part.widths for part in self._parts]
        return np.concatenate(widths)[self._order] if widths else np.empty(0, np.int64)

    def begin_like(self, pattern: str) -> Flags:
        """Whose text may fit a pattern (Rust's dialect) that tells how a line begins; a closer look decides."""
        found = [part.begin_like(pattern) for part in self._parts]
        return np.concatenate(found)[self._order] if found else np.empty(0, bool)


@lru_cache(maxsize=1024)
def ragged(found: int, expected: int) -> Told:
    """What is told of a row with too few or too many cells."""
    code = Message.ROW_TOO_SHORT if found < expected else Message.ROW_TOO_LONG
    return tell(code, found=found, expected=expected)


def spoiled(line: int, cells: tuple[str, ...], encoding: str) -> BrokenRow:
    """A row with a sign that did not fit the file's encoding, told with the number of its cell."""
    position = next(number for number, cell in enumerate(cells, 1) if REPLACEMENT in cell)
    return BrokenRow(line, tell(Message.BAD_ENCODING, cell=position, encoding=encoding), cells)


REPLACEMENT = "\ufffd"
"""What stands for bytes that do not fit an encoding."""
