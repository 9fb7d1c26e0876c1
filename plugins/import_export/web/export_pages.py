"""The exports page: accounts, a preview of their numbers, what was exported, and one export with its files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from import_export.api.access import Access, needs
from import_export.api.batches_router import read_cursor
from import_export.api.exports_router import ExportId, cursor_of
from import_export.exports.contents import GENDERS, Content, type_name
from import_export.exports.periods import EARLIEST, FRAMES, LATEST
from import_export.exports.report import AccountReport, Page
from import_export.exports.requests import USUAL_FRAME
from import_export.exports.runs import ExportLine
from import_export.services.account_report import report_of
from import_export.services.accounts import AccountLine, account_lines, find_account, period_of
from import_export.services.exporting import exports_of
from import_export.web import export_preview as shown
from import_export.web.export_lines import ShownExport, failures_of, files_of, shown_line
from import_export.web.rendering import PageCall, PageDep, short_day, shown_number

router = APIRouter(include_in_schema=False)

CONTENTS = (
    Content.MEDIA,
    Content.COUNTRY,
    Content.PROFILE,
    Content.GENDER,
    Content.CITY,
    Content.AGE,
    Content.HASHTAG,
)
"""In the order of the original's form."""
PAGES = (Page.COMPETITOR, Page.STATISTIC, Page.TOP_POST)
GENDER_KEYS = {"female": "F", "male": "M", "unknown": "U"}
LISTED = 20
"""Earlier exports that are shown at once."""
FILES_SHOWN = 100
"""Files of an export that its page shows at first."""


@router.get("/exports", response_class=HTMLResponse)
@needs(Access.STATISTICS)
def exports(page: PageDep) -> HTMLResponse:
    """Where files are asked for, and the list of what was made."""
    accounts = account_lines(page.call.context)
    return page.page(
        "exports.html",
        current="exports",
        accounts=accounts,
        first=_shown_first(accounts),
        contents=[each.value for each in CONTENTS],
        pages=[each.value for each in PAGES],
        frames=FRAMES,
        usual_frame=USUAL_FRAME,
        earliest=EARLIEST,
        latest=LATEST,
        **_earlier(page, None),
    )


@router.get("/exports/earlier", response_class=HTMLResponse)
@needs(Access.STATISTICS)
def earlier(page: PageDep, cursor: Annotated[str | None, Query(max_length=100)] = None) -> HTMLResponse:
    """More rows of the list: the newest ones, or those behind a cursor."""
    return page.page("_export_rows.html", **_earlier(page, cursor))


@router.get("/exports/preview", response_class=HTMLResponse)
@needs(Access.STATISTICS)
def preview(
    page: PageDep,
    account: Annotated[str, Query(max_length=101)],
    date_frame: int | None = None,
    start: date | None = None,
    end: date | None = None,
) -> HTMLResponse:
    """The numbers of one account, as the REST API has them too."""
    context = page.call.context
    found = find_account(context, account)
    period = period_of(context, found, start=start, end=end, frame=date_frame)
    made_at = context.clock().replace(tzinfo=UTC).astimezone(found.zone).replace(tzinfo=None)
    report = report_of(context, found, period, made_at, (Page.STATISTIC, Page.TOP_POST))
    return page.page("_export_preview.html", **_numbers(page, report))


@router.get("/exports/{export_id}", response_class=HTMLResponse)
@needs(Access.STATISTICS)
def export(page: PageDep, export_id: ExportId, part: bool = False, every: bool = False) -> HTMLResponse:
    """One export: its progress, then its files and what failed. `part`: without the page around it."""
    with exports_of(page.call.context) as store:
        line = store.line(export_id)
        ended = line.export.finished_at is not None
        # While it is being made it is looked at every two seconds; only its counts are shown then.
        files = store.files(export_id) if ended else []
        accounts = store.accounts(export_id) if ended else []
    listed = files_of(files, accounts, root=f"/api/exports/{export_id}")
    kept_days = page.call.context.settings.export_retention_days
    return page.page(
        "_export.html" if part else "exports_one.html",
        current="exports",
        line=shown_line(line, page.language, kept_days),
        run_id=line.export.run_id,
        files=listed if every else listed[:FILES_SHOWN],
        more_files=0 if every else max(0, len(listed) - FILES_SHOWN),
        failures=failures_of(accounts),
        kept_days=kept_days,
    )


@router.get("/exports/{export_id}/row", response_class=HTMLResponse)
@needs(Access.STATISTICS)
def row(page: PageDep, export_id: ExportId) -> HTMLResponse:
    """One row of the list, as it is now."""
    with exports_of(page.call.context) as store:
        line = store.line(export_id)
    return page.page("_export_row.html", line=_line(page, line))


def _earlier(page: PageCall, cursor: str | None) -> dict[str, Any]:
    with exports_of(page.call.context) as store:
        found = store.newest(read_cursor(cursor) if cursor else None, LISTED + 1)
    return {
        "lines": [_line(page, line) for line in found[:LISTED]],
        "following": cursor_of(found[LISTED - 1]) if len(found) > LISTED else None,
    }


def _line(page: PageCall, line: ExportLine) -> ShownExport:
    return shown_line(line, page.language, page.call.context.settings.export_retention_days)


def _shown_first(accounts: Sequence[AccountLine]) -> str | None:
    """The account whose numbers are shown before one is chosen: the first with any."""
    filled = [line for line in accounts if line.account.newest]
    return next((line.account.id for line in filled or accounts), None)


def _numbers(page: PageCall, report: AccountReport) -> dict[str, Any]:
    """What the preview shows of a report."""
    language = page.language
    return {
        "account": report.account,
        "period": report.period,
        "empty": shown.is_empty(report),
        "cards": shown.cards(report, language),
        "series": shown.series(report),
        "days": [each.day for each in report.days],
        "ages": shown.ages(report),
        "genders": {key: GENDERS[gender][language] for key, gender in GENDER_KEYS.items()},
        "cities": shown.top_cities(report),
        "heat": shown.heat_map(report.online),
        "levels": shown.HEAT_LEVELS,
        "hours": [
            f"{hour} ({shown_number(value, language)})"
            for hour, value in shown.best_hours(report.online, language)
        ],
        "weekdays": shown.weekdays(language),
        "posts": shown.top_posts(report),
        "type_name": lambda media_type: type_name(media_type, language),
        "moment_of_post": lambda at: f"{short_day(at.date(), language)} {at:%H:%M}",
    }
