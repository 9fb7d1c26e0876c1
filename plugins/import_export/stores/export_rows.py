"""Rows of the tables `exports`, `export_accounts` and `export_files` as the core's own values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from import_export.exports.contents import Content
from import_export.exports.periods import Period
from import_export.exports.requests import Format, read_request
from import_export.exports.runs import (
    AccountState,
    Export,
    ExportAccount,
    ExportFile,
    Kind,
    MadeFile,
    Progress,
)


def progress_of(accounts: Sequence[Any] | None, files: Sequence[Any] | None) -> Progress:
    """How far an export is, of the rows of its accounts' and of its files' counts; None where it has none yet."""
    *counts, username, start, end = accounts or (0, 0, 0, None, None, None)
    total, done, failed = map(int, counts)
    count, size, undelivered = map(int, files or (0, 0, 0))
    return Progress(
        accounts=total,
        done=done,
        failed=failed,
        files=count,
        size=size,
        undelivered=undelivered,
        username=username,
        period=Period(start, end) if start and end else None,
    )


def export_of(row: Sequence[Any]) -> Export:
    """An export from its row."""
    (export_id, kind, request, folder, made_at, run_id, by, created, planned, finished, failure, removed) = (
        row
    )
    plain = json.loads(request)
    return Export(
        export_id=export_id,
        kind=Kind(kind),
        request=read_request(plain, plain["language"]),
        folder=folder,
        made_at=made_at,
        run_id=run_id,
        created_by=by,
        created_at=created,
        planned_at=planned,
        finished_at=finished,
        failure=failure,
        removed_at=removed,
    )


def account_of(row: Sequence[Any]) -> ExportAccount:
    """An account of an export from its row."""
    account_id, username, folder, lane, state, reason, start, end = row
    return ExportAccount(
        account_id=account_id,
        username=username,
        folder=folder,
        lane=int(lane),
        state=AccountState(state),
        reason=reason,
        start=_day(start),
        end=_day(end),
    )


def _day(value: Any) -> date | None:
    return value if isinstance(value, date) else None


def file_of(row: Sequence[Any]) -> ExportFile:
    """A file of an export from its row."""
    (
        file_id,
        account_id,
        folder,
        name,
        kind,
        content,
        size,
        sha256,
        written,
        removed,
        url,
        delivery,
        error,
    ) = row
    return ExportFile(
        id=int(file_id),
        account_id=account_id,
        folder=folder,
        made=MadeFile(
            name=name,
            format=Format(kind),
            content=Content(content) if content else None,
            size=int(size),
            sha256=sha256,
        ),
        written_at=written,
        removed_at=removed,
        delivered_url=url,
        delivery_id=delivery,
        delivery_error=error,
    )
