"""Each invariant of the design: it holds after ordinary work, and breaking it on purpose is told. Nothing is changed."""

import os
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from import_export import cli
from import_export.services.context import Context, utc_now
from import_export.services.finishing import finish_batch
from import_export.services.invariants import check_invariants, violations
from import_export.services.loading import load_lane
from import_export.services.maintenance import Run
from import_export.services.undoing import undo_job
from import_export.services.validating import validate_lane
from import_export.settings import environment_name
from import_export.stores.database import Database
from tests.database.flow import STOCKS_HEADER, Flow

SALES = (
    "Kode Distributor;No DO;Tanggal DO;Kode Toko;Kode Barang;Qty;Total Penjualan\n"
    "0112;D1;02/03/2026;T1;B1;3;3.001,50\n0112;D2;02/03/2026;T1;B1;3;3.001,50\n"
)
STOCKS = STOCKS_HEADER + "A;W1;1;01/03/2026\nB;W1;2;01/03/2026\nC;W1;lima;01/03/2026\n"


@pytest.fixture
def flow(database: Database, tmp_path: Path) -> Flow:
    """An installation after ordinary work: loaded, changed, repeated, refused, undone, not archived, only looked at."""
    flow = Flow.make(database, tmp_path)
    flow.drop("0112/stocks.csv", STOCKS)
    flow.run()
    flow.drop("0112/stocks.csv", STOCKS.replace("A;W1;1", "A;W1;9"))
    flow.run()
    for _ in range(2):
        flow.drop("0112/sales.csv", SALES)
        flow.run()
    flow.drop("notes.csv", "a;b\n1;2\n")
    flow.run()
    flow.drop("stocks.csv", STOCKS_HEADER + "U;W1;1;01/03/2026\n")
    undo_job(flow.context, flow.run()[0].id)
    flow.drop("stocks.csv", STOCKS_HEADER + "P;W1;1;01/03/2026\n")
    batch_id, [lane] = flow.take()
    validate_lane(flow.context, lane)
    load_lane(flow.context, lane)
    finish_batch(flow.context, batch_id)
    return flow


def told(context: Context) -> list[str]:
    return [each.told.text() for each in violations(context, utc_now() - timedelta(days=2))]


def change(flow: Flow, statement: str, *values: Any) -> None:
    with flow.context.database.session() as session, session.transaction():
        session.execute(statement, values)


def scalar(flow: Flow, query: str) -> Any:
    with flow.context.database.session() as session:
        return session.rows(query)[0][0]


JOB = (
    "(SELECT id FROM (SELECT MIN(id) AS id FROM import_jobs WHERE status = 9 AND table_name = 'sales') AS j)"
)


def other_bytes(flow: Flow) -> None:
    [path, *_] = flow.root.glob("done/*/*/sales.csv")
    path.chmod(0o600)
    path.write_text("something else")


def other_bytes_in_work(flow: Flow) -> None:
    [path] = flow.root.glob("work/*/files/*")
    path.chmod(0o600)
    path.write_text("something else")


def gone_before_archived(flow: Flow) -> None:
    batch_id = scalar(flow, "SELECT batch_id FROM import_jobs WHERE archive_state = 'pending'")
    for path in flow.root.rglob(f"{batch_id}/**/*"):
        if path.is_file():
            path.unlink()
    [folder] = flow.root.glob(f"done/*/{batch_id}")
    folder.rmdir()


def left_behind(flow: Flow) -> None:
    folder = flow.root / "work" / str(uuid.uuid4()) / "spool"
    folder.mkdir(parents=True)
    for path in (folder, folder.parent):
        os.utime(path, (0, 0))


def doubled_rows(flow: Flow) -> None:
    """What loading the same file twice made while its unique key was dropped."""
    change(flow, "ALTER TABLE sales DROP KEY uq_sales_row")
    change(flow, "UPDATE import_jobs SET inserted = 2, unchanged = 0 WHERE repeats_job_id IS NOT NULL")
    repeat = scalar(flow, "SELECT id FROM import_jobs WHERE repeats_job_id IS NOT NULL")
    change(
        flow,
        "INSERT INTO sales (distid, dono, dotanggal, kode_outlet, kode_barang, amount_jual, ImportDate, import_job_id, "
        "row_hash) SELECT distid, dono, dotanggal, kode_outlet, kode_barang, amount_jual, ImportDate, %s, row_hash FROM sales",
        repeat,
    )


