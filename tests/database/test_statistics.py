"""The numbers of reports and endpoints against hand-worked ones and a slow obvious model; how much of the tables is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from devtools.account_data import fill
from devtools.account_people import AccountPlan
from import_export.errors import BadRequest, NotFound
from import_export.exports.contents import COLUMNS, Content
from import_export.exports.periods import Period
from import_export.exports.report import Account, AccountReport, Change, Page, PublicNumbers, Ranking
from import_export.services.account_numbers import AccountNumbers
from import_export.services.account_report import report_of
from import_export.services.account_rows import rows_of, size_of
from import_export.services.accounts import (
    account_lines,
    competitors_of,
    find_account,
    find_competitor,
    list_accounts,
    period_of,
)
from import_export.services.context import Context
from import_export.stores.database import Database, Session
from tests.account_world import Model, World, added, mean, percent, random_world
from tests.database.flow import Flow

JAKARTA = ZoneInfo("Asia/Jakarta")
MADE = datetime(2026, 1, 1)


@pytest.fixture
def context(statistics: Database, database: Database, tmp_path: Path) -> Context:
    made = Flow.make(database, tmp_path).context
    # 18:00 UTC is the next day in Jakarta.
    return replace(made, statistics=statistics, clock=lambda: datetime(2026, 3, 1, 18))


def report(context: Context, account: Account, period: Period, *pages: Page) -> AccountReport:
    return report_of(context, account, period, MADE, pages or tuple(Page))


def frame(
    context: Context, account: Account, content: Content, period: Period, language: Any = "en"
) -> pl.DataFrame:
    rows = rows_of(context, account, content, period, language)
    names = [column.key for column in COLUMNS[content]]
    frames = list(rows.frames())
    assert all(each.columns == names for each in frames)
    return pl.concat(frames) if frames else pl.DataFrame(schema=names)


# By hand


@pytest.fixture
def week(statistics: Database) -> Period:
    """Two weeks of one account whose numbers can be worked out by hand."""
    world = World()
    world.add("user", ("1", "kopi", "Kopi", "s"), ("2", "teh", None), ("3", "susu", None))
    world.add("user_competitor", ("1", "2"))
    # Followers 1000 on Monday, 1010 on Tuesday …, 1060 on Sunday; the week before 900 … 960.
    for number in range(7):
        world.add("user_data", ("1", date(2026, 2, 2) + timedelta(days=number), 1000 + 10 * number))
        world.add("user_data", ("1", date(2026, 1, 26) + timedelta(days=number), 900 + 10 * number))
    world.add("user_data", ("2", date(2026, 2, 2), 0), ("2", date(2026, 2, 8), 50))
    # Days end at 07:00 UTC, which is 14:00 in Jakarta. Reach is known of two days: 100, 201; of the week before: 50.
    ended = [datetime(2026, 2, day, 7) for day in (3, 4)]
    world.add("user_insight_reach", ("1", "day", 100, ended[0]), ("1", "day", 201, ended[1]))
    world.add("user_insight_reach", ("1", "week", 9999, ended[1]), ("1", "day", 50, datetime(2026, 2, 1, 7)))
    # Local days (UTC+7): Monday 00:00, Sunday 23:59:59, and one second outside on both sides.
    world.add(
        "media",
        ("m1", "1", datetime(2026, 2, 1, 17), "IMAGE", 10, 2),  # Monday 2 February 00:00: 12 / 1000 = 1.2 %
        ("m2", "1", datetime(2026, 2, 8, 16, 59, 59), "VIDEO", 20, None),  # Sunday 8 February 23:59:59
        ("m3", "1", datetime(2026, 2, 4, 5), "CAROUSEL_ALBUM", 5, 0),  # Wednesday: 5 / 1020 = 0.4902 %
        ("m4", "1", datetime(2026, 2, 3, 5), "IMAGE", 500, 500, True),  # archived
        ("m0", "1", datetime(2026, 2, 1, 16, 59, 59), "IMAGE", 9, 0),  # before: 9 / 960 = 0.9375 %
        ("m9", "1", datetime(2026, 2, 8, 17), "IMAGE", 900, 0),  # after
    )
    world.add(
        "media_insight",
        *(("m1", "reach", 70, date(2026, 2, 3)), ("m1", "reach", 80, date(2026, 3, 1))),
        *(("m3", "carousel_album_reach", 90, date(2026, 2, 5)), ("m3", "saved", 4, date(2026, 2, 5))),
    )
    # Gained on Tuesday: 3 + 1 of a post of the week, 2 of an old one, 1 of an archived one: 7 / 1010 = 0.6931 %.
    tuesday = date(2026, 2, 3)
    world.add(
        "media_like_comment",
        *(("m1", tuesday, 3, 1), ("m0", tuesday, None, 2), ("m4", tuesday, 1, 0), ("m3", tuesday)),
        *(("m0", date(2026, 2, 1), 9, 0),),
    )
    world.fill(statistics)
    return Period(date(2026, 2, 2), date(2026, 2, 8))


def test_a_week_as_worked_out_by_hand(context: Context, week: Period) -> None:
    found = report(context, find_account(context, "kopi"), week)
    assert found.followers_growth_rate == Change(6.0, 6.6667)  # 60/1000, 60/900
    assert found.own.followers == Change(1060, 960)
    assert found.reach_average == Change(150.5, 50.0)  # (100 + 201) / 2
    assert found.reach_average.growth == 100.5
    assert found.impressions_average == Change(None, None)
    assert found.posts == Change(3, 1)
    assert found.likes_average == Change(11.67, 9.0)  # (10 + 20 + 5) / 3
    assert found.comments_average == Change(1.0, 0.0)  # (2 + 0) / 2: one is not known
    assert found.engagement_rate_average == Change(0.8451, 0.9375)  # (1.2 + 0.4902) / 2, half up
    assert found.engagement_rate_average.growth == -0.0924
    assert [day.engagement for day in found.days] == [None, 7, None, None, None, None, None]
    assert found.days[1].engagement_rate == 0.6931
    assert found.engagement_average == Change(7.0, 9.0)
    assert [post.id for post in found.rankings[Ranking.ENGAGEMENT].best] == ["m1", "m3"]
    assert [post.reach for post in found.rankings[Ranking.REACH].best] == [90, 80]
    [rival] = found.competitors
    assert rival.followers_growth_rate == Change(None, None)  # from 0 followers: divided by 0
    assert rival.posts == Change(0, 0)
    assert rival.likes_average == Change(None, None)


def test_posts_of_a_week_are_those_of_its_local_days(context: Context, week: Period) -> None:
    account = find_account(context, "1")
    rows = frame(context, account, Content.MEDIA, week, "id")
    assert rows["posted_at"].to_list() == [
        datetime(2026, 2, 8, 23, 59, 59),
        datetime(2026, 2, 4, 12),
        datetime(2026, 2, 2, 0, 0),
    ]
    assert rows["media_type"].to_list() == ["Video", "Carousel", "Gambar"]
    assert rows["engagement_rate"].to_list() == [None, 0.4902, 1.2]
    assert rows["reach"].to_list() == [None, 90, 80]
    assert rows["saved"].to_list() == [None, 4, None]
    assert size_of(context, account, week) == 4  # the archived one, too


def test_competitors_tell_public_numbers_only(context: Context, week: Period) -> None:
    rival = find_competitor(context, find_account(context, "1"), "2")
    with context.statistics.session() as session, session.transaction():
        session.execute(
            "INSERT INTO media (id, user_id, timestamp, media_type) VALUES ('r', '2', '2026-02-03', 'IMAGE')"
        )
        session.execute(
            "INSERT INTO media_insight (media_id, metric, value, datestamp) VALUES ('r', 'reach', 9, '2026-02-04')"
        )
    [(_, post)] = AccountNumbers(context, rival, week, public=True).media(10)
    assert (post.id, post.reach, post.likes) == ("r", None, None)
    assert AccountNumbers(context, rival, week, public=True).best_media().by_reach is None


# Which account, which days


def test_only_own_accounts_are_listed_and_found(context: Context, week: Period) -> None:
    assert [each.username for each in list_accounts(context)] == ["kopi", "susu"]
    assert [(line.account.id, line.latest and line.latest.followers) for line in account_lines(context)] == [
        ("1", 1060),
        ("3", None),
    ]
    assert find_account(context, "@susu").id == "3"
    for nobody in ("teh", "2", "kop", ""):
        with pytest.raises(NotFound, match="there is no account"):
            find_account(context, nobody)
    with pytest.raises(NotFound, match="no competitor"):
        find_competitor(context, find_account(context, "1"), "3")


def test_a_name_of_two_accounts_is_asked_about(context: Context, statistics: Database) -> None:
    world = World()
    world.add("user", ("1", "kopi"), ("2", "kopi"))
    world.fill(statistics)
    with pytest.raises(BadRequest, match=r"by its id \(1, 2\)"):
        find_account(context, "kopi")


def test_a_frame_ends_on_the_newest_day_with_data(context: Context, week: Period) -> None:
    account = find_account(context, "1")
    assert account.newest == date(2026, 2, 8)
    assert period_of(context, account, frame=7) == week
    assert period_of(context, account) == Period(date(2026, 1, 12), date(2026, 2, 8))
    assert period_of(context, account, frame=7, until=date(2026, 2, 5)).end == date(2026, 2, 5)
    assert period_of(context, account, frame=7, until=date(2026, 6, 1)).end == date(2026, 2, 8)
    # Without any data: yesterday, in the account's zone.
    assert period_of(context, find_account(context, "3"), frame=7).end == date(2026, 3, 1)
    assert period_of(context, find_account(context, "3"), frame=7, until=date(2026, 1, 1)).end == date(
        2026, 1, 1
    )


def test_without_profile_numbers_the_newest_post_tells_the_newest_day(
    context: Context, statistics: Database
) -> None:
    world = World()
    world.add("user", ("1", "kopi"))
    world.add(
        "media", ("a", "1", datetime(2026, 1, 4, 17), "IMAGE"), ("b", "1", datetime(2026, 1, 9), "IMAGE")
    )
    world.add("media", ("c", "1", datetime(2026, 1, 19), "IMAGE", 1, 1, True))
    world.fill(statistics)
    account = find_account(context, "1")
    assert account.newest == date(2026, 1, 9)
    assert period_of(context, account, until=date(2026, 1, 5)).end == date(2026, 1, 5)
    assert period_of(context, account, until=date(2026, 1, 8)).end == date(2026, 1, 5)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"start": date(2026, 1, 1)}, "together"),
        ({"end": date(2026, 1, 1)}, "together"),
        ({"start": date(2026, 1, 1), "end": date(2026, 1, 2), "frame": 7}, "either"),
        ({"start": date(2026, 1, 2), "end": date(2026, 1, 1)}, "before it begins"),
        ({"frame": 8}, "7, 28, 60, 90"),
    ],
)
def test_a_period_that_cannot_be_is_refused(context: Context, week: Period, given: Any, told: str) -> None:
    with pytest.raises(BadRequest, match=told):
        period_of(context, find_account(context, "1"), **given)


def test_a_wrong_time_zone_of_one_account_leaves_all_listed(context: Context, statistics: Database) -> None:
    world = World()
    world.add("user", ("1", "a"), ("2", "b"), ("3", "c"), ("4", "d"))
    world.add(
        "user_time_zone", ("1", "Asia/Atlantis"), ("2", "Asia/Makassar"), ("3", "localtime"), ("4", "../x")
    )
    world.fill(statistics)
    zones = ["Asia/Jakarta", "Asia/Makassar", "Asia/Jakarta", "Asia/Jakarta"]
    assert [each.zone.key for each in list_accounts(context)] == zones


# Against the model


CASES = [
    ("Asia/Jakarta", Period(date(2026, 1, 25), date(2026, 2, 3))),
    ("America/New_York", Period(date(2026, 3, 5), date(2026, 3, 11))),  # clocks go forward on 8 March
    ("America/New_York", Period(date(2026, 11, 1), date(2026, 11, 1))),  # a day of 25 hours
    ("America/Havana", Period(date(2026, 2, 27), date(2026, 3, 8))),  # 8 March begins at 01:00
    ("Pacific/Auckland", Period(date(2024, 2, 26), date(2024, 3, 3))),  # a leap year
]


def test_all_numbers_are_those_of_the_slow_model(context: Context, statistics: Database) -> None:
    for seed in range(20):
        zone, period = CASES[seed % len(CASES)]
        own = f"s{seed}x"
        world = random_world(seed, own, zone, period, competitors=seed % 4)
        world.fill(statistics)
        account = find_account(context, own)
        model = Model(world, own, ZoneInfo(zone), period)
        before = replace(model, period=period.before)
        found = report(context, account, period)
        _compare_days(found, model, before)
        _compare_posts(found, model, before)
        _compare_audience(found, model)
        assert sorted(each.account.id for each in found.competitors) == [
            f"{own}c{n}" for n in range(seed % 4)
        ]
        for each in (found.own, *found.competitors):
            _compare_public(
                each, replace(model, account=each.account.id), replace(before, account=each.account.id)
            )
        _compare_files(context, account, found, model)
        _compare_endpoints(context, found)


def _compare_days(found: AccountReport, model: Model, before: Model) -> None:
    for days, expected in ((found.days, model), (found.days_before, before)):
        assert [day.day for day in days] == expected.period.all_days()
        for day in days:
            assert day.followers == expected.followers(day.day)
            assert day.reach == expected.insight("user_insight_reach", day.day)
            assert day.impressions == expected.insight("user_insight_impressions", day.day)
            assert day.engagement == expected.gained(day.day)
            assert day.engagement_rate == expected.gained_rate(day.day)
    assert found.followers_growth_rate == Change(model.growth_rate(), before.growth_rate())

    def averages(number: Callable[[Model, date], Any]) -> Change:
        return Change(
            *(mean(number(each, day) for day in each.period.all_days()) for each in (model, before))
        )

    assert found.reach_average == averages(lambda each, day: each.insight("user_insight_reach", day))
    assert found.impressions_average == averages(
        lambda each, day: each.insight("user_insight_impressions", day)
    )
    assert found.engagement_average == averages(lambda each, day: each.gained(day))


def _compare_posts(found: AccountReport, model: Model, before: Model) -> None:
    for ranking in Ranking:
        ranked = found.rankings[ranking]
        ids = ([post.id for post in ranked.best], [post.id for post in ranked.worst])
        assert ids == model.ranked(ranking.value), ranking
    assert found.posts == Change(len(model.posts()), len(before.posts()))


def _compare_audience(found: AccountReport, model: Model) -> None:
    assert [(each.name, each.followers, each.share) for each in found.cities] == model.places(
        "user_insight_audience_city", "city"
    )
    assert [(each.name, each.followers, each.share) for each in found.countries] == model.places(
        "user_insight_audience_country", "country_code"
    )
    for group in found.ages:
        assert (group.female, group.male, group.unknown) == tuple(
            model.people(each, group.age) for each in "FMU"
        )
    stored = {row["age"] for row in model.snapshot("user_insight_audience_gender_age")}
    assert [group.age for group in found.ages] == sorted(stored)
    assert found.genders == {each: model.people(each) for each in found.genders}
    cells = [[model.online(week_day, hour) for hour in range(24)] for week_day in range(7)]
    known = any(cell is not None for row in cells for cell in row)
    assert [list(row) for row in found.online] == (cells if known else [])
    assert [
        (each.hashtag, each.engagement, each.engagement_per_post) for each in found.hashtags
    ] == model.hashtags()


def _compare_public(found: PublicNumbers, model: Model, before: Model) -> None:
    both = (model, before)
    assert found.followers == Change(*(each.last_followers() for each in both))
    assert found.followers_growth_rate == Change(*(each.growth_rate() for each in both))
    assert found.posts == Change(*(len(each.posts()) for each in both))
    assert found.likes_average == Change(
        *(mean(post["like_count"] for post in each.posts()) for each in both)
    )
    assert found.comments_average == Change(
        *(mean(post["comments_count"] for post in each.posts()) for each in both)
    )
    assert found.engagement_rate_average == Change(
        *(mean((post["engagement_rate"] for post in each.posts()), 4) for each in both)
    )
    best = model.ranked("engagement")[0][:1]
    assert ([found.best.id] if found.best else []) == best
    assert [each.hashtag for each in found.hashtags] == [tag for tag, _, _ in model.hashtags()[:5]]


def _compare_files(context: Context, account: Account, found: AccountReport, model: Model) -> None:
    period = found.period
    posts = frame(context, account, Content.MEDIA, period)
    expected = model.posts()
    for column, name in (("likes", "like_count"), ("comments", "comments_count"), ("caption", "caption")):
        assert posts[column].to_list() == [post[name] for post in expected]
    for column in ("reach", "impressions", "saved", "engagement_rate"):
        assert posts[column].to_list() == [post[column] for post in expected]
    assert [each.date() for each in posts["posted_at"]] == [model.day(post["timestamp"]) for post in expected]
    days = [day for day in reversed(found.days) if not day.is_empty]
    assert frame(context, account, Content.PROFILE, period).rows() == [
        (day.day, day.followers, day.reach, day.impressions, day.engagement_rate) for day in days
    ]
    assert frame(context, account, Content.CITY, period).rows() == [
        (each.name, each.province, each.followers, each.share) for each in found.cities
    ]
    whole = model.people()
    ages = frame(context, account, Content.AGE, period)
    assert ages["followers"].to_list() == [model.people(age=group.age) for group in found.ages]
    assert ages["share"].to_list() == [percent(each, whole) for each in ages["followers"]]
    genders = frame(context, account, Content.GENDER, period)
    assert genders["followers"].to_list() == list(found.genders.values())
    assert frame(context, account, Content.HASHTAG, period)["engagement"].to_list() == [
        each.engagement for each in found.hashtags
    ]


def _compare_endpoints(context: Context, found: AccountReport) -> None:
    numbers = AccountNumbers(context, found.account, found.period)
    assert numbers.growth().rate == found.followers_growth_rate
    assert numbers.reach_average() == found.reach_average
    assert numbers.impressions_average() == found.impressions_average
    assert numbers.engagement().average == found.engagement_average
    assert [day.engagement_rate for day in numbers.engagement_days()] == [
        day.engagement_rate for day in found.days
    ]
    assert numbers.engagement().total.now == added(day.engagement for day in found.days)
    averages = numbers.media_averages()
    assert averages.engagement_rate == found.engagement_rate_average
    assert averages.likes == found.likes_average
    assert numbers.cities() == found.cities
    assert numbers.hashtags() == found.hashtags
    best = numbers.best_media()
    for post, ranking in ((best.by_engagement, Ranking.ENGAGEMENT), (best.by_reach, Ranking.REACH)):
        assert post == next(iter(found.rankings[ranking].best), None)
    paged: list[str] = []
    behind = None
    while page := numbers.media(3, behind):
        paged += [post.id for _, post in page]
        behind = (page[-1][0], page[-1][1].id)
    assert len(paged) == found.posts.now == len(set(paged))


def test_pages_that_are_not_wanted_are_not_read(context: Context, week: Period) -> None:
    account = find_account(context, "1")
    whole = report(context, account, week)
    top = report(context, account, week, Page.TOP_POST)
    assert top.rankings == whole.rankings
    assert (top.competitors, top.hashtags, top.ages) == ((), (), ())
    assert all(day.reach is None for day in top.days)
    statistic = report(context, account, week, Page.STATISTIC)
    assert (statistic.days, statistic.reach_average) == (whole.days, whole.reach_average)
    assert (statistic.rankings, statistic.competitors) == ({}, ())
    assert report(context, account, week, Page.COMPETITOR).competitors == whole.competitors


def test_an_account_without_anything_has_an_empty_report(context: Context, week: Period) -> None:
    account = find_account(context, "susu")
    found = report(context, account, week)
    assert all(day.is_empty for day in found.days)
    assert found.followers_growth_rate == found.reach_average == Change(None, None)
    assert found.posts == Change(0, 0)
    assert all(ranked.best == ranked.worst == () for ranked in found.rankings.values())
    assert (found.online, found.ages, found.genders, found.competitors) == ((), (), {}, ())
    assert all(frame(context, account, content, week).is_empty() for content in Content)


def test_five_years_are_a_period_like_any_other(context: Context, statistics: Database) -> None:
    days, end = 1826, date(2026, 3, 15)
    fill(statistics, AccountPlan(accounts=1, days=days, media_per_account=300, competitors=1, until=end))
    [account] = list_accounts(context)
    period = Period(end - timedelta(days=days - 1), end)
    found = report(context, account, period)
    posts = frame(context, account, Content.MEDIA, period)
    with statistics.session() as session:
        [(known, gained)] = session.rows(
            "SELECT COUNT(DISTINCT g.datestamp), SUM(IFNULL(like_count_growth, 0) + IFNULL(comments_count_growth, 0)) "
            "FROM media m JOIN media_like_comment g ON g.media_id = m.id WHERE m.user_id = %s "
            "AND (like_count_growth IS NOT NULL OR comments_count_growth IS NOT NULL) AND g.datestamp BETWEEN %s AND %s",
            (account.id, period.start, end),
        )
        [(likes,)] = session.rows(
            "SELECT SUM(like_count) FROM media WHERE user_id = %s AND NOT is_archived", (account.id,)
        )
    assert len(found.days) == days
    assert added(day.engagement for day in found.days) == gained
    assert sum(day.engagement is not None for day in found.days) == known
    assert posts.height == found.posts.now
    assert posts["likes"].sum() == likes
    assert found.followers_growth_rate.now is not None


# How much is read


@dataclass
class Counted:
    """A database whose sessions' reads and statements are counted."""

    database: Database
    reads: int = 0
    statements: int = 0

    def session(self) -> Any:
        from contextlib import contextmanager

        @contextmanager
        def counted() -> Iterable[Session]:  # type: ignore[misc]
            with self.database.session() as session:
                session.execute("FLUSH STATUS")
                asked = session.rows("SHOW SESSION STATUS LIKE 'Questions'")
                yield session
                now = session.rows("SHOW SESSION STATUS LIKE 'Questions'")
                self.statements += int(now[0][1]) - int(asked[0][1]) - 1
                self.reads += sum(
                    int(row[1]) for row in session.rows("SHOW SESSION STATUS LIKE 'Handler_read%'")
                )

        return counted()


