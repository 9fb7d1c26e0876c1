"""Holds the database and the folders against the invariants of the design; what contradicts them is told, nothing is changed.

What has to look at rows and files is done for the jobs that ended lately only. Each answer is a value: an invariant's name,
and what is wrong in words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from import_export.imports.jobs import ImportBatch, ImportJob, JobStatus
from import_export.imports.tables import ImportTable
from import_export.messages import Message, Told, tell
from import_export.services.context import Context
from import_export.services.leftovers import LEASE, unowned_folders
from import_export.services.maintenance import Findings, Run, maintenance_of
from import_export.services.originals import found_folder
from import_export.services.sharing import frozen_file
from import_export.stores.database import Session
from import_export.stores.invariants import InvariantStore
from import_export.stores.jobs import JobStore
from import_export.stores.loader import count_rows_of
from import_export.stores.tables import list_tables

LATELY = timedelta(days=2)
"""How far back rows and files are looked at in each run: a little more than from one daily check to the next."""
MOST_WARNINGS = 100
ALL = ("I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8")
_AT_ONCE = 500
_HASH = "row_hash"


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must not be."""

    invariant: str
    told: Told


def check_invariants(context: Context, run: Run) -> Findings:
    """The step of the maintenance: counts by invariant, and the first violations as warnings."""
    found = list(violations(context, context.clock() - LATELY))
    counts = {name: sum(each.invariant == name for each in found) for name in ALL}
    return Findings(counts, tuple(each.told for each in found[:MOST_WARNINGS]))


def violations(context: Context, since: datetime) -> Iterator[Violation]:
    """All violations; of I2–I4 those of jobs that ended since then, of I8 those of changes since then."""
    with context.database.session() as session:
        # Sessions read what is committed, so each question sees what is there when it is asked.
        yield from _of_jobs(InvariantStore(session), since)
        tables = {table.table_name: table for table in list_tables(session) if table.database is None}
        yield from _of_keys(InvariantStore(session), tables.values())
        for job, batch in _ended(session, since):
            yield from _of_rows(session, job, tables.get(job.table_name or ""))
            yield from _of_original(context, job, batch)
        yield from _of_archives(context, session)
        yield from _of_changes(InvariantStore(session), _audited_since(context, since))
    yield from _of_leftovers(context)


def _of_jobs(store: InvariantStore, since: datetime) -> Iterator[Violation]:
    for job, status in store.open_jobs_of_closed_batches():
        yield Violation("I1", tell(Message.OPEN_IN_CLOSED, job=job, status=status))
    for batch in store.batches_without_jobs():
        yield Violation("I1", tell(Message.BATCH_WITHOUT_FILES, batch=batch))
    for job, status, end in store.untrue_histories(since):
        yield Violation("I1", tell(Message.UNTRUE_HISTORY, job=job, status=status, end=end))
    for job in store.wrong_counts():
        yield Violation("I7", tell(Message.WRONG_COUNTS, job=job))
    for job in store.unarchived():
        yield Violation("I6", tell(Message.NOT_IN_ARCHIVE, job=job))


def _of_keys(store: InvariantStore, tables: Iterable[ImportTable]) -> Iterator[Violation]:
    """I3: what keeps rows from being there twice is the table's unique key."""
    for table in tables:
        wanted = {column.name for column in table.unique_columns} or {_HASH}
        if table.has_helpers and wanted not in store.unique_keys(table.table_name):
            columns = ", ".join(sorted(wanted))
            yield Violation("I3", tell(Message.NO_UNIQUE_KEY, table=table.table_name, columns=columns))


