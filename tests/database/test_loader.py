"""Loading checked rows: MySQL's own counts, upserts, rows that are there already."""

import logging
import random
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import MySQLdb
import polars as pl
import pytest

from import_export.errors import CountsDisagree
from import_export.imports.tables import Column, ColumnType
from import_export.stores.database import Database, Session
from import_export.stores.loader import Merged, load_rows
from import_export.stores.mysql_layout import fitted
from import_export.stores.staging_table import Target, row_hashes
from import_export.stores.tables import list_tables

FIRST, SECOND = datetime(2026, 3, 1, 8), datetime(2026, 3, 2, 8)


def stocks(rows: Iterable[tuple[str, str | None]], first_line: int = 2) -> pl.DataFrame:
    """Rows of (sku, stock_pcs), all of one warehouse and day."""
    rows = list(rows)
    return pl.DataFrame(
        {
            "line": range(first_line, first_line + len(rows)),
            "sku": [sku for sku, _ in rows],
            "warehouse_code": ["W1"] * len(rows),
            "date": ["2026-03-01"] * len(rows),
            "stock_pcs": [pieces for _, pieces in rows],
        },
        schema={"line": pl.Int64, **dict.fromkeys(["sku", "warehouse_code", "date", "stock_pcs"], pl.String)},
    )


def sales(numbers: Iterable[str], **values: str | None) -> pl.DataFrame:
    """Rows that differ in their DO number."""
    numbers = list(numbers)
    return pl.DataFrame(
        {"line": range(2, 2 + len(numbers)), "dono": numbers}
        | {name: [value] * len(numbers) for name, value in values.items()},
        schema={"line": pl.Int64, "dono": pl.String, **dict.fromkeys(values, pl.String)},
    )


def load(
    session: Session,
    table_name: str,
    *frames: pl.DataFrame,
    now: datetime = FIRST,
    job_id: int = 1,
    twice: bool = False,
) -> Merged:
    """`twice`: the frames may be read twice, so that what seems to be new is loaded directly."""
    table = next(table for table in list_tables(session) if table.table_name == table_name)
    again = (lambda: frames) if twice else None
    with session.transaction():
        target = Target(fitted(session, table), tuple(frames[0].columns[1:]), job_id, now)
        return load_rows(session, target, frames, again)


def counts(merged: Merged) -> tuple[int, int, int]:
    return merged.inserted, merged.updated, merged.unchanged


def stored(session: Session) -> dict[str, tuple[Any, ...]]:
    rows = session.rows("SELECT sku, stock_pcs, ImportDate, import_job_id FROM stocks")
    return {sku: tuple(rest) for sku, *rest in rows}


def test_new_rows_are_inserted_with_date_and_job(session: Session) -> None:
    merged = load(session, "stocks", stocks([("00123", "5"), ("A", None)]))
    assert counts(merged) == (2, 0, 0)
    assert stored(session) == {"00123": (5, FIRST, 1), "A": (None, FIRST, 1)}


def test_the_import_date_moves_only_where_a_value_changed(session: Session) -> None:
    load(session, "stocks", stocks([("A", "1"), ("B", "2")]))
    merged = load(session, "stocks", stocks([("A", "1"), ("B", "3"), ("C", "4")]), now=SECOND, job_id=2)
    assert counts(merged) == (1, 1, 1)
    assert stored(session) == {"A": (1, FIRST, 1), "B": (3, SECOND, 2), "C": (4, SECOND, 2)}


def test_null_to_value_and_back_is_a_change(session: Session) -> None:
    load(session, "stocks", stocks([("A", None), ("B", "2")]))
    merged = load(session, "stocks", stocks([("A", "0"), ("B", None)]), now=SECOND, job_id=2)
    assert counts(merged) == (0, 2, 0)
    assert stored(session) == {"A": (0, SECOND, 2), "B": (None, SECOND, 2)}


def test_columns_that_the_file_lacks_keep_their_values_and_get_defaults_when_new(session: Session) -> None:
    load(session, "stocks", stocks([("A", "1")]))
    load(session, "stocks", stocks([("A", "7"), ("B", "8")]).drop("stock_pcs"), now=SECOND)
    assert stored(session) == {"A": (1, FIRST, 1), "B": (0, SECOND, 1)}


