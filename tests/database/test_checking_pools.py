"""`check` tells a pool that Airflow lacks: its tasks would wait for ever."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.local import REPOSITORY
from import_export.settings import environment_name
from import_export.stores.database import Database
from tests.database.flow import Flow


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of an Airflow that has a pool `import_load`, and no other but its own."""
    home = tmp_path_factory.mktemp("airflow")
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "PYTHONPATH": str(REPOSITORY / "plugins"),
    }
    for command in (["db", "migrate"], ["pools", "set", "import_load", "4", "loads"]):
        subprocess.run([sys.executable, "-m", "airflow", *command], env=environment, check=True)
    return environment


def checked(flow: Flow, environment: dict[str, str], **others: str) -> tuple[int, str]:
    """Status and output of `check` on an installation with other settings."""
    folders = ("drop_folder", "work_folder", "done_folder", "failed_folder", "archive_path")
    settings = {name: str(getattr(flow.context.settings, name)) for name in folders} | others
    done = subprocess.run(
        [sys.executable, "-m", "import_export", "check"],
        env={
            **environment,
            "AIRFLOW_CONN_IMPORT_EXPORT_MYSQL": flow.context.database.connection.get_uri(),
            **{environment_name(name): value for name, value in settings.items()},
        },
        check=False,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout


def test_a_pool_that_airflow_lacks_is_told_with_the_command_that_makes_it(
    database: Database, tmp_path: Path, airflow: dict[str, str]
) -> None:
    flow = Flow.make(database, tmp_path)
    status, told = checked(flow, airflow, load_pool="import_load", archive_pool="import_archive")
    assert status == 1
    assert "all invariants hold" in told
    assert "archive_pool = 'import_archive': Airflow has no such pool, so its tasks wait for ever" in told
    assert "airflow pools set 'import_archive'" in told
    assert "load_pool =" not in told, "that pool exists"
    assert checked(flow, airflow, load_pool="import_load")[0] == 0


def test_where_airflows_database_is_out_of_reach_it_is_told_that_nothing_is_known(
    database: Database, tmp_path: Path, airflow: dict[str, str]
) -> None:
    elsewhere = {**airflow, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/none.db"}
    status, told = checked(Flow.make(database, tmp_path), elsewhere, load_pool="import_load")
    assert (status, "whether Airflow has this pool is not known" in told) == (1, True), told
