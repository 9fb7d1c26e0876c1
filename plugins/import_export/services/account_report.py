"""Reads all numbers of an account's report: a fixed number of queries, however many competitors there are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from import_export.exports.metrics import (
    Profile,
    age_groups,
    average,
    by_engagement,
    days_of,
    followers_at_end,
    followers_growth_rate,
    genders,
    heat_map,
    media_of,
    places,
)
from import_export.exports.periods import Period
from import_export.exports.rankings import Leader, Podium, Tally, followers_frame
from import_export.exports.report import (
    Account,
    AccountReport,
    AgeGroup,
    Change,
    Day,
    Hashtag,
    Media,
    Page,
    Place,
    PublicNumbers,
    Ranked,
    Ranking,
)
from import_export.services.accounts import competitors_of
from import_export.services.context import Context
from import_export.stores.account_numbers import NumberStore
from import_export.stores.account_posts import NEVER, PostStore, Wanted
from import_export.stores.database import Session

TOP_HASHTAGS = 5
"""Hashtags of an account that is compared."""


@dataclass(frozen=True, slots=True)
class _Statistics:
    """What only the page of that name shows."""

    days: tuple[Day, ...]
    days_before: tuple[Day, ...]
    ages: tuple[AgeGroup, ...] = ()
    genders: Mapping[str, int | None] = field(default_factory=dict)
    online: tuple[tuple[float | None, ...], ...] = ()
    countries: tuple[Place, ...] = ()
    cities: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class _Posts:
    """The posts of all compared accounts, added up and ranked."""

    tally: Tally
    podiums: Mapping[Ranking, Podium]
    best: Leader
    media: Mapping[str, Media]
    """Those that are shown."""

    def ranked(self, account_id: str) -> dict[Ranking, Ranked]:
        """Each ranking's best and worst."""
        found = {ranking: podium.ids(account_id) for ranking, podium in self.podiums.items()}
        return {each: Ranked(self._some(best), self._some(worst)) for each, (best, worst) in found.items()}

    def best_of(self, account_id: str) -> Media | None:
        """The post with most engagement in the period."""
        return next(iter(self._some(self.best.ids(account_id, "now"))), None)

    def _some(self, media_ids: Iterable[str]) -> tuple[Media, ...]:
        """One that was deleted after it had been ranked is left out."""
        return tuple(self.media[each] for each in media_ids if each in self.media)


def report_of(
    context: Context,
    account: Account,
    period: Period,
    made_at: datetime,
    pages: Collection[Page] = tuple(Page),
) -> AccountReport:
    """The numbers of the report. What none of the `pages` shows is not read, and empty.

    `made_at`: local time of the account, without a zone.
    """
    compared = competitors_of(context, account) if Page.COMPETITOR in pages else []
    everybody = [account, *compared]
    both = period.with_before
    with context.statistics.session() as session:
        numbers = NumberStore(session, account.zone)
        profiles = numbers.profiles([each.id for each in everybody], both)
        statistics = _statistics(session, account, period, profiles[account.id], pages)
        posts = _posts(session, everybody, period, profiles, pages)
        hashtags: Mapping[str, Sequence[Hashtag]] = {}
        if Page.STATISTIC in pages or Page.COMPETITOR in pages:
            hashtags = numbers.hashtags([each.id for each in everybody], period)
    public = {
        each.id: _public(each, period, profiles[each.id], posts, hashtags.get(each.id, ()))
        for each in everybody
    }
    own, averages, days = public[account.id], posts.tally.averages(account.id), statistics
    return AccountReport(
        account=account,
        period=period,
        made_at=made_at,
        days=days.days,
        days_before=days.days_before,
        followers_growth_rate=own.followers_growth_rate,
        reach_average=_change(days, "reach"),
        impressions_average=_change(days, "impressions"),
        engagement_average=_change(days, "engagement"),
        engagement_rate_average=averages.engagement_rate,
        likes_average=averages.likes,
        comments_average=averages.comments,
        posts=averages.posts,
        ages=days.ages,
        genders=days.genders,
        online=days.online,
        countries=days.countries,
        cities=days.cities,
        hashtags=by_engagement(hashtags.get(account.id, ())),
        rankings=posts.ranked(account.id),
        own=own,
        competitors=tuple(sorted((public[each.id] for each in compared), key=_most_followers)),
    )


