"""Each rule of retention removes what is old, and nothing that something still points to."""

import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from import_export.services.context import Context, utc_now
from import_export.services.finishing import finish_batch
from import_export.services.leftovers import tidy_up
from import_export.services.loading import load_lane
from import_export.services.maintenance import Findings, Run, Step, daily, recorded
from import_export.services.retention import REPLAYED, remove_old
from import_export.services.validating import validate_lane
from import_export.stores.database import Database
from tests.database.flow import STOCKS_HEADER, Flow

RUN, DRY = Run(run_id="test"), Run(run_id="test", dry_run=True)
ROW = "A;W1;1;01/03/2026\n"
BAD = "C;W1;1;01/03/2026\nB;W1;lima;01/03/2026\n"
ALL = {
    "work_retention_days": 10,
    "originals_retention_days": 10,
    "rejects_retention_days": 10,
    "events_retention_days": 10,
    "audit_retention_days": 10,
    "messages_retention_days": 10,
    "batches_retention_days": 10,
}


@pytest.fixture
def flow(database: Database, tmp_path: Path) -> Flow:
    return Flow.make(database, tmp_path)


def told(found: Findings) -> Mapping[str, int]:
    return {name: number for name, number in found.counts.items() if number}


def days_later(flow: Flow, days: float, **wanted: int) -> Context:
    now = utc_now() + timedelta(days=days)
    chosen = dict.fromkeys(ALL, 0) | wanted
    return replace(flow.context, clock=lambda: now, settings=replace(flow.context.settings, **chosen))


def imported(flow: Flow, name: str = "stocks.csv", content: str = STOCKS_HEADER + ROW) -> str:
    flow.drop(name, content)
    return flow.run()[0].batch_id


def older_than_the_newest(flow: Flow) -> None:
    """The newest files of a table stay; so there are some newer ones."""
    for number in range(REPLAYED):
        imported(flow, f"stocks_{number}.csv", STOCKS_HEADER + f"N{number};W1;1;01/03/2026\n")


def closed_files(flow: Flow) -> list[str]:
    return sorted(path.name for path in flow.root.glob("[df]*/*/*/*") if path.is_file())


def change(flow: Flow, statement: str, *values: Any) -> None:
    with flow.context.database.session() as session, session.transaction():
        session.execute(statement, values)


def test_originals_go_and_rejects_and_report_stay_until_their_own_time(flow: Flow) -> None:
    imported(flow, content=STOCKS_HEADER + ROW + BAD)
    older_than_the_newest(flow)
    young = days_later(flow, 9, originals_retention_days=10)
    assert told(remove_old(young, RUN)) == {}
    old = days_later(flow, 11, originals_retention_days=10)
    before = closed_files(flow)
    assert told(remove_old(old, DRY)) == {"originals": 1}
    assert closed_files(flow) == before
    assert told(remove_old(old, RUN)) == {"originals": 1}
    assert sorted(set(before) - set(closed_files(flow))) == ["stocks.csv"]
    assert told(remove_old(old, RUN)) == {}
    both = days_later(flow, 11, rejects_retention_days=10)
    [folder] = {path.parent for path in flow.root.glob("done/*/*/stocks.rejects.csv")}
    assert told(remove_old(both, RUN)) == {"rejects": 1}
    assert not folder.exists(), "the report goes with the last of them"


def test_the_newest_files_of_each_table_stay_to_try_changes_of_its_configuration_with(flow: Flow) -> None:
    older_than_the_newest(flow)
    before = closed_files(flow)
    assert told(remove_old(days_later(flow, 11, originals_retention_days=10), RUN)) == {}
    assert closed_files(flow) == before


def test_refused_files_go_too_and_folders_of_others_are_left_alone(flow: Flow) -> None:
    flow.drop("notes.csv", "a;b\n1;2\n")
    flow.run()
    mine = flow.root / "failed" / "2020-01-01" / "mine"
    unknown = flow.root / "failed" / "2020-01-01" / str(uuid.uuid4())
    for folder in (mine, unknown):
        folder.mkdir(parents=True)
        (folder / "kept.csv").write_text("x")
    assert told(remove_old(days_later(flow, 11, originals_retention_days=10), RUN)) == {"originals": 1}
    assert closed_files(flow) == ["kept.csv", "kept.csv"]


