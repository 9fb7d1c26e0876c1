"""Splits text into records with care: stray quotes, quotes that never close, ragged rows, any line end.

The reader uses it where a block of a file is not plain enough for the native parser, and for finding the dialect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LINE_END = re.compile(r"\r\n|\n|\r")

BLANKS = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""Unicode's white space, which the native parser knows, too. (Python's own `strip` would take U+001C–U+001F as well.)"""

MOST_LINES = 200
MOST_CHARACTERS = 1 << 20
"""A quoted cell that runs on longer than this was never closed (source: the reliability page, cell ≤ 1 MB)."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the cells of a file are told apart."""

    delimiter: str
    quote: str | None
    escape: str | None
    """`\\` when quotes inside a cell are escaped so, None when they are doubled."""


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


def split_records(text: str, dialect: Dialect, *, width: int | None, last: bool = True) -> Iterator[Record]:
    """Records in order, blank lines left out.

    `width`: how many cells a row should have, which decides whether a quote is one or belongs to the text (`1/2" PVC`).
    With `last` False the text goes on elsewhere: a record that is still open at its end is not given.
    """
    lines = list(_lines(text))
    number = 0
    while number < len(lines):
        line = lines[number][0]
        if not line.strip(BLANKS):
            number += 1
            continue
        if dialect.quote is None or dialect.quote not in line:
            yield Record(number, 1, tuple(line.split(dialect.delimiter)))
            number += 1
            continue
        cells = _split(line, dialect)
        if cells is not None:
            yield Record(number, 1, tuple(_plausible(line, cells, dialect, width)))
            number += 1
            continue
        joined = _join(lines, number, dialect, width)
        if joined is None and not last and _may_go_on(lines, number):
            return
        if joined is None:
            plain = tuple(line.split(dialect.delimiter))
            fits = width is not None and len(plain) == width
            yield Record(number, 1, plain, unclosed=not fits)
            number += 1
        else:
            yield Record(number, joined[0], tuple(joined[1]))
            number += joined[0]


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


def _join(
    lines: Sequence[tuple[str, str]], number: int, dialect: Dialect, width: int | None
) -> tuple[int, list[str]] | None:
    """The record that begins on this line and goes on over the next ones; None when its quote is never closed."""
    text, end = lines[number]
    quote = dialect.quote or ""
    for count, (line, line_end) in enumerate(lines[number + 1 : number + MOST_LINES], start=2):
        text += end + line
        end = line_end
        if len(text) > MOST_CHARACTERS:
            return None
        if quote not in line:
            continue
        cells = _split(text, dialect)
        if cells is not None:
            return (count, cells) if width is None or len(cells) == width else None
    return None


def _plausible(line: str, cells: list[str], dialect: Dialect, width: int | None) -> list[str]:
    """The cells, or, where only that gives a row of the right width, the line with its quotes taken as text."""
    if width is None or len(cells) == width:
        return cells
    plain = line.split(dialect.delimiter)
    return plain if len(plain) == width else cells


def _split(text: str, dialect: Dialect) -> list[str] | None:
    """The cells of a text, None when a quote is still open at its end.

    A quote opens a cell only as its first sign, and closes it only before a delimiter or the end; all others are text.
    """
    cells: list[str] = []
    delimiter, quote, position = dialect.delimiter, dialect.quote or "", 0
    while True:
        start = position
        while start < len(text) and text[start] == " " and delimiter != " ":
            start += 1
        if text.startswith(quote, start):
            found = _quoted(text, start + 1, dialect)
            if found is None:
                return None
            cell, position = found
            cells.append(cell)
        else:
            end = text.find(delimiter, position)
            end = len(text) if end < 0 else end
            cells.append(text[position:end])
            position = end
        if position >= len(text):
            return cells
        position += 1
        if position == len(text):
            cells.append("")
            return cells


def _quoted(text: str, position: int, dialect: Dialect) -> tuple[str, int] | None:
    """A quoted cell from after its opening quote: its text, and where its delimiter or the end is."""
    quote, escape = dialect.quote or "", dialect.escape
    parts: list[str] = []
    start = position
    while True:
        found = text.find(quote, position)
        if found < 0:
            return None
        if escape is not None and found > start and text[found - 1] == escape:
            parts.append(text[start : found - 1] + quote)
            start = position = found + 1
            continue
        if text.startswith(quote, found + 1) and escape is None:
            parts.append(text[start : found + 1])
            start = position = found + 2
            continue
        after = found + 1
        while after < len(text) and text[after] == " " and dialect.delimiter != " ":
            after += 1
        if after == len(text) or text[after] == dialect.delimiter:
            parts.append(text[start:found])
            return "".join(parts), after
        position = found + 1