def _of_rows(session: Session, job: ImportJob, table: ImportTable | None) -> Iterator[Violation]:
    """I2: rows that say they came with the job are as many as it tells. I3: the same bytes are not there twice."""
    if table is None or not table.has_helpers:
        return
    loaded = job.status is JobStatus.COMPLETE and job.undone_at is None
    wanted = job.counts.success if loaded else 0
    rows = count_rows_of(session, table, job.id)
    # Fewer are right when a later import changed some of them.
    if rows > wanted or (rows < wanted and not JobStore(session).changed_after(job.id)):
        yield Violation(
            "I2", tell(Message.WRONG_ROWS, job=job.id, table=table.table_name, rows=rows, wanted=wanted)
        )
    same = InvariantStore(session).same_bytes(job.id) if loaded else []
    # The pair is told with the younger job.
    if len(same) > 1 and job.id == same[-1]:
        there = sum(count_rows_of(session, table, each) for each in same)
        if there > job.counts.total:
            jobs = ", ".join(str(each) for each in same)
            yield Violation(
                "I3",
                tell(
                    Message.LOADED_TWICE,
                    jobs=jobs,
                    table=table.table_name,
                    rows=there,
                    lines=job.counts.total,
                ),
            )


def _of_original(context: Context, job: ImportJob, batch: ImportBatch) -> Iterator[Violation]:
    """I4: what is kept of the job's file has its hash. A file that came in a ZIP is looked at in the work folder only."""
    folder = found_folder(context, batch)
    work = context.work(job.batch_id).files / (job.stored_name or "")
    if job.sha256 and work.is_file() and _sha256(work) != job.sha256:
        yield Violation("I4", tell(Message.OTHER_BYTES, job=job.id, path=str(work)))
    if job.sha256 and folder is not None and folder.has(job.filename):
        with folder.reading(job.filename) as kept:
            if _sha256(kept) != job.sha256:
                yield Violation("I4", tell(Message.OTHER_BYTES, job=job.id, path=job.filename))


def _of_archives(context: Context, session: Session) -> Iterator[Violation]:
    """I6: what waits for the archive is still there."""
    jobs, last = JobStore(session), 0
    while True:
        page = InvariantStore(session).waiting_archives(last, _AT_ONCE)
        for job in map(jobs.job, page):
            batch = jobs.batch(job.batch_id)
            if not frozen_file(context, batch, job).is_file() and found_folder(context, batch) is None:
                yield Violation("I6", tell(Message.NOTHING_TO_ARCHIVE, job=job.id))
        if len(page) < _AT_ONCE:
            return
        last = page[-1]


def _of_changes(store: InvariantStore, since: datetime) -> Iterator[Violation]:
    """I8: who changed what is written down. Of calendars and addresses nothing tells when they were changed."""
    for subject, at in store.unaudited(since):
        yield Violation("I8", tell(Message.NOT_AUDITED, subject=subject, at=f"{at:%Y-%m-%d %H:%M:%S}"))
    for job in store.broken_histories(since):
        yield Violation("I8", tell(Message.BROKEN_HISTORY, job=job))


def _audited_since(context: Context, since: datetime) -> datetime:
    """The later one of that moment and the one from when on the audit log holds all entries still."""
    days = context.settings.audit_retention_days
    return max(since, context.clock() - timedelta(days=days)) if days else since


def _of_leftovers(context: Context) -> Iterator[Violation]:
    """I5: nothing is left in work, and no progress told, that nobody has touched for the time of a lease."""
    for folder in unowned_folders(context):
        yield Violation("I5", tell(Message.LEFT_BEHIND, path=str(folder.root)))
    with maintenance_of(context) as store:
        progress = store.old_progress(context.clock() - LEASE, remove=False)
    if progress:
        yield Violation("I5", tell(Message.OLD_PROGRESS, count=progress))


def _ended(session: Session, since: datetime) -> Iterator[tuple[ImportJob, ImportBatch]]:
    jobs, last = JobStore(session), 0
    while True:
        page = InvariantStore(session).ended_jobs(since, last, _AT_ONCE)
        for job_id, batch_id in page:
            yield jobs.job(job_id), jobs.batch(batch_id)
        if len(page) < _AT_ONCE:
            return
        last = page[-1][0]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
