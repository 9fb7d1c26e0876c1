"""Rows that cannot be put into columns: kept in columns themselves, and made into objects only when they are asked for.

A hostile file of 10 MB has five million of them, of which a thousand are told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from import_export.messages import Message, Told, tell

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row that cannot be put into columns."""

    line: int
    told: Told
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Ragged:
    """Rows with too few or too many cells."""

    lines: Numbers
    """The physical line of each, from 1."""
    widths: Numbers
    """How many cells each has."""
    octets: bytes
    """Their lines, one after the other, with their ends."""
    offsets: Numbers
    """Where each line begins in `octets`, and where the last one ends."""
    expected: int
    """How many cells a row should have."""
    split: Callable[[str], tuple[str, ...]]
    """The cells of a line."""

    @cached_property
    def _told(self) -> dict[int, Told]:
        return {}

    def row(self, number: int) -> BrokenRow:
        """One of the rows."""
        octets = self.octets[self.offsets[number] : self.offsets[number + 1]]
        width = int(self.widths[number])
        told = self._told.get(width)
        if told is None:
            told = self._told[width] = ragged(width, self.expected)
        return BrokenRow(int(self.lines[number]), told, self.split(octets.decode().rstrip("\r\n")))

    @property
    def texts(self) -> pl.Series:
        """Their lines as text."""
        buffers = (pa.py_buffer(self.offsets), pa.py_buffer(self.octets))
        texts = pl.from_arrow(pa.LargeStringArray.from_buffers(len(self.lines), *buffers))
        assert isinstance(texts, pl.Series)  # noqa: S101 - for mypy: an array becomes a series
        return texts


class BrokenRows(Sequence[BrokenRow]):
    """The broken rows of a batch, in the file's order."""

    def __init__(self, rows: Sequence[BrokenRow] = (), ragged: Ragged | None = None) -> None:
        self._rows, self._ragged = rows, ragged
        lines = np.array([row.line for row in rows], dtype=np.int64)
        widths = np.array([len(row.cells) for row in rows], dtype=np.int64)
        if ragged is not None:
            lines = np.concatenate((ragged.lines, lines))
            widths = np.concatenate((ragged.widths, widths))
        self._order: Numbers = np.argsort(lines, kind="stable")
        self.lines: Numbers = lines[self._order]
        """The physical line of each, from 1."""
        self.widths: Numbers = widths[self._order]
        """How many cells each has."""

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
        many = 0 if self._ragged is None else len(self._ragged.lines)
        if self._ragged is not None and place < many:
            return self._ragged.row(place)
        return self._rows[place - many]

    def begin_like(self, pattern: str) -> npt.NDArray[np.bool_]:
        """Which rows' lines may fit a pattern (Rust's dialect): all that were read with care, some of the others."""
        fit = np.ones(len(self), dtype=bool)
        if self._ragged is not None:
            fit[: len(self._ragged.lines)] = self._ragged.texts.str.contains(pattern).to_numpy()
        return fit[self._order]


def ragged(found: int, expected: int) -> Told:
    """What is told of a row with too few or too many cells."""
    code = Message.ROW_TOO_SHORT if found < expected else Message.ROW_TOO_LONG
    return tell(code, found=found, expected=expected)
