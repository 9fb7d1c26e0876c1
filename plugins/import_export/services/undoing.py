"""Takes the rows of an import out again, as a whole, when nothing came after it."""

from __future__ import annotations

from import_export.errors import CountsDisagree, NotUndoable
from import_export.failpoints import hit
from import_export.imports.jobs import ArchiveState, ImportJob, JobStatus
from import_export.imports.tables import ImportTable
from import_export.services.context import Context
from import_export.stores.configuration import ConfigurationStore
from import_export.stores.database import Session
from import_export.stores.jobs import JobStore
from import_export.stores.loader import count_rows_of, remove_rows_of
from import_export.stores.tables import list_tables, own_table


def undo_job(context: Context, job_id: int) -> int:
    """Remove the rows that a job inserted, in one transaction; give how many.

    The job keeps its status and its counts; that it was undone, when and by whom stands with it and in its history.
    Raises `NotUndoable` with the reason, `NotFound`, or `JobBusy` when somebody else works on the job.
    """
    with context.database.session() as session, session.transaction():
        jobs = JobStore(session)
        job = jobs.lock(job_id)
        table = _undoable(session, jobs, job)
        removed = remove_rows_of(session, table, job_id)
        if removed != job.counts.inserted:
            raise CountsDisagree(
                f"job {job_id} inserted {job.counts.inserted} rows, {removed} would be removed"
            )
        now = context.clock()
        jobs.set_undone(job_id, by=context.actor, now=now)
        reason = f"undone: {removed} rows removed"
        jobs.move(job, JobStatus.COMPLETE, actor=context.actor, reason=reason, now=now, by_hand=True)
        ConfigurationStore(session).audit(
            actor=context.actor,
            action="import undone",
            subject=f"job {job_id}",
            old={"table": table.table_name, "rows": removed},
            new={"table": table.table_name, "rows": 0},
            now=now,
        )
        hit("undo.commit.before")
    hit("undo.commit.after")
    return removed


def _undoable(session: Session, jobs: JobStore, job: ImportJob) -> ImportTable:
    """The job's table; raises `NotUndoable` when undoing would not bring back what was there before."""
    if job.status is not JobStatus.COMPLETE:
        raise NotUndoable(f"job {job.id} was not imported (status {job.status.value})")
    if job.undone_at is not None:
        raise NotUndoable(f"job {job.id} was undone already, at {job.undone_at:%Y-%m-%d %H:%M:%S}")
    if jobs.batch(job.batch_id).finished_at is None or job.archive_state is ArchiveState.PENDING:
        raise NotUndoable(
            f"job {job.id} is not finished: its batch is not closed, or its file not archived, yet"
        )
    table = next((table for table in list_tables(session) if table.table_name == job.table_name), None)
    if table is None or not table.has_helpers:
        raise NotUndoable(f"the rows of table '{job.table_name}' do not tell which import they came with")
    if job.counts.updated or job.removed:
        raise NotUndoable(
            f"job {job.id} changed rows that were there before ({job.counts.updated} updated, {job.removed} removed); "
            "their old values are not kept"
        )
    # Loads that met the job's rows and have not committed yet are waited for, and then seen.
    own_table(session, table.table_name)
    if jobs.changed_after(job.id):
        raise NotUndoable(
            f"a later import changed rows of table '{job.table_name}'; undo or correct that one first"
        )
    left = count_rows_of(session, table, job.id)
    if left != job.counts.inserted:
        raise NotUndoable(
            f"job {job.id} inserted {job.counts.inserted} rows, but the table holds {left} of them as they were"
        )
    return table
