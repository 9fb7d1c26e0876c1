"""Starts and stops the private stack: `python -m devtools.stack run|up|stop|clean`; `tool …` is our command line on it."""

from __future__ import annotations

import argparse
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
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from devtools.airflow_env import USERNAME, airflow_environment, components
from devtools.drive import start_stand_in, wants_stand_in
from devtools.local import HOST, REPOSITORY, Local, write_private
from devtools.mysql import start_mysql
from devtools.postgres import start_postgres
from devtools.processes import Child, end_all, of_stack, start, tail, wait_for

STARTING_SECONDS = 180
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stack:
    """The running processes, in the order of their start."""

    def __init__(self, local: Local) -> None:
        self.local = local
        self.children: list[Child] = []
        self.facts: dict[str, str] = {}

    def start(self) -> None:
        """Start everything and write `run.json` when it is healthy."""
        known = self.local.remembered()
        with ThreadPoolExecutor() as pool:
            postgres = pool.submit(self._start_postgres)
            mysql = pool.submit(self._start_mysql, known)
            mysql_uri = mysql.result()
            drive_url = self._start_drive(known)
            environment = airflow_environment(self.local, known, mysql_uri, drive_url)
            schema = pool.submit(self._migrate_ours, environment)
            postgres.result()
            self._migrate_airflow(environment)
            schema.result()
        url = f"http://{HOST}:{known['web_port']}"
        for name, arguments in components(known).items():
            command = [sys.executable, *arguments]
            self.children.append(start(self.local, name, command, environment=environment))
        wait_for("Airflow", lambda: self._watched() and healthy(url), None, STARTING_SECONDS)
        self.facts = {
            "url": url,
            "username": USERNAME,
            "password": known["password"],
            "mysql_uri": mysql_uri,
            "drop_folder": environment["AIRFLOW__IMPORT_EXPORT__DROP_FOLDER"],
            **({"drive_url": drive_url} if drive_url else {}),
        }
        write_private(self.local.run_json, json.dumps(self.facts, indent=1) + "\n")

    def watch(self, ended: threading.Event) -> None:
        """Wait until `ended`, or until a process ends by itself, which is told with the end of its log."""
        while not ended.wait(0.5):
            self._watched()

    def stop(self) -> None:
        """End everything, and make sure that nothing is left.

        First what starts tasks: short ones come to their end, which they tell the API server. The databases are last.
        """
        self.local.run_json.unlink(missing_ok=True)
        airflow = [child for child in self.children if child.name.startswith("airflow")]
        servers = [child for child in airflow if child.name in ("airflow-api-server", "airflow-logs")]
        databases = [child for child in self.children if child not in airflow]
        with ThreadPoolExecutor() as pool:
            for group in ([child for child in airflow if child not in servers], servers, databases):
                list(pool.map(lambda child: child.stop(10 if child in airflow else 30), group))
        end_all(self.local)

    def _watched(self) -> bool:
        for child in self.children:
            if child.ended():
                raise SystemExit(f"{child.name} ended by itself. The end of {child.log}:\n{tail(child.log)}")
        return True

    def _start_postgres(self) -> None:
        if "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" not in os.environ:
            self.children.append(start_postgres(self.local))

    def _start_mysql(self, known: dict[str, Any]) -> str:
        if uri := os.environ.get("IMPORT_EXPORT_MYSQL_URI"):
            return uri
        running = start_mysql(
            self.local, known["mysql_port"], known["mysql_password"], known["mysql_root_password"]
        )
        self.children.append(running.child)
        return running.uri

    def _start_drive(self, known: dict[str, Any]) -> str:
        if not wants_stand_in():
            return ""
        child, url = start_stand_in(self.local, known["drive_port"])
        self.children.append(child)
        return url

    def _migrate_ours(self, environment: dict[str, str]) -> None:
        self._command("migrate", ["-m", "import_export", "migrate"], environment)

    def _migrate_airflow(self, environment: dict[str, str]) -> None:
        """Bring Airflow's own schema up to date; half a minute, so only after its version or its database changed."""
        from importlib.metadata import version

        stamp = self.local.root / "airflow" / "migrated"
        state = f"{version('apache-airflow')} {environment['AIRFLOW__DATABASE__SQL_ALCHEMY_CONN']}"
        if not stamp.exists() or stamp.read_text() != state:
            self._command("airflow-migrate", ["-m", "airflow", "db", "migrate"], environment)
            stamp.write_text(state)

    def _command(self, name: str, arguments: list[str], environment: dict[str, str]) -> None:
        log = self.local.logs / f"{name}.log"
        self.local.logs.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            done = subprocess.run(
                [sys.executable, *arguments],
                env={**self.local.environment, **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            raise SystemExit(f"{' '.join(arguments)} failed. The end of {log}:\n{tail(log)}")


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


def run(local: Local, *, quiet: bool = False) -> None:
    """Start the stack and keep it until Ctrl-C, SIGTERM or the terminal's end, or until one of its processes ends."""
    if of_stack(local):
        raise SystemExit(f"a stack is running already in {local.root}; `make stop` ends it")
    local.root.mkdir(parents=True, exist_ok=True)
    local.pid_file.write_text(str(os.getpid()))
    ended = threading.Event()
    for number in _ENDING:
        signal.signal(number, lambda *_: _end(ended))
    stack = Stack(local)
    try:
        began = time.monotonic()
        stack.start()
        if not quiet:
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


def up(local: Local) -> dict[str, str]:
    """A healthy stack's facts: of the one that runs or is starting, or of one that is started in the background."""
    stand_in = wants_stand_in()
    if _supervisor(local) is not None and not local.run_json.exists():
        deadline = time.monotonic() + STARTING_SECONDS
        while _supervisor(local) is not None and not local.run_json.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
    facts = running_facts(local)
    wanted = os.environ.get("IMPORT_EXPORT_MYSQL_URI")
    if facts and wanted in (None, "", facts["mysql_uri"]) and ("drive_url" in facts or not stand_in):
        return facts
    stop(local)
    local.logs.mkdir(parents=True, exist_ok=True)
    log = local.logs / "stack.log"
    with log.open("wb") as output:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "devtools.stack", "run", "--quiet"],
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
        if b"devtools.stack" in Path(f"/proc/{pid}/cmdline").read_bytes():
            return pid
    return None


def clean(local: Local) -> None:
    """Stop the stack and remove its folder."""
    stop(local)
    sockets = local.sockets()
    for folder in (sockets, local.root):
        with suppress(FileNotFoundError):
            shutil.rmtree(folder)


def tell(facts: dict[str, str]) -> None:
    """Print where the UI is and how to get in."""
    print(f"Airflow      {facts['url']}   login {facts['username']}, password {facts['password']}")
    print(f"pages        {facts['url']}/plugin/import-export")
    if "drive_url" in facts:
        print(
            f"archive      {facts['drive_url']}, a stand-in of Google Drive: its files are gone when it ends"
        )
    print(f"drop folder  {facts['drop_folder']}", flush=True)


def tool(local: Local, arguments: list[str]) -> None:
    """Become our command line, on the running stack's database where there is one."""
    environment = dict(os.environ)
    if local.run_json.exists():
        facts = json.loads(local.run_json.read_text())
        environment = airflow_environment(
            local, local.remembered(), facts["mysql_uri"], facts.get("drive_url", "")
        )
    environment["PYTHONPATH"] = str(REPOSITORY / "plugins")
    os.execve(sys.executable, [sys.executable, "-m", "import_export", *arguments], environment)


def main() -> None:
    """Run one command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["run", "up", "stop", "clean", "tool"])
    parser.add_argument("--quiet", action="store_true")
    arguments, rest = parser.parse_known_args()
    local = Local.of_environment()
    os.environ.update(local.environment)
    if arguments.command == "tool":
        tool(local, rest)
    if arguments.command == "run":
        run(local, quiet=arguments.quiet)
    elif arguments.command == "up":
        tell(up(local))
    elif arguments.command == "stop":
        stop(local)
    else:
        clean(local)


if __name__ == "__main__":
    main()