def test_of_equal_keys_in_one_file_the_last_row_stays_and_the_others_are_told(session: Session) -> None:
    frame = stocks([("A", "1"), ("B", "2"), ("A", "3"), ("A", "4")])
    merged = load(session, "stocks", frame)
    assert counts(merged) == (2, 0, 0)
    assert merged.superseded == (2, 4)
    assert {sku: row[0] for sku, row in stored(session).items()} == {"A": 4, "B": 2}
    again = load(session, "stocks", frame, now=SECOND, job_id=2)
    assert counts(again) == (0, 0, 2)
    assert stored(session)["A"] == (4, FIRST, 1)


def test_keys_that_differ_in_case_are_different(session: Session) -> None:
    assert counts(load(session, "stocks", stocks([("a", "1"), ("A", "2")]))) == (2, 0, 0)


def test_without_a_key_rows_that_are_there_already_are_skipped(session: Session) -> None:
    assert counts(load(session, "sales", sales(["DO1", "DO2"], kota="Bandung", nama_outlet=None))) == (
        2,
        0,
        0,
    )
    again = sales(["DO2", "DO3"], kota="Bandung", nama_outlet=None)
    assert counts(load(session, "sales", again, now=SECOND, job_id=2)) == (1, 0, 1)
    rows = session.rows("SELECT dono, ImportDate, import_job_id FROM sales ORDER BY dono")
    assert rows == [("DO1", FIRST, 1), ("DO2", FIRST, 1), ("DO3", SECOND, 2)]


def test_null_and_empty_text_are_different_rows(session: Session) -> None:
    load(session, "sales", sales(["DO1"], kota=None, salesman="S"))
    assert counts(load(session, "sales", sales(["DO1"], kota="", salesman="S"), job_id=2)) == (1, 0, 0)


def test_a_column_added_at_the_end_leaves_the_hash_of_rows_without_it() -> None:
    old = pl.DataFrame({"a": ["1"], "b": [None]}, schema={"a": pl.String, "b": pl.String})
    new = old.with_columns(pl.lit(None, pl.String).alias("c"))
    columns = [Column(name, ColumnType.parse("str")) for name in "abc"]
    assert row_hashes(old, columns[:2]).to_list() == row_hashes(new, columns).to_list()


def test_rows_of_files_with_other_columns_are_equal_only_when_all_their_values_are(session: Session) -> None:
    load(session, "sales", sales(["DO1"], kota="X", qty_pcs="0"))
    assert counts(load(session, "sales", sales(["DO1"], kota="X"), job_id=2)) == (0, 0, 1)
    assert counts(load(session, "sales", sales(["DO1"], nama_outlet="X"), job_id=3)) == (1, 0, 0)


def test_a_bad_value_beside_rows_that_are_there_already_rolls_everything_back(session: Session) -> None:
    load(session, "sales", sales(["DO1", "DO2"], qty_pcs="1"))
    with pytest.raises(CountsDisagree, match="warned 2 times"):
        load(
            session,
            "sales",
            sales(["DO1"], qty_pcs="1"),
            sales(["DO3"], qty_pcs="no number"),
            job_id=2,
        )
    assert session.rows("SELECT COUNT(*) FROM sales") == [(2,)]


@pytest.mark.parametrize(
    "text",
    [
        "NULL",
        "\\N",
        "\\",
        'a "quoted" word',
        '"',
        "a,b;c\td|e",
        "line\nbreak",
        "cr\rlf\r\n",
        "Toko 😀 日本",
        "'; DROP TABLE x",
    ],
)
def test_any_text_arrives_as_it_is(session: Session, text: str) -> None:
    load(session, "sales", sales(["DO1"], keterangan=text))
    assert session.rows("SELECT keterangan FROM sales") == [(text,)]


def test_a_value_that_mysql_could_not_keep_rolls_everything_back(session: Session) -> None:
    with pytest.raises(MySQLdb.OperationalError, match="Incorrect integer value: 'no number'"):
        load(session, "stocks", stocks([("A", "1"), ("B", "no number")]))
    assert stored(session) == {}


