"""The endpoints of accounts and their numbers, over HTTP."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk import Connection

from import_export.api.accounts_router import router
from import_export.stores.database import Database
from tests.account_world import World
from tests.api.house import House, data, refused

WEEK = {"start": "2026-02-02", "end": "2026-02-08"}
PERIOD = {**WEEK, "before": {"start": "2026-01-26", "end": "2026-02-01"}}


def world() -> World:
    """An account in New York with a week of numbers, its competitor, and one without anything."""
    made = World()
    made.add("user", ("1", "kopi", "Kopi ☕", "s"), ("2", "teh"), ("3", "susu"))
    made.add("user_time_zone", ("1", "America/New_York"))
    made.add("user_competitor", ("1", "2"))
    made.add(
        "user_data",
        *(
            ("1", date(2026, 2, 2) + timedelta(days=number), 1000 + 10 * number, 5, 7, 10, 1)
            for number in range(7)
        ),
        *(("1", date(2026, 1, 26), 900), ("1", date(2026, 2, 1), 990), ("2", date(2026, 2, 3), 500)),
    )
    noon = [datetime(2026, 2, day, 17) for day in (1, 3, 4)]
    for table in ("user_insight_reach", "user_insight_impressions"):
        made.add(table, *(("1", "day", value, at) for value, at in zip((50, 100, 201), noon, strict=True)))
    made.add("user_insight_online_follower", ("1", 9, 33, noon[1]), ("1", 10, None, noon[1]))
    made.add(
        "user_insight_audience_city",
        ("1", "Bandung", "Jawa Barat", 1, noon[1]),
        ("1", "Solo", "", 3, noon[1]),
    )
    made.add("user_insight_audience_city", ("1", "Old", "", 3, noon[0]))
    made.add("user_insight_audience_country", ("1", "DE", 1, noon[1]), ("1", "ID", None, noon[1]))
    made.add(
        "user_insight_audience_gender_age", ("1", "M", "18-24", 1, noon[1]), ("1", "F", "18-24", 3, noon[1])
    )
    made.add(
        "user_hashtag_metrics",
        ("1", "#a", 5, 2, 2.5, 4, 1, date(2026, 2, 3)),
        ("2", "b", 1, 1, 1, 1, 0, date(2026, 2, 3)),
    )
    # New York is five hours behind: 04:59:59 is the day before.
    made.add(
        "media",
        ("m1", "1", datetime(2026, 2, 2, 5), "IMAGE", 10, 2, False, "satu\n☕", "https://i/1", "#a #b"),
        ("m2", "1", datetime(2026, 2, 5, 12), "VIDEO", 20, None),
        ("m3", "1", datetime(2026, 2, 5, 12), "CAROUSEL_ALBUM", 5, 0),
        ("m0", "1", datetime(2026, 2, 2, 4, 59, 59), "IMAGE", 99, 0),
        ("r1", "2", datetime(2026, 2, 3, 12), "IMAGE", 7, 3),
    )
    made.add(
        "media_insight",
        ("m3", "carousel_album_reach", 90, date(2026, 2, 6)),
        ("r1", "reach", 9, date(2026, 2, 6)),
    )
    made.add(
        "media_like_comment",
        ("m1", date(2026, 2, 3), 3, 1),
        ("m0", date(2026, 2, 3), 3, None),
        ("m0", date(2026, 2, 1), 1, 1),
    )
    return made


@pytest.fixture(scope="module")
def filled(shared: str) -> None:
    database = Database(Connection.from_uri(shared, conn_id="import_export_mysql"))
    statistics = database.sibling(f"{database.name}_statistics")
    world().fill(statistics)


@pytest.fixture
def ask(filled: None, house: House) -> Any:
    """What a viewer is answered below an account's path."""

    def asked(path: str, **params: Any) -> Any:
        return data(house.viewer.get(f"/api/accounts/1{path}", params={**WEEK, **params}))

    return asked


def test_accounts_are_listed_with_their_newest_numbers(filled: None, house: House) -> None:
    found = data(house.viewer.get("/api/accounts"))
    assert [each["username"] for each in found] == ["kopi", "susu"]
    assert found[0]["time_zone"] == "America/New_York"
    assert found[0]["latest"] == {
        "day": "2026-02-08", "followers": 1060, "follows": 5, "media": 7, "followers_growth": 10, "media_growth": 1,
    }  # fmt: skip
    assert (found[1]["latest"], found[1]["newest"]) == (None, None)
    assert (
        data(house.viewer.get("/api/accounts/1")) == data(house.viewer.get("/api/accounts/kopi")) == found[0]
    )


