"""A freshly migrated database on each of the servers that are tested."""

from collections.abc import Iterator
from typing import Any

import pytest
from airflow.sdk import Connection

from import_export.stores.database import Database, Session
from import_export.stores.migrations import migrate


@pytest.fixture
def database(server: Any) -> Iterator[Database]:
    with server.fresh_database() as uri:
        fresh = Database(Connection.from_uri(uri, conn_id="import_export_mysql"))
        migrate(fresh)
        yield fresh


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.session(loader=True) as opened:
        yield opened
