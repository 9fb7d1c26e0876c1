"""Batches: the list, one with its files, cancel, live events, numbers for a dashboard."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Annotated, Any

import anyio
from anyio import to_thread
from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse

from import_export.api import bodies, views
from import_export.api.access import Access, needs
from import_export.api.installation import Call, CallDep
from import_export.errors import BadRequest, TransientError
from import_export.imports.jobs import JobStatus
from import_export.services.cancelling import cancel_batch
from import_export.services.watching import BatchView, batch_view, changed_batches, dashboard, list_batches
from import_export.stores.batches import BatchFilter, BatchLine

log = logging.getLogger(__name__)

router = APIRouter(prefix="/api", tags=["batches"])

BatchId = Annotated[str, Path(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]

STREAM_SECONDS = 55
"""A stream ends after this; browsers connect again by themselves, with a login that is looked at anew."""
_LOOK_SECONDS = 1.0
_QUIET_SECONDS = 15.0
_DAYS = 30


def cursor_of(line: BatchLine) -> str:
    """The cursor that goes on behind a batch."""
    return f"{line.batch.received_at.isoformat()}~{line.batch.batch_id}"


def read_cursor(text: str) -> tuple[datetime, str]:
    """The batch that a cursor stands for; raises `BadRequest`."""
    at, _, batch_id = text.partition("~")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise BadRequest(f"cursor '{text}' is none that was given here") from None
    if moment.tzinfo is not None or not batch_id:
        raise BadRequest(f"cursor '{text}' is none that was given here")
    return moment, batch_id


@router.get("/jobs", response_model=bodies.Page[list[bodies.BatchSummary]])
@needs(Access.READ)
def batches(
    call: CallDep,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    dist_id: Annotated[str | None, Query(max_length=64)] = None,
    table_name: Annotated[str | None, Query(max_length=64)] = None,
    status: Annotated[
        list[int] | None, Query(description="Statuses of files; a batch with any such file is given.")
    ] = None,
    filename: Annotated[str | None, Query(max_length=255, description="Any part of a file's name.")] = None,
    since: Annotated[date | None, Query(description="Received on this day (UTC) or later.")] = None,
    until: Annotated[date | None, Query(description="Received on this day (UTC) or earlier.")] = None,
) -> Any:
    """Batches, newest first."""
    try:
        statuses = tuple(JobStatus(number) for number in status or ())
    except ValueError:
        raise BadRequest(
            f"status must be among: {', '.join(str(each.value) for each in JobStatus)}"
        ) from None
    wanted = BatchFilter(
        dist_pattern=call.person.scope.regexp,
        dist_id=dist_id or None,
        table_name=table_name or None,
        statuses=statuses,
        filename=filename or None,
        since=None if since is None else datetime.combine(since, datetime.min.time()),
        until=None if until is None else day_after(until),
        before=read_cursor(cursor) if cursor else None,
    )
    found = list_batches(call.context, wanted, limit + 1)
    following = cursor_of(found[limit - 1]) if len(found) > limit else None
    return {"data": [views.batch_summary(line, call.language) for line in found[:limit]], "next": following}


@router.get("/jobs/{batch_id}", response_model=bodies.Answer[bodies.BatchDetail])
@needs(Access.READ)
def batch(call: CallDep, batch_id: BatchId) -> Any:
    """One batch with its files."""
    call.batch(batch_id)
    return {"data": _detail(call, batch_view(call.context, batch_id))}


@router.get("/jobs/{batch_id}/details", response_model=bodies.Answer[list[bodies.JobDetail]])
@needs(Access.READ)
def details(call: CallDep, batch_id: BatchId) -> Any:
    """Each file of a batch: status, counts, problems, summary, link to the archive."""
    call.batch(batch_id)
    return {"data": [views.job_detail(job, call.language) for job in batch_view(call.context, batch_id).jobs]}


@router.post("/jobs/{batch_id}/cancel", response_model=bodies.Answer[bodies.CancelDone])
@needs(Access.IMPORT)
def cancel(call: CallDep, batch_id: BatchId) -> Any:
    """Cancel what is not loaded yet. Rows that are committed stay."""
    call.batch(batch_id)
    cancelled, in_work = cancel_batch(call.context, batch_id)
    return {"data": bodies.CancelDone(cancelled=cancelled, in_work=in_work)}


@router.get("/counts", response_model=bodies.Answer[bodies.Counts])
@needs(Access.READ)
def counts(call: CallDep, days: Annotated[int, Query(ge=1, le=366)] = _DAYS) -> Any:
    """Numbers for a dashboard: files in work, and what happened on each of the last days."""
    found = dashboard(call.context, call.person.scope, days)
    return {
        "data": {
            "open_files": {status.name.lower(): files for status, files in found.open_files.items()},
            "days": [bodies.DayOut.model_validate(day) for day in found.days],
        }
    }


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
@needs(Access.READ)
def events(
    call: CallDep,
    batch_id: Annotated[
        str | None, Query(max_length=36, description="One batch; without, which batches changed.")
    ] = None,
    seconds: Annotated[
        int, Query(ge=0, le=STREAM_SECONDS, description="End after so many.")
    ] = STREAM_SECONDS,
) -> StreamingResponse:
    """Server-sent events: `batch` with a batch's state whenever it changed, or `changed` with the ids of batches."""
    if batch_id is not None:
        call.batch(batch_id)
    stream = _batch_events(call, batch_id, seconds) if batch_id else _all_events(call, seconds)
    return StreamingResponse(
        _while_there(stream), media_type="text/event-stream", headers={"x-accel-buffering": "no"}
    )


