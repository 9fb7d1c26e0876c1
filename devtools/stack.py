"""Starts and stops the private stack: `python -m devtools.stack run|up|stop|clean`; `tool …` is our command line on it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from devtools.airflow_env import USERNAME, airflow_environment, components
from devtools.drive import start_stand_in, wants_stand_in
from devtools.local import HOST, REPOSITORY, Local, write_private
from devtools.processes import start, tail, wait_for
from devtools.supervising import STARTING_SECONDS, Supervised, clean, healthy, run, stop
from devtools.supervising import up as supervised_up


class Stack(Supervised):
    """All on one machine: Airflow with its LocalExecutor, MariaDB or MySQL, PostgreSQL."""

    def start(self) -> None:
        """Start everything and write `run.json` when it is healthy."""
        known = self.local.remembered()
        with ThreadPoolExecutor() as pool:
            postgres = pool.submit(self.start_postgres)
            mysql = pool.submit(self.start_mysql, known)
            mysql_uri = mysql.result()
            drive_url = self._start_drive(known)
            environment = airflow_environment(self.local, known, mysql_uri, drive_url)
            schema = pool.submit(self._migrate_ours, environment)
            postgres.result()
            self._migrate_airflow(environment)
            schema.result()
        url = f"http://{HOST}:{known['web_port']}"
        for name, command in components(known).items():
            self.children.append(start(self.local, name, command, environment=environment))
        wait_for("Airflow", lambda: self.look() and healthy(url), None, STARTING_SECONDS)
        self.facts = {
            "url": url,
            "username": USERNAME,
            "password": known["password"],
            "mysql_uri": mysql_uri,
            "drop_folder": environment["AIRFLOW__IMPORT_EXPORT__DROP_FOLDER"],
            **({"drive_url": drive_url} if drive_url else {}),
        }
        write_private(self.local.run_json, json.dumps(self.facts, indent=1) + "\n")

    def look(self) -> bool:
        """Raise `SystemExit` when a process has ended by itself, with the end of its log."""
        for child in self.children:
            if child.ended():
                raise SystemExit(f"{child.name} ended by itself. The end of {child.log}:\n{tail(child.log)}")
        return True

    def _start_drive(self, known: dict[str, Any]) -> str:
        if not wants_stand_in():
            return ""
        child, url = start_stand_in(self.local, known["drive_port"])
        self.children.append(child)
        return url

    def _migrate_ours(self, environment: dict[str, str]) -> None:
        self.finish("migrate", [sys.executable, "-m", "import_export", "migrate"], environment)

    def _migrate_airflow(self, environment: dict[str, str]) -> None:
        """Bring Airflow's own schema up to date; half a minute, so only after its version or its database changed."""
        from importlib.metadata import version

        stamp = self.local.root / "airflow" / "migrated"
        state = f"{version('apache-airflow')} {environment['AIRFLOW__DATABASE__SQL_ALCHEMY_CONN']}"
        if not stamp.exists() or stamp.read_text() != state:
            self.finish("airflow-migrate", [sys.executable, "-m", "airflow", "db", "migrate"], environment)
            stamp.write_text(state)


def up(local: Local) -> dict[str, str]:
    """A healthy stack's facts: of the one that runs or is starting, or of one that is started in the background."""
    stand_in = wants_stand_in()
    return supervised_up(local, "devtools.stack", lambda facts: "drive_url" in facts or not stand_in)


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
            local, local.known(), facts["mysql_uri"], facts.get("drive_url", "")
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
        run(Stack(local), None if arguments.quiet else tell)
    elif arguments.command == "up":
        tell(up(local))
    elif arguments.command == "stop":
        stop(local)
    else:
        clean(local)


if __name__ == "__main__":
    main()
