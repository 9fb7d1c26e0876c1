"""Archives and deliveries that failed are tried again: with growing waits, not for ever, and never twice the same."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from devtools.account_data import AccountPlan, fill
from import_export.archive.opening import open_delivery
from import_export.errors import ArchiveRefused, ArchiveUnavailable
from import_export.exports.requests import read_request
from import_export.imports.jobs import ArchiveState, ImportJob
from import_export.services.archiving import archive_lane
from import_export.services.context import Context
from import_export.services.export_delivery import deliver_export
from import_export.services.export_retention import remove_old_exports
from import_export.services.exporting import (
    Run as ExportRun,
)
from import_export.services.exporting import close_export, export_lane, exports_of, new_export, plan_export
from import_export.services.finishing import finish_batch
from import_export.services.loading import load_lane
from import_export.services.maintenance import Findings, Run, overview, recorded, retry_now, wait_after
from import_export.services.maintenance import Step as Steps
from import_export.services.retrying import retry_archives, retry_deliveries
from import_export.services.validating import validate_lane
from import_export.stores.database import Database
from tests.database.flow import STOCKS_HEADER, Flow

RUN, DRY = Run(run_id="test"), Run(run_id="test", dry_run=True)
EXPORT = "7d5f0d0e-7a0a-4a54-b6f6-5c5ad1b0b9d7"


@pytest.fixture
def flow(database: Database, tmp_path: Path) -> Flow:
    return Flow.make(database, tmp_path)


def unarchived(flow: Flow, *skus: str) -> ImportJob:
    """A closed batch whose file waits for the archive, where a file stands in the way."""
    blocked = flow.root / "archive"
    if not blocked.exists():
        blocked.write_text("in the way")
    flow.drop(f"stocks_{skus[0]}.csv", STOCKS_HEADER + "".join(f"{sku};W1;1;01/03/2026\n" for sku in skus))
    batch_id, [lane] = flow.take()
    validate_lane(flow.context, lane)
    load_lane(flow.context, lane)
    with pytest.raises((ArchiveRefused, ArchiveUnavailable)):
        archive_lane(flow.context, lane)
    finish_batch(flow.context, batch_id)
    return flow.jobs(batch_id)[0]


def later(flow: Flow, passed: timedelta) -> Context:
    now = flow.context.clock() + passed
    return replace(flow.context, clock=lambda: now)


def told(found: Findings) -> Mapping[str, int]:
    return {name: number for name, number in found.counts.items() if number}


def job_of(flow: Flow, job: ImportJob) -> ImportJob:
    with flow.context.jobs() as jobs:
        return jobs.job(job.id)


def test_a_pending_archive_is_made_up_for_once_the_archive_is_there(flow: Flow) -> None:
    job = unarchived(flow, "A")
    assert told(retry_archives(flow.context, DRY)) == {"due": 1, "pending": 1}
    assert told(retry_archives(flow.context, RUN)) == {"due": 1, "failed": 1, "pending": 1}
    (flow.root / "archive").unlink()
    assert told(retry_archives(later(flow, timedelta(minutes=14)), RUN)) == {"pending": 1}, "not its turn"
    assert told(retry_archives(later(flow, timedelta(minutes=16)), RUN)) == {"due": 1, "archived": 1}
    found = job_of(flow, job)
    assert (found.archive_state, found.archive_error) == (ArchiveState.DONE, None)
    assert "A;W1" in Path(found.archive_url or "").read_text()
    assert told(retry_archives(later(flow, timedelta(days=2)), RUN)) == {}
    assert len(list((flow.root / "archive").rglob("*.csv"))) == 1


def test_waits_grow_and_the_end_of_all_attempts_is_told_with_the_reason(flow: Flow) -> None:
    job = unarchived(flow, "A")
    limit = flow.context.settings.maintenance_attempts
    passed = timedelta()
    for number in range(1, limit + 1):
        assert told(retry_archives(later(flow, passed), RUN))["failed"] == 1
        assert "failed" not in told(retry_archives(later(flow, passed + wait_after(number) / 2), RUN))
        passed += wait_after(number) + timedelta(seconds=1)
    found = retry_archives(later(flow, passed + timedelta(days=30)), RUN)
    assert told(found) == {"pending": 1, "given_up": 1}
    assert f"after {limit} attempts" in found.warnings[0].text()
    assert "archive" in (job_of(flow, job).archive_error or "")
    [shown] = overview(flow.context, runs=1, most=10).pending
    assert (shown.job_id, shown.retries, shown.filename) == (job.id, limit, "stocks_A.csv")
    (flow.root / "archive").unlink()
    retry_now(flow.context)
    assert told(retry_archives(flow.context, RUN)) == {"due": 1, "archived": 1}


def test_a_file_that_left_the_work_folder_is_archived_from_the_originals(flow: Flow) -> None:
    job = unarchived(flow, "A")
    (flow.root / "archive").unlink()
    (flow.context.work(job.batch_id).files / (job.stored_name or "")).unlink()
    assert told(retry_archives(flow.context, RUN)) == {"due": 1, "archived": 1}
    assert "A;W1" in Path(job_of(flow, job).archive_url or "").read_text()


def test_a_file_that_is_nowhere_any_more_is_told_and_keeps_no_other_from_its_turn(flow: Flow) -> None:
    gone, there = unarchived(flow, "A"), unarchived(flow, "B")
    (flow.root / "archive").unlink()
    (flow.context.work(gone.batch_id).files / (gone.stored_name or "")).unlink()
    [original] = flow.root.glob("done/*/*/stocks_A.csv")
    original.unlink()
    assert told(retry_archives(flow.context, RUN)) == {"due": 2, "archived": 1, "failed": 1, "pending": 1}
    assert "no longer kept" in (job_of(flow, gone).archive_error or "")
    assert job_of(flow, there).archive_state is ArchiveState.DONE


def test_an_archive_that_is_away_is_not_asked_for_each_of_many_files(flow: Flow) -> None:
    for number in range(5):
        unarchived(flow, f"S{number}")
    assert told(retry_archives(flow.context, RUN)) == {"due": 5, "failed": 3, "pending": 5}
    (flow.root / "archive").unlink()
    assert told(retry_archives(flow.context, RUN)) == {"due": 2, "archived": 2, "pending": 3}


def test_a_batch_that_is_still_worked_on_is_left_to_its_run(flow: Flow) -> None:
    job = unarchived(flow, "A")
    with flow.context.database.session() as session, session.transaction():
        session.execute("UPDATE import_batches SET finished_at = NULL")
    assert told(retry_archives(flow.context, RUN)) == {}
    assert job_of(flow, job).archive_state is ArchiveState.PENDING


def exported(flow: Flow, statistics: Database) -> Context:
    """An export whose delivery failed, because a file stands in its way."""
    fill(statistics, AccountPlan(accounts=1, days=3, media_per_account=2, competitors=0))
    settings = replace(
        flow.context.settings,
        export_delivery="object_storage",
        export_delivery_path=str(flow.root / "delivered"),
    )
    context = replace(flow.context, settings=settings, open_delivery=lambda: open_delivery(settings))
    (flow.root / "delivered").write_text("in the way")
    request = read_request({"accounts": "all", "formats": ["csv"], "contents": ["media"]}, "id")
    new_export(context, request, EXPORT)
    run = ExportRun(run_id=EXPORT, nightly=False, at=datetime(2026, 7, 1, tzinfo=UTC), form={})
    for lane in plan_export(context, run):
        export_lane(context, lane)
    with pytest.raises(ArchiveUnavailable):
        deliver_export(context, EXPORT)
    close_export(context, EXPORT)
    return context


def test_an_undelivered_export_is_delivered_once_its_place_is_there(flow: Flow, statistics: Database) -> None:
    context = exported(flow, statistics)
    assert told(retry_deliveries(context, DRY)) == {"due": 1}
    assert told(retry_deliveries(context, RUN)) == {"due": 1, "failed": 1}
    assert told(retry_deliveries(context, RUN)) == {}, "not its turn"
    (flow.root / "delivered").unlink()
    now = context.clock() + timedelta(minutes=16)
    assert told(retry_deliveries(replace(context, clock=lambda: now), RUN)) == {"due": 1, "delivered": 1}
    assert len([path for path in (flow.root / "delivered").rglob("*") if path.is_file()]) == 1
    with exports_of(context) as exports:
        assert exports.line(EXPORT).progress.undelivered == 0


def test_a_delivery_that_was_given_up_is_told_and_a_person_can_have_it_tried_again(
    flow: Flow, statistics: Database
) -> None:
    context = exported(flow, statistics)
    with context.database.session() as session, session.transaction():
        session.execute("UPDATE exports SET delivery_retries = 20")
    found = retry_deliveries(context, RUN)
    assert (told(found), EXPORT in found.warnings[0].text("id")) == ({"given_up": 1}, True)
    (flow.root / "delivered").unlink()
    retry_now(context)
    assert told(retry_deliveries(context, RUN)) == {"due": 1, "delivered": 1}


def test_files_of_an_old_export_stay_until_they_are_delivered(flow: Flow, statistics: Database) -> None:
    context = exported(flow, statistics)
    now = context.clock() + timedelta(days=91)
    later_on = replace(context, clock=lambda: now)
    assert remove_old_exports(later_on) == []
    assert remove_old_exports(replace(later_on, open_delivery=lambda: None), dry_run=True) == [EXPORT]
    (flow.root / "delivered").unlink()
    retry_deliveries(later_on, RUN)
    assert remove_old_exports(later_on) == [EXPORT]


def test_without_a_place_for_deliveries_nothing_is_delivered(flow: Flow, statistics: Database) -> None:
    context = replace(exported(flow, statistics), open_delivery=lambda: None)
    assert told(retry_deliveries(context, RUN)) == {}


def test_what_a_step_did_is_kept_and_so_is_why_it_broke_off(flow: Flow) -> None:
    unarchived(flow, "A")
    recorded(flow.context, RUN, Steps.ARCHIVES, retry_archives)

    def breaks(_: Context, __: Run) -> Findings:
        raise ZeroDivisionError("secret")

    with pytest.raises(ZeroDivisionError):
        recorded(flow.context, Run(run_id="next"), Steps.SPACE, breaks)
    found = overview(flow.context, runs=5, most=5)
    assert {(step.run_id, step.step): (dict(step.counts), step.failure) for step in found.steps} == {
        ("test", "retry_archives"): (
            {"due": 1, "archived": 0, "failed": 1, "pending": 1, "given_up": 0},
            None,
        ),
        ("next", "check_space"): ({}, "ZeroDivisionError, see its log"),
    }
