"""Accounts' numbers as the bodies of answers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from import_export.api import account_bodies as bodies
from import_export.exports.contents import country_name
from import_export.exports.metrics import total
from import_export.exports.numbers import rate
from import_export.exports.rankings import Averages
from import_export.exports.report import Change, Media
from import_export.messages import Language
from import_export.services.account_numbers import AccountNumbers, Best, Engagement, Growth
from import_export.services.accounts import AccountLine


def account(line: AccountLine) -> bodies.AccountOut:
    """An account with its newest numbers."""
    found = line.account
    return bodies.AccountOut(
        id=found.id,
        username=found.username,
        name=found.name,
        biography=found.biography,
        website=found.website,
        picture_url=found.picture_url,
        time_zone=found.zone.key,
        newest=found.newest,
        has_problems=found.has_problems,
        latest=None if line.latest is None else bodies.ProfileOut.model_validate(line.latest),
    )


def media(found: Media, zone: ZoneInfo) -> bodies.MediaOut:
    """A post; when it was made with the offset of that moment."""
    return bodies.MediaOut(**{**asdict(found), "posted_at": found.posted_at.replace(tzinfo=zone).isoformat()})


def public_media(found: Media, zone: ZoneInfo) -> bodies.PublicMediaOut:
    """A post of a competitor."""
    return bodies.PublicMediaOut.model_validate(media(found, zone))


def growth(numbers: AccountNumbers, found: Growth) -> bodies.GrowthOut:
    """How followers grew."""
    return bodies.GrowthOut(
        **_days(numbers),
        **_change("followers", found.followers),
        **_change("followers_growth_rate", found.rate),
    )


def average(numbers: AccountNumbers, found: Change) -> bodies.AverageOut:
    """The average of a day."""
    return bodies.AverageOut(**_days(numbers), **_average(found))


def engagement(numbers: AccountNumbers, found: Engagement) -> bodies.EngagementOut:
    """What was gained."""
    return bodies.EngagementOut(
        **_days(numbers),
        **_average(found.average),
        **_change("total", found.total),
        **_change("engagement_rate_average", found.rate_average),
    )


def media_averages(numbers: AccountNumbers, found: Averages) -> bodies.MediaAveragesOut:
    """How posts did."""
    return bodies.MediaAveragesOut(
        **_days(numbers),
        **_change("posts", found.posts),
        **_change("likes_average", found.likes),
        **_change("comments_average", found.comments),
        **_change("engagement_rate_average", found.engagement_rate),
    )


def best(numbers: AccountNumbers, found: Best) -> bodies.BestOut:
    """The best posts."""
    zone = numbers.account.zone
    return bodies.BestOut(
        **_days(numbers),
        by_engagement=_some(found.by_engagement, zone),
        by_engagement_before=_some(found.by_engagement_before, zone),
        by_reach=_some(found.by_reach, zone),
        by_reach_before=_some(found.by_reach_before, zone),
    )


def public_best(numbers: AccountNumbers, found: Best) -> bodies.PublicBestOut:
    """The best posts of a competitor."""
    zone = numbers.account.zone
    return bodies.PublicBestOut(
        **_days(numbers),
        by_engagement=_public(found.by_engagement, zone),
        by_engagement_before=_public(found.by_engagement_before, zone),
    )


def cities(numbers: AccountNumbers) -> list[bodies.CityOut]:
    """Where followers come from."""
    return [
        bodies.CityOut(city=each.name, province=each.province, followers=each.followers, share=each.share)
        for each in numbers.cities()
    ]


def countries(numbers: AccountNumbers, language: Language) -> list[bodies.CountryOut]:
    """Where followers come from."""
    return [
        bodies.CountryOut(
            country_code=each.name,
            country=country_name(each.name, language),
            followers=each.followers,
            share=each.share,
        )
        for each in numbers.countries()
    ]


def gender_ages(numbers: AccountNumbers) -> list[bodies.GenderAgeOut]:
    """Who the followers are."""
    found = numbers.audience()
    whole = total(each.value for each in found)
    return [
        bodies.GenderAgeOut(
            gender=each.gender, age=each.age, followers=each.value, share=rate(each.value, whole)
        )
        for each in found
    ]


def _some(found: Media | None, zone: ZoneInfo) -> bodies.MediaOut | None:
    return None if found is None else media(found, zone)


def _public(found: Media | None, zone: ZoneInfo) -> bodies.PublicMediaOut | None:
    return None if found is None else public_media(found, zone)


def _days(numbers: AccountNumbers) -> dict[str, Any]:
    return {
        "time_zone": numbers.account.zone.key,
        "period": bodies.PeriodOut.model_validate(numbers.period),
    }


def _change(name: str, found: Change) -> dict[str, Any]:
    return {name: found.now, f"{name}_before": found.before, f"{name}_growth": found.growth}


def _average(found: Change) -> dict[str, Any]:
    return {"average": found.now, "average_before": found.before, "growth": found.growth}
