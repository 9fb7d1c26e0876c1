"""The page *Top Post* of the PDF, and posts wherever else they are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from import_export.exports.contents import type_name
from import_export.exports.pdf_numbers import Json, count, moment, percent
from import_export.exports.pdf_text import clean, is_right_to_left, shorten
from import_export.exports.pdf_words import RANKINGS, say
from import_export.exports.report import AccountReport, Media, Ranking
from import_export.messages import Language

ROW_EMS, CARD_EMS = 33, 49
"""How much of a caption fills two lines of a table's row, and of a card."""
_SHOWN: Mapping[Ranking, Callable[[Media, Language], str]] = {
    Ranking.ENGAGEMENT: lambda post, language: count(post.engagement, language),
    Ranking.ENGAGEMENT_RATE: lambda post, language: percent(post.engagement_rate, language),
    Ranking.REACH: lambda post, language: count(post.reach, language),
    Ranking.SAVED: lambda post, language: count(post.saved, language),
    Ranking.LIKES: lambda post, language: count(post.likes, language),
    Ranking.COMMENTS: lambda post, language: count(post.comments, language),
}


def top_posts(report: AccountReport, language: Language) -> Json:
    """Each ranking with its best and worst posts; `empty` when there are none at all."""
    rankings = [
        {
            "title": say("ranked_by", language, what=RANKINGS[ranking][language].lower()),
            "by": number,
            "best": [post(each, language, ROW_EMS) for each in report.rankings[ranking].best],
            "worst": [post(each, language, ROW_EMS) for each in report.rankings[ranking].worst],
        }
        for number, ranking in enumerate(Ranking)
    ]
    return {
        "head": [RANKINGS[ranking][language] for ranking in Ranking],
        "rankings": rankings,
        "empty": not any(each["best"] or each["worst"] for each in rankings),
    }


def post(media: Media, language: Language, ems: float) -> Json:
    """A post with its numbers in the order of the rankings, and that much of its caption."""
    caption = shorten(clean(media.caption), ems)
    return {
        "when": moment(media.posted_at, language),
        "type": shorten(clean(type_name(media.media_type, language)), 9),
        "caption": caption,
        "rtl": is_right_to_left(caption),
        "link": web_address(media.permalink),
        "numbers": [shown(media, each, language) for each in Ranking],
    }


def shown(media: Media, ranking: Ranking, language: Language) -> str:
    """The number by which it is ranked."""
    return _SHOWN[ranking](media, language)


def web_address(link: str | None) -> str:
    """The link when it is one of the web, else nothing: nothing else may be opened by a click."""
    text = "".join((link or "").split())
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in {"http", "https"} and parts.netloc and text.isprintable() else ""
