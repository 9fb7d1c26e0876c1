"""Dates: day first or month first is a property of the column."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from import_export.imports.dates import parse_moment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("03/04/2026", "2026-04-03"),
        ("3-4-26", "2026-04-03"),
        ("3.4.2026", "2026-04-03"),
        ("31/12/69", "2069-12-31"),
        ("31/12/70", "1970-12-31"),
        ("2026-04-03", "2026-04-03"),
        ("2026/4/3", "2026-04-03"),
        ("20260403", "2026-04-03"),
        ("3 Agustus 2026", "2026-08-03"),
        ("03-Agu-26", "2026-08-03"),
        ("3 Mei 2026", "2026-05-03"),
        ("May 3, 2026", "2026-05-03"),
        ("03/04/2026 00:00:00", "2026-04-03"),
        ("2026-04-03T10:00:00Z", "2026-04-03"),
        ("46115", "2026-04-03"),
    ],
)
def test_forms_that_mean_one_day(text: str, expected: str) -> None:
    moment = parse_moment(text, first_is_day=True)
    assert moment is not None
    assert moment.at.date() == date.fromisoformat(expected)


def test_times_are_read() -> None:
    for text, hour in (("03/04/2026 7:05", 7), ("03/04/2026 07:05 PM", 19), ("2026-04-03 12:05:09 AM", 0)):
        moment = parse_moment(text, first_is_day=True)
        assert moment is not None
        assert moment.at.hour == hour
        assert moment.at.minute == 5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "31/02/2026",
        "13/13/2026",
        "00/00/0000",
        "0000-00-00",
        "3 Foo 2026",
        "2026",
        "1/2",
        "03/04/2026 25:00",
        "7",
    ],
)
def test_forms_that_mean_none(text: str) -> None:
    assert parse_moment(text, first_is_day=True) is None


def test_month_first_is_read_where_the_column_says_so() -> None:
    moment = parse_moment("03/04/2026", first_is_day=False)
    assert moment is not None
    assert moment.at == datetime(2026, 3, 4)
    assert parse_moment("13/04/2026", first_is_day=False) is None


@given(
    st.dates(date(1970, 1, 1), date(2069, 12, 31)),
    st.sampled_from(["%d/%m/%Y", "%d-%m-%y", "%Y-%m-%d", "%Y%m%d", "%d %B %Y"]),
)
def test_a_day_written_in_a_form_is_read_back_exactly(day: date, form: str) -> None:
    moment = parse_moment(f"{day:{form}}", first_is_day=True)
    assert moment is not None
    assert moment.at.date() == day
