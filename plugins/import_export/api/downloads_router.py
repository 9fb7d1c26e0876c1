"""Files of one account that are made while their reader waits."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import IO, Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response, StreamingResponse

from import_export.api.access import Access, needs
from import_export.api.installation import Call, CallDep
from import_export.api.streaming import (
    CSV_TYPE,
    PDF_TYPE,
    XLSX_TYPE,
    as_generator,
    attachment,
    file_answer,
    opened_file,
    stream_of,
)
from import_export.exports.contents import Content
from import_export.exports.names import csv_name, pdf_name, xlsx_name
from import_export.exports.requests import ExportRequest, Format, read_request
from import_export.messages import Language
from import_export.services.accounts import find_account
from import_export.services.export_files import (
    Wanted,
    check_direct,
    csv_of,
    report_bytes,
    wanted_of,
    write_xlsx,
)

router = APIRouter(prefix="/api/accounts/{account_id}/download", tags=["downloads"])

AccountId = Annotated[str, Path(min_length=1, max_length=101, description="Its id or its username.")]


def _asked(
    account_id: AccountId,
    start: Annotated[str | None, Query(description="The first day, ISO 8601, with `end`.")] = None,
    end: Annotated[str | None, Query(description="The last day.")] = None,
    date_frame: Annotated[
        str | None, Query(description="7, 28, 60 or 90 days back from the newest data; 28 without anything.")
    ] = None,
    lang: Annotated[
        Language | None, Query(description="Language of the file; the setting `export_language` without.")
    ] = None,
) -> dict[str, Any]:
    return {
        "accounts": [account_id],
        "start": start,
        "end": end,
        "date_frame": date_frame,
        "language": lang,
    }


Asked = Annotated[dict[str, Any], Depends(_asked)]


@router.get("/csv/{content}", response_class=StreamingResponse, responses=file_answer(CSV_TYPE))
@needs(Access.STATISTICS)
def csv(call: CallDep, asked: Asked, content: Content) -> StreamingResponse:
    """One content as CSV, any number of rows."""
    wanted, _ = _wanted(call, asked, Format.CSV)
    name = csv_name(content, wanted.period, wanted.language)
    return stream_of(as_generator(csv_of(call.context, wanted, content)), CSV_TYPE, name)


@router.get("/xlsx", response_class=StreamingResponse, responses=file_answer(XLSX_TYPE))
@needs(Access.STATISTICS)
def xlsx(call: CallDep, asked: Asked) -> StreamingResponse:
    """The workbook of all contents. 413 where the period has more posts than `export_direct_posts`."""
    wanted, _ = _wanted(call, asked, Format.XLSX)
    check_direct(call.context, wanted)
    file = _made(call.context.settings.work_folder, lambda path: write_xlsx(call.context, wanted, path))
    size = file.seek(0, 2)
    file.seek(0)
    name = xlsx_name(wanted.account.username, wanted.period, wanted.language)
    return stream_of(opened_file(file), XLSX_TYPE, name, size)


@router.get("/pdf", response_class=Response, responses=file_answer(PDF_TYPE))
@needs(Access.STATISTICS)
def pdf(
    call: CallDep,
    asked: Asked,
    pages: Annotated[
        list[str] | None, Query(description="Among statistic, top_post, competitor; all without.")
    ] = None,
) -> Response:
    """The report. 413 where the period has more posts than `export_direct_posts`."""
    parts = [part for each in pages or () for part in each.split(",")]
    wanted, request = _wanted(call, asked | {"pages": parts}, Format.PDF)
    check_direct(call.context, wanted)
    name = pdf_name(wanted.account.username, wanted.period, wanted.language)
    return Response(
        report_bytes(call.context, wanted, request.pages), media_type=PDF_TYPE, headers=attachment(name)
    )


def _wanted(call: Call, asked: dict[str, Any], kind: Format) -> tuple[Wanted, ExportRequest]:
    context = call.context
    request = read_request(asked | {"formats": [kind.value]}, context.settings.file_language)
    account = find_account(context, asked["accounts"][0])
    return wanted_of(context, account, request, context.clock()), request


def _made(folder: FilePath, write: Callable[[FilePath], None]) -> IO[bytes]:
    """A file that is open and has no name any more: whatever ends the download, nothing is left of it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f".download-{uuid.uuid4().hex}"
    try:
        write(path)
        return path.open("rb")
    finally:
        path.unlink(missing_ok=True)
