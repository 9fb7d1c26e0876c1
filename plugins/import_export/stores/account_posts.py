"""Accounts' posts: streamed as frames, or a few of them as values; and what all posts gained on each day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import polars as pl

from import_export.exports.metrics import Post
from import_export.exports.periods import Period, moment_after
from import_export.stores.database import Session
from import_export.stores.frames import read_frames
from import_export.stores.queries import queries

POSTS: Mapping[str, pl.DataType] = {
    "id": pl.String(),
    "user_id": pl.String(),
    "moment": pl.Datetime("us"),
    "media_type": pl.String(),
    "likes": pl.Int64(),
    "comments": pl.Int64(),
    "caption": pl.String(),
    "permalink": pl.String(),
    "hashtags": pl.String(),
    "reach": pl.Int64(),
    "impressions": pl.Int64(),
    "saved": pl.Int64(),
}
"""The columns of the queries `posts` and `posts_by_id`; `moment` is UTC."""

NEVER = datetime(9999, 12, 31)  # noqa: DTZ001 - as the database has it
ALL = 2**63 - 1
IDS_AT_ONCE = 900
"""From 1,000 on MariaDB makes a join of a list of ids, which reads all days that the posts ever had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which posts, and what of them."""

    account_ids: tuple[str, ...]
    since: datetime
    until: datetime
    """The first moment (UTC) that is not wanted; or, with `before_id`, the moment of the post behind which to go on."""
    before_id: str = ""
    insights_from: datetime = NEVER
    """Reach, impressions and saved are read of posts from here on; they cost more than all the rest."""
    with_texts: bool = False
    """Whether caption, link and hashtags are wanted."""
    most: int = ALL


class PostStore:
    """Posts as seen through one session. Archived ones are left out, unless it says otherwise."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._raw = session.raw
        self._sql = queries("statistics_posts")

    def frames(self, wanted: Wanted) -> Iterator[pl.DataFrame]:
        """The posts, newest first, as frames of the columns `POSTS`; the session is taken until the end."""
        return read_frames(self._session, self._sql.posts.sql, _values(wanted), POSTS)

    def page(self, wanted: Wanted) -> list[Post]:
        """The posts, newest first; for a limited number of them."""
        return [_post(row) for row in self._sql.posts(self._raw, **_values(wanted))]

    def some(self, media_ids: Collection[str], insights_of: str) -> dict[str, Post]:
        """Some posts by their ids; reach and the like only of those of the account `insights_of`."""
        if not media_ids:
            return {}
        rows = self._sql.posts_by_id(self._raw, media_ids=tuple(media_ids), insights_of=insights_of)
        return {post.id: post for post in map(_post, rows)}

    def count(self, account_id: str, since: datetime, until: datetime) -> int:
        """How many posts there are, archived ones among them."""
        [(found,)] = self._sql.count_posts(self._raw, account_id=account_id, since=since, until=until)
        return int(found)

    def gained(self, account_id: str, period: Period, zone: ZoneInfo) -> dict[date, int]:
        """Likes and comments gained on each day on which anything is known of it, by all posts, archived ones among them."""
        values = {"account_id": account_id, "until": moment_after(period.end, zone)}
        # As frames: a million ids as Python's own strings would take 200 MB.
        ids = list(read_frames(self._session, self._sql.post_ids.sql, values, {"id": pl.String()}))
        found: Counter[date] = Counter()
        for some in (each for frame in ids for each in frame.iter_slices(IDS_AT_ONCE)):
            for day, gained in self._sql.gained(
                self._raw, media_ids=tuple(some["id"]), start=period.start, end=period.end
            ):
                found[day] += int(gained)
        return dict(found)


def _values(wanted: Wanted) -> dict[str, object]:
    return {
        "account_ids": wanted.account_ids,
        "since": wanted.since,
        "until": wanted.until,
        "before_id": wanted.before_id,
        "insights_from": wanted.insights_from,
        "with_texts": wanted.with_texts,
        "most": wanted.most,
    }


def _post(row: tuple[object, ...]) -> Post:
    return Post(**dict(zip(POSTS, row, strict=True)))  # type: ignore[arg-type]
