"""From a dropped file to rows, report and archive, step by step, on real servers."""

import io
import multiprocessing
import os
import signal
import zipfile
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import Connection

from import_export.errors import BadRequest, DatabaseUnavailable, JobBusy, Unfinished
from import_export.imports.jobs import ArchiveState, BatchStatus, JobStatus
from import_export.messages import Message
from import_export.services import loading, validating
from import_export.services.archiving import archive_lane
from import_export.services.finishing import finish_batch
from import_export.services.lanes import Lane
from import_export.services.loading import load_lane
from import_export.services.receiving import RunForm, batch_id_of, extract_batch, register_run
from import_export.services.validating import validate_lane
from import_export.stores.database import Database
from import_export.stores.jobs import JobStore
from tests.database.flow import STOCKS_HEADER, Flow


@pytest.fixture
def flow(database: Database, tmp_path: Path) -> Flow:
    return Flow.make(database, tmp_path)


def zipped(files: dict[str, str]) -> bytes:
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return octets.getvalue()


def stocks(*skus: str) -> str:
    return STOCKS_HEADER + "".join(f"{sku};W1;1.250;01/03/2026\n" for sku in skus)


def test_a_dropped_file_ends_as_rows_report_and_archived_file(flow: Flow) -> None:
    flow.drop("0112/stocks.csv", stocks("00123", "00124"))
    job, *skipped = flow.run()
    assert (job.status, job.table_name, job.counts.inserted) == (JobStatus.COMPLETE, "stocks", 2)
    assert job.archive_state is ArchiveState.DONE
    assert Path(job.archive_url or "").read_text() == stocks("00123", "00124")
    assert [(each.status, each.filename) for each in skipped] == [
        (JobStatus.SKIPPED, "Customers"),
        (JobStatus.SKIPPED, "Sales"),
    ]
    [report] = flow.root.glob("done/*/*/report.txt")
    assert "2 rows: 2 inserted" in report.read_text()
    assert (report.parent / "stocks.csv").exists()
    assert not list((flow.root / "work").iterdir())


def test_the_history_of_a_job_tells_every_move(flow: Flow) -> None:
    flow.drop("stocks.csv", stocks("A"))
    job, *_ = flow.run()
    moves = [(event.old, event.new) for event in flow.events(job.id)]
    assert moves == [(None, 1), (1, 4), (4, 5), (5, 3), (3, 9)]
    assert all(event.actor == "test" for event in flow.events(job.id))


def test_bad_rows_come_back_with_line_column_and_reason(flow: Flow) -> None:
    flow.drop("stocks.csv", stocks("A", "B") + "C;W1;lima;01/03/2026\n;W1;1;31/02/2026\nD;W1\n")
    job, *_ = flow.run()
    assert (job.counts.total, job.counts.inserted, job.counts.rejected) == (5, 2, 3)
    told = [(entry["line"], entry["header"], entry["code"]) for entry in job.errors]
    assert told == [
        (4, "Stok PCS", "NOT_AN_INTEGER"),
        (5, "SKU", "MANDATORY_EMPTY"),
        (5, "Tanggal", "BAD_DATE"),
        (6, None, "ROW_TOO_SHORT"),
    ]
    [rejects] = flow.root.glob("done/*/*/stocks.rejects.csv")
    assert rejects.read_text(encoding="utf-8-sig").splitlines()[1] == (
        "C,W1,lima,01/03/2026,4,\"stock_pcs must be integer, got 'lima'\""
    )


def test_corrected_rejects_go_to_the_same_table_when_dropped_again(flow: Flow) -> None:
    flow.drop("stocks.csv", stocks("A", "B") + "C;W1;lima;01/03/2026\n")
    flow.run()
    [rejects] = flow.root.glob("done/*/*/stocks.rejects.csv")
    flow.drop("stocks.rejects.csv", rejects.read_text(encoding="utf-8-sig").replace("lima", "5"))
    job, *_ = flow.run()
    assert (job.status, job.table_name, job.counts.inserted) == (JobStatus.COMPLETE, "stocks", 1)
    assert job.ignored_columns == ("line", "errors")
    assert flow.rows("stocks") == 3


