"""Sends rejected rows again whose cells a person corrected, as a batch of its own; each correction is recorded."""

from __future__ import annotations

import csv
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from import_export.errors import BadRequest
from import_export.imports.jobs import ImportJob, Mode
from import_export.services.context import Context
from import_export.services.originals import RejectedRow, rejected_rows, rejects_file
from import_export.services.rerunning import StartRun
from import_export.services.uploading import CORRECTION, Received, UploadForm, take_upload
from import_export.stores.batches import BatchStore, Correction
from import_export.stores.configuration import ConfigurationStore
from import_export.stores.jobs import JobStore

MOST_CELL = 65_535
"""Octets of a corrected cell."""


@dataclass(frozen=True, slots=True)
class RejectsPage:
    """The first rejected rows of a file, with its header."""

    header: tuple[str, ...]
    rows: tuple[RejectedRow, ...]
    more: bool


def first_rejects(context: Context, job_id: int, most: int) -> RejectsPage:
    """The first rejected rows of a job; raises `NotFound` when none are kept."""
    with _rejects_of(context, job_id) as (job, path):
        header, rows = rejected_rows(path)
        found = list(islice(rows, most + 1))
    return RejectsPage(
        header, tuple(found[:most]), len(found) > most or job.counts.rejected > len(found[:most])
    )


def correct_rejects(
    context: Context,
    job_id: int,
    corrected: Mapping[int, Mapping[int, str]],
    start_run: StartRun,
    *,
    exact: bool = False,
) -> Received:
    """Send the rows of some lines again, with new cells; everything else of them stays as it was.

    `corrected`: line → position of the cell (from 0) → its new text. `exact`: whether rows of another distributor are
    refused, because the person may send for some only. Raises `BadRequest` for lines that were not
    rejected or cells that are not there, before anything is done.
    """
    if not corrected:
        raise BadRequest("there is nothing to send: correct a row first")
    with _rejects_of(context, job_id) as (job, path):
        header, rows = rejected_rows(path)
        wanted = {row.line: row for row in rows if row.line in corrected}
    with context.jobs() as jobs:
        batch = jobs.batch(job.batch_id)
    for line, cells in corrected.items():
        if line not in wanted:
            raise BadRequest(f"line {line} is no rejected row of job {job_id}")
        for position, text in cells.items():
            if not 0 <= position < len(header):
                raise BadRequest(
                    f"line {line}: there is no cell {position}; the file has {len(header)} columns"
                )
            if len(text.encode()) > MOST_CELL:
                raise BadRequest(f"line {line}: a cell has {MOST_CELL} bytes at most")
    batch_id = str(uuid.uuid4())
    name = f"{job.filename.rsplit('/', 1)[-1].rsplit('.', 1)[0]}.csv"
    form = UploadForm(
        mode=Mode.BOTH,
        table_name=job.table_name or "auto",
        dist_id=batch.dist_id,
        force=True,
        exact=exact or batch.exact_distributor,
    )
    try:
        _write(
            context,
            batch_id,
            name,
            header,
            [_merged(wanted[line], corrected[line]) for line in sorted(wanted)],
        )
        # First, so that no row is ever sent again without a record of what was changed in it.
        _record(context, job, header, wanted, corrected, batch_id)
        return take_upload(context, batch_id, [name], form, start_run, source=CORRECTION)
    except BaseException:
        # What was registered has left the spool.
        work = context.work(batch_id)
        shutil.rmtree(work.spool, ignore_errors=True)
        with suppress(OSError):
            work.root.rmdir()
        raise


def corrections_of(context: Context, job_id: int) -> list[Correction]:
    """What was corrected in the rejects of a job."""
    with context.database.session() as session:
        return BatchStore(session).corrections_of(job_id)


@contextmanager
def _rejects_of(context: Context, job_id: int) -> Iterator[tuple[ImportJob, Path]]:
    with context.database.session() as session:
        jobs = JobStore(session)
        job = jobs.job(job_id)
        batch, others = jobs.batch(job.batch_id), jobs.jobs(job.batch_id)
    with rejects_file(context, batch, others, job) as path:
        yield job, path


def _merged(row: RejectedRow, cells: Mapping[int, str]) -> list[str]:
    return [cells.get(position, text) for position, text in enumerate(row.cells)]


def _write(
    context: Context, batch_id: str, name: str, header: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    spool = context.work(batch_id).spool
    spool.mkdir(parents=True)
    with (spool / name).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows(rows)


def _record(
    context: Context,
    job: ImportJob,
    header: Sequence[str],
    rows: Mapping[int, RejectedRow],
    corrected: Mapping[int, Mapping[int, str]],
    batch_id: str,
) -> None:
    corrections = [
        Correction(
            job.id,
            line,
            header[position],
            rows[line].cells[position],
            text,
            batch_id,
            context.actor,
            context.clock(),
        )
        for line, cells in corrected.items()
        for position, text in cells.items()
        if rows[line].cells[position] != text
    ]
    with context.database.session() as session, session.transaction():
        BatchStore(session).add_corrections(corrections)
        ConfigurationStore(session).audit(
            actor=context.actor,
            action="rejects corrected",
            subject=f"job {job.id}",
            old=[[each.line, each.header, each.old_value] for each in corrections],
            new=[[each.line, each.header, each.new_value] for each in corrections],
            now=context.clock(),
        )
