"""Where the cells of a text are, and what they hold: a quoted cell is what stands between its quotes, unescaped."""

from __future__ import annotations

import re
from collections.abc import Iterable

Span = tuple[int, int, bool]
"""Where a cell begins and ends, and whether it is quoted: then the quotes are outside, and those inside are escaped."""

_BLANKS = re.compile(" +")


def behind_blanks(text: str, position: int, delimiter: str) -> int:
    """Where the blanks end that stand at a position; where blanks delimit, there are none."""
    if delimiter == " " or not text.startswith(" ", position):
        return position
    found = _BLANKS.match(text, position)
    return position if found is None else found.end()


def cells_at(text: str, spans: Iterable[Span], quote: str, escape: str | None) -> tuple[str, ...]:
    """What the cells hold."""
    return tuple(
        unescaped(text[start:end], quote, escape) if quoted else text[start:end]
        for start, end, quoted in spans
    )


def unescaped(text: str, quote: str, escape: str | None) -> str:
    """What a quoted cell holds: doubled quotes stand for one, or an escape for the quote or escape behind it."""
    if escape is None:
        return text.replace(quote * 2, quote)
    return re.sub(escaped(quote, escape), r"\1", text) if escape in text else text


def escaped(quote: str, escape: str) -> str:
    """A pattern (Python's and Rust's dialect) of what is escaped, which is its first group."""
    return rf"{re.escape(escape)}([{re.escape(escape)}{re.escape(quote)}])"


def without_blank(text: str, spans: Iterable[Span]) -> list[Span]:
    """The same cells, where one blank behind a delimiter belongs to the delimiter."""
    return [
        (start + (number > 0 and not quoted and text.startswith(" ", start, end)), end, quoted)
        for number, (start, end, quoted) in enumerate(spans)
    ]
