"""The init job of docker-compose.yaml: its very command and environment, on real servers."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import MySQLdb
import pytest

from devtools.local import HOST, REPOSITORY, Local
from devtools.postgres import start_postgres
from devtools.postgres import uri as postgres_uri
from tests.compose import canaries, env_file, model
from tests.s3_stand_in import running_s3
from tests.servers import Server, running_server

FERNET_KEY = base64.urlsafe_b64encode(bytes(32)).decode()


@dataclass(frozen=True, slots=True)
class Installation:
    """Servers with nothing in them but MySQL's users, and what the containers of Airflow would be given."""

    compose: dict[str, Any]
    environment: dict[str, str]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the environment of the init job."""
        return subprocess.run(
            command, cwd=REPOSITORY, env=self.environment, check=False, capture_output=True, text=True
        )

    def init(self) -> str:
        """Run the job; what it said."""
        done = self.run(*self.compose["services"]["airflow-init"]["command"])
        told = done.stdout + done.stderr
        assert done.returncode == 0, told
        assert "canary" not in told
        return told

    def listed(self, what: str) -> list[dict[str, Any]]:
        """What Airflow has of `users` or `pools`."""
        done = self.run("airflow", what, "list", "--output", "json")
        found: list[dict[str, Any]] = json.loads(done.stdout[done.stdout.index("[{") :])
        return found


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    root = tmp_path_factory.mktemp("init")
    local = Local(root)
    postgres = start_postgres(local)
    try:
        with running_server("mariadb", root) as mysql, running_s3() as s3:
            yield _installation(local, mysql, s3)
    finally:
        postgres.stop(30)


def _installation(local: Local, mysql: Server, s3: str) -> Installation:
    """With this machine's addresses in place of the containers', and a folder in place of /run/secrets."""
    variables = canaries() | {
        "AIRFLOW_FERNET_KEY": FERNET_KEY,
        "MYSQL_HOST": HOST,
        "MYSQL_PORT": mysql.root_uri.rstrip("/").rpartition(":")[2],
        "S3_EXTRA": json.dumps({"region_name": "us-east-1", "endpoint_url": s3}).join("''"),
    }
    compose = model(env_file(local.root, variables))
    # What the private server is made with.
    for statement in ("DROP DATABASE import_export", "DROP USER import_export@'127.0.0.1'"):
        mysql.execute(statement)
    for statement in compose["configs"]["mysql-users"]["content"].strip().split("\n"):
        mysql.execute(statement)
    init = compose["services"]["airflow-init"]
    files = {each["target"]: compose["configs"][each["source"]]["content"] for each in init["configs"]}
    for each in init["secrets"]:
        files[f"/run/secrets/{each['source']}"] = variables[compose["secrets"][each["source"]]["environment"]]
    secrets = local.root / "secrets"
    secrets.mkdir()
    there = f"postgresql+psycopg2://airflow:{variables['POSTGRES_PASSWORD']}@postgres:5432/airflow"
    for target, content in files.items():
        (secrets / Path(target).name).write_text(content.replace(there, postgres_uri(local)))
    places = {"/run/secrets": str(secrets), "/opt/airflow": str(local.root / "airflow")}
    environment = dict(init["environment"])
    for place, here in places.items():
        environment = {name: value.replace(place, here) for name, value in environment.items()}
    # What the image sets.
    environment |= {
        "AIRFLOW_HOME": str(local.root / "airflow"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
        "PYTHONPATH": str(REPOSITORY / "plugins"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(local.root),
    }
    return Installation(compose, environment)


def test_everything_is_made_and_made_again_nothing_changes(installation: Installation) -> None:
    told = installation.init()
    assert "applied 0001_configuration" in told
    [user] = installation.listed("users")
    assert (user["username"], user["roles"]) == ("admin", "Admin")
    pools = {pool["pool"]: pool["slots"] for pool in installation.listed("pools")}
    assert (pools["import_load"], pools["import_archive"]) == ("8", "4")
    assert _buckets(installation) == ["import-export"]

    installation.run("airflow", "pools", "set", "import_load", "3", "fewer")
    told = installation.init()
    assert "the database is up to date" in told
    assert "bucket import-export is there already" in told
    assert len(installation.listed("users")) == 1
    pools = {pool["pool"]: pool["slots"] for pool in installation.listed("pools")}
    assert pools["import_load"] == "3"


def test_the_loaders_user_sees_what_was_made(installation: Installation) -> None:
    found = json.loads(installation.compose["configs"]["connections"]["content"])["import_export_mysql"]
    with closing(
        MySQLdb.connect(
            host=found["host"],
            port=found["port"],
            user=found["login"],
            password=found["password"],
            database=found["schema"],
        )
    ) as connection:
        connection.query("SELECT table_name FROM import_tables")


def _buckets(installation: Installation) -> list[str]:
    found = json.loads(installation.compose["configs"]["connections"]["content"])["import_export_s3"]
    client = boto3.client(
        "s3",
        aws_access_key_id=found["login"],
        aws_secret_access_key=found["password"],
        **found["extra"],
    )
    return [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
