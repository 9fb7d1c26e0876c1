"""Keeps the processes of a stack: starting them, watching them, ending them; in the terminal or in the background."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from devtools.local import Local
from devtools.mysql import start_mysql
from devtools.postgres import start_postgres
from devtools.processes import Child, end_all, of_stack, tail, wait_for

STARTING_SECONDS = 180
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SERVERS = ("airflow-api-server", "airflow-logs")


class Supervised(ABC):
    """The running processes, in the order of their start."""

    def __init__(self, local: Local) -> None:
        self.local = local
        self.children: list[Child] = []
        self.facts: dict[str, str] = {}

    @abstractmethod
    def start(self) -> None:
        """Start everything and write `run.json` when it is healthy."""

    @abstractmethod
    def look(self) -> bool:
        """Look at all processes, and do what is to be done about one that ended by itself; True, or it raises."""

    def watch(self, ended: threading.Event) -> None:
        """Keep looking until `ended`."""
        while not ended.wait(0.5):
            self.look()

    def stop(self) -> None:
        """End everything, and make sure that nothing is left.

        First what starts tasks: short ones come to their end, which they tell the API server. The databases are last.
        """
        self.local.run_json.unlink(missing_ok=True)
        airflow = [child for child in self.children if child.name.startswith("airflow")]
        servers = [child for child in airflow if child.name in _SERVERS]
        databases = [child for child in self.children if child not in airflow]
        with ThreadPoolExecutor() as pool:
            for group in ([child for child in airflow if child not in servers], servers, databases):
                list(pool.map(lambda child: child.stop(10 if child in airflow else 30), group))
        end_all(self.local)

    def start_postgres(self) -> None:
        """Airflow's metadata, unless the caller has a database for them."""
        if "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" not in os.environ:
            self.children.append(start_postgres(self.local))

    def start_mysql(self, known: dict[str, Any], users: Sequence[str] = ()) -> str:
        """The database of the import tables, unless the caller has one; gives its URI. `users`: see `start_mysql`."""
        if uri := os.environ.get("IMPORT_EXPORT_MYSQL_URI"):
            return uri
        running = start_mysql(
            self.local,
            known["mysql_port"],
            known["mysql_password"],
            known["mysql_root_password"],
            users=users,
        )
        self.children.append(running.child)
        return running.uri

    def finish(self, name: str, command: Sequence[str], environment: dict[str, str]) -> None:
        """Run a command to its end; `SystemExit` with the end of its log when it fails."""
        log = self.local.logs / f"{name}.log"
        self.local.logs.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            done = subprocess.run(
                command,
                env={**self.local.environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed. The end of {log}:\n{tail(log)}")


def healthy(url: str) -> bool:
    """Whether all of Airflow's components say that they are."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{url}/api/v2/monitor/health", timeout=5) as answer:
            parts = json.load(answer)
    except (urllib.error.URLError, ConnectionError, TimeoutError, json.JSONDecodeError):
        return False
    names = ("metadatabase", "scheduler", "triggerer", "dag_processor")
    return all((parts.get(name) or {}).get("status") == "healthy" for name in names)


def running_facts(local: Local) -> dict[str, str] | None:
    """What `run.json` tells of a healthy stack, None when there is none."""
    if not local.run_json.exists():
        return None
    facts: dict[str, str] = json.loads(local.run_json.read_text())
    return facts if healthy(facts["url"]) else None


def run(stack: Supervised, tell: Callable[[dict[str, str]], None] | None) -> None:
    """Start the stack and keep it until Ctrl-C, SIGTERM or the terminal's end, or until it ends by itself.

    `tell`: what prints its facts, None in the background.
    """
    local = stack.local
    if of_stack(local):
        raise SystemExit(f"a stack is running already in {local.root}; {_how_to_stop(local)} ends it")
    local.root.mkdir(parents=True, exist_ok=True)
    local.pid_file.write_text(str(os.getpid()))
    ended = threading.Event()
    for number in _ENDING:
        signal.signal(number, lambda *_: _end(ended))
    try:
        began = time.monotonic()
        stack.start()
        if tell is not None:
            print(f"ready after {time.monotonic() - began:.0f} s")
            tell(stack.facts)
            print("Ctrl-C stops all of it.", flush=True)
        stack.watch(ended)
    except KeyboardInterrupt:
        print("stopping …", flush=True)
    finally:
        for number in _ENDING:
            signal.signal(number, signal.SIG_IGN)
        stack.stop()
        local.pid_file.unlink(missing_ok=True)


def _end(ended: threading.Event) -> None:
    ended.set()
    raise KeyboardInterrupt


def _how_to_stop(local: Local) -> str:
    return "`make cluster-stop`" if local.root.name == "cluster" else "`make stop`"


def up(local: Local, module: str, suits: Callable[[dict[str, str]], bool]) -> dict[str, str]:
    """A healthy stack's facts: of the one that runs or is starting, or of one that is started in the background.

    `module`: what is started with `run --quiet`. `suits`: whether one that runs already is as it is wanted.
    """
    if _supervisor(local) is not None and not local.run_json.exists():
        deadline = time.monotonic() + STARTING_SECONDS
        while _supervisor(local) is not None and not local.run_json.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
    facts = running_facts(local)
    wanted = os.environ.get("IMPORT_EXPORT_MYSQL_URI")
    if facts and wanted in (None, "", facts["mysql_uri"]) and suits(facts):
        return facts
    stop(local)
    local.logs.mkdir(parents=True, exist_ok=True)
    log = local.logs / "stack.log"
    with log.open("wb") as output:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", module, "run", "--quiet"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=local.environment,
            start_new_session=True,
        )
    child = Child("stack", supervisor, log)
    # On a busy machine a stack that is up may miss a look at its health; as long as it runs it is looked at again.
    wait_for("The stack", lambda: running_facts(local) is not None, child, STARTING_SECONDS + 120)
    found: dict[str, str] = json.loads(local.run_json.read_text())
    return found


def stop(local: Local) -> None:
    """End the stack, however it was started and whatever became of its supervisor."""
    pid = _supervisor(local)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 60
        while _supervisor(local) is not None and time.monotonic() < deadline:
            time.sleep(0.1)
    end_all(local)
    local.run_json.unlink(missing_ok=True)
    local.pid_file.unlink(missing_ok=True)


def _supervisor(local: Local) -> int | None:
    """The supervisor's process id while it runs; the number alone may be another program's by now."""
    with suppress(OSError, ValueError):
        pid = int(local.pid_file.read_text())
        if b"devtools." in Path(f"/proc/{pid}/cmdline").read_bytes():
            return pid
    return None


def clean(local: Local) -> None:
    """Stop the stack and remove its folder."""
    stop(local)
    sockets = local.sockets()
    for folder in (sockets, local.root):
        with suppress(FileNotFoundError):
            shutil.rmtree(folder)
