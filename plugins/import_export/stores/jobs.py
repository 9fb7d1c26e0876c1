"""Batches, jobs and their history in MySQL. Every change of a status goes through `move`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from import_export.errors import NotFound
from import_export.imports.jobs import (
    FINAL,
    ArchiveState,
    Counts,
    ImportBatch,
    ImportJob,
    JobStatus,
    check_move,
)
from import_export.messages import Told
from import_export.stores.database import Session
from import_export.stores.job_rows import batch_of, job_of
from import_export.stores.queries import queries
from import_export.stores.told_json import dump_many, dump_told


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What is known of a job when it is registered."""

    slot: str
    filename: str
    stored_name: str | None = None
    size: int = 0
    sha256: str | None = None
    table_name: str | None = None
    status: JobStatus = JobStatus.UPLOADED
    message: Told | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One move of a job: from which status to which, who or what, why, when (UTC)."""

    old: JobStatus | None
    new: JobStatus
    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a load leaves with its job."""

    counts: Counts
    errors: Iterable[Mapping[str, Any]]
    summary: Mapping[str, Any] | None
    notes: Iterable[Told]
    archive_state: ArchiveState
    removed: int = 0
    config_digest: str | None = None
    repeats_job_id: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a job to another status."""

    new: JobStatus
    reason: str
    message: Told | None = None


class JobStore:
    """The jobs as seen through one session; the caller owns the transaction."""

    def __init__(self, session: Session) -> None:
        self._raw = session.raw
        self._sql = queries("jobs")

    def add_batch(self, batch: ImportBatch) -> None:
        """Register a batch; harmless when it is there already."""
        self._sql.add_batch(
            self._raw,
            batch_id=batch.batch_id,
            source=batch.source,
            run_id=batch.run_id,
            mode=batch.mode.value,
            table_name=batch.table_name,
            dist_id=batch.dist_id,
            force_again=batch.force_again,
            names=json.dumps(batch.names, ensure_ascii=False),
            received_at=batch.received_at,
            created_by=batch.created_by,
            exact_distributor=batch.exact_distributor,
        )

    def batch(self, batch_id: str) -> ImportBatch:
        """The batch of that id; raises `NotFound`."""
        row = self._sql.get_batch(self._raw, batch_id=batch_id)
        if row is None:
            raise NotFound(f"there is no batch {batch_id}")
        return batch_of(row)

    def has_batch(self, batch_id: str) -> bool:
        """Whether the batch is registered."""
        return self._sql.get_batch(self._raw, batch_id=batch_id) is not None

    def set_run_asked(self, batch_id: str, now: datetime) -> None:
        """Remember that a run was started for a batch, or is about to be."""
        self._sql.set_run_asked(self._raw, batch_id=batch_id, now=now)

    def start_batch(self, batch_id: str, now: datetime) -> bool:
        """Remember that a run has taken the batch up; False when another one has done so."""
        return bool(self._sql.start_batch(self._raw, batch_id=batch_id, now=now))

    def finish_batch(self, batch_id: str, now: datetime) -> None:
        """Remember that nothing is left to do for the batch."""
        self._sql.finish_batch(self._raw, batch_id=batch_id, now=now)

    def set_warnings(self, batch_id: str, warnings: Iterable[Told], *, refused: bool) -> None:
        """Keep what was told about things that could not become jobs."""
        self._sql.set_batch_warnings(
            self._raw, batch_id=batch_id, warnings=dump_many(warnings), refused=refused
        )

    def add_jobs(
        self, batch_id: str, new: Iterable[NewJob], *, actor: str, reason: str, now: datetime
    ) -> None:
        """Register jobs with their first event; harmless for those that are there already."""
        for job in new:
            self._sql.add_job(
                self._raw,
                batch_id=batch_id,
                slot=job.slot,
                filename=job.filename,
                stored_name=job.stored_name,
                size=job.size,
                sha256=job.sha256,
                table_name=job.table_name,
                status=job.status.value,
                message=dump_told(job.message),
                now=now,
                finished_at=now if job.status in FINAL else None,
            )
        self._sql.add_first_events(self._raw, batch_id=batch_id, actor=actor, reason=reason, now=now)

    def job(self, job_id: int) -> ImportJob:
        """The job of that id; raises `NotFound`."""
        for row in self._sql.find_jobs(self._raw, job_id=job_id, batch_id=None):
            return job_of(row)
        raise NotFound(f"there is no job {job_id}")

    def lock(self, job_id: int) -> ImportJob:
        """The job, with its row locked until the transaction ends; raises `JobBusy` when somebody else has it."""
        for row in self._sql.lock_job(self._raw, job_id=job_id):
            return job_of(row)
        raise NotFound(f"there is no job {job_id}")

    def jobs(self, batch_id: str) -> list[ImportJob]:
        """All jobs of a batch, files first."""
        return [job_of(row) for row in self._sql.find_jobs(self._raw, job_id=None, batch_id=batch_id)]

    def events(self, job_id: int) -> list[Event]:
        """The history of a job, oldest first."""
        return [
            Event(
                old=None if old is None else JobStatus(old),
                new=JobStatus(new),
                actor=actor,
                reason=reason,
                at=at,
            )
            for old, new, actor, reason, at in self._sql.job_events(self._raw, job_id=job_id)
        ]

    def move(
        self,
        job: ImportJob,
        new: JobStatus,
        *,
        actor: str,
        reason: str,
        now: datetime,
        message: Told | None = None,
        by_hand: bool = False,
    ) -> ImportJob:
        """Move a job to another status and write its history; raises `InvalidMove`. Gives the job as it is now."""
        step = Step(new, reason, message)
        return self.move_along(job, [step], actor=actor, now=now, by_hand=by_hand)

    def move_along(
        self, job: ImportJob, steps: Sequence[Step], *, actor: str, now: datetime, by_hand: bool = False
    ) -> ImportJob:
        """Move a job by several steps at once."""
        events = []
        for step in steps:
            check_move(job.id, job.status, step.new, by_hand=by_hand)
            finished_at = now if step.new in FINAL else None
            self._sql.move_job(
                self._raw,
                job_id=job.id,
                status=step.new.value,
                message=dump_told(step.message),
                now=now,
                finished_at=finished_at,
            )
            events.append(
                {
                    "job_id": job.id,
                    "old_status": job.status.value,
                    "new_status": step.new.value,
                    "actor": actor,
                    "reason": step.reason[:1000],
                    "now": now,
                }
            )
            job = replace(job, status=step.new, message=step.message, finished_at=finished_at)
        if events:
            self._sql.add_events(self._raw, events)
        return job

    def set_validated(
        self, job_id: int, *, table_name: str | None, rows: int, notes: Iterable[Told], ignored: Iterable[str]
    ) -> None:
        """Keep what the quick validation found out about the file."""
        self._sql.set_validated(
            self._raw,
            job_id=job_id,
            table_name=table_name,
            total_rows=rows,
            notes=dump_many(notes),
            ignored_columns=json.dumps(list(ignored), ensure_ascii=False),
        )

    def set_attempt(self, job_id: int, *, worker: str, now: datetime) -> None:
        """Count an attempt to load, and remember which worker makes it."""
        self._sql.set_attempt(self._raw, job_id=job_id, worker=worker, now=now)

    def set_loaded(self, job_id: int, loaded: Loaded) -> None:
        """Keep counts, rejects and summary of a load."""
        counts = loaded.counts
        self._sql.set_loaded(
            self._raw,
            job_id=job_id,
            total_rows=counts.total,
            inserted=counts.inserted,
            updated=counts.updated,
            unchanged=counts.unchanged,
            rejected=counts.rejected,
            skipped=counts.skipped,
            removed=loaded.removed,
            error_details=json.dumps(list(loaded.errors), ensure_ascii=False, default=str),
            summary=None if loaded.summary is None else json.dumps(loaded.summary, ensure_ascii=False),
            notes=dump_many(loaded.notes),
            archive_state=loaded.archive_state.value,
            config_digest=loaded.config_digest,
            repeats_job_id=loaded.repeats_job_id,
        )

    def same_import(self, job: ImportJob, config_digest: str) -> ImportJob | None:
        """The earlier job that loaded the same bytes, when the table holds all of them still."""
        found = self._sql.find_same(
            self._raw,
            sha256=job.sha256,
            table_name=job.table_name,
            config_digest=config_digest,
            job_id=job.id,
        )
        for (job_id,) in found:
            return self.job(job_id)
        return None

    def changed_after(self, job_id: int) -> bool:
        """Whether a later import met rows that were in the job's table already: changed, removed, or left them."""
        return bool(self._sql.changed_after(self._raw, job_id=job_id))

    def set_undone(self, job_id: int, *, by: str, now: datetime) -> None:
        """Remember that the job's rows were taken out again."""
        self._sql.set_undone(self._raw, job_id=job_id, undone_by=by[:255], now=now)

    def reserve_archive_id(self, job_id: int, file_id: str) -> None:
        """Keep the id that the archived file will have, before the upload begins."""
        self._sql.reserve_archive_id(self._raw, job_id=job_id, file_id=file_id)

    def set_archived(self, job_id: int, *, url: str, file_id: str | None, now: datetime) -> None:
        """Keep where the file lies in the archive."""
        self._sql.set_archived(self._raw, job_id=job_id, url=url, file_id=file_id, now=now)

    def set_archive_failed(self, job_id: int, *, error: str, now: datetime) -> None:
        """Keep why the upload failed; the state stays `pending`."""
        self._sql.set_archive_failed(self._raw, job_id=job_id, error=error[:1000], now=now)
