"""All seven contents of a believable account over many days, for whoever looks at what is made of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from devtools.account_texts import AGES, BODIES, CITIES, CLOSINGS, COUNTRIES, FORMULAS, OPENINGS, TAGS
from import_export.exports.contents import (
    GENDERS,
    MEDIA_TYPES,
    Content,
    Rows,
    country_name,
    gender_name,
    type_name,
)
from import_export.exports.numbers import rate, ratio
from import_export.exports.periods import Period
from import_export.exports.workbook import About, write_workbook
from import_export.messages import Language
from tests.sample_rows import rows_of

LAST_DAY = date(2022, 10, 24)
Records = Sequence[Sequence[Any]]


def believable(language: Language = "id", days: int = 90, seed: int = 7) -> list[Rows]:
    """The contents in the order of the workbook; some numbers are missing, and two days."""
    chance = random.Random(seed)
    followers = _followers(days, chance)
    return [
        rows_of(Content.PROFILE, _profile(followers, chance)),
        rows_of(Content.MEDIA, _media(followers, language, chance)),
        rows_of(Content.CITY, _places(CITIES, chance)),
        rows_of(
            Content.COUNTRY, _places([(code, country_name(code, language)) for code in COUNTRIES], chance)
        ),
        rows_of(Content.GENDER, _genders(language)),
        rows_of(Content.AGE, _ages()),
        rows_of(Content.HASHTAG, _hashtags(chance)),
    ]


def _followers(days: int, chance: random.Random) -> dict[date, int]:
    """Newest day first."""
    count = 128_400
    found = {}
    for back in reversed(range(days)):
        count += chance.randrange(-40, 160)
        if back not in (12, 13):  # the collector was down
            found[LAST_DAY - timedelta(days=back)] = count
    return dict(reversed(found.items()))


def _profile(followers: dict[date, int], chance: random.Random) -> Records:
    rows: list[list[Any]] = []
    for number, (day, count) in enumerate(followers.items()):
        reach = int(count * chance.uniform(0.1, 0.4) * (1.3 if day.weekday() > 4 else 1))
        gained = rate(chance.randrange(500, 4000), count) if number % 17 else None
        rows.append(
            [day, count, reach, int(reach * chance.uniform(1.2, 1.8)) if number != 3 else None, gained]
        )
    return rows


def _media(followers: dict[date, int], language: Language, chance: random.Random) -> Records:
    rows: list[list[Any]] = []
    for day, count in followers.items():
        for hour in sorted(chance.sample(range(7, 22), chance.choice([0, 1, 1, 2])), reverse=True):
            tags = " ".join(f"#{tag}" for tag in chance.sample(TAGS, chance.randrange(8)))
            opening = chance.choice(FORMULAS if chance.random() < 0.1 else OPENINGS)
            caption = f"{opening}\n\n{chance.choice(BODIES)}{chance.choice(CLOSINGS)}\n\n{tags}"
            code = "".join(chance.choices("ABCDEFGHIJabcdefghij0123456789-_", k=11))
            likes, comments = chance.randrange(300, 5000), chance.randrange(120)
            reach = int(count * chance.uniform(0.1, 0.9))
            rows.append(
                [
                    datetime.combine(day, time(hour, chance.randrange(60))),
                    caption,
                    f"https://www.instagram.com/p/{code}/",
                    type_name(chance.choice(list(MEDIA_TYPES)), language),
                    *(likes, comments, reach, int(reach * chance.uniform(1.1, 1.7))),
                    *(
                        rate(likes + comments, count),
                        chance.randrange(200) if chance.random() > 0.1 else None,
                    ),
                    tags,
                ]
            )
    return rows


def _places(names: Sequence[tuple[str, str]], chance: random.Random) -> Records:
    counts = sorted(int(52_000 / place**1.1 * chance.uniform(0.8, 1.2)) for place in range(1, len(names) + 1))
    return [
        [*name, count, rate(count, sum(counts))] for name, count in zip(names, reversed(counts), strict=True)
    ]


def _genders(language: Language) -> Records:
    counts = {"F": 74_215, "M": 51_090, "U": 3_870}
    return [
        [gender_name(gender, language), counts[gender], rate(counts[gender], sum(counts.values()))]
        for gender in GENDERS
    ]


def _ages() -> Records:
    shares = (0.05, 0.36, 0.33, 0.15, 0.07, 0.03, 0.01)
    groups = [[int(128_000 * share * part) for part in (0.57, 0.4, 0.03)] for share in shares]
    whole = sum(map(sum, groups))
    return [
        [age, *group, sum(group), rate(sum(group), whole)] for age, group in zip(AGES, groups, strict=True)
    ]


def _hashtags(chance: random.Random) -> Records:
    rows = []
    for tag in TAGS[:30]:
        posts = chance.randrange(1, 40)
        likes, comments = posts * chance.randrange(200, 4000), posts * chance.randrange(100)
        rows.append([f"#{tag}", posts, likes, comments, likes + comments, ratio(likes + comments, posts, 2)])
    return sorted(rows, key=lambda row: (-row[4], row[0]))


def workbook(path: Path, *contents: Rows, language: Language = "id") -> Path:
    """A workbook of the contents; the same for the same rows."""
    period = Period.back_from(LAST_DAY, 90)
    about = About("kopi.senja.id", "Kopi Senja ☕", period, datetime(2022, 10, 25, 2))
    write_workbook(path, contents, about, language)
    return path
