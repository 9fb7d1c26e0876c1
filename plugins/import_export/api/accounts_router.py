"""Accounts and their numbers in a period: profile, insights, posts, hashtags, competitors."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from import_export.api import account_bodies, account_views
from import_export.api.access import Access, needs
from import_export.api.bodies import Answer, Page
from import_export.api.installation import CallDep
from import_export.errors import BadRequest
from import_export.exports.periods import FRAMES
from import_export.exports.report import Media
from import_export.services import accounts
from import_export.services.account_numbers import AccountNumbers

router = APIRouter(prefix="/api/accounts", tags=["accounts"])

AccountId = Annotated[str, Path(max_length=100, description="The account's id or username.")]
CompetitorId = Annotated[str, Path(max_length=50)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Cursor = Annotated[str | None, Query(max_length=100)]
Start = Annotated[date | None, Query(description="First day, of the account's time zone; with `end`.")]
End = Annotated[date | None, Query(description="Last day; with `start`.")]
Frame = Annotated[
    int | None,
    Query(
        description=f"Instead: so many days back from the newest data ({', '.join(map(str, FRAMES))}); 28 without."
    ),
]


def _numbers(
    call: CallDep, account_id: AccountId, start: Start = None, end: End = None, date_frame: Frame = None
) -> AccountNumbers:
    account = accounts.find_account(call.context, account_id)
    period = accounts.period_of(call.context, account, start=start, end=end, frame=date_frame)
    return AccountNumbers(call.context, account, period)


Numbers = Annotated[AccountNumbers, Depends(_numbers)]
"""An account's numbers in the period that is asked for."""


def _competitor(own: Numbers, competitor_id: CompetitorId) -> AccountNumbers:
    found = accounts.find_competitor(own.context, own.account, competitor_id)
    return AccountNumbers(own.context, found, own.period, public=True)


Competitor = Annotated[AccountNumbers, Depends(_competitor)]
"""A competitor's public numbers in that period of the account that it is compared with."""


@router.get("", response_model=Answer[list[account_bodies.AccountOut]])
@needs(Access.STATISTICS)
def list_accounts(call: CallDep) -> Any:
    """One's own accounts, by name, with the newest numbers of their profiles."""
    return {"data": [account_views.account(line) for line in accounts.account_lines(call.context)]}


@router.get("/{account_id}", response_model=Answer[account_bodies.AccountOut])
@needs(Access.STATISTICS)
def account(call: CallDep, account_id: AccountId) -> Any:
    """One account with the newest numbers of its profile."""
    found = accounts.find_account(call.context, account_id)
    return {"data": account_views.account(accounts.account_line(call.context, found))}


@router.get("/{account_id}/user-data", response_model=Answer[list[account_bodies.ProfileOut]])
@needs(Access.STATISTICS)
def user_data(numbers: Numbers) -> Any:
    """The profile's numbers on each day that has any, oldest first."""
    return {"data": numbers.profiles()}


@router.get("/{account_id}/user-data/summary", response_model=Answer[account_bodies.GrowthOut])
@needs(Access.STATISTICS)
def user_data_summary(numbers: Numbers) -> Any:
    """By how many percent followers grew, in the period before, and the difference in percentage points."""
    return {"data": account_views.growth(numbers, numbers.growth())}


@router.get("/{account_id}/insights/reach", response_model=Answer[list[account_bodies.DayValueOut]])
@needs(Access.STATISTICS)
def reach(numbers: Numbers) -> Any:
    """Reach of each day that has any, oldest first."""
    return {"data": numbers.reach()}


@router.get("/{account_id}/insights/reach/average/summary", response_model=Answer[account_bodies.AverageOut])
@needs(Access.STATISTICS)
def reach_average(numbers: Numbers) -> Any:
    """Average reach of a day, in the period before, and the difference."""
    return {"data": account_views.average(numbers, numbers.reach_average())}


@router.get("/{account_id}/insights/impressions", response_model=Answer[list[account_bodies.DayValueOut]])
@needs(Access.STATISTICS)
def impressions(numbers: Numbers) -> Any:
    """Impressions of each day that has any, oldest first."""
    return {"data": numbers.impressions()}


@router.get(
    "/{account_id}/insights/impressions/average/summary", response_model=Answer[account_bodies.AverageOut]
)
@needs(Access.STATISTICS)
def impressions_average(numbers: Numbers) -> Any:
    """Average impressions of a day, in the period before, and the difference."""
    return {"data": account_views.average(numbers, numbers.impressions_average())}


@router.get("/{account_id}/insights/online-followers", response_model=Answer[list[account_bodies.OnlineOut]])
@needs(Access.STATISTICS)
def online_followers(numbers: Numbers) -> Any:
    """Followers online at each hour of each day."""
    return {"data": numbers.online()}


@router.get("/{account_id}/insights/audience-city", response_model=Answer[list[account_bodies.CityOut]])
@needs(Access.STATISTICS)
def audience_city(numbers: Numbers) -> Any:
    """Followers by city, most first: the newest list of the period."""
    return {"data": account_views.cities(numbers)}


@router.get("/{account_id}/insights/audience-country", response_model=Answer[list[account_bodies.CountryOut]])
@needs(Access.STATISTICS)
def audience_country(call: CallDep, numbers: Numbers) -> Any:
    """Followers by country, most first: the newest list of the period."""
    return {"data": account_views.countries(numbers, call.language)}


