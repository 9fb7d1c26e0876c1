"""Migrations by several processes at once, and by processes that are killed."""

import itertools
import multiprocessing
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import Connection

from devtools.local import REPOSITORY
from import_export.errors import JobBusy, MigrationFailed
from import_export.settings import environment_name
from import_export.stores import migrations
from import_export.stores.database import Database, Session
from import_export.stores.migrations import OURS, STATISTICS, migrate, statements_of
from tests.servers import Server

ALL = [file.stem for folder in (OURS, STATISTICS) for file in sorted(folder.glob("*.sql"))]
CHANGES = {
    "0001_first.sql": (
        "-- Two statements of each kind.\n\nCREATE TABLE things (id INT NOT NULL PRIMARY KEY) ENGINE = InnoDB;\n\n"
        "INSERT INTO things (id)\nVALUES (1), (2);\n\n-- More of them.\nALTER TABLE things\n"
        "ADD COLUMN name VARCHAR(20) NOT NULL DEFAULT 'a;b',\nADD KEY ix_things_name (name);\n"
    ),
    "0002_second.sql": "ALTER TABLE things ADD CONSTRAINT ck_things CHECK (id > 0);\nUPDATE things SET id = id + 10;\n",
}


@pytest.fixture
def empty(server: Server) -> Iterator[Database]:
    with server.fresh_database() as uri:
        yield Database(Connection.from_uri(uri, conn_id="import_export_mysql"))


@pytest.fixture
def changes(tmp_path: Path) -> Path:
    for name, text in CHANGES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def look(database: Database) -> list[tuple[object, ...]]:
    """Everything that migrations make: tables with columns, keys and constraints, and the rows of the moves and columns."""
    with database.session() as session:
        tables = [name for (name,) in session.rows("SHOW TABLES")]
        found = [session.rows(f"SHOW CREATE TABLE {name}")[0] for name in sorted(tables)]
        for rows in ("import_job_moves", "import_columns", "things"):
            if rows in tables:
                found += sorted(session.rows(f"SELECT * FROM {rows}"), key=str)
        return [tuple(re.sub(r" AUTO_INCREMENT=\d+", "", str(cell)) for cell in row) for row in found]


def done(database: Database) -> list[tuple[object, ...]]:
    with database.session() as session:
        return session.rows(
            "SELECT migration, done, finished_at IS NOT NULL FROM import_migrations ORDER BY migration"
        )


