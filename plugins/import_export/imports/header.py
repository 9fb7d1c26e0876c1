"""Finds the header among the first records of a file: below title lines, maybe spread over rows, maybe missing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from import_export.imports.records import Record
from import_export.imports.tables import normalise_header
from import_export.imports.values import TYPED, Look, look

TITLE_LINES = 30
"""How many records may stand above the header."""
_BODY = 40
_TYPED_SHARE = 0.75
_MOST_HEADER_ROWS = 3
_YEAR = re.compile(r"(?:19|20)\d{2}")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header is, and what it says."""

    first: int
    """Position of its first record."""
    after: int
    """Position of the first record below it."""
    names: tuple[str, ...]
    rows: int
    """Records it is spread over; 0: the file has none, and `names` are made up."""
    parts: tuple[tuple[str, ...], ...] = ()
    """What each record says of each column, where there are several."""


def find_header(records: Sequence[Record], known: frozenset[str]) -> Header | None:
    """The header; `known`: normalised names that it may hold, when they are known. None: there are no records."""
    if not records:
        return None
    first = _by_names(records, known)
    if first is None:
        first = _by_shape(records)
        if not _is_header(records, first):
            width = usual_width(records[first:])
            return Header(first, first, tuple(f"col_{number}" for number in range(width)), rows=0)
    parts = _parts(records, first)
    names = tuple(" ".join(filter(None, column)) for column in parts)
    rows = len(parts[0])
    return Header(first, first + rows, names, rows=rows, parts=parts if rows > 1 else ())


def trailing_cells(records: Sequence[Record], header: Header) -> int:
    """How many empty cells most rows have behind the header's last: a delimiter that ends each line."""
    body = records[header.after : header.after + _BODY]
    width = len(header.names)
    longer = [
        record
        for record in body
        if len(record.cells) > width and not any(map(str.strip, record.cells[width:]))
    ]
    if len(longer) * 2 <= len(body):
        return 0
    return Counter(len(record.cells) for record in longer).most_common(1)[0][0] - width


def _by_names(records: Sequence[Record], known: frozenset[str]) -> int | None:
    """The record that holds most of the names that are known, when it holds enough of them."""
    if not known:
        return None
    best, most = None, 0
    for position, record in enumerate(records[:TITLE_LINES]):
        cells = [normalise_header(cell) for cell in record.cells if cell.strip()]
        count = sum(cell in known for cell in cells)
        if count > most and (count >= 2 or count * 2 >= len(cells)):
            best, most = position, count
            if count == len(cells) > 1:
                break
    return best


def usual_width(records: Sequence[Record]) -> int:
    """How many cells most records have."""
    widths = Counter(len(record.cells) for record in records)
    return max(widths, key=lambda width: (widths[width], width))


