"""The bodies of requests and answers about batches and files.

Always `{"success": true, "data": …}` or `{"success": false, "error": …}`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

Data = TypeVar("Data")

Moment = Annotated[
    datetime,
    PlainSerializer(
        lambda at: f"{at.isoformat(timespec='milliseconds')}Z", return_type=str, when_used="json"
    ),
]
"""A moment in UTC."""


class Answer(BaseModel, Generic[Data]):
    """What every endpoint answers when it did what was asked."""

    success: Literal[True] = True
    data: Data


class Page(Answer[Data], Generic[Data]):
    """A part of a list; `next` is the `cursor` that goes on behind it, null at the end."""

    next: str | None = None


class Refusal(BaseModel):
    """What every endpoint answers when it did not."""

    success: Literal[False] = False
    error: str
    details: Any = None


class Body(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(from_attributes=True)


class FileVerdict(Body):
    """A file of an upload; `valid` is null while it is not known."""

    filename: str
    job_id: int | None = None
    valid: bool | None = None
    rows: int | None = None
    error: str | None = None
    code: str | None = None


class ImportStarted(Body):
    """The answer to an upload."""

    mode: str
    batch_id: str
    files: list[FileVerdict]
    warnings: list[str]


class BatchSummary(Body):
    """A batch and what became of its files so far."""

    batch_id: str
    status: str = Field(description="pending, processing, completed, completed_with_errors or failed")
    source: str
    mode: str
    table_name: str
    dist_id: str | None
    names: list[str]
    warnings: list[str]
    created_by: str | None
    received_at: Moment
    finished_at: Moment | None
    cancelled_at: Moment | None
    cancelled_by: str | None
    total_files: int
    total_rows: int
    processed_rows: int
    success_count: int
    unchanged_count: int
    error_count: int


class JobLine(Body):
    """A file of a batch in short."""

    id: int
    filename: str
    table_name: str | None
    status: int
    status_name: str
    message: str | None
    code: str | None = Field(description="The message's code.")
    total_rows: int
    processed_rows: int
    success_count: int
    error_count: int


class BatchDetail(BatchSummary):
    """A batch with its files."""

    files: list[JobLine]


class HistoryEntry(Body):
    """One move of a job."""

    old_status: int | None
    new_status: int
    actor: str
    reason: str
    at: Moment


class Problem(Body):
    """What is wrong with one cell of one row."""

    line: int
    header: str | None
    column: str | None
    value: str | None
    code: str
    message: str


class JobDetail(JobLine):
    """A file of a batch with all that is known of it."""

    batch_id: str
    size: int
    sha256: str | None
    inserted: int
    updated: int
    unchanged: int
    rejected: int
    skipped: int
    removed: int
    error_details: list[Problem]
    summary: dict[str, Any] | None
    note: str | None = Field(description="The summary in words.")
    notes: list[str]
    ignored_columns: list[str]
    drive_link: str | None
    archive_state: str
    archive_error: str | None
    attempts: int
    worker: str | None = Field(
        description="The machine that loaded it, or tried so last, as Airflow calls it."
    )
    repeats_job_id: int | None
    undone_at: Moment | None
    undone_by: str | None
    created_at: Moment
    finished_at: Moment | None


class JobHistory(JobDetail):
    """A job with its history."""

    history: list[HistoryEntry]


class RejectRow(Body):
    """A rejected row: its cells in the order of the file's header, and which of them are wrong."""

    line: int
    cells: list[str]
    wrong: list[int] = Field(
        description="Positions of the wrong cells, from 0; empty where the row as a whole is wrong."
    )
    errors: str


class Rejects(Body):
    """The first rejected rows of a file."""

    header: list[str]
    rows: list[RejectRow]
    more: bool


class CorrectedCell(BaseModel):
    """A new text for one cell of a rejected row."""

    model_config = ConfigDict(extra="forbid")

    line: int = Field(ge=1, le=2**53)
    cell: int = Field(ge=0, le=10_000, description="Position of the cell, from 0.")
    value: str = Field(max_length=65_535)


class Corrections(BaseModel):
    """Cells that were corrected; rows without any are not sent again, those named in `lines` are as they are."""

    model_config = ConfigDict(extra="forbid")

    cells: list[CorrectedCell] = Field(default=[], max_length=10_000)
    lines: list[Annotated[int, Field(ge=1, le=2**53)]] = Field(default=[], max_length=10_000)


class RunStarted(Body):
    """A run that works on a file once more."""

    run_id: str


class Undone(Body):
    """How many rows were taken out."""

    removed: int


class CancelDone(Body):
    """How many files were cancelled, and how many were being worked on and will tell."""

    cancelled: int
    in_work: int


class DayOut(Body):
    """Files and rows of one day (UTC)."""

    day: date
    done: int
    refused: int
    failed: int
    under_way: int
    good_rows: int
    rejected_rows: int


class Counts(Body):
    """Numbers for a dashboard."""

    open_files: dict[str, int] = Field(description="Files of batches that are not closed, by status.")
    days: list[DayOut]


class Removed(Body):
    """What was removed."""

    removed: str
