"""Rows of the tables `import_batches` and `import_jobs` as the core's own values."""

from __future__ import annotations

import json
from typing import Any

from import_export.imports.jobs import ArchiveState, Counts, ImportBatch, ImportJob, JobStatus, Mode
from import_export.stores.told_json import load_many, load_told


def batch_of(row: tuple[Any, ...]) -> ImportBatch:
    """A batch, by the columns of `get_batch` and `list_batches`."""
    batch_id, source, run_id, mode, table_name, dist_id, force_again = row[:7]
    names, warnings, refused, received_at, started_at, finished_at = row[7:13]
    created_by, cancelled_at, cancelled_by, reruns, exact_distributor = row[13:]
    return ImportBatch(
        batch_id=batch_id,
        source=source,
        run_id=run_id,
        mode=Mode(mode),
        table_name=table_name,
        dist_id=dist_id,
        force_again=bool(force_again),
        names=tuple(json.loads(names)),
        warnings=load_many(warnings),
        refused=bool(refused),
        received_at=received_at,
        started_at=started_at,
        finished_at=finished_at,
        created_by=created_by,
        cancelled_at=cancelled_at,
        cancelled_by=cancelled_by,
        reruns=reruns,
        exact_distributor=bool(exact_distributor),
    )


def job_of(row: tuple[Any, ...]) -> ImportJob:
    """A job, by the columns of `find_jobs` and `lock_job`."""
    job_id, batch_id, slot, filename, stored_name, size, sha256, table_name, status, message = row[:10]
    total, inserted, updated, unchanged, rejected, skipped, errors, summary, notes, ignored = row[10:20]
    attempts, worker, archive_state, archive_file_id, archive_url, archive_error, created_at, finished_at = (
        row[20:28]
    )
    config_digest, repeats_job_id, removed, undone_at, undone_by = row[28:]
    return ImportJob(
        id=job_id,
        batch_id=batch_id,
        slot=slot,
        filename=filename,
        stored_name=stored_name,
        size=size,
        sha256=sha256,
        table_name=table_name,
        status=JobStatus(status),
        message=load_told(message),
        counts=Counts(
            total=total,
            inserted=inserted,
            updated=updated,
            unchanged=unchanged,
            rejected=rejected,
            skipped=skipped,
        ),
        errors=tuple(json.loads(errors)) if errors else (),
        summary=json.loads(summary) if summary else None,
        notes=load_many(notes),
        ignored_columns=tuple(json.loads(ignored)) if ignored else (),
        attempts=attempts,
        worker=worker,
        archive_state=ArchiveState(archive_state),
        archive_file_id=archive_file_id,
        archive_url=archive_url,
        archive_error=archive_error,
        created_at=created_at,
        finished_at=finished_at,
        config_digest=config_digest,
        repeats_job_id=repeats_job_id,
        removed=removed,
        undone_at=undone_at,
        undone_by=undone_by,
    )
