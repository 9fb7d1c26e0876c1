"""Several machines with nothing but a bucket between them: each step of a batch is done by another one."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from import_export.errors import ArchiveUnavailable
from import_export.imports.jobs import ArchiveState, BatchStatus, JobStatus
from import_export.imports.table_changes import with_alias
from import_export.scopes import Scope
from import_export.services.archiving import archive_lane
from import_export.services.configuring import all_tables, change_table, find_table
from import_export.services.correcting import first_rejects
from import_export.services.finishing import finish_batch
from import_export.services.leftovers import tidy_up
from import_export.services.loading import load_lane
from import_export.services.maintenance import Run
from import_export.services.receiving import RunForm, extract_batch, register_run
from import_export.services.rerunning import rerun_job
from import_export.services.uploading import take_upload, upload_form
from import_export.services.validating import validate_lane
from import_export.stores.database import Database
from tests.database.flow import STOCKS_HEADER, Flow
from tests.s3_stand_in import Store, connection_uri

GOOD = STOCKS_HEADER + "A;W1;1;01/03/2026\nB;W1;1;01/03/2026\n"
BATCH = "9b7e5c0e-3f1b-4f0e-8d9a-2f4c1f0f6a11"


class Machines:
    """Machines of one installation, each with a disk of its own, made when they are first used."""

    def __init__(self, database: Database, root: Path, store: Store, **others: object) -> None:
        self.database, self.root, self.store, self.others = database, root, store, others
        self.made: dict[str, Flow] = {}

    def __getitem__(self, name: str) -> Flow:
        if name not in self.made:
            settings = {
                "drop_folder": self.store.uri("drop"),
                "done_folder": self.store.uri("done"),
                "failed_folder": self.store.uri("failed"),
                "archive_path": self.store.uri("archive"),
                "shared_folder": self.store.uri("work"),
            }
            made = Flow.make(self.database, self.root / name, **settings | self.others)
            self.made[name] = replace(made, context=replace(made.context, worker=name))
        return self.made[name]

    def run(self, batch_id: str) -> BatchStatus:
        """The run of a batch: each step on another machine."""
        for lane in extract_batch(self["extractor"].context, batch_id):
            validate_lane(self["validator"].context, lane)
            load_lane(self["loader"].context, lane)
            archive_lane(self["archiver"].context, lane)
        return finish_batch(self["finisher"].context, batch_id)


@pytest.fixture
def machines(database: Database, tmp_path: Path, s3: Store) -> Machines:
    return Machines(database, tmp_path, s3)


def upload(flow: Flow, content: str, mode: str = "full") -> str:
    """What the API server does with an upload."""
    spool = flow.context.work(BATCH).spool
    spool.mkdir(parents=True)
    (spool / "stocks.csv").write_text(content)
    form = upload_form(flow.context, Scope(), mode=mode)
    take_upload(flow.context, BATCH, ["stocks.csv"], form, lambda run_id: None)
    return BATCH


def closed_as(store: Store, folder: str, *names: str) -> bool:
    """Whether one batch lies there with these files, and nothing is left in the shared place."""
    found = [key.split("/", 3)[-1] for key in store.names(f"{folder}/")]
    assert store.names("work/") == []
    return found == list(names)


def test_each_step_of_a_dropped_object_is_done_on_another_machine(machines: Machines, s3: Store) -> None:
    s3.put("drop/0112/stocks.csv", GOOD + "C;W1;lima;01/03/2026\n")
    [batch_id] = machines["watcher"].claim()
    assert machines.run(batch_id) is BatchStatus.COMPLETED_WITH_ERRORS
    job, *_ = machines["watcher"].jobs(batch_id)
    assert (job.status, job.archive_state) == (JobStatus.COMPLETE, ArchiveState.DONE)
    assert (job.counts.inserted, job.counts.rejected, job.worker) == (2, 1, "loader")
    assert machines["loader"].rows("stocks") == 2
    assert closed_as(s3, "done", "report.txt", "stocks.csv", "stocks.rejects.csv")
    [rejects] = [key for key in s3.names("done/") if key.endswith("rejects.csv")]
    assert s3.get(rejects).decode("utf-8-sig").splitlines()[1].startswith("C,W1,lima,01/03/2026,4,")
    assert s3.names("drop/") == []


def test_an_upload_outlives_the_disk_of_the_api_server(machines: Machines, s3: Store) -> None:
    batch_id = upload(machines["api"], GOOD)
    shutil.rmtree(machines["api"].root)
    assert machines.run(batch_id) is BatchStatus.COMPLETED
    assert machines["loader"].rows("stocks") == 2
    assert closed_as(s3, "done", "report.txt", "stocks.csv")


def test_an_upload_that_the_api_server_has_validated_is_loaded_elsewhere(
    machines: Machines, s3: Store
) -> None:
    batch_id = upload(machines["api"], GOOD, mode="both")
    assert machines["api"].jobs(batch_id)[0].status is JobStatus.WAITING
    assert machines.run(batch_id) is BatchStatus.COMPLETED
    assert closed_as(s3, "done", "report.txt", "stocks.csv")


def test_files_of_a_runs_form_are_read_by_one_machine_only(
    machines: Machines, s3: Store, tmp_path: Path
) -> None:
    (tmp_path / "stocks.csv").write_text(GOOD)
    form = RunForm(files=(str(tmp_path / "stocks.csv"),))
    batch_id = register_run(machines["first"].context, "manual__1", form)
    (tmp_path / "stocks.csv").unlink()
    assert machines.run(batch_id) is BatchStatus.COMPLETED


def test_a_drop_folder_on_the_watchers_disk_is_enough(database: Database, tmp_path: Path, s3: Store) -> None:
    machines = Machines(database, tmp_path, s3, drop_folder=tmp_path / "watcher" / "drop")
    machines["watcher"].drop("0112/stocks.csv", GOOD)
    [batch_id] = machines["watcher"].claim()
    assert machines.run(batch_id) is BatchStatus.COMPLETED
    assert closed_as(s3, "done", "report.txt", "stocks.csv")


def test_rejects_are_shown_by_an_api_server_that_did_not_make_them(machines: Machines, s3: Store) -> None:
    s3.put("drop/stocks.csv", GOOD + "C;W1;lima;01/03/2026\n")
    [batch_id] = machines["watcher"].claim()
    [lane] = extract_batch(machines["worker"].context, batch_id)
    validate_lane(machines["worker"].context, lane)
    load_lane(machines["worker"].context, lane)
    page = first_rejects(machines["api"].context, lane.jobs[0], 10)
    assert [(row.line, row.cells[2]) for row in page.rows] == [(4, "lima")]


def test_a_refused_file_is_tried_again_by_other_machines(machines: Machines, s3: Store) -> None:
    s3.put("drop/stocks.csv", GOOD.replace("SKU", "Kode Barang Baru"))
    [batch_id] = machines["watcher"].claim()
    assert machines.run(batch_id) is BatchStatus.FAILED
    context = machines["api"].context
    sku = find_table(all_tables(context), "stocks").column("sku")
    change_table(context, "stocks", with_alias(sku.id, "Kode Barang Baru"), action="alias added")
    rerun_job(context, machines["api"].jobs(batch_id)[0].id, lambda run_id: None)
    for name in ("api", "extractor", "validator", "loader", "archiver"):
        shutil.rmtree(machines[name].root)
    assert machines.run(batch_id) is BatchStatus.COMPLETED
    assert closed_as(s3, "done", "report.txt", "stocks.csv")
    assert s3.names("failed/") == []


def test_a_broken_copy_in_the_shared_place_is_never_loaded(machines: Machines, s3: Store) -> None:
    batch_id = upload(machines["api"], GOOD, mode="both")
    [lane] = extract_batch(machines["extractor"].context, batch_id)
    s3.put(f"work/{batch_id}/files/0001.csv", GOOD.replace("A;", "X;"))
    with pytest.raises(ArchiveUnavailable, match=r"0001.csv is not what was frozen for job"):
        load_lane(machines["loader"].context, lane)
    assert machines["loader"].rows("stocks") == 0


def test_an_upload_that_cannot_be_shared_is_refused_as_a_whole(
    database: Database, tmp_path: Path, s3: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_AWAY_SHARED", connection_uri("http://127.0.0.1:9"))
    machines = Machines(database, tmp_path, s3, shared_folder="s3://away_shared@bucket/work")
    with pytest.raises(ArchiveUnavailable):
        upload(machines["api"], GOOD)
    with machines["api"].context.jobs() as jobs:
        assert not jobs.has_batch(BATCH)


def test_what_closed_batches_leave_on_other_machines_goes_when_these_work_again(
    machines: Machines, s3: Store
) -> None:
    s3.put("drop/stocks.csv", GOOD)
    [closed] = machines["watcher"].claim()
    machines.run(closed)
    s3.put("drop/stocks.csv", GOOD.replace("A;", "X;"))
    [waiting] = machines["watcher"].claim()
    extractor = machines["extractor"]
    extract_batch(extractor.context, waiting)
    there = extractor.root / "work"
    assert {path.name for path in there.iterdir()} == {closed, waiting}
    later = replace(extractor.context, clock=lambda: extractor.context.clock() + timedelta(hours=2))
    extract_batch(later, waiting)
    assert {path.name for path in there.iterdir()} == {waiting}


def test_what_never_became_a_batch_goes_from_the_shared_place_after_a_day(
    machines: Machines, s3: Store
) -> None:
    batch_id = upload(machines["api"], GOOD)
    s3.put("work/0e4d6f43-9a9f-4a35-9c94-0d3c2e1ad6b7/claimed/stocks.csv", GOOD)
    s3.put("work/somebody's.txt", "left alone")
    watcher = machines["watcher"]
    watcher.claim()
    assert len(s3.names("work/")) == 3
    later = replace(watcher.context, clock=lambda: watcher.context.clock() + timedelta(days=2))
    assert tidy_up(later, Run(run_id="r")).counts["shared_orphans"] == 1
    assert s3.names("work/") == [f"work/{batch_id}/claimed/stocks.csv", "work/somebody's.txt"]
