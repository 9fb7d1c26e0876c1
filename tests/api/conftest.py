"""A served installation on each of the servers that are tested."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import Connection
from starlette.applications import Starlette
from starlette.routing import Mount

from import_export.stores.database import Database
from tests.api.house import ROOT, House, front, opened_house, served
from tests.migrated import migrated, migrated_statistics

USED = (
    "import_job_events corrections maintenance_runs import_progress import_jobs import_batches idempotency_keys expected_files "
    "notifications notification_addresses file_deadlines audit_log table_versions "
    "stocks sales customers export_files export_accounts exports"
).split()
"""What imports write to, in an order in which it can be deleted."""


@pytest.fixture(scope="session")
def served_url() -> Iterator[str]:
    """Where the app is served, under a path as in Airflow."""
    with served(Starlette(routes=[Mount(ROOT, front().app)])) as url:
        yield url + ROOT


@pytest.fixture(scope="module")
def shared(server: Any) -> Iterator[str]:
    """The URI of a migrated database for all tests of a module that do not change the configuration."""
    with server.fresh_database() as uri:
        migrated_statistics(server, migrated(server, uri))
        yield uri


@pytest.fixture
def house_with(served_url: str, shared: str, tmp_path: Path) -> Iterator[Callable[..., House]]:
    """Makes a served installation with other settings than usual, on a database without data."""
    database = Database(Connection.from_uri(shared, conn_id="import_export_mysql"))
    with database.session() as session, session.transaction():
        for table in USED:
            session.execute(f"DELETE FROM {table}")
    with ExitStack() as opened:
        yield lambda **settings: opened.enter_context(opened_house(served_url, shared, tmp_path, **settings))


@pytest.fixture
def house(house_with: Callable[..., House]) -> Iterator[House]:
    """A served installation, whose runs must all succeed."""
    made = house_with()
    yield made
    assert made.gate.faults == []


@pytest.fixture
def own_house(served_url: str, server: Any, tmp_path: Path) -> Iterator[House]:
    """A served installation whose configuration may be changed."""
    with server.fresh_database() as uri:
        migrated_statistics(server, migrated(server, uri))
        with opened_house(served_url, uri, tmp_path) as made:
            yield made
            assert made.gate.faults == []
