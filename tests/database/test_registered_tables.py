"""Tables that somebody else made: their other keys, constraints, types and defaults; and who else writes into them."""

from typing import Any

import pytest

from import_export.imports.jobs import JobStatus
from import_export.stores.database import Database
from tests.database.flow import Flow
from tests.database.test_loading_rules import counts, execute, imported, register, table

CODE, NAME, QTY = (
    {"name": "code", "type": "str"},
    {"name": "name", "type": "str"},
    {"name": "qty", "type": "int"},
)
KEY = {**CODE, "is_unique": True}


@pytest.fixture
def flow(database: Database, tmp_path: Any) -> Flow:
    return Flow.make(database, tmp_path)


def test_rows_are_equal_only_when_each_of_their_values_is(flow: Flow) -> None:
    register(flow, "CREATE TABLE theirs (code VARCHAR(20), name VARCHAR(20))", [CODE, NAME])
    rows = "ax1fb;c\na;bx1fc\np\x1fq;r\np;q\x1fr\n"
    assert counts(imported(flow, "code;name\n" + rows, "theirs.csv")) == (4, 0, 0, 0, 0)
    assert counts(imported(flow, "name;code\nc;ax1fb\nr;p\x1fq\n", "theirs.csv")) == (0, 0, 2, 0, 0)


def test_a_row_that_breaks_another_key_of_the_table_overwrites_nothing(flow: Flow) -> None:
    register(
        flow,
        "CREATE TABLE theirs (code VARCHAR(5) PRIMARY KEY, name VARCHAR(5) UNIQUE, qty INT)",
        [KEY, NAME, QTY],
    )
    execute(flow, "INSERT INTO theirs VALUES ('A', 'n', 1)")
    job = imported(flow, "code;name;qty\nB;n;2\nC;o;3\n", "theirs.csv")
    assert table(flow, "*", "theirs") == [("A", "n", "1")]
    assert job.status is JobStatus.FAILED
    assert job.message is not None
    assert "Duplicate entry 'n'" in job.message.text()


@pytest.mark.parametrize(
    "create",
    [
        "CREATE TABLE theirs (code VARCHAR(5) PRIMARY KEY, name VARCHAR(5), qty INT CHECK (qty < 3))",
        "CREATE TABLE theirs (code VARCHAR(5), name VARCHAR(5), qty INT CHECK (qty < 3))",
    ],
)
def test_what_the_tables_own_rules_refuse_fails_the_job_and_is_told(flow: Flow, create: str) -> None:
    register(flow, create, [KEY if "PRIMARY" in create else CODE, NAME, QTY])
    job = imported(flow, "code;name;qty\nA;n;1\nB;o;3\n", "theirs.csv")
    assert (job.status, table(flow, "*", "theirs")) == (JobStatus.FAILED, [])
    assert job.message is not None
    assert "constraint" in job.message.text().lower()


def test_equal_rows_of_a_slice_stay_where_the_table_has_no_key(flow: Flow) -> None:
    register(flow, "CREATE TABLE theirs (code VARCHAR(5), name VARCHAR(5), qty INT)", [CODE, NAME, QTY])
    execute(
        flow,
        "UPDATE import_tables SET replaces = 'code' WHERE table_name = 'theirs'",
        "INSERT INTO theirs VALUES ('A', 'n', 1), ('A', 'o', 2), ('B', 'p', 3), (NULL, 'q', 4)",
    )
    job = imported(flow, "code;name;qty\nA;n;1\nA;x;9\n", "theirs.csv")
    assert (counts(job), job.removed) == ((1, 0, 1, 0, 0), 1)
    assert table(flow, "name", "theirs") == [("n",), ("p",), ("q",), ("x",)]


@pytest.mark.parametrize("key", ["", "PRIMARY KEY"])
def test_a_column_that_the_file_lacks_gets_the_configured_default_in_new_rows(flow: Flow, key: str) -> None:
    register(
        flow,
        f"CREATE TABLE theirs (code VARCHAR(5) {key}, name VARCHAR(5) NOT NULL, qty INT DEFAULT 7)",
        [KEY if key else CODE, NAME, QTY],
    )
    execute(
        flow,
        "UPDATE import_columns SET default_value = 'none' WHERE name = 'name'",
        "INSERT INTO theirs VALUES ('A', 'n', 1)",
    )
    job = imported(flow, "code\nA\nB\n", "theirs.csv")
    assert counts(job) == (1, 0, 1, 0, 0)
    assert table(flow, "*", "theirs") == [("A", "n", "1"), ("B", "none", "7")]


@pytest.mark.parametrize(
    ("held", "configured", "cells", "errors", "kept"),
    [
        ("DATE", "datetime", ["2026-03-01 10:00"], [], ["2026-03-01"]),
        (
            "TIMESTAMP NULL",
            "datetime",
            ["2026-03-01 10:00", "1950-01-01"],
            ["OUT_OF_RANGE"],
            ["2026-03-01 10:00:00"],
        ),
        ("INT", "str", ["12", "x"], ["NOT_AN_INTEGER"], ["12"]),
        ("DECIMAL(4, 1)", "str", ["12.5", "x", "1000"], ["NOT_A_NUMBER", "OUT_OF_RANGE"], ["12.5"]),
        ("DATE", "str", ["01/03/2026", "x"], ["BAD_DATE"], ["2026-03-01"]),
        ("ENUM('a', 'b''c')", "str", ["b'c", "x"], ["NOT_ALLOWED"], ["b'c"]),
        ("VARCHAR(3)", "int", ["999", "-99", "1000", "-100"], ["OUT_OF_RANGE"] * 2, ["-99", "999"]),
        ("DOUBLE", "decimal(10,2)", ["1.5"], [], ["1.5"]),
        ("YEAR", "int", ["2026", "1900", "2156"], ["OUT_OF_RANGE"] * 2, ["2026"]),
    ],
)
def test_columns_are_checked_as_what_mysql_holds(
    flow: Flow, held: str, configured: str, cells: list[str], errors: list[str], kept: list[str]
) -> None:
    register(
        flow,
        f"CREATE TABLE theirs (code VARCHAR(5), value {held})",
        [CODE, {"name": "value", "type": configured}],
    )
    # The quick validation looks at the first rows.
    rows = "".join(f"c;{cell}\n" for cell in [cells[0], cells[0], *cells])
    job = imported(flow, "code;value\n" + rows, "theirs.csv")
    assert [entry["code"] for entry in job.errors] == errors
    assert [value for _, value in table(flow, "code, value", "theirs")] == sorted(kept)


@pytest.mark.parametrize(
    ("held", "configured", "told"),
    [
        ("INT GENERATED ALWAYS AS (1) STORED", "int", "is computed by MySQL"),
        ("DATE", "int", "MySQL's is date"),
        ("VARCHAR(5)", "date", "MySQL's is varchar(5)"),
        ("BLOB", "str", "MySQL's is blob"),
    ],
)
def test_columns_that_cannot_hold_what_is_configured_are_told(
    flow: Flow, held: str, configured: str, told: str
) -> None:
    register(
        flow,
        f"CREATE TABLE theirs (code VARCHAR(5), value {held})",
        [CODE, {"name": "value", "type": configured}],
    )
    cell = "01/03/2026" if configured == "date" else "1"
    job = imported(flow, f"code;value\nA;{cell}\n", "theirs.csv")
    assert job.status is JobStatus.FAILED
    assert job.message is not None
    assert told in job.message.text()
