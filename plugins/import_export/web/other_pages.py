"""The other pages: upload, who is missing, changes, the REST API's own."""

from __future__ import annotations

import calendar
import json
from datetime import UTC, date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from import_export.api.access import Access, check_sees_all, needs
from import_export.errors import BadRequest
from import_export.services import configuring, deadlines, expecting
from import_export.services.expecting import Presence
from import_export.web.rendering import PageCall, PageDep
from import_export.web.words import WORDS, word

router = APIRouter(include_in_schema=False)

AUDIT_SHOWN = 100


@router.get("/", response_class=HTMLResponse)
@needs(Access.READ)
def home(request: Request) -> RedirectResponse:
    """The first page."""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/upload", 303)


@router.get("/upload", response_class=HTMLResponse)
@needs(Access.READ)
def upload(page: PageDep) -> HTMLResponse:
    """Where files are uploaded."""
    tables = configuring.all_tables(page.call.context)
    scope = page.call.person.scope
    return page.page(
        "upload.html",
        current="upload",
        tables=tables,
        only=scope.only,
        needs_distributor=not scope.everything,
    )


@router.get("/missing", response_class=HTMLResponse)
@needs(Access.READ)
def missing(
    page: PageDep,
    by: Annotated[str, Query(pattern="^(day|month)$")] = "day",
    day: Annotated[str, Query(max_length=10)] = "",
    only_missing: bool = False,
) -> HTMLResponse:
    """Who sent what on a day or in a month."""
    context, scope = page.call.context, page.call.person.scope
    shown = _day(day, context.clock().replace(tzinfo=UTC).astimezone(context.settings.zone).date())
    first, last, before, after = _period(by, shown)
    found = expecting.attendance(context, scope, first, last)
    rows = {
        dist_id: cells
        for dist_id, cells in found.rows.items()
        if not only_missing
        or any(cell.presence in (Presence.MISSING, Presence.REFUSED) for cell in cells.values())
    }
    return page.page(
        "missing.html",
        current="missing",
        found=found,
        rows=rows,
        by=by,
        day=shown,
        before=before,
        after=after,
        only_missing=only_missing,
        expected=expecting.expected_files(context, scope),
        deadlines=deadlines.list_deadlines(context),
        tables=[table.table_name for table in configuring.all_tables(context)],
        Presence=Presence,
    )


@router.post("/missing/expect", response_class=HTMLResponse)
@needs(Access.CONFIGURE)
def expect(
    page: PageDep,
    dist_id: Annotated[str, Form(max_length=64)],
    table_name: Annotated[str, Form(max_length=64)],
    frequency: Annotated[str, Form(max_length=10)],
    days: Annotated[str, Form(max_length=100)] = "",
) -> HTMLResponse:
    """Expect a file of one or several distributors (with commas)."""
    try:
        numbers = [int(part) for part in days.replace(",", " ").split()]
    except ValueError:
        raise BadRequest(f"days '{days}' are not numbers with commas between them") from None
    for each in [part.strip() for part in dist_id.split(",") if part.strip()]:
        expecting.expect(page.call.context, page.call.person.scope, each, table_name, frequency, numbers)
    return HTMLResponse(headers={"hx-refresh": "true"})


@router.post("/missing/expect-no-more", response_class=HTMLResponse)
@needs(Access.CONFIGURE)
def expect_no_more(
    page: PageDep,
    dist_id: Annotated[str, Form(max_length=64)],
    table_name: Annotated[str, Form(max_length=64)],
) -> HTMLResponse:
    """Expect a file no more."""
    expecting.expect_no_more(page.call.context, page.call.person.scope, dist_id, table_name)
    return HTMLResponse(headers={"hx-refresh": "true"})


@router.post("/missing/deadline", response_class=HTMLResponse)
@needs(Access.CONFIGURE)
def set_deadline(
    page: PageDep,
    table_name: Annotated[str, Form(max_length=64)],
    cron: Annotated[str, Form(max_length=100)],
) -> HTMLResponse:
    """Set until when a table's files are expected."""
    check_sees_all(page.call.person)
    deadlines.set_deadline(page.call.context, table_name, cron)
    return HTMLResponse(headers={"hx-refresh": "true"})


@router.post("/missing/no-deadline", response_class=HTMLResponse)
@needs(Access.CONFIGURE)
def remove_deadline(page: PageDep, table_name: Annotated[str, Form(max_length=64)]) -> HTMLResponse:
    """Have a table no deadline any more."""
    check_sees_all(page.call.person)
    deadlines.remove_deadline(page.call.context, table_name)
    return HTMLResponse(headers={"hx-refresh": "true"})


@router.get("/audit", response_class=HTMLResponse)
@needs(Access.CONFIGURE)
def audit(
    page: PageDep,
    subject: Annotated[str, Query(max_length=255)] = "",
    before: Annotated[int | None, Query(ge=1)] = None,
) -> HTMLResponse:
    """Who changed what."""
    check_sees_all(page.call.person)
    found = configuring.audit_log(
        page.call.context, subject=subject.strip() or None, before=before, most=AUDIT_SHOWN + 1
    )
    return page.page(
        "audit.html",
        current="audit",
        entries=found[:AUDIT_SHOWN],
        following=found[AUDIT_SHOWN - 1].id if len(found) > AUDIT_SHOWN else None,
        subject=subject,
        pretty=_pretty,
        action_name=lambda action: _action_name(page, action),
    )


@router.get("/api/docs", response_class=HTMLResponse)
@needs(Access.READ)
def docs(page: PageDep) -> HTMLResponse:
    """The REST API, to be read and tried."""
    return page.page("docs.html", current="api")


def _day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text if len(text) != 7 else f"{text}-01") if text else today
    except ValueError:
        raise BadRequest(f"'{text}' is no day like 2026-01-31") from None
    return day if date(1950, 1, 1) < day < date(2150, 1, 1) else today


def _period(by: str, day: date) -> tuple[date, date, date, date]:
    """First and last day of the period, and a day of the one before and of the one after."""
    if by == "day":
        return day, day, day - timedelta(days=1), day + timedelta(days=1)
    first = day.replace(day=1)
    last = day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return first, last, first - timedelta(days=1), last + timedelta(days=1)


def _action_name(page: PageCall, action: str) -> str:
    """What was done, in words; one that has none as it is kept."""
    key = f"action_{action.replace(' ', '_')}"
    return word(page.language, key) if key in WORDS else action


def _pretty(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, indent=1)
