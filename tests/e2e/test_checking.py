"""`check` asks the running Airflow for its pools: without a task's pool the task would wait for ever."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.local import REPOSITORY
from import_export.settings import environment_name
from tests.e2e.conftest import Stack


@pytest.fixture(scope="module")
def with_pool(stack: Stack) -> Stack:
    """An Airflow that has a pool `import_load`, and no other but its own."""
    pool = {"name": "import_load", "slots": 4, "description": "loads", "include_deferred": False}
    assert stack.call("POST", "/api/v2/pools", pool)[0] == 201
    return stack


def checked(stack: Stack, **others: str) -> tuple[int, str]:
    """Status and output of `check`, as whoever looks after the stack runs it, with other settings."""
    done = subprocess.run(
        [sys.executable, "-m", "devtools.stack", "tool", "check"],
        cwd=REPOSITORY,
        env={
            **os.environ,
            "IMPORT_EXPORT_LOCAL": str(stack.local),
            **{
                name if name.startswith("AIRFLOW") else environment_name(name): value
                for name, value in others.items()
            },
        },
        check=False,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout


def test_a_pool_that_airflow_lacks_is_told_with_the_command_that_makes_it(with_pool: Stack) -> None:
    status, told = checked(with_pool, load_pool="import_load", archive_pool="import_archive")
    assert status == 1
    assert "archive_pool = 'import_archive': Airflow has no such pool, so its tasks wait for ever" in told
    assert "airflow pools set 'import_archive'" in told
    assert "load_pool =" not in told, "that pool exists"
    status, told = checked(with_pool, load_pool="import_load")
    assert (status, "all invariants hold" in told) == (0, True), told


def test_where_airflows_database_is_out_of_reach_it_is_told_that_nothing_is_known(
    with_pool: Stack, tmp_path: Path
) -> None:
    elsewhere = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/none.db"}
    status, told = checked(with_pool, load_pool="import_load", **elsewhere)
    assert (status, "whether Airflow has this pool is not known" in told) == (1, True), told
