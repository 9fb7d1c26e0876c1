"""Quick-validates the files of a lane: seven stages, a verdict for each file, and its job's status."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from import_export.errors import TransientError
from import_export.failpoints import hit
from import_export.imports.jobs import ImportBatch, ImportJob, JobStatus
from import_export.imports.tables import ImportTable
from import_export.imports.validation import Verdict, quick_validate
from import_export.messages import Message, tell
from import_export.services.cancelling import cancel_locked
from import_export.services.context import Context
from import_export.services.lanes import Lane
from import_export.services.load_plan import tables_for
from import_export.services.sharing import frozen_file
from import_export.stores.database import Session
from import_export.stores.jobs import JobStore, Step

log = logging.getLogger(__name__)

SMALL = 1 << 20
"""Bytes of a file that is validated with its job's row locked."""
GROUP = 25
"""Small files that are validated in one transaction."""


def validate_lane(context: Context, lane: Lane) -> None:
    """Validate each file of the lane that has no verdict yet. One file's failure never stops another's.

    Raises the first transient fault after all files were looked at, so that the task is retried for what is left.
    """
    failure: TransientError | None = None
    with context.database.session() as session:
        jobs = JobStore(session)
        batch = jobs.batch(lane.batch_id)
        tables = tables_for(session, batch)
        sizes = {job.id: job.size for job in jobs.jobs(lane.batch_id)}
        groups = list(_groups(lane.jobs, sizes))
        while groups:
            group = groups.pop(0)
            try:
                _validate_group(context, session, batch, group, tables)
            except TransientError as fault:
                if len(group) > 1:
                    # One of them is busy or the like: each on its own, then.
                    groups = [*((job_id,) for job_id in group), *groups]
                    continue
                log.warning("job %s: the validation broke off: %s", group[0], fault)
                failure = failure or fault
    if failure is not None:
        raise failure


def _groups(job_ids: Sequence[int], sizes: Mapping[int, int]) -> Iterator[tuple[int, ...]]:
    """Small files in a row are validated in one transaction: a commit costs as much as a file."""
    for small, run in groupby(job_ids, key=lambda job_id: sizes.get(job_id, 0) <= SMALL):
        members = list(run)
        step = GROUP if small else 1
        yield from (tuple(members[start : start + step]) for start in range(0, len(members), step))


def _validate_group(
    context: Context,
    session: Session,
    batch: ImportBatch,
    group: Sequence[int],
    tables: Sequence[ImportTable],
) -> None:
    """Validate some small files, or one of any size, whose verdict is not waited for with its row locked."""
    jobs = JobStore(session)
    begins = Step(JobStatus.VALIDATING, "quick validation")
    large: ImportJob | None = None
    with session.transaction():
        cancelled_by = jobs.batch(batch.batch_id).cancelled_by
        for job_id in group:
            if cancelled_by is not None:
                cancel_locked(context, jobs, job_id, cancelled_by)
                continue
            job = jobs.lock(job_id)
            steps = [begins] if job.status is JobStatus.UPLOADED else []
            if not steps and job.status is not JobStatus.VALIDATING:
                continue
            if job.size <= SMALL:
                _keep(context, jobs, batch, job, _verdict(context, job, batch, tables), steps)
            else:
                large = jobs.move_along(job, steps, actor=context.actor, now=context.clock())
        hit("validate.commit.before")
    hit("validate.commit.after")
    if large is None:
        return
    verdict = _verdict(context, large, batch, tables)
    with session.transaction():
        job = jobs.lock(large.id)
        if job.status is JobStatus.VALIDATING:
            _keep(context, jobs, batch, job, verdict, [])
        hit("validate.large.commit.before")
    hit("validate.large.commit.after")


def _verdict(context: Context, job: ImportJob, batch: ImportBatch, tables: Sequence[ImportTable]) -> Verdict:
    """The verdict; a fault of ours is one, too: a retry would end the same way, and the lane's other files must go on."""
    path = frozen_file(context, batch, job)
    try:
        return quick_validate(path, job.filename, tables, table_name=batch.table_name, dist_id=batch.dist_id)
    except TransientError:
        raise
    except Exception as fault:
        log.exception("job %s: the validation broke off", job.id)
        told = tell(Message.PROGRAM_FAULT, why=type(fault).__name__)
        return Verdict(told=told, rows=0, table=None, layout=None, headers=None)


def _keep(
    context: Context, jobs: JobStore, batch: ImportBatch, job: ImportJob, verdict: Verdict, steps: list[Step]
) -> None:
    """Write the verdict down: 4→6, or 4→5 and, when the batch is to be imported, on to 3; `steps` come before."""
    jobs.set_validated(
        job.id,
        table_name=verdict.table.table_name if verdict.table else None,
        rows=verdict.rows,
        notes=verdict.layout.notes if verdict.layout else (),
        ignored=verdict.headers.ignored if verdict.headers else (),
    )
    if verdict.told is not None:
        steps = [*steps, Step(JobStatus.INVALID, verdict.told.text(), verdict.told)]
    else:
        steps = [*steps, Step(JobStatus.VALID, f"valid, {verdict.rows} rows")]
        if batch.mode.imports:
            steps.append(Step(JobStatus.WAITING, "waiting for the import"))
    jobs.move_along(job, steps, actor=context.actor, now=context.clock())
