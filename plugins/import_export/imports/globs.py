"""Whether two filename patterns can match the same name."""

from __future__ import annotations

import sys
from fnmatch import fnmatchcase

_ANY = "\N{REPLACEMENT CHARACTER}"
"""Stands for every character that neither pattern names."""


def overlap(first: str, second: str) -> bool:
    """Whether some name matches both patterns (`*`, `?`, `[abc]`, `[!abc]`, as `fnmatch` has them).

    >>> overlap("sales_*", "*_2026"), overlap("sales_*", "stock_*")
    (True, False)
    """
    left, right = _tokens(first), _tokens(second)
    # Where two sets meet, they do at the end of a range, or right behind a character that one of them leaves out.
    signs = {*first, *second, *map(_next, first + second), _ANY}
    fits = {token: frozenset(sign for sign in signs if fnmatchcase(sign, token)) for token in {*left, *right}}
    # below[j]: whether what is left of both patterns, of the second one from j on, can meet; from the ends backwards.
    below = [_stars(right[j:]) for j in range(len(right) + 1)]
    for i in range(len(left) - 1, -1, -1):
        row = [False] * len(right) + [_stars(left[i:])]
        for j in range(len(right) - 1, -1, -1):
            if left[i] == "*" or right[j] == "*":
                row[j] = below[j] or row[j + 1]
            else:
                row[j] = below[j + 1] and not fits[left[i]].isdisjoint(fits[right[j]])
        below = row
    return below[0]


def _stars(parts: list[str]) -> bool:
    return {*parts} <= {"*"}


def _next(sign: str) -> str:
    return chr(min(ord(sign) + 1, sys.maxunicode))


def _tokens(pattern: str) -> list[str]:
    """The pattern's parts, each of which stands for one character, or is `*`."""
    tokens: list[str] = []
    position = 0
    while position < len(pattern):
        end = position + 1
        if pattern[position] == "[":
            # A bracket right behind the opening one, or behind its `!`, is one of the set.
            first = position + (2 if pattern[position + 1 : position + 2] == "!" else 1)
            end = pattern.find("]", first + 1) + 1 or end
        tokens.append(pattern[position:end] if pattern[position:end] != "[" else "[[]")
        position = end
    return tokens