@router.get(
    "/{account_id}/insights/audience-gender-age", response_model=Answer[list[account_bodies.GenderAgeOut]]
)
@needs(Access.STATISTICS)
def audience_gender_age(numbers: Numbers) -> Any:
    """Followers by gender and age: the newest list of the period."""
    return {"data": account_views.gender_ages(numbers)}


@router.get("/{account_id}/media", response_model=Page[list[account_bodies.MediaOut]])
@needs(Access.STATISTICS)
def media(numbers: Numbers, limit: Limit = 100, cursor: Cursor = None) -> Any:
    """Posts with their newest numbers, newest first, a page at a time."""
    found, following = _page(numbers, limit, cursor)
    return {"data": [account_views.media(each, numbers.account.zone) for each in found], "next": following}


@router.get("/{account_id}/media/summary", response_model=Answer[account_bodies.BestOut])
@needs(Access.STATISTICS)
def media_summary(numbers: Numbers) -> Any:
    """The best posts by engagement and by reach, of the period and of the one before."""
    return {"data": account_views.best(numbers, numbers.best_media())}


@router.get("/{account_id}/media/engagement", response_model=Answer[list[account_bodies.EngagementDayOut]])
@needs(Access.STATISTICS)
def media_engagement(numbers: Numbers) -> Any:
    """What all posts gained on each day of the period, and that in percent of the day's followers."""
    return {"data": numbers.engagement_days()}


@router.get("/{account_id}/media/engagement/summary", response_model=Answer[account_bodies.EngagementOut])
@needs(Access.STATISTICS)
def media_engagement_summary(numbers: Numbers) -> Any:
    """Engagement gained: in all, on average of a day, in the period before, and the difference."""
    return {"data": account_views.engagement(numbers, numbers.engagement())}


@router.get(
    "/{account_id}/media/engagement/average/summary", response_model=Answer[account_bodies.MediaAveragesOut]
)
@needs(Access.STATISTICS)
def media_averages(numbers: Numbers) -> Any:
    """Average likes, comments and engagement rate of the period's posts, of the period before, and the difference."""
    return {"data": account_views.media_averages(numbers, numbers.media_averages())}


@router.get("/{account_id}/hashtag-metrics", response_model=Answer[list[account_bodies.HashtagOut]])
@needs(Access.STATISTICS)
def hashtag_metrics(numbers: Numbers) -> Any:
    """Hashtags on their newest day of the period, most engagement first."""
    return {"data": numbers.hashtags()}


@router.get("/{account_id}/competitor-accounts", response_model=Answer[list[account_bodies.AccountOut]])
@needs(Access.STATISTICS)
def competitor_accounts(call: CallDep, account_id: AccountId) -> Any:
    """Whom the account is compared with, by name, with the newest numbers of their profiles."""
    found = accounts.find_account(call.context, account_id)
    lines = accounts.competitor_lines(call.context, found)
    return {"data": [account_views.account(line) for line in lines]}


_OF_COMPETITOR = "/{account_id}/competitor-accounts/{competitor_id}"


@router.get(f"{_OF_COMPETITOR}/user-data", response_model=Answer[list[account_bodies.ProfileOut]])
@needs(Access.STATISTICS)
def competitor_user_data(numbers: Competitor) -> Any:
    """The competitor's profile on each day that has any numbers."""
    return {"data": numbers.profiles()}


@router.get(f"{_OF_COMPETITOR}/media", response_model=Page[list[account_bodies.PublicMediaOut]])
@needs(Access.STATISTICS)
def competitor_media(numbers: Competitor, limit: Limit = 100, cursor: Cursor = None) -> Any:
    """The competitor's posts, newest first, a page at a time."""
    found, following = _page(numbers, limit, cursor)
    zone = numbers.account.zone
    return {"data": [account_views.public_media(each, zone) for each in found], "next": following}


@router.get(f"{_OF_COMPETITOR}/media/summary", response_model=Answer[account_bodies.PublicBestOut])
@needs(Access.STATISTICS)
def competitor_media_summary(numbers: Competitor) -> Any:
    """The competitor's best posts by engagement."""
    return {"data": account_views.public_best(numbers, numbers.best_media())}


@router.get(
    f"{_OF_COMPETITOR}/media/engagement/average/summary",
    response_model=Answer[account_bodies.MediaAveragesOut],
)
@needs(Access.STATISTICS)
def competitor_media_averages(numbers: Competitor) -> Any:
    """Average likes, comments and engagement rate of the competitor's posts."""
    return {"data": account_views.media_averages(numbers, numbers.media_averages())}


@router.get(f"{_OF_COMPETITOR}/hashtag-metrics", response_model=Answer[list[account_bodies.HashtagOut]])
@needs(Access.STATISTICS)
def competitor_hashtag_metrics(numbers: Competitor) -> Any:
    """The competitor's hashtags on their newest day of the period."""
    return {"data": numbers.hashtags()}


def _page(numbers: AccountNumbers, limit: int, cursor: str | None) -> tuple[list[Media], str | None]:
    found = numbers.media(limit + 1, _read_cursor(cursor) if cursor else None)
    following = None
    if len(found) > limit:
        moment, last = found[limit - 1]
        following = f"{moment.isoformat()}~{last.id}"
    return [each for _, each in found[:limit]], following


def _read_cursor(text: str) -> tuple[datetime, str]:
    at, _, media_id = text.partition("~")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise BadRequest(f"cursor '{text}' is none that was given here") from None
    if moment.tzinfo is not None or not media_id:
        raise BadRequest(f"cursor '{text}' is none that was given here")
    return moment, media_id
