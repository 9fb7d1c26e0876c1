"""Staff's changes of the configuration, and what becomes of MySQL's tables, of their rows, and of files sent again."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import MySQLdb
import polars as pl
import pytest
from airflow.sdk import Connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from import_export.errors import BadRequest, JobBusy, LayoutChanged, NotFound, SettingsError
from import_export.imports.jobs import JobStatus
from import_export.imports.table_changes import (
    Change,
    with_alias,
    with_changed_column,
    with_column,
    with_config,
    without_alias,
    without_column,
)
from import_export.imports.table_changes import changed as after_change
from import_export.imports.table_config import table_to_config
from import_export.imports.tables import ImportTable
from import_export.scopes import Scope
from import_export.services import configuring
from import_export.services.configuring import (
    change_table,
    create_table,
    find_table,
    register_table,
    registrable_tables,
    remove_table,
)
from import_export.stores import configuration, making_tables, rehashing
from import_export.stores.database import Database
from import_export.stores.loader import load_rows
from import_export.stores.staging_table import Target
from tests.database.flow import Flow
from tests.database.test_loading_rules import counts, execute, imported, table

CODE, NOTE, QTY = (
    {"name": "code", "type": "str(20)"},
    {"name": "note", "type": "str(20)", "trim": False},
    {"name": "qty", "type": "int", "default": "0"},
)
KEY = {**CODE, "is_unique": True, "is_mandatory": True}
PLAIN = {"table_name": "loot", "allowed_filename": "loot, loot_*", "columns": [CODE, NOTE, QTY]}
KEYED = {**PLAIN, "columns": [KEY, NOTE, QTY]}
FILE = "code;note;qty\nA;n;1\nB;;2\nC;o;\n;p;4\n"
ODD = "code;note;qty\n" + 'a\x1fb;c;1\na;b\x1fc;1\n="";x;1\n;x;1\n\'\x1f;;\n="";="";\nq;="";\n'
"""Rows with empty texts and with the sign by which texts are joined before they are hashed."""


@pytest.fixture
def flow(database: Database, tmp_path: Any) -> Flow:
    return Flow.make(database, tmp_path)


def now(flow: Flow, name: str = "loot") -> ImportTable:
    return find_table(configuring.all_tables(flow.context), name)


def column_id(flow: Flow, name: str, of: str = "loot") -> int:
    found = now(flow, of).column(name).id
    assert found is not None
    return found


def change(flow: Flow, *changes: Change, drop: bool = False, of: str = "loot") -> ImportTable:
    for each in changes:
        changed = change_table(flow.context, of, each, drop=drop)
    return changed


def changed_column(flow: Flow, name: str, **config: Any) -> ImportTable:
    return change(flow, with_changed_column(column_id(flow, name), config))


def send(flow: Flow, content: str = FILE, name: str = "loot.csv") -> tuple[int, int, int, int, int]:
    """Inserted, updated, unchanged, rejected, skipped."""
    job = imported(flow, content, name)
    assert job.status is JobStatus.COMPLETE, job.message
    return counts(job)


def layout(flow: Flow, name: str = "loot") -> list[tuple[Any, ...]]:
    """Columns and keys as MySQL has them."""
    with flow.context.database.session() as session:
        columns = session.rows(
            "SELECT column_name, column_type, is_nullable, column_default FROM information_schema.columns "
            "WHERE table_schema = DATABASE() AND table_name = %s ORDER BY ordinal_position",
            (name,),
        )
        keys = session.rows(
            "SELECT index_name, column_name FROM information_schema.statistics "
            "WHERE table_schema = DATABASE() AND table_name = %s ORDER BY index_name, seq_in_index",
            (name,),
        )
    return [*columns, *keys]


def column_names(flow: Flow, name: str = "loot") -> list[str]:
    return [row[0] for row in layout(flow, name) if len(row) == 4]


def everything(flow: Flow, name: str = "loot") -> list[Any]:
    """All that a refused change must leave as it was."""
    with flow.context.database.session() as session:
        stored = [
            session.rows(f"SELECT * FROM {each} ORDER BY 1")
            for each in (
                "import_tables",
                "import_columns",
                "column_aliases",
                "table_versions",
                "audit_log",
            )
        ]
        rows = session.rows(f"SELECT * FROM {name} ORDER BY id") if layout(flow, name) else []
        tables = session.rows("SHOW TABLES")
    return [stored, layout(flow, name), rows, tables]


def refused(flow: Flow, attempt: Callable[[], Any], told: str, error: type[Exception] = BadRequest) -> None:
    before = everything(flow)
    with pytest.raises(error, match=told):
        attempt()
    assert everything(flow) == before


# new tables


def test_a_new_table_is_made_in_mysql_and_takes_files(flow: Flow) -> None:
    made = create_table(flow.context, PLAIN)
    assert [column.name for column in made.columns] == ["code", "note", "qty"]
    assert made == now(flow)
    assert column_names(flow) == ["id", "code", "note", "qty", "ImportDate", "import_job_id", "row_hash"]
    assert send(flow) == (4, 0, 0, 0, 0)
    assert send(flow, FILE + "D;q;5\n", "loot_2.csv") == (1, 0, 4, 0, 0)
    assert table(flow, "code, note, qty", "loot") == [
        ("A", "n", "1"),
        ("B", "None", "2"),
        ("C", "o", "0"),
        ("D", "q", "5"),
        ("None", "p", "4"),
    ]


def test_a_new_table_with_unique_columns_is_updated_on_them(flow: Flow) -> None:
    create_table(flow.context, KEYED)
    assert column_names(flow) == ["id", "code", "note", "qty", "ImportDate", "import_job_id"]
    assert send(flow, "code;note;qty\nA;n;1\nB;o;2\n") == (2, 0, 0, 0, 0)
    assert send(flow, "code;note;qty\nA;n;1\nB;o;3\n") == (0, 1, 1, 0, 0)


def test_every_type_is_made_and_takes_its_values(flow: Flow) -> None:
    columns = [
        {"name": "short", "type": "str(5)", "default": 'it\'s \\ "x" %s'[:5]},
        {"name": "long_text", "type": "str(16000)"},
        {"name": "whole", "type": "int", "default": 7},
        {"name": "price", "type": "decimal(38,30)", "default": "1.5"},
        {"name": "day", "type": "date", "date_formats": ["DD/MM/YYYY"]},
        {"name": "at", "type": "datetime"},
        {"name": "yes", "type": "bool", "default": True},
        {"name": "select", "type": "str"},
    ]
    create_table(flow.context, {"table_name": "order", "allowed_filename": "order", "columns": columns})
    content = "select;day;at\nx;01/02/2026;2026-02-01 10:00\n"
    assert send(flow, content, "order.csv") == (1, 0, 0, 0, 0)
    assert table(flow, "short, whole, price, `day`, at, yes, `select`", "`order`") == [
        ("it's ", "7", "1.5" + "0" * 29, "2026-02-01", "2026-02-01 10:00:00", "1", "x")
    ]
    before = layout(flow, "order")
    change(flow, with_column(CODE), of="order")
    assert layout(flow, "order")[:8] == before[:8]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"table_name": "loot AS SELECT * FROM stocks"}, "must begin with a letter"),
        ({"table_name": "loot`; DROP TABLE stocks; --"}, "must begin with a letter"),
        ({"table_name": "loot\n"}, "must begin with a letter"),
        ({"table_name": "import_loot"}, "the product's own"),
        ({"table_name": "import_jobs"}, "the product's own"),
        ({"table_name": "stocks"}, "has a table 'stocks' already"),
        ({"table_name": "audit_log"}, "has a table 'audit_log' already"),
        ({"columns": []}, "at least one column"),
        ({"columns": [{"name": "code VARCHAR(1), x"}]}, "must begin with a letter"),
        ({"columns": [{"name": "co`de"}]}, "must begin with a letter"),
        ({"columns": [{"name": "id"}]}, "the product itself"),
        ({"columns": [{"name": "ImportDate"}]}, "must begin with a letter"),
        ({"columns": [CODE, CODE]}, "is there twice"),
        ({"columns": [{**CODE, "aliases": ["x"]}, {**NOTE, "aliases": ["X"]}]}, "stands for column 'code'"),
        ({"columns": [{**CODE, "type": "str(769)", "is_unique": True}]}, "too long for a key"),
        ({"columns": [{**QTY, "default": "many"}]}, "is not a whole number"),
        ({"columns": [{"name": "day", "type": "date", "date_formats": ["soon"]}]}, "date format 'soon'"),
        ({"columns": [{**CODE, "pattern": "("}]}, "no regular expression"),
        ({"columns": [{"name": f"c{n}", "type": "str(4000)"} for n in range(9)]}, "MySQL refuses"),
        ({"allowed_filename": "stocks"}, "of table 'stocks' fit the same file"),
        ({"allowed_filename": "loot, *_2026"}, "of table 'stocks' fit the same file"),
        ({"replaces": "month(code)"}, "is no date"),
    ],
)
def test_a_table_that_cannot_be_leaves_nothing_behind(flow: Flow, more: dict[str, Any], told: str) -> None:
    refused(flow, lambda: create_table(flow.context, {**PLAIN, **more}), told)


def test_a_view_of_that_name_is_told_too(flow: Flow) -> None:
    execute(flow, "CREATE VIEW loot AS SELECT 1 AS id, 2 AS code")
    refused(flow, lambda: create_table(flow.context, PLAIN), "MySQL refuses this: .*already exists")


def test_an_exact_name_may_stand_beside_another_tables_pattern(flow: Flow) -> None:
    create_table(flow.context, {**PLAIN, "allowed_filename": "stocks_loot"})
    assert imported(flow, FILE, "stocks_loot.csv").table_name == "loot"


def test_a_table_whose_configuration_cannot_be_written_is_taken_away_again(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any, **__: Any) -> None:
        raise MySQLdb.OperationalError(2013, "Lost connection")

    monkeypatch.setattr(configuration.ConfigurationStore, "audit", breaks)
    before = everything(flow)
    with pytest.raises(Exception, match="Lost connection"):
        create_table(flow.context, PLAIN)
    assert everything(flow) == before


# more columns


@pytest.mark.parametrize("content", [FILE, ODD])
@pytest.mark.parametrize(
    "columns",
    [
        [{"name": "more", "type": "str(10)"}],
        [{"name": "more", "type": "str(10)", "default": "it's"}],
        [{"name": "more", "type": "decimal(10,2)", "default": "1"}, {"name": "day", "type": "date"}],
        [{"name": "more", "type": "bool", "default": "1"}, {"name": "last", "type": "str(9)"}],
    ],
)
def test_old_files_are_known_after_columns_were_added(
    flow: Flow, content: str, columns: list[dict[str, Any]]
) -> None:
    create_table(flow.context, PLAIN)
    sent = send(flow, content)
    change(flow, *map(with_column, columns))
    assert column_names(flow)[-len(columns) :] == [column["name"] for column in columns]
    assert send(flow, content) == (0, 0, sent[0], 0, 0)
    assert send(flow, "code;more\nZ;1\n")[0] == 1


@pytest.mark.parametrize("default", [None, "x"])
def test_old_files_are_known_after_columns_were_added_to_a_keyed_table(
    flow: Flow, default: str | None
) -> None:
    create_table(flow.context, KEYED)
    assert send(flow, "code;note;qty\nA;n;1\nB;;2\n") == (2, 0, 0, 0, 0)
    change(flow, with_column({"name": "more", "type": "str(10)", "default": default}))
    assert send(flow, "code;note;qty\nA;n;1\nB;;2\n") == (0, 0, 2, 0, 0)
    assert table(flow, "code, more", "loot") == [("A", str(default)), ("B", str(default))]


def test_an_empty_column_at_the_end_needs_no_new_hashes_however_many_rows_there_are(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_table(flow.context, PLAIN)
    sent = send(flow, ODD)
    monkeypatch.setattr(rehashing, "MOST_ROWS", 2)
    change(flow, with_column({"name": "more", "type": "str(10)"}))
    assert send(flow, ODD) == (0, 0, sent[0], 0, 0)
    refused(
        flow,
        lambda: change(flow, with_column({"name": "last", "type": "int", "default": "1"})),
        "such a change can be made up to 2 rows",
    )


def test_a_column_in_the_middle_or_another_order_keeps_rows_known(flow: Flow) -> None:
    create_table(flow.context, PLAIN)
    content = "code;note;qty\nx;y;1\ny;x;1\nz;z;1\n"
    send(flow, content)
    # The new hash of the first row is the old one of the second.
    change(flow, with_config({"columns": [NOTE, CODE, QTY]}))
    assert [column.name for column in now(flow).columns] == ["note", "code", "qty"]
    assert send(flow, content) == (0, 0, 3, 0, 0)
    change(flow, with_config({"columns": [NOTE, {"name": "more", "type": "int"}, CODE, QTY]}))
    assert send(flow, content) == (0, 0, 3, 0, 0)


def test_pieces_of_many_rows_are_all_hashed_anew(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehashing, "_PIECE", 7)
    create_table(flow.context, PLAIN)
    content = "code;note;qty\n" + "".join(f"c{number};n;{number}\n" for number in range(50))
    send(flow, content)
    change(flow, with_config({"columns": [QTY, CODE, NOTE]}))
    assert send(flow, content) == (0, 0, 50, 0, 0)


def test_a_column_that_is_there_already_is_refused(flow: Flow) -> None:
    create_table(flow.context, PLAIN)
    for column in (CODE, {"name": "CODE"}):
        refused(flow, lambda column=column: change(flow, with_column(column)), "has a column")  # type: ignore[misc]
    refused(flow, lambda: change(flow, with_column({"name": "id"})), "the product itself fills")
    refused(flow, lambda: change(flow, with_column({"name": "x`y"})), "must begin with a letter")


# other types


@pytest.mark.parametrize("config", [PLAIN, KEYED])
def test_texts_are_widened_and_narrowed_as_far_as_their_rows_allow(
    flow: Flow, config: dict[str, Any]
) -> None:
    create_table(flow.context, config)
    content = "code;note;qty\nA;12345;1\nB;  x;2\n"
    send(flow, content)
    for wanted in ("str(300)", "str(5)", "str(5000)", "str(6)"):
        changed_column(flow, "note", type=wanted)
        assert send(flow, content) == (0, 0, 2, 0, 0)
    refused(flow, lambda: changed_column(flow, "note", type="str(4)"), "without being cut or rounded")
    assert send(flow, content) == (0, 0, 2, 0, 0)


@pytest.mark.parametrize("config", [PLAIN, KEYED])
@pytest.mark.parametrize(
    ("first", "cells", "then"),
    [
        ("int", ["1", "-20", ""], "decimal(18,2)"),
        ("decimal(18,2)", ["1", "2.00", ""], "int"),
        ("decimal(18,2)", ["1.50", "-2", ""], "decimal(20,4)"),
        ("decimal(18,4)", ["1.5", "2", ""], "decimal(5,1)"),
        ("date", ["2026-03-01", ""], "datetime"),
        ("datetime", ["2026-03-01", ""], "date"),
        ("decimal(38,2)", ["9" * 36, ""], "decimal(38,1)"),
        ("int", ["9223372036854775807", "-9223372036854775808"], "decimal(19,0)"),
        ("int", ["1", "20", ""], "str(5)"),
        ("str(5)", ["1", "20", ""], "int"),
        ("bool", ["1", "0", ""], "int"),
        ("int", ["1", "0", ""], "bool"),
        ("str(10)", ["2026-03-01", ""], "date"),
    ],
)
def test_old_files_are_known_after_a_column_became_another_type(
    flow: Flow, config: dict[str, Any], first: str, cells: list[str], then: str
) -> None:
    columns = [*config["columns"], {"name": "value", "type": first}]
    create_table(flow.context, {**config, "columns": columns})
    content = "code;value\n" + "".join(f"c{number};{cell}\n" for number, cell in enumerate(cells))
    assert send(flow, content)[0] == len(cells)
    changed_column(flow, "value", type=then)
    assert send(flow, content) == (0, 0, len(cells), 0, 0)


def test_a_zero_is_a_zero_after_whole_numbers_became_decimals(flow: Flow) -> None:
    """The default `0` was written for empty cells; as a decimal it is `0.00`, like the zero of a file."""
    create_table(flow.context, PLAIN)
    content = "code;qty\nA;\nB;0\nC;5\n"
    send(flow, content)
    changed_column(flow, "qty", type="decimal(18,2)")
    assert now(flow).column("qty").default == "0.00"
    assert send(flow, content) == (0, 0, 3, 0, 0)
    assert send(flow, "code;qty\nA;0\nB;\nC;5,0\n".replace(",", ".")) == (0, 0, 3, 0, 0)


@pytest.mark.parametrize("config", [PLAIN, KEYED])
@pytest.mark.parametrize(
    ("first", "cell", "then"),
    [
        ("decimal(18,2)", "1.55", "decimal(18,1)"),
        ("decimal(18,2)", "1.50", "int"),
        ("decimal(18,2)", "1000", "decimal(5,2)"),
        ("datetime", "2026-03-01 10:00", "date"),
        ("int", "2", "bool"),
        ("int", "123456", "str(5)"),
        ("str(9)", "12.5", "int"),
        ("str(9)", "12.345", "decimal(18,2)"),
        ("str(9)", "1e3", "int"),
        ("str(30)", "2026-03-01 10:00:00.5", "datetime"),
        ("decimal(38,0)", "9" * 38, "int"),
        ("decimal(38,0)", "9" * 38, "decimal(38,1)"),
        ("str(9)", "abc", "int"),
        ("str(9)", "abc", "decimal"),
        ("str(9)", "abc", "date"),
        ("str(20)", "2026-03-01 10:00:00", "date"),
        ("int", "300", "date"),
        ("date", "2026-03-01", "bool"),
    ],
)
def test_a_type_that_some_row_does_not_fit_is_refused_and_changes_nothing(
    flow: Flow, config: dict[str, Any], first: str, cell: str, then: str
) -> None:
    columns = [*config["columns"], {"name": "value", "type": first}]
    create_table(flow.context, {**config, "columns": columns})
    content = f"code;value\na;{cell}\n"
    assert send(flow, content) == (1, 0, 0, 0, 0)
    refused(flow, lambda: changed_column(flow, "value", type=then), "MySQL refuses|cut or rounded")
    # The digest of a refused change's configuration is the old one; so the file is told to be a repeat.
    execute(flow, "UPDATE import_batches SET force_again = TRUE")
    assert send(flow, content) == (0, 0, 1, 0, 0)


def test_texts_that_become_the_same_number_are_told_before_anything_is_changed(flow: Flow) -> None:
    create_table(flow.context, PLAIN)
    send(flow, "code;note\n7;n\n07;n\n")
    refused(flow, lambda: changed_column(flow, "code", type="int"), "rows that are equal after this change")


# fewer columns


@pytest.mark.parametrize("drop", [False, True])
@pytest.mark.parametrize("config", [PLAIN, KEYED])
def test_a_column_that_is_removed_keeps_its_data_unless_that_is_to_go(
    flow: Flow, config: dict[str, Any], drop: bool
) -> None:
    create_table(flow.context, config)
    content = "code;note;qty\nA;n;1\nB;o;2\n"
    send(flow, content)
    change(flow, without_column(column_id(flow, "qty")), drop=drop)
    assert ("qty" in column_names(flow)) is not drop
    assert [column.name for column in now(flow).columns] == ["code", "note"]
    assert send(flow, content) == (0, 0, 2, 0, 0)
    assert send(flow, "code;note;qty\nC;n;9\n") == (1, 0, 0, 0, 0)
    if not drop:
        assert table(flow, "code, qty", "loot") == [("A", "1"), ("B", "2"), ("C", "None")]
    change(flow, with_column(QTY))
    # Where the values stayed they are there again; where they went, the old file brings them back.
    brought = (0, 2, 0, 0, 0) if config is KEYED else (2, 0, 0, 0, 0)
    assert send(flow, content) == (brought if drop else (0, 0, 2, 0, 0))


def test_a_column_that_tells_rows_apart_is_not_removed(flow: Flow) -> None:
    create_table(flow.context, PLAIN)
    send(flow, "code;qty\nA;1\nA;2\n")
    for drop in (False, True):
        refused(
            flow,
            lambda drop=drop: change(flow, without_column(column_id(flow, "qty")), drop=drop),  # type: ignore[misc]
            "rows that are equal after this change",
        )


def test_the_last_column_and_one_that_is_needed_elsewhere_are_not_removed(flow: Flow) -> None:
    create_table(flow.context, {**PLAIN, "columns": [CODE, QTY], "replaces": "code"})
    refused(flow, lambda: change(flow, without_column(column_id(flow, "code"))), "replaces 'code'")
    change(flow, with_config({"replaces": ""}), without_column(column_id(flow, "code")))
    refused(flow, lambda: change(flow, without_column(column_id(flow, "qty"))), "at least one column")


# keys


def test_a_table_gets_a_key_and_another_one(flow: Flow) -> None:
    create_table(flow.context, PLAIN)
    content = "code;note;qty\nA;n;1\nB;o;2\n"
    send(flow, content)
    changed_column(flow, "code", is_unique=True)
    assert "row_hash" not in column_names(flow)
    assert send(flow, content) == (0, 0, 2, 0, 0)
    assert send(flow, "code;note;qty\nA;n;5\n") == (0, 1, 0, 0, 0)
    change(flow, with_config({"columns": [CODE, {**NOTE, "is_unique": True}, {**QTY, "is_unique": True}]}))
    assert send(flow, "code;note;qty\nX;n;5\nA;n;6\n") == (1, 1, 0, 0, 0)
    assert table(flow, "code, note, qty", "loot") == [("A", "n", "6"), ("B", "o", "2"), ("X", "n", "5")]
    keys = {row for row in layout(flow) if len(row) == 2}
    assert keys == {
        ("PRIMARY", "id"),
        ("ix_import_job_id", "import_job_id"),
        ("uq_loot", "note"),
        ("uq_loot", "qty"),
    }


def test_a_key_that_rows_break_is_refused(flow: Flow) -> None:
    create_table(flow.context, PLAIN)
    send(flow, "code;note;qty\nA;n;1\nA;o;2\n;p;3\n")
    refused(flow, lambda: changed_column(flow, "code", is_unique=True), "rows without a value")
    refused(flow, lambda: changed_column(flow, "code", is_unique=True, type="str(769)"), "too long for a key")
    execute(flow, "DELETE FROM loot WHERE code IS NULL")
    refused(flow, lambda: changed_column(flow, "code", is_unique=True), "Duplicate entry 'A'")


def test_a_key_is_given_up_only_while_the_table_is_empty(flow: Flow) -> None:
    create_table(flow.context, KEYED)
    send(flow, "code;note;qty\nA;n;1\n")
    refused(flow, lambda: changed_column(flow, "code", is_unique=False), "tell apart")
    refused(flow, lambda: change(flow, without_column(column_id(flow, "code"))), "tell apart")
    execute(flow, "DELETE FROM loot")
    changed_column(flow, "code", is_unique=False, is_mandatory=False)
    assert send(flow) == (4, 0, 0, 0, 0)
    assert send(flow, FILE, "loot_2.csv") == (0, 0, 4, 0, 0)


def test_keys_that_somebody_else_added_stay(flow: Flow) -> None:
    create_table(flow.context, KEYED)
    execute(flow, "ALTER TABLE loot ADD UNIQUE KEY theirs (note, code)")
    change(flow, with_config({"columns": [KEY, {**NOTE}, {**QTY, "is_unique": True}]}))
    assert {row[0] for row in layout(flow) if len(row) == 2} == {
        "PRIMARY",
        "ix_import_job_id",
        "theirs",
        "uq_loot",
    }


# aliases, defaults, and what is written


def test_aliases_come_and_go_and_the_others_keep_their_ids(flow: Flow) -> None:
    create_table(flow.context, {**PLAIN, "columns": [{**CODE, "aliases": ["Kode", "Kode Toko"]}, NOTE, QTY]})
    code = column_id(flow, "code")
    first = configuring.aliases(flow.context)
    change(flow, with_alias(code, " SKU "), without_alias(code, "Kode"))
    after = configuring.aliases(flow.context)
    assert now(flow).column("code").aliases == ("Kode Toko", "SKU")
    assert [each for each in after if each in first] == [each for each in first if each[1:] != (code, "Kode")]
    assert column_id(flow, "code") == code
    [(alias_id, *_)] = [each for each in after if each[1:] == (code, "SKU")]
    assert configuring.alias_of(flow.context, alias_id) == (code, "SKU")
    assert send(flow, "sku;qty\nA;1\n") == (1, 0, 0, 0, 0)
    for taken in ("sku", "Kode_Toko", "code", "QTY"):
        refused(flow, lambda taken=taken: change(flow, with_alias(code, taken)), "stands for column")  # type: ignore[misc]
    refused(flow, lambda: change(flow, with_alias(code, " ")), "an alias needs")


def test_a_default_is_for_files_to_come(flow: Flow) -> None:
    create_table(flow.context, PLAIN)
    content = "code;note\nA;n\nB;o\n"
    send(flow, content)
    changed_column(flow, "qty", default="5")
    assert send(flow, "code;note;qty\nA;n;0\n") == (0, 0, 1, 0, 0)
    assert send(flow, "code;note\nC;n\n") == (1, 0, 0, 0, 0)
    assert table(flow, "code, qty", "loot") == [("A", "0"), ("B", "0"), ("C", "5")]
    changed_column(flow, "qty", default=None)
    changed_column(flow, "note", default="1")
    changed_column(flow, "note", default="01")
    send(flow, "code\nD\n")
    assert table(flow, "note, qty", "loot")[0] == ("01", "None")


@pytest.mark.parametrize("default", ["it's", "'q'", "a\\b\\", 'x"y\t', "NULL", "", "100%", "%s", "ü"])
def test_any_text_can_be_a_default_and_is_found_to_be_there(flow: Flow, default: str) -> None:
    create_table(flow.context, {**PLAIN, "columns": [CODE, {**NOTE, "default": default}]})
    send(flow, "code\nA\n")
    assert table(flow, "note", "loot") == [(default,)]
    real = {column.name: column for column in _mysql_columns(flow)}["note"]
    with flow.context.database.session() as session:
        mariadb = "MariaDB" in session.raw.get_server_info()
    assert making_tables._as_declared(now(flow).column("note"), real, mariadb=mariadb)


def _mysql_columns(flow: Flow) -> list[Any]:
    with flow.context.database.session() as session:
        return making_tables.mysql_columns(session, "loot")


def test_each_change_is_kept_as_a_version_and_told_with_who_made_it(flow: Flow) -> None:
    assert configuring.versions(flow.context, "stocks") == []
    change(flow, with_config({"display_name": "Stok"}), with_config({"max_rejects": "5%"}), of="stocks")
    kept = configuring.versions(flow.context, "stocks")
    assert [
        (each.version, each.config["display_name"], each.config.get("max_rejects"), each.saved_by)
        for each in kept
    ] == [
        (3, "Stok", "5%", "test"),
        (2, "Stok", None, "test"),
        (1, "Stocks", None, "test"),
    ]
    create_table(flow.context, PLAIN)
    remove_table(flow.context, "loot")
    log = configuring.audit_log(flow.context, subject=None, before=None, most=10)
    assert [(each.actor, each.action, each.subject) for each in log] == [
        ("test", "table removed", "loot"),
        ("test", "table created", "loot"),
        ("test", "table changed", "stocks"),
        ("test", "table changed", "stocks"),
    ]
    assert (log[0].old["table_name"], log[0].new, log[1].old) == ("loot", None, None)
    assert (log[3].old["display_name"], log[3].new["display_name"]) == ("Stocks", "Stok")
    assert log[3].new == kept[1].config
    assert [
        each.id for each in configuring.audit_log(flow.context, subject="stocks", before=log[2].id, most=1)
    ] == [log[3].id]
    # A version can be put back.
    change(flow, with_config(dict(kept[2].config)), of="stocks")
    assert (now(flow, "stocks").display_name, str(now(flow, "stocks").max_rejects)) == ("Stocks", "5%")


def test_a_change_that_changes_nothing_writes_nothing(flow: Flow) -> None:
    create_table(flow.context, {**PLAIN, "columns": [{**CODE, "aliases": ["x", "y"]}, NOTE, QTY]})
    before = everything(flow)
    change(
        flow,
        lambda old: old,
        with_config({}),
        with_config({"columns": [{**CODE, "aliases": ["y ", "X", "x"]}, NOTE, {**QTY, "default": "00"}]}),
        with_changed_column(column_id(flow, "qty"), {"default": 0}),
        with_config({"table_name": "stocks", "has_helpers": False}),
        without_column(0),
        without_alias(column_id(flow, "code"), "z"),
    )
    assert everything(flow) == before


def test_filenames_of_two_tables_cannot_be_made_to_overlap(flow: Flow) -> None:
    create_table(flow.context, PLAIN)
    for names in ("stocks", "loot, s*s", "STOK_*"):
        refused(
            flow,
            lambda names=names: change(flow, with_config({"allowed_filename": names})),  # type: ignore[misc]
            "fit the same file",
        )


def test_what_is_not_there_is_told(flow: Flow) -> None:
    for attempt in (
        lambda: change(flow, lambda old: old, of="none"),
        lambda: remove_table(flow.context, "none"),
        lambda: register_table(flow.context, {"table_name": "none"}),
        lambda: configuring.table_of_column(flow.context, 0),
        lambda: configuring.alias_of(flow.context, 0),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert configuring.table_of_column(flow.context, column_id(flow, "sku", "stocks"))[1].name == "sku"


# removing


@pytest.mark.parametrize("drop", [False, True])
def test_a_table_that_is_removed_keeps_its_data_unless_that_is_to_go(flow: Flow, drop: bool) -> None:
    create_table(flow.context, PLAIN)
    send(flow)
    remove_table(flow.context, "loot", drop=drop)
    assert bool(layout(flow)) is not drop
    with pytest.raises(NotFound):
        now(flow)
    assert [each.version for each in configuring.versions(flow.context, "loot")] == [2, 1]
    if drop:
        create_table(flow.context, PLAIN)
        assert send(flow) == (4, 0, 0, 0, 0)
    else:
        assert flow.rows("loot") == 4
        refused(flow, lambda: create_table(flow.context, PLAIN), "has a table 'loot' already")
        # It can be taken up again, and is the product's own as before.
        again = register_table(flow.context, {"table_name": "loot", "allowed_filename": "loot"})
        assert again.has_helpers
        assert [column.name for column in again.columns] == ["code", "note", "qty"]
        assert send(flow) == (0, 0, 4, 0, 0)


# tables that somebody else made


THEIRS = (
    "CREATE TABLE theirs (nr INT AUTO_INCREMENT PRIMARY KEY, `Kode Toko` VARCHAR(20) NOT NULL, note TEXT, qty SMALLINT "
    "UNSIGNED, price DECIMAL(50, 20), rate DOUBLE, day DATE, at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, "
    "kind ENUM('a', 'b') NOT NULL DEFAULT 'a', picture LONGBLOB, flag BIT(1), twice INT AS (qty * 2) STORED, "
    "extra JSON, big LONGTEXT)"
)


def test_a_table_is_registered_with_the_columns_that_it_has(flow: Flow) -> None:
    execute(flow, THEIRS)
    assert registrable_tables(flow.context) == ["theirs"]
    made = register_table(flow.context, {"table_name": "theirs", "allowed_filename": "theirs"})
    assert {column.name: str(column.type) for column in made.columns} == {
        "Kode Toko": "str(20)",
        "note": "str(16000)",
        "qty": "int",
        "price": "decimal(38,20)",
        "rate": "decimal(38,10)",
        "day": "date",
        "at": "datetime",
        "kind": "str(1)",
        # MariaDB's JSON is a LONGTEXT.
        "extra": "str(16000)",
        "big": "str(16000)",
    }
    assert [column.name for column in made.columns if column.is_mandatory] == ["Kode Toko"]
    assert not made.has_helpers
    assert registrable_tables(flow.context) == []
    job = imported(
        flow,
        "kode toko;qty;price;day;kind\nA;1;1.5;01/02/2026;b\nB;70000;1;01/02/2026;b\nC;1;2;;c\n",
        "theirs.csv",
    )
    assert [entry["code"] for entry in job.errors] == ["OUT_OF_RANGE", "NOT_ALLOWED"]
    assert table(flow, "`Kode Toko`, qty, kind", "theirs") == [("A", "1", "b")]


def test_a_registered_table_is_never_altered(flow: Flow) -> None:
    execute(flow, "CREATE TABLE theirs (code VARCHAR(5), qty INT, UNIQUE KEY k (code))")
    register_table(
        flow.context,
        {
            "table_name": "theirs",
            "columns": [{"name": "code", "type": "str(5)"}, {"name": "qty", "type": "int"}],
        },
    )
    before = layout(flow, "theirs")
    changes = (
        with_changed_column(column_id(flow, "code", "theirs"), {"type": "str(3)", "is_unique": True}),
        with_changed_column(column_id(flow, "qty", "theirs"), {"type": "str", "default": "1"}),
        with_changed_column(column_id(flow, "qty", "theirs"), {"type": "int"}),
        without_column(column_id(flow, "qty", "theirs")),
    )
    for each in changes:
        change(flow, each, of="theirs", drop=True)
        assert layout(flow, "theirs") == before
    refused(
        flow,
        lambda: change(flow, with_column({"name": "more", "type": "int"}), of="theirs"),
        "lacks the columns more",
        LayoutChanged,
    )
    refused(
        flow,
        lambda: change(flow, with_column({"name": "qty", "type": "date"}), of="theirs"),
        "MySQL's is int",
        LayoutChanged,
    )
    refused(flow, lambda: remove_table(flow.context, "theirs", drop=True), "not the product's to drop")
    assert layout(flow, "theirs") == before
    remove_table(flow.context, "theirs")
    assert registrable_tables(flow.context) == ["theirs"]


@pytest.mark.parametrize(
    "name",
    [
        "import_jobs",
        "import_tables",
        "audit_log",
        "column_aliases",
        "corrections",
        "expected_files",
        "idempotency_keys",
        "import_migrations",
        "table_versions",
    ],
)
def test_the_products_own_tables_are_not_registered(flow: Flow, name: str) -> None:
    refused(flow, lambda: register_table(flow.context, {"table_name": name}), "is the product's own")


def test_what_earlier_releases_left_of_their_migrations_is_not_registered(flow: Flow) -> None:
    execute(flow, "CREATE TABLE _yoyo_migration (migration_hash VARCHAR(64))")
    refused(
        flow, lambda: register_table(flow.context, {"table_name": "_yoyo_migration"}), "is the product's own"
    )


@pytest.mark.parametrize(
    ("more", "told", "error"),
    [
        ({"table_name": "stocks"}, "is an import table already", BadRequest),
        ({"allowed_filename": "stok_1*"}, "fit the same file", BadRequest),
        ({"columns": [{"name": "none"}]}, "lacks the columns none", LayoutChanged),
        ({"columns": [{**CODE, "is_unique": True}]}, "no unique key", LayoutChanged),
    ],
)
def test_a_table_that_cannot_be_registered_is_told(
    flow: Flow, more: dict[str, Any], told: str, error: type[Exception]
) -> None:
    execute(flow, "CREATE TABLE theirs (code VARCHAR(5))")
    refused(flow, lambda: register_table(flow.context, {"table_name": "theirs", **more}), told, error)


# what goes wrong meanwhile, and who else is there


@pytest.mark.parametrize("config", [PLAIN, KEYED])
@pytest.mark.parametrize(
    "attempt",
    [
        with_column({"name": "more", "type": "int", "default": "3"}),
        with_column({"name": "more", "type": "int"}),
        with_config({"columns": [{**KEY, "type": "str(30)"}, {**NOTE, "is_unique": True}]}),
        lambda old: with_changed_column(old.column("qty").id or 0, {"type": "decimal(18,2)"})(old),
        lambda old: without_column(old.column("qty").id or 0)(old),
    ],
)
def test_a_change_that_breaks_off_after_the_alter_can_be_made_again(
    flow: Flow, monkeypatch: pytest.MonkeyPatch, config: dict[str, Any], attempt: Change
) -> None:
    create_table(flow.context, config)
    content = "code;note;qty\nA;n;1\nB;o;0\n"
    send(flow, content)

    def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError("broke off")

    with monkeypatch.context() as broken:
        broken.setattr(configuration.ConfigurationStore, "change_table", breaks)
        before = now(flow)
        with pytest.raises(RuntimeError, match="broke off"):
            change(flow, attempt, drop=True)
        assert now(flow) == before
    wanted = after_change(before, attempt)
    changed = change(flow, attempt, drop=True)
    assert table_to_config(changed) == table_to_config(wanted)
    assert now(flow) == changed
    assert len(configuring.versions(flow.context, "loot")) == 2
    assert send(flow, content) == (0, 0, 2, 0, 0)


def test_rows_stay_known_when_a_change_broke_off_and_is_not_made_again(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_table(flow.context, PLAIN)
    content = "code;note;qty\nA;n;1\nB;o;0\n"
    send(flow, content)

    def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError("broke off")

    with monkeypatch.context() as broken:
        broken.setattr(configuration.ConfigurationStore, "change_table", breaks)
        for attempt in (
            with_column({"name": "more", "type": "int", "default": "3"}),
            with_changed_column(column_id(flow, "qty"), {"type": "decimal(18,2)"}),
        ):
            with pytest.raises(RuntimeError, match="broke off"):
                change(flow, attempt)
    assert send(flow, content + "C;p;5\n") == (1, 0, 2, 0, 0)


def test_a_removal_that_breaks_off_can_be_made_again(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    create_table(flow.context, PLAIN)

    def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError("broke off")

    with monkeypatch.context() as broken:
        broken.setattr(configuration.ConfigurationStore, "remove_table", breaks)
        with pytest.raises(RuntimeError, match="broke off"):
            remove_table(flow.context, "loot", drop=True)
    remove_table(flow.context, "loot", drop=True)
    assert layout(flow) == []


def test_two_changes_at_once_do_not_make_filenames_overlap(flow: Flow) -> None:
    begin, ended = threading.Barrier(2), list[str]()

    def make(name: str, allowed: str) -> None:
        begin.wait()
        try:
            create_table(flow.context, {"table_name": name, "allowed_filename": allowed, "columns": [CODE]})
            ended.append("made")
        except BadRequest as fault:
            ended.append("fit the same file" if "fit the same file" in str(fault) else str(fault))

    threads = [
        threading.Thread(target=make, args=each) for each in (("loot_a", "loot_a*"), ("loot_b", "loot_*b"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["fit the same file", "made"]
    assert len(configuring.all_tables(flow.context)) == 4


def test_who_waits_too_long_for_another_change_is_told(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configuration, "LOCK_SECONDS", 0)
    with flow.context.database.session() as session, configuration.configuring(session):
        for attempt in (
            lambda: create_table(flow.context, PLAIN),
            lambda: change(flow, with_config({"display_name": "x"}), of="stocks"),
            lambda: remove_table(flow.context, "stocks"),
        ):
            refused(flow, attempt, "somebody else is changing the configuration", JobBusy)
    create_table(flow.context, PLAIN)


def test_a_table_is_not_changed_while_files_are_loaded_into_it(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration, "LOADS_SECONDS", 1)
    create_table(flow.context, PLAIN)
    send(flow)
    database = flow.context.database
    with database.session() as loading, loading.transaction():
        loading.rows("SELECT id FROM import_tables WHERE table_name = 'loot' LOCK IN SHARE MODE")
        for attempt in (
            lambda: change(flow, with_column({"name": "more", "type": "int", "default": "1"})),
            lambda: change(flow, with_config({"columns": [QTY, CODE, NOTE]})),
            lambda: remove_table(flow.context, "loot", drop=True),
        ):
            refused(flow, attempt, "files are being loaded into table 'loot'", JobBusy)
        # What changes nothing of the rows needs not wait for them to come in.
        change(flow, with_alias(column_id(flow, "code"), "Kode"))
    change(flow, with_column({"name": "more", "type": "int", "default": "1"}))
    assert send(flow) == (0, 0, 4, 0, 0)


def test_a_table_that_somebody_reads_for_long_is_told_to_be_busy(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making_tables, "WAIT_SECONDS", 1)
    create_table(flow.context, PLAIN)
    send(flow)
    with flow.context.database.session() as reading, reading.transaction():
        reading.rows("SELECT COUNT(*) FROM loot")
        refused(
            flow,
            lambda: change(flow, with_column({"name": "more", "type": "int", "default": "1"})),
            "somebody is using the table",
            JobBusy,
        )


def test_rows_of_a_load_that_was_still_going_on_are_hashed_anew_too(flow: Flow) -> None:
    create_table(flow.context, PLAIN)
    rows = pl.DataFrame({"line": [2], "code": ["A"], "note": ["n"], "qty": ["1"]})
    changing = threading.Thread(
        target=lambda: change(flow, with_column({"name": "more", "type": "int", "default": "1"}))
    )
    with flow.context.database.session(loader=True) as loading, loading.transaction():
        target = Target(now(flow), ("code", "note", "qty"), 0, flow.context.clock())
        assert load_rows(loading, target, [rows]).inserted == 1
        changing.start()
        changing.join(1)
        assert changing.is_alive()
    changing.join()
    assert send(flow, "code;note;qty\nA;n;1\n") == (0, 0, 1, 0, 0)


def test_who_may_not_make_tables_is_told_and_the_user_for_that_is_taken(flow: Flow, server: Any) -> None:
    database = flow.context.database
    with database.session() as session:
        [(name,)] = session.rows("SELECT DATABASE()")
    host = "127.0.0.1"
    server.execute(f"CREATE USER 'loader_{name}'@'{host}' IDENTIFIED BY 'pw'")
    try:
        server.execute(
            "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE TEMPORARY TABLES "
            f"ON {name}.* TO 'loader_{name}'@'{host}'"
        )
        port = database.connection.port
        uri = f"mysql://loader_{name}:pw@{host}:{port}/{name}"
        limited = replace(flow.context, database=Database(Connection.from_uri(uri, conn_id="limited")))
        refused(flow, lambda: create_table(limited, PLAIN), "ddl_conn_id", SettingsError)
        with_ddl = replace(limited, ddl_database=database)
        create_table(with_ddl, PLAIN)
        refused(
            flow,
            lambda: change_table(limited, "loot", with_column({"name": "more", "type": "int"})),
            "ddl_conn_id",
            SettingsError,
        )
        change_table(limited, "loot", with_config({"display_name": "Loot"}))
        change_table(with_ddl, "loot", with_column({"name": "more", "type": "int"}))
        assert send(Flow(limited, flow.root)) == (4, 0, 0, 0, 0)
    finally:
        server.execute(f"DROP USER 'loader_{name}'@'{host}'")


# which distributors a person sees


@pytest.mark.parametrize(
    "patterns", [(), ("0112",), ("02*", "a.b"), ("*1",), ("a-*_z", "é*", "0112"), ("A*",), ("*.x",)]
)
def test_mysql_shows_a_person_just_the_distributors_that_are_theirs(
    flow: Flow, patterns: tuple[str, ...]
) -> None:
    ids = [
        *("", "0112", "0112 ", " 0112", "0112\n", "02", "02x\ny", "x02", "1", "a1", "1\n"),
        *("a.b", "axb", "A.b", "a-1_z", "a-_z", "é", "e", "É", "a", "A", "\x01", "\n", "😀1", ".x", "y.x"),
    ]
    scope = Scope(patterns)
    with flow.context.database.session() as session:
        for collation in ("utf8mb4_bin", "utf8mb4_general_ci", "utf8mb4_unicode_ci"):
            shown = [
                dist_id
                for dist_id in ids
                if session.rows(
                    f"SELECT CONVERT(%s USING utf8mb4) COLLATE {collation} REGEXP %s", (dist_id, scope.regexp)
                )
                == [(1,)]
            ]
            assert shown == [dist_id for dist_id in ids if scope.sees(dist_id)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.from_regex(r"[a1.\-_é]{0,3}\*?[a1.\-_é]{0,3}", fullmatch=True).filter(bool), max_size=3),
    st.text("aA1.-_éx\n ", max_size=6),
)
def test_mysql_and_the_product_agree_about_any_distributor(
    flow: Flow, patterns: list[str], dist_id: str
) -> None:
    scope = Scope(tuple(patterns))
    with flow.context.database.session() as session:
        [(shown,)] = session.rows("SELECT %s REGEXP %s", (dist_id, scope.regexp))
    assert bool(shown) is scope.sees(dist_id)
