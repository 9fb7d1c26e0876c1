"""What became of a load, written to its job: counts, rejects, notes, summary, and the final status."""

from __future__ import annotations

from typing import Any

from import_export.errors import CountsDisagree
from import_export.imports.jobs import ArchiveState, Counts, ImportJob, JobStatus
from import_export.imports.problems import Reject
from import_export.imports.staging import StagedResult
from import_export.imports.tables import ImportTable
from import_export.messages import Message, Told, tell
from import_export.services.context import Context
from import_export.stores.jobs import JobStore, Loaded
from import_export.stores.loader import Merged

LINES_TOLD = 20
SLICES_TOLD = 10


def fail(context: Context, jobs: JobStore, job: ImportJob, told: Told) -> None:
    """The import ended without loading."""
    jobs.move(
        job, JobStatus.FAILED, actor=context.actor, reason=told.text(), now=context.clock(), message=told
    )


def settle(
    context: Context,
    jobs: JobStore,
    job: ImportJob,
    table: ImportTable,
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
            notes=[*staged.notes, *_superseded_note(table, merged), *_slice_note(merged)],
            archive_state=ArchiveState.PENDING if loaded else ArchiveState.NONE,
            removed=merged.removed,
            config_digest=digest,
        ),
    )
    if not loaded:
        fail(context, jobs, job, tell(Message.NO_VALID_ROWS))
        return
    _complete(context, jobs, job, counts)


def _complete(context: Context, jobs: JobStore, job: ImportJob, counts: Counts) -> None:
    reason = (
        f"{counts.inserted} inserted, {counts.updated} updated, {counts.unchanged} unchanged, "
        f"{counts.rejected} rejected"
    )
    jobs.move(job, JobStatus.COMPLETE, actor=context.actor, reason=reason, now=context.clock())


def settle_refused(
    context: Context, jobs: JobStore, job: ImportJob, table: ImportTable, staged: StagedResult
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
    limit = str(table.max_rejects)
    fail(
        context,
        jobs,
        job,
        tell(Message.TOO_MANY_REJECTS, rejected=staged.rejected, rows=staged.lines, limit=limit),
    )


def settle_repeat(context: Context, jobs: JobStore, job: ImportJob, same: ImportJob, digest: str) -> None:
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
