"""An account's posts in the demo's statistics, how likes and comments grew, and their insights; made some thousand at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from devtools.account_days import Frames, tags_of, to_utc
from devtools.account_people import AccountPlan, Life, Person, nullable
from devtools.account_texts import BODIES, CLOSINGS, FORMULAS, LONG, OPENINGS

PIECE = 20_000
"""Posts that are made at once."""

_TYPES = np.array(["IMAGE", "VIDEO", "CAROUSEL_ALBUM"])
_METRICS = ("engagement", "impressions", "reach", "saved", "video_views")
_SNAPSHOTS = np.array([0, 6, 27])
"""Days after the post."""
_HOURS = np.array([1, 0.5, 0.3, 0.2, 0.3, 1, 3, 6, 7, 7, 6, 7, 9, 7, 5, 5, 6, 8, 10, 12, 10, 7, 4, 2])
"""How often is posted at an hour of the day."""
_SIGNS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", dtype="S1")

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Posts:
    """Some of an account's posts, oldest first, with what all their rows are made from."""

    ids: pl.Series
    day: Ints
    """Counted from the plan's first."""
    types: npt.NDArray[np.str_]
    likes: Floats
    """When all is over; how many there are on a day is a part of it."""
    comments: Floats
    last: Ints
    """The age, in days, at which the numbers were last looked at."""
    likes_hidden: Flags
    comments_off: Flags


def media_frames(plan: AccountPlan, person: Person, life: Life) -> Frames:
    """All rows about an account's posts."""
    chance = person.chance(plan.seed, 6)
    for start in range(0, person.media, PIECE):
        posts = _posts(plan, person, life, life.posts[start : start + PIECE], start, chance)
        yield "media", _media(plan, person, posts, chance)
        if plan.history_days:
            yield "media_like_comment", _history(life, posts, chance)
        if person.own and plan.snapshots:
            yield "media_insight", _insights(plan, life, posts, chance, first=start == 0)


def _posts(
    plan: AccountPlan, person: Person, life: Life, day: Ints, start: int, chance: np.random.Generator
) -> _Posts:
    count = len(day)
    serial = person.number * 2 + (not person.own)
    ids = 17_900_000_000_000_000 + serial * 10_000_000 + (start + np.arange(count)) * 10
    likes = life.followers[day] * np.exp(chance.normal(-4.0, 0.7, count)) * life.interest[day]
    age = plan.days - 1 - day
    return _Posts(
        ids=pl.Series(ids + chance.integers(0, 10, count)).cast(pl.String),
        day=day,
        types=chance.choice(_TYPES, count, p=[0.45, 0.3, 0.25]),
        likes=likes,
        comments=likes * np.exp(chance.normal(-3.6, 0.5, count)),
        last=np.minimum(age, plan.history_days - 1) if plan.history_days else age,
        likes_hidden=chance.random(count) < 0.008,
        comments_off=chance.random(count) < 0.004,
    )


def _part(age: npt.NDArray[np.int64]) -> Floats:
    """How much of the attention a post has had on a day after it: a quarter on the first, nearly all after a week."""
    return 1 - np.exp(-(age + 0.6) / 2)


def _media(plan: AccountPlan, person: Person, posts: _Posts, chance: np.random.Generator) -> pl.DataFrame:
    count, part = len(posts.day), _part(posts.last)
    midnight = (np.datetime64(plan.first) + posts.day).astype("datetime64[us]")
    hour = chance.choice(24, count, p=_HOURS / _HOURS.sum())
    second = hour * 3600 + chance.integers(0, 3600, count)
    signs = chance.integers(0, 64, (count, 11))
    signs[:, 0] = 2
    codes = pl.Series(_SIGNS[signs].view("S11").ravel().astype("U11"))
    thumbnails = ("https://example.com/thumbnails/" + codes).to_numpy()
    captions, tags = _captions(person, count, chance)
    return pl.DataFrame(
        {
            "id": posts.ids,
            "user_id": pl.repeat(person.id, count, eager=True),
            "permalink": "https://www.instagram.com/p/" + codes + "/",
            "media_type": posts.types,
            "timestamp": to_utc(pl.Series(midnight + second.astype("timedelta64[s]")), person.zone),
            "caption": captions,
            "like_count": nullable((posts.likes * part).astype(np.int64), posts.likes_hidden),
            "comments_count": nullable((posts.comments * part).astype(np.int64), posts.comments_off),
            "media_url": "https://example.com/media/" + codes,
            "thumbnail_url": nullable(thumbnails, posts.types != "VIDEO"),
            "shortcode": codes,
            "media_hashtag": tags,
            "is_archived": (chance.random(count) < 0.01).astype(np.int8),
            "updated_timestamp": (midnight + posts.last.astype("timedelta64[D]")) + np.timedelta64(17, "h"),
            "datestamp": np.datetime64(plan.first) + posts.day + posts.last,
        }
    )


