"""Finds out how the cells of a text are told apart.

The measure is that of van den Burg, Nazábal and Sutton, "Wrangling messy CSV files by detecting row and type
patterns" (2019): rows that look alike, times cells that look like values.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice

from import_export.imports.records import Dialect, split_records

DELIMITERS = (",", ";", "\t", "|")
_RECORDS = 200

_VALUE = re.compile(
    r"""^\s*(?:
        | [-+(]?\s*(?:rp\.?|[$€£])?\s*[-+]?[\d.,\u00a0 ]*\d[\d.,]*\s*[-%)]?        # numbers, amounts
        | \d{1,4}[-/.]\w{1,9}[-/.]\d{1,4}(?:[T\s]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?Z?  # dates
        | \d{1,2}:\d{2}(?::\d{2})?
        | [^\W_][\w \-./()&+'%:@\#*?!"=]*                                          # words
    )\s*$""",
    re.VERBOSE | re.IGNORECASE,
)


def find_dialect(text: str, delimiters: Sequence[str] = DELIMITERS) -> Dialect:
    """The most plausible dialect of a sample of whole lines; a comma where the text has one column."""
    best, best_score = Dialect(",", '"', None), 0.0
    for delimiter in delimiters:
        if delimiter not in text:
            continue
        for quote in _quotes(text, delimiter):
            dialect = Dialect(delimiter, quote, _escape(text, quote))
            score = _score(text, dialect)
            if score > best_score:
                best, best_score = dialect, score
    return best


def _quotes(text: str, delimiter: str) -> list[str | None]:
    """Quotes worth trying: a cell must open with one, or it quotes nothing."""
    found: list[str | None] = ['"']
    edge = re.escape(delimiter)
    opening = re.findall(rf"(?:^|{edge})'(?=[^'\n]*'(?:{edge}|\r?$))", text, re.MULTILINE)
    if len(opening) > 1:
        found.append("'")
    return found


def _escape(text: str, quote: str | None) -> str | None:
    if quote is None:
        return None
    return "\\" if f"\\{quote}" in text and f"{quote}{quote}" not in text.replace(f"\\{quote}", "") else None


def _score(text: str, dialect: Dialect) -> float:
    widths: Counter[int] = Counter()
    cells = values = 0
    for record in islice(split_records(text, dialect, width=None), _RECORDS):
        widths[len(record.cells)] += 1
        cells += len(record.cells)
        values += sum(1 for cell in record.cells if _VALUE.match(cell[:200]))
    if not cells:
        return 0.0
    pattern = sum(count * (width - 1) / width for width, count in widths.items() if width > 1) / len(widths)
    return pattern * max(values / cells, 1e-3)
