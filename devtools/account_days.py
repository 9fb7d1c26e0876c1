"""An account's days in the demo's statistics: profile numbers, reach, impressions, and who follows from where and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from devtools.account_people import AccountPlan, Life, Person, nullable
from devtools.account_texts import AGES, CITIES, COUNTRIES, GENDERS, TAGS

Frames = Iterator[tuple[str, pl.DataFrame]]
"""Pieces of tables, with the table's name. Rows are in the order of its primary key, which InnoDB takes fastest."""
Floats = npt.NDArray[np.float64]
_Value = TypeVar("_Value", np.datetime64, np.int64)

_AGE_SHARES = np.array([0.05, 0.36, 0.33, 0.15, 0.07, 0.03, 0.01])
_HOURS = np.array(
    [12, 8, 5, 4, 6, 12, 24, 36, 42, 44, 46, 50, 56, 54, 50, 50, 54, 60, 70, 78, 80, 72, 52, 28],
    dtype=np.float64,
)
"""How many of a hundred followers are online at an hour of a usual day."""


def day_frames(plan: AccountPlan, person: Person, life: Life) -> Frames:
    """All rows of an account that are not about a single post."""
    yield "user_data", _profile(plan, person, life)
    yield "user_hashtag_metrics", _hashtags(plan, person, life)
    if not person.own:
        return
    yield from _insights(plan, person, life)
    yield "user_insight_online_follower", _online(plan, person, life)
    yield from _audience(plan, person, life)


def _profile(plan: AccountPlan, person: Person, life: Life) -> pl.DataFrame:
    chance = person.chance(plan.seed, 1)
    count = len(life.days)
    media = 40 + person.number + np.cumsum(np.bincount(life.posts, minlength=count))
    there = chance.random(count) > 0.015
    if count > 40:
        gap = int(chance.integers(10, count - 20))
        there[gap : gap + 3] = False  # the collector was down
    there[-1] = True
    unknown = chance.random(count) < 0.006
    frame = pl.DataFrame(
        {
            "user_id": pl.repeat(person.id, count, eager=True),
            "followers_count": nullable(life.followers, unknown),
            "follows_count": 180 + np.arange(count) // 9,
            "media_count": media,
            "updated_timestamp": life.days.astype("datetime64[us]") + np.timedelta64(16 * 3600 + 600, "s"),
            "datestamp": life.days,
        }
    ).filter(pl.Series(there))
    return frame.with_columns(
        pl.col("followers_count").diff().alias("followers_count_growth"),
        pl.col("media_count").diff().alias("media_count_growth"),
    )


def ends_of_days(days: npt.NDArray[np.datetime64], person: Person) -> pl.Series:
    """When each day is over, in UTC."""
    if person.at_seven:
        return pl.Series(days.astype("datetime64[us]") + np.timedelta64(7, "h"))
    return to_utc(pl.Series((days + 1).astype("datetime64[us]")), person.zone)


def to_utc(local: pl.Series, zone: str) -> pl.Series:
    """Moments on an account's clocks as the database keeps them; one that the clocks leave out is taken as UTC."""
    moments = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return moments.dt.convert_time_zone("UTC").dt.replace_time_zone(None).fill_null(local)


def _insights(plan: AccountPlan, person: Person, life: Life) -> Frames:
    """Reach and impressions: of each day, and of the week and the 28 days that end with it."""
    chance = person.chance(plan.seed, 2)
    count = len(life.days)
    reach = life.followers * chance.uniform(0.12, 0.45) * life.interest
    impressions = reach * chance.uniform(1.25, 2.1) * np.exp(chance.normal(0, 0.05, count))
    ends = ends_of_days(life.days, person)
    for name, daily, overlap in (("reach", reach, 0.62), ("impressions", impressions, 1.0)):
        frames = []
        for period, span in (("day", 1), ("days_28", 28), ("week", 7)):
            sums = np.convolve(daily, np.ones(span))[:count] * (overlap if span > 1 else 1.0)
            there = (np.arange(count) >= span - 1) & (chance.random(count) > 0.01)
            there[-1] = there[-1] or span == 1
            whole = pl.DataFrame(
                {
                    "user_id": pl.repeat(person.id, count, eager=True),
                    "period": pl.repeat(period, count, eager=True),
                    "value": nullable(sums.astype(np.int64), chance.random(count) < 0.005),
                    "end_time": ends,
                    "updated_timestamp": ends.dt.offset_by("3h"),
                }
            )
            frames.append(whole.filter(pl.Series(there)))
        yield f"user_insight_{name}", pl.concat(frames)