def test_profile(ask: Any) -> None:
    found = ask("/user-data")
    assert [day["followers"] for day in found] == [1000, 1010, 1020, 1030, 1040, 1050, 1060]
    assert ask("/user-data/summary") == {
        "time_zone": "America/New_York",
        "period": PERIOD,
        "followers": 1060,
        "followers_before": 990,
        "followers_growth": 70,
        "followers_growth_rate": 6.0,
        "followers_growth_rate_before": 10.0,
        "followers_growth_rate_growth": -4.0,
    }


@pytest.mark.parametrize("name", ["reach", "impressions"])
def test_insights_of_days(ask: Any, name: str) -> None:
    assert ask(f"/insights/{name}") == [
        {"day": "2026-02-03", "value": 100},
        {"day": "2026-02-04", "value": 201},
    ]
    found = ask(f"/insights/{name}/average/summary")
    assert (found["average"], found["average_before"], found["growth"]) == (150.5, 50.0, 100.5)


def test_audience(ask: Any) -> None:
    assert ask("/insights/online-followers") == [
        {"day": "2026-02-03", "hour": 9, "value": 33},
        {"day": "2026-02-03", "hour": 10, "value": None},
    ]
    assert ask("/insights/audience-city") == [
        {"city": "Solo", "province": "", "followers": 3, "share": 75.0},
        {"city": "Bandung", "province": "Jawa Barat", "followers": 1, "share": 25.0},
    ]
    german = {"country_code": "DE", "country": "Jerman", "followers": 1, "share": 100.0}
    assert ask("/insights/audience-country", lang="id") == [
        german,
        {"country_code": "ID", "country": "Indonesia", "followers": None, "share": None},
    ]
    assert ask("/insights/audience-country", lang="en")[0]["country"] == "Germany"
    assert ask("/insights/audience-gender-age") == [
        {"gender": "F", "age": "18-24", "followers": 3, "share": 75.0},
        {"gender": "M", "age": "18-24", "followers": 1, "share": 25.0},
    ]
    assert ask("/hashtag-metrics") == [
        {"hashtag": "#a", "posts": 2, "likes": 4, "comments": 1, "engagement": 5, "engagement_per_post": 2.5}
    ]


def test_posts_come_newest_first_with_their_local_time(ask: Any) -> None:
    found = ask("/media")
    assert [post["id"] for post in found] == ["m3", "m2", "m1"]
    assert found[2] == {
        "id": "m1",
        "posted_at": "2026-02-02T00:00:00-05:00",
        "media_type": "IMAGE",
        "caption": "satu\n☕",
        "permalink": "https://i/1",
        "likes": 10,
        "comments": 2,
        "hashtags": "#a #b",
        "engagement": 12,
        "engagement_rate": 1.2,
        "reach": None,
        "impressions": None,
        "saved": None,
    }
    assert (found[0]["reach"], found[1]["engagement"], found[1]["engagement_rate"]) == (90, None, None)


