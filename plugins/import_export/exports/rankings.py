"""Rates, averages and rankings of any number of posts, taken from frames one after another; nothing keeps all posts.

Frames have the columns `id`, `user_id`, `moment` (UTC), `likes`, `comments`, and for rankings `reach` and `saved`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import polars as pl

from import_export.exports.numbers import MEAN_DECIMALS, RATE_DECIMALS, ratio
from import_export.exports.report import RANKED, Change, Ranking

Part = Literal["now", "before"]
"""The period, and the period before."""

_SCALE: int = 10**RATE_DECIMALS
_FOLLOWERS = {"user_id": pl.String(), "day": pl.Date(), "followers": pl.Int64()}


def followers_frame(followers: Mapping[str, Mapping[date, int | None]]) -> pl.DataFrame:
    """Followers by account and day, as `with_rates` wants them."""
    rows = [(account_id, day, count) for account_id, days in followers.items() for day, count in days.items()]
    return pl.DataFrame(rows, schema=_FOLLOWERS, orient="row")


def rate_units(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """The same as `numbers.rate`, in whole units of its last decimal. 128 bits: nothing that a database holds overflows."""
    wide, divisor = part.cast(pl.Int128) * (200 * _SCALE), whole.cast(pl.Int128)
    units = (wide.abs() + divisor.abs()) // (2 * divisor.abs()) * wide.sign() * divisor.sign()
    return pl.when(divisor != 0).then(units).cast(pl.Int64, strict=False)


def with_rates(frame: pl.DataFrame, followers: pl.DataFrame, zone: ZoneInfo) -> pl.DataFrame:
    """The frame in its order and with what follows from it: columns `posted_at` to `engagement_rate`.

    `posted_at` is local time, `followers` are those of that `day`, `rate_units` is the rate without its decimal point.
    """
    posted_at = pl.col("moment").dt.replace_time_zone("UTC").dt.convert_time_zone(zone.key)
    engagement = pl.col("likes") + pl.col("comments")
    return (
        frame.with_columns(posted_at=posted_at.dt.replace_time_zone(None), engagement=engagement)
        .with_columns(day=pl.col("posted_at").dt.date())
        .join(followers, on=["user_id", "day"], how="left", maintain_order="left")
        .with_columns(rate_units=rate_units(pl.col("engagement"), pl.col("followers")))
        # To divide, polars multiplies with the inverse, by which 5.2265 becomes 5.226500000000001; rounding mends that.
        .with_columns(engagement_rate=(pl.col("rate_units") / _SCALE).round(RATE_DECIMALS))
    )


@dataclass(slots=True)
class Sums:
    """Sums over posts, and over how many of them each number is known."""

    posts: int = 0
    likes: int = 0
    likes_known: int = 0
    comments: int = 0
    comments_known: int = 0
    rates: int = 0
    rates_known: int = 0

    @property
    def likes_average(self) -> float | None:
        """Likes of a post."""
        return ratio(self.likes, self.likes_known, MEAN_DECIMALS)

    @property
    def comments_average(self) -> float | None:
        """Comments of a post."""
        return ratio(self.comments, self.comments_known, MEAN_DECIMALS)

    @property
    def rate_average(self) -> float | None:
        """The mean of the posts' engagement rates."""
        return ratio(self.rates, self.rates_known * _SCALE, RATE_DECIMALS)


@dataclass(frozen=True, slots=True)
class Averages:
    """How an account's posts did, now and before."""

    posts: Change
    likes: Change
    comments: Change
    engagement_rate: Change


@dataclass(slots=True)
class Leader:
    """The posts that come first by one number, in each part of each account; equal ones newer first, then by id."""

    by: str
    most: int
    lowest: bool = False
    _kept: pl.DataFrame | None = None

    def add(self, frame: pl.DataFrame) -> None:
        """Take more posts into account."""
        more = frame.filter(pl.col(self.by).is_not_null()).select("user_id", "part", "id", "moment", self.by)
        if more.is_empty():
            return
        both = more if self._kept is None else pl.concat([self._kept, more])
        ordered = both.sort(self.by, "moment", "id", descending=[not self.lowest, True, False])
        self._kept = ordered.group_by("user_id", "part", maintain_order=True).head(self.most)

    def ids(self, account_id: str, part: Part) -> list[str]:
        """The first posts, in order."""
        if self._kept is None:
            return []
        of_part = (pl.col("user_id") == account_id) & (pl.col("part") == part)
        return self._kept.filter(of_part)["id"].to_list()


BY: Mapping[Ranking, str] = {
    Ranking.ENGAGEMENT: "engagement",
    Ranking.ENGAGEMENT_RATE: "rate_units",
    Ranking.REACH: "reach",
    Ranking.SAVED: "saved",
    Ranking.LIKES: "likes",
    Ranking.COMMENTS: "comments",
}
"""The column of each ranking."""


@dataclass(slots=True)
class Tally:
    """Adds up posts of several accounts, in the period and in the one before, which ends where `start` (UTC) begins."""

    start: datetime
    followers: pl.DataFrame
    zone: ZoneInfo
    _sums: dict[tuple[str, str], Sums] = field(default_factory=lambda: defaultdict(Sums))

    def add(self, frame: pl.DataFrame, leaders: Iterable[Leader] = ()) -> None:
        """Take more posts into account, and have the leaders look at them, too."""
        is_now = pl.col("moment") >= self.start
        rated = with_rates(frame, self.followers, self.zone).with_columns(
            part=pl.when(is_now).then(pl.lit("now")).otherwise(pl.lit("before"))
        )
        sums = rated.group_by("user_id", "part").agg(
            pl.len(),
            pl.col("likes").sum(),
            pl.col("likes").count().alias("likes_known"),
            pl.col("comments").sum(),
            pl.col("comments").count().alias("comments_known"),
            pl.col("rate_units").sum(),
            pl.col("rate_units").count().alias("rates_known"),
        )
        for account_id, part, *numbers in sums.iter_rows():
            self._add(self._sums[account_id, part], numbers)
        for leader in leaders:
            leader.add(rated)

    def averages(self, account_id: str) -> Averages:
        """How the account's posts did; 0 posts where there are none."""
        now, before = self._sums[account_id, "now"], self._sums[account_id, "before"]
        return Averages(
            posts=Change(now.posts, before.posts),
            likes=Change(now.likes_average, before.likes_average),
            comments=Change(now.comments_average, before.comments_average),
            engagement_rate=Change(now.rate_average, before.rate_average),
        )

    @staticmethod
    def _add(sums: Sums, numbers: Sequence[int]) -> None:
        posts, likes, likes_known, comments, comments_known, rates, rates_known = numbers
        sums.posts += posts
        sums.likes += likes
        sums.likes_known += likes_known
        sums.comments += comments
        sums.comments_known += comments_known
        sums.rates += rates
        sums.rates_known += rates_known


@dataclass(frozen=True, slots=True)
class Podium:
    """Finds the best and the worst posts of one ranking."""

    best: Leader
    worst: Leader

    @classmethod
    def by(cls, ranking: Ranking) -> Podium:
        """Of a ranking. As many again of the worst: some of them may be among the best."""
        return cls(Leader(BY[ranking], RANKED), Leader(BY[ranking], 2 * RANKED, lowest=True))

    def ids(self, account_id: str) -> tuple[list[str], list[str]]:
        """The best of the period, best first, and the worst, worst first; none is both: the best are chosen first."""
        best = self.best.ids(account_id, "now")
        worst = [each for each in self.worst.ids(account_id, "now") if each not in best]
        return best, worst[:RANKED]