def test_a_failure_while_rows_are_made_rolls_everything_back(session: Session) -> None:
    table = next(table for table in list_tables(session) if table.table_name == "stocks")

    def frames() -> Iterable[pl.DataFrame]:
        yield stocks([("A", "1")])
        raise RuntimeError("the disk is gone")

    frame = stocks([])
    with pytest.raises(RuntimeError, match="the disk is gone"), session.transaction():
        load_rows(session, Target(table, tuple(frame.columns[1:]), 1, FIRST), frames())
    assert stored(session) == {}


def test_a_server_without_local_infile_is_loaded_by_insert_and_told_so(
    database: Database, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    [(before,)] = session.rows("SELECT @@GLOBAL.local_infile")
    session.execute("SET GLOBAL local_infile = 0")
    try:
        with caplog.at_level(logging.WARNING), database.session(loader=True) as without:
            merged = load(without, "stocks", stocks([("A", "1"), ("B", None), ("A", "2")]))
            again = load(without, "sales", sales(["DO1", "DO2"], kota=None))
    finally:
        session.execute("SET GLOBAL local_infile = %s", (before,))
    assert (counts(merged), merged.superseded, counts(again)) == ((2, 0, 0), (2,), (2, 0, 0))
    assert "local_infile is off" in caplog.text
    assert {sku: row[0] for sku, row in stored(session).items()} == {"A": 2, "B": None}


def test_only_the_loaders_connection_sends_files_to_a_server(
    database: Database, session: Session, tmp_path: Path
) -> None:
    (tmp_path / "secrets").write_text("a secret\n")
    take = f"LOAD DATA LOCAL INFILE '{tmp_path / 'secrets'}' INTO TABLE taken (line)"
    session.execute("CREATE TABLE taken (line VARCHAR(100))")
    with database.session() as ordinary:
        with pytest.raises(MySQLdb.Error, match=r"(?i)local"):
            ordinary.execute(take)
        assert ordinary.rows("SELECT * FROM taken") == []
    session.execute(take)
    assert session.rows("SELECT * FROM taken") == [("a secret",)]


@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_upserts_agree_with_a_slow_and_obvious_model(session: Session, seed: int, twice: bool) -> None:
    """Also where the first rows are new, and so all of them seem to be."""
    chance = random.Random(seed)
    model: dict[str, tuple[Any, ...]] = {}
    for job_id in range(1, 6):
        now = datetime(2026, 3, job_id)
        rows = [
            (f"K{chance.randrange(30)}", chance.choice([None, "0", "1", "2"]))
            for _ in range(chance.randrange(60))
        ]
        rows = [(f"N{job_id}", "1"), *rows]
        frames = stocks(rows[:1]), stocks(rows[1:], first_line=3)
        merged = load(session, "stocks", *frames, now=now, job_id=job_id, twice=twice)
        inserted = updated = unchanged = 0
        for key, value in dict(rows).items():
            pieces = None if value is None else int(value)
            if key not in model:
                inserted += 1
            elif model[key][0] != pieces:
                updated += 1
            else:
                unchanged += 1
                continue
            model[key] = (pieces, now, job_id)
        assert counts(merged) == (inserted, updated, unchanged)
        assert merged.rows == inserted + updated + unchanged + len(merged.superseded)
        assert stored(session) == model


def test_rows_whose_texts_hold_the_hashs_separator_are_told_apart(session: Session) -> None:
    frame = sales(["p", "p"], kota="x").with_columns(
        kota=pl.Series(["q\x1fr", "q"]), salesman=pl.Series(["s", "r\x1fs"])
    )
    columns = [Column(name, ColumnType.parse("str")) for name in ("dono", "kota", "salesman")]
    assert row_hashes(frame, columns).n_unique() == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", None), ("a", "")),
        ((None, "a"), ("", "a")),
        (("", None), (None, "")),
        (("a\x1f", None), ("a", "")),
    ],
)
def test_rows_with_empty_texts_and_nulls_are_told_apart(
    one: tuple[str | None, ...], other: tuple[str | None, ...]
) -> None:
    frame = pl.DataFrame([one, other], schema={"a": pl.String, "b": pl.String}, orient="row")
    columns = [Column(name, ColumnType.parse("str")) for name in "abc"]
    assert row_hashes(frame, columns[:2]).n_unique() == 2
    assert row_hashes(frame, columns[:2]).to_list() == row_hashes(frame, columns).to_list()
