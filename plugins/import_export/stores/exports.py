"""Exports, their accounts and their files in MySQL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

from import_export.errors import NotFound
from import_export.exports.periods import Period
from import_export.exports.requests import ExportRequest
from import_export.exports.runs import (
    Export,
    ExportAccount,
    ExportFile,
    ExportLine,
    MadeFile,
)
from import_export.stores.database import Session
from import_export.stores.export_rows import account_of, export_of, file_of, progress_of
from import_export.stores.queries import queries

_LONGEST_REASON = 1000


class ExportStore:
    """The exports as seen through one session; the caller owns the transaction."""

    def __init__(self, session: Session) -> None:
        self._raw = session.raw
        self._sql = queries("exports")

    def add(self, export: Export) -> None:
        """Register an export; harmless when it is there already."""
        self._sql.add_export(
            self._raw,
            export_id=export.export_id,
            kind=export.kind.value,
            request=json.dumps(export.request.to_json(), ensure_ascii=False),
            folder=export.folder,
            made_at=export.made_at,
            run_id=export.run_id,
            created_by=export.created_by and export.created_by[:255],
            created_at=export.created_at,
        )

    def drop(self, export_id: str) -> None:
        """Forget an export that no run has taken up."""
        self._sql.drop_export(self._raw, export_id=export_id)

    def find(self, export_id: str) -> Export | None:
        """The export of that id, None without."""
        rows = self._sql.find_exports(self._raw, export_id=export_id, before_at=None, before_id=None, most=1)
        return next((export_of(row) for row in rows), None)

    def export(self, export_id: str) -> Export:
        """The export of that id; raises `NotFound`."""
        found = self.find(export_id)
        if found is None:
            raise NotFound(f"there is no export {export_id}")
        return found

    def line(self, export_id: str) -> ExportLine:
        """The export of that id and how far it is; raises `NotFound`."""
        [found] = self._lines([self.export(export_id)])
        return found

    def newest(self, before: tuple[datetime, str] | None, most: int) -> list[ExportLine]:
        """Exports newest first, from behind the one that was made then and has that id."""
        rows = self._sql.find_exports(
            self._raw,
            export_id=None,
            before_at=before[0] if before else None,
            before_id=before[1] if before else None,
            most=most,
        )
        return self._lines([export_of(row) for row in rows])

    def plan(
        self,
        export_id: str,
        request: ExportRequest,
        accounts: Iterable[ExportAccount],
        *,
        run_id: str,
        made_at: datetime,
        now: datetime,
    ) -> None:
        """A run takes the export up: these accounts wait for their turn, whatever became of them in an earlier run."""
        self._sql.plan_export(
            self._raw,
            export_id=export_id,
            request=json.dumps(request.to_json(), ensure_ascii=False),
            made_at=made_at,
            run_id=run_id,
            now=now,
        )
        rows = [
            {
                "export_id": export_id,
                "account_id": each.account_id,
                "username": each.username,
                "folder": each.folder,
                "lane": each.lane,
                "state": each.state.value,
            }
            for each in accounts
        ]
        if rows:
            self._sql.put_accounts(self._raw, rows)

    def reopen(self, export_id: str) -> None:
        """The export is worked on again."""
        self._sql.reopen_export(self._raw, export_id=export_id)

    def finish(self, export_id: str, *, failure: str | None, now: datetime) -> None:
        """Nothing is left to do; `failure`: why it is no good as a whole."""
        self._sql.finish_export(
            self._raw, export_id=export_id, failure=failure and failure[:_LONGEST_REASON], now=now
        )

    def accounts(
        self, export_id: str, *, lane: int | None = None, undone: bool = False
    ) -> list[ExportAccount]:
        """The accounts of an export, or of one lane, or only those that are not done, by username."""
        rows = self._sql.list_accounts(
            self._raw,
            export_id=export_id,
            lane=lane,
            undone=True if undone else None,
        )
        return [account_of(row) for row in rows]

    def set_done(
        self, export_id: str, account: ExportAccount, period: Period, files: Sequence[MadeFile], now: datetime
    ) -> None:
        """The account's files are there; what an earlier run made of it, or in its folder, is forgotten."""
        self._sql.forget_files(
            self._raw,
            export_id=export_id,
            account_id=account.account_id,
            folder=account.folder,
            names=tuple(file.name for file in files),
        )
        where = {"export_id": export_id, "account_id": account.account_id, "folder": account.folder}
        self._sql.put_files(self._raw, [where | asdict(file) | {"now": now} for file in files])
        self._sql.set_account_done(
            self._raw,
            export_id=export_id,
            account_id=account.account_id,
            period_start=period.start,
            period_end=period.end,
            now=now,
        )

    def set_failed(self, export_id: str, account_id: str, *, reason: str, now: datetime) -> None:
        """Keep why nothing came of the account."""
        self._sql.set_account_failed(
            self._raw, export_id=export_id, account_id=account_id, reason=reason[:_LONGEST_REASON], now=now
        )

    def set_waiting(self, export_id: str, account_id: str, *, reason: str) -> None:
        """Keep why the account's turn must come once more."""
        self._sql.set_account_waiting(
            self._raw, export_id=export_id, account_id=account_id, reason=reason[:_LONGEST_REASON]
        )

    def fail_waiting(self, export_id: str, *, reason: str, now: datetime) -> None:
        """Keep why the accounts had no turn that still wait for it, unless it is known better."""
        self._sql.fail_waiting(self._raw, export_id=export_id, reason=reason[:_LONGEST_REASON], now=now)

    def files(
        self, export_id: str, *, account_id: str | None = None, undelivered: bool = False
    ) -> list[ExportFile]:
        """The files of an export, or of one account, or only those that wait for their delivery, by folder and name."""
        rows = self._sql.find_files(
            self._raw,
            export_id=export_id,
            account_id=account_id,
            file_id=None,
            undelivered=True if undelivered else None,
        )
        return [file_of(row) for row in rows]

    def file(self, export_id: str, file_id: int) -> ExportFile:
        """One file of an export; raises `NotFound`."""
        rows = self._sql.find_files(
            self._raw, export_id=export_id, account_id=None, file_id=file_id, undelivered=None
        )
        for row in rows:
            return file_of(row)
        raise NotFound(f"export {export_id} has no file {file_id}")

    def reserve_delivery_id(self, file_id: int, delivery_id: str) -> None:
        """Keep the id that the delivered file will have, before the upload begins."""
        self._sql.reserve_delivery_id(self._raw, file_id=file_id, delivery_id=delivery_id)

    def set_delivered(self, file_id: int, *, url: str, delivery_id: str | None, sha256: str) -> None:
        """Keep where these bytes of the file were put."""
        self._sql.set_delivered(self._raw, file_id=file_id, url=url, delivery_id=delivery_id, sha256=sha256)

    def set_delivery_failed(self, file_id: int, *, error: str) -> None:
        """Keep why a file could not be delivered."""
        self._sql.set_delivery_failed(self._raw, file_id=file_id, error=error[:_LONGEST_REASON])

    def finished_before(self, before: datetime, delivering: bool) -> list[str]:
        """Ids of exports that were finished before that moment and whose files are still there.

        `delivering`: without those that have files which could not be delivered yet.
        """
        found = self._sql.finished_before(self._raw, before=before, delivering=delivering)
        return [export_id for (export_id,) in found]

    def unheard_since(self, before: datetime) -> list[str]:
        """Ids of unfinished exports of which nothing was heard since that moment."""
        return [export_id for (export_id,) in self._sql.unheard_since(self._raw, before=before)]

    def set_removed(self, export_id: str, now: datetime) -> None:
        """Remember that the files of the export were removed."""
        self._sql.remove_files(self._raw, export_id=export_id, now=now)
        self._sql.remove_export(self._raw, export_id=export_id, now=now)

    def _lines(self, exports: Sequence[Export]) -> list[ExportLine]:
        """How far exports are; two queries, whatever their number."""
        if not exports:
            return []
        ids = tuple(export.export_id for export in exports)
        accounts = {row[0]: row[1:] for row in self._sql.account_counts(self._raw, export_ids=ids)}
        files = {row[0]: row[1:] for row in self._sql.file_counts(self._raw, export_ids=ids)}
        return [
            ExportLine(export, progress_of(accounts.get(export.export_id), files.get(export.export_id)))
            for export in exports
        ]
