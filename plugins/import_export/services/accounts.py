"""Accounts and periods: which accounts there are, which one is meant, and which days."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from import_export.errors import BadRequest, NotFound
from import_export.exports.metrics import Profile
from import_export.exports.periods import Period, day_of, moment_after
from import_export.exports.report import Account
from import_export.exports.requests import USUAL_FRAME
from import_export.services.context import Context
from import_export.stores.accounts import AccountRow, AccountStore
from import_export.stores.database import Session

log = logging.getLogger(__name__)

_NO_PLACES = frozenset({"localtime", "Factory"})
"""Zones of Python that are not the same everywhere."""


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account and the newest numbers of its profile; None without any."""

    account: Account
    latest: Profile | None


def list_accounts(context: Context) -> list[Account]:
    """One's own accounts, by name."""
    with context.statistics.session() as session:
        return [_account(context, row) for row in AccountStore(session).own()]


def account_lines(context: Context) -> list[AccountLine]:
    """One's own accounts, by name, with their newest numbers."""
    with context.statistics.session() as session:
        return _lines(context, session, AccountStore(session).own())


def find_account(context: Context, id_or_username: str) -> Account:
    """One of one's own accounts, by its id or else its name, with or without `@`.

    Raises `NotFound`, and `BadRequest` when several accounts have that name.
    """
    with context.statistics.session() as session:
        store = AccountStore(session)
        found = store.some(store.own_ids(id_or_username))
    if not found:
        raise NotFound(f"there is no account '{id_or_username}'")
    if len(found) > 1:
        ids = ", ".join(each.id for each in found)
        raise BadRequest(f"several accounts are called '{id_or_username}': name one by its id ({ids})")
    return _account(context, found[0])


def account_line(context: Context, account: Account) -> AccountLine:
    """An account with its newest numbers."""
    with context.statistics.session() as session:
        return AccountLine(account, AccountStore(session).latest([account.id]).get(account.id))


def competitors_of(context: Context, account: Account) -> list[Account]:
    """Whom an account is compared with, by name. Their days are those of the account, so that they can be compared."""
    with context.statistics.session() as session:
        return [_account(context, row, account.zone) for row in AccountStore(session).competitors(account.id)]


def competitor_lines(context: Context, account: Account) -> list[AccountLine]:
    """Whom an account is compared with, by name, with their newest numbers."""
    with context.statistics.session() as session:
        return _lines(context, session, AccountStore(session).competitors(account.id), account.zone)


def find_competitor(context: Context, account: Account, competitor_id: str) -> Account:
    """A competitor of an account, by its id; raises `NotFound` when it is none of that account's."""
    for each in competitors_of(context, account):
        if each.id == competitor_id:
            return each
    raise NotFound(f"'{competitor_id}' is no competitor of account '{account.id}'")


def period_of(
    context: Context,
    account: Account,
    *,
    start: date | None = None,
    end: date | None = None,
    frame: int | None = None,
    until: date | None = None,
) -> Period:
    """The days that are meant: from `start` to `end`, or `frame` days back from the newest data.

    `until`: the newest data is that of this day at the latest, as for a repeated run of an earlier date. Raises
    `BadRequest` when `start` and `end` are not given together or a frame beside them, and for periods that cannot be.
    """
    if start is not None or end is not None:
        if start is None or end is None:
            raise BadRequest("start and end must be given together")
        if frame is not None:
            raise BadRequest("give either start and end, or date_frame")
        return Period(start, end)
    return Period.back_from(_newest(context, account, until), USUAL_FRAME if frame is None else frame)


def _newest(context: Context, account: Account, until: date | None) -> date:
    yesterday = day_of(context.clock(), account.zone) - timedelta(days=1)
    if until is None:
        return account.newest or yesterday
    with context.statistics.session() as session:
        store = AccountStore(session)
        day = store.newest_day(account.id, until)
        if day is None:
            post = store.newest_post(account.id, moment_after(until, account.zone))
            day = day_of(post, account.zone) if post else None
    return day or min(yesterday, until)


def _lines(
    context: Context, session: Session, rows: Sequence[AccountRow], zone: ZoneInfo | None = None
) -> list[AccountLine]:
    latest = AccountStore(session).latest([row.id for row in rows])
    return [AccountLine(_account(context, row, zone), latest.get(row.id)) for row in rows]


def _account(context: Context, row: AccountRow, zone: ZoneInfo | None = None) -> Account:
    own_zone = zone or _zone(context, row)
    newest = row.newest_day
    if newest is None and row.newest_post is not None:
        newest = day_of(row.newest_post, own_zone)
    return Account(
        id=row.id,
        username=row.username,
        name=row.name,
        biography=row.biography,
        website=row.website,
        picture_url=row.picture_url,
        zone=own_zone,
        newest=newest,
        has_problems=row.has_problems,
    )


def _zone(context: Context, row: AccountRow) -> ZoneInfo:
    if row.time_zone is None:
        return context.settings.zone
    if row.time_zone not in _zones():
        # One wrong row must not keep all accounts from being listed.
        log.warning("account %s: %r is no time zone; the setting's is used", row.id, row.time_zone)
        return context.settings.zone
    return ZoneInfo(row.time_zone)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NO_PLACES