async def _while_there(stream: AsyncIterator[str]) -> AsyncIterator[str]:
    """The stream up to its end, or until the database goes away: browsers connect again by themselves."""
    try:
        async for event in stream:
            yield event
    except TransientError as fault:
        log.warning("events: %s", fault)
        yield "retry: 5000\n\n"


async def _batch_events(call: Call, batch_id: str, seconds: int) -> AsyncIterator[str]:
    last, told_at, ends = "", time.monotonic(), time.monotonic() + seconds
    while True:
        state = await to_thread.run_sync(
            lambda: _detail(call, batch_view(call.context, batch_id)).model_dump_json()
        )
        if state != last:
            last, told_at = state, time.monotonic()
            yield f"event: batch\ndata: {state}\n\n"
        elif time.monotonic() - told_at > _QUIET_SECONDS:
            told_at = time.monotonic()
            yield ": still there\n\n"
        if time.monotonic() + _LOOK_SECONDS > ends:
            return
        await anyio.sleep(_LOOK_SECONDS)


async def _all_events(call: Call, seconds: int) -> AsyncIterator[str]:
    yield "retry: 2000\n\n"
    since, ends = call.context.clock(), time.monotonic() + seconds
    told_at = time.monotonic()
    while time.monotonic() + _LOOK_SECONDS <= ends:
        await anyio.sleep(_LOOK_SECONDS)
        now = call.context.clock()
        # What commits late has an earlier time: some are told twice rather than one never.
        found = await to_thread.run_sync(
            changed_batches, call.context, call.person.scope, since - timedelta(seconds=2)
        )
        since = now
        if found:
            told_at = time.monotonic()
            yield f"event: changed\ndata: {json.dumps(found)}\n\n"
        elif time.monotonic() - told_at > _QUIET_SECONDS:
            told_at = time.monotonic()
            yield ": still there\n\n"


def _detail(call: Call, view: BatchView) -> bodies.BatchDetail:
    return views.batch_detail(view.line, view.jobs, view.progress, call.language)


def day_after(day: date) -> datetime | None:
    """When the next day begins; None at the end of all days."""
    return None if day == date.max else datetime.combine(day + timedelta(days=1), datetime.min.time())
