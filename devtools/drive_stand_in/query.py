"""The part of Drive's query language that the archive uses, and the `fields` that a request asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

File = dict[str, Any]
Test = Callable[[File], bool]

_TEXT = r"'((?:[^'\\]|\\.)*)'"


def parse_query(query: str, trashed: Callable[[File], bool]) -> Test:
    """A test of files; raises `ValueError` for anything that is not understood."""
    tests = [_test(part.strip(), trashed) for part in _split_and(query)]
    return lambda file: all(test(file) for test in tests)


def with_fields(value: File, fields: str | None) -> File:
    """Only what was asked for, as Drive does it; without `fields`, Drive gives very little."""
    wanted = dict(_split_fields(fields or "id, name, mimeType"))
    return {
        name: _within(value[name], inner)
        for name, inner in wanted.items()
        if name in value and value[name] is not None
    }


def _within(value: Any, inner: str | None) -> Any:
    if inner is None:
        return value
    return (
        [with_fields(each, inner) for each in value] if isinstance(value, list) else with_fields(value, inner)
    )


def _split_fields(fields: str) -> Iterator[tuple[str, str | None]]:
    depth, current = 0, ""
    for sign in fields + ",":
        depth += (sign == "(") - (sign == ")")
        if sign == "," and not depth:
            name, _, inner = current.strip().partition("(")
            yield name.strip(), inner[:-1] or None
            current = ""
        else:
            current += sign


def _split_and(query: str) -> list[str]:
    """Split at `and` outside of quotes and braces."""
    parts, depth, quoted, current, position = [], 0, False, "", 0
    while position < len(query):
        sign = query[position]
        if quoted and sign == "\\":
            current += query[position : position + 2]
            position += 2
            continue
        quoted ^= sign == "'"
        depth += (sign == "{") - (sign == "}")
        if not quoted and not depth and query.startswith(" and ", position):
            parts.append(current)
            current = ""
            position += 5
            continue
        current += sign
        position += 1
    if quoted:
        raise ValueError("a quote is not closed")
    return [*parts, current]


def _test(part: str, trashed: Callable[[File], bool]) -> Test:
    if match := re.fullmatch(rf"(name|mimeType) = {_TEXT}", part):
        key, value = match[1], _unquoted(match[2])
        return lambda file: file.get(key) == value
    if match := re.fullmatch(rf"{_TEXT} in parents", part):
        parent = _unquoted(match[1])
        return lambda file: parent in file["parents"]
    if part == "trashed = false":
        return lambda file: not trashed(file)
    if match := re.fullmatch(rf"appProperties has \{{ key={_TEXT} and value={_TEXT} \}}", part):
        key, value = _unquoted(match[1]), _unquoted(match[2])
        return lambda file: file.get("appProperties", {}).get(key) == value
    raise ValueError(f"this query is not understood: {part}")


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
