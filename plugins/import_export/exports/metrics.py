"""Numbers of an account's days: what is stored, made into what reports and endpoints say.

Pure functions. All rounding is in `numbers.py`; a missing number stays None, a division by 0 gives None.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from import_export.exports.numbers import MEAN_DECIMALS, mean, mean_rate, rate, ratio
from import_export.exports.periods import Period, day_of, local
from import_export.exports.report import AgeGroup, Change, Day, Hashtag, Media, Place

WEEK_DAYS, HOURS = 7, 24
GENDERS = ("F", "M", "U")
"""In the order of every list; a gender that is stored otherwise counts as `U`."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The stored numbers of an account's profile on one day."""

    day: date
    followers: int | None = None
    follows: int | None = None
    media: int | None = None
    followers_growth: int | None = None
    media_growth: int | None = None


@dataclass(frozen=True, slots=True)
class DayValue:
    """A number of one day."""

    day: date
    value: int | None


@dataclass(frozen=True, slots=True)
class Online:
    """Followers who were online at an hour of a day."""

    day: date
    hour: int
    value: int | None


@dataclass(frozen=True, slots=True)
class Audience:
    """Followers of a gender and an age."""

    gender: str
    age: str
    value: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post as it is stored, with its newest numbers."""

    id: str
    user_id: str
    moment: datetime
    """UTC, without a zone."""
    media_type: str
    likes: int | None
    comments: int | None
    caption: str | None
    permalink: str | None
    hashtags: str | None
    reach: int | None
    impressions: int | None
    saved: int | None


def engagement_of(likes: int | None, comments: int | None) -> int | None:
    """Likes + comments of a post; None when either is missing."""
    return None if likes is None or comments is None else likes + comments


def media_of(post: Post, zone: ZoneInfo, followers: Mapping[date, int | None]) -> Media:
    """A post with its rates. `followers`: the account's, by day."""
    engagement = engagement_of(post.likes, post.comments)
    return Media(
        id=post.id,
        posted_at=local(post.moment, zone),
        media_type=post.media_type,
        caption=post.caption,
        permalink=post.permalink,
        likes=post.likes,
        comments=post.comments,
        reach=post.reach,
        impressions=post.impressions,
        saved=post.saved,
        hashtags=post.hashtags,
        engagement=engagement,
        engagement_rate=rate(engagement, followers.get(day_of(post.moment, zone))),
    )


def days_of(
    period: Period,
    profiles: Iterable[Profile] = (),
    reach: Iterable[DayValue] = (),
    impressions: Iterable[DayValue] = (),
    engagement: Mapping[date, int] | None = None,
) -> tuple[Day, ...]:
    """Every day of the period. Of two values of the same day the later one in the list counts."""
    by_day = {each.day: each for each in profiles}
    reached = {each.day: each.value for each in reach}
    shown = {each.day: each.value for each in impressions}
    gained = engagement or {}
    return tuple(
        _day(by_day.get(day, Profile(day)), reached.get(day), shown.get(day), gained.get(day))
        for day in period.all_days()
    )


def _day(profile: Profile, reach: int | None, impressions: int | None, engagement: int | None) -> Day:
    return Day(
        day=profile.day,
        followers=profile.followers,
        follows=profile.follows,
        media=profile.media,
        followers_growth=profile.followers_growth,
        media_growth=profile.media_growth,
        reach=reach,
        impressions=impressions,
        engagement=engagement,
        engagement_rate=rate(engagement, profile.followers),
    )


def average(values: Iterable[int | None]) -> float | None:
    """The mean of those that are known."""
    return mean([each for each in values if each is not None])


def average_rate(values: Iterable[float | None]) -> float | None:
    """The mean of the rates that are known."""
    return mean_rate([each for each in values if each is not None])


def total(values: Iterable[int | None]) -> int | None:
    """The sum of those that are known; None when none is."""
    known = [each for each in values if each is not None]
    return sum(known) if known else None


def change(now: Sequence[int | None], before: Sequence[int | None]) -> Change:
    """The averages of two periods' days."""
    return Change(average(now), average(before))


