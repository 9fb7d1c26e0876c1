"""The folder of a private stack, and what is remembered in it: ports, passwords, where things are."""

from __future__ import annotations

import hashlib
import json
import os
import random
import secrets
import socket
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
MARK = "IMPORT_EXPORT_STACK"
"""Environment variable that every process of a stack carries, by which `stop` finds them all."""

HOST = "127.0.0.1"
"""Where everything listens: nothing of a stack can be reached from another machine."""

HOSTS = tuple(f"127.0.0.{number}" for number in range(1, 17))
"""Other names of this machine, by which the processes of a cluster are hosts of their own."""

HOST_VARIABLE = "IMPORT_EXPORT_HOST"
"""Environment variable with the one that a process goes by."""

_PORTS = range(20_000, 32_000)
"""Below those that the system hands out to connections: there, a server that was killed could find its port taken by
one of its own clients that tries to reach it."""

_LONGEST_SOCKET = 90
_PASSWORDS = (
    *("password", "mysql_password", "mysql_root_password"),
    *("mysql_ddl_password", "redis_password", "s3_secret"),
)


def hostname() -> str:
    """What Airflow calls this machine (its `hostname_callable`): the address its logs are served on."""
    return os.environ.get(HOST_VARIABLE, HOST)


@dataclass(frozen=True, slots=True)
class Local:
    """A private stack's folder."""

    root: Path
    web_port: int = 0
    """Where Airflow listens if nobody else does; 0: anywhere, so that stacks that start together leave each other alone."""

    @classmethod
    def of_environment(cls, folder: str = ".local", web_port: int = 8080) -> Local:
        """`IMPORT_EXPORT_LOCAL`, else that folder of this checkout, whose Airflow is where people expect it."""
        if chosen := os.environ.get("IMPORT_EXPORT_LOCAL"):
            return cls(Path(chosen).resolve())
        return cls((REPOSITORY / folder).resolve(), web_port)

    @property
    def logs(self) -> Path:
        """Where every process writes its log."""
        return self.root / "logs"

    @property
    def run_json(self) -> Path:
        """The facts for programs; there only while the stack is healthy."""
        return self.root / "run.json"

    @property
    def pid_file(self) -> Path:
        """The process id of the supervisor."""
        return self.root / "stack.pid"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every process of this stack.

        SPT_NOENV: Airflow writes its processes' titles, which would otherwise go over the environment and the mark.
        A proxy is never asked for what runs on this machine. Compiled modules are kept, whatever the caller's habit:
        without them each start of Airflow takes twice as long, and each task half a second more.
        """
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        direct = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
        missing = [host for host in HOSTS if host not in direct.split(",")]
        direct = ",".join([*([direct] if direct else []), *missing])
        return {
            **kept,
            "PYTHONPYCACHEPREFIX": str(Path(sys.prefix) / "pycache"),
            MARK: str(self.root),
            "SPT_NOENV": "1",
            "no_proxy": direct,
            "NO_PROXY": direct,
        }

    def sockets(self) -> Path:
        """A folder for Unix sockets, whose paths must be short."""
        folder = self.root / "sockets"
        if len(str(folder)) > _LONGEST_SOCKET:
            folder = Path(f"/tmp/import_export-{hashlib.sha256(str(self.root).encode()).hexdigest()[:12]}")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    @property
    def secrets_json(self) -> Path:
        """Where ports and passwords are remembered."""
        return self.root / "secrets.json"

    def known(self) -> dict[str, Any]:
        """Ports and passwords of a stack that runs: its ports are taken, by itself."""
        found: dict[str, Any] = json.loads(self.secrets_json.read_text())
        return found

    def remembered(self) -> dict[str, Any]:
        """Ports and passwords for a start, made once and kept, so that addresses and logins stay the same.

        A port that somebody listens on is replaced.
        """
        path = self.secrets_json
        self.root.mkdir(parents=True, exist_ok=True)
        known: dict[str, Any] = self.known() if path.exists() else {}
        for name in _PASSWORDS:
            known.setdefault(name, secrets.token_urlsafe(16))
        for name in ("jwt_secret", "api_secret"):
            known.setdefault(name, secrets.token_urlsafe(48))
        known.setdefault("fernet_key", _fernet_key())
        taken: set[int] = set()
        for name, wish in (
            ("web_port", self.web_port),
            ("mysql_port", 0),
            ("log_port", 0),
            ("drive_port", 0),
            ("redis_port", 0),
            ("s3_port", 0),
            ("health_port", 0),
        ):
            known[name] = free_port(known.get(name) or wish, taken)
            taken.add(known[name])
        write_private(path, json.dumps(known, indent=1))
        return known


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, in one step."""
    part = path.with_name(path.name + ".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    part.replace(path)


def _fernet_key() -> str:
    import base64

    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def free_port(wish: int = 0, taken: Collection[int] = ()) -> int:
    """A port of this machine that nobody listens on: the one that is wished for, or any other."""
    for port in ([wish] if wish else []) + random.sample(_PORTS, 100):
        if port in taken:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SystemExit(f"no free port was found on {HOST}")
