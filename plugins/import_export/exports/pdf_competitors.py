"""The page *Kompetitor* of the PDF: the account beside its competitors, in a table, in bars, and one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from import_export.exports.contents import Kind
from import_export.exports.pdf_numbers import Json, change, count, show
from import_export.exports.pdf_posts import CARD_EMS, post, shown
from import_export.exports.pdf_text import clean, initials, is_right_to_left, shorten
from import_export.exports.pdf_words import RANKINGS, say
from import_export.exports.report import AccountReport, Change, Media, PublicNumbers, Ranking
from import_export.messages import Language

MOST_BARS = 10
_PUBLIC = (Ranking.ENGAGEMENT, Ranking.ENGAGEMENT_RATE, Ranking.LIKES, Ranking.COMMENTS)
"""What may be told of a competitor's post."""
_Of = Callable[[PublicNumbers], Change]
_COLUMNS: Sequence[tuple[str, _Of, Kind]] = (
    ("followers", lambda each: each.followers, Kind.COUNT),
    ("growth_rate", lambda each: each.followers_growth_rate, Kind.RATE),
    ("posts", lambda each: each.posts, Kind.COUNT),
    ("likes_average", lambda each: each.likes_average, Kind.MEAN),
    ("comments_average", lambda each: each.comments_average, Kind.MEAN),
    ("engagement_rate_average", lambda each: each.engagement_rate_average, Kind.RATE),
)
_BARS = ("followers", "growth_rate", "likes_average", "engagement_rate_average")


def competitors(report: AccountReport, language: Language) -> Json:
    """The account first, then its competitors; `empty` when there are none."""
    everyone = [report.own, *report.competitors]
    return {
        "empty": not report.competitors,
        "head": [say(word, language) for word, _, _ in _COLUMNS],
        "rows": [_row(each, each is report.own, language) for each in everyone],
        "bars": [_bars(everyone, *each, language) for each in _COLUMNS if each[0] in _BARS],
        "aid": _aid(everyone, language),
        "each": [_one(each, language) for each in report.competitors],
    }


def _row(numbers: PublicNumbers, own: bool, language: Language) -> Json:
    return {
        **_who(numbers, language),
        "own": own,
        "numbers": [
            {"value": show(of(numbers).now, kind, language), "change": change(of(numbers), kind, language)}
            for _, of, kind in _COLUMNS
        ],
    }  # fmt: skip


def _who(numbers: PublicNumbers, language: Language) -> Json:
    username = clean(numbers.account.username)
    name = clean(numbers.account.name)
    return {
        "username": shorten(f"@{username}", 15),
        "name": shorten(name, 17),
        "rtl": is_right_to_left(name),
        "initials": initials(name or username),
    }


def _bars(everyone: Sequence[PublicNumbers], word: str, of: _Of, kind: Kind, language: Language) -> Json:
    """The largest ones, and the account itself wherever it stands."""
    ordered = sorted(
        ((of(each).now, each) for each in everyone if of(each).now is not None),
        key=lambda pair: -(pair[0] or 0),
    )
    own = everyone[0]
    shown = [(number, *pair) for number, pair in enumerate(ordered, 1)]
    kept = shown[:MOST_BARS]
    if len(shown) > MOST_BARS and all(each is not own for _, _, each in kept):
        kept = kept[:-1] + [row for row in shown if row[2] is own]
    largest = max((abs(value or 0) for value, _ in ordered), default=0) or 1
    return {
        "title": say(word, language),
        "note": say("first_of", language, n=MOST_BARS, all=len(shown)) if len(shown) > MOST_BARS else "",
        "rows": [
            {
                "place": number,
                "username": shorten(f"@{clean(each.account.username)}", 10),
                "text": show(value, kind, language),
                "size": abs(value or 0) / largest,
                "negative": (value or 0) < 0,
                "own": each is own,
            }
            for number, value, each in kept
        ],
    }


def _aid(everyone: Sequence[PublicNumbers], language: Language) -> str:
    own = everyone[0]

    def place(of: _Of) -> tuple[int, int] | None:
        mine = of(own).now
        known = [value for each in everyone if (value := of(each).now) is not None]
        return None if mine is None else (1 + sum(value > mine for value in known), len(known))

    followers, engagement = (
        place(lambda each: each.followers),
        place(lambda each: each.engagement_rate_average),
    )
    if followers is None or engagement is None:
        return ""
    return say(
        "own_place", language, name=shorten(clean(own.account.username), 20), n=followers[0], all=followers[1],
        m=engagement[0], known=engagement[1],
    )  # fmt: skip


def _one(numbers: PublicNumbers, language: Language) -> Json:
    return {
        **_who(numbers, language),
        "followers": count(numbers.followers.now, language),
        "best": _best(numbers.best, language) if numbers.best else None,
        "hashtags": [
            {"name": shorten(clean(each.hashtag), 14), "text": count(each.engagement, language)}
            for each in numbers.hashtags
        ],
    }


def _best(media: Media, language: Language) -> Json:
    numbers = [[RANKINGS[each][language], shown(media, each, language)] for each in _PUBLIC]
    return post(media, language, CARD_EMS) | {"numbers": numbers}
