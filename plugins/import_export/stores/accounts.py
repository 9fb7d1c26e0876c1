"""Accounts of the statistics database: which are one's own, whom they are compared with, their newest data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from import_export.exports.metrics import Profile
from import_export.stores.database import Session
from import_export.stores.queries import queries


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """An account as it is stored, and how far its data goes."""

    id: str
    username: str
    name: str | None
    biography: str | None
    website: str | None
    picture_url: str | None
    has_problems: bool
    time_zone: str | None
    """None: that of the setting."""
    newest_day: date | None
    """Of its profile's numbers."""
    newest_post: datetime | None
    """UTC."""


class AccountStore:
    """Accounts as seen through one session."""

    def __init__(self, session: Session) -> None:
        self._raw = session.raw
        self._sql = queries("statistics")

    def own(self) -> list[AccountRow]:
        """One's own accounts, by name."""
        return self.some([account_id for (account_id,) in self._sql.own_ids(self._raw)])

    def own_ids(self, id_or_username: str) -> list[str]:
        """The own account of that id, else all of that username."""
        found = list(self._sql.own_id(self._raw, account_id=id_or_username))
        if not found:
            found = list(self._sql.own_ids_named(self._raw, username=id_or_username.removeprefix("@")))
        return [account_id for (account_id,) in found]

    def competitors(self, account_id: str) -> list[AccountRow]:
        """Whom an account is compared with, by name."""
        return self.some([each for (each,) in self._sql.competitor_ids(self._raw, account_id=account_id)])

    def some(self, account_ids: Collection[str]) -> list[AccountRow]:
        """The accounts of those ids that there are, by name."""
        if not account_ids:
            return []
        return [
            AccountRow(
                id=account_id,
                username=username,
                name=name,
                biography=biography,
                website=website,
                picture_url=picture_url,
                has_problems=bool(has_problems),
                time_zone=time_zone,
                newest_day=newest_day,
                newest_post=newest_post,
            )
            for (
                account_id,
                username,
                name,
                biography,
                website,
                picture_url,
                has_problems,
                time_zone,
                newest_day,
                newest_post,
            ) in self._sql.accounts(self._raw, account_ids=tuple(account_ids))
        ]

    def newest_day(self, account_id: str, until: date) -> date | None:
        """The newest day with numbers of the profile, not later than `until`."""
        return next(
            (day for (day,) in self._sql.newest_day(self._raw, account_id=account_id, until=until)), None
        )

    def newest_post(self, account_id: str, before: datetime) -> datetime | None:
        """When (UTC) the newest post before a moment was made."""
        found = self._sql.newest_post(self._raw, account_id=account_id, before=before)
        return next((moment for (moment,) in found), None)

    def latest(self, account_ids: Collection[str]) -> Mapping[str, Profile]:
        """The newest day of each account that has one."""
        if not account_ids:
            return {}
        found = self._sql.latest_days(self._raw, account_ids=tuple(account_ids))
        return {account_id: Profile(*numbers) for account_id, *numbers in found}
