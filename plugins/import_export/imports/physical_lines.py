"""The physical lines of a block as arrays: where each begins and ends, how many cells it has, which need a closer look.

A quote is what makes a line hard to read, and only where it opens a cell: any other one is text. A line whose quotes all
open or close a cell, or are doubled inside one, is no harder than one without.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from import_export.imports.broken_rows import Flags, Numbers
from import_export.imports.records import Dialect

_NEWLINE, _RETURN, _BLANK = 10, 13, 32
_BLANKS = b"\t\x0b\x0c\r\n "
_NOT_ASCII = 0x80
_MOST_BLANKS = 64
"""Blanks before a quote that are looked over; behind more it is taken for one that opens a cell, and looked at closely."""


class PhysicalLines(Sequence[tuple[str, str]]):
    """The lines of a block; as a sequence, each line's text and its end."""

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

    @overload
    def __getitem__(self, number: int) -> tuple[str, str]: ...

    @overload
    def __getitem__(self, number: slice) -> list[tuple[str, str]]: ...

    def __getitem__(self, number: int | slice) -> tuple[str, str] | list[tuple[str, str]]:
        if isinstance(number, slice):
            places = zip(
                self.starts[number].tolist(),
                self.ends[number].tolist(),
                self.after[number].tolist(),
                strict=True,
            )
            octets = self.octets
            return [(octets[start:end].decode(), octets[end:after].decode()) for start, end, after in places]
        [line] = self[number : number + 1]
        return line

    def only(self, wanted: Flags) -> tuple[bytes, Numbers]:
        """Some of the lines, one after the other, and where each begins and the last one ends."""
        lengths = self.after - self.starts
        octets = self.signs[np.repeat(wanted, lengths)].tobytes()
        return octets, np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths[wanted])))

    def blank(self, dialect: Dialect, shapes: Shapes) -> Flags:
        """Which lines hold nothing but blanks and delimiters, maybe in quotes."""
        empty = np.zeros(256, dtype=bool)
        empty[[*_BLANKS, ord(dialect.delimiter)]] = True
        solid = self.per_line(~empty[self.signs]) - shapes.hollow
        blank: Flags = solid == 0
        # Blanks that are not ASCII look like text at first.
        doubtful = ~blank & (solid == self.per_line(self.signs >= _NOT_ASCII))
        if doubtful.any():
            octets, offsets = self.only(doubtful)
            buffers = (pa.py_buffer(offsets), pa.py_buffer(octets))
            texts = pl.Series(pa.LargeStringArray.from_buffers(len(offsets) - 1, *buffers))
            signs = "".join(f"\\x{{{ord(sign):x}}}" for sign in (dialect.delimiter, dialect.quote) if sign)
            blank[doubtful] = texts.str.contains(rf"^[\s{signs}]*$").to_numpy()
        return blank

    def per_line(self, flags: Flags) -> Numbers:
        """How many signs of each line have a flag."""
        found: Numbers = np.add.reduceat(flags, self.starts, dtype=np.int64)
        return found


@dataclass(frozen=True)
class Shapes:
    """What the lines of a block are like."""

    widths: Numbers
    """How many cells each has; of no meaning for those that need care."""
    stray: Flags
    """Whose quotes are all text."""
    hollow: Numbers
    """Quotes of a line in which all quotes belong where they are, and have neither a quote nor a delimiter between them."""
    careful: Flags
    """Who must be read sign by sign: a quote opens a cell, and quotes do not stand where they belong."""


def shapes_of(lines: PhysicalLines, dialect: Dialect) -> Shapes:
    """What the lines are like, in a dialect whose delimiter is ASCII."""
    delimits = lines.signs == ord(dialect.delimiter)
    none, no_quotes = np.zeros(len(lines), dtype=bool), np.zeros(len(lines), np.int64)
    if dialect.quote is None or dialect.quote.encode() not in lines.octets:
        return Shapes(lines.per_line(delimits) + 1, stray=none, hollow=no_quotes, careful=none)
    quotes: Numbers = np.flatnonzero(lines.signs == ord(dialect.quote))
    line_of = np.searchsorted(lines.after, quotes, side="right")
    many = np.bincount(line_of, minlength=len(lines))
    if dialect.escape is not None or dialect.skips_blank:
        return Shapes(lines.per_line(delimits) + 1, stray=none, hollow=no_quotes, careful=many > 0)
    rank = np.arange(len(quotes)) - np.searchsorted(quotes, lines.starts[line_of])
    fits = _where_they_belong(lines, quotes, line_of, rank, ord(dialect.delimiter))
    well = (many > 0) & (many % 2 == 0) & (np.bincount(line_of, ~fits, len(lines)) == 0)
    opening = _opening(lines, quotes, line_of, dialect.delimiter)
    opens = np.bincount(line_of, opening, len(lines)) > 0
    # Behind an odd number of quotes of its line, a delimiter stands inside a cell.
    delimiters: Numbers = np.flatnonzero(delimits)
    before = np.searchsorted(quotes, delimiters)
    at = np.searchsorted(lines.after, delimiters, side="right")
    inside = (before - np.searchsorted(quotes, lines.starts[at])) % 2 == 1
    inside &= well[at]
    filled = np.bincount(at[inside], minlength=len(lines)) > 0
    doubled = np.flatnonzero((quotes[1:] == quotes[:-1] + 1) & (rank[1:] % 2 == 0)) + 1
    filled |= np.bincount(line_of[doubled], minlength=len(lines)) > 0
    return Shapes(
        np.bincount(at[~inside], minlength=len(lines)) + 1,
        stray=(many > 0) & ~well & ~opens,
        hollow=np.where(well & ~filled, many, 0),
        careful=(many > 0) & ~well & opens,
    )


def _where_they_belong(
    lines: PhysicalLines, quotes: Numbers, line_of: Numbers, rank: Numbers, delimiter: int
) -> Flags:
    """Whether each quote opens a cell, closes one, or is doubled inside one."""
    signs = lines.signs
    doubled = np.zeros(len(quotes) + 1, dtype=bool)
    doubled[1:-1] = quotes[1:] == quotes[:-1] + 1
    opens = (quotes == lines.starts[line_of]) | (signs[np.maximum(quotes - 1, 0)] == delimiter)
    closes = (quotes + 1 == lines.ends[line_of]) | (
        signs[np.minimum(quotes + 1, len(signs) - 1)] == delimiter
    )
    fits: Flags = np.where(rank % 2 == 0, opens | (doubled[:-1] & (rank > 0)), closes | doubled[1:])
    return fits


def _opening(lines: PhysicalLines, quotes: Numbers, line_of: Numbers, delimiter: str) -> Flags:
    """Whether nothing but blanks stands between a quote and the delimiter before it."""
    starts = lines.starts[line_of]
    at = quotes - 1
    going_on = np.arange(len(quotes)) if delimiter != " " else np.empty(0, np.int64)
    for _ in range(_MOST_BLANKS):
        going_on = going_on[at[going_on] >= starts[going_on]]
        going_on = going_on[lines.signs[at[going_on]] == _BLANK]
        if not len(going_on):
            break
        at[going_on] -= 1
    opens: Flags = (at < starts) | (lines.signs[np.maximum(at, 0)] == ord(delimiter))
    opens[going_on] = True
    return opens