def _captions(person: Person, count: int, chance: np.random.Generator) -> tuple[pl.Series, pl.Series]:
    """Texts in several languages, and the hashtags that are at their ends."""

    def drawn(pool: list[str] | tuple[str, ...]) -> pl.Series:
        return pl.Series(pool).gather(chance.integers(0, len(pool), count))

    tags = [f"#{tag}" for tag in tags_of(person)]
    sets = ["", *(" ".join(tags[turn % 4 : turn % 4 + 2 + turn % 5]) for turn in range(24))]
    frame = pl.DataFrame(
        {
            "opening": drawn(OPENINGS),
            "formula": drawn(FORMULAS),
            "body": drawn(BODIES),
            "closing": drawn(CLOSINGS),
            "tags": drawn(sets),
            "sort": chance.random(count),
        }
    )
    usual = pl.concat_str("opening", pl.lit("\n\n"), "body", "closing")
    text = (
        pl.when(pl.col("sort") < 0.015)
        .then(None)
        .when(pl.col("sort") < 0.03)
        .then(pl.concat_str("formula", "closing"))
        .when(pl.col("sort") < 0.036)
        .then(pl.concat_str("opening", pl.lit("\n" + LONG * 15)))
        .when(pl.col("sort") < 0.2)
        .then(pl.col("opening"))
        .otherwise(usual)
    )
    with_tags = (
        pl.when(pl.col("tags") == "").then(text).otherwise(pl.concat_str(text, pl.lit("\n\n"), "tags"))
    )
    known = pl.when((pl.col("tags") != "") & text.is_not_null()).then(pl.col("tags"))
    done = frame.select(with_tags.alias("caption"), known.alias("tags"))
    return done["caption"], done["tags"]


def _history(life: Life, posts: _Posts, chance: np.random.Generator) -> pl.DataFrame:
    """Likes and comments day by day; a day that was missed makes the next one's growth larger, or unknown at the start."""
    days = posts.last + 1
    post = np.repeat(np.arange(len(days)), days)
    age = np.arange(len(post)) - np.repeat(np.cumsum(days) - days, days)
    keep = (chance.random(len(post)) > 0.015) | (age == posts.last[post])
    post, age = post[keep], age[keep]
    part = _part(age)
    follows = np.append(False, post[1:] == post[:-1])
    counts = {"like": (posts.likes, posts.likes_hidden), "comments": (posts.comments, posts.comments_off)}
    columns: dict[str, pl.Series] = {}
    for name, (ends, hidden) in counts.items():
        number = (ends[post] * part).astype(np.int64)
        growth = number - np.where(follows, np.append(0, number[:-1]), 0)
        columns[f"{name}_count"] = nullable(number, hidden[post])
        columns[f"{name}_count_growth"] = nullable(growth, hidden[post] | (~follows & (age > 0)))
    datestamp = life.days[0] + posts.day[post] + age
    return pl.DataFrame(
        {
            "media_id": posts.ids.gather(post),
            **columns,
            "updated_timestamp": datestamp.astype("datetime64[us]") + np.timedelta64(17, "h"),
            "datestamp": datestamp,
        }
    )


def _insights(
    plan: AccountPlan, life: Life, posts: _Posts, chance: np.random.Generator, *, first: bool
) -> pl.DataFrame:
    """Metrics of posts at up to three ages. The oldest posts are from before the account had insights."""
    count, ages = len(posts.day), _SNAPSHOTS[: plan.snapshots]
    # A single snapshot is the newest, which the post's own numbers are as well.
    part = _part(posts.last)[:, None] if plan.snapshots == 1 else np.tile(_part(ages), (count, 1))
    engagement = posts.likes + posts.comments
    reach = np.maximum(engagement * np.exp(chance.normal(2.3, 0.4, count)), engagement)
    saved = engagement * np.exp(chance.normal(-3.0, 0.6, count))
    impressions, views = reach * chance.uniform(1.1, 1.6, count), reach * chance.uniform(0.6, 1.3, count)
    ends = np.stack([engagement + saved, impressions, reach, saved, views], axis=1)
    values = (ends[:, :, None] * part[:, None, :]).astype(np.int64)
    there = chance.random(values.shape) > 0.008
    there &= (posts.day[:, None] + ages < plan.days)[:, None, :]
    there[:, 4] &= (posts.types == "VIDEO")[:, None]
    if first:
        there[: count // 30] = False
    post, metric, snapshot = there.nonzero()
    names = pl.Series([*_METRICS, *(f"carousel_album_{name}" for name in _METRICS)])
    prefixed = (posts.types == "CAROUSEL_ALBUM") & (chance.random(count) > 0.05)
    datestamp = life.days[0] + posts.day[post] + ages[snapshot]
    return pl.DataFrame(
        {
            "media_id": posts.ids.gather(post),
            "metric": names.gather(metric + 5 * prefixed[post]),
            "value": nullable(values[there], chance.random(len(post)) < 0.004),
            "updated_timestamp": datestamp.astype("datetime64[us]") + np.timedelta64(17, "h"),
            "datestamp": datestamp,
        }
    )
