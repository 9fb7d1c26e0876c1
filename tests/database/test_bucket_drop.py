"""A drop folder, done/, failed/ and archive in a bucket: each object is one batch, whoever races and whoever is killed."""

import json
import multiprocessing
import os
import signal
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from multiprocessing.synchronize import Event as Signal
from pathlib import Path

import pytest
from airflow.sdk import Connection

from import_export.archive.buckets import Bucket, Stored
from import_export.archive.settling import Settling
from import_export.errors import ArchiveRefused, ImportExportError
from import_export.imports.jobs import ArchiveState, BatchStatus, JobStatus
from import_export.imports.table_changes import with_alias
from import_export.services.archiving import archive_lane
from import_export.services.configuring import all_tables, change_table, find_table
from import_export.services.correcting import correct_rejects, first_rejects
from import_export.services.dropping import claim_objects, claimed_keys
from import_export.services.finishing import finish_batch
from import_export.services.invariants import violations
from import_export.services.leftovers import tidy_up
from import_export.services.loading import load_lane
from import_export.services.maintenance import Life, Run
from import_export.services.originals import report_file
from import_export.services.receiving import claim_things, extract_batch
from import_export.services.recovering import recover
from import_export.services.replaying import replay
from import_export.services.rerunning import rerun_job
from import_export.services.retention import remove_old
from import_export.services.validating import validate_lane
from import_export.stores.database import Database
from tests.database.flow import STOCKS_HEADER, Flow
from tests.s3_stand_in import Store


def flow_of(database: Database, root: Path, store: Store) -> Flow:
    return Flow.make(
        database,
        root,
        drop_folder=store.uri("drop"),
        done_folder=store.uri("done"),
        failed_folder=store.uri("failed"),
        archive_path=store.uri("archive"),
    )


@pytest.fixture
def flow(database: Database, tmp_path: Path, s3: Store) -> Flow:
    return flow_of(database, tmp_path, s3)


def stocks(*skus: str) -> str:
    return STOCKS_HEADER + "".join(f"{sku};W1;1.250;01/03/2026\n" for sku in skus)


def work(flow: Flow, batch_id: str) -> None:
    """What a run of `import_batch` does."""
    lanes = extract_batch(flow.context, batch_id)
    for step in (validate_lane, load_lane, archive_lane):
        for lane in lanes:
            step(flow.context, lane)
    finish_batch(flow.context, batch_id)


def batches(flow: Flow) -> dict[str, list[str]]:
    """What was handed over, by batch."""
    with flow.context.database.session() as session:
        return {
            batch_id: json.loads(names)
            for batch_id, names in session.rows("SELECT batch_id, names FROM import_batches")
        }


def test_a_dropped_object_ends_as_rows_a_report_beside_it_and_an_archived_file(flow: Flow, s3: Store) -> None:
    s3.put("drop/0112/2026/stocks.csv", stocks("A", "B") + "C;W1;lima;01/03/2026\n")
    job, *_ = flow.run()
    assert (job.status, job.table_name, job.counts.inserted, job.counts.rejected) == (
        JobStatus.COMPLETE,
        "stocks",
        2,
        1,
    )
    assert flow.rows("stocks") == 2
    assert job.filename == "2026/stocks.csv"
    [day, batch_id] = s3.names("done/")[0].split("/")[1:3]
    folder = f"done/{day}/{batch_id}"
    assert s3.names() == [
        f"archive/0112/{day[:4]}/{day[5:7]}/{job.id}_stocks.csv",
        f"{folder}/2026/stocks.csv",
        f"{folder}/report.txt",
        f"{folder}/stocks.rejects.csv",
    ]
    assert s3.get(f"{folder}/2026/stocks.csv").decode() == stocks("A", "B") + "C;W1;lima;01/03/2026\n"
    assert "2 inserted" in s3.get(f"{folder}/report.txt").decode()
    assert job.archive_state is ArchiveState.DONE
    assert job.archive_url == s3.uri(s3.names("archive/")[0])
    assert not list((flow.root / "work").iterdir())
    assert claimed_keys(flow.context) == []


