"""Until when a table's files are expected: a cron for each table, in the installation's time zone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from croniter import CroniterBadDateError, CroniterError, croniter

from import_export.errors import BadRequest, NotFound
from import_export.scopes import Scope
from import_export.services.configuring import find_table
from import_export.services.context import Context
from import_export.services.expecting import Presence, attendance
from import_export.stores.configuration import ConfigurationStore
from import_export.stores.notifications import Deadline, NotificationStore
from import_export.stores.tables import list_tables

_FIVE_FIELDS = re.compile(r"\S+( +\S+){4}")
_LONGEST_DAYS = 365


def list_deadlines(context: Context) -> list[Deadline]:
    """The tables' deadlines, by table."""
    with context.database.session() as session:
        return NotificationStore(session).deadlines()


def set_deadline(context: Context, table_name: str, cron: str) -> Deadline:
    """Set until when a table's files are expected; what has passed already is not looked at. Raises `BadRequest`."""
    cron = " ".join(cron.split())
    deadline = _next(context, table_name, cron, context.clock())
    with context.database.session() as session, session.transaction():
        find_table(list_tables(session), table_name)
        NotificationStore(session).put_deadline(deadline)
        ConfigurationStore(session).audit(
            actor=context.actor,
            action="deadline set",
            subject=table_name,
            new={"cron": cron},
            now=context.clock(),
        )
    return deadline


def remove_deadline(context: Context, table_name: str) -> None:
    """Have a table no deadline any more; raises `NotFound` when it has none."""
    with context.database.session() as session, session.transaction():
        if not NotificationStore(session).remove_deadline(table_name):
            raise NotFound(f"table '{table_name}' has no deadline")
        ConfigurationStore(session).audit(
            actor=context.actor, action="deadline removed", subject=table_name, now=context.clock()
        )


def passed(context: Context, deadline: Deadline, now: datetime) -> tuple[datetime, Deadline]:
    """The latest time at which a deadline passed (in the installation's time zone), and the deadline with its next one.

    Of several that passed while nobody looked, the latest tells what is missing still.
    """
    just_after = _local(context, now) + timedelta(microseconds=1)
    latest: datetime = croniter(deadline.cron, just_after).get_prev(datetime)
    return latest, _next(context, deadline.table_name, deadline.cron, now)


def missing_at(context: Context, deadline: Deadline, at: datetime) -> tuple[date, date, Sequence[str]]:
    """The days that a deadline is about, and the distributors whose file was expected on one of them and did not come.

    They are the days after that of the deadline before, up to its own.
    """
    last = at.date()
    before = croniter(deadline.cron, at).get_prev(datetime).date()
    first = min(last, max(before + timedelta(days=1), last - timedelta(days=_LONGEST_DAYS)))
    found = attendance(context, Scope(), first, last)
    absent = [
        dist_id
        for dist_id, cells in found.rows.items()
        if deadline.table_name in cells and cells[deadline.table_name].presence is Presence.MISSING
    ]
    return first, last, absent


def _next(context: Context, table_name: str, cron: str, now: datetime) -> Deadline:
    if not _FIVE_FIELDS.fullmatch(cron):
        raise BadRequest(f"deadline '{cron}' is no cron: minute hour day month weekday, such as 0 17 * * 1-5")
    try:
        following = croniter(cron, _local(context, now)).get_next(datetime)
    except CroniterBadDateError:
        raise BadRequest(f"deadline '{cron}' never comes") from None
    except CroniterError as fault:
        raise BadRequest(f"deadline '{cron}' is no cron: {fault}") from None
    return Deadline(table_name, cron, following.astimezone(UTC).replace(tzinfo=None))


def _local(context: Context, at: datetime) -> datetime:
    return at.replace(tzinfo=UTC).astimezone(context.settings.zone)
