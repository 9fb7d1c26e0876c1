"""Imports the valid files of a lane: one transaction a file, in which the rows and the status are committed together.

The protocol is that of docs/reliability.md: the job's row lock is the fence, MySQL's counts are held against ours
before COMMIT, and after any doubt the job row tells what happened.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from import_export.errors import (
    CountsDisagree,
    DatabaseUnavailable,
    ImportExportError,
    LayoutChanged,
    TransientError,
)
from import_export.imports.jobs import FINAL, ArchiveState, Counts, ImportBatch, ImportJob, JobStatus
from import_export.imports.layout import Layout, find_layout
from import_export.imports.mapping import HeaderMap, map_headers
from import_export.imports.problems import Reject
from import_export.imports.rejects_file import RejectsFile
from import_export.imports.staging import StagedFile, StagedResult
from import_export.imports.tables import ImportTable
from import_export.messages import Message, Told, tell
from import_export.services.context import Context
from import_export.services.lanes import Lane
from import_export.stores.database import Deadlock, Session
from import_export.stores.jobs import JobStore, Loaded
from import_export.stores.loader import Merged, load_rows
from import_export.stores.mysql_layout import fitted
from import_export.stores.staging_table import Target
from import_export.stores.tables import list_tables

log = logging.getLogger(__name__)

DEADLOCK_TRIES = 5
LINES_TOLD = 20
SLICES_TOLD = 10


def load_lane(context: Context, lane: Lane) -> None:
    """Import each waiting file of the lane. One file's failure never stops another's.

    Raises the first failure after all files were tried, so that the task is retried for what is left; a database
    that is away ends the lane at once.
    """
    failure: Exception | None = None
    with context.database.session(loader=True) as session:
        tables = {table.table_name: table for table in list_tables(session)}
        batch = JobStore(session).batch(lane.batch_id)
        if not batch.mode.imports:
            return
        for job_id in lane.jobs:
            try:
                _load_job(context, session, batch, job_id, tables)
            except Exception as fault:
                log.exception("job %s: the import broke off", job_id)
                _tell_broken(context, job_id, fault)
                failure = failure or fault
                if isinstance(fault, DatabaseUnavailable):
                    break
    if failure is not None:
        raise failure


def _load_job(
    context: Context, session: Session, batch: ImportBatch, job_id: int, tables: Mapping[str, ImportTable]
) -> None:
    if not _begin(context, session, job_id):
        return
    for attempt in range(1, DEADLOCK_TRIES + 1):
        try:
            with session.transaction():
                _load_locked(context, session, batch, job_id, tables)
        except Deadlock:
            if attempt == DEADLOCK_TRIES:
                raise
            log.info("job %s: deadlock, trying again", job_id)
        else:
            return


def _begin(context: Context, session: Session, job_id: int) -> bool:
    """Take the job up, or tell that there is nothing to do. Writes down what became of an earlier attempt."""
    with session.transaction():
        jobs = JobStore(session)
        job = jobs.lock(job_id)
        now = context.clock()
        if job.status is JobStatus.WAITING and job.attempts:
            lost = tell(Message.WORKER_LOST)
            job = jobs.move(
                job,
                JobStatus.PROCESSING_FAILED,
                actor=context.actor,
                reason=lost.text(),
                now=now,
                message=lost,
            )
        if job.status is JobStatus.PROCESSING_FAILED:
            job = jobs.move(job, JobStatus.WAITING, actor=context.actor, reason="taken up again", now=now)
        if job.status is not JobStatus.WAITING:
            return False
        jobs.set_attempt(job_id, worker=context.worker, now=now)
        return True


def _load_locked(
    context: Context, session: Session, batch: ImportBatch, job_id: int, tables: Mapping[str, ImportTable]
) -> None:
    jobs = JobStore(session)
    job = jobs.lock(job_id)
    if job.status in FINAL:
        return
    configured = tables.get(job.table_name or "")
    digest = config_digest(configured, batch.dist_id) if configured else None
    if digest is not None and not batch.force_again:
        same = jobs.same_import(job, digest)
        if same is not None:
            _settle_repeat(context, jobs, job, same, digest)
            return
    path = context.work(batch.batch_id).files / (job.stored_name or "")
    plan = _plan(session, job, path, configured)
    if isinstance(plan, Told):
        _fail(context, jobs, job, plan)
        return
    rejects_path = context.work(batch.batch_id).rejects_of(job.slot)
    rejects_path.parent.mkdir(exist_ok=True)
    session.execute("SAVEPOINT before_rows")
    try:
        staged, merged = _load_rows(context, session, batch, job, plan, rejects_path)
    except LayoutChanged as fault:
        session.execute("ROLLBACK TO SAVEPOINT before_rows")
        _fail(context, jobs, job, tell(Message.TABLE_GONE, table=plan.table.table_name, why=str(fault)))
        return
    if plan.table.max_rejects.exceeded(staged.rejected, staged.lines):
        session.execute("ROLLBACK TO SAVEPOINT before_rows")
        _settle_refused(context, jobs, job, plan, staged)
        return
    _settle(context, jobs, job, plan, staged, merged, digest)


def _fail(context: Context, jobs: JobStore, job: ImportJob, told: Told) -> None:
    jobs.move(
        job, JobStatus.FAILED, actor=context.actor, reason=told.text(), now=context.clock(), message=told
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a file is read and where its columns go."""

    path: Path
    table: ImportTable
    """As narrow as MySQL's own columns are."""
    layout: Layout
    headers: HeaderMap


def config_digest(table: ImportTable, dist_id: str | None) -> str:
    """What a file's rows become depends on its bytes and on this: the whole configuration, and the distributor."""
    return hashlib.sha256(repr((table, dist_id)).encode()).hexdigest()