def _years(world: World, years: int) -> None:
    """Five posts of long ago, and as many days of everything as asked for around 2026."""
    for account in ("1", "2"):
        world.add("user", (account, f"u{account}", None, "s" if account == "1" else None))
        for number in range(365 * years):
            day = date(2026, 6, 1) + timedelta(days=number - 365 * years // 2)
            at = datetime.combine(day, datetime.min.time()) + timedelta(hours=7)
            world.add("user_data", (account, day, 100, 1, 1))
            world.add("user_insight_reach", (account, "day", 9, at), (account, "week", 9, at))
            world.add("user_insight_impressions", (account, "day", 9, at))
            world.add("user_insight_online_follower", *((account, hour, 9, at) for hour in (1, 2)))
            world.add("user_insight_audience_city", *((account, city, "", 9, at) for city in "AB"))
            world.add("user_insight_audience_country", (account, "ID", 9, at))
            world.add("user_insight_audience_gender_age", (account, "F", "18-24", 9, at))
            world.add("user_hashtag_metrics", (account, "#a", 9, 1, 1, 1, 1, day))
            for post in range(5):
                world.add("media_like_comment", (f"{account}p{post}", day, 1, 1))
                world.add("media_insight", (f"{account}p{post}", "reach", 9, day))
        for post in range(5):
            posted = datetime(2026, 6, 3 + post)
            world.add("media", (f"{account}p{post}", account, posted, "IMAGE", 1, 1))
    world.add("user_competitor", ("1", "2"))


def test_no_more_is_read_when_there_are_more_years(
    context: Context, statistics: Database, server: Any
) -> None:
    period = Period(date(2026, 6, 1), date(2026, 6, 28))
    reads: list[int] = []
    for years in (1, 4):
        with statistics.session() as session, session.transaction():
            session.execute("SET foreign_key_checks = 0")
            for (table,) in session.rows("SHOW TABLES"):
                if table in World().rows:
                    session.execute(f"DELETE FROM `{table}`")
        world = World()
        _years(world, years)
        world.fill(statistics)
        with statistics.session() as session:
            for table in world.rows:
                session.rows(f"ANALYZE TABLE `{table}`")
        counted = Counted(statistics)
        looking = replace(context, statistics=counted)  # type: ignore[arg-type]
        account = find_account(looking, "1")
        report(looking, account, period)
        for content in Content:
            list(rows_of(looking, account, content, period, "en").frames())
        numbers = AccountNumbers(looking, account, period)
        for ask in (
            numbers.profiles,
            numbers.growth,
            numbers.best_media,
            numbers.engagement,
            numbers.media_averages,
        ):
            ask()
        numbers.media(10)
        account_lines(looking)
        period_of(looking, account, until=date(2026, 6, 5))
        reads.append(counted.reads)
    assert reads[1] == reads[0]
    # The rows of 56 days: 112 profiles, 112 insights, 56 hours … of two accounts; not thousands.
    assert reads[0] < 8000


def test_a_report_takes_as_many_queries_for_twenty_competitors_as_for_one(
    context: Context, statistics: Database
) -> None:
    period = CASES[0][1]
    asked: list[int] = []
    for number, competitors in enumerate((1, 20)):
        own = f"q{number}x"
        world = random_world(number, own, "Asia/Jakarta", period, competitors)
        world.add("media", (f"{own}p", own, datetime(2026, 2, 1), "IMAGE", 1, 1))
        world.fill(statistics)
        account = find_account(context, own)
        assert len(competitors_of(context, account)) == competitors
        counted = Counted(statistics)
        report(replace(context, statistics=counted), account, period)  # type: ignore[arg-type]
        asked.append(counted.statements)
    assert asked[0] == asked[1] <= 25
