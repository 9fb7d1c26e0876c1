"""Uploads imported files to the archive: an outbox of its own, which never undoes an import."""

from __future__ import annotations

import logging

from import_export.archive.protocol import Archive, ArchiveItem
from import_export.errors import ArchiveRefused, ArchiveUnavailable
from import_export.failpoints import hit
from import_export.imports.jobs import ArchiveState, ImportBatch, ImportJob
from import_export.imports.summary import Summary
from import_export.services.context import Context
from import_export.services.lanes import Lane
from import_export.services.sharing import frozen_file

log = logging.getLogger(__name__)


def archive_lane(context: Context, lane: Lane) -> None:
    """Upload each file of the lane that waits for it.

    A failed upload leaves the job 9 and its archive `pending`, with the reason. Raises the first failure after all
    files were tried; a transient one lets the task be retried.
    """
    failure: ArchiveRefused | ArchiveUnavailable | None = None
    with context.jobs() as jobs:
        batch = jobs.batch(lane.batch_id)
        waiting = [job for job in map(jobs.job, lane.jobs) if job.archive_state is ArchiveState.PENDING]
    if not waiting:
        return
    archive = context.open_archive()
    for job in waiting:
        try:
            archive_job(context, archive, batch, job)
        except (ArchiveRefused, ArchiveUnavailable) as fault:
            log.warning("job %s: not archived: %s", job.id, fault)
            with context.jobs() as jobs:
                jobs.set_archive_failed(job.id, error=str(fault), now=context.clock())
            failure = failure or fault
    if failure is not None:
        raise failure


def check_archives(context: Context) -> list[str]:
    """Try the archive, and where exports are delivered to; what was found, for people.

    Raises `ArchiveRefused` with what a person has to do, or `ArchiveUnavailable`.
    """
    found = [f"archive: {context.open_archive().check()}"]
    delivery = context.open_delivery()
    return found if delivery is None else [*found, f"exports: {delivery.check()}"]


def archive_job(context: Context, archive: Archive, batch: ImportBatch, job: ImportJob) -> None:
    """Upload the file of a job, which lies in the work folder; raises `ArchiveRefused` or `ArchiveUnavailable`."""
    reserved = job.archive_file_id
    if reserved is None:
        # Stored before the upload, so that a repeat after a crash finds the file instead of making a second one.
        reserved = archive.reserve_id()
        if reserved is not None:
            hit("archive.id.before")
            with context.jobs() as jobs:
                jobs.reserve_archive_id(job.id, reserved)
            hit("archive.id.after")
    hit("archive.upload.before")
    archived = archive.store(
        ArchiveItem(
            path=frozen_file(context, batch, job),
            name=job.filename.rsplit("/", 1)[-1],
            batch_id=batch.batch_id,
            job_id=job.id,
            dist_id=batch.dist_id,
            sha256=job.sha256 or "",
            size=job.size,
            received_at=batch.received_at,
            description=_description(context, batch, job),
            reserved_id=reserved,
            table_name=job.table_name,
        )
    )
    hit("archive.upload.after")
    with context.jobs() as jobs:
        jobs.set_archived(job.id, url=archived.url, file_id=archived.file_id, now=context.clock())
        hit("archive.commit.before")
    hit("archive.commit.after")


def _description(context: Context, batch: ImportBatch, job: ImportJob) -> str:
    """What people read beside the file in the archive."""
    facts = (
        f"batch {batch.batch_id}, distributor {batch.dist_id or '-'}, table {job.table_name}, {job.filename}"
    )
    if job.summary is None:
        return facts
    return f"{facts}\n{Summary.from_json(job.summary).note(context.settings.reader_language)}"
