"""Who is in the demo's statistics: a plan, its accounts and competitors, and the numbers that all their rows come from."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from devtools.account_texts import BIOGRAPHIES, BRANDS, ORNAMENTS, OTHER_ZONES

MOST_MEDIA = 1_000_000
"""Of one account: its media's ids lie in a range of their own."""


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """How much to make. The same plan gives the same rows; an account's rows do not depend on how many others there are."""

    accounts: int = 3
    days: int = 120
    """Days with data, up to and with `until`."""
    media_per_account: int = 150
    competitors: int = 5
    """Of each account; accounts share them."""
    seed: int = 5
    until: date = date(2026, 6, 30)
    empty: int = 0
    """That many of the accounts have no data at all."""
    competitor_media: int | None = None
    """Posts of each competitor; None: a third of an account's."""
    history_days: int = 28
    """For so many days after a post its likes and comments are written down; 0: never."""
    snapshots: int = 3
    """How often a post's insights are written down, at most 3: on its day, after a week, after four weeks."""
    online_days: int = 90
    """For so many of the last days it is known when followers were online (24 rows each)."""
    zone: str = "Asia/Jakarta"
    """Of the accounts that have none of their own; the setting `time_zone`."""

    def __post_init__(self) -> None:
        if max(self.media_per_account, self.competitor_media or 0) > MOST_MEDIA:
            raise ValueError(f"an account can have at most {MOST_MEDIA:,} media")
        if self.days < 1 or not 0 <= self.snapshots <= 3:
            raise ValueError("a plan has at least one day and at most three snapshots")

    @property
    def first(self) -> date:
        """The first day with data."""
        return self.until - timedelta(days=self.days - 1)


@dataclass(frozen=True, slots=True)
class Person:
    """An account or a competitor."""

    number: int
    id: str
    username: str
    name: str | None
    zone: str
    own: bool
    """Whether it is one of the accounts, with insights; of competitors only the public numbers are known."""
    empty: bool
    at_seven: bool
    """Whether its insights' days end at 07:00 UTC, as Instagram has it, or at its own midnight."""
    media: int

    def chance(self, seed: int, part: int) -> np.random.Generator:
        """The dice for one part of its rows."""
        return np.random.default_rng([seed, int(self.own), self.number, part])


