"""The page *Statistik* of the PDF: cards, charts over the days with what they say, and the audience."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from import_export.exports.contents import Kind
from import_export.exports.numbers import rate
from import_export.exports.pdf_audience import audience
from import_export.exports.pdf_charts import chart
from import_export.exports.pdf_numbers import MISSING, Json, change, count, day, percent, show
from import_export.exports.pdf_words import say
from import_export.exports.report import AccountReport, Change, Day
from import_export.messages import Language


@dataclass(frozen=True, slots=True)
class _Series:
    """A chart over the days."""

    key: str
    """Of its name in the words; with `_about` of what it means."""
    of: Callable[[Day], float | None]
    average: Callable[[AccountReport], Change]
    per: str = "average_day"
    kind: Kind = Kind.MEAN
    """Of the average; the days themselves are counts then."""
    bars: bool = False


_SERIES = (
    _Series("reach", lambda each: each.reach, lambda report: report.reach_average),
    _Series("impressions", lambda each: each.impressions, lambda report: report.impressions_average),
    _Series("engagement", lambda each: each.engagement, lambda report: report.engagement_average, bars=True),
    _Series(
        "engagement_rate",
        lambda each: each.engagement_rate,
        lambda report: report.engagement_rate_average,
        "average_posts",
        Kind.RATE,
    ),
)


def statistic(report: AccountReport, language: Language) -> Json:
    """All that the page shows; `empty` when nothing is known."""
    found: Json = {
        "growth_cards": _growth_cards(report, language),
        "followers": _followers(report, language),
        "performance": [_series(report, each, language) for each in _SERIES],
        "post_cards": post_cards(report, language),
        **audience(report, language),
    }
    found["empty"] = not (
        any(not each.is_empty for each in (*report.days, *report.days_before))
        or any((report.ages, report.online, report.countries, report.cities, report.hashtags))
    )
    return found


def card(label: str, value: str, changed: Json | None = None, note: str = "") -> Json:
    """A headline number."""
    return {"label": label, "value": value, "change": changed or {"text": "", "way": "none"}, "note": note}


def number_card(word: str, values: Change, kind: Kind, language: Language) -> Json:
    """A headline number with its change and the number before."""
    before = values.before
    note = "" if before is None else say("number_before", language, n=show(before, kind, language))
    return card(say(word, language), show(values.now, kind, language), change(values, kind, language), note)


def post_cards(report: AccountReport, language: Language) -> list[Json]:
    """Averages of the period's posts."""
    return [
        number_card("posts", report.posts, Kind.COUNT, language),
        number_card("likes_average", report.likes_average, Kind.MEAN, language),
        number_card("comments_average", report.comments_average, Kind.MEAN, language),
        number_card("engagement_rate_average", report.engagement_rate_average, Kind.RATE, language),
    ]


def _growth_cards(report: AccountReport, language: Language) -> list[Json]:
    rates = report.followers_growth_rate
    difference = change(rates, Kind.RATE, language)
    return [
        number_card("followers", report.own.followers, Kind.COUNT, language),
        card(say("growth_now", language), percent(rates.now, language)),
        card(say("growth_before", language), percent(rates.before, language)),
        card(say("growth_difference", language), str(difference["text"]) or MISSING)
        | {"tone": difference["way"]},
    ]


def _followers(report: AccountReport, language: Language) -> Json:
    values = [each.followers for each in report.days]
    days = [each.day for each in report.days]
    title = say("followers_days", language)
    if not any(value is not None for value in values):
        return {"title": title, "chart": None, "about": "", "aid": say("none_chart", language)}
    aid = " ".join(_followers_aid(report.days, language) + _gaps(values, language))
    return {
        "title": title,
        "about": "",
        "figure": "",
        "per": "",
        "change": change(report.own.followers, Kind.COUNT, language),
        "chart": chart(
            days, values, [each.followers for each in report.days_before], language, from_zero=False
        ),
        "aid": aid,
        "alt": _alt(title, days, aid, language),
    }


def _followers_aid(days: Sequence[Day], language: Language) -> list[str]:
    known = [each for each in days if each.followers is not None]
    first, last = known[0], known[-1]
    start, end = first.followers or 0, last.followers or 0
    if len(known) == 1:
        return [say("one_count", language, n=count(start, language))]
    word = "grew" if end > start else "shrank" if end < start else "stayed"
    shown = percent(abs(rate(end - start, start) or 0.0), language) if start else MISSING
    said = [
        say(
            word, language, n=count(abs(end - start), language), rate=shown,
            first=day(first.day, language, "d MMMM"), last=day(last.day, language, "d MMMM y"),
        )
    ]  # fmt: skip
    gains = [each for each in days if (each.followers_growth or 0) > 0]
    if gains:
        best = max(gains, key=lambda each: each.followers_growth or 0)
        said.append(
            say(
                "best_day",
                language,
                day=_weekday(best.day, language),
                n=count(best.followers_growth, language),
            )
        )
    return said


def _series(report: AccountReport, series: _Series, language: Language) -> Json:
    shown = percent if series.kind is Kind.RATE else count
    days, values = [each.day for each in report.days], [series.of(each) for each in report.days]
    averages = series.average(report)
    title = say(series.key, language)
    found: Json = {
        "title": title,
        "about": say(f"{series.key}_about", language),
        "figure": show(averages.now, series.kind, language),
        "per": say(series.per, language),
        "change": change(averages, series.kind, language),
    }
    known = [(value, each) for value, each in zip(values, days, strict=True) if value is not None]
    if not known:
        return found | {"chart": None, "aid": say("none_chart", language)}
    aid = " ".join(_peak(known, shown, language) + _gaps(values, language))
    return found | {
        "chart": chart(
            days,
            values,
            [] if series.bars else [series.of(each) for each in report.days_before],
            language,
            bars=series.bars,
            rate=series.kind is Kind.RATE,
            average=averages.now if series.per == "average_day" else None,
        ),
        "aid": aid,
        "alt": _alt(title, days, aid, language),
    }


def _peak(
    known: Sequence[tuple[float, date]], shown: Callable[[float | None, Language], str], language: Language
) -> list[str]:
    if len(known) == 1:
        return [say("one_count", language, n=shown(known[0][0], language))]
    high, low = max(known), min(known)
    return [
        say(
            "peak", language, high_day=_weekday(high[1], language), high=shown(high[0], language),
            low_day=_weekday(low[1], language), low=shown(low[0], language),
        )
    ]  # fmt: skip


def _gaps(values: Sequence[float | None], language: Language) -> list[str]:
    missing = sum(value is None for value in values)
    return [say("gaps", language, n=missing, all=count(len(values), language))] if missing else []


def _weekday(value: date, language: Language) -> str:
    return day(value, language, "EEEE, d MMMM")


def _alt(title: str, days: Sequence[date], aid: str, language: Language) -> str:
    return say(
        "chart_alt", language, what=title, first=day(days[0], language), last=day(days[-1], language), aid=aid
    )