def test_links_are_not_followed_out_of_the_folder(flow: Flow, tmp_path: Path) -> None:
    batch_id = imported(flow)
    older_than_the_newest(flow)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious.csv").write_text("x")
    [folder] = flow.root.glob(f"done/*/{batch_id}")
    (folder / "link").symlink_to(outside)
    remove_old(days_later(flow, 11, originals_retention_days=10), RUN)
    assert (outside / "precious.csv").exists()
    assert not folder.exists()


def waiting_for_its_archive(flow: Flow) -> str:
    flow.drop("stocks.csv", STOCKS_HEADER + ROW)
    batch_id, [lane] = flow.take()
    validate_lane(flow.context, lane)
    load_lane(flow.context, lane)
    finish_batch(flow.context, batch_id)
    return batch_id


def aged(folder: Path) -> None:
    """As if nobody had touched it for long."""
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (0, 0))


def test_a_work_folder_stays_until_its_file_is_archived(flow: Flow) -> None:
    batch_id = waiting_for_its_archive(flow)
    folder = flow.context.work(batch_id).root
    old = days_later(flow, 2, work_retention_days=1)
    assert told(remove_old(old, RUN)) == {}
    change(flow, "UPDATE import_jobs SET archive_state = 'done' WHERE archive_state = 'pending'")
    assert told(remove_old(days_later(flow, 0.5, work_retention_days=1), RUN)) == {}
    assert told(remove_old(old, DRY)) == {"work_folders": 1}
    (folder / "files" / "put back by a person.csv").write_text("x")
    os.utime(folder / "files", (old.clock().timestamp() + 8 * 3600,) * 2)
    assert told(remove_old(old, RUN)) == {}, "somebody works with it"
    aged(folder)
    assert told(remove_old(old, RUN)) == {"work_folders": 1}
    assert not folder.exists()


def test_of_a_files_history_its_end_stays(flow: Flow) -> None:
    batch_id = imported(flow)
    job, *skipped = flow.jobs(batch_id)
    assert told(remove_old(days_later(flow, 9, events_retention_days=10), RUN)) == {}
    assert told(remove_old(days_later(flow, 11, events_retention_days=10), DRY)) == {"job_events": 4}
    assert told(remove_old(days_later(flow, 11, events_retention_days=10), RUN)) == {"job_events": 4}
    assert [(event.old, event.new) for event in flow.events(job.id)] == [(3, 9)]
    assert all(len(flow.events(each.id)) == 1 for each in skipped)
    assert told(remove_old(days_later(flow, 11, events_retention_days=10), RUN)) == {}


def test_the_log_of_changes_is_cut_by_its_own_setting(flow: Flow) -> None:
    for days in (3, 30):
        change(
            flow,
            "INSERT INTO audit_log (happened_at, actor, action, subject) VALUES (%s, 'x', 'y', 'z')",
            utc_now() - timedelta(days=days),
        )
    assert told(remove_old(days_later(flow, 0, audit_retention_days=10), DRY)) == {"audit_entries": 1}
    assert told(remove_old(days_later(flow, 0, audit_retention_days=10), RUN)) == {"audit_entries": 1}
    assert flow.rows("audit_log") == 1


def test_messages_are_removed_that_went_out_or_never_will(flow: Flow) -> None:
    batch_id = imported(flow)
    for subject, days, sent in (("sent", 30, 30), ("new", 3, 3), ("given up", 30, None), ("waits", 2, None)):
        message(flow, "refused", subject, days, sent)
    message(flow, "stuck", batch_id, 30, 30)
    change(flow, "UPDATE import_jobs SET status = 8 WHERE batch_id = %s AND status = 9", batch_id)
    kept = days_later(flow, 0)
    assert told(remove_old(kept, RUN)) == {}
    later = days_later(flow, 0, messages_retention_days=10)
    assert told(remove_old(later, DRY)) == {"messages": 2}
    assert told(remove_old(later, RUN)) == {"messages": 2}
    assert told(remove_old(days_later(flow, 0, messages_retention_days=1), RUN)) == {"messages": 1}
    assert subjects(flow) == sorted(["waits", batch_id])
    change(flow, "UPDATE import_jobs SET status = 9 WHERE batch_id = %s AND status = 8", batch_id)
    assert told(remove_old(later, RUN)) == {"messages": 1}
    assert subjects(flow) == ["waits"]