def _plan(session: Session, job: ImportJob, path: Path, table: ImportTable | None) -> _Plan | Told:
    """Look again at table and file: the configuration may have changed since the validation."""
    if table is None or not table.columns:
        return tell(Message.NO_CONFIG, table=job.table_name)
    try:
        fitting = fitted(session, table)
    except LayoutChanged as fault:
        return tell(Message.TABLE_GONE, table=table.table_name, why=str(fault))
    layout = find_layout(path, [table])
    if isinstance(layout, Told):
        return layout
    headers = map_headers(layout.header, fitting)
    if isinstance(headers, Told):
        return headers
    return _Plan(path, fitting, layout, headers)


def _load_rows(
    context: Context, session: Session, batch: ImportBatch, job: ImportJob, plan: _Plan, rejects_path: Path
) -> tuple[StagedResult, Merged]:
    with RejectsFile(rejects_path, plan.layout.header) as rejects:
        staged = StagedFile(
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
        target = Target(plan.table, staged.columns, job.id, context.clock())
        merged = load_rows(session, target, staged)
    if merged.rows != staged.result.good:
        raise CountsDisagree(f"job {job.id}: {staged.result.good} good rows, {merged.rows} sent")
    return staged.result, merged


def _settle(
    context: Context,
    jobs: JobStore,
    job: ImportJob,
    plan: _Plan,
    staged: StagedResult,
    merged: Merged,
    digest: str | None,
) -> None:
    """Write counts, summary and the final status; committed together with the rows."""
    counts = Counts(
        total=staged.lines,
        inserted=merged.inserted,
        updated=merged.updated,
        unchanged=merged.unchanged,
        rejected=staged.rejected,
        skipped=staged.skipped + len(merged.superseded),
    )
    if not counts.adds_up:
        raise CountsDisagree(f"job {job.id}: the counts do not add up: {counts}")
    loaded = staged.good > 0
    jobs.set_loaded(
        job.id,
        Loaded(
            counts=counts,
            errors=[reject_entry(reject) for reject in staged.rejects],
            summary=staged.summary.to_json() if loaded else None,
            notes=[*staged.notes, *_superseded_note(plan.table, merged), *_slice_note(merged)],
            archive_state=ArchiveState.PENDING if loaded else ArchiveState.NONE,
            removed=merged.removed,
            config_digest=digest,
        ),
    )
    if not loaded:
        _fail(context, jobs, job, tell(Message.NO_VALID_ROWS))
        return
    _complete(context, jobs, job, counts)


def _complete(context: Context, jobs: JobStore, job: ImportJob, counts: Counts) -> None:
    reason = (
        f"{counts.inserted} inserted, {counts.updated} updated, {counts.unchanged} unchanged, "
        f"{counts.rejected} rejected"
    )
    jobs.move(job, JobStatus.COMPLETE, actor=context.actor, reason=reason, now=context.clock())


def _settle_refused(
    context: Context, jobs: JobStore, job: ImportJob, plan: _Plan, staged: StagedResult
) -> None:
    """Too many rejects: nothing is loaded, and all that was found is told."""
    jobs.set_loaded(
        job.id,
        Loaded(
            counts=Counts(
                total=staged.lines, rejected=staged.rejected, skipped=staged.lines - staged.rejected
            ),
            errors=[reject_entry(reject) for reject in staged.rejects],
            summary=None,
            notes=staged.notes,
            archive_state=ArchiveState.NONE,
        ),
    )
    limit = str(plan.table.max_rejects)
    _fail(
        context,
        jobs,
        job,
        tell(Message.TOO_MANY_REJECTS, rejected=staged.rejected, rows=staged.lines, limit=limit),
    )


def _settle_repeat(context: Context, jobs: JobStore, job: ImportJob, same: ImportJob, digest: str) -> None:
    """The bytes are known, and the table holds all of their rows: there is nothing to do."""
    counts = Counts(total=same.counts.total, unchanged=same.counts.total)
    date = f"{same.finished_at:%Y-%m-%d %H:%M}" if same.finished_at else "-"
    jobs.set_loaded(
        job.id,
        Loaded(
            counts=counts,
            errors=(),
            summary=same.summary,
            notes=[*same.notes, tell(Message.REPEATS_JOB, job=same.id, date=date)],
            archive_state=ArchiveState.PENDING,
            config_digest=digest,
            repeats_job_id=same.id,
        ),
    )
    _complete(context, jobs, job, counts)


def _slice_note(merged: Merged) -> list[Told]:
    if not merged.slices:
        return []
    more = "" if len(merged.slices) <= SLICES_TOLD else "; …"
    slices = "; ".join(merged.slices[:SLICES_TOLD]) + more
    return [tell(Message.SLICE_REPLACED, slices=slices, count=merged.removed)]


def _superseded_note(table: ImportTable, merged: Merged) -> list[Told]:
    if not merged.superseded:
        return []
    lines = ", ".join(str(line) for line in merged.superseded[:LINES_TOLD])
    more = "" if len(merged.superseded) <= LINES_TOLD else ", …"
    columns = ", ".join(column.name for column in table.unique_columns)
    return [
        tell(Message.DUPLICATES_REPLACED, count=len(merged.superseded), columns=columns, lines=lines + more)
    ]


def reject_entry(reject: Reject) -> dict[str, Any]:
    """A reject as it is kept with the job."""
    return {
        "line": reject.line,
        "header": reject.header,
        "column": reject.column,
        "value": reject.value,
        "code": reject.told.code.value,
        "params": dict(reject.told.params),
    }


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
