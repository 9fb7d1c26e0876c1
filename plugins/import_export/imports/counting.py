"""Counts the data rows of a file exactly, at about the speed at which its line ends can be counted.

Whole blocks are looked at with vectorised comparisons of bytes; only what these cannot tell for certain (a stray
quote, rows that seem to be empty or a repeated header) is read as rows.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from import_export.imports.blocks import Block, read_blocks
from import_export.imports.layout import Layout
from import_export.imports.reading import parse_block

_BLOCK_BYTES = 4 << 20
_NEWLINE, _RETURN, _BLANK = 10, 13, 32
_NOT_ASCII = 0x80
_ONE_OCTET = "cp1252"
"""The encoding of one octet a sign; it is counted without being decoded."""

_MOST_STEPS = 2000
"""Octets of a line that are looked at in this way; a longer run of nothing is found out with care."""

_Positions = npt.NDArray[np.int64]
_Octets = npt.NDArray[np.uint8]


def count_rows(path: Path, layout: Layout) -> int:
    """How many data rows a file has, good and broken ones; blank lines and repeated headers are none."""
    raw = layout.encoding == _ONE_OCTET
    return sum(_count(block, layout) for block in read_blocks(path, layout, _BLOCK_BYTES, raw=raw))


def _count(block: Block, layout: Layout) -> int:
    counted = _count_fast(block, layout)
    if counted is not None:
        return counted
    if layout.encoding == _ONE_OCTET:
        block = replace(block, octets=block.octets.decode(_ONE_OCTET, errors="replace").encode())
    # The line numbers do not matter here.
    return parse_block(block, layout, 1).rows


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
    if dialect.quote is not None:
        quotes: _Positions = np.flatnonzero(octets == ord(dialect.quote))
        if len(quotes):
            if len(layout.header) == 1 or not _well_quoted(octets, quotes, ord(dialect.delimiter)):
                return None
            # A line end behind an odd number of quotes stands inside a cell, if that gives the row its cells.
            outside = np.searchsorted(quotes, ends) % 2 == 0
            if not outside.all() and not _joined_well(octets, ends, outside, quotes, layout):
                return None
            ends = ends[outside]
    starts = np.concatenate((np.zeros(1, dtype=np.int64), ends + 1))
    starts = starts[starts < len(octets)]
    return None if _suspects(octets, starts, layout) else len(starts)


def _well_quoted(octets: _Octets, quotes: _Positions, delimiter: int) -> bool:
    """Whether each quote opens a cell, closes one, or is doubled inside one."""
    if len(quotes) % 2:
        return False
    opening, closing = quotes[0::2], quotes[1::2]
    before = octets[np.maximum(opening - 1, 0)]
    after = octets[np.minimum(closing + 1, len(octets) - 1)]
    # A quote that opens directly behind one that closes is a doubled quote.
    doubled = np.zeros(len(opening), dtype=bool)
    doubled[1:] = opening[1:] == closing[:-1] + 1
    followed = np.zeros(len(closing), dtype=bool)
    followed[:-1] = doubled[1:]
    opens = (before == delimiter) | (before == _NEWLINE) | (opening == 0) | doubled
    closes = (
        (after == delimiter)
        | (after == _NEWLINE)
        | (after == _RETURN)
        | (closing == len(octets) - 1)
        | followed
    )
    return bool(opens.all() and closes.all())


def _joined_well(
    octets: _Octets, ends: _Positions, outside: npt.NDArray[np.bool_], quotes: _Positions, layout: Layout
) -> bool:
    """Whether all rows that go on over a line end have as many cells as the header, and maybe the empty ones behind it."""
    after = np.append(ends[outside] + 1, len(octets))
    starts = np.concatenate((np.zeros(1, dtype=np.int64), after[:-1]))
    rows = np.unique(np.searchsorted(after, ends[~outside], side="right"))
    inside = np.zeros(len(after), dtype=bool)
    inside[rows] = True
    delimits = (octets == ord(layout.dialect.delimiter)) & np.repeat(inside, after - starts)
    delimiters: _Positions = np.flatnonzero(delimits)
    delimiters = delimiters[np.searchsorted(quotes, delimiters) % 2 == 0]
    found = np.searchsorted(delimiters, after[rows]) - np.searchsorted(delimiters, starts[rows]) + 1
    width = len(layout.header)
    return bool(((found == width) | (found == width + layout.trailing)).all())


def _suspects(octets: _Octets, starts: _Positions, layout: Layout) -> bool:
    """Whether a row may be blank, or a repeated header."""
    quote = ord(layout.dialect.quote) if layout.dialect.quote else _NEWLINE
    empty = np.zeros(256, dtype=bool)
    empty[[*range(_BLANK + 1), ord(layout.dialect.delimiter), quote]] = True
    # Blanks that are not ASCII begin with such an octet; whether it is one is found out with care.
    empty[_NOT_ASCII:] = True
    return _nothing_else(octets, starts, empty) or _like_header(octets, starts, quote, layout)


def _nothing_else(octets: _Octets, starts: _Positions, empty: npt.NDArray[np.bool_]) -> bool:
    """Whether the line of some row holds nothing but octets of empty cells."""
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


def _like_header(octets: _Octets, starts: _Positions, quote: int, layout: Layout) -> bool:
    """Whether some row begins with the first header, up to its end."""
    encoding = _ONE_OCTET if layout.encoding == _ONE_OCTET else "utf-8"
    name = np.frombuffer(layout.header[0].encode(encoding, errors="replace"), dtype=np.uint8)
    at = starts
    for _ in range(_MOST_STEPS):
        if not len(leading := at[octets[at] <= _BLANK]):
            break
        at = np.setdiff1d(at, leading, assume_unique=True)
        following = leading + 1
        at = np.union1d(at, following[following < len(octets)])
    else:
        return True
    at = at + (octets[at] == quote)
    for octet in name:
        at = at[at < len(octets)]
        at = at[octets[at] == octet] + 1
    at = at[at < len(octets)]
    return bool(np.isin(octets[at], [ord(layout.dialect.delimiter), quote, _NEWLINE, _RETURN, _BLANK]).any())
