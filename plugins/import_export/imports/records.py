"""Splits text into records with care: stray quotes, quotes that never close, ragged rows, any line end.

The reader uses it where a block of a file is not plain enough for the native parser, and for finding the dialect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from import_export.imports.repair import Effort, behind_blanks, repaired

LINE_END = re.compile(r"\r\n|\n|\r")

BLANKS = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""Unicode's white space, which the native parser knows, too. (Python's own `strip` would take U+001C–U+001F as well.)"""

MOST_LINES = 200
MOST_CHARACTERS = 1 << 20
"""A quoted cell that runs on longer than this was never closed (source: the reliability page, cell ≤ 1 MB)."""
_EFFORT = 8
"""How often each character of a text may be looked at to find out which quotes are meant."""
_IN_VAIN = 2000
"""Characters that count as looked at when no way of reading a line gave its row the right width."""
_MOST_CELLS = 10_000
"""Cells of a broken row that are told apart: twice as many as a header may have."""
_WINDOWS = (4, 32, MOST_LINES)
"""Lines that a quoted cell is looked for the end of: most end soon."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the cells of a file are told apart."""

    delimiter: str
    quote: str | None
    escape: str | None
    """`\\` when quotes inside a cell are escaped so, None when they are doubled."""
    skips_blank: bool = False
    """Whether one blank after each delimiter belongs to the delimiter (`a, b, c`)."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row of text."""

    line: int
    """Physical line on which it begins, counted from the start of the text, from 0."""
    lines: int
    """How many physical lines it takes."""
    cells: tuple[str, ...]
    unclosed: bool = False
    """A quote was opened and never closed; `cells` are the first line's, its quotes taken as text."""
    quoted: int = 0
    """How many cells were quoted."""
    mended: bool = False
    """A quote stood where none belongs, and was taken as text."""
    left_open: bool = False
    """One of these quotes opens a cell and is never closed."""


@dataclass(frozen=True, slots=True)
class _Read:
    """Cells of a text, how many of them were quoted, how many quotes stood where none belongs, and where it ended."""

    cells: list[str]
    quoted: int
    stray: int
    end: int


def split_records(text: str, dialect: Dialect, *, width: int | None, last: bool = True) -> Iterator[Record]:
    """Records in order, blank lines left out.

    `width`: how many cells a row should have, which decides whether a quote is one or belongs to the text (`1/2" PVC`).
    With `last` False the text goes on elsewhere: a record that is still open at its end is not given.
    """
    lines = list(_lines(text))
    effort = effort_for(len(text))
    number = 0
    while number < len(lines):
        line = lines[number][0]
        if not line.strip(BLANKS):
            number += 1
            continue
        if dialect.quote is None or dialect.quote not in line:
            yield Record(number, 1, tuple(_plain(line, dialect)))
            number += 1
            continue
        record = _record(lines, number, dialect, width, effort)
        if record.unclosed and not last and _may_go_on(lines, number):
            return
        yield record
        number += record.lines


def effort_for(characters: int) -> Effort:
    """How much a text of that length is worth."""
    return Effort(MOST_CHARACTERS + _EFFORT * characters)


def records_at(
    lines: Sequence[tuple[str, str]], numbers: Sequence[int], dialect: Dialect, *, width: int, effort: Effort
) -> Iterator[Record]:
    """The records that begin on some lines, in order, but for lines that a record before them goes on over.

    Lines that are left when the effort is used up are not given.
    """
    free = 0
    for number in numbers:
        if number < free:
            continue
        if effort.left < 0:
            return
        record = _record(lines, number, dialect, width, effort)
        free = number + record.lines
        yield record


def cells_of_line(dialect: Dialect, line: str) -> tuple[str, ...]:
    """The cells of one line by itself; quotes that are not closed are text. What stands behind very many is one cell."""
    strict = _strict(line, dialect) if dialect.quote is not None and dialect.quote in line else None
    return tuple(_plain(line, dialect, _MOST_CELLS) if strict is None else strict.cells)


def _record(
    lines: Sequence[tuple[str, str]], number: int, dialect: Dialect, width: int | None, effort: Effort
) -> Record:
    """The record that begins on a line with a quote in it.

    A line that is well quoted is taken as it is, and so are lines that a quoted cell joins well. A quote that stands
    where none belongs is text, in the way that gives the row the width it should have.
    """
    line = lines[number][0]
    strict = _strict(line, dialect)
    if strict is not None and not strict.stray:
        return Record(number, 1, tuple(strict.cells), quoted=strict.quoted)
    joined = _join(lines, number, dialect, effort) if strict is None else None
    if joined is not None and width in (None, len(joined.cells)):
        return joined
    if width is not None:
        mended = repaired(line, dialect.delimiter, dialect.quote or "", dialect.escape, width, effort)
        if mended is not None:
            return Record(number, 1, tuple(mended), mended=True, left_open=strict is None)
        effort.left -= _IN_VAIN
    if strict is not None:
        return Record(number, 1, tuple(strict.cells), quoted=strict.quoted, mended=True)
    if joined is not None:
        return joined
    return Record(number, 1, tuple(_plain(line, dialect)), unclosed=True)


