"""Texts in a CSV that a spreadsheet would run as a formula are made harmless."""

from __future__ import annotations

import re

import polars as pl

_PATTERN = "^[\x00-\x20'\"\x7f\xa0\u2000-\u200b\u202f\u3000\ufeff]*[=+@\t\r＝＋－＠-]"
"""A sign that begins a formula, plain or full-width, also behind quotes, blanks or what programs leave out.

Read the same by both machines below."""
_RUNS = re.compile(_PATTERN)


def harmless(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would run it, else as it is.

    >>> harmless("=1+1"), harmless(" -2"), harmless("1-2")
    ("'=1+1", "' -2", '1-2')
    """
    return f"'{text}" if _RUNS.match(text) else text


def harmless_texts(texts: pl.Expr) -> pl.Expr:
    """`harmless` for a column of texts."""
    return pl.when(texts.str.contains(_PATTERN)).then(pl.lit("'") + texts).otherwise(texts)
