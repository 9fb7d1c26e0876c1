"""The numbers of one account in one period, as the PDF and the page's preview show them: values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from import_export.exports.periods import Period


class Page(StrEnum):
    """The parts of the PDF, in its order; the cover always comes first."""

    STATISTIC = "statistic"
    TOP_POST = "top_post"
    COMPETITOR = "competitor"


class Ranking(StrEnum):
    """By what posts are ranked, in the order of the report."""

    ENGAGEMENT = "engagement"
    ENGAGEMENT_RATE = "engagement_rate"
    REACH = "reach"
    SAVED = "saved"
    LIKES = "likes"
    COMMENTS = "comments"


RANKED = 5
"""How many of the best and of the worst posts are shown in each ranking; a post is never both."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose statistics they are."""

    id: str
    username: str
    """Without `@`."""
    name: str | None
    biography: str | None
    website: str | None
    picture_url: str | None
    zone: ZoneInfo
    """Decides its days."""
    newest: date | None
    """The newest day of which there is anything; None without data."""
    has_problems: bool = False
    """The service cannot collect it at present."""


@dataclass(frozen=True, slots=True)
class Change:
    """A number of the period, of the period before, and their difference; None is missing, never 0."""

    now: float | None
    before: float | None

    @property
    def growth(self) -> float | None:
        """Now - before; percentage points where the number is a rate."""
        if self.now is None or self.before is None:
            return None
        return round(self.now - self.before, 4)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of an account; every day of the period has one, with None for what is missing."""

    day: date
    followers: int | None = None
    follows: int | None = None
    media: int | None = None
    """How many posts the profile counts."""
    followers_growth: int | None = None
    media_growth: int | None = None
    reach: int | None = None
    impressions: int | None = None
    engagement: int | None = None
    """Likes and comments gained that day, whatever the post's age."""
    engagement_rate: float | None = None
    """Percent: engagement / followers of that day x 100."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of the day."""
        return all(
            value is None
            for value in (self.followers, self.reach, self.impressions, self.engagement, self.media)
        )


@dataclass(frozen=True, slots=True)
class Media:
    """One post with its newest numbers."""

    id: str
    posted_at: datetime
    """Local time of the account, without a zone."""
    media_type: str
    """`IMAGE`, `VIDEO`, `CAROUSEL_ALBUM`, as stored."""
    caption: str | None
    permalink: str | None
    likes: int | None
    comments: int | None
    reach: int | None
    impressions: int | None
    saved: int | None
    hashtags: str | None
    engagement: int | None
    """Likes + comments; None when either is missing."""
    engagement_rate: float | None
    """Percent: engagement / followers of the day of posting x 100."""


@dataclass(frozen=True, slots=True)
class Place:
    """Followers from a city or a country."""

    name: str
    """The city; the country's code."""
    followers: int | None
    share: float | None
    """Percent of the sum over all places of the same list."""
    province: str = ""


@dataclass(frozen=True, slots=True)
class AgeGroup:
    """Followers of an age, by gender."""

    age: str
    female: int | None
    male: int | None
    unknown: int | None


@dataclass(frozen=True, slots=True)
class Hashtag:
    """How posts with a hashtag did, all of them together."""

    hashtag: str
    """With `#`."""
    posts: int | None
    likes: int | None
    comments: int | None
    engagement: int | None
    engagement_per_post: float | None


@dataclass(frozen=True, slots=True)
class Ranked:
    """The best posts, best first, and the worst, worst first; posts without that number are in neither."""

    best: tuple[Media, ...]
    worst: tuple[Media, ...]


@dataclass(frozen=True, slots=True)
class PublicNumbers:
    """What is known of every account, a competitor or one's own."""

    account: Account
    followers: Change
    """On the last day with data of each period."""
    followers_growth_rate: Change
    posts: Change
    likes_average: Change
    comments_average: Change
    engagement_rate_average: Change
    best: Media | None
    """By engagement."""
    hashtags: tuple[Hashtag, ...]
    """The top five."""


@dataclass(frozen=True, slots=True)
class AccountReport:
    """All numbers of the three pages."""

    account: Account
    period: Period
    made_at: datetime
    """Local time of the account, without a zone; part of the data, so that the same data gives the same bytes."""
    days: tuple[Day, ...]
    """From the first day of the period."""
    days_before: tuple[Day, ...]
    followers_growth_rate: Change
    reach_average: Change
    impressions_average: Change
    engagement_average: Change
    """Engagement gained a day."""
    engagement_rate_average: Change
    """The mean of the rates of the period's posts."""
    likes_average: Change
    comments_average: Change
    posts: Change
    ages: tuple[AgeGroup, ...]
    genders: Mapping[str, int | None]
    """By `F`, `M`, `U`."""
    online: tuple[tuple[float | None, ...], ...]
    """7 rows (Monday first) of 24 hours: followers online, the mean over the period; empty without data."""
    countries: tuple[Place, ...]
    cities: tuple[Place, ...]
    hashtags: tuple[Hashtag, ...]
    rankings: Mapping[Ranking, Ranked]
    own: PublicNumbers
    competitors: tuple[PublicNumbers, ...]
    """Most followers first."""
