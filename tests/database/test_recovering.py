"""What broke off is found and taken up by a run: once, and nothing is loaded twice."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from import_export.archive.settling import Settling, scan
from import_export.imports.jobs import ImportBatch, JobStatus, Mode
from import_export.services.archiving import archive_lane
from import_export.services.context import Context, utc_now
from import_export.services.finishing import finish_batch
from import_export.services.loading import load_lane
from import_export.services.maintenance import Findings, Life, Run, wait_after
from import_export.services.receiving import batch_id_of, extract_batch
from import_export.services.recovering import recover
from import_export.services.rerunning import rerun_job
from import_export.services.validating import validate_lane
from import_export.stores.database import Database
from tests.database.flow import STOCKS_HEADER, Flow

STOCKS = STOCKS_HEADER + "A;W1;1;01/03/2026\nB;W1;2;01/03/2026\n"
MINUTE = timedelta(minutes=1)


@dataclass
class Runs:
    """Airflow's runs, as far as anybody may ask; the clock is the installation's."""

    flow: Flow
    now: datetime
    lives: dict[str, Life] = field(default_factory=dict)

    @property
    def context(self) -> Context:
        return replace(self.flow.context, clock=lambda: self.now)

    def life_of(self, dag_id: str, run_ids: Sequence[str]) -> Life:
        found = [self.lives[each] for each in run_ids if each in self.lives]
        if Life.ALIVE in found:
            return Life.ALIVE
        return Life.ENDED if found else Life.NONE

    def look(self, after: timedelta = 2 * MINUTE, *, dry_run: bool = False) -> Findings:
        """One run of the maintenance's step, some time later; the runs that it asks for wait."""
        self.now += after
        found = recover(self.context, Run(run_id="test", dry_run=dry_run), self.life_of)
        self.lives |= dict.fromkeys(found.runs, Life.ALIVE)
        return found

    def work_off(self, run_id: str) -> None:
        """The tasks of a run."""
        batch_id = batch_id_of(run_id)
        for step in (validate_lane, load_lane, archive_lane):
            for lane in extract_batch(self.context, batch_id):
                step(self.context, lane)
        finish_batch(self.context, batch_id)
        self.lives[run_id] = Life.ENDED


@pytest.fixture
def runs(database: Database, tmp_path: Path) -> Runs:
    return Runs(Flow.make(database, tmp_path), utc_now())


def told(found: Findings) -> Mapping[str, int]:
    return {name: number for name, number in found.counts.items() if number}


def status_of(runs: Runs, batch_id: str) -> JobStatus:
    return runs.flow.jobs(batch_id)[0].status


def test_a_batch_that_was_registered_without_a_run_gets_it(runs: Runs) -> None:
    runs.flow.drop("stocks.csv", STOCKS)
    [batch_id] = runs.flow.claim()
    assert told(runs.look(timedelta(seconds=30))) == {}, "its watcher is about to start it"
    found = runs.look()
    assert (found.runs, told(found)) == ((batch_id,), {"batches_started": 1})
    assert told(runs.look()) == {}, "it waits in Airflow now"
    runs.work_off(batch_id)
    assert (status_of(runs, batch_id), runs.flow.rows("stocks")) == (JobStatus.COMPLETE, 2)
    assert told(runs.look()) == {}


def test_a_start_that_was_lost_is_repeated(runs: Runs) -> None:
    runs.flow.drop("stocks.csv", STOCKS)
    [batch_id] = runs.flow.claim()
    assert runs.look().runs == (batch_id,)
    runs.lives.clear()
    assert runs.look().runs == (batch_id,)