@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
def test_a_cursor_leads_through_all_posts_and_each_once(filled: None, house: House, limit: int) -> None:
    found: list[str] = []
    cursor: str | None = None
    while True:
        params = {**WEEK, "limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        answer = house.viewer.get("/api/accounts/1/media", params=params).json()
        assert len(answer["data"]) <= limit
        found += [post["id"] for post in answer["data"]]
        cursor = answer["next"]
        if cursor is None:
            break
    assert found == ["m3", "m2", "m1"]


def test_summaries_of_posts(ask: Any) -> None:
    best = ask("/media/summary")
    ids = {name: best[name] and best[name]["id"] for name in best if name.startswith("by_")}
    assert ids == {
        "by_engagement": "m1", "by_engagement_before": "m0", "by_reach": "m3", "by_reach_before": None,
    }  # fmt: skip
    days = ask("/media/engagement")
    assert len(days) == 7
    assert days[1] == {"day": "2026-02-03", "engagement": 7, "engagement_rate": 0.6931}
    assert days[2] == {"day": "2026-02-04", "engagement": None, "engagement_rate": None}
    found = ask("/media/engagement/summary")
    assert (found["total"], found["total_before"], found["average"], found["growth"]) == (7, 2, 7.0, 5.0)
    assert (found["engagement_rate_average"], found["engagement_rate_average_before"]) == (0.6931, 0.202)
    averages = ask("/media/engagement/average/summary")
    assert averages == {
        "time_zone": "America/New_York",
        "period": PERIOD,
        "posts": 3,
        "posts_before": 1,
        "posts_growth": 2,
        "likes_average": 11.67,
        "likes_average_before": 99.0,
        "likes_average_growth": -87.33,
        "comments_average": 1.0,
        "comments_average_before": 0.0,
        "comments_average_growth": 1.0,
        "engagement_rate_average": 0.8427,  # (12 / 1000 + 5 / 1030) / 2: 1.2 and 0.4854
        "engagement_rate_average_before": 10.0,  # 99 / 990
        "engagement_rate_average_growth": -9.1573,
    }


def test_competitors_show_their_public_numbers(ask: Any) -> None:
    path = "/competitor-accounts/2"
    [rival] = ask("/competitor-accounts")
    assert (rival["id"], rival["latest"]["followers"]) == ("2", 500)
    assert [day["followers"] for day in ask(f"{path}/user-data")] == [500]
    [post] = ask(f"{path}/media")
    assert (post["id"], post["engagement_rate"]) == ("r1", 2.0)
    best = ask(f"{path}/media/summary")
    assert best["by_engagement"] == post
    for told in (post, best):
        assert not {"reach", "impressions", "saved", "by_reach"} & told.keys()
    assert ask(f"{path}/media/engagement/average/summary")["likes_average"] == 7.0
    assert [each["hashtag"] for each in ask(f"{path}/hashtag-metrics")] == ["#b"]


@pytest.mark.parametrize(
    "path", ["user-data", "media", "media/summary", "media/engagement/average/summary", "hashtag-metrics"]
)
def test_who_is_no_competitor_is_not_there(filled: None, house: House, path: str) -> None:
    told = refused(house.viewer.get(f"/api/accounts/1/competitor-accounts/3/{path}"), 404)
    assert told == "'3' is no competitor of account '1'"


def test_an_account_without_data_is_answered_with_nothing(filled: None, house: House) -> None:
    for route in router.routes:
        path = route.path.replace("{account_id}", "3")  # type: ignore[attr-defined]
        if "{competitor_id}" not in path:
            found = house.viewer.get(path)
            assert found.status_code == 200, path
    assert data(house.viewer.get("/api/accounts/3/media")) == []
    assert data(house.viewer.get("/api/accounts/3/user-data/summary"))["followers_growth_rate"] is None


@pytest.mark.parametrize(
    ("params", "status", "told"),
    [
        ({"start": "2026-02-02"}, 400, "start and end must be given together"),
        ({**WEEK, "date_frame": "7"}, 400, "either start and end, or date_frame"),
        ({"start": "2026-02-02", "end": "2026-02-01"}, 400, "before it begins"),
        ({"start": "1999-02-02", "end": "2026-02-01"}, 400, "must lie between"),
        ({"date_frame": "30"}, 400, "none of: 7, 28, 60, 90"),
        ({"date_frame": "x"}, 422, "date_frame"),
        ({"start": "02/02/2026", "end": "2026-02-01"}, 422, "start"),
        ({"lang": "fr"}, 422, "lang"),
    ],
)
def test_wrong_periods_are_refused(
    filled: None, house: House, params: dict[str, str], status: int, told: str
) -> None:
    assert told in refused(house.viewer.get("/api/accounts/1/user-data", params=params), status)


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"limit": "0"}, 422),
        ({"limit": "1001"}, 422),
        ({"cursor": "x"}, 400),
        ({"cursor": "2026-01-01T00:00:00"}, 400),
    ],
)
def test_wrong_pages_are_refused(filled: None, house: House, params: dict[str, str], status: int) -> None:
    refused(house.viewer.get("/api/accounts/1/media", params=params), status)


def test_a_frame_counts_back_from_the_newest_day(filled: None, house: House) -> None:
    found = data(house.viewer.get("/api/accounts/1/user-data/summary", params={"date_frame": 7}))
    assert found["period"] == PERIOD
    assert data(house.viewer.get("/api/accounts/1/user-data/summary"))["period"]["start"] == "2026-01-12"


def test_only_who_may_read_statistics_is_answered(filled: None, house: House) -> None:
    nobody = house.client("nobody")
    for route in router.routes:
        path = route.path.format(account_id="1", competitor_id="2")  # type: ignore[attr-defined]
        refused(nobody.get(path), 403)
        assert house.viewer.get(path).status_code == 200


@pytest.mark.parametrize("path", ["", "/user-data", "/media", "/competitor-accounts"])
def test_an_account_that_is_none_of_ones_own_is_not_there(filled: None, house: House, path: str) -> None:
    for account in ("2", "9", "te h"):
        assert "there is no account" in refused(house.viewer.get(f"/api/accounts/{account}{path}"), 404)
