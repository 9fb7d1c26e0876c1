"""Names of files that strangers chose: which are never data, and how a name is shown and stored."""

from __future__ import annotations

import unicodedata

LONGEST = 1000
"""Longer names are shown by their end; the job's column in the database holds 1,024 characters."""

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that turn the direction of writing: `gpj.csv` can be shown where `csv.jpg` is meant."""


def is_junk(name: str) -> bool:
    """Whether a path is a folder, hidden, or what macOS adds to a ZIP; such things are left out without a word."""
    parts = name.split("/")
    return (
        name.endswith("/")
        or "__MACOSX" in parts
        or any(part.startswith(".") and part not in (".", "..") for part in parts)
    )


def is_tricky(sign: str) -> bool:
    """Whether a sign can hide what a name is: control characters and those that turn the direction of writing."""
    return unicodedata.category(sign) in ("Cc", "Cs") or sign in _BIDI


def readable(name: str) -> str:
    r"""A name as it is shown and stored.

    What a sender's Windows-1252 client wrote comes out as meant, signs that hide something become `_`.

    >>> readable("Rabatt \udcfc.csv")
    'Rabatt ü.csv'
    >>> readable("a\nb.csv")
    'a_b.csv'
    """
    octets = name.encode("utf-8", "surrogateescape")
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        text = octets.decode("cp1252", "replace")
    shown = "".join("_" if is_tricky(sign) else sign for sign in text)
    return shown if len(shown) <= LONGEST else f"…{shown[1 - LONGEST :]}"
