"""Streams a SELECT into polars frames: cells come as bytes and are parsed a column at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any

import MySQLdb
import polars as pl
from MySQLdb import _mysql

from import_export.stores.database import Session, translated_errors

FETCHED = 2_000
"""Rows that are Python objects at the same time; more of them leave the processor's cache (half as fast: measured)."""

Values = Mapping[str, Any] | Sequence[Any] | None


def read_frames(
    session: Session, sql: str, values: Values, schema: Mapping[str, pl.DataType], rows: int = 20_000
) -> Generator[pl.DataFrame]:
    """Frames of about `rows` rows, of a query's columns in the order of `schema`; none where it finds no row.

    `schema`: Int64, Float64, String, Date or Datetime("us"), without a zone. NULL is null. The session is the reader's own
    until the end; closing the iterator earlier reads the rest away, so that the session can be used on. Raises `ValueError`
    when the query has other columns, polars' `InvalidOperationError` when a cell is not of its type.
    """
    with translated_errors():
        raw = getattr(session.raw, "driver_connection", session.raw)  # a pooled session's is wrapped
        raw.query(raw.cursor().mogrify(sql, values))
        result: Any = _mysql.result(raw, True, {})  # unbuffered; without converters cells are bytes
        try:
            yield from _frames(result, schema, rows)
        except MySQLdb.Error:
            raise
        except (
            BaseException
        ):  # closed early, or a wrong cell: what was not read yet would stand in the session's way
            result.discard()
            raise


def _frames(result: Any, schema: Mapping[str, pl.DataType], rows: int) -> Iterator[pl.DataFrame]:
    found = [column[0] for column in result.describe()]
    if len(found) != len(schema):
        raise ValueError(f"the query gives the columns {found}, not {list(schema)}")
    pieces: list[pl.DataFrame] = []
    while fetched := result.fetch_row(FETCHED, 0):
        pieces.append(_bytes_frame(fetched, schema))
        if len(pieces) * FETCHED >= rows:
            yield _parsed(pieces, schema)
            pieces = []
    if pieces:
        yield _parsed(pieces, schema)


def _bytes_frame(fetched: Sequence[tuple[bytes | None, ...]], names: Mapping[str, Any]) -> pl.DataFrame:
    columns = zip(names, zip(*fetched, strict=True), strict=True)
    return pl.DataFrame([pl.Series(name, cells, pl.Binary) for name, cells in columns])


def _parsed(pieces: list[pl.DataFrame], schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    texts = pl.concat(pieces).select(pl.all().cast(pl.String))
    return texts.select(_typed(pl.col(name), kind) for name, kind in schema.items())


def _typed(column: pl.Expr, kind: pl.DataType) -> pl.Expr:
    if kind == pl.Date:
        return column.str.to_date("%Y-%m-%d")
    if kind == pl.Datetime:
        return column.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us")
    return column.cast(kind)
