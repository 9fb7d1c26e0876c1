"""Finds the way of reading a line with a stray quote in it that gives the row the width it should have.

A quote may open a cell or be its first sign; it may close a cell or be text in it. Of all ways that give exactly the
wanted number of cells, the one that takes the fewest quotes for text is meant.
"""

from __future__ import annotations

import heapq
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from import_export.imports.spans import Span, behind_blanks, escaped

_MOST_STEPS = 20_000
"""Lines that need more than this are not worth it: they are told as they are."""


@dataclass(slots=True)
class Effort:
    """How many more characters are looked at for the sake of a text's stray quotes.

    Each way of reading a line is worth trying, but a hostile file has ways without end in every line of it.
    """

    left: int


_A_STEP = 20
"""Characters that can be looked at in the time that a step takes beside."""


_Step = tuple[int, Span, int]
"""One way of reading a cell: its cost, the cell, and where the delimiter behind it, or the end of the line, is."""


def repaired(
    line: str, delimiter: str, quote: str, escape: str | None, width: int, effort: Effort
) -> list[Span] | None:
    """Where the cells of a line are, exactly `width` of them, None when no way of reading gives that."""
    # Dijkstra over (cells read, position): the cheapest way comes first.
    best: dict[tuple[int, int], int] = {(0, 0): 0}
    came: dict[tuple[int, int], tuple[tuple[int, int], Span]] = {}
    heap = [(0, 0, 0)]
    end = len(line) + 1
    delimiters = [found.start() for found in re.finditer(re.escape(delimiter), line)]
    steps = 0
    while heap:
        cost, count, position = heapq.heappop(heap)
        if position == end:
            if count == width:
                return _walk_back(came, (count, position))
            continue
        if count == width or cost > best[count, position]:
            continue
        # Each cell that is still to come needs a delimiter before it.
        most = len(delimiters) - (width - count - 1)
        for taken, span, after in _readings(line, position, delimiter, quote, escape):
            steps += 1
            effort.left -= after - position + _A_STEP
            if steps > _MOST_STEPS or effort.left < 0:
                return None
            if bisect_left(delimiters, after) > most:
                break
            key, total = (count + 1, after + 1), cost + taken
            if total < best.get(key, 1 << 60):
                best[key], came[key] = total, ((count, position), span)
                heapq.heappush(heap, (total, *key))
    return None


def _readings(line: str, position: int, delimiter: str, quote: str, escape: str | None) -> Iterator[_Step]:
    """All ways of reading the cell that begins here."""
    end = line.find(delimiter, position)
    end = len(line) if end < 0 else end
    text = line[position:end]
    start = behind_blanks(line, position, delimiter)
    opens = line.startswith(quote, start)
    yield text.count(quote) + opens, (position, end, False), end
    if not opens:
        return
    inside = start + len(quote)
    search = inside
    while (closing := line.find(quote, search)) >= 0:
        search = closing + 1
        after = behind_blanks(line, closing + 1, delimiter)
        if after == len(line) or line.startswith(delimiter, after):
            yield _stray(line[inside:closing], quote, escape), (inside, closing, True), after


def _stray(text: str, quote: str, escape: str | None) -> int:
    """How many quotes of a quoted cell are neither doubled nor escaped."""
    if escape is None:
        return text.replace(quote * 2, "").count(quote)
    return re.sub(escaped(quote, escape), "", text).count(quote)


def _walk_back(came: dict[tuple[int, int], tuple[tuple[int, int], Span]], key: tuple[int, int]) -> list[Span]:
    spans = []
    while key != (0, 0):
        key, span = came[key]
        spans.append(span)
    return spans[::-1]
