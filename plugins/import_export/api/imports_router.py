"""Uploads: import, and preview without importing."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

from anyio import CancelScope, to_thread
from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse

from import_export.api import bodies
from import_export.api.access import Access, needs
from import_export.api.installation import Call, CallDep
from import_export.api.upload_form import Upload, UploadLimits
from import_export.api.uploads import receive_upload
from import_export.errors import BadRequest
from import_export.imports.inspection import Question, inspect_file
from import_export.imports.jobs import JobStatus, Mode
from import_export.imports.validation import AUTO
from import_export.imports.zips import Limits
from import_export.messages import Message, tell
from import_export.services.configuring import all_tables
from import_export.services.context import WorkFolder
from import_export.services.idempotency import KeptAnswer, once
from import_export.services.receiving import check_table_name
from import_export.services.uploading import Received, take_upload, upload_form

router = APIRouter(prefix="/api", tags=["imports"])
Made = TypeVar("Made")

_TRUE = frozenset({"1", "true", "on", "yes"})
_FALSE = frozenset({"0", "false", "off", "no"})
_FILES: dict[str, Any] = {"type": "array", "items": {"type": "string", "format": "binary"}}


def form_body(files: str, **fields: str) -> dict[str, Any]:
    """The OpenAPI description of a form with files, which is read as a stream and so unknown to FastAPI."""
    properties = {name: {"type": "string", "description": text} for name, text in fields.items()}
    schema = {"type": "object", "properties": {files: _FILES, **properties}}
    return {"requestBody": {"content": {"multipart/form-data": {"schema": schema}}}}


@router.post(
    "/import",
    response_model=bodies.Answer[bodies.ImportStarted],
    responses={202: {"model": bodies.Answer[bodies.ImportStarted]}},
    openapi_extra=form_body(
        "files",
        mode="quick: validate only. full: import, verdicts later. both (or empty): validate now, then import.",
        table_name="The target table; auto (or empty): found by each file's name.",
        dist_id="The distributor; the files' rows are held against it.",
        force="true: load files again that were imported before, byte by byte the same.",
        wait="false: answer at once (202), without the verdicts; GET /api/jobs/<batch_id> or the events tell them.",
    ),
)
@needs(Access.IMPORT)
async def import_files(
    request: Request,
    call: CallDep,
    idempotency_key: Annotated[
        str | None, Header(description="Sent again with the same key, an upload is not imported twice.")
    ] = None,
) -> JSONResponse:
    """Upload CSV, TXT or ZIP files and import them. 200: validated only; 202: the import is under way."""
    batch_id = str(uuid.uuid4())
    work = call.context.work(batch_id)
    try:
        upload = await receive_upload(request, work.spool, limits_of(call))
        answer, done = await to_thread.run_sync(
            lambda: once(
                call.context,
                idempotency_key,
                upload.fingerprint,
                batch_id,
                lambda: _import(call, batch_id, upload),
            )
        )
    except BaseException:
        # What was registered has left the spool; the rest was refused, and is the sender's to send again.
        with CancelScope(shield=True):
            await to_thread.run_sync(_tidy, work)
        raise
    if not done:
        await to_thread.run_sync(_tidy, work)
    return JSONResponse(answer.body, status_code=answer.status)


@router.post(
    "/preview",
    response_model=bodies.Answer[dict[str, Any]],
    openapi_extra=form_body(
        "file", table_name="The target table; auto (or empty): by name.", dist_id="The distributor."
    ),
)
@needs(Access.IMPORT)
async def preview(request: Request, call: CallDep) -> Any:
    """What one file is understood as, and what would become of its rows; nothing is kept or imported."""
    return {
        "success": True,
        "data": await with_upload(request, call, lambda path, upload: _preview(call, path, upload)),
    }


async def with_upload(request: Request, call: Call, work: Callable[[Path, Upload], Made]) -> Made:
    """What is made of the one file of an upload, which is gone afterwards; raises `BadRequest` without a file."""
    room = call.context.settings.work_folder / f".preview-{uuid.uuid4()}"
    upload = await receive_upload(request, room, limits_of(call))
    try:
        if not upload.files:
            raise BadRequest(tell(Message.NO_FILES).text(call.language))
        return await to_thread.run_sync(work, upload.files[0].path, upload)
    finally:
        await to_thread.run_sync(lambda: shutil.rmtree(room, ignore_errors=True))


def limits_of(call: Call) -> UploadLimits:
    """How much an upload may hold, by the settings."""
    settings = call.context.settings
    return UploadLimits(max_bytes=settings.upload_max_bytes, max_files=settings.upload_max_files)


def _preview(call: Call, path: Path, upload: Upload) -> dict[str, Any]:
    table_name = upload.fields.get("table_name", "").strip() or AUTO
    check_table_name(call.context, table_name)
    settings = call.context.settings
    question = Question(
        tables=all_tables(call.context),
        table_name=table_name,
        dist_id=upload.fields.get("dist_id", "").strip() or None,
        limits=Limits(settings.zip_max_files, settings.zip_max_bytes, settings.zip_max_ratio),
    )
    return inspect_file(path, question).to_json(call.language)


def _import(call: Call, batch_id: str, upload: Upload) -> KeptAnswer:
    fields = upload.fields
    spool = call.context.work(batch_id).spool
    names = [file.path.relative_to(spool).as_posix() for file in upload.files]
    form = upload_form(
        call.context,
        call.person.scope,
        mode=fields.get("mode", ""),
        table_name=fields.get("table_name", ""),
        dist_id=fields.get("dist_id", ""),
        force=fields.get("force", "").strip().lower() in _TRUE,
    )
    at_once = fields.get("wait", "").strip().lower() in _FALSE
    received = take_upload(
        call.context, batch_id, names, form, call.start_run, later=call.later if at_once else None
    )
    return _answer(received, names, call)


def _answer(received: Received, names: list[str], call: Call) -> KeptAnswer:
    """The answer of the import page's table: 200 quick, 202 started, 422 all files failed, 400 nothing to process."""
    batch, language = received.batch, call.language
    files = [
        bodies.FileVerdict(
            filename=job.filename,
            job_id=job.id,
            valid=job.status in (JobStatus.VALID, JobStatus.WAITING, JobStatus.COMPLETE),
            rows=job.counts.total,
            error=job.message.text(language) if job.message else None,
            code=job.message.code.value if job.message else None,
        )
        for job in received.jobs
        if job.slot.startswith("file:")
    ]
    if not received.validated:
        files = [bodies.FileVerdict(filename=name) for name in names]
    warnings = [told.text(language) for told in batch.warnings]
    if received.postponed:
        warnings.append(tell(Message.STARTS_LATER).text(language))
    data = bodies.ImportStarted(
        mode=batch.mode.value, batch_id=batch.batch_id, files=files, warnings=warnings
    )
    plain = data.model_dump(mode="json")
    if not files:
        return KeptAnswer(
            400,
            {"success": False, "error": tell(Message.NO_VALID_DATA_FILES).text(language), "details": plain},
        )
    if received.validated and not any(file.valid for file in files):
        return KeptAnswer(
            422, {"success": False, "error": tell(Message.ALL_INVALID).text(language), "details": plain}
        )
    status = 200 if batch.mode is Mode.QUICK and received.validated else 202
    return KeptAnswer(status, {"success": True, "data": plain})


def _tidy(work: WorkFolder) -> None:
    shutil.rmtree(work.spool, ignore_errors=True)
    if work.root.is_dir() and not any(work.root.iterdir()):
        work.root.rmdir()
