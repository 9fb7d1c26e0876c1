"""What lines with quotes are like: their quotes, delimiters and blanks in order, whatever the texts between them are.

Lines of one pattern are read alike, so that it is enough to look at each pattern with care.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from import_export.imports.broken_rows import Flags, Numbers
from import_export.imports.physical_lines import PhysicalLines, marked
from import_export.imports.records import Dialect

_TEXT, _QUOTE, _DELIMITER, _BLANK, _ESCAPE, _END, _LEFT_OUT = range(7)
_Kinds = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class LinePatterns:
    """The patterns of some lines of a block."""

    texts: pa.LargeStringArray
    """Each pattern, as a line of the dialect; in the order in which they come first."""
    of_line: Numbers
    """The pattern of each line."""
    first: Numbers
    """Where the signs of each line begin in `places`."""
    places: Numbers
    """Where in the block each sign of the patterns stands; the last one of a line is its end."""


def patterns_of(lines: PhysicalLines, which: Flags, dialect: Dialect) -> LinePatterns:
    """The patterns of some lines, at least one, in a dialect with quotes whose delimiter is ASCII."""
    kinds = _kinds(lines, dialect)
    if dialect.escape is not None:
        _leave_out_escapes(kinds)
    if dialect.delimiter != " ":
        _leave_out_blanks(kinds)
    kept = kinds != _LEFT_OUT
    # Of a text its first sign is enough.
    kept[1:] &= (kinds[1:] != _TEXT) | (kinds[:-1] != _TEXT)
    if not which.all():
        kept[:-1] &= np.repeat(which, lines.after - lines.starts)
        kept[-1] &= which[-1]
    places: Numbers = np.flatnonzero(kept)
    kept_kinds = kinds[places]
    bounds = np.concatenate((np.zeros(1, np.int64), np.flatnonzero(kept_kinds == _END) + 1))
    buffers = (pa.py_buffer(bounds), pa.py_buffer(_letters(dialect)[kept_kinds]))
    first = bounds[:-1]
    encoded = pa.LargeStringArray.from_buffers(len(first), *buffers).dictionary_encode()
    # Arrow's own `to_numpy` would load pandas.
    indices = np.frombuffer(encoded.indices.buffers()[1], dtype=np.int32, count=len(first))
    return LinePatterns(encoded.dictionary, indices.astype(np.int64), first, places)


def _kinds(lines: PhysicalLines, dialect: Dialect) -> _Kinds:
    """The kind of each octet of the block, and of one behind it, where a last line may end that has no line end."""
    of_sign = np.full(256, _TEXT, dtype=np.uint8)
    of_sign[ord(" ")] = _BLANK
    if dialect.escape is not None:
        of_sign[ord(dialect.escape)] = _ESCAPE
    of_sign[[ord(dialect.delimiter), ord(dialect.quote or "")]] = _DELIMITER, _QUOTE
    kinds: _Kinds = np.append(of_sign[lines.signs], np.uint8(_LEFT_OUT))
    kinds[lines.ends] = _END
    kinds[lines.ends[lines.after - lines.ends == 2] + 1] = _LEFT_OUT
    return kinds


def _letters(dialect: Dialect) -> _Kinds:
    """What stands for each kind in a pattern."""
    text = next(
        letter for letter in "xyzw" if letter not in (dialect.delimiter, dialect.quote, dialect.escape)
    )
    signs = (text, dialect.quote or "", dialect.delimiter, " ", dialect.escape or "\\", "\n")
    return np.frombuffer("".join(signs).encode(), dtype=np.uint8)


def _leave_out_escapes(kinds: _Kinds) -> None:
    """An escape counts before a quote only."""
    starts, ends = _runs(kinds == _ESCAPE)
    alone = kinds[ends] != _QUOTE
    kinds[marked(len(kinds), starts[alone], ends[alone])] = _TEXT


def _leave_out_blanks(kinds: _Kinds) -> None:
    """Blanks count at the edge of a cell and beside a quote only, and more than two are no more than two."""
    blanks = kinds == _BLANK
    if not blanks.any():
        return
    starts, ends = _runs(blanks)
    before = np.where(starts > 0, kinds[starts - 1], _END)
    within = (before == _TEXT) & (kinds[ends] == _TEXT)
    kinds[2:][blanks[2:] & blanks[1:-1] & blanks[:-2]] = _LEFT_OUT
    kinds[marked(len(kinds), starts[within], ends[within])] = _TEXT


def _runs(flags: Flags) -> tuple[Numbers, Numbers]:
    """Where flags that stand together begin, and where they are over."""
    edges = np.flatnonzero(np.diff(flags.view(np.int8), prepend=0, append=0))
    return edges[::2], edges[1::2]
