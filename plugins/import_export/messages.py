"""What the product tells: a code with its values, turned into words only for a reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from import_export.message_codes import Message, Phrase
from import_export.message_texts import PHRASES, TEXTS

__all__ = ["Language", "Message", "Phrase", "Told", "tell"]

Language = Literal["en", "id"]


@dataclass(frozen=True, slots=True)
class Told:
    """A message with its values: what is stored, and turned into words only for a reader."""

    code: Message
    params: Mapping[str, object] = field(default_factory=dict)

    def text(self, language: Language = "en") -> str:
        """The message in words."""
        choice = 1 if language == "id" else 0
        params = {
            key: PHRASES[value][choice] if isinstance(value, str) and value in PHRASES else value
            for key, value in self.params.items()
        }
        return TEXTS[self.code][choice].format(**params)


def tell(code: Message, **params: object) -> Told:
    """Shorthand: `tell(Message.NOT_RECOGNIZED, name="x")`."""
    return Told(code, params)
