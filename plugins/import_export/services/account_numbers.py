"""The numbers of one account in one period, each as it is asked for by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from import_export.exports.metrics import (
    Audience,
    DayValue,
    Online,
    Profile,
    average,
    average_rate,
    by_engagement,
    by_gender_and_age,
    days_of,
    followers_at_end,
    followers_growth_rate,
    media_of,
    places,
    total,
)
from import_export.exports.periods import Period
from import_export.exports.rankings import Averages, Leader, Part, Tally, followers_frame
from import_export.exports.report import Account, Change, Day, Hashtag, Media, Place
from import_export.services.context import Context
from import_export.stores.account_numbers import NumberStore
from import_export.stores.account_posts import NEVER, PostStore, Wanted
from import_export.stores.database import Session


@dataclass(frozen=True, slots=True)
class Growth:
    """How an account's followers grew."""

    followers: Change
    rate: Change


@dataclass(frozen=True, slots=True)
class Engagement:
    """What all posts of an account gained in a period."""

    total: Change
    average: Change
    """A day."""
    rate_average: Change
    """The mean of the days' rates."""


@dataclass(frozen=True, slots=True)
class Best:
    """The best posts of the period and of the one before."""

    by_engagement: Media | None
    by_engagement_before: Media | None
    by_reach: Media | None
    by_reach_before: Media | None