def test_a_batch_of_which_nothing_was_imported_goes_to_failed(flow: Flow, s3: Store) -> None:
    s3.put("drop/notes.csv", "a;b\n1;2\n")
    job, *_ = flow.run()
    assert job.status is JobStatus.INVALID
    assert [key.split("/")[0] for key in s3.names()] == ["failed", "failed"]
    assert [key.split("/")[-1] for key in s3.names()] == ["notes.csv", "report.txt"]


def test_originals_report_and_rejects_are_read_from_the_bucket(flow: Flow, s3: Store) -> None:
    s3.put("drop/0112/stocks.csv", stocks("A", "B") + "C;W1;lima;01/03/2026\n")
    job, *_ = flow.run()
    page = first_rejects(flow.context, job.id, 10)
    assert [(row.line, row.cells[2]) for row in page.rows] == [(4, "lima")]
    with flow.context.jobs() as jobs:
        batch = jobs.batch(job.batch_id)
    with report_file(flow.context, batch) as path:
        assert "2 inserted" in path.read_text()
    runs: list[str] = []
    received = correct_rejects(flow.context, job.id, {4: {2: "5"}}, runs.append)
    work(flow, received.batch.batch_id)
    assert flow.rows("stocks") == 3
    # Of an upload, the original goes to the bucket, too.
    assert f"{received.batch.batch_id}/stocks.csv" in " ".join(s3.names("done/"))
    assert not [path for path in (flow.root / "work").iterdir() if path.name.startswith(".kept")]


def test_a_refused_file_is_tried_again_from_the_bucket_and_moves_to_done(flow: Flow, s3: Store) -> None:
    s3.put("drop/stocks.csv", stocks("A").replace("SKU", "Kode Barang Baru"))
    job, *_ = flow.run()
    assert job.status is JobStatus.INVALID
    sku = find_table(all_tables(flow.context), "stocks").column("sku")
    change_table(flow.context, "stocks", with_alias(sku.id, "Kode Barang Baru"), action="alias added")
    rerun_job(flow.context, job.id, lambda run_id: None)
    work(flow, job.batch_id)
    assert flow.jobs(job.batch_id)[0].status is JobStatus.COMPLETE
    assert {key.split("/")[0] for key in s3.names()} == {"archive", "done"}
    assert [key.split("/")[-1] for key in s3.names("done/")] == ["report.txt", "stocks.csv"]


def _race(uri: str, root: Path, store: Store, start: Barrier, done: "Queue[str]") -> None:
    flow = flow_of(Database(Connection.from_uri(uri, conn_id="racer")), root, store)
    seen = Settling(0).look(flow.scan(), 0)
    start.wait()
    try:
        claim_things(flow.context, seen)
    except ImportExportError as fault:
        done.put(f"{type(fault).__name__}: {fault}")
    else:
        done.put(f"{len(seen)} things seen")


def test_of_four_racing_watchers_each_object_is_claimed_by_one(flow: Flow, s3: Store) -> None:
    for number in range(48):
        s3.put(f"drop/file_{number:03d}.csv", str(number))
    for number in range(12):
        s3.put(f"drop/{number % 4:04d}/file_{number:03d}.csv", str(number))
    processes = multiprocessing.get_context("spawn")
    start, done = processes.Barrier(4), processes.Queue()
    uri = flow.context.database.connection.get_uri()
    racers = [processes.Process(target=_race, args=(uri, flow.root, s3, start, done)) for _ in range(4)]
    for racer in racers:
        racer.start()
    assert [done.get(timeout=240) for _ in racers] == ["52 things seen"] * 4
    for racer in racers:
        racer.join()
        assert racer.exitcode == 0
    with flow.context.database.session() as session:
        found = session.rows("SELECT dist_id, names FROM import_batches")
    claimed = [(dist_id, name) for dist_id, names in found for name in json.loads(names)]
    assert Counter(Counter(claimed).values()) == {1: 60}
    assert len(batches(flow)) == 52
    assert len(claimed_keys(flow.context)) == 60
    # Nothing has moved, and nothing is seen a second time.
    assert len(s3.names("drop/")) == 60
    assert flow.scan().seen == ()


