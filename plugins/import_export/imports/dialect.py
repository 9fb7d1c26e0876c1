"""Finds out how the cells of a text are told apart.

The measure is that of van den Burg, Nazábal and Sutton, "Wrangling messy CSV files by detecting row and type
patterns" (2019): rows that look alike, times cells that look like values. Added to it: columns that hold values of one
kind, quotes that stand where quotes belong, and less trust in delimiters that are seldom meant as such.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from import_export.imports.records import Dialect, split_records
from import_export.imports.values import TYPED, Look, look

DELIMITERS = (",", ";", "\t", "|")
_SELDOM = (" ", ":", "^", "~", "\x01", "\x1f", "#", "!", "*")
_FIRST_RECORDS, _RECORDS = 40, 200
"""Records that are looked at first, and when these leave a doubt."""
_CHARACTERS = 60_000
_ALIKE = 0.85
"""Share of rows with the same number of cells that a seldom delimiter needs."""
_BLANK = 0.95
"""Share of cells with a blank before them that makes it a part of the delimiter."""


@dataclass(frozen=True, slots=True)
class _Scored:
    score: float
    dialect: Dialect
    sure: bool
    """All rows are alike, and (nearly) all cells are values."""
    beside: float = 0.0
    """The best score of any other delimiter."""

    @property
    def certain(self) -> bool:
        return self.sure and self.beside < self.score / 2


def find_dialect(text: str, delimiters: Sequence[str] = DELIMITERS, *, only: bool = False) -> Dialect:
    """The most plausible dialect of a sample of whole lines; a comma where the text has one column.

    `only`: nothing but these delimiters come into question, because the file itself declares one.
    """
    text = _head(text)
    best = _best(text, delimiters, _FIRST_RECORDS)
    if best is None or not best.certain:
        best = _best(text, delimiters, _RECORDS)
        if not only:
            seldom = _best(text, [each for each in _SELDOM if each not in delimiters], _RECORDS)
            if seldom is not None and (best is None or seldom.score * 0.6 > best.score):
                best = seldom
    if best is None:
        return Dialect(delimiters[0], '"', None)
    return _with_blank(text, best.dialect)


def _head(text: str) -> str:
    """The first lines of a sample; a long one is cut where a line ends."""
    if len(text) <= _CHARACTERS:
        return text
    end = max(text.rfind("\n", 0, _CHARACTERS), text.rfind("\r", 0, _CHARACTERS))
    if end <= 0:
        # One line is longer than that: its start tells as much.
        return text[:_CHARACTERS]
    return text[: end + 1]


def _best(text: str, delimiters: Sequence[str], number: int) -> _Scored | None:
    """The best dialect by the first records."""
    found = [
        _score(text, dialect, number)
        for delimiter in delimiters
        if delimiter in text
        for dialect in _dialects(text, delimiter)
    ]
    best = max(found, key=lambda each: each.score, default=None)
    if best is None or not best.score:
        return None
    others = (each.score for each in found if each.dialect.delimiter != best.dialect.delimiter)
    return replace(best, beside=max(others, default=0.0))


def _dialects(text: str, delimiter: str) -> Iterator[Dialect]:
    """Quotes and escapes worth trying with a delimiter: a cell must open with a quote, or it quotes nothing."""
    yield Dialect(delimiter, '"', None)
    if '\\"' in text:
        yield Dialect(delimiter, '"', "\\")
    edge = re.escape(delimiter)
    if len(re.findall(rf"(?:^|{edge}) ?'(?:[^'\n]|'')*'(?= ?{edge}|\r?$)", text, re.MULTILINE)) > 1:
        yield Dialect(delimiter, "'", None)
        if "\\'" in text:
            yield Dialect(delimiter, "'", "\\")


def _score(text: str, dialect: Dialect, number: int) -> _Scored:
    records = list(islice(split_records(text, dialect, width=None), number))
    # Rows of empty cells stand below spreadsheets' tables and say nothing.
    records = [record for record in records if any(map(str.strip, record.cells))]
    if not records:
        return _Scored(0.0, dialect, sure=False)
    widths = Counter(len(record.cells) for record in records)
    width, count = max(widths.items(), key=lambda each: (each[1] * (each[0] > 1), each[0]))
    if width < 2:
        return _Scored(0.0, dialect, sure=False)
    if dialect.delimiter in _SELDOM and (count < _ALIKE * len(records) or len(records) < 2):
        return _Scored(0.0, dialect, sure=False)
    pattern = sum(times * (size - 1) / size for size, times in widths.items()) / len(widths)
    looks = [list(map(look, record.cells)) for record in records]
    # What a quote encloses is one value, whatever it looks like.
    cells = sum(map(len, looks))
    unknown = sum(row.count(Look.OTHER) for row in looks)
    quoted = sum(
        record.quoted
        for record, row in zip(records, looks, strict=True)
        if record.quoted and Look.OTHER in row and not record.mended
    )
    value = min(cells - unknown + quoted, cells) / cells
    sound = 1 - sum(record.mended or record.unclosed for record in records) / (2 * len(records))
    score = pattern * max(value, 1e-3) * sound * (0.75 + 0.25 * _alike(looks, width))
    sure = len(widths) == 1 and value > _ALIKE and sound == 1
    return _Scored(score, dialect, sure=sure)


def _alike(looks: Sequence[Sequence[Look]], width: int) -> float:
    """How far columns hold values of one kind, from 0 to 1; numbers, dates and times tell more than words."""
    rows = [row for row in looks if len(row) == width]
    total = 0.0
    for column in zip(*rows, strict=True):
        filled = Counter(each for each in column if each is not Look.EMPTY)
        if not filled:
            continue
        kind, count = filled.most_common(1)[0]
        share = count / sum(filled.values())
        total += share if kind in TYPED else share / 2
    return total / width


def _with_blank(text: str, dialect: Dialect) -> Dialect:
    """The dialect, with a blank after each delimiter taken for a part of it where (nearly) all have one."""
    if dialect.delimiter not in DELIMITERS:
        return dialect
    records = islice(split_records(text, dialect, width=None), _FIRST_RECORDS)
    cells = [cell for record in records for cell in record.cells[1:] if cell.strip()]
    # Numbers and dates are not quoted, and so show the blank; words may be.
    shown = [cell for cell in cells if look(cell) in TYPED] or cells
    if shown and sum(cell.startswith(" ") for cell in shown) >= _BLANK * len(shown):
        return replace(dialect, skips_blank=True)
    return dialect