@pytest.mark.parametrize(
    ("break_it", "expected"),
    [
        (
            lambda flow: change(
                flow, "UPDATE import_jobs SET status = 3, previous_status = 5 WHERE status = 6"
            ),
            ["I1", "I1"],  # its history ends otherwise, too
        ),
        (
            lambda flow: change(
                flow,
                "INSERT INTO import_batches (batch_id, source, run_id, mode, names, warnings, received_at, started_at) "
                "VALUES ('x', 'run', 'x', 'both', '[]', '[]', NOW(6), NOW(6))",
            ),
            ["I1"],
        ),
        (
            lambda flow: change(
                flow, f"DELETE FROM import_job_events WHERE job_id = {JOB} AND new_status = 9"
            ),
            ["I1"],
        ),
        (
            lambda flow: change(flow, f"DELETE FROM sales WHERE import_job_id = {JOB} LIMIT 1"),
            [],  # the repeated file met them afterwards, so that nobody can tell
        ),
        (
            lambda flow: change(flow, "UPDATE stocks SET import_job_id = 999 WHERE sku = 'P'"),
            ["I2"],
        ),
        (
            lambda flow: change(
                flow,
                "UPDATE stocks SET import_job_id = (SELECT id FROM import_jobs WHERE undone_at IS NOT NULL) "
                "WHERE sku = 'P'",
            ),
            ["I2", "I2"],  # rows of an import that was undone, and none of the other one
        ),
        (lambda flow: change(flow, "ALTER TABLE sales DROP KEY uq_sales_row"), ["I3"]),
        (lambda flow: change(flow, "ALTER TABLE stocks DROP KEY uq_stocks"), ["I3"]),
        (doubled_rows, ["I3", "I3"]),
        (other_bytes, ["I4"]),
        (other_bytes_in_work, ["I4"]),
        (left_behind, ["I5"]),
        (
            lambda flow: change(
                flow,
                "INSERT INTO import_progress (job_id, rows_done, updated_at) VALUES (1, 1, '2020-01-01')",
            ),
            ["I5"],
        ),
        (
            lambda flow: change(flow, f"UPDATE import_jobs SET archive_state = 'none' WHERE id = {JOB}"),
            ["I6"],
        ),
        (
            lambda flow: change(flow, f"UPDATE import_jobs SET archive_url = NULL WHERE id = {JOB}"),
            ["I6"],
        ),
        (gone_before_archived, ["I6"]),
        (
            lambda flow: change(flow, f"UPDATE import_jobs SET total_rows = total_rows + 1 WHERE id = {JOB}"),
            ["I7"],
        ),
        (
            lambda flow: change(flow, "DELETE FROM audit_log WHERE action = 'import undone'"),
            ["I8"],
        ),
        (
            lambda flow: change(
                flow, "UPDATE import_batches SET cancelled_at = NOW(6), cancelled_by = 'x' LIMIT 1"
            ),
            ["I8"],
        ),
        (
            lambda flow: change(
                flow,
                "INSERT INTO table_versions (table_name, version, config, saved_at, saved_by) "
                "VALUES ('stocks', 9, '{}', NOW(6), 'x')",
            ),
            ["I8"],
        ),
        (
            lambda flow: change(
                flow,
                "INSERT INTO corrections (job_id, line, header, old_value, new_value, batch_id, corrected_by, corrected_at) "
                f"VALUES ({JOB}, 2, 'Qty', 'x', '1', 'b', 'x', NOW(6))",
            ),
            ["I8"],
        ),
        (
            lambda flow: change(
                flow, f"DELETE FROM import_job_events WHERE job_id = {JOB} AND new_status = 5"
            ),
            ["I8"],
        ),
    ],
)
def test_what_contradicts_an_invariant_is_told_by_its_name(
    flow: Flow, break_it: Callable[[Flow], None], expected: list[str]
) -> None:
    assert told(flow.context) == [], "all invariants hold after ordinary work"
    break_it(flow)
    found = told(flow.context)
    assert [each[:2] for each in found] == expected, found
    assert told(flow.context) == found, "nothing is changed by looking"


def test_rows_and_files_are_looked_at_of_jobs_that_ended_lately_only(flow: Flow) -> None:
    change(flow, "UPDATE stocks SET import_job_id = 999 WHERE sku = 'P'")
    later = replace(flow.context, clock=lambda: utc_now() + timedelta(days=3))
    assert check_invariants(flow.context, Run(run_id="x")).counts["I2"] == 1
    assert check_invariants(later, Run(run_id="x")).counts["I2"] == 0


def test_the_command_line_tells_violations_and_says_so_by_its_status(
    flow: Flow, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("drop_folder", "work_folder", "done_folder", "failed_folder", "archive_path"):
        monkeypatch.setenv(environment_name(name), str(getattr(flow.context.settings, name)))
    monkeypatch.setenv("AIRFLOW_CONN_IMPORT_EXPORT_MYSQL", flow.context.database.connection.get_uri())
    assert cli.main(["check"]) == 0
    assert "all invariants hold" in capsys.readouterr().out
    change(flow, f"UPDATE import_jobs SET total_rows = total_rows + 1 WHERE id = {JOB}")
    assert cli.main(["check", "--days", "1"]) == 1
    shown = capsys.readouterr()
    assert shown.out.startswith("I7: the counts of job")
    assert "1 violations" in shown.err
