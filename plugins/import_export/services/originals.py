"""Finds what a closed batch left behind: its folder with the originals, the report, and each file's rejects."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from import_export.archive.kept_folder import KeptFolder, opened_folder
from import_export.errors import NotFound
from import_export.imports.extraction import Source, extract
from import_export.imports.jobs import FINAL, ImportBatch, ImportJob
from import_export.imports.zips import Limits
from import_export.services.context import Context, WorkFolder
from import_export.services.sharing import frozen_file, rejects_folder

REPORT_NAME = "report.txt"


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row as it stands in a rejects file: its cells, the line it had, and the reasons in words."""

    cells: tuple[str, ...]
    line: int
    errors: str


def closed_folder(context: Context, batch: ImportBatch, *, failed: bool) -> KeptFolder:
    """Where the originals of a closed batch lie."""
    settings = context.settings
    parent = settings.failed_folder if failed else settings.done_folder
    return kept_folder(context, parent, f"{batch.received_at:%Y-%m-%d}/{batch.batch_id}")


def kept_folder(context: Context, parent: Path | str, inner: str) -> KeptFolder:
    """A folder below a folder of this machine, or below a bucket's prefix."""
    return opened_folder(parent, context.settings.work_folder) / inner


def found_folder(context: Context, batch: ImportBatch) -> KeptFolder | None:
    """The folder of a closed batch, wherever it is; None when nothing is kept."""
    folders = (closed_folder(context, batch, failed=failed) for failed in (False, True))
    return next((folder for folder in folders if folder.names()), None)


def rejects_names(jobs: Sequence[ImportJob]) -> dict[int, str]:
    """`NAME.rejects.csv` for each file; equal names get the job's number."""
    names: dict[int, str] = {}
    for job in jobs:
        if job.slot.startswith("file:"):
            base = job.filename.rsplit("/", 1)[-1].rsplit(".", 1)[0]
            name = f"{base}.rejects.csv"
            names[job.id] = name if name not in names.values() else f"{base}.{job.id}.rejects.csv"
    return names


@contextmanager
def rejects_file(
    context: Context, batch: ImportBatch, jobs: Sequence[ImportJob], job: ImportJob
) -> Iterator[Path]:
    """The rejects file of a job, in the work folder or beside the originals; raises `NotFound`, also while it is written."""
    if job.status not in FINAL:
        raise NotFound(f"job {job.id} is not at its end; its rejects are told then")
    told = f"job {job.id} has no rejects, or they are no longer kept"
    made, name = rejects_folder(context, batch.batch_id), WorkFolder.rejects_name(job.slot)
    place: tuple[KeptFolder | None, str] = (made, name)
    if not made.has(name):
        place = (found_folder(context, batch), rejects_names(jobs).get(job.id, ""))
    with _kept(*place, told) as path:
        yield path


@contextmanager
def report_file(context: Context, batch: ImportBatch) -> Iterator[Path]:
    """The report of a closed batch; raises `NotFound`."""
    told = f"batch {batch.batch_id} has no report yet, or it is no longer kept"
    with _kept(found_folder(context, batch), REPORT_NAME, told) as path:
        yield path


@contextmanager
def _kept(folder: KeptFolder | None, name: str, told: str) -> Iterator[Path]:
    """A file of a folder, on this machine; raises `NotFound` in these words when it is empty or not there."""
    if folder is None or not name or not folder.has(name):
        raise NotFound(told)
    with folder.reading(name) as path:
        if not path.stat().st_size:
            raise NotFound(told)
        yield path


def rejected_rows(path: Path) -> tuple[tuple[str, ...], Iterator[RejectedRow]]:
    """Header and rows of a rejects file, as the product wrote it."""
    csv.field_size_limit(sys.maxsize)
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = tuple(next(csv.reader(file)))[:-2]
    return header, _rows(path, len(header))


def _rows(path: Path, width: int) -> Iterator[RejectedRow]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        for row in reader:
            yield RejectedRow((*row[:width], *row[width + 2 :]), int(row[width]), row[width + 1])


def restore(context: Context, batch: ImportBatch, job: ImportJob, target: Path) -> None:
    """Put the bytes that a job was made of to `target` again; raises `NotFound` when its original is no longer kept."""
    kept = frozen_file(context, batch, job)
    target.parent.mkdir(parents=True, exist_ok=True)
    if job.stored_name and kept.is_file():
        if kept != target:
            target.unlink(missing_ok=True)
            target.hardlink_to(kept)
        return
    folder = found_folder(context, batch)
    if folder is None:
        raise NotFound(f"the original of job {job.id} is no longer kept")
    settings = context.settings
    limits = Limits(settings.zip_max_files, settings.zip_max_bytes, settings.zip_max_ratio)
    ours = {REPORT_NAME, *rejects_names([job]).values()}
    with ExitStack() as stack:
        sources = [
            Source(name, stack.enter_context(folder.reading(name)))
            for name in folder.names()
            if name.rsplit("/", 1)[-1] not in ours and _may_hold(name, job)
        ]
        room = stack.enter_context(TemporaryDirectory(dir=target.parent, prefix="restore-"))
        for file in extract(sources, Path(room) / "files", limits).files:
            if file.sha256 == job.sha256:
                file.path.replace(target)
                return
    raise NotFound(f"the original of job {job.id} is no longer kept")


def _may_hold(name: str, job: ImportJob) -> bool:
    """Whether the file is the job's own, or the ZIP that it came in; put away, it may have got a number."""
    suffix = Path(name).suffix.lower()
    return suffix == ".zip" or name == job.filename or suffix == Path(job.filename).suffix.lower()
