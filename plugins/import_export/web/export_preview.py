"""The numbers of one account as the exports page shows them: cards, series of days, who the followers are, best posts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from babel.dates import get_day_names

from import_export.exports.report import AccountReport, AgeGroup, Change, Media, Place, Ranking
from import_export.messages import Language
from import_export.web.rendering import shown_number

POSTS_SHOWN = 5
CITIES_SHOWN = 8
BEST_HOURS = 3
HEAT_LEVELS = 8
"""Shades of the heat map beside "nobody"."""


@dataclass(frozen=True, slots=True)
class Card:
    """One number with its change against the period before."""

    key: str
    """Of its label in the words."""
    now: str
    before: str
    change: str | None
    """With its sign; of a rate in percentage points. None when one of the two numbers is missing."""
    is_rate: bool
    trend: str
    """`up`, `down`, `same`, or empty when nothing is known of it."""


@dataclass(frozen=True, slots=True)
class Series:
    """One number over the days of a period; None where it is missing."""

    key: str
    values: Sequence[float | None]
    is_rate: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return all(value is None for value in self.values)


@dataclass(frozen=True, slots=True)
class Heat:
    """One hour of the week: how many followers are online, and how dark that is shown."""

    value: float | None
    level: int
    """0 (missing or nobody) to `HEAT_LEVELS`."""


def cards(report: AccountReport, language: Language) -> list[Card]:
    """The headline numbers."""
    own = report.own
    return [
        _card("card_followers", own.followers, language),
        _card("card_growth", report.followers_growth_rate, language, rate=True),
        _card("card_reach", report.reach_average, language),
        _card("card_impressions", report.impressions_average, language),
        _card("card_engagement_rate", report.engagement_rate_average, language, rate=True),
        _card("card_posts", report.posts, language),
    ]


def series(report: AccountReport) -> list[Series]:
    """What is drawn over the days."""
    days = report.days
    return [
        Series("chart_followers", [day.followers for day in days]),
        Series("chart_reach", [day.reach for day in days]),
        Series("chart_impressions", [day.impressions for day in days]),
        Series("chart_engagement_rate", [day.engagement_rate for day in days], is_rate=True),
    ]


def heat_map(online: Sequence[Sequence[float | None]]) -> list[list[Heat]]:
    """7 rows (Monday first) of 24 hours; empty without data."""
    most = max((value for row in online for value in row if value), default=0)
    return [[Heat(value, _level(value, most)) for value in row] for row in online] if most else []


def best_hours(online: Sequence[Sequence[float | None]], language: Language) -> list[tuple[str, float]]:
    """When most followers are online: `Friday 19:00` and how many, most first; equal ones in the order of the week."""
    names = weekdays(language, "wide")
    found = [
        (value, -day, -hour) for day, row in enumerate(online) for hour, value in enumerate(row) if value
    ]
    return [
        (f"{names[-day]} {-hour:02}:00", value)
        for value, day, hour in sorted(found, reverse=True)[:BEST_HOURS]
    ]


def weekdays(language: Language, width: Literal["abbreviated", "wide"] = "abbreviated") -> list[str]:
    """The names of the days, Monday first."""
    return [str(get_day_names(width, locale=language)[number]) for number in range(7)]


def ages(report: AccountReport) -> Sequence[AgeGroup]:
    """The ages of which anything is known."""
    return [age for age in report.ages if any((age.female, age.male, age.unknown))]


def top_posts(report: AccountReport) -> Sequence[Media]:
    """The best posts by engagement."""
    ranked = report.rankings.get(Ranking.ENGAGEMENT)
    return ranked.best[:POSTS_SHOWN] if ranked else ()


def top_cities(report: AccountReport) -> Sequence[tuple[Place, float]]:
    """The cities with most followers, each with the length of its bar in percent of the longest."""
    shown = report.cities[:CITIES_SHOWN]
    most = max((place.followers or 0 for place in shown), default=0)
    return [(place, round((place.followers or 0) * 100 / most, 2) if most else 0.0) for place in shown]


def is_empty(report: AccountReport) -> bool:
    """Whether nothing at all is known of the period."""
    return all(day.is_empty for day in report.days) and not report.posts.now


def _card(key: str, change: Change, language: Language, *, rate: bool = False) -> Card:
    unit = " %" if rate else ""
    now, before = (
        shown_number(value, language, 2 if rate else 0) + (unit if value is not None else "")
        for value in (change.now, change.before)
    )
    return Card(key, now, before, _told_change(change, language, rate=rate), rate, _trend(change.growth))


def _told_change(change: Change, language: Language, *, rate: bool) -> str | None:
    """Percentage points of a rate; of a count the difference, and percent where there was something before."""
    growth = change.growth
    if growth is None or change.before is None:
        return None
    sign = "+" if growth > 0 else "−" if growth < 0 else ""
    told = sign + shown_number(abs(growth), language, 2 if rate else 0)
    if change.before and not rate:
        return f"{told} ({sign}{shown_number(abs(growth) * 100 / abs(change.before), language, 1)} %)"
    return told


def _trend(growth: float | None) -> str:
    if growth is None:
        return ""
    return "up" if growth > 0 else "down" if growth < 0 else "same"


def _level(value: float | None, most: float) -> int:
    return 0 if not value else max(1, round(value * HEAT_LEVELS / most))
