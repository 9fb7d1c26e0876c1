"""The PDF report of an account: what it says is decided here, how it looks in `typst/`."""

from __future__ import annotations

import json
from collections.abc import Sequence

from import_export.exports.contents import Kind
from import_export.exports.pdf_competitors import competitors
from import_export.exports.pdf_engine import typeset
from import_export.exports.pdf_numbers import Json, clock, day
from import_export.exports.pdf_posts import top_posts, web_address
from import_export.exports.pdf_statistic import number_card, statistic
from import_export.exports.pdf_text import clean, initials, is_right_to_left, shorten
from import_export.exports.pdf_words import ABOUT, PAGES, WORDS, say
from import_export.exports.report import AccountReport, Page
from import_export.messages import Language

_PARTS = {Page.STATISTIC: statistic, Page.TOP_POST: top_posts, Page.COMPETITOR: competitors}


def pdf(report: AccountReport, pages: Sequence[Page], language: Language) -> bytes:
    """A cover and the pages asked for, in the report's order, as PDF/UA-1; the same bytes for the same data.

    Safe in threads and after a fork. Takes some tenths of a second.
    """
    document = content(report, pages, language)
    made = report.made_at.replace(tzinfo=report.account.zone)
    return typeset(json.dumps(document, ensure_ascii=False, separators=(",", ":")), int(made.timestamp()))


def content(report: AccountReport, pages: Sequence[Page], language: Language) -> Json:
    """All that the templates show: finished texts, and sizes between 0 and 1."""
    account, period = report.account, report.period
    username, name = clean(account.username), clean(account.name)
    period_label = period.label(language).replace(" - ", " – ")
    wanted = [page for page in Page if page in pages]
    return {
        "lang": language,
        "words": {word: texts[language] for word, texts in WORDS.items()},
        "title": say("title", language, name=f"@{username}", period=period_label),
        "username": f"@{username}",
        "name": name or f"@{username}",
        "rtl": is_right_to_left(name),
        "short_name": shorten(f"@{username}", 30),
        "initials": initials(name or username),
        "biography": shorten(clean(account.biography), 150),
        "biography_rtl": is_right_to_left(clean(account.biography)),
        "website": web_address(account.website),
        "website_text": shorten(clean(account.website), 60),
        "has_problems": account.has_problems,
        "period": period_label,
        "days": say("day", language) if period.days == 1 else say("days", language, n=period.days),
        "against": say("against", language, period=period.before.label(language).replace(" - ", " – ")),
        "made": _made(report, language),
        "cards": _cover_cards(report, language),
        "parts": [
            {
                "key": page.value,
                "title": PAGES[page][language],
                "about": ABOUT[page][language],
                **_PARTS[page](report, language),
            }
            for page in wanted
        ],
    }


def _made(report: AccountReport, language: Language) -> str:
    at = report.made_at
    when = f"{day(at.date(), language, 'd MMMM y')}, {clock(at.hour, at.minute, language)}"
    return say("made", language, when=when, zone=report.account.zone.key)


def _cover_cards(report: AccountReport, language: Language) -> list[Json]:
    return [
        number_card("followers", report.own.followers, Kind.COUNT, language),
        number_card("growth_rate", report.followers_growth_rate, Kind.RATE, language),
        number_card("posts", report.posts, Kind.COUNT, language),
        number_card("reach", report.reach_average, Kind.MEAN, language)
        | {"per": say("average_day", language)},
        number_card("engagement", report.engagement_average, Kind.MEAN, language)
        | {"per": say("average_day", language)},
        number_card("engagement_rate_average", report.engagement_rate_average, Kind.RATE, language),
    ]