@dataclass(frozen=True, slots=True)
class AccountNumbers:
    """The numbers of an account in a period; `public`: a competitor's, of which only public numbers are told."""

    context: Context
    account: Account
    period: Period
    public: bool = False

    def profiles(self) -> Sequence[Profile]:
        """The days with numbers of the profile, oldest first."""
        with self._numbers() as numbers:
            return numbers.profiles([self.account.id], self.period)[self.account.id]

    def growth(self) -> Growth:
        """How the followers grew, and before."""
        with self._numbers() as numbers:
            profiles = numbers.profiles([self.account.id], self.period.with_before)[self.account.id]
        days, before = days_of(self.period, profiles), days_of(self.period.before, profiles)
        return Growth(
            Change(followers_at_end(days), followers_at_end(before)),
            Change(followers_growth_rate(days), followers_growth_rate(before)),
        )

    def reach(self) -> list[DayValue]:
        """Of each day that has any, oldest first."""
        with self._numbers() as numbers:
            return numbers.reach(self.account.id, self.period)

    def impressions(self) -> list[DayValue]:
        """Of each day that has any, oldest first."""
        with self._numbers() as numbers:
            return numbers.impressions(self.account.id, self.period)

    def reach_average(self) -> Change:
        """Of a day, and before."""
        with self._numbers() as numbers:
            return self._average(numbers.reach(self.account.id, self.period.with_before))

    def impressions_average(self) -> Change:
        """Of a day, and before."""
        with self._numbers() as numbers:
            return self._average(numbers.impressions(self.account.id, self.period.with_before))

    def online(self) -> list[Online]:
        """Followers online at each hour of each day."""
        with self._numbers() as numbers:
            return numbers.online(self.account.id, self.period)

    def cities(self) -> tuple[Place, ...]:
        """Where followers come from, by the newest list."""
        with self._numbers() as numbers:
            return places(numbers.cities(self.account.id, self.period))

    def countries(self) -> tuple[Place, ...]:
        """Where followers come from, by the newest list."""
        with self._numbers() as numbers:
            return places(numbers.countries(self.account.id, self.period))

    def audience(self) -> list[Audience]:
        """Followers by gender and age, by the newest list."""
        with self._numbers() as numbers:
            return by_gender_and_age(numbers.audience(self.account.id, self.period))

    def hashtags(self) -> tuple[Hashtag, ...]:
        """By the newest day of the period, most engagement first."""
        with self._numbers() as numbers:
            return by_engagement(numbers.hashtags([self.account.id], self.period)[self.account.id])

    def media(self, limit: int, behind: tuple[datetime, str] | None = None) -> list[tuple[datetime, Media]]:
        """Posts newest first, each with its moment (UTC); `behind`: only those behind that moment's post of that id."""
        since, until = self.period.moments(self.account.zone)
        before_id = ""
        if behind is not None and behind[0] < until:
            until, before_id = behind
        wanted = Wanted(
            account_ids=(self.account.id,),
            since=since,
            until=until,
            before_id=before_id,
            insights_from=NEVER if self.public else since,
            with_texts=True,
            most=limit,
        )
        with self._session() as session:
            posts = PostStore(session).page(wanted)
            followers = self._followers(session, self.period)
        return [(post.moment, media_of(post, self.account.zone, followers)) for post in posts]

    def best_media(self) -> Best:
        """The best post by engagement and by reach, and before."""
        engagement, reach = Leader("engagement", 1), Leader("reach", 1)
        with self._session() as session:
            followers = self._followers(session, self.period.with_before)
            self._tally(session, followers, [engagement, reach], with_insights=not self.public)
            wanted: list[tuple[Leader, Part]] = [
                (engagement, "now"),
                (engagement, "before"),
                (reach, "now"),
                (reach, "before"),
            ]
            first = [next(iter(leader.ids(self.account.id, part)), "") for leader, part in wanted]
            posts = PostStore(session).some({*first} - {""}, "" if self.public else self.account.id)
        found = [
            media_of(posts[each], self.account.zone, followers) if each in posts else None for each in first
        ]
        return Best(*found)

    def media_averages(self) -> Averages:
        """How posts did, and before."""
        with self._session() as session:
            followers = self._followers(session, self.period.with_before)
            return self._tally(session, followers).averages(self.account.id)

    def engagement_days(self) -> tuple[Day, ...]:
        """Engagement gained and its rate, of every day of the period."""
        with self._session() as session:
            return days_of(
                self.period,
                self._profiles(session, self.period),
                engagement=PostStore(session).gained(self.account.id, self.period, self.account.zone),
            )

    def engagement(self) -> Engagement:
        """Engagement gained, and before."""
        both = self.period.with_before
        with self._session() as session:
            profiles = self._profiles(session, both)
            gained = PostStore(session).gained(self.account.id, both, self.account.zone)
        days = days_of(self.period, profiles, engagement=gained)
        before = days_of(self.period.before, profiles, engagement=gained)
        now_gained, gained_before = [day.engagement for day in days], [day.engagement for day in before]
        return Engagement(
            Change(total(now_gained), total(gained_before)),
            Change(average(now_gained), average(gained_before)),
            Change(
                average_rate(day.engagement_rate for day in days),
                average_rate(day.engagement_rate for day in before),
            ),
        )

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with self.context.statistics.session() as session:
            yield session

    @contextmanager
    def _numbers(self) -> Iterator[NumberStore]:
        with self._session() as session:
            yield NumberStore(session, self.account.zone)

    def _profiles(self, session: Session, period: Period) -> Sequence[Profile]:
        return NumberStore(session, self.account.zone).profiles([self.account.id], period)[self.account.id]

    def _followers(self, session: Session, period: Period) -> dict[date, int | None]:
        return {each.day: each.followers for each in self._profiles(session, period)}

    def _average(self, values: Iterable[DayValue]) -> Change:
        by_day = {each.day: each.value for each in values}
        return Change(
            average(by_day.get(day) for day in self.period.all_days()),
            average(by_day.get(day) for day in self.period.before.all_days()),
        )

    def _tally(
        self,
        session: Session,
        followers: dict[date, int | None],
        leaders: Sequence[Leader] = (),
        *,
        with_insights: bool = False,
    ) -> Tally:
        """All posts of the period and of the one before."""
        zone = self.account.zone
        since, until = self.period.with_before.moments(zone)
        start, _ = self.period.moments(zone)
        tally = Tally(start, followers_frame({self.account.id: followers}), zone)
        wanted = Wanted(
            account_ids=(self.account.id,),
            since=since,
            until=until,
            insights_from=since if with_insights else NEVER,
        )
        for frame in PostStore(session).frames(wanted):
            tally.add(frame, leaders)
        return tally