def _statistics(
    session: Session,
    account: Account,
    period: Period,
    profiles: Sequence[Profile],
    pages: Collection[Page],
) -> _Statistics:
    if Page.STATISTIC not in pages:
        return _Statistics(days_of(period, profiles), days_of(period.before, profiles))
    both = period.with_before
    numbers = NumberStore(session, account.zone)
    reach, impressions = numbers.reach(account.id, both), numbers.impressions(account.id, both)
    gained = PostStore(session).gained(account.id, both, account.zone)
    audience = numbers.audience(account.id, period)
    return _Statistics(
        days=days_of(period, profiles, reach, impressions, gained),
        days_before=days_of(period.before, profiles, reach, impressions, gained),
        ages=age_groups(audience),
        genders=genders(audience),
        online=heat_map(numbers.online(account.id, period)),
        countries=places(numbers.countries(account.id, period)),
        cities=places(numbers.cities(account.id, period)),
    )


def _posts(
    session: Session,
    everybody: Sequence[Account],
    period: Period,
    profiles: Mapping[str, Sequence[Profile]],
    pages: Collection[Page],
) -> _Posts:
    account, *compared = everybody
    followers = {each.id: _followers(profiles[each.id]) for each in everybody}
    podiums = {each: Podium.by(each) for each in Ranking} if Page.TOP_POST in pages else {}
    best = Leader("engagement", 1)
    start, until = period.moments(account.zone)
    since, _ = period.before.moments(account.zone)
    leaders = [leader for podium in podiums.values() for leader in (podium.best, podium.worst)]
    tally = Tally(start, followers_frame(followers), account.zone)
    store = PostStore(session)
    own = Wanted(
        account_ids=(account.id,), since=since, until=until, insights_from=start if podiums else NEVER
    )
    for frame in store.frames(own):
        tally.add(frame, [best, *leaders])
    if compared:
        others = Wanted(account_ids=tuple(each.id for each in compared), since=since, until=until)
        for frame in store.frames(others):
            tally.add(frame, [best])
    shown = {each for podium in podiums.values() for ids in podium.ids(account.id) for each in ids}
    if Page.COMPETITOR in pages:
        shown |= {post for each in everybody for post in best.ids(each.id, "now")}
    media = {
        post.id: media_of(post, account.zone, followers[post.user_id])
        for post in store.some(shown, account.id).values()
    }
    return _Posts(tally, podiums, best, media)


def _public(
    account: Account,
    period: Period,
    profiles: Sequence[Profile],
    posts: _Posts,
    hashtags: Iterable[Hashtag],
) -> PublicNumbers:
    days, before = days_of(period, profiles), days_of(period.before, profiles)
    averages = posts.tally.averages(account.id)
    return PublicNumbers(
        account=account,
        followers=Change(followers_at_end(days), followers_at_end(before)),
        followers_growth_rate=Change(followers_growth_rate(days), followers_growth_rate(before)),
        posts=averages.posts,
        likes_average=averages.likes,
        comments_average=averages.comments,
        engagement_rate_average=averages.engagement_rate,
        best=posts.best_of(account.id),
        hashtags=by_engagement(hashtags)[:TOP_HASHTAGS],
    )


def _followers(profiles: Iterable[Profile]) -> dict[date, int | None]:
    return {each.day: each.followers for each in profiles}


def _change(statistics: _Statistics, number: str) -> Change:
    return Change(
        average(getattr(day, number) for day in statistics.days),
        average(getattr(day, number) for day in statistics.days_before),
    )


def _most_followers(public: PublicNumbers) -> tuple[bool, float, str]:
    followers = public.followers.now
    return followers is None, -(followers or 0), public.account.username
