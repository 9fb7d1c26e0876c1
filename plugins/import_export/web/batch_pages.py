"""The pages of batches: the list, one batch live, a file's rejects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse

from import_export.api.access import Access, needs
from import_export.api.batches_router import BatchId, cursor_of, read_cursor
from import_export.api.jobs_router import JobId
from import_export.api.wrong_cells import wrong_cells
from import_export.errors import BadRequest, NotFound
from import_export.imports.jobs import ArchiveState, ImportJob, JobStatus
from import_export.imports.summary import Summary
from import_export.imports.table_changes import with_alias
from import_export.imports.tables import ImportTable, normalise_header
from import_export.messages import Message
from import_export.services import configuring
from import_export.services.correcting import corrections_of, first_rejects
from import_export.services.receiving import AGAIN
from import_export.services.rerunning import may_rerun, rerun_job
from import_export.services.watching import (
    BatchView,
    batch_view,
    dashboard,
    distributors,
    histories,
    list_batches,
)
from import_export.stores.batches import BatchFilter, BatchLine
from import_export.stores.jobs import Event
from import_export.web.rendering import PageCall, PageDep

router = APIRouter(include_in_schema=False)

PAGE = 50
REJECTS_SHOWN = 100
FILES_SHOWN = 100
"""Files of a batch that its page shows at first."""
CHART_DAYS = 30

GROUPS: dict[str, tuple[JobStatus, ...]] = {
    "done": (JobStatus.COMPLETE, JobStatus.VALID),
    "refused": (JobStatus.INVALID,),
    "failed": (JobStatus.FAILED, JobStatus.PROCESSING_FAILED),
    "working": (JobStatus.UPLOADED, JobStatus.VALIDATING, JobStatus.WAITING),
}
"""Statuses as a filter and as parts of a bar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The list's filter, as its form has it."""

    distributor: str = ""
    table: str = ""
    state: str = ""
    name: str = ""
    first: str = ""
    last: str = ""

    def values(self) -> dict[str, str]:
        """For the query of a link."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A file as the page of its batch shows it."""

    job: ImportJob
    events: Sequence[Event]
    progress: int
    note: str | None
    can_rerun: bool
    can_undo: bool
    missing: Sequence[str]
    """Mandatory columns that the file lacks."""
    headers: Sequence[str]
    """Headers of the file that no column knows."""
    suggested: dict[str, str]
    """Column → the header that was likely meant."""
    columns: Sequence[tuple[int, str]]
    """Id and name of the table's columns."""


@router.get("/batches", response_class=HTMLResponse)
@needs(Access.READ)
def batches(
    page: PageDep,
    distributor: Annotated[str, Query(max_length=64)] = "",
    table: Annotated[str, Query(max_length=64)] = "",
    state: Annotated[str, Query(max_length=10)] = "",
    name: Annotated[str, Query(max_length=255)] = "",
    first: Annotated[str, Query(max_length=10)] = "",
    last: Annotated[str, Query(max_length=10)] = "",
    cursor: Annotated[str, Query(max_length=100)] = "",
    part: bool = False,
) -> HTMLResponse:
    """Batches, newest first. `part`: only the rows, for more of them and for what changed."""
    wanted = Wanted(
        distributor=distributor.strip(), table=table, state=state, name=name.strip(), first=first, last=last
    )
    found = list_batches(page.call.context, _filter(page, wanted, cursor), PAGE + 1)
    values: dict[str, Any] = {
        "lines": found[:PAGE],
        "wanted": wanted,
        "groups": GROUPS,
        "following": cursor_of(found[PAGE - 1]) if len(found) > PAGE else None,
        "filtered": any(wanted.values().values()),
        "bar": _bar,
    }
    if part:
        return page.page("_batch_rows.html", **values)
    tables = [each.table_name for each in configuring.all_tables(page.call.context)]
    return page.page("batches.html", tables=tables, current="batches", **values)


@router.get("/batches/chart", response_class=HTMLResponse)
@needs(Access.READ)
def chart(page: PageDep) -> HTMLResponse:
    """The chart of the last days; after the page itself, because it looks at many rows."""
    found = dashboard(page.call.context, page.call.person.scope, CHART_DAYS)
    today = page.call.context.clock().date()
    by_day = {day.day: day for day in found.days}
    days = [today - timedelta(days=back) for back in reversed(range(CHART_DAYS))]
    series = {
        kind: [getattr(by_day[day], kind) if day in by_day else 0 for day in days]
        for kind in ("done", "refused", "failed", "under_way", "good_rows", "rejected_rows")
    }
    return page.page("_chart.html", days=days, series=series)


@router.get("/batches/distributors", response_class=HTMLResponse)
@needs(Access.READ)
def known_distributors(page: PageDep) -> HTMLResponse:
    """Distributors for a field's suggestions."""
    return page.page(
        "_distributors.html", distributors=distributors(page.call.context, page.call.person.scope)
    )


@router.get("/batches/{batch_id}", response_class=HTMLResponse)
@needs(Access.READ)
def batch(page: PageDep, batch_id: BatchId, part: bool = False, every: bool = False) -> HTMLResponse:
    """One batch. `part`: only what changes while it is worked on. `every`: all files, however many."""
    page.call.batch(batch_id)
    view = batch_view(page.call.context, batch_id)
    tables = {table.table_name: table for table in configuring.all_tables(page.call.context)}
    files = [job for job in view.jobs if job.slot.startswith("file:")]
    shown = files if every else _first_files(files)
    events = histories(page.call.context, batch_id)
    return page.page(
        "_batch.html" if part else "batch.html",
        current="batches",
        line=view.line,
        views=[_job_view(page, job, view, events.get(job.id, ()), tables) for job in shown],
        more=len(files) - len(shown),
        every=every,
        skipped=[job.filename for job in view.jobs if job.status is JobStatus.SKIPPED],
        warnings=[told.text(page.language) for told in view.line.batch.warnings],
        run_id=_last_run(view.line),
        bar=_bar,
        groups=GROUPS,
        ArchiveState=ArchiveState,
    )


