"""Splits text into records with care: stray quotes, quotes that never close, ragged rows, any line end.

The reader uses it where a block of a file is not plain enough for the native parser, and for finding the dialect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from import_export.imports.repair import Effort, repaired
from import_export.imports.spans import Span, behind_blanks, cells_at, without_blank

LINE_END = re.compile(r"\r\n|\n|\r")
_LINE_ENDS = re.compile(rf"({LINE_END.pattern})")

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
MOST_CELLS = 10_000
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
class Read:
    """Cells of a text, how many quotes stood where none belongs, and where it ended."""

    spans: list[Span]
    stray: int
    end: int
    opened: bool = False
    """Whether a quote is still open at the end: the last cell is what stands behind it."""

    @property
    def quoted(self) -> int:
        """How many of the cells are quoted."""
        return sum(quoted for _, _, quoted in self.spans)


def split_records(
    text: str, dialect: Dialect, *, width: int | None, trailing: int = 0, last: bool = True
) -> Iterator[Record]:
    """Records in order, blank lines left out.

    `width`: how many cells a row should have, which decides whether a quote is one or belongs to the text (`1/2" PVC`);
    `trailing`: how many empty ones may stand behind them.
    With `last` False the text goes on elsewhere: a record that is still open at its end is not given.
    """
    lines = _lines(text)
    effort = Effort(MOST_CHARACTERS + _EFFORT * len(text))
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
        record = _record(lines, number, dialect, width, trailing, effort)
        if record.unclosed and not last and _may_go_on(lines, number):
            return
        yield record
        number += record.lines


def cells_of_line(dialect: Dialect, line: str) -> tuple[str, ...]:
    """The cells of one line by itself; quotes that are not closed are text. What stands behind very many is one cell."""
    if dialect.quote is not None and dialect.quote in line and line.count(dialect.delimiter) < MOST_CELLS:
        read = read_cells(line, dialect)
        if not read.opened:
            return _cells(line, read.spans, dialect)
    return plain_cells(line, dialect)


def plain_cells(line: str, dialect: Dialect) -> tuple[str, ...]:
    """The cells of a line whose quotes are text. What stands behind very many is one cell."""
    return tuple(_plain(line, dialect, MOST_CELLS))


def mended(line: str, dialect: Dialect, width: int, effort: Effort) -> list[Span] | None:
    """Where the cells of a line are, `width` of them, with as few of its quotes as can be taken for text."""
    spans = repaired(line, dialect.delimiter, dialect.quote or "", dialect.escape, width, effort)
    if spans is None:
        effort.left -= _IN_VAIN
        return None
    return without_blank(line, spans) if dialect.skips_blank else spans


def _record(
    lines: Sequence[tuple[str, str]],
    number: int,
    dialect: Dialect,
    width: int | None,
    trailing: int,
    effort: Effort,
) -> Record:
    """The record that begins on a line with a quote in it.

    A line that is well quoted is taken as it is, and so are lines that a quoted cell joins well. A quote that stands
    where none belongs is text, in the way that gives the row the width it should have.
    """
    line = lines[number][0]
    read = read_cells(line, dialect)
    alone = Record(number, 1, _cells(line, read.spans, dialect), quoted=read.quoted, mended=read.stray > 0)
    if not read.opened and not read.stray:
        return alone
    joined = _join(lines, number, dialect, effort) if read.opened else None
    if joined is not None and (width is None or width <= len(joined.cells) <= width + trailing):
        return joined
    if width is not None:
        spans = mended(line, dialect, width, effort)
        if spans is not None:
            cells = _cells(line, spans, dialect)
            return Record(number, 1, cells, mended=True, left_open=read.opened)
    if not read.opened:
        return alone
    if joined is not None:
        return joined
    return Record(number, 1, tuple(_plain(line, dialect)), unclosed=True)


def _cells(text: str, spans: Sequence[Span], dialect: Dialect) -> tuple[str, ...]:
    return cells_at(text, spans, dialect.quote or "", dialect.escape)


def _plain(line: str, dialect: Dialect, most: int = 0) -> list[str]:
    """The cells of a line whose quotes, if it has any, are text; all of them, or at most so many."""
    cells = line.split(dialect.delimiter, most - 1)
    if dialect.skips_blank:
        cells[1:] = [cell.removeprefix(" ") for cell in cells[1:]]
    return cells


def _lines(text: str) -> list[tuple[str, str]]:
    """Physical lines, each with its line end."""
    parts = _LINE_ENDS.split(text)
    return list(zip(parts[::2], [*parts[1::2], ""], strict=True))[: None if parts[-1] else -1]


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
        found = read_cells(text, dialect, one_record=True)
        effort.left -= found.end
        if not found.opened or len(taken) < most or len(text) == MOST_CHARACTERS or effort.left < 0:
            break
    if found.opened or found.stray:
        return None
    ends = accumulate(len(line) + len(end) for line, end in taken)
    count = next((position for position, end in enumerate(ends, 1) if found.end < end), len(taken))
    return Record(number, count, _cells(text, found.spans, dialect), quoted=found.quoted)


def read_cells(text: str, dialect: Dialect, *, one_record: bool = False, inside: bool = False) -> Read:
    """Where the cells of a text are.

    A quote opens a cell only as its first sign, and closes it only before a delimiter or the end; all others are stray
    and taken as text. With `one_record` the text ends at its first line end outside of quotes, and at a stray quote.
    With `inside` it begins within a quoted cell.
    """
    spans: list[Span] = []
    delimiter, quote, position = dialect.delimiter, dialect.quote or "", 0
    stray, length = 0, len(text)
    while True:
        start = behind_blanks(text, position, delimiter)
        if inside or text.startswith(quote, start):
            begin = 0 if inside else start + 1
            inside = False
            found = _quoted(text, begin, dialect, one_record=one_record)
            if found is None:
                spans.append((begin, length, True))
                return Read(spans, stray, length, opened=True)
            end, position, wrong = found
            spans.append((begin, end, True))
            stray += wrong
        else:
            end = text.find(delimiter, position)
            if one_record:
                stop = LINE_END.search(text, position, length if end < 0 else end)
                end = stop.start() if stop else end
            end = length if end < 0 else end
            skipped = dialect.skips_blank and spans and text.startswith(" ", position, end)
            spans.append((position + bool(skipped), end, False))
            stray += text.find(quote, position, end) >= 0
            position = end
        if one_record and stray:
            return Read(spans, stray, position)
        if position >= length or (text[position] in "\r\n" and one_record):
            return Read(spans, stray, position)
        position += 1
        if position == length:
            spans.append((length, length, False))
            return Read(spans, stray, position)


def _quoted(text: str, position: int, dialect: Dialect, *, one_record: bool) -> tuple[int, int, int] | None:
    """A quoted cell from after its opening quote: its end, where its delimiter or the end is, and its stray quotes."""
    quote, escape, delimiter = dialect.quote or "", dialect.escape, dialect.delimiter
    start, stray = position, 0
    while True:
        found = text.find(quote, position)
        if found < 0:
            return None
        if escape is not None:
            slashes = found - len(text[start:found].rstrip(escape)) - start
            if slashes % 2:
                start = position = found + 1
                continue
        elif text.startswith(quote, found + 1):
            position = found + 2
            continue
        after = behind_blanks(text, found + 1, delimiter)
        if after == len(text) or text[after] == delimiter or (one_record and text[after] in "\r\n"):
            return found, after, stray
        if one_record:
            return found, after, 1
        stray += 1
        position = found + 1
