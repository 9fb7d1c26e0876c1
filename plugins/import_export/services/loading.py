"""Imports the valid files of a lane: one transaction a file, in which the rows and the status are committed together.

The protocol is that of docs/reliability.md: the job's row lock is the fence, MySQL's counts are held against ours
before COMMIT, and after any doubt the job row tells what happened.
"""

from __future__ import annotations

import logging
from collections import deque

from import_export.errors import (
    Cancelled,
    ConfigurationChanged,
    CountsDisagree,
    DatabaseUnavailable,
    ImportExportError,
    LayoutChanged,
    RowsRefused,
    TransientError,
)
from import_export.failpoints import hit
from import_export.imports.jobs import FINAL, ImportBatch, ImportJob, JobStatus
from import_export.imports.rejects_file import RejectsFile
from import_export.imports.staging import StagedFile, StagedResult
from import_export.messages import Message, Told, tell
from import_export.services.context import Context
from import_export.services.lanes import Lane
from import_export.services.load_plan import LaneTables, Plan
from import_export.services.outcomes import fail, settle, settle_refused, settle_repeat
from import_export.services.progress import check_cancelled, watched
from import_export.services.sharing import REJECTS, frozen_file, share_file
from import_export.stores.batches import BatchStore
from import_export.stores.database import Deadlock, Session
from import_export.stores.jobs import JobStore
from import_export.stores.loader import Merged, count_rows_of, load_rows
from import_export.stores.staging_table import Target

log = logging.getLogger(__name__)

DEADLOCK_TRIES = 5
SMALL = 1 << 20
"""Bytes of a file that is taken up and loaded in one transaction."""
FEW_BYTES = 32 << 10
"""Bytes of a file whose rows are sent in one statement."""


def load_lane(context: Context, lane: Lane) -> None:
    """Import each waiting file of the lane. One file's failure never stops another's.

    Raises the first failure after all files were tried, so that the task is retried for what is left. A connection that
    was lost is followed by another one for the next file; a database that takes none ends the lane at once.
    """
    failure: Exception | None = None
    left = deque(lane.jobs)
    while left:
        try:
            failed = _load_some(context, lane, left)
            failure = failure or failed
        except DatabaseUnavailable as fault:
            failure = failure or fault
            break
    if failure is not None:
        raise failure


def _load_some(context: Context, lane: Lane, left: deque[int]) -> Exception | None:
    """Import files of the lane, on one connection, until none is left or it is lost; give the first failure."""
    failure: Exception | None = None
    with context.database.session(loader=True) as session:
        batch = JobStore(session).batch(lane.batch_id)
        tables = LaneTables.read(session, batch)
        if not batch.mode.imports:
            left.clear()
        while left:
            job_id = left.popleft()
            try:
                _load_job(context, session, batch, job_id, tables)
            except Exception as fault:
                log.exception("job %s: the import broke off", job_id)
                _tell_broken(context, job_id, fault)
                failure = failure or fault
                if isinstance(fault, DatabaseUnavailable):
                    break
    return failure


def _load_job(
    context: Context, session: Session, batch: ImportBatch, job_id: int, tables: LaneTables
) -> None:
    """Take the job up and load its file, again after a deadlock or a change of the table's configuration.

    That a large file was taken up is committed before the long work, so that the loss of its worker is told. With a
    small one that is not worth a transaction: a loss leaves it waiting.
    """
    taken, tries = False, 0
    while True:
        try:
            with session.transaction():
                jobs = JobStore(session)
                job: ImportJob | None = jobs.lock(job_id)
                if job is not None and not taken:
                    job = _taken_up(context, jobs, job)
                if job is None or job.status in FINAL:
                    return
                loads = taken or job.size <= SMALL
                if loads:
                    _load_locked(context, session, batch, job, tables)
                    if taken:
                        BatchStore(session).clear_progress(job.id)
                    hit("load.commit.before")
                else:
                    hit("load.taken.commit.before")
            if loads:
                hit("load.commit.after")
                return
            hit("load.taken.commit.after")
            taken = True
        except (Deadlock, ConfigurationChanged) as fault:
            tries += 1
            if tries == DEADLOCK_TRIES:
                raise
            log.info("job %s: %s; trying again", job_id, fault)
            if isinstance(fault, ConfigurationChanged):
                tables = LaneTables.read(session, batch)


def _taken_up(context: Context, jobs: JobStore, job: ImportJob) -> ImportJob | None:
    """The job, taken up, or None when there is nothing to do. Writes down what became of an earlier attempt."""
    now = context.clock()
    if job.status is JobStatus.WAITING and job.attempts:
        lost = tell(Message.WORKER_LOST)
        failed = JobStatus.PROCESSING_FAILED
        job = jobs.move(job, failed, actor=context.actor, reason=lost.text(), now=now, message=lost)
    if job.status is JobStatus.PROCESSING_FAILED:
        job = jobs.move(job, JobStatus.WAITING, actor=context.actor, reason="taken up again", now=now)
    if job.status is not JobStatus.WAITING:
        return None
    jobs.set_attempt(job.id, worker=context.worker, now=now)
    return job