def _by_shape(records: Sequence[Record]) -> int:
    """The first record that is about as wide, and as well filled, as the rows below it; what is above is a title."""
    usual = usual_width(records)
    for position, record in enumerate(records[:TITLE_LINES]):
        filled = _filled(record)
        below = records[position + 1 : position + 11]
        most = max((_filled(each) for each in below if len(each.cells) <= usual), default=0)
        if usual > 1 and (filled < 2 or filled < 0.5 * most):
            continue
        near = abs(len(record.cells) - usual) <= max(1, usual // 5)
        if near and (len(record.cells) == usual or not any(look(cell) in TYPED for cell in record.cells)):
            return position
    return 0


def _filled(record: Record) -> int:
    return sum(1 for cell in record.cells if cell.strip())


def _is_header(records: Sequence[Record], position: int) -> bool:
    """Whether a record names columns, or is a row of data like those below it."""
    cells = records[position].cells
    body = [
        record
        for record in records[position + 1 : position + 1 + _BODY]
        if _filled(record) > 1 or len(cells) == 1
    ]
    looks = [look(cell) for cell in cells]
    if not body:
        return not any(each in TYPED for each in looks)
    typed = _typed_columns(body, len(cells))
    if not typed:
        return not _recurs(cells, body)
    for_it = sum(looks[column] in (Look.WORDS, Look.OTHER) for column in typed)
    against = sum(looks[column] in TYPED for column in typed)
    if against and for_it <= against and _are_years(cells, typed, looks, body):
        return True
    return for_it > against if for_it or against else not _recurs(cells, body)


def _typed_columns(body: Sequence[Record], width: int) -> list[int]:
    """Columns that hold numbers, dates or times nearly throughout."""
    found = []
    for column in range(width):
        looks = [look(record.cells[column]) for record in body if column < len(record.cells)]
        filled = [each for each in looks if each is not Look.EMPTY]
        if filled and sum(each in TYPED for each in filled) >= _TYPED_SHARE * len(filled):
            found.append(column)
    return found


def _are_years(
    cells: Sequence[str], typed: Sequence[int], looks: Sequence[Look], body: Sequence[Record]
) -> bool:
    """Whether a record of numbers is a header all the same: years in order, above numbers that are none."""
    years = [cells[column].strip() for column in typed if looks[column] in TYPED]
    if len(years) < 2 or not all(map(_YEAR.fullmatch, years)) or looks[0] not in (Look.WORDS, Look.EMPTY):
        return False
    below = [record.cells[typed[-1]].strip() for record in body if len(record.cells) > typed[-1]]
    return len(set(years)) == len(years) and not all(map(_YEAR.fullmatch, filter(None, below)))


def _recurs(cells: Sequence[str], body: Sequence[Record]) -> bool:
    """Whether what stands in a record of words stands below it, too, as values do and names do not."""
    filled = [column for column, cell in enumerate(cells) if cell.strip()]
    if len(body) < 5 or not filled:
        return False
    again = sum(
        sum(cells[column] == record.cells[column] for record in body if column < len(record.cells)) >= 2
        for column in filled
    )
    return again * 2 > len(filled)


def _parts(records: Sequence[Record], first: int) -> tuple[tuple[str, ...], ...]:
    """What the records of a header say of each column."""
    rows = [records[first].cells]
    for record in records[first + 1 : first + _MOST_HEADER_ROWS]:
        body = records[first + len(rows) + 1 : first + len(rows) + 1 + _BODY]
        if not _goes_on(rows[-1], record.cells, body):
            break
        rows.append(record.cells)
    width = max(map(len, rows))
    padded = [[trimmed(cell) for cell in row] + [""] * (width - len(row)) for row in rows]
    for upper, lower in pairwise(padded):
        _spread(upper, lower)
    return tuple(zip(*padded, strict=True))


def _goes_on(upper: Sequence[str], lower: Sequence[str], body: Sequence[Record]) -> bool:
    """Whether a record is a second line of the header: words without digits, below gaps, above numbers and dates."""
    if any(map(_DIGIT.search, lower)) or [*map(normalise_header, lower)] == [*map(normalise_header, upper)]:
        return False
    typed = set(_typed_columns(body, len(lower)))
    filled = {column for column, cell in enumerate(lower) if cell.strip()}
    gaps = {column for column in filled if column >= len(upper) or not upper[column].strip()}
    if len(body) < 2 or not filled & typed:
        return False
    # Below names of all columns: units, as they stand below the numbers only, or below all of these.
    return bool(gaps) or (len(filled & typed) >= 2 and (typed <= filled or filled <= typed))


def _spread(upper: list[str], lower: list[str]) -> None:
    """Give a group's name to the columns on its right that the line below divides it into."""
    for column in range(1, len(upper)):
        if not upper[column] and lower[column] and lower[column - 1] and upper[column - 1]:
            upper[column] = upper[column - 1]


def trimmed(cell: str) -> str:
    """A header without the blanks and marks around it."""
    return cell.strip().strip("\ufeff\u00a0").strip()
