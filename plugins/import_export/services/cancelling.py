"""Cancels a batch: what is not loaded yet will not be. Rows that are committed stay; undo takes them out."""

from __future__ import annotations

from import_export.errors import JobBusy
from import_export.imports.jobs import FINAL, ImportJob, JobStatus
from import_export.messages import Message, tell
from import_export.services.context import Context
from import_export.stores.batches import BatchStore
from import_export.stores.configuration import ConfigurationStore
from import_export.stores.jobs import JobStore, Step

_WAYS = {
    JobStatus.UPLOADED: (JobStatus.VALIDATING, JobStatus.INVALID),
    JobStatus.VALIDATING: (JobStatus.INVALID,),
    JobStatus.VALID: (JobStatus.WAITING, JobStatus.FAILED),
    JobStatus.WAITING: (JobStatus.FAILED,),
    JobStatus.PROCESSING_FAILED: (JobStatus.WAITING, JobStatus.FAILED),
}
"""From each status the allowed moves to an end."""


def cancel_batch(context: Context, batch_id: str) -> tuple[int, int]:
    """Cancel what is left of a batch; give how many files were cancelled, and how many are being worked on at this moment.

    A file in work notices within about a second, and tells so itself.
    """
    with context.jobs() as jobs:
        batch = jobs.batch(batch_id)
    if batch.finished_at is not None:
        return 0, 0
    with context.database.session() as session, session.transaction():
        if BatchStore(session).cancel(batch_id, by=context.actor, now=context.clock()):
            ConfigurationStore(session).audit(
                actor=context.actor,
                action="batch cancelled",
                subject=f"batch {batch_id}",
                now=context.clock(),
            )
    cancelled = busy = 0
    with context.database.session() as session:
        left = [job for job in JobStore(session).jobs(batch_id) if job.status not in FINAL]
        session.raw.commit()
        for job in left:
            try:
                with session.transaction():
                    cancelled += cancel_locked(context, JobStore(session), job.id, context.actor)
            except JobBusy:
                busy += 1
    return cancelled, busy


def cancel_locked(context: Context, jobs: JobStore, job_id: int, who: str) -> bool:
    """Bring a job to its end as cancelled, unless it is there already."""
    job: ImportJob = jobs.lock(job_id)
    ways = _WAYS.get(job.status, ())
    if not ways or (job.status is JobStatus.VALID and not jobs.batch(job.batch_id).mode.imports):
        return False
    told = tell(Message.CANCELLED, who=who)
    steps = [Step(status, told.text(), told) for status in ways]
    jobs.move_along(job, steps, actor=context.actor, now=context.clock())
    return True
