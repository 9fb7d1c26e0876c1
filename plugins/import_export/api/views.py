"""Turns the product's own values into the bodies of answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from import_export.api import bodies, table_bodies
from import_export.imports.jobs import FINAL, ArchiveState, ImportBatch, ImportJob, JobStatus
from import_export.imports.summary import Summary
from import_export.imports.tables import Column, ImportTable
from import_export.messages import Language
from import_export.services.report import reject_from_entry
from import_export.stores.batches import BatchLine
from import_export.stores.jobs import Event


def batch_fields(line: BatchLine, language: Language) -> dict[str, object]:
    """The fields of a batch in short."""
    batch: ImportBatch = line.batch
    success, unchanged, rejected = (line.rows(kind) for kind in ("success", "unchanged", "rejected"))
    return {
        "batch_id": batch.batch_id,
        "status": line.status,
        "source": batch.source,
        "mode": batch.mode.value,
        "table_name": batch.table_name,
        "dist_id": batch.dist_id,
        "names": list(batch.names),
        "warnings": [told.text(language) for told in batch.warnings],
        "created_by": batch.created_by,
        "received_at": batch.received_at,
        "finished_at": batch.finished_at,
        "cancelled_at": batch.cancelled_at,
        "cancelled_by": batch.cancelled_by,
        "total_files": line.files(),
        "total_rows": line.rows("total"),
        "processed_rows": success + unchanged + rejected,
        "success_count": success,
        "unchanged_count": unchanged,
        "error_count": rejected,
    }


def batch_summary(line: BatchLine, language: Language) -> bodies.BatchSummary:
    """A batch in short."""
    return bodies.BatchSummary.model_validate(batch_fields(line, language))


def batch_detail(
    line: BatchLine, jobs: Sequence[ImportJob], progress: Mapping[int, int], language: Language
) -> bodies.BatchDetail:
    """A batch with its files; rows of files in work count as they are read."""
    files = [job_line(job, progress.get(job.id, 0), language) for job in jobs]
    fields = batch_fields(line, language)
    fields["processed_rows"] = sum(file.processed_rows for file in files)
    return bodies.BatchDetail.model_validate({**fields, "files": files})


def job_fields(job: ImportJob, progress: int, language: Language) -> dict[str, object]:
    """The fields of a job in short."""
    counts = job.counts
    done = counts.success + counts.unchanged + counts.rejected + counts.skipped
    return {
        "id": job.id,
        "filename": job.filename,
        "table_name": job.table_name,
        "status": job.status.value,
        "status_name": status_name(job.status, language),
        "message": job.message.text(language) if job.message else None,
        "code": job.message.code.value if job.message else None,
        "total_rows": counts.total,
        "processed_rows": done if job.status in FINAL else progress,
        "success_count": counts.success,
        "error_count": counts.rejected,
    }


def job_line(job: ImportJob, progress: int, language: Language) -> bodies.JobLine:
    """A job in short."""
    return bodies.JobLine.model_validate(job_fields(job, progress, language))


def job_detail(job: ImportJob, language: Language) -> bodies.JobDetail:
    """A job with all that is known of it."""
    return bodies.JobDetail.model_validate(_detail_fields(job, language))


def job_history(job: ImportJob, events: Sequence[Event], language: Language) -> bodies.JobHistory:
    """A job with its history."""
    history = [
        bodies.HistoryEntry(
            old_status=None if event.old is None else event.old.value,
            new_status=event.new.value,
            actor=event.actor,
            reason=event.reason,
            at=event.at,
        )
        for event in events
    ]
    return bodies.JobHistory.model_validate({**_detail_fields(job, language), "history": history})


def _detail_fields(job: ImportJob, language: Language) -> dict[str, object]:
    counts = job.counts
    return {
        **job_fields(job, 0, language),
        "batch_id": job.batch_id,
        "size": job.size,
        "sha256": job.sha256,
        "inserted": counts.inserted,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "rejected": counts.rejected,
        "skipped": counts.skipped,
        "removed": job.removed,
        "error_details": [problem(entry, language) for entry in job.errors],
        "summary": None if job.summary is None else dict(job.summary),
        "note": None if job.summary is None else Summary.from_json(job.summary).note(language),
        "notes": [told.text(language) for told in job.notes],
        "ignored_columns": list(job.ignored_columns),
        "drive_link": job.archive_url if job.archive_state is ArchiveState.DONE else None,
        "archive_state": job.archive_state.value,
        "archive_error": job.archive_error,
        "attempts": job.attempts,
        "worker": job.worker,
        "repeats_job_id": job.repeats_job_id,
        "undone_at": job.undone_at,
        "undone_by": job.undone_by,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
    }


def problem(entry: Mapping[str, object], language: Language) -> bodies.Problem:
    """A reject that was kept with its job."""
    reject = reject_from_entry(entry)
    return bodies.Problem(
        line=reject.line,
        header=reject.header,
        column=reject.column,
        value=reject.value,
        code=reject.told.code.value,
        message=reject.told.text(language),
    )


def status_name(status: JobStatus, language: Language) -> str:
    """The status as people see it."""
    return status.label_id if language == "id" else status.label


def table_out(table: ImportTable) -> table_bodies.TableOut:
    """An import table in short."""
    return table_bodies.TableOut.model_validate(_table_fields(table))


def table_with_columns(
    table: ImportTable, aliases: Sequence[tuple[int, int, str]]
) -> table_bodies.TableWithColumns:
    """An import table with its columns."""
    columns = [column_out(column, aliases) for column in table.columns]
    return table_bodies.TableWithColumns.model_validate({**_table_fields(table), "columns": columns})


def column_out(column: Column, aliases: Sequence[tuple[int, int, str]]) -> table_bodies.ColumnOut:
    """A column with its aliases and their ids."""
    return table_bodies.ColumnOut(
        id=column.id or 0,
        name=column.name,
        data_type=str(column.type),
        is_mandatory=column.is_mandatory,
        is_unique=column.is_unique,
        default=column.default,
        number_format=column.number_format.value,
        date_formats=list(column.date_formats),
        role=column.role.value if column.role else None,
        allowed_values=list(column.allowed_values),
        minimum=column.minimum,
        maximum=column.maximum,
        pattern=column.pattern,
        trim=column.trim,
        aliases=[
            table_bodies.AliasOut(id=each, alias=text)
            for each, column_id, text in aliases
            if column_id == column.id
        ],
    )


def _table_fields(table: ImportTable) -> dict[str, object]:
    return {
        "id": table.id,
        "table_name": table.table_name,
        "display_name": table.display_name,
        "allowed_filename": table.allowed_filename,
        "distributor_check": table.distributor_check,
        "duplicates": table.duplicates.value,
        "max_rejects": str(table.max_rejects),
        "replaces": ", ".join(str(part) for part in table.replaces),
        "delimiter": table.delimiter,
        "has_helpers": table.has_helpers,
    }