def _plain(line: str, dialect: Dialect, most: int = 0) -> list[str]:
    """The cells of a line whose quotes, if it has any, are text; all of them, or at most so many."""
    cells = line.split(dialect.delimiter, most - 1)
    if dialect.skips_blank:
        cells[1:] = [cell.removeprefix(" ") for cell in cells[1:]]
    return cells


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Physical lines, each with its line end."""
    start = 0
    for end in LINE_END.finditer(text):
        yield text[start : end.start()], end.group()
        start = end.end()
    if start < len(text):
        yield text[start:], ""


def _may_go_on(lines: Sequence[tuple[str, str]], number: int) -> bool:
    """Whether the record that opens here could still be closed by what comes after the text."""
    left = lines[number:]
    return len(left) < MOST_LINES and sum(len(line) + len(end) for line, end in left) < MOST_CHARACTERS


def _join(lines: Sequence[tuple[str, str]], number: int, dialect: Dialect, effort: Effort) -> Record | None:
    """The record that begins on this line and goes on over the next ones; None when that is not well quoted."""
    if effort.left < 0:
        return None
    for most in _WINDOWS:
        taken = lines[number : number + most]
        text = "".join(line + end for line, end in taken)[:MOST_CHARACTERS]
        found = _strict(text, dialect, one_record=True)
        effort.left -= len(text) if found is None else found.end
        if found is not None or len(taken) < most or len(text) == MOST_CHARACTERS or effort.left < 0:
            break
    if found is None or found.stray:
        return None
    ends = accumulate(len(line) + len(end) for line, end in taken)
    count = next((position for position, end in enumerate(ends, 1) if found.end < end), len(taken))
    return Record(number, count, tuple(found.cells), quoted=found.quoted)


def _strict(text: str, dialect: Dialect, *, one_record: bool = False) -> _Read | None:
    """The cells of a text, None when a quote is still open at its end.

    A quote opens a cell only as its first sign, and closes it only before a delimiter or the end; all others are stray
    and taken as text. With `one_record` the text ends at its first line end outside of quotes, and at a stray quote.
    """
    cells: list[str] = []
    delimiter, quote, position = dialect.delimiter, dialect.quote or "", 0
    stray = quoted = 0
    length = len(text)
    while True:
        start = behind_blanks(text, position, delimiter)
        if text.startswith(quote, start):
            found = _quoted(text, start + 1, dialect, one_record=one_record)
            if found is None:
                return None
            cell, position, wrong = found
            stray += wrong
            quoted += 1
        else:
            end = text.find(delimiter, position)
            if one_record:
                stop = LINE_END.search(text, position, length if end < 0 else end)
                end = stop.start() if stop else end
            end = length if end < 0 else end
            cell, position = text[position:end], end
            if dialect.skips_blank and cells:
                cell = cell.removeprefix(" ")
            stray += quote in cell
        cells.append(cell)
        if one_record and stray:
            return _Read(cells, quoted, stray, position)
        if position >= length or (text[position] in "\r\n" and one_record):
            return _Read(cells, quoted, stray, position)
        position += 1
        if position == length:
            cells.append("")
            return _Read(cells, quoted, stray, position)


def _quoted(text: str, position: int, dialect: Dialect, *, one_record: bool) -> tuple[str, int, int] | None:
    """A quoted cell from after its opening quote: its text, where its delimiter or the end is, and its stray quotes."""
    quote, escape, delimiter = dialect.quote or "", dialect.escape, dialect.delimiter
    parts: list[str] = []
    start, stray = position, 0
    while True:
        found = text.find(quote, position)
        if found < 0:
            return None
        if escape is not None:
            slashes = found - len(text[start:found].rstrip(escape)) - start
            if slashes % 2:
                parts.append(text[start : found - 1].replace(escape * 2, escape) + quote)
                start = position = found + 1
                continue
        elif text.startswith(quote, found + 1):
            parts.append(text[start : found + 1])
            start = position = found + 2
            continue
        after = behind_blanks(text, found + 1, delimiter)
        if after == len(text) or text[after] == delimiter or (one_record and text[after] in "\r\n"):
            tail = text[start:found]
            parts.append(tail.replace(escape * 2, escape) if escape else tail)
            return "".join(parts), after, stray
        if one_record:
            return "", after, 1
        stray += 1
        position = found + 1
