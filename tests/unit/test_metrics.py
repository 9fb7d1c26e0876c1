"""Rates, averages, growth, rankings: against hand-worked numbers and obvious models."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from import_export.exports.contents import country_name
from import_export.exports.metrics import (
    Audience,
    Online,
    Post,
    Profile,
    age_groups,
    age_total,
    average,
    average_rate,
    days_of,
    engagement_of,
    followers_at_end,
    followers_growth_rate,
    genders,
    hashtag_of,
    heat_map,
    media_of,
    places,
    total,
)
from import_export.exports.numbers import rate, ratio
from import_export.exports.periods import Period
from import_export.exports.rankings import Leader, Podium, Tally, followers_frame, rate_units, with_rates
from import_export.exports.report import RANKED, AgeGroup, Change, Day, Ranking
from tests.account_world import rounded

JAKARTA = ZoneInfo("Asia/Jakarta")
DAY = date(2026, 2, 2)
WEEK = Period(DAY, date(2026, 2, 8))
COUNTS = st.integers(0, 10**10)
"""More than there are people."""


def followers(*counts: int | None) -> tuple[Day, ...]:
    return tuple(Day(DAY + timedelta(days=number), followers=count) for number, count in enumerate(counts))


# Rounding


@given(
    numerator=st.integers(-(10**15), 10**15),
    denominator=st.integers(-(10**9), 10**9),
    decimals=st.integers(0, 4),
)
def test_quotients_are_rounded_half_away_from_0(numerator: int, denominator: int, decimals: int) -> None:
    expected = rounded(Fraction(numerator, denominator), decimals) if denominator else None
    assert ratio(numerator, denominator, decimals) == expected


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (1, 3, 33.3333),
        (2, 3, 66.6667),
        (1, 200000, 0.0005),
        (1, 2000000, 0.0001),
        (1, 2000001, 0.0),
        (0, 5, 0.0),
        (5, 0, None),
        (None, 5, None),
        (5, None, None),
        (0, 0, None),
        (-1, 2000000, -0.0001),
    ],
)
def test_rates_are_percent_with_four_decimals(
    part: int | None, whole: int | None, expected: float | None
) -> None:
    assert rate(part, whole) == expected


@given(
    rows=st.lists(
        st.tuples(st.none() | COUNTS, st.none() | COUNTS, st.none() | COUNTS), min_size=1, max_size=30
    )
)
def test_rates_of_frames_are_those_of_single_posts(
    rows: list[tuple[int | None, int | None, int | None]],
) -> None:
    moment = datetime(2026, 2, 1, 17)
    frame = pl.DataFrame(
        [(str(n), str(n), moment, likes, comments) for n, (likes, comments, _) in enumerate(rows)],
        schema=["id", "user_id", ("moment", pl.Datetime("us")), ("likes", pl.Int64), ("comments", pl.Int64)],
        orient="row",
    )
    known = followers_frame({str(n): {DAY: count} for n, (_, _, count) in enumerate(rows)})
    found = with_rates(frame, known, JAKARTA)
    assert found["engagement_rate"].to_list() == [
        rate(engagement_of(likes, comments), count) for likes, comments, count in rows
    ]
    assert found["posted_at"].to_list() == [datetime(2026, 2, 2)] * len(rows)


@given(part=st.integers(-(2**63), 2**63 - 1), whole=st.integers(-(2**63), 2**63 - 1))
def test_counts_that_cannot_be_never_overflow(part: int, whole: int) -> None:
    frame = pl.DataFrame({"part": [part], "whole": [whole]})
    [units] = frame.select(rate_units(pl.col("part"), pl.col("whole"))).to_series().to_list()
    exact = rounded(Fraction(part * 100, whole), 0) if whole else None
    if units is not None and exact is not None and abs(exact) < 10**11:
        assert units == round(Fraction(str(rate(part, whole))) * 10**4)
    assert (units is None) == (whole == 0 or abs(Fraction(part * 10**6, whole)) > 2**63 - 1)


# Days


def test_every_day_of_the_period_is_there_and_missing_stays_none() -> None:
    days = days_of(
        WEEK, [Profile(DAY, 200), Profile(DAY + timedelta(days=1))], engagement={DAY: 3, date(2026, 1, 1): 9}
    )
    assert [day.day for day in days] == WEEK.all_days()
    assert (days[0].engagement, days[0].engagement_rate) == (3, 1.5)
    assert days[1].is_empty
    assert days[2].is_empty


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((1000, 1010, 1060), 6.0),
        ((1060, 1000), -5.6604),
        ((None, 100, None, 150, None), 50.0),  # the first and the last that are known
        ((100, None, None), None),  # known on one day only: nothing to compare
        ((100,), 0.0),  # a period of one day
        ((0, 10), None),
        ((None, None), None),
        ((), None),
    ],
)
def test_followers_growth_rate(counts: Sequence[int | None], expected: float | None) -> None:
    assert followers_growth_rate(followers(*counts)) == expected


def test_followers_at_the_end_are_those_of_the_last_day_with_data() -> None:
    assert followers_at_end(followers(1, 2, None)) == 2
    assert followers_at_end(followers(None)) is None


def test_averages_leave_out_what_is_missing() -> None:
    assert average([1, None, 2]) == 1.5
    assert average([1, 1, 0]) == 0.67
    assert average([None]) is None
    assert average_rate([0.0001, None, 0.0002]) == 0.0002  # 0.00015, half up
    assert total([None, None]) is None
    assert total([0, None]) == 0


def test_growth_is_a_difference_and_missing_when_either_is() -> None:
    assert Change(0.3, 0.1).growth == 0.2
    assert Change(None, 1).growth is None
    assert Change(1, None).growth is None


def test_engagement_of_a_post_is_missing_when_a_part_of_it_is() -> None:
    assert [engagement_of(2, 3), engagement_of(None, 3), engagement_of(2, None)] == [5, None, None]


def test_a_posts_rate_is_of_the_followers_of_its_local_day() -> None:
    post = Post(
        id="1", user_id="u", moment=datetime(2026, 2, 1, 17), media_type="IMAGE", likes=3, comments=0, caption=None,
        permalink=None, hashtags=None, reach=None, impressions=None, saved=None,
    )  # fmt: skip
    found = media_of(post, JAKARTA, {DAY: 100, date(2026, 2, 1): 1})
    assert (found.posted_at, found.engagement_rate) == (datetime(2026, 2, 2), 3.0)
    assert media_of(post, JAKARTA, {}).engagement_rate is None


# Audience


def test_places_are_ordered_by_followers_then_name_and_share_the_sum() -> None:
    found = places([("B", "", 1), ("A", "", 1), ("C", "", None), ("D", "", 2)])
    assert [(each.name, each.share) for each in found] == [("D", 50.0), ("A", 25.0), ("B", 25.0), ("C", None)]
    assert places([]) == ()


def test_ages_are_in_their_order_and_unknown_genders_counted_as_such() -> None:
    rows = [
        Audience("F", "65+", 1),
        Audience("M", "13-17", 2),
        Audience("U", "13-17", 3),
        Audience("X", "13-17", 4),
        Audience("F", "18-24", None),
        Audience("F", "?", 9),
    ]
    found = age_groups(rows)
    assert found == (
        AgeGroup("13-17", None, 2, 7),
        AgeGroup("18-24", None, None, None),
        AgeGroup("65+", 1, None, None),
        AgeGroup("?", 9, None, None),
    )
    assert [age_total(each) for each in found] == [9, None, 1, 9]
    assert genders(rows) == {"F": 10, "M": 2, "U": 7}
    assert genders([Audience("F", "65+", None)]) == {"F": None}


def test_the_heat_map_has_the_mean_of_each_hour_of_each_day_of_the_week() -> None:
    monday = DAY
    found = heat_map(
        [
            Online(monday, 9, 10),
            Online(monday + timedelta(days=7), 9, 15),
            Online(monday, 10, None),
            Online(WEEK.end, 0, 1),
        ]
    )
    assert [len(row) for row in found] == [24] * 7
    assert (found[0][9], found[0][10], found[6][0]) == (12.5, None, 1.0)
    assert heat_map([Online(monday, 9, None)]) == ()


def test_a_hashtag_has_its_sign_and_a_rounded_mean() -> None:
    found = hashtag_of("kopi", 4, 1, 1, 10, Decimal("2.1250"))
    assert (found.hashtag, found.engagement_per_post) == ("#kopi", 2.13)
    assert hashtag_of("#kopi", None, None, None, None, None).hashtag == "#kopi"


def test_countries_are_told_in_words_and_unknown_ones_by_their_code() -> None:
    assert [country_name("DE", "id"), country_name("DE", "en"), country_name("?!", "en")] == [
        "Jerman",
        "Germany",
        "?!",
    ]


# Rankings

POSTS = st.lists(
    st.tuples(st.integers(0, 3), st.none() | st.integers(0, 4), st.none() | st.integers(0, 2)), max_size=40
)


@given(posts=POSTS, pieces=st.integers(1, 7))
def test_best_and_worst_are_those_of_all_posts_sorted_however_they_come(
    posts: list[tuple[int, int | None, int | None]], pieces: int
) -> None:
    rows = [
        (f"p{number}", "u", datetime(2026, 2, 2 + day), likes, comments, likes, comments)
        for number, (day, likes, comments) in enumerate(posts)
    ]
    schema = {"id": pl.String, "user_id": pl.String, "moment": pl.Datetime("us")} | dict.fromkeys(
        ("likes", "comments", "reach", "saved"), pl.Int64
    )
    podiums = {ranking: Podium.by(ranking) for ranking in Ranking}
    first = Leader("likes", 1)
    leaders = [first, *(leader for podium in podiums.values() for leader in (podium.best, podium.worst))]
    tally = Tally(datetime(2026, 2, 3), followers_frame({"u": {date(2026, 2, 4): 7}}), JAKARTA)
    for begin in range(0, len(rows), pieces):
        tally.add(pl.DataFrame(rows[begin : begin + pieces], schema=schema, orient="row"), leaders)
    now = [row for row in rows if row[2] >= datetime(2026, 2, 3)]
    known = sorted((row for row in now if row[3] is not None), key=lambda row: row[0])
    known.sort(key=lambda row: row[2], reverse=True)
    best = sorted(known, key=lambda row: -(row[3] or 0))[:RANKED]
    worst = sorted((row for row in known if row not in best), key=lambda row: row[3] or 0)[:RANKED]
    assert podiums[Ranking.LIKES].ids("u") == ([row[0] for row in best], [row[0] for row in worst])
    assert podiums[Ranking.REACH].ids("u") == podiums[Ranking.LIKES].ids("u")
    assert first.ids("u", "now") == [row[0] for row in best][:1]
    averages = tally.averages("u")
    assert averages.posts == Change(len(now), len(rows) - len(now))
    assert averages.likes.now == average(row[3] for row in now)
    rates = [rate(engagement_of(row[3], row[4]), 7 if row[2].day == 4 else None) for row in now]
    assert averages.engagement_rate == Change(average_rate(rates), None)
    best_by_rate, worst_by_rate = podiums[Ranking.ENGAGEMENT_RATE].ids("u")
    assert not {*best_by_rate} & {*worst_by_rate}


def test_an_account_without_posts_has_no_averages() -> None:
    tally = Tally(datetime(2026, 2, 3), followers_frame({}), JAKARTA)
    assert tally.averages("u").posts == Change(0, 0)
    assert tally.averages("u").likes == Change(None, None)
