"""A freshly migrated database on each of the servers that are tested."""

from collections.abc import Iterator
from typing import Any

import pytest
from airflow.sdk import Connection

from import_export.stores.database import Database, Session
from import_export.stores.migrations import migrate, migrate_statistics


@pytest.fixture
def database(server: Any) -> Iterator[Database]:
    with server.fresh_database() as uri:
        fresh = Database(Connection.from_uri(uri, conn_id="import_export_mysql"))
        migrate(fresh)
        yield fresh


@pytest.fixture
def statistics(database: Database) -> Database:
    """The migrated database of the accounts' statistics."""
    found = database.sibling(f"{database.name}_statistics")
    migrate_statistics(database, found)
    return found


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.session(loader=True) as opened:
        yield opened
