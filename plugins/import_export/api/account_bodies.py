"""The bodies of answers about accounts and their numbers. Rates are percent with 4 decimals, means have 2, missing is null."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from import_export.api.bodies import Body


class ProfileOut(Body):
    """The profile's numbers on one day (of the account's time zone)."""

    day: date
    followers: int | None
    follows: int | None
    media: int | None
    followers_growth: int | None
    media_growth: int | None


class AccountOut(Body):
    """An account and the newest numbers of its profile."""

    id: str
    username: str
    name: str | None
    biography: str | None
    website: str | None
    picture_url: str | None
    time_zone: str = Field(description="Decides its days.")
    newest: date | None = Field(description="The newest day with data.")
    has_problems: bool = Field(description="The service cannot collect it at present.")
    latest: ProfileOut | None


class DayValueOut(Body):
    """A number of one day."""

    day: date
    value: int | None


class OnlineOut(Body):
    """Followers online at an hour of a day."""

    day: date
    hour: int
    value: int | None


class CityOut(BaseModel):
    """Followers from a city."""

    city: str
    province: str
    followers: int | None
    share: float | None


class CountryOut(BaseModel):
    """Followers from a country."""

    country_code: str
    country: str = Field(description="In the language of `lang`.")
    followers: int | None
    share: float | None


class GenderAgeOut(BaseModel):
    """Followers of a gender and an age."""

    gender: str
    age: str
    followers: int | None
    share: float | None


class HashtagOut(Body):
    """How posts with a hashtag did, all of them together."""

    hashtag: str
    posts: int | None
    likes: int | None
    comments: int | None
    engagement: int | None
    engagement_per_post: float | None


class PublicMediaOut(Body):
    """What everybody can know of a post."""

    id: str
    posted_at: str = Field(description="Local time of the account with its offset.")
    media_type: str
    caption: str | None
    permalink: str | None
    likes: int | None
    comments: int | None
    hashtags: str | None
    engagement: int | None
    engagement_rate: float | None


class MediaOut(PublicMediaOut):
    """A post with its newest numbers."""

    reach: int | None
    impressions: int | None
    saved: int | None


class EngagementDayOut(Body):
    """What all posts gained on one day."""

    day: date
    engagement: int | None
    engagement_rate: float | None


class DaysOut(Body):
    """The first and the last day."""

    start: date
    end: date


class PeriodOut(DaysOut):
    """The period, and the one before."""

    before: DaysOut


class Summary(BaseModel):
    """What every summary tells of its days."""

    time_zone: str
    period: PeriodOut


class GrowthOut(Summary):
    """Followers on the last day with data, and by how many percent they grew."""

    followers: int | None
    followers_before: int | None
    followers_growth: int | None
    followers_growth_rate: float | None
    followers_growth_rate_before: float | None
    followers_growth_rate_growth: float | None


class AverageOut(Summary):
    """The average of a day."""

    average: float | None
    average_before: float | None
    growth: float | None


class EngagementOut(AverageOut):
    """Engagement gained: all of it, that of a day, and the mean of the days' rates."""

    total: int | None
    total_before: int | None
    total_growth: int | None
    engagement_rate_average: float | None
    engagement_rate_average_before: float | None
    engagement_rate_average_growth: float | None


class MediaAveragesOut(Summary):
    """Averages of the period's posts."""

    posts: int
    posts_before: int
    posts_growth: int
    likes_average: float | None
    likes_average_before: float | None
    likes_average_growth: float | None
    comments_average: float | None
    comments_average_before: float | None
    comments_average_growth: float | None
    engagement_rate_average: float | None
    engagement_rate_average_before: float | None
    engagement_rate_average_growth: float | None


class PublicBestOut(Summary):
    """The best post of each period."""

    by_engagement: PublicMediaOut | None
    by_engagement_before: PublicMediaOut | None


class BestOut(Summary):
    """The best posts of each period."""

    by_engagement: MediaOut | None
    by_engagement_before: MediaOut | None
    by_reach: MediaOut | None
    by_reach_before: MediaOut | None
