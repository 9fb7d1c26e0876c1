"""What a table's configuration makes of a file: slices, duplicates, limits of rejects, registered tables, repeats, undo."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from import_export.errors import NotUndoable
from import_export.imports.jobs import ImportJob, JobStatus
from import_export.services.loading import load_lane
from import_export.services.receiving import RunForm, extract_batch, register_run
from import_export.services.undoing import undo_job
from import_export.services.validating import validate_lane
from import_export.stores.database import Database
from tests.database.flow import Flow

HEADER = "SKU;Gudang;Stok PCS;Tanggal\n"

Run = Callable[..., ImportJob]


@pytest.fixture
def flow(database: Database, tmp_path: Any) -> Flow:
    return Flow.make(database, tmp_path)


def stocks(*rows: tuple[str, str, str]) -> str:
    """Rows of SKU, pieces, day (dd/mm/yyyy), all of warehouse W1."""
    return HEADER + "".join(f"{sku};W1;{pieces};{day}\n" for sku, pieces, day in rows)


def imported(flow: Flow, content: str, name: str = "stocks.csv") -> ImportJob:
    flow.drop(name, content)
    job, *_ = flow.run()
    return job


def execute(flow: Flow, *statements: str) -> None:
    with flow.context.database.session() as session, session.transaction():
        for statement in statements:
            session.execute(statement)


def table(flow: Flow, columns: str = "sku, stock_pcs, `date`", name: str = "stocks") -> list[tuple[Any, ...]]:
    with flow.context.database.session() as session:
        return sorted(tuple(map(str, row)) for row in session.rows(f"SELECT {columns} FROM {name}"))


def counts(job: ImportJob) -> tuple[int, int, int, int, int]:
    each = job.counts
    assert each.adds_up
    return each.inserted, each.updated, each.unchanged, each.rejected, each.skipped


def codes(job: ImportJob) -> set[str]:
    return {note.code.value for note in job.notes}


# slices


def test_a_month_in_the_database_is_replaced_by_the_files(flow: Flow) -> None:
    execute(
        flow, "UPDATE import_tables SET replaces = 'warehouse_code, month(date)' WHERE table_name = 'stocks'"
    )
    imported(flow, stocks(("A", "1", "01/03/2026"), ("B", "2", "31/03/2026"), ("C", "3", "01/04/2026")))
    execute(
        flow,
        "INSERT INTO stocks (sku, warehouse_code, stock_pcs, `date`, ImportDate, import_job_id) "
        "VALUES ('X', 'W2', 9, '2026-03-05', NOW(), 0)",
    )
    job = imported(flow, stocks(("A", "1", "01/03/2026"), ("D", "4", "15/03/2026"), ("A", "7", "31/03/2026")))
    assert counts(job) == (2, 0, 1, 0, 0)
    assert job.removed == 1
    assert table(flow) == [
        ("A", "1", "2026-03-01"),
        ("A", "7", "2026-03-31"),
        ("C", "3", "2026-04-01"),
        ("D", "4", "2026-03-15"),
        ("X", "9", "2026-03-05"),
    ]
    [note] = [note for note in job.notes if note.code.value == "SLICE_REPLACED"]
    assert note.params["slices"] == "warehouse_code: W1, date: 03/2026"
    with pytest.raises(NotUndoable, match="removed"):
        undo_job(flow.context, job.id)


def test_a_file_without_a_good_row_replaces_nothing(flow: Flow) -> None:
    execute(flow, "UPDATE import_tables SET replaces = 'warehouse_code' WHERE table_name = 'stocks'")
    imported(flow, stocks(("A", "1", "01/03/2026")))
    # The bad row is not among those that the quick validation looks at.
    job = imported(flow, HEADER + "B;W1;1;01/03/2026\nC;W1;1;01/03/2026\n" + "D;W1;x;01/03/2026\n")
    assert counts(job)[3] == 1
    assert [row[0] for row in table(flow)] == ["B", "C"]


def test_a_table_without_a_key_is_replaced_by_the_year(flow: Flow) -> None:
    execute(flow, "UPDATE import_tables SET replaces = 'year(dotanggal)' WHERE table_name = 'sales'")
    head = "DISTID;DONO;DOTANGGAL;KODE_OUTLET;KODE_BARANG;AMOUNT_JUAL\n"
    imported(flow, head + "1;A;01/01/2026;o;b;1\n1;B;31/12/2026;o;b;1\n1;C;01/01/2027;o;b;1\n", "sales.csv")
    job = imported(flow, head + "1;B;31/12/2026;o;b;1\n1;D;01/02/2026;o;b;2\n", "sales.csv")
    assert (counts(job), job.removed) == ((1, 0, 1, 0, 0), 1)
    assert [row[0] for row in table(flow, "dono", "sales")] == ["B", "C", "D"]


# duplicates and too many rejects


def test_of_equal_keys_in_a_file_the_last_wins_or_all_are_rejects(flow: Flow) -> None:
    content = stocks(("A", "1", "01/03/2026"), ("B", "2", "01/03/2026"), (" A", "3", "2026-03-01"))
    job = imported(flow, content)
    assert counts(job) == (2, 0, 0, 0, 1)
    assert "DUPLICATES_REPLACED" in codes(job)
    execute(
        flow,
        "UPDATE import_tables SET duplicates = 'reject' WHERE table_name = 'stocks'",
        "DELETE FROM stocks",
    )
    job = imported(flow, content)
    assert counts(job) == (1, 0, 0, 2, 0)
    assert [(entry["line"], entry["code"], entry["params"]["lines"]) for entry in job.errors] == [
        (2, "DUPLICATE_KEY", "4"),
        (4, "DUPLICATE_KEY", "2"),
    ]
    assert table(flow) == [("B", "2", "2026-03-01")]
    assert len(list(flow.root.glob("done/*/*/stocks.rejects.csv"))) == 1


@pytest.mark.parametrize(
    ("limit", "loaded"), [("1", False), ("2", True), ("40%", False), ("50%", True), ("", True)]
)
def test_too_many_rejects_and_nothing_is_loaded(flow: Flow, limit: str, loaded: bool) -> None:
    execute(flow, f"UPDATE import_tables SET max_rejects = '{limit}' WHERE table_name = 'stocks'")
    good = (("A", "1", "01/03/2026"), ("B", "2", "01/03/2026"))
    job = imported(flow, stocks(*good, ("C", "x", "01/03/2026"), ("D", "y", "01/03/2026")))
    if loaded:
        assert (job.status, counts(job)) == (JobStatus.COMPLETE, (2, 0, 0, 2, 0))
        return
    assert (job.status, counts(job), table(flow)) == (JobStatus.FAILED, (0, 0, 0, 2, 2), [])
    assert job.message is not None
    assert job.message.text() == f"Nothing was loaded: 2 of 4 rows were rejected, and the limit is {limit}."
    assert [entry["line"] for entry in job.errors] == [4, 5]
    [rejects] = flow.root.glob("failed/*/*/stocks.rejects.csv")
    assert "C,W1,x" in rejects.read_text(encoding="utf-8-sig")


# tables that somebody else made


def register(flow: Flow, create: str, columns: list[dict[str, Any]]) -> None:
    """Register a table that was made without the product."""
    execute(
        flow,
        create,
        "INSERT INTO import_tables (table_name, display_name, allowed_filename, has_helpers) "
        "VALUES ('theirs', 'Theirs', 'theirs', FALSE)",
    )
    with flow.context.database.session() as session, session.transaction():
        for position, column in enumerate(columns):
            session.execute(
                "INSERT INTO import_columns (table_id, position, name, data_type, is_mandatory, is_unique) "
                "SELECT id, %s, %s, %s, %s, %s FROM import_tables WHERE table_name = 'theirs'",
                (
                    position,
                    column["name"],
                    column["type"],
                    column.get("is_mandatory", False),
                    column.get("is_unique", False),
                ),
            )


PLAIN = [
    {"name": "code", "type": "str"},
    {"name": "qty", "type": "int"},
    {"name": "price", "type": "decimal(10,2)"},
]


def test_a_registered_table_without_a_key_takes_only_rows_that_it_does_not_hold(flow: Flow) -> None:
    register(
        flow,
        "CREATE TABLE theirs (code VARCHAR(5) CHARACTER SET latin1, note VARCHAR(9) DEFAULT 'n', qty SMALLINT, "
        "price DECIMAL(6, 2))",
        PLAIN,
    )
    execute(
        flow, "INSERT INTO theirs (code, qty, price) VALUES ('A', 1, 1.5), ('N', NULL, NULL), ('a', 1, 1.5)"
    )
    job = imported(flow, "code;qty;price\nA;1;1.50\nN;;\nB;2;3\nB;2;3.00\n", "theirs.csv")
    assert counts(job) == (1, 0, 3, 0, 0)
    assert table(flow, "code, qty, price, note", "theirs") == [
        ("A", "1", "1.50", "n"),
        ("B", "2", "3.00", "n"),
        ("N", "None", "None", "n"),
        ("a", "1", "1.50", "n"),
    ]
    with pytest.raises(NotUndoable, match="do not tell"):
        undo_job(flow.context, job.id)


def test_a_registered_table_with_a_key_is_upserted(flow: Flow) -> None:
    keyed = [{**PLAIN[0], "is_unique": True}, *PLAIN[1:]]
    register(flow, "CREATE TABLE theirs (code VARCHAR(5) PRIMARY KEY, qty INT, price DECIMAL(6, 2))", keyed)
    execute(flow, "INSERT INTO theirs VALUES ('A', 1, 1.5), ('B', 2, 2.5)")
    job = imported(flow, "code;qty;price\nA;1;1.50\nB;3;2.50\nC;4;4\n", "theirs.csv")
    assert counts(job) == (1, 1, 1, 0, 0)
    assert table(flow, "code, qty", "theirs") == [("A", "1"), ("B", "3"), ("C", "4")]


def test_what_does_not_fit_mysqls_columns_is_a_reject(flow: Flow) -> None:
    register(
        flow,
        "CREATE TABLE theirs (code VARCHAR(3) CHARACTER SET utf8mb3 NOT NULL, qty SMALLINT UNSIGNED, price DECIMAL(4, 1))",
        PLAIN,
    )
    rows = "abc;0;999.9\nabcd;0;1\n😀;0;1\nx;-1;1\nx;65536;1\nx;1;1000\n;1;1\ny;65535;-999.9\n"
    job = imported(flow, "code;qty;price\n" + rows, "theirs.csv")
    assert [(entry["line"], entry["column"], entry["code"]) for entry in job.errors] == [
        (3, "code", "TOO_LONG"),
        (4, "code", "UNSTORABLE"),
        (5, "qty", "OUT_OF_RANGE"),
        (6, "qty", "OUT_OF_RANGE"),
        (7, "price", "OUT_OF_RANGE"),
        (8, "code", "MANDATORY_EMPTY"),
    ]
    assert table(flow, "code, qty, price", "theirs") == [("abc", "0", "999.9"), ("y", "65535", "-999.9")]


@pytest.mark.parametrize(
    ("create", "unique", "told"),
    [
        (
            "CREATE TABLE theirs (code VARCHAR(5), qty INT, price DECIMAL(6, 2))",
            True,
            "no unique key on (code)",
        ),
        ("CREATE TABLE theirs (code VARCHAR(5), qty INT)", False, "lacks the columns price"),
        (
            "CREATE TABLE theirs (code VARCHAR(5), qty INT, price INT, must INT NOT NULL)",
            False,
            "need a value",
        ),
        ("CREATE TABLE theirs (code VARCHAR(5), qty INT, price INT)", False, "MySQL's is int"),
    ],
)
def test_a_table_that_cannot_fit_is_told_and_the_job_fails(
    flow: Flow, create: str, unique: bool, told: str
) -> None:
    register(flow, create, [{**PLAIN[0], "is_unique": unique}, *PLAIN[1:]])
    job = imported(flow, "code;qty;price\nA;1;1\n", "theirs.csv")
    assert job.status is JobStatus.FAILED
    assert job.message is not None
    assert told in job.message.text()


# the same bytes twice, and undo


def test_the_same_bytes_are_known_and_not_read_again(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    content = stocks(("A", "1", "01/03/2026"), ("B", "2", "01/03/2026"))
    first = imported(flow, content)
    with monkeypatch.context() as patch:
        patch.setattr("import_export.services.load_plan.find_layout", lambda *_: pytest.fail("read again"))
        again = imported(flow, content)
    assert (again.status, counts(again), again.repeats_job_id) == (
        JobStatus.COMPLETE,
        (0, 0, 2, 0, 0),
        first.id,
    )
    assert "REPEATS_JOB" in codes(again)
    assert again.archive_url


@pytest.mark.parametrize(
    "between",
    [
        "UPDATE import_tables SET max_rejects = '5' WHERE table_name = 'stocks'",
        "UPDATE import_columns SET default_value = '7' WHERE name = 'stock_box'",
        None,
    ],
)
def test_a_change_of_the_table_or_its_configuration_is_reason_to_read_again(
    flow: Flow, between: str | None
) -> None:
    content = stocks(("A", "1", "01/03/2026"))
    imported(flow, content)
    if between is None:
        imported(flow, stocks(("A", "5", "01/03/2026")))
    else:
        execute(flow, between)
    again = imported(flow, content)
    assert again.repeats_job_id is None
    assert counts(again)[1] == (1 if between is None else 0)


def test_a_file_with_rejects_is_read_again_for_its_rejects(flow: Flow) -> None:
    content = stocks(("A", "1", "01/03/2026"), ("B", "1", "01/03/2026"), ("C", "x", "01/03/2026"))
    imported(flow, content)
    again = imported(flow, content)
    assert (again.repeats_job_id, counts(again)) == (None, (0, 0, 2, 1, 0))


def test_a_flag_forces_the_same_bytes_to_be_read_again(flow: Flow) -> None:
    path = flow.root / "stocks.csv"
    path.write_text(stocks(("A", "1", "01/03/2026")))
    found = []
    for number, force in enumerate((False, False, True)):
        batch_id = register_run(flow.context, f"run {number}", RunForm(files=(str(path),), force=force))
        lanes = extract_batch(flow.context, batch_id)
        for lane in lanes:
            validate_lane(flow.context, lane)
            load_lane(flow.context, lane)
        found.append(flow.jobs(batch_id)[0].repeats_job_id is not None)
    assert found == [False, True, False]


def test_an_import_is_undone_as_a_whole(flow: Flow) -> None:
    imported(flow, stocks(("A", "1", "01/03/2026")))
    job = imported(flow, stocks(("B", "1", "01/03/2026"), ("C", "1", "01/03/2026")))
    assert undo_job(flow.context, job.id) == 2
    assert [row[0] for row in table(flow)] == ["A"]
    with flow.context.jobs() as jobs:
        undone = jobs.job(job.id)
    assert (undone.status, undone.undone_by, undone.counts.inserted) == (JobStatus.COMPLETE, "test", 2)
    last = flow.events(job.id)[-1]
    assert (last.old, last.new, last.reason) == (9, 9, "undone: 2 rows removed")
    with pytest.raises(NotUndoable, match="undone already"):
        undo_job(flow.context, job.id)
    again = imported(flow, stocks(("B", "1", "01/03/2026"), ("C", "1", "01/03/2026")))
    assert (again.repeats_job_id, counts(again)) == (None, (2, 0, 0, 0, 0))


def test_what_came_after_an_import_keeps_it_from_being_undone(flow: Flow) -> None:
    first = imported(flow, stocks(("A", "1", "01/03/2026"), ("B", "1", "01/03/2026")))
    second = imported(flow, stocks(("A", "2", "01/03/2026")))
    with pytest.raises(NotUndoable, match="changed rows that were there before"):
        undo_job(flow.context, second.id)
    with pytest.raises(NotUndoable, match="a later import"):
        undo_job(flow.context, first.id)
    third = imported(flow, stocks(("A", "2", "01/03/2026")) + "\n")
    assert counts(third) == (0, 0, 1, 0, 0)
    assert undo_job(flow.context, third.id) == 0
    execute(
        flow,
        "UPDATE stocks SET import_job_id = 0 WHERE sku = 'B'",
        f"DELETE FROM import_job_events WHERE job_id = {second.id}",
        f"DELETE FROM import_jobs WHERE id = {second.id}",
    )
    with pytest.raises(NotUndoable, match="holds 0 of them"):
        undo_job(flow.context, first.id)
    refused = imported(flow, "x;y\n1;2\n")
    with pytest.raises(NotUndoable, match="was not imported"):
        undo_job(flow.context, refused.id)
    assert json.dumps([row[0] for row in table(flow)]) == '["A", "B"]'


@pytest.mark.parametrize(
    "by_hand", ["DELETE FROM stocks", "UPDATE stocks SET stock_pcs = 5, import_job_id = 0"]
)
def test_rows_that_were_changed_by_hand_are_reason_to_read_the_same_bytes_again(
    flow: Flow, by_hand: str
) -> None:
    content = stocks(("A", "1", "01/03/2026"), ("B", "2", "01/03/2026"))
    imported(flow, content)
    for _ in range(3):
        assert imported(flow, content).repeats_job_id is not None
    execute(flow, by_hand)
    again = imported(flow, content)
    assert (again.repeats_job_id, again.counts.success) == (None, 2)


def test_rows_that_were_there_before_are_reason_to_read_the_same_bytes_again(flow: Flow) -> None:
    imported(flow, stocks(("A", "1", "01/03/2026")))
    content = stocks(("A", "1", "01/03/2026"), ("B", "2", "01/03/2026"))
    assert counts(imported(flow, content)) == (1, 0, 1, 0, 0)
    execute(flow, "DELETE FROM stocks WHERE sku = 'A'")
    assert counts(imported(flow, content)) == (1, 0, 1, 0, 0)


def test_an_import_is_not_undone_before_it_is_finished(flow: Flow) -> None:
    flow.drop("stocks.csv", stocks(("A", "1", "01/03/2026")))
    batch_id, [lane] = flow.take()
    validate_lane(flow.context, lane)
    load_lane(flow.context, lane)
    with pytest.raises(NotUndoable, match="is not finished"):
        undo_job(flow.context, flow.jobs(batch_id)[0].id)
    assert len(table(flow)) == 1
