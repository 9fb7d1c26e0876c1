"""Tells what would come out differently of past files under a changed configuration, before it is saved. Nothing is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from import_export.errors import NotFound
from import_export.imports.config_checks import check_table
from import_export.imports.inspection import Inspection, Question, inspect_file
from import_export.imports.jobs import ImportBatch, ImportJob
from import_export.imports.problems import Reject
from import_export.imports.table_changes import Change, changed
from import_export.imports.tables import ImportTable
from import_export.messages import Language, Message, Told, tell
from import_export.scopes import Scope
from import_export.services.configuring import find_table
from import_export.services.context import Context
from import_export.services.originals import restore
from import_export.stores.batches import BatchStore
from import_export.stores.jobs import JobStore
from import_export.stores.tables import list_tables

MOST_BYTES = 32 << 20
"""Larger files are not replayed while somebody waits."""
_PROBLEMS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A past file under the configuration as it is and as it would be; None is what was not found out."""

    job_id: int
    filename: str
    skipped: str | None = None
    """Why it was not replayed."""
    valid_before: bool | None = None
    valid_after: bool | None = None
    message_after: str | None = None
    good_before: int | None = None
    good_after: int | None = None
    rejected_before: int | None = None
    rejected_after: int | None = None
    new_problems: tuple[str, ...] = ()
    """The first rejects that the file did not have."""

    @property
    def differs(self) -> bool:
        """Whether something would come out differently."""
        before = (self.valid_before, self.good_before, self.rejected_before)
        return before != (self.valid_after, self.good_after, self.rejected_after) or bool(self.new_problems)


def replay(
    context: Context,
    table_name: str,
    change: Change,
    *,
    most: int,
    language: Language,
    scope: Scope = Scope(),  # noqa: B008 - never changes
) -> list[Replay]:
    """The newest files of a table under a change of its configuration; raises `BadRequest` when that cannot be saved."""
    with context.database.session() as session:
        tables = list_tables(session)
        old = find_table(tables, table_name)
        new = changed(old, change)
        others = [table for table in tables if table.table_name != table_name]
        check_table(new, others)
        jobs = JobStore(session)
        found = [jobs.job(job_id) for job_id in BatchStore(session).last_jobs(table_name, most, scope.regexp)]
        batches = {job.batch_id: jobs.batch(job.batch_id) for job in found}
    return [_replayed(context, job, batches[job.batch_id], old, new, language) for job in found]


def _replayed(
    context: Context,
    job: ImportJob,
    batch: ImportBatch,
    old: ImportTable,
    new: ImportTable,
    language: Language,
) -> Replay:
    name = job.filename
    if job.size > MOST_BYTES:
        return Replay(job_id=job.id, filename=name, skipped=f"> {MOST_BYTES >> 20} MB")
    context.settings.work_folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=context.settings.work_folder, prefix=".replay-") as room:
        path = Path(room) / (job.stored_name or "file.csv")
        try:
            restore(context, batch, job, path)
        except NotFound as fault:
            return Replay(job_id=job.id, filename=name, skipped=str(fault))
        before, after = (_inspected(path, table, batch.dist_id) for table in (old, new))
    told_before, told = _outcome(before, old), _outcome(after, new)
    known = {_key(reject) for reject in before.result.rejects} if before.result else set()
    fresh = [reject for reject in (after.result.rejects if after.result else ()) if _key(reject) not in known]
    return Replay(
        job_id=job.id,
        filename=name,
        valid_before=told_before is None,
        valid_after=told is None,
        message_after=told.text(language) if told else None,
        good_before=before.result.good if before.result else None,
        good_after=after.result.good if after.result else None,
        rejected_before=before.result.rejected if before.result else None,
        rejected_after=after.result.rejected if after.result else None,
        new_problems=tuple(reject.text(language) for reject in fresh[:_PROBLEMS]),
    )


def _outcome(found: Inspection, table: ImportTable) -> Told | None:
    """Why nothing of the file would be loaded; None when something would."""
    result = found.result
    if found.verdict.told is not None or result is None:
        return found.verdict.told
    if table.max_rejects.exceeded(result.rejected, result.lines):
        limit = str(table.max_rejects)
        return tell(Message.TOO_MANY_REJECTS, rejected=result.rejected, rows=result.lines, limit=limit)
    return None if result.good else tell(Message.NO_VALID_ROWS)


def _key(reject: Reject) -> tuple[int, str | None, str]:
    return reject.line, reject.header, reject.told.text()


def _inspected(path: Path, table: ImportTable, dist_id: str | None) -> Inspection:
    question = Question(tables=[table], table_name=table.table_name, dist_id=dist_id, rows=0, all_rows=True)
    found = inspect_file(path, question)
    if not isinstance(found, Inspection):
        raise TypeError("a job's file is no ZIP")
    return found