def test_a_claim_that_was_never_registered_becomes_a_batch(runs: Runs) -> None:
    runs.flow.drop("0112/stocks.csv", STOCKS)
    [batch_id] = runs.flow.claim()
    with runs.flow.context.database.session() as session, session.transaction():
        session.execute("DELETE FROM import_batches")
    assert told(runs.look(dry_run=True)) == {"claims_adopted": 1}
    found = runs.look()
    assert (found.runs, told(found)) == ((batch_id,), {"claims_adopted": 1, "batches_started": 1})
    with runs.flow.context.jobs() as jobs:
        batch = jobs.batch(batch_id)
    assert (batch.source, batch.dist_id, batch.names) == ("drop_folder", "0112", ("stocks.csv",))


def test_a_claim_that_broke_off_in_the_middle_is_no_batch_of_its_own_before_it_holds_a_file(
    runs: Runs,
) -> None:
    folder = runs.flow.root / "work" / str(uuid.uuid4())
    (folder / "claimed").mkdir(parents=True)
    facts = {
        "batch_id": folder.name,
        "dist_id": None,
        "names": ["x.csv"],
        "received_at": "2026-01-01T00:00:00",
    }
    (folder / "batch.json").write_text(json.dumps(facts))
    assert told(runs.look()) == {}


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ((), JobStatus.UPLOADED),
        ((validate_lane,), JobStatus.WAITING),
        ((validate_lane, load_lane), JobStatus.COMPLETE),
        ((validate_lane, load_lane, archive_lane), JobStatus.COMPLETE),
    ],
)
def test_a_batch_whose_run_ended_too_early_is_taken_up_where_it_is(
    runs: Runs, steps: Sequence[object], status: JobStatus
) -> None:
    runs.flow.drop("stocks.csv", STOCKS)
    batch_id, [lane] = runs.flow.take()
    for step in steps:
        step(runs.flow.context, lane)  # type: ignore[operator]
    runs.lives[batch_id] = Life.ALIVE
    assert status_of(runs, batch_id) is status
    assert told(runs.look()) == {}, "its run is at work"
    runs.lives[batch_id] = Life.ENDED
    assert told(runs.look(dry_run=True)) == {"batches_requeued": 1}
    found = runs.look()
    assert (found.runs, told(found)) == ((f"{batch_id}_again_1",), {"batches_requeued": 1})
    runs.work_off(found.runs[0])
    assert (status_of(runs, batch_id), runs.flow.rows("stocks")) == (JobStatus.COMPLETE, 2)
    assert [event.new for event in runs.flow.events(runs.flow.jobs(batch_id)[0].id)].count(
        JobStatus.COMPLETE
    ) == 1
    assert told(runs.look()) == {}


@pytest.mark.parametrize("status", [JobStatus.VALIDATING, JobStatus.PROCESSING_FAILED])
def test_a_job_in_the_middle_of_a_step_is_taken_up(runs: Runs, status: JobStatus) -> None:
    runs.flow.drop("stocks.csv", STOCKS)
    batch_id, [lane] = runs.flow.take()
    with runs.flow.context.jobs() as jobs:
        job = jobs.job(lane.jobs[0])
        way = (
            [JobStatus.VALIDATING]
            if status is JobStatus.VALIDATING
            else [JobStatus.VALIDATING, JobStatus.VALID, JobStatus.WAITING, JobStatus.PROCESSING_FAILED]
        )
        if status is JobStatus.PROCESSING_FAILED:
            jobs.set_validated(job.id, table_name="stocks", rows=2, notes=(), ignored=())
        for each in way:
            job = jobs.move(job, each, actor="test", reason="as a killed worker leaves it", now=utc_now())
    runs.lives[batch_id] = Life.ENDED
    [run_id] = runs.look().runs
    runs.work_off(run_id)
    assert (status_of(runs, batch_id), runs.flow.rows("stocks")) == (JobStatus.COMPLETE, 2)


def test_a_run_that_ended_before_it_extracted_anything_is_followed_by_one_that_does(runs: Runs) -> None:
    runs.flow.drop("stocks.csv", STOCKS)
    [batch_id] = runs.flow.claim()
    runs.lives[batch_id] = Life.ENDED
    [run_id] = runs.look().runs
    runs.work_off(run_id)
    assert (status_of(runs, batch_id), runs.flow.rows("stocks")) == (JobStatus.COMPLETE, 2)