def test_a_file_that_is_sent_twice_changes_nothing(flow: Flow) -> None:
    for expected in ((2, 0), (0, 2)):
        flow.drop("stocks.csv", stocks("A", "B"))
        job, *_ = flow.run()
        assert (job.counts.inserted, job.counts.unchanged) == expected
    assert flow.rows("stocks") == 2


def test_zip_with_same_base_names_makes_two_jobs(flow: Flow) -> None:
    flow.drop("both.zip", zipped({"a/stocks.csv": stocks("A"), "b/stocks.csv": stocks("B")}))
    jobs = [job for job in flow.run() if job.slot.startswith("file:")]
    assert [job.filename for job in jobs] == ["both.zip/a/stocks.csv", "both.zip/b/stocks.csv"]
    assert [job.status for job in jobs] == [JobStatus.COMPLETE] * 2
    assert flow.rows("stocks") == 2
    assert len({job.archive_url for job in jobs}) == 2


def test_one_bad_file_does_not_touch_the_others(flow: Flow) -> None:
    bad = zipped({"notes.csv": "a;b\n1;2\n", "stocks.csv": stocks("A"), "sales.csv": "DISTID;X\n0112;1\n"})
    flow.drop("0112/mixed.zip", bad)
    found = {job.filename.rsplit("/", 1)[-1]: job for job in flow.run()}
    assert found["notes.csv"].status is JobStatus.INVALID
    assert found["notes.csv"].message is not None
    assert found["notes.csv"].message.text() == "Filename 'notes' not recognized."
    assert found["sales.csv"].message is not None
    assert found["sales.csv"].message.code is Message.MANDATORY_MISSING
    assert found["stocks.csv"].status is JobStatus.COMPLETE


def test_a_broken_zip_is_told_and_nothing_is_lost(flow: Flow) -> None:
    flow.drop("broken.zip", b"PK\x03\x04 this is no ZIP")
    batch_id, lanes = flow.take()
    assert lanes == []
    assert finish_batch(flow.context, batch_id) is BatchStatus.FAILED
    [report] = flow.root.glob("failed/*/*/report.txt")
    assert "broken.zip: Invalid ZIP or no data files found inside." in report.read_text()
    assert "No valid data files to process." in report.read_text()
    assert (report.parent / "broken.zip").exists()


def test_a_file_of_another_distributor_is_refused(flow: Flow) -> None:
    flow.drop("9901/customers.csv", "distid;kode outlet;nama outlet\n0112;1;TOKO\n")
    job = flow.run()[0]
    assert job.status is JobStatus.INVALID
    assert job.message is not None
    assert job.message.text() == (
        "DistID value does not match expected prefix '99' for dist_id '9901'. Found value: '0112'"
    )


def test_no_good_row_at_all_is_failed_and_loads_nothing(flow: Flow) -> None:
    good = "A;W1;1;01/03/2026\n" * 2
    flow.drop("stocks.csv", STOCKS_HEADER + good)
    _, [lane] = flow.take()
    validate_lane(flow.context, lane)
    # The configuration changes between validation and import: now every row is out of range.
    with flow.context.database.session() as session, session.transaction():
        session.execute("UPDATE import_columns SET maximum = '0' WHERE name = 'stock_pcs'")
    load_lane(flow.context, lane)
    job = flow.jobs(lane.batch_id)[0]
    assert job.status is JobStatus.FAILED
    assert job.message is not None
    assert job.message.text() == "No valid rows to insert."
    assert (job.counts.rejected, flow.rows("stocks")) == (2, 0)


def test_a_table_that_lost_a_column_fails_the_job_and_says_so(flow: Flow) -> None:
    flow.drop("stocks.csv", stocks("A"))
    batch_id, [lane] = flow.take()
    validate_lane(flow.context, lane)
    with flow.context.database.session() as session:
        session.execute("ALTER TABLE stocks DROP COLUMN stock_box")
    load_lane(flow.context, lane)
    job = flow.jobs(batch_id)[0]
    assert job.status is JobStatus.FAILED
    assert job.message is not None
    assert "lacks the columns stock_box" in job.message.text()


