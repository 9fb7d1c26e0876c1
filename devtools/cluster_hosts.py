"""What runs on which host of the cluster: docker-compose.yaml's commands and settings, with this machine's addresses.

Nothing else of them is changed: what holds hosts, ports, paths or secrets is replaced, so that the rest is known to work.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devtools.compose_file import ComposeFile, Service
from devtools.local import HOST, HOST_VARIABLE, HOSTS, REPOSITORY, Local, write_private
from devtools.postgres import uri as postgres_uri

USERNAME = "admin"
BUCKET = "import-export"
S3_KEY = "cluster"
API_SERVER = "airflow-api-server"

_CONNECTIONS = "/run/secrets/connections.json"
_MYSQL = ("import_export_mysql", "import_export_mysql_ddl")
_CALLERS = ("AIRFLOW__", "AIRFLOW_CONN_", "AIRFLOW_VAR_")


@dataclass(frozen=True, slots=True)
class Component:
    """One process of Airflow, on a host of its own."""

    name: str
    service: str
    """Of which service of docker-compose.yaml it is one."""
    address: str
    more: tuple[str, ...] = ()
    """What its command is told besides."""


def components(workers: int, others: int) -> Iterator[Component]:
    """All that go on running. `others`: how many schedulers and triggerers."""
    addresses = iter(HOSTS)
    yield Component(API_SERVER, API_SERVER, next(addresses))
    for number in range(1, workers + 1):
        address = next(addresses)
        # The machine has one name for Celery, and each log server would listen to the whole network.
        more = ("--celery-hostname", address, "--skip-serve-logs")
        yield Component(f"airflow-worker-{number}", "airflow-worker", address, more)
    for number in range(1, others + 1):
        yield Component(f"airflow-scheduler-{number}", "airflow-scheduler", next(addresses))
    for number in range(1, others + 1):
        more = ("--skip-serve-logs",)
        yield Component(f"airflow-triggerer-{number}", "airflow-triggerer", next(addresses), more)
    yield Component("airflow-dag-processor", "airflow-dag-processor", next(addresses))


def variables(known: Mapping[str, Any]) -> dict[str, str]:
    """What stands in `.env` elsewhere."""
    store = {"region_name": "us-east-1", "endpoint_url": f"http://{HOST}:{known['s3_port']}"}
    return {
        "BASE_URL": f"http://{HOST}:{known['web_port']}",
        "AIRFLOW_FERNET_KEY": known["fernet_key"],
        "AIRFLOW_JWT_SECRET": known["jwt_secret"],
        "AIRFLOW_API_SECRET_KEY": known["api_secret"],
        "ADMIN_USERNAME": USERNAME,
        "ADMIN_PASSWORD": known["password"],
        "POSTGRES_PASSWORD": known["password"],
        "REDIS_PASSWORD": known["redis_password"],
        "MYSQL_HOST": HOST,
        "MYSQL_PORT": str(known["mysql_port"]),
        "MYSQL_ROOT_PASSWORD": known["mysql_root_password"],
        "MYSQL_PASSWORD": known["mysql_password"],
        "MYSQL_DDL_PASSWORD": known["mysql_ddl_password"],
        "S3_BUCKET": BUCKET,
        "S3_OWN_BUCKET": "yes",
        "S3_ACCESS_KEY": S3_KEY,
        "S3_SECRET_KEY": known["s3_secret"],
        "S3_EXTRA": json.dumps(store),
    }


def mysql_users(compose: ComposeFile) -> list[str]:
    """The statements that make database and users, as Compose's MySQL runs them once; here they may be repeated."""
    statements = compose.service("mysql").files["/docker-entrypoint-initdb.d/users.sql"]
    again = {
        "CREATE DATABASE ": "CREATE DATABASE IF NOT EXISTS ",
        "CREATE USER ": "CREATE USER IF NOT EXISTS ",
    }
    for once, often in again.items():
        statements = statements.replace(once, often)
    return statements.splitlines()


@dataclass(frozen=True, slots=True)
class Hosts:
    """The folders and environments of the hosts."""

    local: Local
    compose: ComposeFile
    known: Mapping[str, Any]
    settings: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of all components that win over everything."""
    addresses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Addresses that are others for one component: by its name, then as they stand in docker-compose.yaml."""

    def folder(self, component: Component) -> Path:
        """The disk of a host: nobody else looks at it."""
        return self.local.root / "hosts" / component.name

    def replaced(self, component: Component) -> dict[str, str]:
        """What stands in docker-compose.yaml for what it is here."""
        folder = self.folder(component)
        return {
            "airflow-api-server:8080": f"{HOST}:{self.known['web_port']}",
            "redis:6379": f"{HOST}:{self.known['redis_port']}",
            "@postgres:5432/airflow": "@" + postgres_uri(self.local).partition("@")[2],
            "/run/secrets/": f"{folder}/secrets/",
            "/opt/airflow/": f"{folder}/",
            **self.addresses.get(component.name, {}),
        }

    def command(self, component: Component) -> list[str]:
        """What is run: by name, from the environment of Python in which we run."""
        return [*self._service(component).command, *component.more]

    def environment(self, component: Component) -> dict[str, str]:
        """Everything a component is told; its secrets are written to its disk."""
        service, folder = self._service(component), self.folder(component)
        (folder / "secrets").mkdir(parents=True, exist_ok=True, mode=0o700)
        for path, content in service.files.items():
            if path == _CONNECTIONS and (uri := os.environ.get("IMPORT_EXPORT_MYSQL_URI")):
                content = json.dumps(json.loads(content) | dict.fromkeys(_MYSQL, uri))
            write_private(Path(self._here(component, path)), self._here(component, content))
        theirs = {name: self._here(component, text) for name, text in service.environment.items()}
        return {
            **theirs,
            **self._ours(component),
            **{name: value for name, value in os.environ.items() if name.startswith(_CALLERS)},
            **self.settings,
        }

    def _ours(self, component: Component) -> dict[str, str]:
        folder = self.folder(component)
        logs = str(self.known["log_port"])
        return {
            "PATH": os.pathsep.join((str(Path(sys.prefix) / "bin"), os.environ.get("PATH", os.defpath))),
            "PYTHONPATH": os.pathsep.join((str(REPOSITORY / "plugins"), str(REPOSITORY))),
            HOST_VARIABLE: component.address,
            "AIRFLOW_HOME": str(folder),
            "AIRFLOW_CONFIG": str(folder / "airflow.cfg"),
            "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
            "AIRFLOW__CORE__HOSTNAME_CALLABLE": "devtools.local.hostname",
            "AIRFLOW__API__HOST": HOST,
            "AIRFLOW__API__PORT": str(self.known["web_port"]),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": logs,
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": logs,
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_HOST": component.address,
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(self.known["health_port"]),
        }

    def _service(self, component: Component) -> Service:
        return self.compose.service(component.service)

    def _here(self, component: Component, text: str) -> str:
        for there, here in self.replaced(component).items():
            text = text.replace(there, here)
        return text
