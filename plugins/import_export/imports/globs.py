"""Whether two filename patterns can match the same name."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache

_ANY = "\N{REPLACEMENT CHARACTER}"
"""Stands for every character that neither pattern names."""


def overlap(first: str, second: str) -> bool:
    """Whether some name matches both patterns (`*`, `?`, `[abc]`, `[!abc]`, as `fnmatch` has them).

    >>> overlap("sales_*", "*_2026"), overlap("sales_*", "stock_*")
    (True, False)
    """
    left, right = _tokens(first), _tokens(second)
    signs = {sign for sign in first + second if sign not in "*?["} | {_ANY}

    @cache
    def meet(i: int, j: int) -> bool:
        if i == len(left) or j == len(right):
            return {*left[i:], *right[j:]} <= {"*"}
        if left[i] == "*":
            return meet(i + 1, j) or meet(i, j + 1)
        if right[j] == "*":
            return meet(i, j + 1) or meet(i + 1, j)
        return any(fnmatchcase(sign, left[i]) and fnmatchcase(sign, right[j]) for sign in signs) and meet(
            i + 1, j + 1
        )

    return meet(0, 0)


def _tokens(pattern: str) -> list[str]:
    """The pattern's parts, each of which stands for one character, or is `*`."""
    tokens: list[str] = []
    position = 0
    while position < len(pattern):
        end = position + 1
        if pattern[position] == "[":
            close = pattern.find("]", position + 2)
            end = position + 1 if close < 0 else close + 1
        tokens.append(pattern[position:end] if pattern[position:end] != "[" else "[[]")
        position = end
    return tokens
