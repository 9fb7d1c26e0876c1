"""Reads docker-compose.yaml as Compose does: what a service runs, its environment, and the files it is handed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from devtools.local import REPOSITORY

COMPOSE = REPOSITORY / "docker-compose.yaml"

# $$, ${NAME}, and the same with -default, :-default, ?message, :?message
_VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?:(?P<how>:?[-?])(?P<rest>[^}]*))?\})")


@dataclass(frozen=True, slots=True)
class Service:
    """What one service of the file is started with."""

    command: tuple[str, ...]
    environment: dict[str, str]
    files: dict[str, str]
    """Contents by the paths where a container finds them: configs and secrets."""
    restarted: bool
    """Whether Docker starts it again when it ends by itself."""


@dataclass(frozen=True, slots=True)
class ComposeFile:
    """The file, with the variables of its `.env`."""

    content: dict[str, Any]
    variables: Mapping[str, str]

    @classmethod
    def read(cls, variables: Mapping[str, str], path: Path = COMPOSE) -> ComposeFile:
        """The repository's file; what `variables` lacks must have a default there."""
        return cls(yaml.safe_load(path.read_text()), variables)

    def service(self, name: str) -> Service:
        """One service, with its variables filled in."""
        found = self.content["services"][name]
        command = found.get("command", [])
        if isinstance(command, str):
            raise SystemExit(
                f"{COMPOSE.name}: the command of {name} is to be a list, so that no shell is needed"
            )
        environment = {
            key: self._text(value) for key, value in found.get("environment", {}).items() if value is not None
        }
        return Service(
            tuple(self._text(part) for part in command),
            environment,
            self._files(found),
            restarted=found.get("restart", "no") != "no",
        )

    def _files(self, service: dict[str, Any]) -> dict[str, str]:
        files = {}
        for each in service.get("configs", ()):
            files[each["target"]] = self._text(self.content["configs"][each["source"]]["content"])
        for name in service.get("secrets", ()):
            variable = self.content["secrets"][name]["environment"]
            files[f"/run/secrets/{name}"] = self._text(f"${{{variable}}}")
        return files

    def _text(self, value: object) -> str:
        """A value with its variables filled in; `SystemExit` for one that is needed and has no value."""
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return _VARIABLE.sub(self._filled, text)

    def _filled(self, found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$"
        name, how, rest = found["name"], found["how"] or "", found["rest"] or ""
        value = self.variables.get(name)
        if value or (value is not None and not how.startswith(":")):
            return value
        if how.endswith("-"):
            return rest
        raise SystemExit(f"{COMPOSE.name}: {name} has no value" + (f": {rest}" if rest else ""))
