"""Single files: history, rejects and their correction, undo, re-run, downloads."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse

from import_export.api import bodies, views
from import_export.api.access import Access, needs
from import_export.api.batches_router import BatchId
from import_export.api.installation import Call, CallDep
from import_export.api.streaming import CSV_TYPE, opened_file, stream_of
from import_export.api.wrong_cells import wrong_cells
from import_export.imports.jobs import JobStatus
from import_export.messages import Message, tell
from import_export.services.correcting import correct_rejects, first_rejects
from import_export.services.originals import rejects_file, report_file
from import_export.services.rerunning import rerun_job
from import_export.services.undoing import undo_job
from import_export.services.uploading import Received
from import_export.services.watching import batch_view, history

router = APIRouter(prefix="/api", tags=["files"])

JobId = Annotated[int, Path(ge=1, le=2**53)]
MOST_REJECTS = 1000


@router.get("/files/{job_id}", response_model=bodies.Answer[bodies.JobHistory])
@needs(Access.READ)
def job(call: CallDep, job_id: JobId) -> Any:
    """One file with its history."""
    found, _ = call.job(job_id)
    return {"data": views.job_history(found, history(call.context, job_id), call.language)}


@router.post("/files/{job_id}/undo", response_model=bodies.Answer[bodies.Undone])
@needs(Access.IMPORT)
def undo(call: CallDep, job_id: JobId) -> Any:
    """Take the rows of an import out again, when nothing came after it; else 409 with the reason."""
    call.job(job_id)
    return {"data": bodies.Undone(removed=undo_job(call.context, job_id))}


@router.post("/files/{job_id}/rerun", status_code=202, response_model=bodies.Answer[bodies.RunStarted])
@needs(Access.IMPORT)
def rerun(call: CallDep, job_id: JobId) -> Any:
    """Validate and import a refused, failed or broken-off file once more, with the configuration as it is now."""
    call.job(job_id)
    return {"data": bodies.RunStarted(run_id=rerun_job(call.context, job_id, call.start_run))}


@router.get("/files/{job_id}/rejects", response_model=bodies.Answer[bodies.Rejects])
@needs(Access.READ)
def rejects(call: CallDep, job_id: JobId, limit: Annotated[int, Query(ge=1, le=MOST_REJECTS)] = 100) -> Any:
    """The first rejected rows, with their wrong cells marked; 404 when there are none."""
    found, _ = call.job(job_id)
    page = first_rejects(call.context, job_id, limit)
    wrong = wrong_cells(found, page.header)
    rows = [
        bodies.RejectRow(
            line=row.line, cells=list(row.cells), wrong=wrong.get(row.line, []), errors=row.errors
        )
        for row in page.rows
    ]
    return {"data": bodies.Rejects(header=list(page.header), rows=rows, more=page.more)}


@router.get(
    "/files/{job_id}/rejects.csv",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
@needs(Access.READ)
def rejects_csv(call: CallDep, job_id: JobId) -> StreamingResponse:
    """All rejected rows with their lines and reasons, ready to be corrected and sent again."""
    found, batch = call.job(job_id)
    name = f"{found.filename.rsplit('/', 1)[-1].rsplit('.', 1)[0]}.rejects.csv"
    with rejects_file(call.context, batch, batch_view(call.context, batch.batch_id).jobs, found) as path:
        return _file_of(path, CSV_TYPE, name)


@router.post(
    "/files/{job_id}/corrections", status_code=202, response_model=bodies.Answer[bodies.ImportStarted]
)
@needs(Access.IMPORT)
def correct(call: CallDep, job_id: JobId, body: bodies.Corrections) -> Any:
    """Send rejected rows again with corrected cells, as a batch of its own; each correction is recorded."""
    call.job(job_id)
    corrected: dict[int, dict[int, str]] = defaultdict(dict, {line: {} for line in body.lines})
    for cell in body.cells:
        corrected[cell.line][cell.cell] = cell.value
    received = correct_rejects(
        call.context, job_id, corrected, call.start_run, exact=not call.person.scope.everything
    )
    return {"data": _started(call, received)}


@router.get(
    "/jobs/{batch_id}/report.txt",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
@needs(Access.READ)
def report(call: CallDep, batch_id: BatchId) -> StreamingResponse:
    """The report of a closed batch: what became of each file, in words."""
    with report_file(call.context, call.batch(batch_id)) as path:
        return _file_of(path, "text/plain; charset=utf-8", f"report-{batch_id}.txt")


def _file_of(path: FilePath, media_type: str, name: str) -> StreamingResponse:
    """A file, which may lose its name as soon as it is open."""
    return stream_of(opened_file(path.open("rb")), media_type, name, path.stat().st_size)


def _started(call: Call, received: Received) -> bodies.ImportStarted:
    files = [
        bodies.FileVerdict(
            filename=each.filename,
            job_id=each.id,
            valid=each.status in (JobStatus.WAITING, JobStatus.COMPLETE),
            rows=each.counts.total,
            error=each.message.text(call.language) if each.message else None,
            code=each.message.code.value if each.message else None,
        )
        for each in received.jobs
        if each.slot.startswith("file:")
    ]
    batch = received.batch
    warnings = [tell(Message.STARTS_LATER).text(call.language)] if received.postponed else []
    return bodies.ImportStarted(
        mode=batch.mode.value, batch_id=batch.batch_id, files=files, warnings=warnings
    )