def _load_locked(
    context: Context, session: Session, batch: ImportBatch, job: ImportJob, tables: LaneTables
) -> None:
    jobs = JobStore(session)
    try:
        check_cancelled(session, batch.batch_id)
    except Cancelled as fault:
        fail(context, jobs, job, tell(Message.CANCELLED, who=fault.who))
        return
    digest = tables.digest(job.table_name, batch.dist_id)
    if digest is not None and not batch.force_again:
        same = jobs.same_import(job, digest)
        if same is not None and _still_there(session, jobs, same, tables):
            settle_repeat(context, jobs, job, same, digest)
            return
    plan = tables.plan(session, job, frozen_file(context, batch, job))
    if isinstance(plan, Told):
        fail(context, jobs, job, plan)
        return
    table = plan.table
    if table.may_refuse or job.size > SMALL:
        session.execute("SAVEPOINT before_rows")
    try:
        staged, merged = _load_rows(context, session, batch, job, plan)
    except Cancelled as fault:
        session.execute("ROLLBACK TO SAVEPOINT before_rows")
        fail(context, jobs, job, tell(Message.CANCELLED, who=fault.who))
        return
    except (LayoutChanged, RowsRefused) as fault:
        session.execute("ROLLBACK TO SAVEPOINT before_rows")
        code = Message.ROWS_REFUSED if isinstance(fault, RowsRefused) else Message.TABLE_GONE
        fail(context, jobs, job, tell(code, table=table.table_name, why=str(fault)))
        return
    if table.max_rejects.exceeded(staged.rejected, staged.lines):
        session.execute("ROLLBACK TO SAVEPOINT before_rows")
        settle_refused(context, jobs, job, table, staged)
        return
    hit("load.status.before")
    settle(context, jobs, job, table, staged, merged, digest)
    hit("load.status.after")


def _still_there(session: Session, jobs: JobStore, same: ImportJob, tables: LaneTables) -> bool:
    """Whether the table's rows say themselves that they came with that job, and all do: people change rows by hand, too."""
    origin = same
    while origin.repeats_job_id is not None:
        origin = jobs.job(origin.repeats_job_id)
    table = tables.configured[origin.table_name or ""]
    if not table.has_helpers or origin.counts.unchanged:
        return False  # whose rows they were is not known
    return count_rows_of(session, table, origin.id) == origin.counts.success


def _load_rows(
    context: Context, session: Session, batch: ImportBatch, job: ImportJob, plan: Plan
) -> tuple[StagedResult, Merged]:
    rejects_path = context.work(batch.batch_id).rejects_of(job.slot)
    rejects_path.parent.mkdir(exist_ok=True)
    with RejectsFile(rejects_path, plan.layout.header) as rejects:
        staged = _staged(context, batch, plan, rejects)
        target = Target(
            plan.table,
            staged.columns,
            job.id,
            context.clock(),
            few=job.size <= FEW_BYTES,
            version=plan.version,
        )
        frames = watched(context, job, staged) if job.size > SMALL else staged
        hit("load.rows.before")
        merged = load_rows(session, target, frames, lambda: _staged(context, batch, plan, None))
        hit("load.rows.after")
    # Before the COMMIT: the batch may be closed by another machine.
    share_file(context, batch.batch_id, rejects_path, REJECTS)
    if merged.rows != staged.result.good:
        raise CountsDisagree(f"job {job.id}: {staged.result.good} good rows, {merged.rows} sent")
    return staged.result, merged


def _staged(context: Context, batch: ImportBatch, plan: Plan, rejects: RejectsFile | None) -> StagedFile:
    return StagedFile(
        plan.path,
        plan.layout,
        plan.table,
        plan.headers,
        dist_id=batch.dist_id,
        rejects=rejects,
        batch_bytes=context.settings.batch_bytes,
        kept_rejects=context.settings.kept_rejects,
        language=context.settings.reader_language,
    )


def _tell_broken(context: Context, job_id: int, fault: Exception) -> None:
    """Set the job to 8 on a connection of its own, where that can be done; the next attempt takes it up again."""
    # What we did not foresee may quote data or addresses: its words stay in the task's log.
    why = (
        str(fault) if isinstance(fault, ImportExportError) else f"{type(fault).__name__}, see the task's log"
    )
    told = tell(Message.BROKE_OFF, why=why)
    try:
        with context.jobs() as jobs:
            job = jobs.lock(job_id)
            if job.status is JobStatus.WAITING:
                failed = JobStatus.PROCESSING_FAILED
                now = context.clock()
                jobs.move(job, failed, actor=context.actor, reason=told.text(), now=now, message=told)
    except TransientError as second:
        # The database is away (the job stays 3 and the next attempt notes the loss) or another worker has the job.
        log.warning("job %s: its status could not be set to 8: %s", job_id, second)
