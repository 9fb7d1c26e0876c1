"""The seven contents of CSV files and XLSX sheets as frames, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import polars as pl

from import_export.exports.contents import (
    COLUMNS,
    MEDIA_TYPES,
    Content,
    Kind,
    Rows,
    country_name,
    gender_name,
)
from import_export.exports.metrics import (
    age_groups,
    age_total,
    by_engagement,
    days_of,
    genders,
    places,
    total,
)
from import_export.exports.numbers import rate
from import_export.exports.periods import Period
from import_export.exports.rankings import followers_frame, with_rates
from import_export.exports.report import Account
from import_export.messages import Language
from import_export.services.context import Context
from import_export.stores.account_numbers import NumberStore
from import_export.stores.account_posts import PostStore, Wanted
from import_export.stores.database import Session

_TYPES: Mapping[Kind, pl.DataType] = {
    Kind.DAY: pl.Date(),
    Kind.MOMENT: pl.Datetime("us"),
    Kind.TEXT: pl.String(),
    Kind.LINK: pl.String(),
    Kind.COUNT: pl.Int64(),
    Kind.RATE: pl.Float64(),
    Kind.MEAN: pl.Float64(),
}


def rows_of(context: Context, account: Account, content: Content, period: Period, language: Language) -> Rows:
    """One content of an account, as `COLUMNS` says. Nothing is read before its frames are asked for."""
    if content is Content.MEDIA:
        return Rows(content, partial(_posts, context, account, period, language))
    return Rows(content, partial(_one_frame, context, account, content, period, language))


def size_of(context: Context, account: Account, period: Period) -> int:
    """How many posts the period has, archived ones among them; cheap, for the choice between at once and by and by."""
    with context.statistics.session() as session:
        return PostStore(session).count(account.id, *period.moments(account.zone))


def _posts(context: Context, account: Account, period: Period, language: Language) -> Iterator[pl.DataFrame]:
    names = {kind: texts[language] for kind, texts in MEDIA_TYPES.items()}
    since, until = period.moments(account.zone)
    wanted = Wanted(account_ids=(account.id,), since=since, until=until, insights_from=since, with_texts=True)
    with context.statistics.session() as session:
        days = NumberStore(session, account.zone).profiles([account.id], period)[account.id]
        followers = followers_frame({account.id: {day.day: day.followers for day in days}})
        for frame in PostStore(session).frames(wanted):
            rated = with_rates(frame, followers, account.zone)
            yield rated.with_columns(pl.col("media_type").replace(names)).select(
                column.key for column in COLUMNS[Content.MEDIA]
            )


def _one_frame(
    context: Context, account: Account, content: Content, period: Period, language: Language
) -> Iterable[pl.DataFrame]:
    with context.statistics.session() as session:
        rows = _READERS[content](session, account, period, language)
    schema = {column.key: _TYPES[column.kind] for column in COLUMNS[content]}
    return [pl.DataFrame(rows, schema=schema, orient="row")] if rows else []


def _profile(session: Session, account: Account, period: Period, _: Language) -> Sequence[tuple[Any, ...]]:
    numbers = NumberStore(session, account.zone)
    days = days_of(
        period,
        numbers.profiles([account.id], period)[account.id],
        numbers.reach(account.id, period),
        numbers.impressions(account.id, period),
        PostStore(session).gained(account.id, period, account.zone),
    )
    return [
        (day.day, day.followers, day.reach, day.impressions, day.engagement_rate)
        for day in reversed(days)
        if not day.is_empty
    ]


def _city(session: Session, account: Account, period: Period, _: Language) -> Sequence[tuple[Any, ...]]:
    found = places(NumberStore(session, account.zone).cities(account.id, period))
    return [(place.name, place.province, place.followers, place.share) for place in found]


def _country(
    session: Session, account: Account, period: Period, language: Language
) -> Sequence[tuple[Any, ...]]:
    found = places(NumberStore(session, account.zone).countries(account.id, period))
    return [(place.name, country_name(place.name, language), place.followers, place.share) for place in found]


def _gender(
    session: Session, account: Account, period: Period, language: Language
) -> Sequence[tuple[Any, ...]]:
    found = genders(NumberStore(session, account.zone).audience(account.id, period))
    whole = total(found.values())
    return [(gender_name(each, language), value, rate(value, whole)) for each, value in found.items()]


def _age(session: Session, account: Account, period: Period, _: Language) -> Sequence[tuple[Any, ...]]:
    groups = age_groups(NumberStore(session, account.zone).audience(account.id, period))
    whole = total(age_total(group) for group in groups)
    return [
        (group.age, group.female, group.male, group.unknown, age_total(group), rate(age_total(group), whole))
        for group in groups
    ]


def _hashtag(session: Session, account: Account, period: Period, _: Language) -> Sequence[tuple[Any, ...]]:
    found = by_engagement(NumberStore(session, account.zone).hashtags([account.id], period)[account.id])
    return [
        (each.hashtag, each.posts, each.likes, each.comments, each.engagement, each.engagement_per_post)
        for each in found
    ]


_READERS: Mapping[Content, Callable[[Session, Account, Period, Language], Sequence[tuple[Any, ...]]]] = {
    Content.PROFILE: _profile,
    Content.CITY: _city,
    Content.COUNTRY: _country,
    Content.GENDER: _gender,
    Content.AGE: _age,
    Content.HASHTAG: _hashtag,
}