def test_every_step_may_be_repeated(flow: Flow) -> None:
    flow.drop("0112/stocks.csv", stocks("A", "B"))
    batch_id, lanes = flow.take()
    for step in (validate_lane, load_lane, archive_lane):
        assert extract_batch(flow.context, batch_id) == lanes
        for _ in range(2):
            step(flow.context, lanes[0])
    assert finish_batch(flow.context, batch_id) is BatchStatus.COMPLETED
    assert finish_batch(flow.context, batch_id) is BatchStatus.COMPLETED
    assert extract_batch(flow.context, batch_id) == lanes
    job, *_ = flow.jobs(batch_id)
    assert len(flow.events(job.id)) == 5
    assert (flow.rows("stocks"), len(list(flow.root.glob("archive/**/*.csv")))) == (2, 1)


def test_a_batch_with_a_job_that_is_not_at_its_end_is_not_closed(flow: Flow) -> None:
    flow.drop("stocks.csv", stocks("A"))
    batch_id, [lane] = flow.take()
    validate_lane(flow.context, lane)
    with pytest.raises(Unfinished, match=r"stocks.csv \(Waiting\)"):
        finish_batch(flow.context, batch_id)
    assert (flow.root / "work" / batch_id / "claimed" / "stocks.csv").exists()


def test_a_failing_archive_leaves_the_import_done_and_the_upload_pending(flow: Flow) -> None:
    (flow.root / "archive").write_text("a file where the archive's folder should be")
    flow.drop("stocks.csv", stocks("A"))
    batch_id, [lane] = flow.take()
    validate_lane(flow.context, lane)
    load_lane(flow.context, lane)
    with pytest.raises(Exception, match="archive"):
        archive_lane(flow.context, lane)
    job = flow.jobs(batch_id)[0]
    assert (job.status, job.archive_state) == (JobStatus.COMPLETE, ArchiveState.PENDING)
    assert job.archive_error
    finish_batch(flow.context, batch_id)
    assert list((flow.root / "work" / batch_id / "files").iterdir())
    (flow.root / "archive").unlink()
    archive_lane(flow.context, lane)
    assert flow.jobs(batch_id)[0].archive_state is ArchiveState.DONE


def test_quick_mode_validates_and_imports_nothing(flow: Flow) -> None:
    source = flow.root / "stocks.csv"
    source.write_text(stocks("A"))
    batch_id = register_run(flow.context, "manual__1", RunForm(files=(str(source),), mode="quick"))
    [lane] = extract_batch(flow.context, batch_id)
    for step in (validate_lane, load_lane, archive_lane):
        step(flow.context, lane)
    assert finish_batch(flow.context, batch_id) is BatchStatus.COMPLETED
    assert flow.jobs(batch_id)[0].status is JobStatus.VALID
    assert (flow.rows("stocks"), source.exists()) == (0, True)


def test_a_run_may_name_the_table_and_the_distributor(flow: Flow) -> None:
    source = flow.root / "anything.txt"
    source.write_text(stocks("A"))
    form = RunForm(files=(str(source),), table_name="stocks", dist_id=" 0112 ")
    batch_id = register_run(flow.context, "manual__2", form)
    assert batch_id == batch_id_of("manual__2")
    assert register_run(flow.context, "manual__2", form) == batch_id
    [lane] = extract_batch(flow.context, batch_id)
    validate_lane(flow.context, lane)
    load_lane(flow.context, lane)
    assert flow.jobs(batch_id)[0].table_name == "stocks"
    with flow.context.jobs() as jobs:
        assert jobs.batch(batch_id).dist_id == "0112"


@pytest.mark.parametrize(
    ("form", "told"),
    [
        (RunForm(files=()), "No files provided."),
        (RunForm(files=("/nowhere/x.csv",)), "'/nowhere/x.csv'"),
        (RunForm(files=("/nowhere/x.csv",), mode="fast"), "mode 'fast' is none of: quick, full, both"),
        (RunForm(files=("/nowhere/x.csv",), table_name="loot"), "table_name 'loot' is none of: auto, stocks"),
    ],
)
def test_errors_in_a_form_are_told_before_any_work(flow: Flow, form: RunForm, told: str) -> None:
    with pytest.raises(BadRequest, match=told):
        register_run(flow.context, "manual__3", form)
    with flow.context.jobs() as jobs:
        assert not jobs.has_batch(batch_id_of("manual__3"))


