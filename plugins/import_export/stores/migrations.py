"""Brings the schema up to date by the numbered files of `include/sql/`, forward only.

MySQL commits each change of the schema by itself, so a file is not applied as a whole. The history tells how many of its
statements were begun and done; whatever moment a process is killed at, the next one goes on with the first that was not done.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import MySQLdb
import sqlparse

from import_export.errors import JobBusy, MigrationFailed
from import_export.stores.database import Database, Session, quoted, translated_errors
from import_export.stores.queries import SQL_FOLDER

log = logging.getLogger(__name__)

OURS, STATISTICS = SQL_FOLDER / "migrations", SQL_FOLDER / "statistics_migrations"
"""The folders of the two databases' files."""

_HISTORY = """
CREATE TABLE IF NOT EXISTS import_migrations (
    migration VARCHAR(100) NOT NULL PRIMARY KEY,
    begun INT NOT NULL,
    done INT NOT NULL,
    finished_at DATETIME(6) NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin
"""
_BUSY_SECONDS = 60
"""How long a change of a table waits for the transactions that use it; who comes later to the table waits behind it."""
_IS_THERE = frozenset({1050, 1060, 1061, 1068, 1826, 3822})
"""A table, column, key or constraint of that name is there already."""


@dataclass(frozen=True, slots=True)
class _Past:
    """What the history tells of a file."""

    begun: int = 0
    done: int = 0
    finished: bool = False


def migrate(database: Database, folder: Path = OURS) -> list[str]:
    """Apply what is missing, in order, once even when several processes try; give the names of what was applied.

    Raises `MigrationFailed` when MySQL refuses a statement.
    """
    # One connection for all: as long as the server is at a statement, the lock is held, even if its process is gone.
    with database.session() as session, only_one(session):
        session.execute(_HISTORY)
        _take_over(session)
        session.execute(f"SET SESSION lock_wait_timeout = {_BUSY_SECONDS}")
        past = {
            name: _Past(begun, done, finished is not None)
            for name, begun, done, finished in session.rows(
                "SELECT migration, begun, done, finished_at FROM import_migrations"
            )
        }
        session.raw.commit()
        missing = [file for file in sorted(folder.glob("*.sql")) if not past.get(file.stem, _Past()).finished]
        for file in missing:
            _apply(session, file, past.get(file.stem, _Past()))
        return [file.stem for file in missing]


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


def statements_of(file: Path) -> list[str]:
    """The statements of a file."""
    texts = sqlparse.split(file.read_text(encoding="utf-8"), strip_semicolon=True)
    return [text for text in texts if sqlparse.format(text, strip_comments=True).strip()]


@contextmanager
def only_one(session: Session) -> Iterator[None]:
    """Hold a lock of the server that ends with the connection, and so with its process."""
    [(taken,)] = session.rows(
        "SELECT GET_LOCK(CONCAT('import_export.migrate.', LEFT(SHA2(DATABASE(), 256), 32)), 60)"
    )
    if taken != 1:
        raise JobBusy("another process has been migrating the database for more than a minute")
    yield


def _take_over(session: Session) -> None:
    """Take the history over from the tool that applied the first files, where it did."""
    if session.rows("SHOW TABLES LIKE '\\_yoyo\\_migration'"):
        with session.transaction():
            session.execute(
                "INSERT IGNORE INTO import_migrations (migration, begun, done, finished_at) "
                "SELECT migration_id, 0, 0, COALESCE(applied_at_utc, UTC_TIMESTAMP()) FROM _yoyo_migration"
            )


def _apply(session: Session, file: Path, past: _Past) -> None:
    """Run the statements of a file that were not done yet."""
    statements = statements_of(file)
    for number, statement in enumerate(statements, start=1):
        if number <= past.done:
            continue
        with session.transaction():
            _write(session, file.stem, begun=number, done=number - 1)
        # A statement that changes rows is committed with its note; one that changes the schema commits by itself, before.
        with session.transaction():
            _run(session, file, number, statement, again=number <= past.begun)
            _write(session, file.stem, begun=number, done=number, finished=number == len(statements))


def _run(session: Session, file: Path, number: int, statement: str, *, again: bool) -> None:
    """Run one statement. `again`: a process that ended had begun it, and it may have been done."""
    try:
        with translated_errors():
            session.execute(statement)
    except JobBusy as fault:
        raise JobBusy(
            f"migration {file.name}, statement {number}: another transaction, such as a load, has been using the table for "
            f"{_BUSY_SECONDS} s. Nothing of this statement was done; migrate again, best when no import is at work"
        ) from fault
    except MySQLdb.Error as error:
        code, *_ = error.args
        if again and code in _IS_THERE:
            log.info("%s, statement %s: was done already", file.stem, number)
            return
        raise MigrationFailed(
            f"migration {file.name}, statement {number}: {error.args[-1]} (MySQL error {code}). Nothing of this statement was "
            "done. Remove the cause and migrate again: it goes on with this statement"
        ) from error


def _write(session: Session, migration: str, *, begun: int, done: int, finished: bool = False) -> None:
    session.execute(
        "REPLACE INTO import_migrations (migration, begun, done, finished_at) "
        "VALUES (%s, %s, %s, IF(%s, UTC_TIMESTAMP(6), NULL))",
        (migration, begun, done, finished),
    )
