"""Rows that cannot be put into columns: kept in columns themselves, and made into objects only when they are asked for.

A hostile file of 10 MB has five million of them, of which a thousand are told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, overload

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from import_export.messages import Message, Told, tell

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row that cannot be put into columns."""

    line: int
    told: Told
    cells: tuple[str, ...]


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

    def begin_like(self, pattern: str) -> Flags:
        """Any of them may."""
        return np.ones(len(self.rows), dtype=bool)


@dataclass(frozen=True)
class Lost:
    """Rows of one line each, as they stand in the file."""

    lines: Numbers
    widths: Numbers
    octets: bytes
    """Their lines, one after the other, with their ends."""
    offsets: Numbers
    """Where each line begins in `octets`, and where the last one ends."""
    split: Callable[[str], tuple[str, ...]]
    """The cells of a line."""
    told: Callable[[int, int], Told]
    """What is told of a row, by its line and the number of its cells."""

    def row(self, number: int) -> BrokenRow:
        """One of the rows."""
        line = int(self.lines[number])
        text = self.octets[self.offsets[number] : self.offsets[number + 1]].decode().rstrip("\r\n")
        return BrokenRow(line, self.told(line, int(self.widths[number])), self.split(text))

    def begin_like(self, pattern: str) -> Flags:
        """Whose line fits the pattern."""
        buffers = (pa.py_buffer(self.offsets), pa.py_buffer(self.octets))
        texts = pl.Series(pa.LargeStringArray.from_buffers(len(self.lines), *buffers))
        return texts.str.contains(pattern).to_numpy()


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
