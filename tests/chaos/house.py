"""The installation that is struck: Airflow, MySQL behind a proxy that cuts, Drive's stand-in; what dies is started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import RLock
from typing import Any

import psutil

from devtools import mysql
from devtools.airflow_env import airflow_environment, components
from devtools.local import HOST, REPOSITORY, Local
from devtools.processes import Child, start
from devtools.stack import Stack
from devtools.supervising import clean
from tests.chaos.breaking import broken_dags
from tests.cutting_proxy import CuttingProxy

QUICK = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "2",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "12",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "10",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "10",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "10",
    "AIRFLOW__CORE__MAX_ACTIVE_RUNS_PER_DAG": "24",
    "AIRFLOW__IMPORT_EXPORT__SETTLE_SECONDS": "1",
    "AIRFLOW__IMPORT_EXPORT__POLL_SECONDS": "1",
    "AIRFLOW__IMPORT_EXPORT__LANES": "2",
    # A person's day has enough of them; here a batch is struck all the time.
    "AIRFLOW__IMPORT_EXPORT__MAINTENANCE_ATTEMPTS": "1000",
}
"""Deaths are noticed within seconds: with Airflow's own patience the night would not be long enough."""

_ALONE = {
    # The judge does what the maintenance does, with a clock that is ahead; and nothing else runs beside.
    "AIRFLOW__IMPORT_EXPORT__MAINTENANCE_SCHEDULE": "",
    "AIRFLOW__IMPORT_EXPORT__EXPORT_SCHEDULE": "",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    "IMPORT_EXPORT_DRIVE": "stand-in",
}

MYSQL = "mysql"
LOGS = "airflow-logs"
"""Serves logs to people; it is no part of an import."""


class House(Stack):
    """The stack, with what strikes it and what puts it right."""

    def __init__(self, local: Local, settings: Mapping[str, str], broken: str = "") -> None:
        """`settings`: environment variables; `broken`: what is taken out of the product, see `breaking`."""
        super().__init__(local)
        self.deaths = 0
        self._lock = RLock()
        self._again: dict[str, Callable[[], Child]] = {}
        self.proxy = CuttingProxy((HOST, 0))
        os.environ |= {**_ALONE, **settings, **broken_dags(broken, local.root)}
        os.environ.pop("IMPORT_EXPORT_MYSQL_URI", None)
        os.environ.update(local.environment)

    def start(self) -> None:
        """As the stack; and remember how each part of Airflow is started."""
        super().start()
        known = self.local.known()
        self.environment = airflow_environment(
            self.local, known, self.facts["mysql_uri"], self.facts["drive_url"]
        )
        for name, command in components(known).items():
            self._again[name] = lambda name=name, command=command: start(  # type: ignore[misc]
                self.local, name, command, environment=self.environment
            )
        # What the judge does, it does as the product: with the same settings and connections.
        os.environ.update(self.environment)

    def start_mysql(self, known: dict[str, Any], users: Sequence[str] = ()) -> str:
        """The server, and in front of it the proxy that everybody uses."""
        uri = super().start_mysql(known, users)

        def again() -> Child:
            super(House, self).start_mysql(known, users)
            return self.children.pop()

        self._again[MYSQL] = again
        self.proxy.target = (HOST, known["mysql_port"])
        self.proxy.__enter__()
        return uri.replace(f":{known['mysql_port']}/", f":{self.proxy.port}/")

    def restart_dead(self) -> None:
        """Start again what has ended, after whatever it left behind is gone, as a supervisor of processes does."""
        with self._lock:
            for place, child in enumerate(self.children):
                if child.ended() and child.name in self._again:
                    self.deaths += 1
                    kill_session(child)
                    self.children[place] = self._again[child.name]()

    def kill(self, name: str) -> None:
        """SIGKILL for a component and all that it started, as when its container dies."""
        with self._lock:
            kill_session(next(child for child in self.children if child.name == name))

    def names(self) -> list[str]:
        """What may die."""
        return [child.name for child in self.children if child.name in self._again and child.name != LOGS]

    def fault(self, **values: Any) -> None:
        """Let the next matching requests to Drive go wrong."""
        _ask(f"{self.facts['drive_url']}/stand-in/faults", values)

    def archived(self) -> list[dict[str, Any]]:
        """The files that Drive has."""
        found: list[dict[str, Any]] = _ask(f"{self.facts['drive_url']}/stand-in/files")["files"]
        return [file for file in found if not file["trashed"]]

    @property
    def drop_folder(self) -> Path:
        """Where files are dropped."""
        return Path(self.facts["drop_folder"])

    def stop(self) -> None:
        """As the stack; frozen processes would not hear."""
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.status() == psutil.STATUS_STOPPED and process.uids().real == os.getuid():
                    process.resume()
        super().stop()
        self.proxy.refuse()


def kill_session(child: Child) -> None:
    """End a process and whatever it started, workers included, which are in its session."""
    session = child.process.pid
    for pid in psutil.pids():
        with suppress(ProcessLookupError, PermissionError):
            if os.getsid(pid) == session:
                os.kill(pid, signal.SIGKILL)
    child.process.wait()


def _ask(url: str, body: Any = None) -> Any:
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode())
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=30) as answer:
        return json.load(answer)


def new_house(settings: Mapping[str, str], broken: str = "", server: str = "") -> House:
    """In `.chaos` of this checkout, or where `IMPORT_EXPORT_LOCAL` says; empty at first.

    `server`: `mysql9`, or else what is installed.
    """
    if server == "mysql9":
        script = str(REPOSITORY / "devtools" / "mysql9.sh")
        done = subprocess.run([script, "program"], check=True, stdout=subprocess.PIPE, text=True)
        os.environ[mysql.SERVER] = done.stdout.strip()
    elif server:
        raise SystemExit(f"there is no server {server!r}; SERVER=mysql9 is MySQL 9")
    local = Local.of_environment(".chaos", web_port=0)
    clean(local)
    return House(local, settings, broken)
