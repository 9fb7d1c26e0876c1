"""Who is missing: which distributor's file for which table has arrived in a period, was refused, or did not come."""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from import_export.errors import BadRequest, Forbidden
from import_export.scopes import LONGEST_DIST_ID, Scope
from import_export.services.configuring import find_table
from import_export.services.context import Context
from import_export.stores.configuration import ConfigurationStore
from import_export.stores.expected import Arrival, ExpectedFile, ExpectedStore
from import_export.stores.tables import list_tables

_EARLIEST, _LATEST = date(1900, 1, 1), date(2199, 1, 1)


class Presence(StrEnum):
    """What became of an expected file."""

    ARRIVED = "arrived"
    REFUSED = "refused"
    UNDER_WAY = "under_way"
    MISSING = "missing"
    NOT_EXPECTED = "not_expected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One distributor and one table in the period."""

    presence: Presence
    files: int = 0
    last_job: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """All distributors and tables in a period."""

    first: date
    last: date
    tables: tuple[str, ...]
    rows: Mapping[str, Mapping[str, Cell]]
    """Distributor → table → what became of its file; in the order of the distributors."""

    def count(self, presence: Presence) -> int:
        """How many files have that fate."""
        return sum(cell.presence is presence for cells in self.rows.values() for cell in cells.values())


def attendance(context: Context, scope: Scope, first: date, last: date) -> Attendance:
    """Who has sent what from `first` to `last` (days of the setting `time_zone`, both included)."""
    zone = context.settings.zone
    if last < first or last - first > timedelta(days=366) or not _EARLIEST <= first <= _LATEST:
        raise BadRequest("the period needs a first day that is not after the last one, and a year at most")
    since, until = _utc(first, zone), _utc(last + timedelta(days=1), zone)
    with context.database.session() as session:
        store = ExpectedStore(session)
        expected = store.list(scope.regexp)
        arrivals = store.arrivals(since, until, scope.regexp)
        tables = [table.table_name for table in list_tables(session)]
    used = {each.table_name for each in expected} | {each.table_name for each in arrivals}
    shown = [name for name in tables if name in used]
    return Attendance(
        first=first, last=last, tables=tuple(shown), rows=_rows(expected, arrivals, shown, first, last)
    )


def is_expected(file: ExpectedFile, first: date, last: date) -> bool:
    """Whether a file is expected on some day of the period."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return any(_is_day(file, day) for day in days)


def _is_day(file: ExpectedFile, day: date) -> bool:
    if file.frequency == "daily":
        return not file.days or day.isoweekday() in file.days
    if file.frequency == "weekly":
        return day.isoweekday() in (file.days or (1,))
    last = calendar.monthrange(day.year, day.month)[1]
    return day.day in {min(number, last) for number in (file.days or (1,))}


def expect(
    context: Context, scope: Scope, dist_id: str, table_name: str, frequency: str, days: Sequence[int]
) -> ExpectedFile:
    """Write down that a distributor sends files for a table, and on which days."""
    dist_id = dist_id.strip()
    if not dist_id or len(dist_id) > LONGEST_DIST_ID:
        raise BadRequest(f"dist_id needs 1–{LONGEST_DIST_ID} characters")
    if not scope.sees(dist_id):
        raise Forbidden(f"distributor '{dist_id}' is not yours")
    highest = 31 if frequency == "monthly" else 7
    if frequency not in ("daily", "weekly", "monthly"):
        raise BadRequest(f"frequency '{frequency}' is none of: daily, weekly, monthly")
    if any(not 1 <= day <= highest for day in days):
        raise BadRequest(f"days of a {frequency} file are numbers from 1 to {highest}")
    file = ExpectedFile(dist_id, table_name, frequency, tuple(sorted(set(days))))
    with context.database.session() as session, session.transaction():
        find_table(list_tables(session), table_name)
        ExpectedStore(session).put(file)
        ConfigurationStore(session).audit(
            actor=context.actor,
            action="file expected",
            subject=f"{dist_id}/{table_name}",
            new={"frequency": frequency, "days": list(file.days)},
            now=context.clock(),
        )
    return file


def expect_no_more(context: Context, scope: Scope, dist_id: str, table_name: str) -> None:
    """Take an expected file out of the calendar."""
    if not scope.sees(dist_id):
        raise Forbidden(f"distributor '{dist_id}' is not yours")
    with context.database.session() as session, session.transaction():
        if ExpectedStore(session).remove(dist_id, table_name):
            ConfigurationStore(session).audit(
                actor=context.actor,
                action="file no longer expected",
                subject=f"{dist_id}/{table_name}",
                now=context.clock(),
            )


def expected_files(context: Context, scope: Scope) -> list[ExpectedFile]:
    """The calendar, as far as the person may see it."""
    with context.database.session() as session:
        return ExpectedStore(session).list(scope.regexp)


def _rows(
    expected: Iterable[ExpectedFile],
    arrivals: Iterable[Arrival],
    tables: Sequence[str],
    first: date,
    last: date,
) -> Mapping[str, Mapping[str, Cell]]:
    awaited = {(each.dist_id, each.table_name) for each in expected if is_expected(each, first, last)}
    came = {(each.dist_id, each.table_name): each for each in arrivals}
    rows: dict[str, dict[str, Cell]] = defaultdict(dict)
    for dist_id in sorted({dist_id for dist_id, _ in (*awaited, *came)}):
        for table_name in tables:
            key = (dist_id, table_name)
            rows[dist_id][table_name] = _cell(came.get(key), awaited=key in awaited)
    return rows


def _cell(arrival: Arrival | None, *, awaited: bool) -> Cell:
    if arrival is None:
        return Cell(presence=Presence.MISSING if awaited else Presence.NOT_EXPECTED)
    presence = Presence.REFUSED if arrival.refused else Presence.UNDER_WAY
    if arrival.loaded:
        presence = Presence.ARRIVED
    return Cell(presence=presence, files=arrival.files, last_job=arrival.last_job)


def _utc(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins, in UTC and without a zone, as the database has it."""
    return datetime.combine(day, time(), zone).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
