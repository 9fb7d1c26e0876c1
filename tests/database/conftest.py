"""A freshly migrated database on each of the servers that are tested."""

from collections.abc import Iterator
from typing import Any

import pytest

from import_export.stores.database import Database, Session
from tests.migrated import migrated, migrated_statistics

pytest.register_assert_rewrite("tests.database.striking")


KILLING = frozenset({"test_failpoints.py", "test_trouble.py"})


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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Processes that are killed, and a server that is, are tried on MariaDB.

    On MySQL 9 a killed client's transaction is seen for more than a minute now and then, for which these do not wait.
    """
    left = [item for item in items if item.path.name in KILLING and "[mysql9" in item.name]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]
