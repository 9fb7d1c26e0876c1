"""What the lock files name: packages with their versions and hashes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_PACKAGE = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;]+)(?P<rest>.*)$")
_HASH = re.compile(r"^--hash=sha256:[0-9a-f]{64}$")


@dataclass(frozen=True, slots=True)
class Locked:
    """A package of a lock."""

    name: str
    version: str
    hashes: tuple[str, ...]


def read_lock(path: Path) -> list[Locked]:
    """The packages of a lock, in its order; a line that is none of them raises `ValueError`."""
    whole = path.read_text().replace("\\\n", " ")
    return [
        _package(line, path)
        for line in whole.splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]


def _package(line: str, path: Path) -> Locked:
    words = line.split()
    hashes = tuple(word for word in words if _HASH.match(word))
    rest = " ".join(word for word in words if not word.startswith("--hash="))
    found = _PACKAGE.match(rest)
    if found is None or len(hashes) + len(rest.split()) != len(words):
        raise ValueError(f"{path.name}: not a pinned package: {line[:80]}")
    return Locked(found["name"], found["version"], hashes)
