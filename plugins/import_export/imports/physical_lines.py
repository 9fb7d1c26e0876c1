"""The physical lines of a block as arrays: where each begins and ends, and what can be told of all of them at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from import_export.imports.broken_rows import Flags, Numbers
from import_export.imports.records import Dialect

_NEWLINE, _RETURN = 10, 13
_BLANKS = b"\t\x0b\x0c\r\n "
_NOT_ASCII = 0x80


class PhysicalLines:
    """The lines of a block."""

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self.signs: npt.NDArray[np.uint8] = np.frombuffer(octets, dtype=np.uint8)
        signs = self.signs
        after: Numbers = np.flatnonzero(signs == _NEWLINE) + 1
        if b"\r" in octets:
            returns = np.flatnonzero(signs == _RETURN)
            lone = returns[signs[np.minimum(returns + 1, len(signs) - 1)] != _NEWLINE]
            if len(lone):
                after = np.sort(np.concatenate((after, lone + 1)))
        if not octets.endswith((b"\n", b"\r")):
            after = np.append(after, len(octets))
        self.starts: Numbers = np.concatenate((np.zeros(1, np.int64), after[:-1]))
        self.after: Numbers = after
        """Where the next line begins."""
        last = signs[after - 1]
        ends = after - ((last == _NEWLINE) | (last == _RETURN))
        ends -= (last == _NEWLINE) & (ends > self.starts) & (signs[np.maximum(ends - 1, 0)] == _RETURN)
        self.ends: Numbers = ends
        """Where the line's text ends."""

    def __len__(self) -> int:
        return len(self.after)

    def only(self, wanted: Flags) -> tuple[bytes, Numbers]:
        """Some of the lines, one after the other, and where each begins and the last one ends."""
        return self.between(self.starts[wanted], self.after[wanted])

    def between(self, begins: Numbers, ends: Numbers) -> tuple[bytes, Numbers]:
        """What stands between some places, which are in order, one after the other; and where each begins and the last ends."""
        octets = self.signs[marked(len(self.signs), begins, ends)].tobytes()
        return octets, np.concatenate((np.zeros(1, np.int64), np.cumsum(ends - begins)))

    def hollow(self, dialect: Dialect) -> Flags:
        """Which lines hold nothing but blanks, delimiters, quotes and perhaps signs that are not ASCII."""
        empty = _empty(dialect.delimiter, dialect.quote or "")
        empty[_NOT_ASCII:] = True
        hollow: Flags = self.per_line(~empty[self.signs]) == 0
        return hollow

    def blank(self, dialect: Dialect) -> Flags:
        """Which lines hold nothing but blanks and delimiters."""
        empty = _empty(dialect.delimiter)
        solid = self.per_line(~empty[self.signs])
        blank: Flags = solid == 0
        # Blanks that are not ASCII look like text at first.
        doubtful = ~blank & (solid == self.per_line(self.signs >= _NOT_ASCII))
        if doubtful.any():
            blank[doubtful] = hold_nothing(*self.only(doubtful), dialect)
        return blank

    def per_line(self, flags: Flags) -> Numbers:
        """How many signs of each line have a flag."""
        found: Numbers = np.add.reduceat(flags.view(np.int8), self.starts, dtype=np.int64)
        return found


def _empty(*others: str) -> Flags:
    """Which octets are blanks, or some other signs."""
    empty = np.zeros(256, dtype=bool)
    empty[[*_BLANKS, *"".join(others).encode()]] = True
    return empty


def marked(count: int, begins: Numbers, ends: Numbers) -> Flags:
    """Which of so many places lie between a begin and its end; none does between two of them."""
    edges = np.zeros(count + 1, dtype=np.int8)
    edges[begins] += 1
    edges[ends] -= 1
    return np.cumsum(edges[:-1], dtype=np.int8) > 0


def hold_nothing(octets: bytes, offsets: Numbers, dialect: Dialect) -> Flags:
    """Which texts, each from one offset to the next, hold nothing but blanks, delimiters and quotes."""
    buffers = (pa.py_buffer(offsets), pa.py_buffer(octets))
    texts = pl.Series(pa.LargeStringArray.from_buffers(len(offsets) - 1, *buffers))
    signs = "".join(f"\\x{{{ord(sign):x}}}" for sign in (dialect.delimiter, dialect.quote) if sign)
    return texts.str.contains(rf"^[\s{signs}]*$").to_numpy()
