"""Exports as the pages show them: for whom, which files, which days, how far, in the reader's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from import_export.exports.contents import Content
from import_export.exports.report import Page
from import_export.exports.requests import ExportRequest, Format
from import_export.exports.runs import AccountState, ExportAccount, ExportFile, ExportLine, Kind
from import_export.messages import Language
from import_export.web.rendering import grouped, short_day
from import_export.web.words import word

_UNDER_WAY = ("waiting", "running")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownExport:
    """A row of the list, and the head of an export's own page."""

    id: str
    state: str
    """Of `ExportState`."""
    at: datetime
    by: str | None
    is_nightly: bool
    accounts: str
    files: str
    language: Language
    period: str
    total: int
    """Accounts, and how many of them are done or failed."""
    ended: int
    failed: int
    undelivered: int
    size: int
    failure: str | None
    zip_path: str | None
    """Below the app's root: where all files come from; None while or when there are none."""
    is_removed: bool
    kept_until: date | None

    @property
    def is_finished(self) -> bool:
        """Whether nothing changes any more by itself."""
        return self.state not in _UNDER_WAY


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file that can be downloaded."""

    path: str
    """Below the app's root."""
    name: str
    username: str | None
    """Whose it is, where there are several accounts."""
    size: int
    delivered_url: str | None
    """Only what a browser may open."""
    delivery_error: str | None


def shown_line(line: ExportLine, language: Language, kept_days: int) -> ShownExport:
    """An export in words; `kept_days`: after how many its files are removed, 0 is never."""
    export, progress = line.export, line.progress
    there = export.finished_at is not None and export.removed_at is None and progress.files > 0
    kept_until = export.finished_at + timedelta(days=kept_days) if export.finished_at and kept_days else None
    return ShownExport(
        id=export.export_id,
        state=line.state.value,
        at=export.created_at,
        by=export.created_by,
        is_nightly=export.kind is Kind.NIGHTLY,
        accounts=_accounts(line, language),
        files=_files(export.request, language),
        language=export.request.language,
        period=_period(line, language),
        total=progress.accounts,
        ended=progress.done + progress.failed,
        failed=progress.failed,
        undelivered=progress.undelivered,
        size=progress.size,
        failure=export.failure,
        zip_path=f"/api/exports/{export.export_id}/files.zip" if there else None,
        is_removed=export.removed_at is not None,
        kept_until=kept_until.date() if kept_until and there else None,
    )


def files_of(files: Sequence[ExportFile], accounts: Sequence[ExportAccount], root: str) -> list[ShownFile]:
    """The files that are still there; `root`: the path of their export."""
    names = {each.account_id: each.username for each in accounts}
    return [
        ShownFile(
            path=f"{root}/files/{file.id}",
            name=file.made.name,
            username=names.get(file.account_id) if len(names) > 1 else None,
            size=file.made.size,
            delivered_url=file.delivered_url if (file.delivered_url or "").startswith("https://") else None,
            delivery_error=file.delivery_error,
        )
        for file in files
        if file.removed_at is None
    ]


def failures_of(accounts: Sequence[ExportAccount]) -> list[ExportAccount]:
    """The accounts of which nothing came."""
    return [each for each in accounts if each.state is AccountState.FAILED]


def _accounts(line: ExportLine, language: Language) -> str:
    asked, progress = line.export.request.accounts, line.progress
    count = progress.accounts or len(asked or ())
    if count == 1 and progress.username:
        return f"@{progress.username}"
    if asked is None:
        every = word(language, "accounts_every")
        return f"{every} ({grouped(count, language)})" if count else every
    return (
        word(language, "accounts_one")
        if count == 1
        else word(language, "accounts_many", count=grouped(count, language))
    )


def _files(request: ExportRequest, language: Language) -> str:
    """`CSV (Media, Profile), Excel, PDF`; contents and pages only where they are not all."""
    some: dict[Format, Sequence[str]] = {
        Format.CSV: [f"content_{each}" for each in request.contents if len(request.contents) < len(Content)],
        Format.PDF: [f"page_{each}" for each in request.pages if len(request.pages) < len(Page)],
    }
    told = []
    for kind in request.formats:
        chosen = ", ".join(word(language, key) for key in some.get(kind, ()))
        name = word(language, f"format_{kind}")
        told.append(f"{name} ({chosen})" if chosen else name)
    return ", ".join(told)


def _period(line: ExportLine, language: Language) -> str:
    """The days of the files; before they are known, or where accounts have different ones, what was asked for."""
    request, period = line.export.request, line.progress.period
    if period:
        start, end = period.start, period.end
    elif request.start and request.end:
        start, end = request.start, request.end
    else:
        return word(language, "period_days", days=request.frame)
    return f"{short_day(start, language)} – {short_day(end, language)}"
