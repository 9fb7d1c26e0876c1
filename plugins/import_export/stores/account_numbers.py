"""Accounts' numbers by days: profile, insights, audience, hashtags. No query reads more than the days that are asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from import_export.exports.metrics import Audience, DayValue, Online, Profile, hashtag_of
from import_export.exports.periods import Period, day_of
from import_export.exports.report import Hashtag
from import_export.stores.database import Session
from import_export.stores.queries import queries

_LAST_SECOND = timedelta(seconds=1)


class NumberStore:
    """Numbers as seen through one session; days are those of `zone`."""

    def __init__(self, session: Session, zone: ZoneInfo) -> None:
        self._raw = session.raw
        self._zone = zone
        self._sql = queries("statistics")

    def profiles(self, account_ids: Collection[str], period: Period) -> Mapping[str, Sequence[Profile]]:
        """Each account's days with numbers of its profile, oldest first."""
        found: dict[str, list[Profile]] = defaultdict(list)
        rows = self._sql.days(self._raw, account_ids=tuple(account_ids), start=period.start, end=period.end)
        for account_id, *numbers in rows:
            found[account_id].append(Profile(*numbers))
        return defaultdict(tuple, found)

    def reach(self, account_id: str, period: Period) -> list[DayValue]:
        """The reach of each day that has any."""
        return self._by_day(self._sql.reach(self._raw, **self._bounds(account_id, period)))

    def impressions(self, account_id: str, period: Period) -> list[DayValue]:
        """The impressions of each day that has any."""
        return self._by_day(self._sql.impressions(self._raw, **self._bounds(account_id, period)))

    def online(self, account_id: str, period: Period) -> list[Online]:
        """Followers online at each hour of each day."""
        rows = list(self._sql.online(self._raw, **self._bounds(account_id, period)))
        days = {end_time: self._ended(end_time) for end_time in {row[0] for row in rows}}
        newest = {(days[end_time], hour): value for end_time, hour, value in rows}
        return [Online(day, hour, value) for (day, hour), value in newest.items()]

    def cities(self, account_id: str, period: Period) -> list[tuple[str, str, int | None]]:
        """City, province, followers: the newest list of the period."""
        return list(self._sql.cities(self._raw, **self._bounds(account_id, period)))

    def countries(self, account_id: str, period: Period) -> list[tuple[str, str, int | None]]:
        """Country code, nothing, followers: the newest list of the period."""
        rows = self._sql.countries(self._raw, **self._bounds(account_id, period))
        return [(code, "", value) for code, value in rows]

    def audience(self, account_id: str, period: Period) -> list[Audience]:
        """Followers by gender and age: the newest list of the period."""
        rows = self._sql.gender_ages(self._raw, **self._bounds(account_id, period))
        return [Audience(*row) for row in rows]

    def hashtags(self, account_ids: Collection[str], period: Period) -> Mapping[str, Sequence[Hashtag]]:
        """Each account's hashtags on their newest day of the period, in no order."""
        found: dict[str, list[Hashtag]] = defaultdict(list)
        rows = self._sql.hashtags(
            self._raw, account_ids=tuple(account_ids), start=period.start, end=period.end
        )
        for account_id, *numbers in rows:
            found[account_id].append(hashtag_of(*numbers))
        return defaultdict(tuple, found)

    def _bounds(self, account_id: str, period: Period) -> dict[str, object]:
        since, until = period.moments(self._zone)
        return {"account_id": account_id, "since": since, "until": until}

    def _by_day(self, rows: Iterable[tuple[datetime, int | None]]) -> list[DayValue]:
        """Of two numbers of the same day the one that came later counts."""
        by_day = {self._ended(end_time): value for end_time, value in rows}
        return [DayValue(day, value) for day, value in by_day.items()]

    def _ended(self, end_time: datetime) -> date:
        """The day that has just ended."""
        return day_of(end_time - _LAST_SECOND, self._zone)