class _Stopping(Bucket):
    """A bucket whose reader stops for ever when it looks at an object, after it told so."""

    def __init__(self, uri: str, reached: Signal) -> None:
        super().__init__(uri)
        self.reached = reached

    def look(self, name: str) -> Stored | None:
        self.reached.set()
        signal.pause()
        return super().look(name)


def _claim_and_stop(uri: str, root: Path, store: Store, reached: Signal) -> None:
    flow = flow_of(Database(Connection.from_uri(uri, conn_id="claimer")), root, store)
    claim_objects(flow.context, _Stopping(store.uri("drop"), reached), Settling(0).look(flow.scan(), 0))


def test_what_a_claimer_had_begun_to_claim_when_it_was_killed_is_claimed_by_the_next(
    flow: Flow, s3: Store
) -> None:
    s3.put("drop/stocks.csv", stocks("A"))
    processes = multiprocessing.get_context("spawn")
    reached = processes.Event()
    uri = flow.context.database.connection.get_uri()
    claimer = processes.Process(target=_claim_and_stop, args=(uri, flow.root, s3, reached), daemon=True)
    claimer.start()
    assert reached.wait(60)
    assert claimer.pid is not None
    os.kill(claimer.pid, signal.SIGKILL)
    claimer.join()
    job, *_ = flow.run()
    assert job.status is JobStatus.COMPLETE
    assert len(batches(flow)) == 1


def test_a_claimer_killed_between_claim_and_copy_leaves_a_batch_that_the_maintenance_starts(
    flow: Flow, s3: Store
) -> None:
    s3.put("drop/stocks.csv", stocks("A"))
    [batch_id] = flow.claim()
    # As a kill in the middle of the copy leaves it.
    claimed = flow.context.work(batch_id).claimed
    claimed.mkdir(parents=True)
    (claimed / "stocks.csv.part").write_text("SKU;Gu")
    assert flow.claim() == []
    later = flow.context.clock() + timedelta(minutes=5)
    context = replace(flow.context, clock=lambda: later)
    assert recover(context, Run(run_id="r"), lambda *_: Life.NONE).runs == (batch_id,)
    work(flow, batch_id)
    assert flow.jobs(batch_id)[0].status is JobStatus.COMPLETE
    assert flow.claim() == []
    assert [key.split("/")[-1] for key in s3.names("done/")] == ["report.txt", "stocks.csv"]


def test_a_watcher_with_an_old_listing_claims_nothing_that_is_gone(flow: Flow, s3: Store) -> None:
    s3.put("drop/stocks.csv", stocks("A"))
    s3.put("drop/0112/stocks.csv", stocks("B"))
    old = Settling(0).look(flow.scan(), 0)
    for batch_id in flow.claim():
        work(flow, batch_id)
    assert claim_things(flow.context, old) == []
    assert len(batches(flow)) == 2
    assert claimed_keys(flow.context) == []


def test_an_object_that_replaces_a_claimed_one_is_a_batch_of_its_own_and_is_never_removed(
    flow: Flow, s3: Store
) -> None:
    s3.put("drop/stocks.csv", stocks("A"))
    batch_id, lanes = flow.take()
    s3.put("drop/stocks.csv", stocks("B", "C"))
    for step in (validate_lane, load_lane, archive_lane):
        for lane in lanes:
            step(flow.context, lane)
    finish_batch(flow.context, batch_id)
    assert s3.get("drop/stocks.csv").decode() == stocks("B", "C")
    assert flow.jobs(batch_id)[0].counts.inserted == 1
    assert flow.run()[0].counts.inserted == 2
    assert s3.names("drop/") == []
    assert {s3.get(key).decode() for key in s3.names("done/") if key.endswith("csv")} == {
        stocks("A"),
        stocks("B", "C"),
    }


