"""Codes in text columns: what spreadsheets do to `00123`, taken back where it can be, refused where it cannot."""

from __future__ import annotations

import re

_FORMULA = re.compile(r'^="(.*)"$', re.DOTALL)
_APOSTROPHE = re.compile(r"^'(?=[\d+\-=@])")
_ROUNDED = re.compile(r"^\d[.,]\d+E\+\d{2,}$", re.IGNORECASE)

_LAST_OF_BMP = 0xFFFF

SUSPICIOUS = r"""=\"|'|[Ee]\+"""
"""What a cell must hold for `unspoiled` to do anything; looked for over whole columns at once (Rust's dialect)."""


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


def unstorable_sign(text: str, codec: str | None) -> str | None:
    """The first sign that a column of that codec (`bmp`: without emoji) cannot hold, None when it holds all."""
    if codec is None:
        return None
    if codec == "bmp":
        return next((sign for sign in text if ord(sign) > _LAST_OF_BMP), None)
    try:
        text.encode(codec)
    except UnicodeEncodeError as fault:
        return text[fault.start]
    return None
