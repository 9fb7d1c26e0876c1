"""Closes a batch: jobs for the tables that no file came for, the report, the originals put away, work files removed."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from import_export.announcing import metrics
from import_export.archive.putting_away import put_away
from import_export.errors import Unfinished
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
from import_export.services.noticing import notice_batch, notice_stuck, tell_waiting
from import_export.services.originals import REPORT_NAME, closed_folder, found_folder, rejects_names
from import_export.services.report import write_report
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
    _require_ends(context, batch, found)
    status = status_of(batch, found)
    if batch.finished_at is None:
        _put_away(context, batch, found, status)
        with context.database.session() as session, session.transaction():
            JobStore(session).finish_batch(batch_id, context.clock())
            notice_batch(context, session, batch, found)
        _count(batch, found, began)
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
    target = closed_folder(context, batch, failed=status is BatchStatus.FAILED)
    before = found_folder(context, batch)
    target.parent.mkdir(parents=True, exist_ok=True)
    if before is not None and before != target:
        # A re-run made something of a batch of which nothing had been imported, or the other way about.
        shutil.move(before, target)
    target.mkdir(exist_ok=True)
    names = {
        job_id: name
        for job_id, name in rejects_names(jobs).items()
        if _has_rejects(work, target / name, next(job for job in jobs if job.id == job_id))
    }
    report = write_report(batch, status, jobs, names, context.settings.reader_language)
    (target / REPORT_NAME).write_text(report, encoding="utf-8")
    put_away(work.claimed, target)
    if any(job.archive_state is ArchiveState.PENDING for job in jobs):
        log.warning("batch %s: its work files stay until they are archived", batch.batch_id)
        return
    if work.root.exists():
        # It is gone when an earlier end broke off between here and its COMMIT.
        shutil.rmtree(work.root, ignore_errors=False)


def _has_rejects(work: WorkFolder, place: Path, job: ImportJob) -> bool:
    """Put a file's rejects to their place; of a file that was worked on again, the old ones go."""
    made = work.rejects_of(job.slot)
    if made.is_file() and made.stat().st_size > 0:
        shutil.copyfile(made, place)
    elif not job.counts.rejected:
        place.unlink(missing_ok=True)
    return place.is_file()
