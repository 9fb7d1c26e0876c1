"""An export at work: its accounts, its files, and what state it is in. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from import_export.exports.contents import Content
from import_export.exports.periods import Period
from import_export.exports.requests import ExportRequest, Format


class Kind(StrEnum):
    """Who wanted it."""

    NIGHTLY = "nightly"
    """The schedule: every account, at a place that the date decides."""
    ON_DEMAND = "on_demand"


class ExportState(StrEnum):
    """How far it is; derived from its accounts and files, never kept."""

    WAITING = "waiting"
    """No run has taken it up yet."""
    RUNNING = "running"
    COMPLETE = "complete"
    COMPLETE_WITH_ERRORS = "complete_with_errors"
    """Some accounts failed, or some files could not be delivered; the others are there."""
    FAILED = "failed"
    """Nothing came of it."""


class AccountState(StrEnum):
    """How far one account of it is."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One export. Moments are UTC, without a zone."""

    export_id: str
    kind: Kind
    request: ExportRequest
    folder: str
    """Below the exports' folder."""
    made_at: datetime
    """What its files tell as the moment of their making."""
    run_id: str
    created_by: str | None
    created_at: datetime
    planned_at: datetime | None = None
    finished_at: datetime | None = None
    failure: str | None = None
    removed_at: datetime | None = None
    """When its files were removed, because they were old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Counts of its accounts and of the files that are there, and what is common to the accounts."""

    accounts: int = 0
    done: int = 0
    failed: int = 0
    files: int = 0
    size: int = 0
    """Bytes of all files."""
    undelivered: int = 0
    """Files whose delivery was tried in vain."""
    username: str | None = None
    """Of the first account by name, once they are known."""
    period: Period | None = None
    """That of all accounts, when it is the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportAccount:
    """One account of an export."""

    account_id: str
    username: str
    folder: str
    """Below the export's folder."""
    lane: int
    state: AccountState = AccountState.WAITING
    reason: str | None = None
    """Why it failed, or has to wait, in words."""
    start: date | None = None
    end: date | None = None
    """The period that its files are about, once they are made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeFile:
    """A file as it was written."""

    name: str
    format: Format
    content: Content | None
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFile:
    """A file of an export, and where it was delivered."""

    id: int
    account_id: str
    folder: str
    made: MadeFile
    written_at: datetime
    removed_at: datetime | None
    delivered_url: str | None
    delivery_id: str | None
    delivery_error: str | None


@dataclass(frozen=True, slots=True)
class ExportLine:
    """An export and how far it is."""

    export: Export
    progress: Progress

    @property
    def state(self) -> ExportState:
        """Derived from what is known of its accounts and files."""
        return state_of(self.export, self.progress)


def state_of(export: Export, progress: Progress) -> ExportState:
    """The state of an export."""
    if export.finished_at is None:
        return ExportState.WAITING if export.planned_at is None else ExportState.RUNNING
    if export.failure is not None or (progress.accounts and not progress.done):
        return ExportState.FAILED
    if progress.done < progress.accounts or progress.undelivered:
        return ExportState.COMPLETE_WITH_ERRORS
    return ExportState.COMPLETE
