"""The shared place of work files: where workers on several machines find what another one made.

`shared_folder/BATCH/` has the folders that the batch's work folder has on a machine: `claimed`, `files`, `rejects`. What
a step makes is put there before the database says that it is made, so what is there is right, and a machine's own copy of
anything may be lost. Without the setting nothing here does anything.
"""

from __future__ import annotations

import logging
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from import_export.archive.bucket_folder import BucketFolder
from import_export.archive.buckets import Bucket
from import_export.archive.kept_folder import KeptFolder
from import_export.archive.local_folder import LocalFolder
from import_export.errors import ArchiveUnavailable
from import_export.imports.jobs import ArchiveState, ImportBatch, ImportJob, is_batch_id
from import_export.services.context import Context

log = logging.getLogger(__name__)

CLAIMED, FILES, REJECTS = "claimed", "files", "rejects"
LEFT_AFTER = timedelta(hours=1)
"""A closed batch's folder of this age is nobody's any more."""
ORPHANED_AFTER = timedelta(days=1)
"""What lies in the shared place for so long and has no batch was never registered."""


def shared(context: Context, batch_id: str) -> Bucket | None:
    """The shared place of a batch; None where all work is done on one machine."""
    folder = context.settings.shared_folder
    return Bucket(folder) / batch_id if folder else None


def share(context: Context, batch_id: str, folder: Path, name: str, *, once: bool = False) -> None:
    """Make one shared folder of the batch equal to a folder of this machine; `once`: what is there is right already."""
    place = shared(context, batch_id)
    if place is None:
        return
    theirs = (place / name).objects()
    ours = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    for left in theirs.keys() - ours.keys():
        (place / name).remove(left)
    for inner, path in sorted(ours.items()):
        if not (once and inner in theirs):
            (place / name).put(path, inner)


def share_file(context: Context, batch_id: str, path: Path, name: str) -> None:
    """Put one file into a shared folder of the batch. An empty one is none there: an earlier attempt's goes."""
    place = shared(context, batch_id)
    if place is None:
        return
    if path.exists() and path.stat().st_size:
        (place / name).put(path, path.name)
    else:
        (place / name).remove(path.name)


def rejects_folder(context: Context, batch_id: str) -> KeptFolder:
    """Where the rejects of a batch that is not closed lie."""
    place = shared(context, batch_id)
    if place is None:
        return LocalFolder(context.work(batch_id).rejects)
    return BucketFolder(place / REJECTS, context.settings.work_folder)


def fetch_claimed(context: Context, batch_id: str) -> None:
    """Copy the originals that are not on this machine."""
    place = shared(context, batch_id)
    if place is None:
        return
    claimed = context.work(batch_id).claimed
    for name in (place / CLAIMED).objects():
        if not (claimed / name).is_file():
            (place / CLAIMED).fetch(name, claimed / name)


def frozen_file(context: Context, batch: ImportBatch, job: ImportJob) -> Path:
    """Where the frozen copy of a job's file lies on this machine; it is fetched when another one made it."""
    path = context.work(batch.batch_id).files / (job.stored_name or "")
    place = shared(context, batch.batch_id)
    if place is None or not job.stored_name or path.is_file():
        return path
    if (place / FILES).look(job.stored_name) is not None:
        _, sha256 = (place / FILES).fetch(job.stored_name, path)
        if sha256 != job.sha256:
            path.unlink()
            raise ArchiveUnavailable(
                f"{place.uri}/{FILES}/{job.stored_name} is not what was frozen for job {job.id}"
            )
    return path


def discard(context: Context, batch_id: str) -> None:
    """Remove a batch from the shared place."""
    place = shared(context, batch_id)
    if place is not None:
        for name in place.objects():
            place.remove(name)


def tidy_machine(context: Context) -> None:
    """Remove what closed batches have left on this machine, whose other steps were done elsewhere."""
    if not context.settings.shared_folder or not context.settings.work_folder.exists():
        return
    for folder in context.settings.work_folder.iterdir():
        if (
            is_batch_id(folder.name)
            and _age(context, _modified(folder)) > LEFT_AFTER
            and _closed(context, folder.name)
        ):
            log.info("batch %s: closed, its files on this machine are removed", folder.name)
            shutil.rmtree(folder, ignore_errors=True)


def tidy_shared(context: Context, *, dry_run: bool = False) -> int:
    """Remove from the shared place what never became a batch: its sender was told so. Gives how many files."""
    if not context.settings.shared_folder:
        return 0
    place = Bucket(context.settings.shared_folder)
    removed = 0
    for name, stored in place.objects().items():
        batch_id = name.partition("/")[0]
        if (
            _age(context, stored.modified) > ORPHANED_AFTER
            and is_batch_id(batch_id)
            and not _known(context, batch_id)
        ):
            removed += 1
            if not dry_run:
                place.remove(name)
    return removed


def _age(context: Context, modified: float) -> timedelta:
    """How long ago a moment (seconds since 1970) was."""
    return context.clock() - datetime.fromtimestamp(modified, UTC).replace(tzinfo=None)


def _modified(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:
        return time.time()  # somebody removes it just now


def _known(context: Context, batch_id: str) -> bool:
    with context.jobs() as jobs:
        return jobs.has_batch(batch_id)


def _closed(context: Context, batch_id: str) -> bool:
    """Whether nothing of a batch is to be done any more; what waits for its archive may lie here only."""
    with context.jobs() as jobs:
        if not jobs.has_batch(batch_id) or jobs.batch(batch_id).finished_at is None:
            return False
        return not any(job.archive_state is ArchiveState.PENDING for job in jobs.jobs(batch_id))
