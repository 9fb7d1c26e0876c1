"""The bodies of requests and answers about exports."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, Field

from import_export.api.bodies import Body, Moment
from import_export.exports.runs import ExportAccount, ExportFile, ExportLine


class ExportIn(BaseModel):
    """What is to be exported. What is left out is everything there is; the period then is 28 days."""

    accounts: list[str] | str = Field(description="Ids or usernames, or 'all'.")
    formats: list[str] | str = Field(description="Among csv, xlsx, pdf.")
    contents: list[str] | str | None = Field(default=None, description="Of CSV: a file for each.")
    pages: list[str] | str | None = Field(default=None, description="Of PDF.")
    start: str | None = Field(default=None, description="The first day, ISO 8601, with `end`.")
    end: str | None = Field(default=None, description="The last day.")
    date_frame: int | None = Field(
        default=None, description="7, 28, 60 or 90 days back from the newest data."
    )
    language: str | None = Field(default=None, description="id or en.")


class ExportStarted(Body):
    """An export that is under way."""

    id: str
    location: str = Field(description="Where its progress and its files are told.")


class ExportSummary(Body):
    """An export and how far it is."""

    id: str
    state: str = Field(description="waiting, running, complete, complete_with_errors or failed")
    kind: str = Field(description="nightly or on_demand")
    request: dict[str, Any]
    accounts: int
    done: int
    failed: int
    files: int
    size: int = Field(description="Bytes of all files.")
    undelivered: int = Field(description="Files whose delivery was tried in vain.")
    failure: str | None = Field(description="Why nothing came of it as a whole.")
    made_at: Moment = Field(description="What its files tell as the moment of their making.")
    created_by: str | None
    created_at: Moment
    finished_at: Moment | None
    removed_at: Moment | None = Field(description="When its files were removed, because they were old.")


class ExportAccountOut(Body):
    """One account of an export."""

    id: str
    username: str
    state: str = Field(description="waiting, done or failed")
    reason: str | None
    start: date | None
    end: date | None


class ExportFileOut(Body):
    """A file of an export."""

    id: int
    account_id: str
    name: str
    format: str
    content: str | None
    size: int
    sha256: str
    written_at: Moment
    removed: bool
    delivered_url: str | None
    delivery_error: str | None


class ExportDetail(ExportSummary):
    """An export with its accounts and files."""

    of_accounts: list[ExportAccountOut]
    of_files: list[ExportFileOut]


def summary(line: ExportLine) -> dict[str, Any]:
    """The fields of an `ExportSummary`."""
    export, progress = line.export, line.progress
    return {
        "id": export.export_id,
        "state": line.state.value,
        "kind": export.kind.value,
        "request": export.request.to_json(),
        "accounts": progress.accounts,
        "done": progress.done,
        "failed": progress.failed,
        "files": progress.files,
        "size": progress.size,
        "undelivered": progress.undelivered,
        "failure": export.failure,
        "made_at": export.made_at,
        "created_by": export.created_by,
        "created_at": export.created_at,
        "finished_at": export.finished_at,
        "removed_at": export.removed_at,
    }


def account_out(account: ExportAccount) -> ExportAccountOut:
    """One account of an export, as it is answered."""
    return ExportAccountOut(
        id=account.account_id,
        username=account.username,
        state=account.state.value,
        reason=account.reason,
        start=account.start,
        end=account.end,
    )


def file_out(file: ExportFile) -> ExportFileOut:
    """A file of an export, as it is answered."""
    made = file.made
    return ExportFileOut(
        id=file.id,
        account_id=file.account_id,
        name=made.name,
        format=made.format.value,
        content=made.content.value if made.content else None,
        size=made.size,
        sha256=made.sha256,
        written_at=file.written_at,
        removed=file.removed_at is not None,
        delivered_url=file.delivered_url,
        delivery_error=file.delivery_error,
    )
