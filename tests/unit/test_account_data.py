"""The demo's statistics: the same each time, without two rows of a key, and what real accounts are like."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from devtools.account_people import AccountPlan, people
from devtools.account_rows import frames_of

PLAN = AccountPlan(
    accounts=6, days=70, media_per_account=120, competitors=3, empty=1, until=date(2026, 3, 31)
)
KEYS = {
    "user": ["id"],
    "user_time_zone": ["user_id"],
    "user_competitor": ["user_id", "competitor_id"],
    "user_data": ["user_id", "datestamp"],
    "user_insight_reach": ["user_id", "period", "end_time"],
    "user_insight_impressions": ["user_id", "period", "end_time"],
    "user_insight_online_follower": ["user_id", "end_time", "hour"],
    "user_insight_audience_city": ["user_id", "end_time", "city", "province"],
    "user_insight_audience_country": ["user_id", "end_time", "country_code"],
    "user_insight_audience_gender_age": ["user_id", "end_time", "gender", "age"],
    "media": ["id"],
    "media_like_comment": ["media_id", "datestamp"],
    "media_insight": ["media_id", "metric", "datestamp"],
    "user_hashtag_metrics": ["user_id", "datestamp", "hashtag"],
}


def made(plan: AccountPlan) -> dict[str, pl.DataFrame]:
    pieces: dict[str, list[pl.DataFrame]] = {}
    for table, frame in frames_of(plan):
        pieces.setdefault(table, []).append(frame)
    return {table: pl.concat(frames) for table, frames in pieces.items()}


@pytest.fixture(scope="module")
def rows() -> dict[str, pl.DataFrame]:
    return made(PLAN)


def of(frame: pl.DataFrame, user_id: str) -> pl.DataFrame:
    return frame.filter(pl.col("user_id") == user_id)


def test_the_same_plan_makes_the_same_rows(rows: dict[str, pl.DataFrame]) -> None:
    again = made(PLAN)
    assert set(again) == set(rows)
    assert all(frame.equals(again[table]) for table, frame in rows.items())


def test_another_seed_makes_other_numbers(rows: dict[str, pl.DataFrame]) -> None:
    other = made(AccountPlan(accounts=1, days=70, seed=6, until=PLAN.until))
    first = of(rows["user_data"], rows["user"]["id"][0])
    assert not first["followers_count"].equals(
        of(other["user_data"], other["user"]["id"][0])["followers_count"]
    )


def test_an_accounts_rows_do_not_depend_on_how_many_others_there_are(rows: dict[str, pl.DataFrame]) -> None:
    alone = made(AccountPlan(accounts=1, days=70, media_per_account=120, competitors=0, until=PLAN.until))
    user_id = alone["user"]["id"][0]
    for table in ("user_data", "user_insight_reach", "media"):
        assert of(rows[table], user_id).equals(of(alone[table], user_id))


def test_every_table_is_filled_and_no_key_comes_twice(rows: dict[str, pl.DataFrame]) -> None:
    assert set(rows) == set(KEYS)
    for table, key in KEYS.items():
        assert rows[table].height
        assert not rows[table].select(key).is_duplicated().any(), table
        assert not any(rows[table].select(pl.col(key).is_null().any()).row(0)), table


def test_competitors_are_shared_and_have_public_numbers_only(rows: dict[str, pl.DataFrame]) -> None:
    everybody = {person.id: person for person in people(PLAN)}
    links = rows["user_competitor"]
    assert set(links.group_by("user_id").len()["len"]) == {3}
    assert links["competitor_id"].n_unique() < links.height
    rivals = {user_id for user_id, person in everybody.items() if not person.own}
    assert rivals <= set(rows["user_data"]["user_id"])
    assert not rivals & set(rows["user_insight_reach"]["user_id"])
    theirs = rows["media"].filter(pl.col("user_id").is_in(rivals))["id"]
    assert not set(theirs) & set(rows["media_insight"]["media_id"])
    # One of the accounts is also another one's competitor, and stays an account.
    both = set(links["competitor_id"]) - rivals
    assert len(both) == 1
    assert rows["user"].filter(pl.col("id").is_in(both))["social_account_id"].null_count() == 0


def test_an_empty_account_has_nothing_but_its_name(rows: dict[str, pl.DataFrame]) -> None:
    [empty] = [person.id for person in people(PLAN) if person.empty]
    assert of(rows["user"].rename({"id": "user_id"}), empty).height == 1
    for table in ("user_competitor", "user_data", "media", "user_insight_reach", "user_hashtag_metrics"):
        assert of(rows[table], empty).is_empty()


def test_days_are_those_of_the_plan_with_gaps_and_missing_values(rows: dict[str, pl.DataFrame]) -> None:
    for person in people(PLAN):
        if not person.empty:
            days = of(rows["user_data"], person.id)["datestamp"]
            assert (days.min() or date.min) >= PLAN.first
            assert days[-1] == PLAN.until
            assert days.len() < PLAN.days
    assert rows["user_data"]["followers_count"].null_count()
    assert rows["user_insight_reach"]["value"].null_count()
    assert rows["media"]["like_count"].null_count()


def test_the_profile_counts_the_posts(rows: dict[str, pl.DataFrame]) -> None:
    person = next(people(PLAN))
    counts = of(rows["user_data"], person.id)["media_count"]
    assert counts[-1] - 40 == of(rows["media"], person.id).height == PLAN.media_per_account
    assert counts.is_sorted()


def test_posts_and_insights_lie_on_the_plans_days_in_the_accounts_zone(rows: dict[str, pl.DataFrame]) -> None:
    zones = {person.id: ZoneInfo(person.zone) for person in people(PLAN)}
    assert len(set(map(str, zones.values()))) == 3
    for user_id, moment in rows["media"].select("user_id", "timestamp").iter_rows():
        assert PLAN.first <= local_day(moment, zones[user_id]) <= PLAN.until
    daily = rows["user_insight_reach"].filter(pl.col("period") == "day")
    for user_id, end in daily.select("user_id", "end_time").iter_rows():
        assert PLAN.first <= local_day(end - timedelta(seconds=1), zones[user_id]) <= PLAN.until
    assert {end.hour for end in daily["end_time"]} >= {7, 17}


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).date()


def test_growth_adds_up_to_the_newest_number_which_is_the_posts_own(rows: dict[str, pl.DataFrame]) -> None:
    history = (
        rows["media_like_comment"]
        .group_by("media_id")
        .agg(
            pl.col("like_count").last(),
            pl.col("like_count_growth").sum().alias("gained"),
            pl.col("like_count_growth").null_count().alias("unknown"),
            pl.col("comments_count").last(),
        )
    )
    both = rows["media"].join(history, left_on="id", right_on="media_id", suffix="_told")
    assert both.height == rows["media"].height
    assert both["like_count"].equals(both["like_count_told"])
    assert both["comments_count"].equals(both["comments_count_told"])
    whole = both.filter(pl.col("unknown") == 0)
    assert whole.height > 0.9 * both.height
    assert whole["gained"].equals(whole["like_count"])


def test_metrics_of_carousels_have_their_prefix_and_only_videos_have_views(
    rows: dict[str, pl.DataFrame],
) -> None:
    both = rows["media_insight"].join(rows["media"], left_on="media_id", right_on="id")
    prefixed = both["metric"].str.starts_with("carousel_album_")
    assert set(both.filter(prefixed)["media_type"]) == {"CAROUSEL_ALBUM"}
    assert set(both.filter(pl.col("metric") == "video_views")["media_type"]) == {"VIDEO"}
    names = set(both["metric"].str.strip_prefix("carousel_album_"))
    assert names == {"engagement", "impressions", "reach", "saved", "video_views"}
    assert both.group_by("media_id", "metric").len()["len"].max() == PLAN.snapshots


def test_captions_are_as_people_write_them() -> None:
    media = made(AccountPlan(accounts=1, days=60, media_per_account=3000, competitors=0, history_days=0))[
        "media"
    ]
    captions = media["caption"]
    text = captions.drop_nulls()
    assert captions.null_count()
    for sign in "=+-@":
        assert text.str.starts_with(sign).any()
    for piece in ("\n", '"', "'", ";", "🌶️", "新品", "مرحبا", "สวัสดี", "Selamat", "Good morning"):
        assert text.str.contains(piece, literal=True).any(), piece
    assert 1500 < (text.str.len_chars().max() or 0) <= 2200, "Instagram takes 2,200 characters"
    tags = media["media_hashtag"].drop_nulls()
    assert tags.str.contains("^#\\S+( #\\S+)*$").all()
    assert (media["permalink"] == "https://www.instagram.com/p/" + media["shortcode"] + "/").all()
    assert media["shortcode"].is_unique().all()


def test_a_plan_can_be_as_small_as_one_day_with_one_post() -> None:
    rows = made(AccountPlan(accounts=1, days=1, media_per_account=1, competitors=0))
    assert (rows["user_data"].height, rows["media"].height, rows["media_like_comment"].height) == (1, 1, 1)
    assert rows["user_insight_reach"]["period"].to_list() == ["day"]


def test_a_plan_without_history_and_with_one_snapshot_is_lean() -> None:
    lean = made(
        AccountPlan(
            accounts=1,
            days=9,
            media_per_account=300,
            competitors=0,
            history_days=0,
            snapshots=1,
            online_days=0,
        )
    )
    assert "media_like_comment" not in lean
    assert lean["user_insight_online_follower"].is_empty()
    assert lean["media_insight"].group_by("media_id", "metric").len()["len"].max() == 1


def test_more_media_than_there_are_ids_for_are_refused() -> None:
    with pytest.raises(ValueError, match="1,000,000"):
        AccountPlan(media_per_account=1_000_001)
