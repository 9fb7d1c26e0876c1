"""What a cell looks like, without being told: a number, a date, a time, words. By that, dialect and header are found."""

from __future__ import annotations

import re
from enum import IntEnum, auto
from functools import lru_cache


class Look(IntEnum):
    """What a cell looks like; numbers, because they are counted by the thousand."""

    EMPTY = auto()
    NUMBER = auto()
    DATE = auto()
    TIME = auto()
    WORDS = auto()
    OTHER = auto()
    """Nothing that cells usually hold: a cell that still has a delimiter in it, for instance."""


TYPED = frozenset({Look.NUMBER, Look.DATE, Look.TIME})
"""What no header is."""

_BLANK = r"[\s\u00a0\u202f]"
_NUMBER = re.compile(
    rf"""[-+(]?{_BLANK}*(?:rp\.?|idr|usd|eur|[$€£¥])?{_BLANK}*[-+]?
    (?:\d{{1,3}}(?:[., '\u00a0\u202f]\d{{3}})+|\d+)?(?:[.,]\d+)?(?<=\d)[.,]?
    (?:e[-+]?\d{{1,3}})?{_BLANK}*(?:%|[$€£¥]|[-)])?""",
    re.VERBOSE | re.IGNORECASE,
)
_STARTS_NUMBER = re.compile(r"[\d+\-.,($€£¥]|rp|idr|usd|eur", re.IGNORECASE)
_TIME_PART = r"\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?(?:\s*[ap]\.?m\.?)?"
_DATE_PART = r"(?:\d{1,4}([-/. ])(?:\d{1,2}|[^\W\d_]{3,9})\1\d{1,4}|[^\W\d_]{3,9}[-/ ]\d{2,4}|\d{1,2}-\d{1,2}\.\d{1,2}\.\d{2,4})"
_DATE = re.compile(rf"{_DATE_PART}(?:(?:T|\s+){_TIME_PART}(?:Z|[+-]\d{{2}}:?\d{{2}})?)?", re.IGNORECASE)
_TIME = re.compile(r"\d{1,3}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s*[ap]\.?m\.?)?", re.IGNORECASE)
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s\"<>]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:[A-Za-z]:)?[\\/][\w .\\/-]+"
)
_NOTHING = frozenset({"-", "--", "—", "n/a", "na", "nan", "null", "none", "nil", "#n/a", "inf", "-inf"})
_WORDS = re.compile(
    r"""[^\W_(\[$#'"*=.<>%][\w \-./()&+'’‘%:@\#*?!"=\[\]$€£°³²<>~^]*|[_$#(\[*=.<>%'][\w \-./()&+'’%:@\#?!\[\]=]+"""
)
_MOST = 200


def look(cell: str) -> Look:
    """What a cell looks like."""
    return _look(cell[:_MOST])


@lru_cache(maxsize=8192)
def _look(cell: str) -> Look:
    # The same few values come again and again, and each is looked at for the dialect and for the header.
    text = cell.strip()
    if not text:
        return Look.EMPTY
    if _STARTS_NUMBER.match(text) and _NUMBER.fullmatch(text) and any(map(str.isdigit, text)):
        return Look.NUMBER
    if text.lower() in _NOTHING:
        return Look.EMPTY
    if _TIME.fullmatch(text):
        return Look.TIME
    if _DATE.fullmatch(text):
        return Look.DATE
    return Look.WORDS if _WORDS.fullmatch(text) or _LINK.fullmatch(text) else Look.OTHER