def _load_and_stop(uri: str, root: Path, lane: Lane, reached: Event) -> None:
    """Load, and stand still in the middle of it, with rows in the open transaction."""
    real = loading.load_rows

    def load_rows(*arguments: Any) -> object:
        merged = real(*arguments)
        reached.set()
        signal.pause()
        return merged

    loading.load_rows = load_rows  # type: ignore[assignment]
    database = Database(Connection.from_uri(uri, conn_id="import_export_mysql"))
    load_lane(Flow.make(database, root).context, lane)


@pytest.mark.parametrize(
    ("rows", "told"),
    # Of a small file nothing was committed, so that it is as if it had not been begun.
    [(500, [(5, 3), (3, 9)]), (60_000, [(3, 8), (8, 3), (3, 9)])],
)
def test_a_worker_killed_in_the_middle_of_a_load_leaves_nothing_and_the_retry_loads_once(
    flow: Flow, rows: int, told: list[tuple[int, int]]
) -> None:
    flow.drop("stocks.csv", stocks(*(f"S{number}" for number in range(rows))))
    batch_id, [lane] = flow.take()
    validate_lane(flow.context, lane)
    # A fresh process: polars' threads do not survive a fork.
    start = multiprocessing.get_context("spawn")
    reached = start.Event()
    uri = flow.context.database.connection.get_uri()
    worker = start.Process(target=_load_and_stop, args=(uri, flow.root, lane, reached), daemon=True)
    worker.start()
    assert reached.wait(60)
    assert flow.jobs(batch_id)[0].status is JobStatus.WAITING
    with pytest.raises(JobBusy):
        load_lane(flow.context, lane)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    _load_when_free(flow, lane)
    job = flow.jobs(batch_id)[0]
    assert (job.status, job.counts.inserted, flow.rows("stocks")) == (JobStatus.COMPLETE, rows, rows)
    moves = [(event.old, event.new) for event in flow.events(job.id)]
    assert moves[-len(told) :] == told


def _load_when_free(flow: Flow, lane: object) -> None:
    """The server notices the dead connection at its own pace; until then the row is locked."""
    for _ in range(1000):
        try:
            load_lane(flow.context, lane)  # type: ignore[arg-type]
        except JobBusy:
            continue
        return
    raise AssertionError("the dead worker's lock was never given back")


def test_a_database_that_goes_away_leaves_the_job_to_be_taken_up_again(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow.drop("stocks.csv", stocks("A"))
    batch_id, [lane] = flow.take()
    validate_lane(flow.context, lane)
    real = JobStore.set_loaded

    def lose_connection(store: JobStore, *arguments: object) -> None:
        with flow.context.database.session() as other:
            [(connection,)] = other.rows(
                "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
            )
            other.execute(f"KILL {connection}")
        monkeypatch.setattr(JobStore, "set_loaded", real)
        real(store, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(JobStore, "set_loaded", lose_connection)
    with pytest.raises(DatabaseUnavailable):
        load_lane(flow.context, lane)
    job = flow.jobs(batch_id)[0]
    assert (job.status, flow.rows("stocks")) == (JobStatus.PROCESSING_FAILED, 0)
    load_lane(flow.context, lane)
    job = flow.jobs(batch_id)[0]
    assert (job.status, flow.rows("stocks")) == (JobStatus.COMPLETE, 1)


def test_a_fault_of_ours_in_one_file_does_not_touch_the_others(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = validating.quick_validate

    def quick_validate(path: Path, filename: str, *arguments: object, **values: object) -> object:
        if filename.endswith("a.csv"):
            raise ZeroDivisionError
        return real(path, filename, *arguments, **values)  # type: ignore[arg-type]

    monkeypatch.setattr(validating, "quick_validate", quick_validate)
    flow.drop("both.zip", zipped({"stocks_a.csv": stocks("A"), "stocks_b.csv": stocks("B")}))
    first, second = (job for job in flow.run() if job.slot.startswith("file:"))
    assert (first.status, second.status) == (JobStatus.INVALID, JobStatus.COMPLETE)
    assert first.message is not None
    assert "fault in the program (ZeroDivisionError)" in first.message.text()
