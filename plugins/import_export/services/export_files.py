"""Makes the files of one account: on this machine first, and put where they belong when all of them are whole."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from import_export.archive.kept_folder import KeptFolder
from import_export.errors import TerminalError
from import_export.exports.contents import Content, Rows
from import_export.exports.csv_file import csv_pieces
from import_export.exports.names import csv_name, pdf_name, xlsx_name
from import_export.exports.periods import Period
from import_export.exports.report import Account, Page
from import_export.exports.requests import ExportRequest, Format
from import_export.exports.runs import MadeFile
from import_export.exports.workbook import About, write_workbook
from import_export.failpoints import hit
from import_export.messages import Language
from import_export.services.account_report import report_of
from import_export.services.account_rows import rows_of, size_of
from import_export.services.accounts import period_of
from import_export.services.context import Context

_KEPT_POSTS = 20_000
"""With no more posts than this in the period, rows are read once for CSV and XLSX, and kept in memory between them."""

Write = Callable[[Path], None]


class TooManyPosts(TerminalError):
    """The period has more posts than a file is made of while its reader waits."""

    http_status = 413


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be made of one account."""

    account: Account
    period: Period
    language: Language
    made_at: datetime
    """UTC, without a zone."""

    @property
    def about(self) -> About:
        """As a workbook tells it."""
        return About(self.account.username, self.account.name, self.period, self.local)

    @property
    def local(self) -> datetime:
        """When it is made, in the account's own time, without a zone."""
        return self.made_at.replace(tzinfo=UTC).astimezone(self.account.zone).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class _Planned:
    name: str
    format: Format
    content: Content | None
    write: Write


def wanted_of(context: Context, account: Account, request: ExportRequest, made_at: datetime) -> Wanted:
    """What a request wants of an account: its period is counted from its own newest data."""
    period = period_of(
        context, account, start=request.start, end=request.end, frame=request.frame, until=request.until
    )
    return Wanted(account, period, request.language, made_at)


def check_direct(context: Context, wanted: Wanted) -> None:
    """Raise `TooManyPosts` when a workbook or a report would take longer than its reader waits."""
    posts, most = size_of(context, wanted.account, wanted.period), context.settings.export_direct_posts
    if posts > most:
        raise TooManyPosts(
            f"the period has {posts:,} posts, and at most {most:,} are exported at once; "
            "start an export by POST /api/exports (on the Exports page: Export in the background)"
        )


def csv_of(context: Context, wanted: Wanted, content: Content) -> Iterator[bytes]:
    """One content as CSV, in pieces; any number of rows."""
    return _csv(context, wanted, rows_of(context, wanted.account, content, wanted.period, wanted.language))


def make_files(
    context: Context, wanted: Wanted, request: ExportRequest, place: KeptFolder, folder: str, room: Path
) -> list[MadeFile]:
    """Make all files of an account, and put them into a folder of the place; `room`: where they are made.

    When one of them cannot be made or put there, those of an earlier run stay as they were.
    """
    room.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=room, prefix=".export-") as making:
        # Under their own names: by these a bucket knows what kind of file it is given.
        made = [_written(each, Path(making, each.name)) for each in _planned(context, wanted, request)]
        place.put_together({f"{folder}/{file.name}": Path(making, file.name) for file in made})
    return made


def _planned(context: Context, wanted: Wanted, request: ExportRequest) -> Iterable[_Planned]:
    account, period, language = wanted.account, wanted.period, wanted.language
    read = _Reader(context, wanted)
    for content in request.contents:
        yield _Planned(
            csv_name(content, period, language),
            Format.CSV,
            content,
            partial(_write_csv, context, wanted, read, content),
        )
    if Format.XLSX in request.formats:
        yield _Planned(
            xlsx_name(account.username, period, language),
            Format.XLSX,
            None,
            lambda path: write_workbook(path, read.all_rows(), wanted.about, language),
        )
    if Format.PDF in request.formats:
        yield _Planned(
            pdf_name(account.username, period, language),
            Format.PDF,
            None,
            lambda path: _write(path, [report_bytes(context, wanted, request.pages)]),
        )


def report_bytes(context: Context, wanted: Wanted, pages: Sequence[Page]) -> bytes:
    """The report as PDF."""
    # Its typesetter is loaded by those only who make reports: a DAG is parsed every half minute.
    from import_export.exports.pdf import pdf

    report = report_of(context, wanted.account, wanted.period, wanted.local, pages=tuple(pages))
    return pdf(report, pages, wanted.language)


def write_xlsx(context: Context, wanted: Wanted, path: Path) -> None:
    """The workbook of all contents."""
    write_workbook(path, _Reader(context, wanted).all_rows(), wanted.about, wanted.language)


class _Reader:
    """Rows of an account for several files."""

    def __init__(self, context: Context, wanted: Wanted) -> None:
        self._context, self._wanted = context, wanted
        self._kept: dict[Content, list[pl.DataFrame]] = {}
        self._keeps_media: bool | None = None

    def all_rows(self) -> list[Rows]:
        """All contents, in the order of the workbook."""
        return [self.rows(content) for content in Content]

    def rows(self, content: Content) -> Rows:
        """The rows of a content; read once as long as they are few."""
        wanted = self._wanted
        found = rows_of(self._context, wanted.account, content, wanted.period, wanted.language)
        if content is Content.MEDIA and not self._is_small():
            return found
        if content not in self._kept:
            self._kept[content] = list(found.frames())
        return Rows(content, lambda: self._kept[content])

    def _is_small(self) -> bool:
        if self._keeps_media is None:
            self._keeps_media = (
                size_of(self._context, self._wanted.account, self._wanted.period) <= _KEPT_POSTS
            )
        return self._keeps_media


def _write_csv(context: Context, wanted: Wanted, read: _Reader, content: Content, path: Path) -> None:
    _write(path, _csv(context, wanted, read.rows(content)))


def _csv(context: Context, wanted: Wanted, rows: Rows) -> Iterator[bytes]:
    settings = context.settings
    return csv_pieces(
        rows,
        wanted.language,
        bom=settings.export_csv_bom,
        guard=settings.export_csv_guard,
        delimiter=settings.export_csv_delimiter,
    )


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(pieces)


def _written(planned: _Planned, path: Path) -> MadeFile:
    """Write a file, so that it survives a power cut, and tell what it is."""
    hit("export.write.before")
    planned.write(path)
    hit("export.write.after")
    with path.open("rb") as file:
        os.fsync(file.fileno())
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
    return MadeFile(
        name=planned.name, format=planned.format, content=planned.content, size=size, sha256=sha256
    )
