"""Brings the schema up to date by the numbered files of `include/sql/` (run by yoyo)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlencode

import yoyo
from airflow.providers.mysql.hooks.mysql import MySqlHook

from import_export.errors import JobBusy
from import_export.stores.database import Database, Session, quoted
from import_export.stores.queries import SQL_FOLDER

OURS, STATISTICS = "migrations", "statistics_migrations"
"""The folders of the two databases' files."""


def migrate(database: Database, folder: str = OURS) -> list[str]:
    """Apply what is missing, in order, once even when several processes try; give the names of what was applied."""
    with database.session() as session, only_one(session):
        backend = yoyo.get_backend(_uri(database))
        try:
            missing = backend.to_apply(yoyo.read_migrations(str(SQL_FOLDER / folder)))
            backend.apply_migrations(missing)
            return [migration.id for migration in missing]
        finally:
            backend.connection.close()


def migrate_statistics(database: Database, statistics: Database) -> list[str]:
    """The same for the database of the accounts' statistics, which is made when there is none.

    `database` is another one on that server. Making one needs a right of MySQL; one that is there already does not.
    """
    with database.session() as session:
        found = session.rows(
            "SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", (statistics.name,)
        )
        if not found:
            session.execute(f"CREATE DATABASE IF NOT EXISTS {quoted(statistics.name)} CHARACTER SET utf8mb4")
    return migrate(statistics, STATISTICS)


@contextmanager
def only_one(session: Session) -> Iterator[None]:
    """Hold a lock of the server that ends with the connection (yoyo's own would outlive a killed process)."""
    [(taken,)] = session.rows(
        "SELECT GET_LOCK(CONCAT('import_export.migrate.', LEFT(SHA2(DATABASE(), 256), 32)), 60)"
    )
    if taken != 1:
        raise JobBusy("another process has been migrating the database for more than a minute")
    yield


def _uri(database: Database) -> str:
    """The connection as yoyo wants it. Options of the hook that name files (TLS) go along."""
    connection = database.connection
    hook = MySqlHook(connection=connection)
    login = f"{quote(connection.login or 'root', safe='')}:{quote(connection.password or '', safe='')}"
    options = {"charset": "utf8mb4"}
    extra = connection.extra_dejson
    if extra.get("unix_socket"):
        options["unix_socket"] = extra["unix_socket"]
    if isinstance(extra.get("ssl"), dict):
        options |= {"ssl": "1"} | {f"ssl{key}": value for key, value in extra["ssl"].items()}
    name = hook.schema or connection.schema or ""
    address = f"{connection.host or 'localhost'}:{connection.port or 3306}"
    return f"mysql+mysqldb://{login}@{address}/{quote(name, safe='')}?{urlencode(options)}"
