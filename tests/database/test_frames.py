"""Frames that are streamed out of a SELECT, on each of the servers."""

from contextlib import closing
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from import_export.errors import DatabaseUnavailable
from import_export.stores.database import Database, Session
from import_export.stores.frames import read_frames

NUMBERS = "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def all_rows(session: Session, sql: str, values: Any, **schema: pl.DataType) -> list[tuple[Any, ...]]:
    return [row for frame in read_frames(session, sql, values, schema) for row in frame.rows()]


def test_each_type_comes_as_it_is_stored(session: Session) -> None:
    session.execute(
        "CREATE TEMPORARY TABLE kinds (n BIGINT, f DOUBLE, d DECIMAL(18, 4), s TEXT, day DATE, at DATETIME, at6 DATETIME(6)) "
        "CHARACTER SET utf8mb4"
    )
    at, at6 = datetime(2022, 10, 23, 10, 0, 1), datetime(1999, 12, 31, 23, 59, 59, 999999)
    rows = [
        (-(2**63), 1e300, 12.5, "", date(2022, 10, 23), at, at6),
        (2**63 - 1, -2.5e-7, -0.0001, "kopi ☕👩‍👩‍👧", date(2024, 2, 29), at, at6),
        (None,) * 7,
    ]
    for row in rows:
        session.execute("INSERT INTO kinds VALUES (%s, %s, %s, %s, %s, %s, %s)", row)
    found = all_rows(
        session,
        "SELECT * FROM kinds",
        None,
        n=pl.Int64(),
        f=pl.Float64(),
        d=pl.Float64(),
        s=pl.String(),
        day=pl.Date(),
        at=pl.Datetime("us"),
        at6=pl.Datetime("us"),
    )
    assert found == rows


@given(texts=st.lists(st.none() | TEXTS, min_size=1, max_size=5))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back_as_it_was_sent(session: Session, texts: list[str | None]) -> None:
    sql = " UNION ALL ".join(["SELECT %s AS text"] * len(texts))
    assert all_rows(session, sql, texts, text=pl.String()) == [(text,) for text in texts]


def test_values_are_bound_by_name_and_a_percent_sign_is_left_alone_without_values(session: Session) -> None:
    assert all_rows(session, "SELECT %(a)s", {"a": "'; DROP"}, a=pl.String()) == [("'; DROP",)]
    assert all_rows(session, "SELECT '5%s'", None, a=pl.String()) == [("5%s",)]


def test_pieces_have_about_as_many_rows_as_are_asked_for(session: Session) -> None:
    sql = NUMBERS + "SELECT a.i FROM n AS a, n AS b LIMIT 25000"
    heights = [frame.height for frame in read_frames(session, sql, None, {"i": pl.Int64()}, rows=10_000)]
    assert heights == [10_000, 10_000, 5_000]


def test_a_query_without_rows_gives_no_frame(session: Session) -> None:
    assert list(read_frames(session, "SELECT 1 FROM DUAL WHERE 1 = 0", None, {"i": pl.Int64()})) == []


def test_the_session_can_be_used_on_after_an_early_end(session: Session) -> None:
    with closing(
        read_frames(session, NUMBERS + "SELECT a.i FROM n AS a, n AS b", None, {"i": pl.Int64()})
    ) as frames:
        assert next(frames).height == 20_000
    assert session.rows("SELECT 7") == [(7,)]


def test_other_columns_than_expected_are_told_and_the_session_can_be_used_on(session: Session) -> None:
    with pytest.raises(ValueError, match=r"\['a', 'b'\]"):
        all_rows(session, "SELECT 1 AS a, 2 AS b", None, a=pl.Int64())
    assert session.rows("SELECT 7") == [(7,)]


def test_a_cell_of_another_type_is_an_error_and_never_null(session: Session) -> None:
    with pytest.raises(pl.exceptions.InvalidOperationError, match="ten"):
        all_rows(session, "SELECT 'ten' AS a", None, a=pl.Int64())
    assert session.rows("SELECT 7") == [(7,)]


def test_a_query_that_is_ended_by_the_server_is_worth_another_try(
    database: Database, session: Session
) -> None:
    [(number,)] = session.rows("SELECT CONNECTION_ID()")
    sql = NUMBERS + "SELECT a.i, REPEAT('x', 1000) FROM n AS a, n AS b"
    frames = read_frames(session, sql, None, {"i": pl.Int64(), "x": pl.String()}, rows=2_000)
    next(frames)
    with database.session() as other:
        other.execute(f"KILL QUERY {int(number)}")
    with pytest.raises(DatabaseUnavailable):
        list(frames)


def test_moments_are_taken_without_a_zone(session: Session) -> None:
    moment = datetime.now(UTC).replace(tzinfo=None)
    assert all_rows(session, "SELECT %s", [moment], at=pl.Datetime("us")) == [(moment,)]
