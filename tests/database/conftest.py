"""A freshly migrated database on each of the servers that are tested."""

from collections.abc import Iterator
from typing import Any

import pytest

from import_export.stores.database import Database, Session
from tests.migrated import migrated, migrated_statistics

pytest.register_assert_rewrite("tests.database.striking")


@pytest.fixture
def database(server: Any) -> Iterator[Database]:
    with server.fresh_database() as uri:
        yield migrated(server, uri)


@pytest.fixture
def statistics(server: Any, database: Database) -> Database:
    """The migrated database of the accounts' statistics."""
    return migrated_statistics(server, database)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.session(loader=True) as opened:
        yield opened
