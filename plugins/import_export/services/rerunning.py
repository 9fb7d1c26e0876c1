"""Works on a refused, failed or broken-off file once more, in its own job, whose history tells so."""

from __future__ import annotations

from collections.abc import Callable

from import_export.errors import BadRequest, InvalidMove, Unfinished
from import_export.failpoints import hit
from import_export.imports.jobs import FINAL, ImportBatch, ImportJob, JobStatus
from import_export.services.context import Context
from import_export.services.originals import restore
from import_export.services.receiving import AGAIN
from import_export.services.sharing import FILES, share_file
from import_export.stores.batches import BatchStore
from import_export.stores.configuration import ConfigurationStore
from import_export.stores.jobs import JobStore, Step

StartRun = Callable[[str], None]
"""Starts a run of `import_batch` under an id; a run of that id that is there already is left alone."""

_STEPS = {
    JobStatus.INVALID: JobStatus.VALIDATING,
    JobStatus.FAILED: JobStatus.WAITING,
}


def rerun_job(context: Context, job_id: int, start_run: StartRun) -> str:
    """Validate or import a file again, with the configuration as it is now; give the id of the run that does it.

    A refused file (6) goes back to 4, a failed one (2) to 3; one that broke off (8) is simply taken up. Raises
    `InvalidMove` for a file that was imported, `Unfinished` while the batch's other files are worked on, `NotFound`
    when its original is no longer kept, `BadRequest` for a table that no file came for.
    """
    with context.jobs() as jobs:
        job = jobs.job(job_id)
        batch = jobs.batch(job.batch_id)
    if job.stored_name is None:
        raise BadRequest(f"job {job_id} has no file: none was sent for this table")
    _check_free(job, batch)
    path = context.work(batch.batch_id).files / job.stored_name
    restore(context, batch, job, path)
    share_file(context, batch.batch_id, path, FILES)
    with context.database.session() as session, session.transaction():
        store = JobStore(session)
        job = store.lock(job_id)
        _check_free(job, store.batch(batch.batch_id))
        was, step = job.status, _STEPS.get(job.status)
        if step is not None:
            reason = f"taken up again by {context.actor}"
            job = store.move_along(
                job, [Step(step, reason)], actor=context.actor, now=context.clock(), by_hand=True
            )
        BatchStore(session).reopen(batch.batch_id, context.clock())
        ConfigurationStore(session).audit(
            actor=context.actor,
            action="file tried again",
            subject=f"job {job_id}",
            old={"status": was.value},
            new={"status": job.status.value},
            now=context.clock(),
        )
        number = store.batch(batch.batch_id).reruns
        hit("rerun.commit.before")
    hit("rerun.commit.after")
    run_id = f"{batch.batch_id}{AGAIN}{number}"
    start_run(run_id)
    return run_id


def _check_free(job: ImportJob, batch: ImportBatch) -> None:
    """Raise unless the file's state allows it, and no run of the batch is about to tidy it away."""
    imported = job.status in FINAL and job.status not in _STEPS
    if imported or (job.status is JobStatus.VALID and not batch.mode.imports):
        raise InvalidMove(job.id, job.status, JobStatus.WAITING)
    if job.status in FINAL and batch.finished_at is None:
        raise Unfinished(f"batch {batch.batch_id} is still being worked on; try again when it is closed")


def may_rerun(job: ImportJob, batch: ImportBatch) -> bool:
    """Whether a person may have the file worked on again just now."""
    if job.stored_name is None:
        return False
    return job.status is JobStatus.PROCESSING_FAILED or (
        job.status in _STEPS and batch.finished_at is not None
    )
