"""Messages as JSON: the code and its values are stored, the words are made when somebody reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from import_export.messages import Message, Told


def dump_told(told: Told | None) -> str | None:
    """A message as JSON text, None for none."""
    return None if told is None else json.dumps(_plain(told), ensure_ascii=False, default=str)


def dump_many(many: Iterable[Told]) -> str:
    """Messages as a JSON list."""
    return json.dumps([_plain(told) for told in many], ensure_ascii=False, default=str)


def load_told(text: str | None) -> Told | None:
    """The message of a JSON text, None for NULL."""
    return None if text is None else _told(json.loads(text))


def load_many(text: str | None) -> tuple[Told, ...]:
    """The messages of a JSON list, none for NULL."""
    entries: Sequence[Mapping[str, Any]] = json.loads(text) if text else ()
    return tuple(_told(entry) for entry in entries)


def _plain(told: Told) -> dict[str, Any]:
    return {"code": told.code.value, "params": dict(told.params)}


def _told(entry: Mapping[str, Any]) -> Told:
    return Told(Message(entry["code"]), entry["params"])
