"""Days of a time zone: which moments lie in them, the period before, frames, labels."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from import_export.errors import BadRequest
from import_export.exports.periods import FRAMES, Period, day_of, local

JAKARTA, NEW_YORK = ZoneInfo("Asia/Jakarta"), ZoneInfo("America/New_York")
ZONES = [
    "Asia/Jakarta",
    "America/New_York",
    "America/Havana",
    "Asia/Beirut",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "UTC",
]
SECOND = timedelta(seconds=1)


def test_a_day_of_jakarta_begins_at_five_in_the_afternoon_before() -> None:
    since, until = Period(date(2026, 2, 28), date(2026, 3, 1)).moments(JAKARTA)
    assert (since, until) == (datetime(2026, 2, 27, 17), datetime(2026, 3, 1, 17))
    assert day_of(since, JAKARTA) == date(2026, 2, 28)
    assert day_of(until - SECOND, JAKARTA) == date(2026, 3, 1)
    assert day_of(until, JAKARTA) == date(2026, 3, 2)


def test_days_of_changed_clocks_have_23_and_25_hours() -> None:
    for day, hours in ((date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 11, 2), 24)):
        since, until = Period(day, day).moments(NEW_YORK)
        assert until - since == timedelta(hours=hours)


def test_the_second_of_two_equal_hours_is_told_apart() -> None:
    first, second = (local(datetime(2026, 11, 1, hour, 30), NEW_YORK) for hour in (5, 6))
    assert first == second == datetime(2026, 11, 1, 1, 30)
    assert [each.replace(tzinfo=NEW_YORK).isoformat()[-6:] for each in (first, second)] == [
        "-04:00",
        "-05:00",
    ]


@given(
    zone=st.sampled_from(ZONES),
    start=st.dates(date(2011, 1, 1), date(2099, 12, 31)),
    days=st.integers(1, 100),
    data=st.data(),
)
def test_a_moment_lies_between_a_periods_bounds_just_when_its_day_is_in_it(
    zone: str, start: date, days: int, data: st.DataObject
) -> None:
    period, found = Period(start, start + timedelta(days=days - 1)), ZoneInfo(zone)
    since, until = period.moments(found)
    near = st.sampled_from([since - SECOND, since, until - SECOND, until])
    moment = data.draw(near | st.datetimes(since - timedelta(days=3), until + timedelta(days=3)))
    assert (since <= moment < until) == (period.start <= day_of(moment, found) <= period.end)
    assert day_of(moment, found) == moment.replace(tzinfo=UTC).astimezone(found).date()


@given(start=st.dates(date(2010, 1, 1), date(2099, 12, 31)), days=st.integers(1, 365))
def test_the_period_before_is_as_long_and_ends_the_day_before(start: date, days: int) -> None:
    period = Period(start, start + timedelta(days=days - 1))
    assert period.before.days == period.days == days == len(period.all_days())
    assert period.before.end + timedelta(days=1) == period.start
    assert period.with_before.all_days() == period.before.all_days() + period.all_days()


@pytest.mark.parametrize("frame", FRAMES)
def test_a_frame_has_that_many_days_and_ends_on_the_newest(frame: int) -> None:
    found = Period.back_from(date(2026, 3, 1), frame)
    assert (found.days, found.end) == (frame, date(2026, 3, 1))


def test_a_week_before_the_first_of_march_knows_leap_years() -> None:
    assert Period.back_from(date(2024, 3, 1), 7).start == date(2024, 2, 24)
    assert Period.back_from(date(2026, 3, 1), 7).start == date(2026, 2, 23)


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        (date(2026, 1, 2), date(2026, 1, 1), "before it begins"),
        (date(2009, 12, 31), date(2026, 1, 1), "must lie between"),
        (date(2026, 1, 1), date(2101, 1, 1), "must lie between"),
        (date(2010, 1, 1), date(2026, 1, 1), "at most 3660"),
    ],
)
def test_periods_that_cannot_be_are_refused(start: date, end: date, told: str) -> None:
    with pytest.raises(BadRequest, match=told):
        Period(start, end)


@pytest.mark.parametrize("frame", [0, -7, 1, 27, 365])
def test_other_frames_are_refused(frame: int) -> None:
    with pytest.raises(BadRequest, match="7, 28, 60, 90"):
        Period.back_from(date(2026, 1, 1), frame)


def test_a_period_is_said_as_the_file_names_say_it() -> None:
    period = Period(date(2022, 10, 18), date(2022, 10, 24))
    assert period.label("id") == "18 Oktober 2022 - 24 Oktober 2022"
    assert period.label("en") == "18 October 2022 - 24 October 2022"
