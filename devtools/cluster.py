"""The topology of docker-compose.yaml as processes of this machine: `python -m devtools.cluster run|up|stop|clean`.

Two Celery workers with disks of their own share nothing but a bucket; docs/cluster.md tells how to use it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

from devtools.cluster_hosts import (
    BUCKET,
    S3_KEY,
    USERNAME,
    Component,
    Hosts,
    components,
    mysql_users,
    variables,
)
from devtools.compose_file import ComposeFile
from devtools.local import HOST, HOST_VARIABLE, Local, write_private
from devtools.object_store import start_object_store
from devtools.processes import Child, start, tail, wait_for
from devtools.redis import start_redis
from devtools.supervising import STARTING_SECONDS, Supervised, clean, healthy, run, stop
from devtools.supervising import up as supervised_up

INIT = Component("airflow-init", "airflow-init", HOST)
_AGAIN_AFTER = 2.0
"""Seconds before what ended by itself is started again."""


class Cluster(Supervised):
    """API server, schedulers, triggerers, DAG processor, workers; Redis, PostgreSQL, MariaDB or MySQL, an object store."""

    def __init__(
        self,
        local: Local,
        *,
        workers: int = 2,
        others: int = 2,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """`others`: schedulers and triggerers. `settings`: see `Hosts`."""
        super().__init__(local)
        self.components = {each.name: each for each in components(workers, others)}
        self.addresses: dict[str, dict[str, str]] = {}
        """Where a component is to find a server instead, see `Hosts`."""
        self._settings = settings or {}
        self._due: dict[str, float] = {}

    @cached_property
    def known(self) -> dict[str, Any]:
        """Ports and passwords."""
        return self.local.remembered()

    @cached_property
    def hosts(self) -> Hosts:
        """Their folders and environments."""
        compose = ComposeFile.read(variables(self.known))
        return Hosts(self.local, compose, self.known, self._settings, self.addresses)

    @property
    def workers(self) -> list[Component]:
        """The hosts that do the work."""
        return [each for each in self.components.values() if each.service == "airflow-worker"]

    def start(self) -> None:
        """Start everything and write `run.json` when it is healthy."""
        known, compose = self.known, self.hosts.compose
        with ThreadPoolExecutor() as pool:
            postgres = pool.submit(self.start_postgres)
            store = pool.submit(start_object_store, self.local, known["s3_port"])
            mysql_uri = self.start_mysql(known, mysql_users(compose))
            settings = compose.service("redis").files["/run/secrets/redis.conf"]
            self.children.append(start_redis(self.local, known["redis_port"], settings))
            child, store_url = store.result()
            self.children.append(child)
            postgres.result()
        self.finish(INIT.name, self.hosts.command(INIT), self.hosts.environment(INIT))
        for name in self.components:
            self.start_component(name)
        self._start_logs()
        url = f"http://{HOST}:{known['web_port']}"
        wait_for("Airflow", lambda: self.look() and healthy(url), None, STARTING_SECONDS)
        wait_for("The workers", lambda: self.look() and self.all_work(), None, STARTING_SECONDS)
        self.facts = {
            "url": url,
            "username": USERNAME,
            "password": known["password"],
            "mysql_uri": mysql_uri,
            "s3_url": store_url,
            "s3_key": S3_KEY,
            "s3_secret": known["s3_secret"],
            "bucket": BUCKET,
            "drop_folder": f"s3://{BUCKET}/drop",
            "workers": " ".join(worker.address for worker in self.workers),
        }
        write_private(self.local.run_json, json.dumps(self.facts, indent=1) + "\n")

    def start_component(self, name: str) -> None:
        """Start one of Airflow's processes, for the first time or again."""
        component = self.components[name]
        self.children = [child for child in self.children if child.name != name]
        self.children.append(
            start(
                self.local,
                name,
                self.hosts.command(component),
                environment=self.hosts.environment(component),
            )
        )

    def child(self, name: str) -> Child:
        """A running process by its name."""
        return next(child for child in self.children if child.name == name)

    def all_work(self) -> bool:
        """Whether every worker answers."""
        from celery import Celery

        broker = f"redis://:{self.known['redis_password']}@{HOST}:{self.known['redis_port']}/0"
        with Celery(broker=broker) as asking:
            answers = asking.control.ping(timeout=1)
        names = {name for answer in answers for name in answer}
        return names >= {f"celery@{worker.address}" for worker in self.workers}

    def look(self) -> bool:
        """Start again what ended by itself where Docker would; raise `SystemExit` for anything else, and while it starts."""
        for child in [child for child in self.children if child.ended()]:
            component = self.components.get(child.name) if self.facts else None
            if component is None or not self.hosts.compose.service(component.service).restarted:
                raise SystemExit(f"{child.name} ended by itself. The end of {child.log}:\n{tail(child.log)}")
            if self._due.setdefault(child.name, time.monotonic() + _AGAIN_AFTER) < time.monotonic():
                del self._due[child.name]
                print(f"{child.name} ended by itself; it is started again", flush=True)
                self.start_component(child.name)
        return True

    def _start_logs(self) -> None:
        """The servers of the hosts' logs, in one process."""
        served = [
            each
            for each in self.components.values()
            if each.service in ("airflow-worker", "airflow-triggerer")
        ]
        places = [f"{each.address}={self.hosts.folder(each) / 'logs'}" for each in served]
        command = [sys.executable, "-m", "devtools.log_hosts", str(self.known["log_port"]), *places]
        environment = {**self.hosts.environment(served[0]), HOST_VARIABLE: HOST}
        self.children.append(start(self.local, "airflow-logs", command, environment=environment))


def cluster_local() -> Local:
    """`IMPORT_EXPORT_LOCAL`, else `.local/cluster` of this checkout."""
    return Local.of_environment(".local/cluster", 8081)


def up(local: Local) -> dict[str, str]:
    """A healthy cluster's facts: of the one that runs or is starting, or of one that is started in the background."""
    return supervised_up(local, "devtools.cluster", lambda facts: "bucket" in facts)


def tell(facts: dict[str, str]) -> None:
    """Print where everything is and how to get in."""
    print(f"Airflow      {facts['url']}   login {facts['username']}, password {facts['password']}")
    print(f"pages        {facts['url']}/plugin/import-export")
    print(f"drop folder  {facts['drop_folder']}")
    print(
        f"bucket       {facts['s3_url']}, key {facts['s3_key']}, secret {facts['s3_secret']}; "
        "what is in it is gone when the cluster ends",
        flush=True,
    )


def main() -> None:
    """Run one command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["run", "up", "stop", "clean"])
    parser.add_argument("--quiet", action="store_true")
    arguments = parser.parse_args()
    local = cluster_local()
    os.environ.update(local.environment)
    if arguments.command == "run":
        workers = int(os.environ.get("IMPORT_EXPORT_WORKERS") or 2)
        run(Cluster(local, workers=workers), None if arguments.quiet else tell)
    elif arguments.command == "up":
        tell(up(local))
    elif arguments.command == "stop":
        stop(local)
    else:
        clean(local)


if __name__ == "__main__":
    main()