def _online(plan: AccountPlan, person: Person, life: Life) -> pl.DataFrame:
    chance = person.chance(plan.seed, 3)
    days, followers = life.days[-plan.online_days :], life.followers[-plan.online_days :]
    count = len(days) if plan.online_days else 0
    days, followers = days[:count], followers[:count]
    weekend = ((days.astype(np.int64) + 3) % 7 >= 5)[:, None]
    shape = np.where(weekend, np.roll(_HOURS, 1) * 1.06, _HOURS)  # people sleep longer then
    shares = shape / 100 * chance.uniform(0.7, 1.0) * np.exp(chance.normal(0, 0.05, (count, 24)))
    values = (followers[:, None] * np.minimum(shares, 1)).astype(np.int64)
    there = chance.random(count) > 0.03
    there[-1:] = True
    unknown = chance.random((count, 24)) < 0.004
    ends = ends_of_days(days, person)
    each = pl.Series(np.repeat(np.arange(count), 24))
    return pl.DataFrame(
        {
            "user_id": pl.repeat(person.id, count * 24, eager=True),
            "hour": np.tile(np.arange(24), count),
            "value": nullable(values.ravel(), unknown.ravel()),
            "end_time": ends.gather(each),
            "updated_timestamp": ends.dt.offset_by("3h").gather(each),
        }
    ).filter(pl.Series(np.repeat(there, 24)))


def _audience(plan: AccountPlan, person: Person, life: Life) -> Frames:
    """A snapshot a week, the newest on the last day."""
    chance = person.chance(plan.seed, 4)
    days, followers = _weekly(life.days), _weekly(life.followers)
    groups = [(gender, age) for gender in GENDERS for age in AGES]
    women = chance.uniform(0.35, 0.75)
    genders = np.array([women, 0.96 - women if women < 0.96 else 0.0, 0.04])
    by_group: Floats = np.outer(genders, _AGE_SHARES * np.exp(chance.normal(0, 0.15, 7))).ravel()
    places = 0.2 / np.arange(1, len(CITIES) + 1) ** 1.1
    places *= chance.uniform(0.7, 1.2, len(CITIES))
    countries = 0.9 / np.arange(1, len(COUNTRIES) + 1) ** 3.2
    ends = ends_of_days(days, person)
    lists: Sequence[tuple[str, tuple[str, ...], Sequence[tuple[str, ...]], npt.NDArray[Any]]] = [
        ("city", ("city", "province"), CITIES, places),
        ("country", ("country_code",), [(code,) for code in COUNTRIES], countries),
        ("gender_age", ("gender", "age"), groups, by_group),
    ]
    for name, keys, labels, shares in lists:
        values = followers[:, None] * shares * np.exp(chance.normal(0, 0.03, (len(days), len(shares))))
        each = pl.Series(np.repeat(np.arange(len(days)), len(labels)))
        columns = {
            key: pl.Series([label[place] for label in labels] * len(days)) for place, key in enumerate(keys)
        }
        frame = pl.DataFrame(
            {
                "user_id": pl.repeat(person.id, len(each), eager=True),
                **columns,
                "value": values.astype(np.int64).ravel(),
                "end_time": ends.gather(each),
                "updated_timestamp": ends.dt.offset_by("3h").gather(each),
            }
        )
        # Instagram leaves out what nobody belongs to.
        yield f"user_insight_audience_{name}", frame.filter(pl.col("value") > 0).sort("end_time", *keys)


def _hashtags(plan: AccountPlan, person: Person, life: Life) -> pl.DataFrame:
    """What each of the account's hashtags brought, a snapshot a week."""
    chance = person.chance(plan.seed, 5)
    tags = sorted(tags_of(person))
    days, followers = _weekly(life.days), _weekly(life.followers)
    if person.media == 0:
        days, followers = days[:0], followers[:0]
    size = len(days) * len(tags)
    posts = chance.geometric(0.25, size)
    likes = posts * (np.repeat(followers, len(tags)) * np.exp(chance.normal(-4.0, 0.6, size))).astype(
        np.int64
    )
    comments = (likes * chance.uniform(0.01, 0.06, size)).astype(np.int64)
    each = pl.DataFrame(
        {
            "user_id": pl.repeat(person.id, size, eager=True),
            "hashtag": [f"#{tag}" for tag in tags] * len(days),
            "total_engagement": likes + comments,
            "post_count": posts,
            "engagement_per_post": (likes + comments) / posts,
            "like_count": likes,
            "comments_count": comments,
            "datestamp": np.repeat(days, len(tags)),
        },
        schema_overrides={"hashtag": pl.String},
    )
    return each.with_columns(pl.col("engagement_per_post").round(4))


def tags_of(person: Person) -> list[str]:
    """The hashtags that an account uses."""
    size = 8 + person.number % 9
    start = (person.number * 5 + 3 * person.own) % len(TAGS)
    return [TAGS[(start + turn * 2) % len(TAGS)] for turn in range(size)]


def _weekly(values: npt.NDArray[_Value]) -> npt.NDArray[_Value]:
    """Each seventh, so that the last one is among them."""
    return values[(len(values) - 1) % 7 :: 7]
