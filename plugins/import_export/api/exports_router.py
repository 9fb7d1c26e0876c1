"""Exports that are made by a run: start one, the list, one with its progress and files, and the files themselves."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from import_export.api import bodies, export_bodies
from import_export.api.access import Access, needs
from import_export.api.batches_router import read_cursor
from import_export.api.installation import Call, CallDep
from import_export.api.ranges import part_answer, part_response
from import_export.api.streaming import (
    CSV_TYPE,
    PDF_TYPE,
    XLSX_TYPE,
    ZIP_TYPE,
    as_generator,
    file_answer,
    stream_of,
)
from import_export.exports.requests import ALL, ExportRequest, Format, read_request
from import_export.exports.runs import ExportLine
from import_export.services.export_place import find_file
from import_export.services.export_zip import zip_of
from import_export.services.exporting import drop_export, exports_of, is_export, new_export
from import_export.services.idempotency import KeptAnswer, once

router = APIRouter(prefix="/api", tags=["exports"])

ExportId = Annotated[str, Path(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
TYPES: Mapping[Format, str] = {Format.CSV: CSV_TYPE, Format.XLSX: XLSX_TYPE, Format.PDF: PDF_TYPE}


@router.post("/exports", status_code=202, response_model=bodies.Answer[export_bodies.ExportStarted])
@needs(Access.EXPORT)
def start(
    request: Request,
    call: CallDep,
    body: export_bodies.ExportIn,
    idempotency_key: Annotated[
        str | None, Header(description="Sent again with the same key, an export is not started twice.")
    ] = None,
) -> JSONResponse:
    """Start an export as a run of `export_statistics`."""
    wanted = read_request(body.model_dump(), call.context.settings.file_language)
    export_id = str(uuid.uuid4())
    asked = json.dumps(wanted.to_json(), sort_keys=True).encode()
    answer, _ = once(
        call.context,
        idempotency_key,
        hashlib.sha256(b"export\0" + asked).hexdigest(),
        export_id,
        lambda: _start(call, wanted, export_id, request.scope.get("root_path", "")),
        is_export,
    )
    headers = {"location": answer.body["data"]["location"]}
    return JSONResponse(answer.body, status_code=answer.status, headers=headers)


@router.get("/exports", response_model=bodies.Page[list[export_bodies.ExportSummary]])
@needs(Access.STATISTICS)
def exports(
    call: CallDep,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
) -> Any:
    """Exports, newest first: those of the schedule, and everybody's."""
    with exports_of(call.context) as store:
        found = store.newest(read_cursor(cursor) if cursor else None, limit + 1)
    following = cursor_of(found[limit - 1]) if len(found) > limit else None
    return {"data": [export_bodies.summary(line) for line in found[:limit]], "next": following}


@router.get("/exports/{export_id}", response_model=bodies.Answer[export_bodies.ExportDetail])
@needs(Access.STATISTICS)
def export(
    call: CallDep,
    export_id: ExportId,
    account_id: Annotated[
        str | None, Query(max_length=50, description="Only this account and its files.")
    ] = None,
) -> Any:
    """One export: its state, its accounts with what went wrong, and its files."""
    with exports_of(call.context) as store:
        line = store.line(export_id)
        accounts = store.accounts(export_id)
        files = store.files(export_id, account_id=account_id)
    shown = [each for each in accounts if account_id in (None, each.account_id)]
    return {
        "data": {
            **export_bodies.summary(line),
            "of_accounts": [export_bodies.account_out(each) for each in shown],
            "of_files": [export_bodies.file_out(file) for file in files],
        }
    }


@router.get(
    "/exports/{export_id}/files/{file_id}",
    response_class=StreamingResponse,
    responses=part_answer(CSV_TYPE, XLSX_TYPE, PDF_TYPE),
)
@needs(Access.STATISTICS)
def export_file(
    call: CallDep,
    export_id: ExportId,
    file_id: Annotated[int, Path(ge=1)],
    part: Annotated[
        str | None, Header(alias="range", description="`bytes=1000-`: the rest of a download that broke off.")
    ] = None,
    unless: Annotated[
        str | None, Header(alias="if-range", description="Its `ETag`; the whole file when it was made anew.")
    ] = None,
) -> Response:
    """One of its files, or a part of it."""
    with exports_of(call.context) as store:
        found = store.export(export_id)
        file = store.file(export_id, file_id)
    kept = find_file(call.context, found, file)
    return part_response(kept, TYPES[file.made.format], file.made.name, part, unless)


@router.get(
    "/exports/{export_id}/files.zip", response_class=StreamingResponse, responses=file_answer(ZIP_TYPE)
)
@needs(Access.STATISTICS)
def export_zip(
    call: CallDep,
    export_id: ExportId,
    account_id: Annotated[str | None, Query(max_length=50, description="Only this account's.")] = None,
) -> StreamingResponse:
    """All its files as one ZIP, made while it is read; with several accounts, a folder for each."""
    name, pieces = zip_of(call.context, export_id, account_id)
    return stream_of(as_generator(pieces), ZIP_TYPE, name)


def _start(call: Call, wanted: ExportRequest, export_id: str, root: str) -> KeptAnswer:
    new_export(call.context, wanted, export_id)
    try:
        call.start_export(export_id, _form(wanted))
    except BaseException:
        # Nobody would ever make it.
        drop_export(call.context, export_id)
        raise
    told = export_bodies.ExportStarted(id=export_id, location=f"{root}/api/exports/{export_id}")
    return KeptAnswer(202, {"success": True, "data": told.model_dump(mode="json")})


def _form(wanted: ExportRequest) -> dict[str, Any]:
    """The run's form as a person would have filled it in; the run itself reads what is registered."""
    plain = {key: value for key, value in wanted.to_json().items() if value}
    return plain | {"accounts": [ALL] if wanted.accounts is None else list(wanted.accounts)}


def cursor_of(line: ExportLine) -> str:
    """The cursor that goes on behind an export."""
    return f"{line.export.created_at.isoformat()}~{line.export.export_id}"
