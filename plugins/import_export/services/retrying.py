"""Tries archives and deliveries again that failed: with growing waits, and not for ever."""

from __future__ import annotations

import logging

from import_export.archive.protocol import Archive
from import_export.errors import ArchiveRefused, ArchiveUnavailable, DatabaseUnavailable, ImportExportError
from import_export.imports.jobs import ArchiveState
from import_export.messages import Message, Told, tell
from import_export.services.archiving import archive_job
from import_export.services.context import Context
from import_export.services.export_delivery import deliver_export
from import_export.services.maintenance import Findings, Run, maintenance_of, wait_after
from import_export.services.originals import restore
from import_export.services.sharing import discard
from import_export.stores.jobs import JobStore
from import_export.stores.maintenance import MaintenanceStore, UndeliveredExport

log = logging.getLogger(__name__)

MOST_AT_ONCE = 500
FAILURES_IN_A_ROW = 3
"""An archive that failed so often is away; what is left has its turn in the next run."""


def retry_archives(context: Context, run: Run) -> Findings:
    """Send the files of closed batches to the archive that wait for it and whose turn it is.

    A file that is no longer in the work folder is taken from the originals.
    """
    limit = context.settings.maintenance_attempts
    with maintenance_of(context) as store:
        due = store.due_archives(context.clock(), limit, MOST_AT_ONCE)
    archived = failed = in_a_row = 0
    if due and not run.dry_run:
        # Opened late: it may need credentials.
        archive = context.open_archive()
        for job_id, retries in due:
            fault = _archive(context, archive, job_id, retries)
            archived, failed = archived + (fault is None), failed + (fault is not None)
            in_a_row = in_a_row + 1 if isinstance(fault, (ArchiveRefused, ArchiveUnavailable)) else 0
            if in_a_row == FAILURES_IN_A_ROW:
                break
    with maintenance_of(context) as store:
        given_up = store.count_archives_given_up(limit)
        pending = store.count_pending_archives()
    counts = {
        "due": len(due),
        "archived": archived,
        "failed": failed,
        "pending": pending,
        "given_up": given_up,
    }
    warnings = (tell(Message.ARCHIVES_GIVEN_UP, count=given_up, attempts=limit),) if given_up else ()
    return Findings(counts, warnings)


def _archive(context: Context, archive: Archive, job_id: int, retries: int) -> Exception | None:
    """Archive the file of a job. Its own trouble is kept with it, with its next turn, and is given back."""
    with context.jobs() as jobs:
        job = jobs.job(job_id)
        batch = jobs.batch(job.batch_id)
    if job.archive_state is not ArchiveState.PENDING:
        return None
    try:
        restore(context, batch, job, context.work(batch.batch_id).files / (job.stored_name or ""))
        archive_job(context, archive, batch, job)
        _discard_shared(context, batch.batch_id)
    except DatabaseUnavailable:
        raise
    except Exception as fault:
        log.exception("job %s: not archived", job_id)
        now = context.clock()
        why = str(fault) if isinstance(fault, ImportExportError) else f"{type(fault).__name__}, see the log"
        with context.database.session() as session, session.transaction():
            JobStore(session).set_archive_failed(job_id, error=why, now=now)
            MaintenanceStore(session).set_archive_retry(job_id, retries + 1, now + wait_after(retries + 1))
        return fault
    return None


def _discard_shared(context: Context, batch_id: str) -> None:
    """What stayed in the shared place for the archive goes with the batch's last file."""
    if context.settings.shared_folder:
        with context.jobs() as jobs:
            waits = any(job.archive_state is ArchiveState.PENDING for job in jobs.jobs(batch_id))
        if not waits:
            discard(context, batch_id)


def retry_deliveries(context: Context, run: Run) -> Findings:
    """Deliver the files of exports that could not be delivered and whose turn it is."""
    limit = context.settings.maintenance_attempts
    waiting: list[UndeliveredExport] = []
    if context.open_delivery() is not None:
        with maintenance_of(context) as store:
            waiting = store.undelivered_exports(MOST_AT_ONCE)
    due = [
        each
        for each in waiting
        if each.retries < limit and (each.retry_at is None or each.retry_at <= context.clock())
    ]
    delivered = failed = 0
    for export in () if run.dry_run else due:
        try:
            deliver_export(context, export.export_id)
        except (ArchiveRefused, ArchiveUnavailable) as fault:
            failed += 1
            log.warning("export %s: not delivered: %s", export.export_id, fault)
            next_at = context.clock() + wait_after(export.retries + 1)
            with maintenance_of(context) as store:
                store.set_delivery_retry(export.export_id, export.retries + 1, next_at)
            if failed == FAILURES_IN_A_ROW:
                break
        else:
            delivered += 1
            with maintenance_of(context) as store:
                store.set_delivery_retry(export.export_id, 0, None)
    warnings: list[Told] = [
        tell(Message.DELIVERY_GIVEN_UP, export=each.export_id, attempts=limit)
        for each in waiting
        if each.retries >= limit
    ]
    counts = {
        "due": len(due),
        "delivered": delivered,
        "failed": failed,
        "given_up": len(warnings),
    }
    return Findings(counts, tuple(warnings))