def test_two_processes_that_start_at_the_same_moment_apply_each_file_once(
    empty: Database, tmp_path: Path
) -> None:
    folders = ("drop_folder", "work_folder", "done_folder", "failed_folder", "archive_path")
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY / "plugins"),
        "AIRFLOW_CONN_IMPORT_EXPORT_MYSQL": empty.connection.get_uri(),
        **{environment_name(name): str(tmp_path / name) for name in folders},
    }
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "import_export", "migrate"],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    told = "".join(process.communicate()[0] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(re.findall(r"^applied (\S+)$", told, re.M)) == sorted(ALL), "each by one of them"
    assert migrate(empty) == migrate(empty.sibling(f"{empty.name}_statistics"), STATISTICS) == []


def test_a_migrator_that_is_killed_again_and_again_ends_with_the_same_schema(
    empty: Database, server: Server
) -> None:
    ended = []
    for most in itertools.count(1, 4):
        migrator = multiprocessing.get_context("fork").Process(target=_migrate_for, args=(empty, most))
        migrator.start()
        migrator.join()
        ended.append(migrator.exitcode)
        if migrator.exitcode != -signal.SIGKILL:
            break
    assert ended == [-signal.SIGKILL] * (len(ended) - 1) + [0]
    assert len(ended) > 5, "it was killed again and again"
    assert migrate(empty) == []
    with server.fresh_database() as uri:
        straight = Database(Connection.from_uri(uri, conn_id="straight"))
        migrate(straight)
        assert look(empty) == look(straight)


def _migrate_for(database: Database, most: int) -> None:
    """In a process of its own: migrate, and be killed after so many statements."""
    execute, left = Session.execute, iter(range(most))

    def execute_or_end(session: Session, sql: str, values: Any = None) -> int:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(session, sql, values)

    Session.execute = execute_or_end  # type: ignore[method-assign]
    migrate(database)


@pytest.mark.parametrize("ran", [False, True], ids=["before it ran", "after it ran"])
@pytest.mark.parametrize(
    ("file", "number"), [("0001_first", 1), ("0001_first", 2), ("0001_first", 3), ("0002_second", 1)]
)
def test_a_migrator_that_was_killed_at_a_statement_is_followed_by_one_that_does_it_once(
    empty: Database, server: Server, changes: Path, file: str, number: int, *, ran: bool
) -> None:
    whole = (changes / f"{file}.sql").read_text()
    statements = statements_of(changes / f"{file}.sql")
    (changes / f"{file}.sql").write_text(";\n".join([*statements[: number - 1], ""]))
    later = [changes / name for name in CHANGES if name > f"{file}.sql"]
    for each in later:
        each.rename(each.with_suffix(".later"))
    migrate(empty, changes)
    with empty.session() as session, session.transaction():
        session.execute(
            "REPLACE INTO import_migrations (migration, begun, done) VALUES (%s, %s, %s)",
            (file, number, number - 1),
        )
    if ran:
        # A change of the schema is committed by MySQL itself; one of rows went with the process.
        with empty.session() as session:
            session.execute(statements[number - 1])
    (changes / f"{file}.sql").write_text(whole)
    for each in later:
        each.with_suffix(".later").rename(each)
    assert migrate(empty, changes)[0] == file
    assert done(empty) == [("0001_first", 3, 1), ("0002_second", 2, 1)]
    with server.fresh_database() as uri:
        straight = Database(Connection.from_uri(uri, conn_id="straight"))
        migrate(straight, changes)
        assert look(empty)[1:] == look(straight)[1:]


def test_a_name_that_is_taken_is_no_sign_that_a_statement_was_done_which_nobody_had_begun(
    empty: Database, changes: Path
) -> None:
    with empty.session() as session:
        session.execute("CREATE TABLE things (theirs INT)")
    with pytest.raises(MigrationFailed, match=r"0001_first\.sql, statement 1: .*already exists.*1050"):
        migrate(empty, changes)
    with empty.session() as session:
        session.execute("DROP TABLE things")
    assert migrate(empty, changes) == ["0001_first", "0002_second"]


def test_a_statement_that_mysql_refuses_is_told_and_the_next_attempt_begins_with_it(
    empty: Database, changes: Path
) -> None:
    second = changes / "0002_second.sql"
    second.write_text("UPDATE things SET id = id + 10;\nUPDATE things SET nothing = 1;\n")
    with pytest.raises(MigrationFailed, match=r"0002_second\.sql, statement 2: .*nothing.*migrate again"):
        migrate(empty, changes)
    second.write_text("UPDATE things SET id = id + 10;\nUPDATE things SET name = 'x';\n")
    assert migrate(empty, changes) == ["0002_second"]
    with empty.session() as session:
        assert session.rows("SELECT id, name FROM things ORDER BY id") == [(11, "x"), (12, "x")]


def test_a_change_does_not_wait_for_ever_for_a_load_while_everybody_waits_behind_it(
    empty: Database, changes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "_BUSY_SECONDS", 1)
    (changes / "0002_second.sql").rename(changes / "0002_second.later")
    migrate(empty, changes)
    (changes / "0002_second.later").rename(changes / "0002_second.sql")
    with empty.session() as loading, loading.transaction():
        loading.rows("SELECT * FROM things")
        with pytest.raises(
            JobBusy, match=r"0002_second\.sql, statement 1: another transaction, such as a load"
        ):
            migrate(empty, changes)
    assert migrate(empty, changes) == ["0002_second"]


def test_the_history_of_the_tool_that_was_there_before_is_taken_over(empty: Database, changes: Path) -> None:
    with empty.session() as session, session.transaction():
        for statement in statements_of(changes / "0001_first.sql"):
            session.execute(statement)
        session.execute(
            "CREATE TABLE _yoyo_migration (migration_hash VARCHAR(64) PRIMARY KEY, migration_id VARCHAR(255), "
            "applied_at_utc TIMESTAMP NULL)"
        )
        session.execute("INSERT INTO _yoyo_migration VALUES ('1', '0001_first', UTC_TIMESTAMP())")
    assert migrate(empty, changes) == ["0002_second"]