def people(plan: AccountPlan) -> Iterator[Person]:
    """All of the accounts, then all of the competitors."""
    for number in range(plan.accounts):
        zone = OTHER_ZONES[number // 4 % len(OTHER_ZONES)] if number % 4 == 1 else plan.zone
        empty = number >= plan.accounts - plan.empty
        yield _person(number, plan.media_per_account, zone=zone, own=True, empty=empty)
    media = plan.media_per_account // 3 if plan.competitor_media is None else plan.competitor_media
    for number in range(pool_size(plan)):
        yield _person(number, media, zone=plan.zone, own=False, empty=False)


def pool_size(plan: AccountPlan) -> int:
    """How many competitors there are for all accounts together."""
    return plan.competitors + plan.accounts // 2 if plan.competitors else 0


def _person(number: int, media: int, *, zone: str, own: bool, empty: bool) -> Person:
    chance = random.Random(number * 2 + own)
    brand = BRANDS[(number + 7 * (not own)) % len(BRANDS)]
    username = brand.lower().replace(" ", "." if own else "_")
    # Only those whose brand comes again need a number.
    ending = ".id" if number < len(BRANDS) else str(number)
    username += ending if own else f"_{number + 1}"
    name = f"{brand} {chance.choice(ORNAMENTS)}" if number % 3 != 1 else brand
    return Person(
        number=number,
        id=str((17_841_400_000_000_000 if own else 17_841_450_000_000_000) + number * 9_973),
        username=username,
        name=None if number % 17 == 11 else name,
        zone=zone,
        own=own,
        empty=empty,
        at_seven=number % 2 == 1,
        media=media,
    )


def user_frames(plan: AccountPlan) -> Iterator[tuple[str, pl.DataFrame]]:
    """Rows of `user`, `user_time_zone` and `user_competitor`, in this order (the last refers to the first)."""
    everybody = list(people(plan))
    yield "user", pl.DataFrame([_user(plan, person) for person in everybody])
    zones = [{"user_id": who.id, "time_zone": who.zone} for who in everybody if who.zone != plan.zone]
    yield "user_time_zone", pl.DataFrame(zones, schema={"user_id": pl.String, "time_zone": pl.String})
    links = [{"user_id": of, "competitor_id": to} for of, to in _links(plan, everybody)]
    yield "user_competitor", pl.DataFrame(links, schema={"user_id": pl.String, "competitor_id": pl.String})


def _user(plan: AccountPlan, person: Person) -> dict[str, Any]:
    number = person.number
    return {
        "id": person.id,
        "username": person.username,
        "name": person.name,
        "biography": BIOGRAPHIES[number % len(BIOGRAPHIES)],
        "profile_picture_url": f"https://example.com/pictures/{person.id}.jpg" if number % 5 else None,
        "website": f"https://{person.username.replace('_', '-')}.example.com" if number % 3 else None,
        # An account that nobody connected is one's own all the same when it is nobody's competitor.
        "social_account_id": f"sa-{number + 1:05d}" if person.own and number % 10 != 6 else None,
        "updated_timestamp": f"{plan.until} 23:10:00",
        "has_problems": int(person.own and number % 23 == 19),
        "is_userid_valid": 1,
    }


def _links(plan: AccountPlan, everybody: list[Person]) -> Iterator[tuple[str, str]]:
    """Each account with its competitors; now and then one of them is another of the accounts."""
    own, pool = everybody[: plan.accounts], everybody[plan.accounts :]
    for person in own:
        rivals = [pool[(person.number * 3 + turn) % len(pool)].id for turn in range(plan.competitors)]
        if person.number % 5 == 2 and plan.competitors > 1 and plan.accounts > 2:
            rivals[-1] = own[(person.number + 1) % plan.accounts].id
        if not person.empty:
            yield from ((person.id, rival) for rival in sorted(rivals))


@dataclass(frozen=True, slots=True)
class Life:
    """An account's days: what happened on each, from the plan's first day on."""

    days: npt.NDArray[np.datetime64]
    followers: npt.NDArray[np.int64]
    interest: npt.NDArray[np.float64]
    """How much attention it gets that day: 1 on an ordinary one, more when something goes viral."""
    posts: npt.NDArray[np.int64]
    """On which day, counted from the first, each post was made; oldest first."""


_WEEK = np.array([0.95, 0.92, 0.97, 1.0, 1.12, 1.25, 1.1])
"""Attention from Monday to Sunday."""


def life_of(plan: AccountPlan, person: Person) -> Life:
    """Growth with a trend, a weekly rhythm, spikes that fade within days, and now and then days of loss."""
    chance = person.chance(plan.seed, 0)
    days = np.arange(np.datetime64(plan.first), np.datetime64(plan.until) + 1)
    weekday = (days.astype(np.int64) + 3) % 7  # the first day of all, 1970-01-01, was a Thursday
    viral = np.where(chance.random(plan.days) < 0.012, chance.uniform(1, 6, plan.days), 0.0)
    fading = np.convolve(viral, np.exp(-np.arange(8) / 2.2))[: plan.days]
    interest = _WEEK[weekday] * (1 + fading) * np.exp(chance.normal(0, 0.08, plan.days))
    start = float(np.exp(chance.normal(9.6, 1.1)))
    trend = chance.uniform(-0.0004, 0.0022)
    step = start * (trend * interest + 0.0009 * fading + chance.normal(0, 0.0006, plan.days))
    followers = np.maximum(np.cumsum(step) + start, 40).astype(np.int64)
    posts = np.sort(chance.choice(plan.days, person.media, p=interest / interest.sum()))
    return Life(days, followers, interest, posts)


def nullable(values: npt.NDArray[Any], missing: npt.NDArray[np.bool_]) -> pl.Series:
    """Numbers, empty where they are missing."""
    return pl.select(pl.when(pl.Series(~missing)).then(pl.Series(values))).to_series()
