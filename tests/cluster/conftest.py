"""One running cluster for all its tests: docker-compose.yaml's services as processes, quicker to notice what is lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from devtools.cluster import Cluster
from devtools.cluster_demo import client
from devtools.cluster_hosts import Component
from devtools.local import HOST, HOST_VARIABLE, Local
from devtools.mysql import USER
from devtools.processes import of_stack
from import_export.imports.jobs import ImportJob
from tests.cutting_proxy import CuttingProxy
from tests.running import Running, eventually

# Compose's own settings but for these: a worker that is lost is noticed after half a minute instead of five.
QUICK = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "5",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
    "AIRFLOW__IMPORT_EXPORT__SETTLE_SECONDS": "1",
    # What breaks off is to go on by itself.
    "AIRFLOW__IMPORT_EXPORT__MAINTENANCE_SCHEDULE": "",
    "AIRFLOW__IMPORT_EXPORT__EXPORT_SCHEDULE": "",
}


@dataclass(frozen=True, slots=True)
class Hosts(Running):
    """The running cluster: from outside, and with a hand on its processes and wires."""

    cluster: Cluster
    wires: dict[str, CuttingProxy]
    """The way of each worker to Redis, by the worker's address."""

    @property
    def workers(self) -> dict[str, Component]:
        """The workers by their addresses, by which jobs call them."""
        return {worker.address: worker for worker in self.cluster.workers}

    @property
    def store(self) -> Any:
        """The stock client of the object store."""
        return client(self.facts)

    def drop(self, key: str, content: str | bytes) -> str:
        """Send an object as a distributor's program does; gives its base name."""
        body = content.encode() if isinstance(content, str) else content
        self.store.put_object(Bucket=self.facts["bucket"], Key=f"drop/{key}", Body=body)
        return key.rsplit("/", 1)[-1]

    def names(self, prefix: str) -> list[str]:
        """The names of the objects below a prefix."""
        pages = self.store.get_paginator("list_objects_v2").paginate(
            Bucket=self.facts["bucket"], Prefix=prefix
        )
        return [each["Key"] for page in pages for each in page.get("Contents", ())]

    def content(self, name: str) -> bytes:
        """The octets of an object."""
        return bytes(self.store.get_object(Bucket=self.facts["bucket"], Key=name)["Body"].read())

    @contextmanager
    def held(self) -> Iterator[None]:
        """Loads of the stocks begin, and wait."""
        with self.database.session() as keeper, keeper.transaction():
            # Whoever is alone with the table keeps its loads waiting.
            keeper.rows("SELECT id FROM import_tables WHERE table_name = 'stocks' FOR UPDATE")
            yield

    def begun(self, name: str) -> ImportJob:
        """The job of a file, as soon as a worker has it."""
        return eventually(lambda: next((job for job in self.jobs_of_file(name) if job.attempts), None))

    def kill(self, worker: Component) -> None:
        """End all that runs on a worker's host, as its machine's loss would."""
        child = self.cluster.child(worker.name)
        while found := _on_host(self.cluster.local, worker.address):
            for pid in found:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            child.process.poll()

    def connections(self) -> int:
        """How many connections to MySQL tasks and parsed DAGs have; the API server keeps its own."""
        api = self.cluster.child("airflow-api-server").process.pid
        kept = {
            link.laddr.port
            for process in (psutil.Process(api), *_below(api))
            for link in process.net_connections("tcp")
            if link.laddr
        }
        with self.root().session() as session:
            found = session.rows(
                "SELECT host FROM information_schema.processlist WHERE user LIKE %s", (f"{USER}%",)
            )
        return sum(int(host.rsplit(":", 1)[-1]) not in kept for (host,) in found)

    def root(self) -> Any:
        """The database, as somebody who sees everybody's connections."""
        known = self.cluster.known
        connection = self.database.connection
        connection.login, connection.password = "root", known["mysql_root_password"]
        return type(self.database)(connection)


def api(hosts: Hosts) -> httpx.Client:
    """Our API, logged in."""
    headers: dict[str, Any] = {"Authorization": f"Bearer {hosts.token('admin')}"}
    return httpx.Client(base_url=f"{hosts.facts['url']}/import-export", headers=headers, timeout=60)


def _on_host(local: Local, address: str) -> list[int]:
    mark = f"{HOST_VARIABLE}={address}".encode()
    found = []
    for pid in of_stack(local):
        with suppress(OSError):
            if mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                found.append(pid)
    return found


def _below(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


@pytest.fixture(scope="session")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    """A cluster of its own, stopped at the end; nothing may be left running then."""
    local = Local(tmp_path_factory.mktemp("a cluster"))
    port = local.remembered()["redis_port"]
    cluster = Cluster(local, settings=QUICK)
    with ExitStack() as opened:
        wires = {
            worker.address: opened.enter_context(CuttingProxy((HOST, port))) for worker in cluster.workers
        }
        for worker in cluster.workers:
            cluster.addresses[worker.name] = {"redis:6379": f"{HOST}:{wires[worker.address].port}"}
        try:
            cluster.start()
            yield Hosts(local.root, cluster.facts, cluster, wires)
        finally:
            cluster.stop()
    assert of_stack(local) == []
