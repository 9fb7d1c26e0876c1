"""Statuses of jobs and batches, the modes of an import, and which moves between statuses are allowed."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from types import MappingProxyType

from import_export.errors import InvalidMove
from import_export.messages import Told


class JobStatus(IntEnum):
    """The status of one file of a batch. The codes are those of the system this project replaces; 7 is not used."""

    SKIPPED = 0
    """No file was sent for this table."""
    UPLOADED = 1
    """The file was received."""
    FAILED = 2
    """The import ended without loading: no good row, table gone, …"""
    WAITING = 3
    """Valid, waiting for or in the import."""
    VALIDATING = 4
    """Being validated."""
    VALID = 5
    """Quick validation passed."""
    INVALID = 6
    """Quick validation failed."""
    PROCESSING_FAILED = 8
    """The import broke off (database gone, worker killed, …) and can be resumed."""
    COMPLETE = 9
    """Imported: the rows are committed."""

    @property
    def label(self) -> str:
        """The status' English name, as people see it."""
        return _LABELS[self][1]

    @property
    def label_id(self) -> str:
        """The status' Indonesian name."""
        return _LABELS[self][0]


_LABELS: Mapping[JobStatus, tuple[str, str]] = MappingProxyType(
    {
        JobStatus.SKIPPED: ("Skipped", "Skipped"),
        JobStatus.UPLOADED: ("Uploaded", "Uploaded"),
        JobStatus.FAILED: ("Failed", "Failed"),
        JobStatus.WAITING: ("Waiting Process", "Waiting"),
        JobStatus.VALIDATING: ("Validation Process", "Validating"),
        JobStatus.VALID: ("Validasi Sukses", "Valid"),
        JobStatus.INVALID: ("Validasi Failed", "Invalid"),
        JobStatus.PROCESSING_FAILED: ("Processing Failed", "Processing failed"),
        JobStatus.COMPLETE: ("Processing Complete", "Complete"),
    }
)

FINAL = frozenset({JobStatus.SKIPPED, JobStatus.FAILED, JobStatus.INVALID, JobStatus.COMPLETE})
"""Statuses that a job stays in (a re-run of a failed job is the one exception, see `check_move`)."""

MOVES: Mapping[JobStatus, frozenset[JobStatus]] = MappingProxyType(
    {
        JobStatus.UPLOADED: frozenset({JobStatus.VALIDATING}),
        JobStatus.VALIDATING: frozenset({JobStatus.VALID, JobStatus.INVALID}),
        JobStatus.VALID: frozenset({JobStatus.WAITING}),
        JobStatus.WAITING: frozenset({JobStatus.COMPLETE, JobStatus.FAILED, JobStatus.PROCESSING_FAILED}),
        JobStatus.PROCESSING_FAILED: frozenset({JobStatus.WAITING}),
    }
)
"""Source: the import page, "Allowed moves: 1→4→5→3→9; 4→6; 3→2; 3→8→3"."""

BY_HAND = frozenset(
    {
        (JobStatus.FAILED, JobStatus.WAITING),
        (JobStatus.INVALID, JobStatus.VALIDATING),
        (JobStatus.COMPLETE, JobStatus.COMPLETE),
    }
)
"""Moves out of a final status that only a person can make, re-runs and an undo; the job's history tells them."""


def check_move(job_id: int, old: JobStatus, new: JobStatus, *, by_hand: bool = False) -> None:
    """Raise `InvalidMove` unless a job may go from `old` to `new`."""
    if new in MOVES.get(old, frozenset()) or (by_hand and (old, new) in BY_HAND):
        return
    raise InvalidMove(job_id, old, new)


class Mode(StrEnum):
    """What is done with the files of a batch."""

    QUICK = "quick"
    FULL = "full"
    BOTH = "both"

    @property
    def imports(self) -> bool:
        """Whether valid files are loaded after the quick validation."""
        return self is not Mode.QUICK


class ArchiveState(StrEnum):
    """The archive's own state of a job, an outbox apart from the job's status."""

    NONE = "none"
    """Nothing is to be archived (yet)."""
    PENDING = "pending"
    """The rows are committed; the file waits for its (next) upload."""
    DONE = "done"
    """The file is in the archive."""


