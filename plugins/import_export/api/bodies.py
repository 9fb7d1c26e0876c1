"""The bodies of requests and answers: always `{"success": true, "data": …}` or `{"success": false, "error": …}`."""

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


class _Body(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class FileVerdict(_Body):
    """A file of an upload; `valid` is null while it is not known."""

    filename: str
    job_id: int | None = None
    valid: bool | None = None
    rows: int | None = None
    error: str | None = None
    code: str | None = None


class ImportStarted(_Body):
    """The answer to an upload."""

    mode: str
    batch_id: str
    files: list[FileVerdict]
    warnings: list[str]


class BatchSummary(_Body):
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


class JobLine(_Body):
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


class HistoryEntry(_Body):
    """One move of a job."""

    old_status: int | None
    new_status: int
    actor: str
    reason: str
    at: Moment


class Problem(_Body):
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
    repeats_job_id: int | None
    undone_at: Moment | None
    undone_by: str | None
    created_at: Moment
    finished_at: Moment | None


class JobHistory(JobDetail):
    """A job with its history."""

    history: list[HistoryEntry]


class RejectRow(_Body):
    """A rejected row: its cells in the order of the file's header, and which of them are wrong."""

    line: int
    cells: list[str]
    wrong: list[int] = Field(
        description="Positions of the wrong cells, from 0; empty where the row as a whole is wrong."
    )
    errors: str


class Rejects(_Body):
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


class RunStarted(_Body):
    """A run that works on a file once more."""

    run_id: str


class Undone(_Body):
    """How many rows were taken out."""

    removed: int


class CancelDone(_Body):
    """How many files were cancelled, and how many were being worked on and will tell."""

    cancelled: int
    in_work: int


class ColumnIn(BaseModel):
    """A column's configuration; the words are those of docs/tables.md."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    name: str = Field(max_length=64)
    type: str | None = Field(default=None, max_length=40, examples=["str(50)", "decimal(18,2)"])
    data_type: str | None = Field(default=None, max_length=40, description="Another word for `type`.")
    is_mandatory: bool = False
    is_unique: bool = False
    default: str | None = Field(default=None, max_length=255)
    number_format: Literal["plain", "1.234,56", "1,234.56"] | None = None
    date_formats: list[Annotated[str, Field(max_length=40)]] | None = Field(default=None, max_length=20)
    role: Literal["distributor", "date", "amount", "export_date"] | None = None
    aliases: list[Annotated[str, Field(max_length=255)]] | None = Field(default=None, max_length=200)
    allowed_values: list[Annotated[str, Field(max_length=255)]] | None = Field(default=None, max_length=1000)
    minimum: str | None = Field(default=None, max_length=40)
    maximum: str | None = Field(default=None, max_length=40)
    pattern: str | None = Field(default=None, max_length=500)
    trim: bool = True


class ColumnChange(BaseModel):
    """What is to be changed of a column; what is not named stays, null takes it away."""

    model_config = ConfigDict(extra="forbid")

    type: str | None = Field(default=None, max_length=40)
    data_type: str | None = Field(default=None, max_length=40, description="Another word for `type`.")
    is_mandatory: bool | None = None
    is_unique: bool | None = None
    default: str | None = Field(default=None, max_length=255)
    number_format: Literal["plain", "1.234,56", "1,234.56"] | None = None
    date_formats: list[Annotated[str, Field(max_length=40)]] | None = Field(default=None, max_length=20)
    role: Literal["distributor", "date", "amount", "export_date"] | None = None
    allowed_values: list[Annotated[str, Field(max_length=255)]] | None = Field(default=None, max_length=1000)
    minimum: str | None = Field(default=None, max_length=40)
    maximum: str | None = Field(default=None, max_length=40)
    pattern: str | None = Field(default=None, max_length=500)
    trim: bool | None = None


class _TableRules(BaseModel):
    model_config = ConfigDict(extra="forbid")

    display_name: str | None = Field(default=None, max_length=255)
    allowed_filename: str | None = Field(default=None, max_length=2000)
    distributor_check: Literal["prefix", "exact"] | None = None
    duplicates: Literal["last", "reject"] | None = None
    max_rejects: str | None = Field(default=None, max_length=20)
    replaces: str | None = Field(default=None, max_length=1000)
    delimiter: str | None = Field(default=None, max_length=1)


class TableIn(_TableRules):
    """A new import table."""

    table_name: str = Field(max_length=64)
    columns: list[ColumnIn] = Field(min_length=1, max_length=500)


class TableRegistration(_TableRules):
    """An existing MySQL table; without columns, all that it has."""

    table_name: str = Field(max_length=64)
    columns: list[ColumnIn] | None = Field(default=None, max_length=500)


class TableChange(_TableRules):
    """What is to be changed of a table; what is not named stays. `columns` are then all that it has."""

    columns: list[ColumnIn] | None = Field(default=None, min_length=1, max_length=500)


class FilenameIn(BaseModel):
    """The names of the files that belong to a table."""

    model_config = ConfigDict(extra="forbid")

    allowed_filename: str = Field(max_length=2000)


class AliasIn(BaseModel):
    """Another header under which a column may appear."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    alias: str = Field(min_length=1, max_length=255)


class AliasOut(_Body):
    """An alias."""

    id: int
    alias: str


class ColumnOut(_Body):
    """A column of an import table."""

    id: int
    name: str
    data_type: str
    is_mandatory: bool
    is_unique: bool
    default: str | None
    number_format: str
    date_formats: list[str]
    role: str | None
    allowed_values: list[str]
    minimum: str | None
    maximum: str | None
    pattern: str | None
    trim: bool
    aliases: list[AliasOut]


class TableOut(_Body):
    """An import table."""

    id: int
    table_name: str
    display_name: str
    allowed_filename: str
    distributor_check: str
    duplicates: str
    max_rejects: str
    replaces: str
    delimiter: str | None
    has_helpers: bool


class TableWithColumns(TableOut):
    """An import table with its columns."""

    columns: list[ColumnOut]


class VersionOut(_Body):
    """A table's configuration as it was saved."""

    version: int
    saved_at: Moment
    saved_by: str
    config: dict[str, Any]


class AuditOut(_Body):
    """Who changed what, when."""

    id: int
    at: Moment
    actor: str
    action: str
    subject: str
    old: Any
    new: Any


class ReplayedFile(_Body):
    """What would come out differently of a past file."""

    job_id: int
    filename: str
    skipped: str | None = Field(description="Why it could not be replayed.")
    valid_before: bool | None
    valid_after: bool | None
    message_after: str | None
    good_before: int | None
    good_after: int | None
    rejected_before: int | None
    rejected_after: int | None
    new_problems: list[str]


class DayOut(_Body):
    """Files and rows of one day (UTC)."""

    day: date
    done: int
    refused: int
    failed: int
    under_way: int
    good_rows: int
    rejected_rows: int


class Counts(_Body):
    """Numbers for a dashboard."""

    open_files: dict[str, int] = Field(description="Files of batches that are not closed, by status.")
    days: list[DayOut]


class ExpectedIn(BaseModel):
    """A file that a distributor sends."""

    model_config = ConfigDict(extra="forbid")

    dist_id: str = Field(min_length=1, max_length=64)
    table_name: str = Field(max_length=64)
    frequency: Literal["daily", "weekly", "monthly"]
    days: list[Annotated[int, Field(ge=1, le=31)]] = Field(default=[], max_length=31)


class ExpectedOut(_Body):
    """A file that a distributor sends."""

    dist_id: str
    table_name: str
    frequency: str
    days: list[int]


class PresenceOut(_Body):
    """What became of one distributor's file for one table."""

    dist_id: str
    table_name: str
    presence: str
    files: int
    last_job: int | None


class Attendance(_Body):
    """Who sent what in a period."""

    first: date
    last: date
    cells: list[PresenceOut]


class Removed(_Body):
    """What was removed."""

    removed: str