@router.get("/files/{job_id}/rejects", response_class=HTMLResponse)
@needs(Access.READ)
def rejects(page: PageDep, job_id: JobId) -> HTMLResponse:
    """The first rejected rows of a file, to be corrected."""
    job, _ = page.call.job(job_id)
    corrections = corrections_of(page.call.context, job_id)
    try:
        found = first_rejects(page.call.context, job_id, REJECTS_SHOWN)
    except NotFound:
        return page.page("_rejects.html", job=job, found=None, wrong={}, corrections=corrections)
    wrong = wrong_cells(job, found.header)
    return page.page("_rejects.html", job=job, found=found, wrong=wrong, corrections=corrections)


@router.post("/files/{job_id}/alias", response_class=HTMLResponse)
@needs(Access.CONFIGURE)
def add_alias(
    page: PageDep,
    job_id: JobId,
    column_id: Annotated[int, Form()],
    header: Annotated[str, Form(max_length=255)],
    again: Annotated[bool, Form()] = False,
) -> HTMLResponse:
    """Make a header of a file an alias of a column, and have a refused file tried again."""
    page.call.job(job_id)
    if not header.strip():
        raise BadRequest("choose a header of the file first")
    context = page.call.context
    table, column = configuring.table_of_column(context, column_id)
    if normalise_header(header) not in column.names:
        change = with_alias(column_id, header)
        configuring.change_table(context, table.table_name, change, action="alias added")
    if again:
        rerun_job(context, job_id, page.call.start_run)
    return HTMLResponse(headers={"hx-refresh": "true"})


def _filter(page: PageCall, wanted: Wanted, cursor: str) -> BatchFilter:
    zone = page.call.context.settings.zone
    first, last = _day(wanted.first), _day(wanted.last)
    return BatchFilter(
        dist_pattern=page.call.person.scope.regexp,
        dist_id=wanted.distributor or None,
        table_name=wanted.table or None,
        statuses=GROUPS.get(wanted.state, ()),
        filename=wanted.name or None,
        since=_begin(first, zone) if first else None,
        until=_begin(last + timedelta(days=1), zone) if last and last < date.max else None,
        before=read_cursor(cursor) if cursor else None,
    )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        raise BadRequest(f"'{text}' is no day like 2026-01-31") from None
    return day if day is None or 1900 < day.year < 2200 else None


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, datetime.min.time(), zone).astimezone(UTC).replace(tzinfo=None)


def _bar(line: BatchLine) -> list[tuple[str, int]]:
    """The parts of a batch's bar: group and number of files."""
    parts = [(group, line.files(*statuses)) for group, statuses in GROUPS.items()]
    return [(group, files) for group, files in parts if files]


def _last_run(line: BatchLine) -> str:
    batch = line.batch
    return f"{batch.batch_id}{AGAIN}{batch.reruns}" if batch.reruns else batch.run_id


def _first_files(files: Sequence[ImportJob]) -> Sequence[ImportJob]:
    """The files that are shown at first: of very many, those that somebody has to look at."""
    if len(files) <= FILES_SHOWN:
        return files
    troubled = (*GROUPS["refused"], *GROUPS["failed"])
    return sorted(files, key=lambda job: (job.status not in troubled, not job.counts.rejected, job.slot))[
        :FILES_SHOWN
    ]


def _job_view(
    page: PageCall,
    job: ImportJob,
    batch: BatchView,
    events: Sequence[Event],
    tables: dict[str, ImportTable],
) -> JobView:
    closed = batch.line.batch.finished_at is not None
    told, table = job.message, tables.get(job.table_name or "")
    lacking = told is not None and told.code is Message.MANDATORY_MISSING and job.status is JobStatus.INVALID
    params = told.params if told is not None and lacking else {}
    suggested = params.get("suggested")
    unknown = params.get("unknown")
    return JobView(
        job=job,
        events=events,
        progress=batch.progress.get(job.id, 0),
        note=None if job.summary is None else Summary.from_json(job.summary).note(page.language),
        can_rerun=may_rerun(job, batch.line.batch),
        can_undo=closed and _may_undo(job, table),
        missing=[name.strip() for name in str(params.get("columns", "")).split(",") if name.strip()],
        headers=[str(each) for each in unknown] if isinstance(unknown, list) else list(job.ignored_columns),
        suggested={str(column): str(header) for header, column in suggested.items()}
        if isinstance(suggested, dict)
        else {},
        columns=[(column.id or 0, column.name) for column in table.columns] if table else [],
    )


def _may_undo(job: ImportJob, table: ImportTable | None) -> bool:
    """Whether an undo is worth offering; whether it can be done is found out when it is asked for."""
    return (
        job.status is JobStatus.COMPLETE
        and job.undone_at is None
        and job.archive_state is not ArchiveState.PENDING
        and job.counts.inserted > 0
        and not job.counts.updated
        and not job.removed
        and table is not None
        and table.has_helpers
    )