class BatchStatus(StrEnum):
    """Derived from the jobs of a batch, never stored."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed_with_errors"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """What the status of a batch is derived from: one job's status and its number of rejected rows."""

    status: JobStatus
    rejected: int = 0


def batch_status(jobs: Iterable[JobOutcome], *, refused: bool = False) -> BatchStatus:
    """Derive the status of a batch from its jobs.

    `refused` tells that something handed over could not even become a job (a bad ZIP, an unsupported type,
    nothing to process). Skipped tables count as neither success nor failure.
    """
    done = [job for job in jobs if job.status is not JobStatus.SKIPPED]
    if not done:
        return BatchStatus.FAILED if refused else BatchStatus.PENDING
    if all(job.status is JobStatus.UPLOADED for job in done):
        return BatchStatus.PENDING
    good = [job for job in done if job.status in (JobStatus.COMPLETE, JobStatus.VALID)]
    bad = [job for job in done if job.status in (JobStatus.FAILED, JobStatus.INVALID)]
    if len(good) + len(bad) < len(done):
        return BatchStatus.PROCESSING
    if not good:
        return BatchStatus.FAILED
    if bad or refused or any(job.rejected for job in good):
        return BatchStatus.COMPLETED_WITH_ERRORS
    return BatchStatus.COMPLETED


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportBatch:
    """Everything handed over at once."""

    batch_id: str
    source: str
    """`drop_folder`, `run`, `upload` or `correction`."""
    run_id: str
    mode: Mode
    table_name: str
    dist_id: str | None
    force_again: bool = False
    """Whether bytes that were imported before are read and loaded again all the same."""
    names: tuple[str, ...]
    """What was handed over, by its names."""
    warnings: tuple[Told, ...] = ()
    refused: bool = False
    received_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    exact_distributor: bool = False
    """Whether each row's distributor must be the batch's very own, whatever its table asks: its sender may send no other."""
    created_by: str | None = None
    """The person who handed it over, where that is known."""
    cancelled_at: datetime | None = None
    cancelled_by: str | None = None
    reruns: int = 0
    """How often a person had files of it worked on again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of a file's data lines. They add up: nothing is ever counted twice or left out."""

    total: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    skipped: int = 0

    @property
    def adds_up(self) -> bool:
        """Whether every data line of the file ended in exactly one way."""
        return self.total == self.inserted + self.updated + self.unchanged + self.rejected + self.skipped

    @property
    def success(self) -> int:
        """Rows inserted or updated (the API's `success_count`)."""
        return self.inserted + self.updated


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportJob:
    """One file of a batch, as the database knows it."""

    id: int
    batch_id: str
    slot: str
    """`file:0001` for the batch's first file, `table:stocks` for a table that no file came for."""
    filename: str
    """As handed over, with the folders of a ZIP; its base name decides the table."""
    stored_name: str | None
    """The file's name in the work folder."""
    size: int
    sha256: str | None
    table_name: str | None
    status: JobStatus
    message: Told | None
    counts: Counts
    errors: tuple[Mapping[str, object], ...]
    """The first rejects, as stored."""
    summary: Mapping[str, object] | None
    notes: tuple[Told, ...]
    ignored_columns: tuple[str, ...]
    attempts: int
    worker: str | None
    archive_state: ArchiveState
    archive_file_id: str | None
    archive_url: str | None
    archive_error: str | None
    created_at: datetime
    finished_at: datetime | None
    config_digest: str | None = None
    """What the table's configuration was when the file was loaded."""
    repeats_job_id: int | None = None
    """The earlier job whose bytes these are, when they were not read again."""
    removed: int = 0
    """Rows of the database that the file's slice replaced."""
    undone_at: datetime | None = None
    undone_by: str | None = None


def is_batch_id(name: str) -> bool:
    """Whether a name is a batch's id.

    >>> is_batch_id("0d9e0a0e-7a0a-4a54-b6f6-5c5ad1b0b9d7"), is_batch_id("mine")
    (True, False)
    """
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False