def test_a_batch_whose_runs_all_fail_is_tried_after_growing_waits_and_not_for_ever(runs: Runs) -> None:
    runs.flow.drop("stocks.csv", STOCKS)
    batch_id, _ = runs.flow.take()
    runs.lives[batch_id] = Life.ENDED
    attempts = runs.context.settings.maintenance_attempts
    for number in range(1, attempts + 1):
        [run_id] = runs.look().runs
        assert run_id == f"{batch_id}_again_{number}"
        runs.lives[run_id] = Life.ENDED
        assert runs.look(wait_after(number) - 3 * MINUTE).runs == ()
        runs.now += 3 * MINUTE
    found = runs.look(timedelta(days=30))
    assert (found.runs, told(found)) == ((), {"batches_given_up": 1})
    assert batch_id in found.warnings[0].text("id")


def test_what_a_person_has_tried_again_counts_from_the_beginning(runs: Runs) -> None:
    runs.flow.drop("stocks.csv", STOCKS_HEADER)
    batch_id, [lane] = runs.flow.take()
    validate_lane(runs.context, lane)
    finish_batch(runs.context, batch_id)
    assert status_of(runs, batch_id) is JobStatus.INVALID
    with runs.flow.context.database.session() as session, session.transaction():
        session.execute("UPDATE import_batches SET requeues = 20, requeue_at = '2099-01-01'")
    started: list[str] = []
    rerun_job(runs.context, lane.jobs[0], started.append)
    runs.lives[started[0]] = Life.ENDED
    assert told(runs.look(timedelta(seconds=30))) == {}, "it was asked for just now"
    assert runs.look().runs == (f"{batch_id}_again_2",)


def test_an_upload_gets_half_an_hour_of_its_server_before_a_run_is_started(runs: Runs) -> None:
    batch_id = str(uuid.uuid4())
    work = runs.context.work(batch_id)
    work.spool.mkdir(parents=True)
    (work.spool / "stocks.csv").write_text(STOCKS)
    with runs.flow.context.jobs() as jobs:
        jobs.add_batch(
            ImportBatch(
                batch_id=batch_id,
                source="upload",
                run_id=batch_id,
                mode=Mode.BOTH,
                table_name="auto",
                dist_id=None,
                names=("stocks.csv",),
                received_at=runs.now,
            )
        )
    assert told(runs.look(29 * MINUTE)) == {}
    assert runs.look().runs == (batch_id,)
    runs.work_off(batch_id)
    assert (status_of(runs, batch_id), runs.flow.rows("stocks")) == (JobStatus.COMPLETE, 2)


def test_more_batches_than_one_page_are_all_looked_at_and_some_wait_for_the_next_run(runs: Runs) -> None:
    with runs.flow.context.jobs() as jobs:
        for number in range(1101):
            batch_id = str(uuid.UUID(int=number))
            jobs.add_batch(
                ImportBatch(
                    batch_id=batch_id,
                    source="drop_folder",
                    run_id=batch_id,
                    mode=Mode.BOTH,
                    table_name="auto",
                    dist_id=None,
                    names=("x.csv",),
                    received_at=runs.now,
                )
            )
            if number < 600:
                runs.lives[batch_id] = Life.ALIVE
    assert told(runs.look()) == {"batches_started": 500}
    assert told(runs.look()) == {"batches_started": 1}
    assert told(runs.look()) == {}


def test_things_that_are_dropped_are_batches_of_their_own_and_more_than_500_wait_their_turn(
    runs: Runs,
) -> None:
    for number in range(501):
        runs.flow.drop(f"{number:03d}.csv", "x")
    assert (len(runs.flow.claim()), len(runs.flow.claim())) == (500, 1)
    assert Settling(0).look(scan(runs.flow.root / "drop"), 0) == []
