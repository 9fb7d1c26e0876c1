"""Rows of the contents, made by hand, for whoever tests what writes them."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from import_export.exports.contents import COLUMNS, Content, Kind, Rows

TYPES: dict[Kind, pl.DataType] = {
    Kind.DAY: pl.Date(),
    Kind.MOMENT: pl.Datetime("us"),
    Kind.TEXT: pl.String(),
    Kind.LINK: pl.String(),
    Kind.COUNT: pl.Int64(),
    Kind.RATE: pl.Float64(),
    Kind.MEAN: pl.Float64(),
}


def frame_of(content: Content, records: Sequence[Sequence[Any]]) -> pl.DataFrame:
    """A frame as the content wants it; missing cells at a row's end are null."""
    columns = COLUMNS[content]
    schema = {column.key: TYPES[column.kind] for column in columns}
    full = [[*record, *[None] * (len(columns) - len(record))] for record in records]
    return pl.DataFrame(full, schema=schema, orient="row")


def rows_of(content: Content, *pieces: Sequence[Sequence[Any]]) -> Rows:
    """Rows in pieces, one for each sequence of records."""
    frames = [frame_of(content, records) for records in pieces]
    return Rows(content, lambda: iter(frames))
