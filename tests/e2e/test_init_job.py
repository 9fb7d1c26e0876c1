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
from sqlalchemy import Engine, create_engine, text

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
    metadata: Engine

    def init(self) -> str:
        """Run the job; what it said."""
        done = subprocess.run(
            self.compose["services"]["airflow-init"]["command"],
            cwd=REPOSITORY,
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
        )
        told = done.stdout + done.stderr
        assert done.returncode == 0, told
        assert "canary" not in told
        return told

    def users(self) -> list[tuple[str, str]]:
        """Airflow's users, with their roles."""
        return self._rows(
            "SELECT u.username, r.name FROM ab_user u JOIN ab_user_role ur ON ur.user_id = u.id "
            "JOIN ab_role r ON r.id = ur.role_id"
        )

    def pools(self) -> dict[str, int]:
        """Airflow's pools, with their slots."""
        return dict(self._rows("SELECT pool, slots FROM slot_pool"))

    def _rows(self, query: str) -> list[Any]:
        with self.metadata.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]


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
    kept = {name: value for name, value in local.environment.items() if not name.startswith("AIRFLOW")}
    # What the image sets.
    environment = (
        kept
        | environment
        | {
            "AIRFLOW_HOME": str(local.root / "airflow"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
            "PYTHONPATH": str(REPOSITORY / "plugins"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(local.root),
        }
    )
    return Installation(compose, environment, create_engine(postgres_uri(local)))


# A dozen starts of Airflow's command line, on machines that may be busy.
@pytest.mark.timeout(900)
def test_everything_is_made_and_made_again_nothing_changes(installation: Installation) -> None:
    assert "applied 0001_configuration" in installation.init()
    assert installation.users() == [("admin", "Admin")]
    pools = installation.pools()
    assert (pools["import_load"], pools["import_archive"]) == (8, 4)
    assert _buckets(installation) == ["import-export"]

    with installation.metadata.begin() as connection:
        connection.execute(text("UPDATE slot_pool SET slots = 3 WHERE pool = 'import_load'"))
    told = installation.init()
    assert "the database is up to date" in told
    assert "bucket import-export is there already" in told
    assert installation.users() == [("admin", "Admin")]
    assert installation.pools() == pools | {"import_load": 3}


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
