"""The two users of MySQL that docker-compose.yaml makes may do all that the product does, and nothing else."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import MySQLdb
import pytest
import yaml
from airflow.sdk import Connection

from devtools.local import REPOSITORY
from import_export.imports.jobs import JobStatus
from import_export.imports.table_changes import with_changed_column
from import_export.services.configuring import change_table, create_table, remove_table
from import_export.services.invariants import violations
from import_export.services.statistics_tables import register_statistics_tables
from import_export.services.undoing import undo_job
from import_export.stores.database import Database
from import_export.stores.migrations import migrate, migrate_statistics
from tests.database.flow import STOCKS_HEADER, Flow
from tests.servers import Server


def loot(*, is_unique: bool) -> dict[str, Any]:
    """The configuration of a table that staff make."""
    return {
        "table_name": "loot",
        "allowed_filename": "loot",
        "columns": [
            {"name": "code", "type": "str(20)", "is_unique": is_unique, "is_mandatory": True},
            {"name": "qty", "type": "int", "default": "0"},
        ],
    }


@dataclass(frozen=True, slots=True)
class Users:
    """An empty database and that of the statistics, as each of the two users opens them."""

    name: str
    loader: Database
    maker: Database


@pytest.fixture
def users(server: Server) -> Iterator[Users]:
    name = f"lr_{uuid.uuid4().hex[:8]}"
    statements = _statements(name)
    for statement in statements:
        server.execute(statement)
    try:
        yield Users(name, _opened(server, name, name), _opened(server, name, f"{name}_ddl"))
    finally:
        for made in (f"DATABASE {name}", f"DATABASE {name}_statistics", f"USER {name}", f"USER {name}_ddl"):
            server.execute(f"DROP {made}")


def _statements(name: str) -> list[str]:
    """Those of docker-compose.yaml, with names of this test's own."""
    text = re.sub(r"\$\{\w+\}", "secret", _written())
    text = text.replace(r"import\_export", name.replace("_", r"\_")).replace("import_export", name)
    return [line for line in text.split(";\n") if line]


def _written() -> str:
    compose = yaml.safe_load((REPOSITORY / "docker-compose.yaml").read_text())
    return str(compose["configs"]["mysql-users"]["content"])


def _opened(server: Server, name: str, user: str) -> Database:
    root = Connection.from_uri(f"{server.root_uri}{name}", conn_id="root")
    return Database(
        Connection(
            conn_id="import_export_mysql",
            conn_type="mysql",
            host=root.host,
            port=root.port,
            schema=name,
            login=user,
            password="secret",
        )
    )


@pytest.fixture
def flow(users: Users, tmp_path: Path) -> Flow:
    """An installation as the init job leaves it, and as its workers open it."""
    migrate(users.maker)
    migrate_statistics(users.maker, users.maker.sibling(f"{users.name}_statistics"))
    flow = Flow.make(users.loader, tmp_path)
    flow = replace(flow, context=replace(flow.context, ddl_database=users.maker))
    register_statistics_tables(flow.context)
    return flow


def test_files_are_imported_and_undone(flow: Flow) -> None:
    flow.drop("stocks.csv", f"{STOCKS_HEADER}A1;G1;5;01/03/2026\n")
    job = flow.run()[0]
    assert (job.status, flow.rows("stocks")) == (JobStatus.COMPLETE, 1)
    assert list(violations(flow.context, flow.context.clock())) == []
    assert undo_job(flow.context, job.id) == 1


def test_statistics_are_imported(flow: Flow) -> None:
    flow.drop("user.csv", "id;username;name\n1;brand;Brand\n")
    assert flow.run()[0].status is JobStatus.COMPLETE


@pytest.mark.parametrize("is_unique", [True, False])
def test_a_table_is_made_loaded_changed_and_taken_away(flow: Flow, is_unique: bool) -> None:
    table = create_table(flow.context, loot(is_unique=is_unique))
    for quantity in (1, 2):
        flow.drop("loot.csv", f"code;qty\nA;{quantity}\n")
        assert flow.run()[0].status is JobStatus.COMPLETE
    assert flow.rows("loot") == (1 if is_unique else 2)
    [_, quantity_column] = table.columns
    assert quantity_column.id is not None
    change_table(flow.context, "loot", with_changed_column(quantity_column.id, {"type": "decimal(18,2)"}))
    flow.drop("loot.csv", "code;qty\nA;2,00\n")
    flow.run()
    assert flow.rows("loot") == (1 if is_unique else 2)
    remove_table(flow.context, "loot", drop=True)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE other (id INT)",
        "DROP TABLE import_jobs",
        "ALTER TABLE import_jobs ADD COLUMN x INT",
        "TRUNCATE import_jobs",
        "SELECT * FROM mysql.user",
        "SELECT 'x' INTO OUTFILE '/tmp/import_export_least_rights'",
        "CREATE USER other",
        "CREATE DATABASE other",
    ],
)
def test_the_loaders_user_may_not(users: Users, statement: str) -> None:
    assert "denied" in _refusal(users.loader, statement)


@pytest.mark.parametrize(
    "statement", ["SELECT * FROM mysql.user", "CREATE USER other", "CREATE DATABASE other"]
)
def test_the_user_who_makes_tables_may_not(users: Users, statement: str) -> None:
    assert "denied" in _refusal(users.maker, statement)


def _refusal(database: Database, statement: str) -> str:
    with database.session() as session, pytest.raises(MySQLdb.Error) as told:
        session.execute(statement)
    return str(told.value)


def test_the_documentation_has_the_same_statements() -> None:
    documented = (REPOSITORY / "docs" / "deployment.md").read_text()
    for statement in _written().splitlines():
        assert re.sub(r"\$\{\w+\}", "…", statement) in documented
