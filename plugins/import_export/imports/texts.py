"""Codes in text columns: what spreadsheets do to `00123`, taken back where it can be, refused where it cannot."""

from __future__ import annotations

import re

_FORMULA = re.compile(r'^="(.*)"$', re.DOTALL)
_APOSTROPHE = re.compile(r"^'(?=[\d+\-=@])")
_ROUNDED = re.compile(r"^\d[.,]\d+E\+\d{2,}$", re.IGNORECASE)

SUSPICIOUS = ('="', "'", "E+", "e+")
"""What a cell must hold for `unspoiled` to do anything; looked for over whole columns at once."""


def unspoiled(text: str) -> str | None:
    """The code that was meant, None when its digits are lost.

    >>> unspoiled('="00123"'), unspoiled("'00123"), unspoiled("8,99E+12")
    ('00123', '00123', None)
    """
    if match := _FORMULA.match(text):
        return match[1].replace('""', '"').strip()
    if _ROUNDED.match(text):
        return None
    return _APOSTROPHE.sub("", text)
