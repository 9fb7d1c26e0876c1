"""Tells from the bytes of a block whether the header may stand in it again: few blocks hold it, and only they are read."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from import_export.imports.layout import Layout
from import_export.imports.tables import normalise_header

_NEWLINE, _RETURN, _BLANK = 10, 13, 32
_NOT_ASCII = 0x80
_MOST_STEPS = 2000
"""Octets before the name that are looked at in this way; a longer run of nothing is found out with care."""

_Positions = npt.NDArray[np.int64]


def may_hold_header(octets: bytes, layout: Layout, encoding: str = "utf-8") -> bool:
    """Whether some row may begin with the first header, and nothing else in its first cell."""
    name, dialect = layout.header[0], layout.dialect
    if any(sign in name for sign in (dialect.quote, dialect.escape) if sign):
        return True  # it is written in more than one way
    signs = np.frombuffer(octets, dtype=np.uint8)
    beside = np.zeros(256, dtype=bool)
    beside[: _BLANK + 1] = True
    # Blanks that are not ASCII begin with such an octet.
    beside[_NOT_ASCII:] = True
    if dialect.quote is not None:
        beside[ord(dialect.quote)] = True
    delimiter = dialect.delimiter.encode(encoding)
    # An empty cell is such a header again, too.
    if not normalise_header(name) and (
        len(layout.header) == 1 or _begins_a_line(signs, _places(signs, delimiter), beside)
    ):
        return True
    wanted = name.encode(encoding, errors="replace")
    if not wanted or wanted not in octets:
        return False
    at = _places(signs, wanted)
    ends = beside.copy()
    ends[list(delimiter)] = True
    after = at + len(wanted)
    at = at[(after == len(octets)) | ends[signs[np.minimum(after, len(octets) - 1)]]]
    return _begins_a_line(signs, at, beside)


def _places(signs: npt.NDArray[np.uint8], wanted: bytes) -> _Positions:
    """Where some octets, at least one, stand."""
    at: _Positions = np.flatnonzero(signs == wanted[0])
    at = at[at <= len(signs) - len(wanted)]
    for place, octet in enumerate(wanted[1:], 1):
        at = at[signs[at + place] == octet]
    return at


def _begins_a_line(signs: npt.NDArray[np.uint8], at: _Positions, beside: npt.NDArray[np.bool_]) -> bool:
    """Whether nothing that counts stands between a line's begin and one of some places, which are in order."""
    for _ in range(_MOST_STEPS):
        if not len(at):
            return False
        if at[0] == 0:
            return True
        at = at - 1
        found = signs[at]
        if ((found == _NEWLINE) | (found == _RETURN)).any():
            return True
        at = at[beside[found]]
    return True
