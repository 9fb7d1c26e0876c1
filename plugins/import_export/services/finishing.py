"""Closes a batch: jobs for the tables that no file came for, the report, the originals put away, work files removed."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from datetime import datetime

from import_export.announcing import metrics
from import_export.archive.kept_folder import KeptFolder, move_all
from import_export.errors import Unfinished
from import_export.failpoints import hit
from import_export.imports.jobs import (
    FINAL,
    ArchiveState,
    BatchStatus,
    ImportBatch,
    ImportJob,
    JobOutcome,
    JobStatus,
    batch_status,
)
from import_export.messages import Message, tell
from import_export.services.context import Context, WorkFolder
from import_export.services.dropping import fetch_objects, remove_objects
from import_export.services.noticing import notice_batch, notice_stuck, tell_waiting
from import_export.services.originals import REPORT_NAME, closed_folder, rejects_names
from import_export.services.report import write_report
from import_export.services.sharing import discard, fetch_claimed, rejects_folder
from import_export.stores.jobs import JobStore, NewJob
from import_export.stores.tables import list_tables

log = logging.getLogger(__name__)


def finish_batch(context: Context, batch_id: str, began: datetime | None = None) -> BatchStatus:
    """Close a batch and give its status. May be repeated: what is done already is left as it is.

    `began`: when the run did; of a batch that a person had worked on again, the metrics count only what ended since.
    Raises `Unfinished`, naming the jobs, when some are not at their end; their files stay where they are.
    """
    with context.database.session() as session, session.transaction():
        jobs = JobStore(session)
        batch = jobs.batch(batch_id)
        found = jobs.jobs(batch_id)
        brought = {job.table_name for job in found if job.slot.startswith("file:")}
        skipped = [
            NewJob(
                slot=f"table:{table.table_name}",
                filename=table.display_name,
                table_name=table.table_name,
                status=JobStatus.SKIPPED,
                message=tell(Message.USER_SKIPPED),
            )
            for table in list_tables(session)
            # No distributor is expected to bring accounts' statistics.
            if table.filenames and table.database is None and table.table_name not in brought
        ]
        reason = tell(Message.USER_SKIPPED).text()
        jobs.add_jobs(batch_id, skipped, actor=context.actor, reason=reason, now=context.clock())
        found = jobs.jobs(batch_id)
        hit("finish.skipped.commit.before")
    hit("finish.skipped.commit.after")
    _require_ends(context, batch, found)
    status = status_of(batch, found)
    if batch.finished_at is None:
        _put_away(context, batch, found, status)
        with context.database.session() as session, session.transaction():
            JobStore(session).finish_batch(batch_id, context.clock())
            notice_batch(context, session, batch, found)
            hit("finish.commit.before")
        hit("finish.commit.after")
        _count(batch, found, began)
    remove_objects(context, batch_id)
    tell_waiting(context)
    log.info("batch %s: %s", batch_id, status)
    return status


def status_of(batch: ImportBatch, jobs: Sequence[ImportJob]) -> BatchStatus:
    """The status of a batch, derived from its jobs."""
    return batch_status([JobOutcome(job.status, job.counts.rejected) for job in jobs], refused=batch.refused)


def _count(batch: ImportBatch, jobs: Sequence[ImportJob], began: datetime | None) -> None:
    since = began if batch.reruns else None
    metrics.count_files(
        job
        for job in jobs
        if job.stored_name is not None
        and (since is None or (job.finished_at is not None and job.finished_at >= since))
    )


def _require_ends(context: Context, batch: ImportBatch, jobs: Sequence[ImportJob]) -> None:
    ends = FINAL if batch.mode.imports else FINAL | {JobStatus.VALID}
    left = [f"{job.filename} ({job.status.label})" for job in jobs if job.status not in ends]
    if left:
        # The run gives up: files that are 8 are taken up by nothing until maintenance or a person does.
        with context.database.session() as session, session.transaction():
            notice_stuck(context, session, batch, jobs)
        raise Unfinished(
            f"batch {batch.batch_id}: {len(left)} jobs are not at their end: {', '.join(left[:20])}"
        )


def _put_away(context: Context, batch: ImportBatch, jobs: Sequence[ImportJob], status: BatchStatus) -> None:
    """Originals, report and rejects go to `done/` or `failed/`; work files go unless an upload still needs them."""
    work = context.work(batch.batch_id)
    # Another machine may have made them, or this one may have lost them.
    fetch_claimed(context, batch.batch_id)
    fetch_objects(context, batch.batch_id)
    failed = status is BatchStatus.FAILED
    target, other = (closed_folder(context, batch, failed=which) for which in (failed, not failed))
    if other.names():
        # A re-run made something of a batch of which nothing had been imported, or the other way about.
        move_all(other, target)
    names = _put_rejects(rejects_folder(context, batch.batch_id), target, jobs)
    hit("finish.report.before")
    target.write(write_report(batch, status, jobs, names, context.settings.reader_language), REPORT_NAME)
    hit("finish.report.after")
    target.put_away(work.claimed)
    if any(job.archive_state is ArchiveState.PENDING for job in jobs):
        log.warning("batch %s: its work files stay until they are archived", batch.batch_id)
        return
    hit("finish.work.before")
    if work.root.exists():
        shutil.rmtree(work.root)
    hit("finish.work.after")
    discard(context, batch.batch_id)


def _put_rejects(made: KeptFolder, target: KeptFolder, jobs: Sequence[ImportJob]) -> dict[int, str]:
    """Put the rejects of each file beside the originals; give their names there.

    Of a file that was worked on again, the old ones go.
    """
    found, there, names = set(made.names()), set(target.names()), rejects_names(jobs)
    kept = {}
    for job in jobs:
        if (name := names.get(job.id)) is None:
            continue
        if (ours := WorkFolder.rejects_name(job.slot)) in found and _copied(made, ours, target, name):
            there.add(name)
        elif name in there and not job.counts.rejected:
            target.remove(name)
            there.remove(name)
        if name in there:
            kept[job.id] = name
    return kept


def _copied(made: KeptFolder, ours: str, target: KeptFolder, name: str) -> bool:
    with made.reading(ours) as path:
        if not path.stat().st_size:
            return False
        target.copy_in(path, name)
        return True
