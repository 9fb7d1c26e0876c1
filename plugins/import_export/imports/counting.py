"""Counts the data rows of a file exactly, at about the speed at which its line ends can be counted.

Whole blocks are looked at with vectorised comparisons of bytes. What these cannot tell for certain (a stray quote, rows
that seem to be empty) is counted by its lines, and only what may hold the header again is read as rows.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from import_export.imports.blocks import Block, read_blocks
from import_export.imports.broken_rows import REPLACEMENT
from import_export.imports.layout import Layout
from import_export.imports.reading import count_block
from import_export.imports.records import MOST_CHARACTERS, MOST_LINES
from import_export.imports.repeated_header import may_hold_header

_BLOCK_BYTES = 4 << 20
_NEWLINE, _RETURN, _BLANK = 10, 13, 32
_NOT_ASCII = 0x80
_ONE_OCTET = "cp1252"
"""The encoding of one octet a sign; it is counted without being decoded."""

_MOST_STEPS = 2000
"""Octets of a line that are looked at in this way; a longer run of nothing is found out with care."""
_FIRST_QUOTES = 1000
"""Most files that are not well quoted are so from their begin."""

_Positions = npt.NDArray[np.int64]
_Octets = npt.NDArray[np.uint8]
_Flags = npt.NDArray[np.bool_]


def count_rows(path: Path, layout: Layout) -> int:
    """How many data rows a file has, good and broken ones; blank lines and repeated headers are none."""
    raw = layout.encoding == _ONE_OCTET
    return sum(_count(block, layout) for block in read_blocks(path, layout, _BLOCK_BYTES, raw=raw))


def _count(block: Block, layout: Layout) -> int:
    counted = _count_fast(block, layout)
    if counted is not None:
        return counted
    if layout.encoding == _ONE_OCTET:
        text = block.octets.decode(_ONE_OCTET, errors="replace")
        block = replace(block, octets=text.encode(), damaged=REPLACEMENT in text)
    return count_block(block, layout)


def _count_fast(block: Block, layout: Layout) -> int | None:
    """The rows of a block, None when bytes alone do not tell."""
    dialect = layout.dialect
    if block.damaged or dialect.escape is not None or not dialect.delimiter.isascii():
        return None
    octets = np.frombuffer(block.octets, dtype=np.uint8)
    ends: _Positions = np.flatnonzero(octets == _NEWLINE)
    returns = block.octets.count(b"\r")
    if returns and returns != np.count_nonzero(octets[ends - 1] == _RETURN):
        return None  # some lines end with CR alone
    quotes: _Positions = np.flatnonzero(octets == ord(dialect.quote)) if dialect.quote else ends[:0]
    if len(quotes) and (len(layout.header) == 1 or not _well_quoted(octets, quotes, ord(dialect.delimiter))):
        return None
    # A line end behind an odd number of quotes stands inside a cell, if that gives the row its cells.
    outside = np.searchsorted(quotes, ends) % 2 == 0 if len(quotes) else None
    starts = np.concatenate((np.zeros(1, dtype=np.int64), (ends if outside is None else ends[outside]) + 1))
    starts = starts[starts < len(octets)]
    encoding = _ONE_OCTET if layout.encoding == _ONE_OCTET else "utf-8"
    if _may_be_blank(octets, starts, layout) or may_hold_header(block.octets, layout, encoding):
        return None
    if outside is not None and not outside.all() and not _joined_well(octets, ends, outside, quotes, layout):
        return None
    return len(starts)


def _well_quoted(octets: _Octets, quotes: _Positions, delimiter: int) -> bool:
    """Whether each quote opens a cell, closes one, or is doubled inside one."""
    if len(quotes) % 2 or not _opening(octets, quotes[:_FIRST_QUOTES], delimiter)[0].all():
        return False
    opens, doubled = _opening(octets, quotes, delimiter)
    closing = quotes[1::2]
    after = octets[np.minimum(closing + 1, len(octets) - 1)]
    followed = np.zeros(len(closing), dtype=bool)
    followed[:-1] = doubled[1:]
    closes = (
        (after == delimiter)
        | (after == _NEWLINE)
        | (after == _RETURN)
        | (closing == len(octets) - 1)
        | followed
    )
    return bool(opens.all() and closes.all())


def _opening(octets: _Octets, quotes: _Positions, delimiter: int) -> tuple[_Flags, _Flags]:
    """Which of every second quote may open a cell, or is the second of a doubled one; and which is the latter."""
    opening, closing = quotes[0::2], quotes[1::2]
    # A quote that opens directly behind one that closes is a doubled quote.
    doubled = np.zeros(len(opening), dtype=bool)
    doubled[1:] = opening[1:] == closing[: len(opening) - 1] + 1
    before = octets[np.maximum(opening - 1, 0)]
    return (before == delimiter) | (before == _NEWLINE) | (opening == 0) | doubled, doubled


def _joined_well(
    octets: _Octets, ends: _Positions, outside: _Flags, quotes: _Positions, layout: Layout
) -> bool:
    """Whether all rows that go on over a line end have as many cells as the header, and do so within bounds."""
    after = np.append(ends[outside] + 1, len(octets))
    starts = np.concatenate((np.zeros(1, dtype=np.int64), after[:-1]))
    inside = np.zeros(len(after), dtype=bool)
    inside[np.searchsorted(after, ends[~outside], side="right")] = True
    rows = np.flatnonzero(inside)
    lines = np.searchsorted(ends, after[rows]) - np.searchsorted(ends, starts[rows])
    if lines.max() > MOST_LINES or (after[rows] - starts[rows]).max() > MOST_CHARACTERS:
        return False
    delimits = (octets == ord(layout.dialect.delimiter)) & np.repeat(inside, after - starts)
    delimiters: _Positions = np.flatnonzero(delimits)
    delimiters = delimiters[np.searchsorted(quotes, delimiters) % 2 == 0]
    found = np.searchsorted(delimiters, after[rows]) - np.searchsorted(delimiters, starts[rows]) + 1
    return bool((found == len(layout.header)).all())


def _may_be_blank(octets: _Octets, starts: _Positions, layout: Layout) -> bool:
    """Whether the line of some row may hold nothing but empty cells."""
    empty = np.zeros(256, dtype=bool)
    empty[: _BLANK + 1] = True
    empty[ord(layout.dialect.delimiter)] = True
    if layout.dialect.quote is not None:
        empty[ord(layout.dialect.quote)] = True
    # Blanks that are not ASCII begin with such an octet; whether it is one is found out with care.
    empty[_NOT_ASCII:] = True
    at = starts
    for _ in range(_MOST_STEPS):
        if not len(at):
            return False
        found = octets[at]
        going_on = empty[found]
        if (going_on & ((found == _NEWLINE) | (found >= _NOT_ASCII))).any():
            return True
        at = at[going_on] + 1
        if len(at) and at[-1] == len(octets):
            return True
    return True