def message(flow: Flow, kind: str, subject: str, days: int, sent: int | None) -> None:
    """A message that was written, and perhaps sent, so many days ago."""
    now = utc_now()
    change(
        flow,
        "INSERT INTO notifications (kind, subject, address, language, details, created_at, sent_at) "
        "VALUES (%s, %s, 'dewi@brand.test', 'en', '{}', %s, %s)",
        kind,
        subject,
        now - timedelta(days=days),
        sent and now - timedelta(days=sent),
    )


def subjects(flow: Flow) -> list[str]:
    with flow.context.database.session() as session:
        return sorted(subject for (subject,) in session.rows("SELECT subject FROM notifications"))


def test_batches_are_forgotten_only_when_their_files_are_gone(flow: Flow) -> None:
    batch_id = imported(flow)
    older_than_the_newest(flow)
    old = days_later(flow, 11, batches_retention_days=10)
    assert told(remove_old(old, RUN)) == {}
    [folder] = flow.root.glob(f"done/*/{batch_id}")
    shutil.rmtree(folder)
    assert told(remove_old(old, DRY)) == {"batches": 1}
    assert told(remove_old(old, RUN)) == {"batches": 1}
    with flow.context.jobs() as jobs:
        assert not jobs.has_batch(batch_id)
    assert flow.rows("import_batches") == REPLAYED
    assert flow.rows("stocks") == REPLAYED + 1, "rows of tables are nobody's but the users'"


def test_everything_is_kept_unless_a_setting_says_otherwise(flow: Flow) -> None:
    imported(flow, content=STOCKS_HEADER + ROW + BAD)
    assert told(remove_old(days_later(flow, 10_000), RUN)) == {}


def test_it_is_done_once_a_day_and_at_once_when_asked_for(flow: Flow) -> None:
    def done(context: Context, run: Run) -> bool:
        asked: list[bool] = []

        def work(*_: object) -> Findings:
            asked.append(True)
            return Findings({})

        recorded(context, run, Step.RETENTION, daily(Step.RETENTION, work))
        return bool(asked)

    assert done(days_later(flow, 0), Run(run_id="looked at", dry_run=True))
    assert done(days_later(flow, 0), RUN), "a dry run does nothing"
    assert not done(days_later(flow, 0.5), Run(run_id="next"))
    assert done(days_later(flow, 0.5), Run(run_id="asked", everything=True))
    assert done(days_later(flow, 1.5), Run(run_id="tomorrow"))


@dataclass(frozen=True)
class World:
    """A batch in some state: what may be true of it when retention comes by."""

    status: int
    archive: str
    closed_days_ago: int | None
    mode: str
    correction_in_flight: bool
    repeated_by_another: bool
    is_a_correction: bool

    @property
    def is_pointed_to(self) -> bool:
        """Whether something still needs its files."""
        return (
            self.closed_days_ago is None
            or self.archive == "pending"
            or self.correction_in_flight
            or not (self.status in (0, 2, 6, 9) or (self.status == 5 and self.mode == "quick"))
        )

    @property
    def is_old(self) -> bool:
        return self.closed_days_ago is not None and self.closed_days_ago > 10


WORLDS = st.builds(
    World,
    status=st.sampled_from([0, 1, 2, 3, 4, 5, 6, 8, 9]),
    archive=st.sampled_from(["none", "pending", "done"]),
    closed_days_ago=st.sampled_from([None, 5, 20]),
    mode=st.sampled_from(["both", "quick"]),
    correction_in_flight=st.booleans(),
    repeated_by_another=st.booleans(),
    is_a_correction=st.booleans(),
)


