"""Suggests names for a new import table, its columns and its files, made of the words that the sample uses."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from itertools import chain, count

from import_export.imports.dates import parse_moment
from import_export.imports.layout import Layout
from import_export.imports.tables import (
    HELPER_COLUMNS,
    normalise_header,
    stem,
)

NAME_LENGTH = 48
_HELPERS = frozenset(name.lower() for name in HELPER_COLUMNS)

_LAST_PART = re.compile(r"(?:^|[\W_]+|(?<=[^\W\d_]{3}))[0-9]+[\W_]*$|[\W_]+([^\W\d_]{3,9})[\W_]*$")
"""A number or a word at the end of a file's name; digits behind one or two letters (`d001`) are a code."""


def named_columns(layout: Layout) -> Iterable[tuple[int, str, str]]:
    """Position, header and name of each column that can be found by its header again."""
    parts = layout.header_parts or tuple((header,) for header in layout.header)
    claims = Counter(
        chain.from_iterable(
            {normalise_header(text) for text in (header, *some)}
            for header, some in zip(layout.header, parts, strict=True)
        )
    )
    taken = set(_HELPERS)
    for position, header in enumerate(layout.header):
        own = normalise_header(header)
        if not own or claims[own] > 1 or len(header) > 255:
            continue
        name = identifier(header, "c", f"col_{position + 1}")
        names = chain([name], (f"{name[: NAME_LENGTH - 1 - len(str(n))]}_{n}" for n in count(1)))
        # A name that is another column's header would find that column.
        name = next(
            each
            for each in names
            if each not in taken and (normalise_header(each) == own or normalise_header(each) not in claims)
        )
        taken.add(name)
        yield position, header, name


def identifier(text: str, prefix: str, otherwise: str) -> str:
    """A name for MySQL made of words: accents are taken off, other signs become `_`."""
    letters = "".join(
        sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign)
    )
    name = re.sub(r"[^a-z0-9]+", "_", letters).strip("_")
    if not name:
        return otherwise
    return (name if name[0].isalpha() else f"{prefix}_{name}")[:NAME_LENGTH].strip("_")


def file_names(filename: str) -> tuple[str, str]:
    """What a file's name says without the dates and numbers at its end, and what to allow, which fits the file itself."""
    whole = base = stem(filename)
    while (last := _LAST_PART.search(base)) and (last[1] is None or _is_month(last[1])):
        base = base[: last.start()]
    if not base:
        return "", _allowed(whole)
    rest = whole[len(base) : len(base) + 1] or "_"
    return base, f"{_allowed(base)}, {_allowed(base)}{'[0-9]' if rest.isdigit() else _allowed(rest)}*"


def _is_month(word: str) -> bool:
    return parse_moment(f"1 {word} 2000", first_is_day=True) is not None


def _allowed(text: str) -> str:
    """A part of a file's name as an entry of `allowed_filename` has it; a comma would end the entry."""
    return re.sub(r"[*?[]", r"[\g<0>]", text).replace(",", "?")