def test_an_object_that_is_replaced_before_it_is_copied_is_told_and_the_new_one_is_imported(
    flow: Flow, s3: Store
) -> None:
    s3.put("drop/stocks.csv", stocks("A"))
    [batch_id] = flow.claim()
    s3.put("drop/stocks.csv", stocks("B", "C"))
    work(flow, batch_id)
    with flow.context.jobs() as jobs:
        batch = jobs.batch(batch_id)
    assert finish_batch(flow.context, batch_id) is BatchStatus.FAILED
    with report_file(flow.context, batch) as report:
        assert "stocks.csv: Replaced or removed in the bucket before it could be read." in report.read_text()
    assert flow.run()[0].counts.inserted == 2
    assert flow.rows("stocks") == 2


def test_the_same_bytes_dropped_again_are_a_batch_again(flow: Flow, s3: Store) -> None:
    for expected in ((1, 0), (0, 1)):
        s3.put("drop/stocks.csv", stocks("A"))
        job, *_ = flow.run()
        assert (job.counts.inserted, job.counts.unchanged) == expected


def test_what_could_not_be_removed_at_a_batchs_end_is_not_imported_again_and_goes_later(
    flow: Flow, s3: Store
) -> None:
    s3.put("drop/stocks.csv", stocks("A"))
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteObject",
        "Resource": f"arn:aws:s3:::{s3.bucket}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    s3.client.put_bucket_policy(Bucket=s3.bucket, Policy=policy)
    with pytest.raises(ArchiveRefused, match=r"drop/stocks.csv: no permission"):
        flow.run()
    assert s3.names("drop/") == ["drop/stocks.csv"]
    assert flow.scan().seen == ()
    s3.put("drop/0112/stocks.csv", stocks("B"))
    [waiting] = flow.claim()
    assert tidy_up(flow.context, Run(run_id="r")).counts["left_in_drop_folder"] == 1
    assert s3.names("drop/") == ["drop/0112/stocks.csv", "drop/stocks.csv"]
    s3.client.delete_bucket_policy(Bucket=s3.bucket)
    tidy_up(flow.context, Run(run_id="r"))
    assert s3.names("drop/") == ["drop/0112/stocks.csv"]
    work(flow, waiting)
    assert s3.names("drop/") == []
    assert flow.rows("stocks") == 2


def test_originals_that_this_machine_has_lost_are_taken_from_the_drop_folder_once_more(
    flow: Flow, s3: Store
) -> None:
    s3.put("drop/stocks.csv", stocks("A"))
    batch_id, lanes = flow.take()
    for step in (validate_lane, load_lane, archive_lane):
        for lane in lanes:
            step(flow.context, lane)
    (flow.context.work(batch_id).claimed / "stocks.csv").unlink()
    finish_batch(flow.context, batch_id)
    assert [key.split("/")[-1] for key in s3.names("done/")] == ["report.txt", "stocks.csv"]
    assert s3.names("drop/") == []


def test_old_originals_and_rejects_are_removed_from_the_bucket_and_batches_forgotten(
    flow: Flow, s3: Store
) -> None:
    for number in range(7):
        s3.put("drop/stocks.csv", stocks(f"A{number}", f"C{number}") + "B;G;x;31/03/2026\n")
        flow.run()
    assert list(violations(flow.context, flow.context.clock() - timedelta(days=1))) == []
    later = flow.context.clock() + timedelta(days=40)
    days = {"originals_retention_days": 30, "rejects_retention_days": 30, "batches_retention_days": 30}
    context = replace(flow.context, clock=lambda: later, settings=replace(flow.context.settings, **days))
    assert remove_old(context, Run(run_id="r", dry_run=True)).counts["originals"] == 2
    assert len(s3.names("done/")) == 21
    counts = remove_old(context, Run(run_id="r")).counts
    # The newest five stay, for changes of the configuration to be tried with.
    assert (counts["originals"], counts["rejects"], counts["batches"]) == (2, 7, 2)
    assert [name.rsplit("/", 1)[1] for name in s3.names("done/")] == ["report.txt", "stocks.csv"] * 5
    assert len(batches(flow)) == 5


def test_past_files_are_replayed_from_the_bucket(flow: Flow, s3: Store) -> None:
    s3.put("drop/stocks.csv", stocks("A", "B"))
    flow.run()
    [found] = replay(flow.context, "stocks", lambda table: table, most=5, language="en")
    assert (found.skipped, found.good_before) == (None, 2)
