"""Stored statistics as plain rows, random ones, and a slow obvious model of the numbers that they make."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from import_export.exports.periods import Period
from import_export.stores.database import Database

TABLES = {
    "user": "id username name social_account_id",
    "user_time_zone": "user_id time_zone",
    "user_competitor": "user_id competitor_id",
    "user_data": "user_id datestamp followers_count follows_count media_count followers_count_growth media_count_growth",
    "user_insight_reach": "user_id period value end_time",
    "user_insight_impressions": "user_id period value end_time",
    "user_insight_online_follower": "user_id hour value end_time",
    "user_insight_audience_city": "user_id city province value end_time",
    "user_insight_audience_country": "user_id country_code value end_time",
    "user_insight_audience_gender_age": "user_id gender age value end_time",
    "media": "id user_id timestamp media_type like_count comments_count is_archived caption permalink media_hashtag",
    "media_like_comment": "media_id datestamp like_count_growth comments_count_growth",
    "media_insight": "media_id metric value datestamp",
    "user_hashtag_metrics": "user_id hashtag total_engagement post_count engagement_per_post like_count comments_count datestamp",
}


@dataclass
class World:
    """Rows of each table, by its columns in `TABLES`; columns that are left out at the end are NULL (or False)."""

    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: {table: [] for table in TABLES})

    def add(self, table: str, *rows: tuple[Any, ...]) -> None:
        width = len(TABLES[table].split())
        self.rows[table] += [row + (None,) * (width - len(row)) for row in rows]

    def of(self, table: str, owner: str) -> list[dict[str, Any]]:
        """The rows of an account or a post."""
        names = TABLES[table].split()
        found = [dict(zip(names, row, strict=True)) for row in self.rows[table]]
        return [row for row in found if owner in (row.get("user_id"), row.get("media_id"))]

    def fill(self, database: Database) -> None:
        with database.session() as session, session.transaction(), session.raw.cursor() as cursor:
            for table, columns in TABLES.items():
                if self.rows[table]:
                    names = [f"`{name}`" for name in columns.split()]
                    rows = self.rows[table]
                    if table == "media":
                        rows = [(*row[:6], bool(row[6]), *row[7:]) for row in rows]
                    cursor.executemany(
                        f"INSERT INTO `{table}` ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})",
                        rows,
                    )


def maybe(rng: random.Random, value: Any, missing: float = 0.15) -> Any:
    return None if rng.random() < missing else value


def random_world(seed: int, own: str, zone: str, period: Period, competitors: int = 2) -> World:
    """An account and its competitors around a period: gaps, missing numbers, posts around midnight, equal numbers."""
    rng = random.Random(seed)
    world = World()
    others = [f"{own}c{number}" for number in range(competitors)]
    for account in (own, *others):
        world.add("user", (account, f"name_{account}", None, "1" if account == own else None))
        _account(rng, world, account, ZoneInfo(zone), period)
    world.add("user_time_zone", (own, zone))
    world.add("user_competitor", *((own, other) for other in others))
    return world


def _account(rng: random.Random, world: World, account: str, zone: ZoneInfo, period: Period) -> None:
    first, last = period.before.start - timedelta(days=3), period.end + timedelta(days=3)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    count = lambda most=60: maybe(rng, rng.randrange(most))  # noqa: E731
    for day in days:
        if rng.random() < 0.85:
            world.add("user_data", (account, day, count(400), count(), count(), count(9), count(9)))
        midnight = datetime.combine(day, time(), zone).astimezone(UTC).replace(tzinfo=None)
        at = midnight + timedelta(hours=rng.choice([0, 7, 23]))
        if rng.random() < 0.8:
            for table in ("user_insight_reach", "user_insight_impressions"):
                world.add(table, (account, "day", count(999), at), (account, "week", count(999), at))
            world.add(
                "user_insight_online_follower", *((account, hour, count(99), at) for hour in (0, 9, 23))
            )
        if rng.random() < 0.3:
            world.add(
                "user_insight_audience_city", *((account, f"C{n}", "P", count(5), at) for n in range(4))
            )
            world.add(
                "user_insight_audience_country", *((account, c, count(5), at) for c in ("ID", "MY", "??"))
            )
            groups = [(g, a) for g in "FMUX" for a in ("13-17", "18-24", "65+") if rng.random() < 0.7]
            world.add("user_insight_audience_gender_age", *((account, g, a, count(9), at) for g, a in groups))
        if rng.random() < 0.3:
            tags = ("#a", "b", "#é")
            world.add(
                "user_hashtag_metrics",
                *((account, tag, count(9), count(), count(), count(), count(), day) for tag in tags),
            )
    for number in range(rng.choice([0, 1, 3, 40])):
        _post(rng, world, account, f"{account}m{number}", rng.choice(days), zone)


def _post(rng: random.Random, world: World, account: str, media: str, day: date, zone: ZoneInfo) -> None:
    local = datetime.combine(day, rng.choice([time(), time(0, 0, 1), time(23, 59, 59), time(12)]), zone)
    at = local.astimezone(UTC).replace(tzinfo=None)
    kind = rng.choice(["IMAGE", "VIDEO", "CAROUSEL_ALBUM"])
    likes, comments = maybe(rng, rng.randrange(20)), maybe(rng, rng.randrange(5))
    world.add(
        "media",
        (media, account, at, kind, likes, comments, rng.random() < 0.1, f"caption {media}", "l", "#a"),
    )
    for offset in range(4):
        stamp = day + timedelta(days=offset)
        growth = (maybe(rng, rng.randrange(9)), maybe(rng, rng.randrange(3)))
        world.add("media_like_comment", (media, stamp, *growth))
        for metric in ("reach", "impressions", "saved"):
            name = f"carousel_album_{metric}" if kind == "CAROUSEL_ALBUM" and rng.random() < 0.7 else metric
            if rng.random() < 0.6:
                world.add("media_insight", (media, name, maybe(rng, rng.randrange(30)), stamp))


# The model. Everything is looked for in all rows, and computed with fractions.


def rounded(value: Fraction | None, decimals: int) -> float | None:
    """Half up, away from 0."""
    if value is None:
        return None
    scaled = abs(value) * 10**decimals
    whole = scaled.numerator // scaled.denominator
    if scaled - whole >= Fraction(1, 2):
        whole += 1
    return float(Fraction(whole if value >= 0 else -whole, 10**decimals))


def percent(part: int | None, whole: int | None) -> float | None:
    return None if part is None or not whole else rounded(Fraction(part * 100, whole), 4)


def mean(values: Iterable[float | None], decimals: int = 2) -> float | None:
    known = [Fraction(str(value)) for value in values if value is not None]
    return rounded(sum(known, Fraction()) / len(known), decimals) if known else None


def added(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


@dataclass(frozen=True)
class Model:
    """The numbers of an account of a world in a period."""

    world: World
    account: str
    zone: ZoneInfo
    period: Period

    def day(self, moment: datetime) -> date:
        return moment.replace(tzinfo=UTC).astimezone(self.zone).date()

    def ended(self, row: dict[str, Any]) -> date:
        return self.day(row["end_time"] - timedelta(seconds=1))

    def inside(self, day: date) -> bool:
        return self.period.start <= day <= self.period.end

    def followers(self, day: date) -> int | None:
        rows = self.world.of("user_data", self.account)
        return next((row["followers_count"] for row in rows if row["datestamp"] == day), None)

    def insight(self, table: str, day: date) -> int | None:
        rows = [row for row in self.world.of(table, self.account) if row["period"] == "day"]
        found = [row for row in rows if self.ended(row) == day]
        return max(found, key=lambda row: row["end_time"])["value"] if found else None

    def gained(self, day: date) -> int | None:
        posts = [row["id"] for row in self.world.of("media", self.account)]
        found = [row for post in posts for row in self.world.of("media_like_comment", post)]
        known = [
            (row["like_count_growth"] or 0) + (row["comments_count_growth"] or 0)
            for row in found
            if row["datestamp"] == day
            and (row["like_count_growth"] is not None or row["comments_count_growth"] is not None)
        ]
        return sum(known) if known else None

    def gained_rate(self, day: date) -> float | None:
        return percent(self.gained(day), self.followers(day))

    def posts(self) -> list[dict[str, Any]]:
        """Newest first, with what follows from them."""
        rows = [
            row
            for row in self.world.of("media", self.account)
            if not row["is_archived"] and self.inside(self.day(row["timestamp"]))
        ]
        for row in rows:
            missing = row["like_count"] is None or row["comments_count"] is None
            row["engagement"] = None if missing else row["like_count"] + row["comments_count"]
            row["engagement_rate"] = percent(row["engagement"], self.followers(self.day(row["timestamp"])))
            for metric in ("reach", "impressions", "saved"):
                row[metric] = self.newest_insight(row, metric)
        return sorted(rows, key=lambda row: (row["timestamp"], row["id"]), reverse=True)

    def newest_insight(self, post: dict[str, Any], metric: str) -> int | None:
        names = [metric]
        if post["media_type"] == "CAROUSEL_ALBUM":
            names.insert(0, f"carousel_album_{metric}")
        for name in names:
            found = [row for row in self.world.of("media_insight", post["id"]) if row["metric"] == name]
            newest = max(found, key=lambda row: row["datestamp"], default={"value": None})["value"]
            if newest is not None:
                return int(newest)
        return None

    def ranked(self, by: str) -> tuple[list[str], list[str]]:
        name = {"likes": "like_count", "comments": "comments_count"}.get(by, by)
        posts = sorted((row for row in self.posts() if row[name] is not None), key=lambda row: row["id"])
        posts.sort(key=lambda row: row["timestamp"], reverse=True)
        best = sorted(posts, key=lambda row: row[name], reverse=True)[:5]
        worst = sorted((row for row in posts if row not in best), key=lambda row: row[name])[:5]
        return [row["id"] for row in best], [row["id"] for row in worst]

    def growth_rate(self) -> float | None:
        known = [each for each in map(self.followers, self.period.all_days()) if each is not None]
        if not known or (len(known) == 1 and self.period.days > 1):
            return None
        return percent(known[-1] - known[0], known[0])

    def last_followers(self) -> int | None:
        return ([None] + [each for each in map(self.followers, self.period.all_days()) if each is not None])[
            -1
        ]

    def snapshot(self, table: str) -> list[dict[str, Any]]:
        rows = [row for row in self.world.of(table, self.account) if self.inside(self.ended(row))]
        newest = max((row["end_time"] for row in rows), default=None)
        return [row for row in rows if row["end_time"] == newest]

    def places(self, table: str, name: str) -> list[tuple[str, int | None, float | None]]:
        rows = self.snapshot(table)
        whole = added(row["value"] for row in rows)
        known = sorted((row for row in rows if row["value"] is not None), key=lambda row: row[name])
        known.sort(key=lambda row: row["value"], reverse=True)
        unknown = sorted((row for row in rows if row["value"] is None), key=lambda row: row[name])
        return [(row[name], row["value"], percent(row["value"], whole)) for row in known + unknown]

    def people(self, gender: str | None = None, age: str | None = None) -> int | None:
        return added(
            row["value"]
            for row in self.snapshot("user_insight_audience_gender_age")
            if (gender is None or gender == (row["gender"] if row["gender"] in "FM" else "U"))
            and (age is None or age == row["age"])
        )

    def online(self, week_day: int, hour: int) -> float | None:
        rows = self.world.of("user_insight_online_follower", self.account)
        newest = {
            self.ended(row): row["value"]
            for row in sorted(rows, key=lambda row: row["end_time"])
            if row["hour"] == hour and self.inside(self.ended(row))
        }
        return mean(value for day, value in newest.items() if day.weekday() == week_day)

    def hashtags(self) -> list[tuple[str, int | None, float | None]]:
        rows = [
            row
            for row in self.world.of("user_hashtag_metrics", self.account)
            if self.inside(row["datestamp"])
        ]
        newest = max((row["datestamp"] for row in rows), default=None)
        found = [
            (f"#{row['hashtag'].lstrip('#')}", row["total_engagement"], mean([row["engagement_per_post"]]))
            for row in rows
            if row["datestamp"] == newest
        ]
        order: Sequence[tuple[str, int | None, float | None]] = sorted(found, key=lambda row: row[0])
        return sorted(order, key=lambda row: -1 if row[1] is None else row[1], reverse=True)