def made(flow: Flow, world: World) -> str:
    """The batch with its rows and files; what points to it is young and open."""
    batch_id, other = str(uuid.uuid4()), str(uuid.uuid4())
    now = utc_now()
    received = now - timedelta(days=30)
    closed = None if world.closed_days_ago is None else now - timedelta(days=world.closed_days_ago)
    batch = (
        "INSERT INTO import_batches (batch_id, source, run_id, mode, names, warnings, received_at, started_at, finished_at) "
        "VALUES (%s, 'run', 'x', %s, '[]', '[]', %s, %s, %s)"
    )
    job = (
        "INSERT INTO import_jobs (batch_id, slot, filename, stored_name, status, archive_state, repeats_job_id, created_at, "
        "updated_at) VALUES (%s, 'file:0001', 'stocks.csv', '0001.csv', %s, %s, %s, %s, %s)"
    )
    event = (
        "INSERT INTO import_job_events (job_id, new_status, actor, reason, happened_at) "
        "VALUES (%s, %s, 'test', '', %s)"
    )
    correction = (
        "INSERT INTO corrections (job_id, line, header, old_value, new_value, batch_id, corrected_by, corrected_at) "
        "VALUES (%s, 2, 'x', '', '', %s, 'test', %s)"
    )
    with flow.context.database.session() as session, session.transaction():
        session.execute(batch, (batch_id, world.mode, received, received, closed))
        session.execute(job, (batch_id, world.status, world.archive, None, received, received))
        [(job_id,)] = session.rows("SELECT LAST_INSERT_ID()")
        for _ in range(2):
            session.execute(event, (job_id, world.status, received))
        session.execute(batch, (other, "both", now, now, None))
        session.execute(job, (other, 1, "none", job_id if world.repeated_by_another else None, now, now))
        [(other_job,)] = session.rows("SELECT LAST_INSERT_ID()")
        if world.correction_in_flight:
            session.execute(correction, (job_id, other, now))
        if world.is_a_correction:
            session.execute(correction, (other_job, batch_id, now))
    closed_folder = flow.root / "done" / f"{received:%Y-%m-%d}" / batch_id
    work = flow.context.work(batch_id).files
    for folder in (closed_folder, work):
        folder.mkdir(parents=True)
    for path in (
        closed_folder / "stocks.csv",
        closed_folder / "stocks.rejects.csv",
        closed_folder / "report.txt",
        work / "0001.csv",
    ):
        path.write_text("x")
    aged(flow.context.work(batch_id).root)
    return batch_id


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(worlds=st.lists(WORLDS, min_size=1, max_size=6))
def test_nothing_that_is_still_pointed_to_is_ever_removed(flow: Flow, worlds: list[World]) -> None:
    for table in ("import_job_events", "corrections", "import_jobs", "import_batches"):
        change(flow, f"DELETE FROM {table}")
    for folder in ("done", "work"):
        shutil.rmtree(flow.root / folder, ignore_errors=True)
    batches = {made(flow, world): world for world in worlds}
    context = days_later(flow, 0, **ALL)
    for run in (DRY, RUN, RUN):
        remove_old(context, run)
        tidy_up(context, run)
    with context.database.session() as session:
        known = {found for (found,) in session.rows("SELECT batch_id FROM import_batches")}
        events = dict(
            session.rows(
                "SELECT j.batch_id, COUNT(e.id) FROM import_jobs AS j INNER JOIN import_job_events AS e ON e.job_id = j.id "
                "GROUP BY j.batch_id"
            )
        )
    for batch_id, world in batches.items():
        files = sorted(
            path.relative_to(flow.root).parts[0] + "/" + path.name
            for path in flow.root.rglob(f"{batch_id}/**/*")
            if path.is_file()
        )
        if world.is_pointed_to or not world.is_old:
            assert files == ["done/report.txt", "done/stocks.csv", "done/stocks.rejects.csv", "work/0001.csv"]
            assert batch_id in known
        else:
            assert files == []
            assert (batch_id in known) == (world.repeated_by_another or world.is_a_correction)
        if batch_id in known:
            # A history is cut when its batch is old; an upload that waits is told whole.
            assert events[batch_id] == (1 if world.is_old and world.archive != "pending" else 2)
