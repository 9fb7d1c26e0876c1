"""The DAGs' tasks are in the pools of the settings."""

import logging
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag

from devtools.local import REPOSITORY
from import_export.settings import environment_name

LOADING = {"import_batch.lanes.load"}
ARCHIVING = {
    "import_batch.lanes.archive",
    "maintenance.retry_archives",
    "maintenance.retry_deliveries",
    "export_statistics.deliver",
}


@pytest.fixture
def _installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("drop_folder", "work_folder", "done_folder", "failed_folder", "archive_path"):
        monkeypatch.setenv(environment_name(name), str(tmp_path / name))
    # Forms offer what is in the database, and are there without it.
    monkeypatch.setenv("AIRFLOW_CONN_IMPORT_EXPORT_MYSQL", "mysql://nobody@127.0.0.1:1/nothing")


def in_pools() -> dict[str, set[str]]:
    """The tasks of all DAGs, parsed as Airflow parses them, by their pools."""
    bag = DagBag(REPOSITORY / "dags")
    assert bag.import_errors == {}
    found: dict[str, set[str]] = {}
    for dag in bag.dags.values():
        for task in dag.tasks:
            found.setdefault(task.pool, set()).add(f"{dag.dag_id}.{task.task_id}")
    return found


@pytest.mark.usefixtures("_installed")
def test_tasks_that_load_and_that_archive_are_in_their_pools_and_no_others_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(environment_name("load_pool"), "import_load")
    monkeypatch.setenv(environment_name("archive_pool"), "import_archive")
    found = in_pools()
    assert found.pop("import_load") == LOADING
    assert found.pop("import_archive") == ARCHIVING
    assert found.keys() == {"default_pool"}


@pytest.mark.usefixtures("_installed")
def test_without_the_settings_all_tasks_are_in_airflows_own_pool() -> None:
    assert in_pools().keys() == {"default_pool"}


@pytest.mark.usefixtures("_installed")
def test_a_wrong_setting_leaves_the_import_there_and_is_told_by_its_name(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(environment_name("load_pool"), "load;drop")
    with caplog.at_level(logging.WARNING, "import_export"):
        bag = DagBag(REPOSITORY / "dags")
    assert {task.pool for task in bag.dags["import_batch"].tasks} == {"default_pool"}
    told = "[import_export] load_pool = 'load;drop': must look like"
    assert told in caplog.text
    assert set(bag.import_errors) == {
        str(REPOSITORY / "dags" / name) for name in ("export_statistics.py", "maintenance.py")
    }
    assert all(told in error for error in bag.import_errors.values()), bag.import_errors
