"""The audience in the PDF: gender and age, when followers are online, where they are from, and hashtags."""

from __future__ import annotations

from collections.abc import Sequence

from import_export.exports.contents import country_name
from import_export.exports.numbers import rate
from import_export.exports.pdf_numbers import MISSING, Json, clock, count, mean, number, percent, weekdays
from import_export.exports.pdf_text import clean, shorten
from import_export.exports.pdf_words import say
from import_export.exports.report import AccountReport, AgeGroup, Hashtag, Place
from import_export.messages import Language

MOST_PLACES = 10
MOST_HASHTAGS = 10
HOURS_TOGETHER = 2
"""Best hours are told as windows of that many hours."""


def audience(report: AccountReport, language: Language) -> Json:
    """Parts without data have only `aid`, a note."""
    none = {"rows": [], "aid": say("none_chart", language)}
    return {
        "ages": _ages(report.ages, language) if _people(report.ages) else none,
        "online": _online(report.online, language) if any(_known(report.online)) else none,
        "countries": _places(report.countries, language, country=True) if report.countries else none,
        "cities": _places(report.cities, language, country=False) if report.cities else none,
        "hashtags": _hashtags(report.hashtags, language) if report.hashtags else none,
    }


def _people(ages: Sequence[AgeGroup]) -> int:
    return sum((each.female or 0) + (each.male or 0) + (each.unknown or 0) for each in ages)


def _ages(ages: Sequence[AgeGroup], language: Language) -> Json:
    everyone = _people(ages)
    known = [
        (value, gender, clean(each.age))
        for each in ages
        for value, gender in ((each.female, "female"), (each.male, "male"))
        if value
    ]
    largest = max((value for value, _, _ in known), default=1)
    rows = [
        {
            "label": clean(each.age),
            "bars": [
                {"size": (value or 0) / largest, "text": percent(rate(value, everyone), language)}
                for value in (each.female, each.male)
            ],
        }
        for each in ages
    ]
    said = []
    if known:
        value, gender, age = max(known, key=lambda each: each[0])
        said.append(
            say(
                "largest_group", language, gender=say(gender, language).lower(), age=age,
                share=percent(rate(value, everyone), language),
            )
        )  # fmt: skip
    sums = [sum(getattr(each, gender) or 0 for each in ages) for gender in ("female", "male", "unknown")]
    shares = [percent(rate(each, everyone), language) for each in sums]
    unknown = f", {say('unknown', language).lower()} {shares[2]}" if sums[2] else ""
    said.append(say("gender_split", language, f=shares[0], m=shares[1], u=unknown))
    return {"rows": rows, "aid": " ".join(said)}


def _known(online: Sequence[Sequence[float | None]]) -> list[float]:
    return [value for row in online for value in row if value is not None]


def _online(online: Sequence[Sequence[float | None]], language: Language) -> Json:
    known = _known(online)
    low, high = min(known), max(known)
    span = (high - low) or 1
    windows = best_hours(online)
    names = weekdays(language)
    hours = ", ".join(
        f"{names[weekday]} {clock(hour, 0, language)}–{clock((hour + HOURS_TOGETHER) % 24, 0, language)}"
        for weekday, hour in windows
    )
    return {
        "rows": [
            {
                "label": name,
                "cells": [None if value is None else round((value - low) / span, 3) for value in row],
            }
            for name, row in zip(names, online, strict=True)
        ],
        "hours": [f"{hour:02d}" for hour in range(24)],
        "best": [[weekday, hour] for weekday, hour in windows],
        "scale": [count(round(low), language), count(round(high), language)],
        "aid": say("best_hours", language, hours=hours) if hours else "",
    }


def best_hours(online: Sequence[Sequence[float | None]], most: int = 3) -> list[tuple[int, int]]:
    """(Weekday, first hour) of the windows with the most followers online, at most one a day, best first."""
    best: list[tuple[float, int, int]] = []
    for weekday, row in enumerate(online):
        windows = [
            (sum(value for value in window if value is not None), -hour)
            for hour in range(24 - HOURS_TOGETHER + 1)
            if None not in (window := row[hour : hour + HOURS_TOGETHER])
        ]
        if windows:
            total, hour = max(windows)
            best.append((total, -weekday, -hour))
    return [(-weekday, hour) for _, weekday, hour in sorted(best, reverse=True)[:most]]


def _places(places: Sequence[Place], language: Language, *, country: bool) -> Json:
    shown = places[:MOST_PLACES]
    largest = max((each.share or 0 for each in places), default=0) or 1

    def name(place: Place) -> str:
        whole = country_name(place.name, language) if country else place.name
        return shorten(clean(whole) or MISSING, 17)

    rows = [
        {
            "name": name(each),
            "about": "" if each.province in {"", each.name} else shorten(clean(each.province), 20),
            "followers": count(each.followers, language),
            "share": percent(each.share, language),
            "size": (each.share or 0) / largest,
        }
        for each in shown
    ]
    top = shown[:3]
    together = sum(each.share or 0 for each in top)
    aid = say("places", language, n=len(top), share=f"{number(together, 1, language)}%", first=name(shown[0]))
    return {"rows": rows, "aid": aid}


def _hashtags(hashtags: Sequence[Hashtag], language: Language) -> Json:
    shown = hashtags[:MOST_HASHTAGS]
    largest = max((each.engagement or 0 for each in shown), default=0) or 1
    rows = [
        {
            "name": shorten(clean(each.hashtag), 26),
            "numbers": [
                *(
                    count(value, language)
                    for value in (each.posts, each.likes, each.comments, each.engagement)
                ),
                mean(each.engagement_per_post, language),
            ],
            "size": (each.engagement or 0) / largest,
        }
        for each in shown
    ]
    first = max(shown, key=lambda each: each.engagement or 0)
    per = max(shown, key=lambda each: each.engagement_per_post or 0)
    aid = say(
        "hashtag_aid", language, name=shorten(clean(first.hashtag), 20), n=count(first.engagement, language),
        per=shorten(clean(per.hashtag), 20), m=mean(per.engagement_per_post, language),
    )  # fmt: skip
    return {"rows": rows, "aid": aid}
