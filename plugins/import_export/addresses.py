"""Where messages go: e-mail addresses, and the other notifiers that an installation knows by names of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SLACK = "slack"
"""The notifier that needs no setting: `slack:CONNECTION`, a Slack webhook by its Airflow connection."""
LONGEST = 191
_EMAIL = re.compile(r"[^@\s,;:<>\"()\\]+@[^@\s,;:<>\"()\\]+\.[^@\s,;:<>\"()\\]+")
_OTHER = re.compile(r"([a-z][a-z0-9_]{0,31})(?::(\S{1,150}))?")


@dataclass(frozen=True, slots=True)
class Address:
    """`ani@example.com`, or a notifier's name with or without something behind it: `slack:sales_channel`."""

    text: str
    notifier: str | None
    """None for e-mail."""
    rest: str
    """What the notifier is told as `{address}`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifierSpec:
    """A class of Airflow's notifiers under a name by which addresses use it."""

    name: str
    path: str
    """The class' import path."""
    kwargs: Mapping[str, Any]
    """What it is made with; in texts `{subject}`, `{text}`, `{html}`, `{link}`, `{address}` are filled in."""


def parse_address(text: str) -> Address:
    """Read an address; raises `ValueError` that tells what one looks like."""
    text = text.strip()
    if len(text) <= LONGEST and _EMAIL.fullmatch(text):
        return Address(text, None, text)
    if len(text) <= LONGEST and (found := _OTHER.fullmatch(text)):
        return Address(text, found[1], found[2] or "")
    raise ValueError(f"'{text}' is neither an e-mail address nor a notifier such as slack:CONNECTION")


def parse_addresses(text: str) -> tuple[Address, ...]:
    """Read addresses with commas between them; raises `ValueError`."""
    return tuple(parse_address(part) for part in text.split(",") if part.strip())


def parse_notifiers(text: str) -> tuple[NotifierSpec, ...]:
    """Read `{"teams": {"class": "package.Class", "kwargs": {…}}}`; raises `ValueError` that tells what is wrong."""
    try:
        entries = json.loads(text)
    except ValueError as reason:
        raise ValueError(f"is no JSON: {reason}") from None
    if not isinstance(entries, dict):
        raise ValueError(  # noqa: TRY004 - what is wrong with a setting is told by ValueError
            'must be an object like {"teams": {"class": "package.Class", "kwargs": {}}}'
        )
    return tuple(_notifier(name, entry) for name, entry in entries.items())


def _notifier(name: str, entry: Any) -> NotifierSpec:
    if not (found := _OTHER.fullmatch(name)) or found[2] is not None or name == SLACK:
        raise ValueError(f"'{name}' is no name for a notifier: small letters, digits, _; not '{SLACK}'")
    if (
        not isinstance(entry, dict)
        or set(entry) - {"class", "kwargs"}
        or not isinstance(entry.get("class"), str)
    ):
        raise ValueError(
            f'\'{name}\' needs a "class" (a class\' import path), may have "kwargs", and no more'
        )
    kwargs = entry.get("kwargs", {})
    if not isinstance(kwargs, dict):
        raise ValueError(f"the kwargs of '{name}' must be an object")  # noqa: TRY004
    if "." not in entry["class"]:
        raise ValueError(f"'{entry['class']}' is no import path of a class")
    return NotifierSpec(name=name, path=entry["class"], kwargs=kwargs)