def followers_at_end(days: Sequence[Day]) -> int | None:
    """Followers on the last day on which they are known."""
    return next((day.followers for day in reversed(days) if day.followers is not None), None)


def followers_growth_rate(days: Sequence[Day]) -> float | None:
    """Percent: (followers on the last day - on the first) / on the first x 100, of the days on which they are known.

    None when they are known on one day only, unless there is no other day in the period.
    """
    known = [day.followers for day in days if day.followers is not None]
    if not known or (len(known) == 1 and len(days) > 1):
        return None
    return rate(known[-1] - known[0], known[0])


def places(rows: Iterable[tuple[str, str, int | None]]) -> tuple[Place, ...]:
    """Cities or countries (name, province, followers): most followers first, equal ones by name, missing numbers last."""
    found = list(rows)
    whole = total(value for _, _, value in found)
    ordered = sorted(found, key=lambda row: (row[2] is None, -(row[2] or 0), row[0], row[1]))
    return tuple(Place(name, value, rate(value, whole), province) for name, province, value in ordered)


def age_groups(rows: Iterable[Audience]) -> tuple[AgeGroup, ...]:
    """Followers by age, the youngest first."""
    cells: dict[tuple[str, str], list[int | None]] = defaultdict(list)
    for row in rows:
        cells[row.age, _gender(row.gender)].append(row.value)
    ages = sorted({age for age, _ in cells}, key=_years)
    return tuple(AgeGroup(age, *(total(cells.get((age, each), ())) for each in GENDERS)) for age in ages)


def age_total(group: AgeGroup) -> int | None:
    """Followers of an age, all genders together."""
    return total((group.female, group.male, group.unknown))


def genders(rows: Iterable[Audience]) -> dict[str, int | None]:
    """Followers by gender, all ages together; only genders of which there is anything."""
    found: dict[str, list[int | None]] = defaultdict(list)
    for row in rows:
        found[_gender(row.gender)].append(row.value)
    return {each: total(found[each]) for each in GENDERS if each in found}


def by_gender_and_age(rows: Iterable[Audience]) -> list[Audience]:
    """The rows by gender, and the youngest first."""
    return sorted(rows, key=lambda row: (GENDERS.index(_gender(row.gender)), row.gender, _years(row.age)))


def heat_map(rows: Iterable[Online]) -> tuple[tuple[float | None, ...], ...]:
    """7 rows (Monday first) of 24 hours: followers online, the mean over the days; empty without data."""
    newest = {(row.day, row.hour): row.value for row in rows}
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    for (day, hour), value in newest.items():
        if value is not None:
            cells[day.weekday(), hour].append(value)
    if not cells:
        return ()
    return tuple(
        tuple(mean(cells.get((week_day, hour), [])) for hour in range(HOURS)) for week_day in range(WEEK_DAYS)
    )


def hashtag_of(
    hashtag: str,
    posts: int | None,
    likes: int | None,
    comments: int | None,
    engagement: int | None,
    engagement_per_post: Decimal | None,
) -> Hashtag:
    """A hashtag as it is stored, with `#`."""
    return Hashtag(
        hashtag=hashtag if hashtag.startswith("#") else f"#{hashtag}",
        posts=posts,
        likes=likes,
        comments=comments,
        engagement=engagement,
        engagement_per_post=None
        if engagement_per_post is None
        else ratio(*engagement_per_post.as_integer_ratio(), MEAN_DECIMALS),
    )


def by_engagement(hashtags: Iterable[Hashtag]) -> tuple[Hashtag, ...]:
    """Most engagement first, equal ones by name, missing numbers last."""
    return tuple(
        sorted(hashtags, key=lambda each: (each.engagement is None, -(each.engagement or 0), each.hashtag))
    )


def _gender(stored: str) -> str:
    return stored if stored in GENDERS else "U"


def _years(age: str) -> tuple[int, str]:
    digits = "".join(each if each.isdigit() and each.isascii() else " " for each in age).split()
    return (int(digits[0]) if digits else 1000, age)
