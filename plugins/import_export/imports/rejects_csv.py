"""Rejected rows as lines of CSV (RFC 4180), thousands at once: cells as they came, then the line and what is wrong."""

from __future__ import annotations

import polars as pl

_TO_QUOTE = '[,"\r\n]'


def of_frame(frame: pl.DataFrame, lines: pl.Series, errors: pl.Series) -> pl.Series:
    """Rows that have as many cells as the header."""
    cells = [_quoted(pl.col(name)) for name in frame.columns]
    told = frame.with_columns(lines.cast(pl.String).alias("line"), errors.alias("errors"))
    return told.select(pl.concat_str(*cells, "line", _quoted(pl.col("errors")), separator=",")).to_series()


def of_lists(rows: pl.Series, width: int, lines: pl.Series, errors: pl.Series) -> pl.Series:
    """Rows that have more or fewer cells than the header, which has `width`.

    One with too few is filled up, so that line and errors stand under their headers; what is too much stands behind.
    """
    cells = rows.list.eval(_quoted(pl.element()))
    missing = (width - cells.list.len().cast(pl.Int64)).clip(0)
    frame = pl.DataFrame(
        {
            "cells": cells.list.head(width).list.join(","),
            "missing": pl.Series([","]).new_from_index(0, len(rows)).repeat_by(missing).list.join(""),
            "line": lines.cast(pl.String),
            "errors": errors,
            "behind": cells.list.slice(width).list.join(","),
            "too_many": cells.list.len() > width,
        }
    )
    behind = pl.when("too_many").then(pl.concat_str(pl.lit(","), "behind")).otherwise(pl.lit(""))
    return frame.select(
        pl.concat_str("cells", "missing", pl.lit(","), "line", pl.lit(","), _quoted(pl.col("errors")), behind)
    ).to_series()


def _quoted(cells: pl.Expr) -> pl.Expr:
    doubled = cells.str.replace_all('"', '""', literal=True)
    quoted = pl.concat_str(pl.lit('"'), doubled, pl.lit('"'))
    return pl.when(cells.str.contains(_TO_QUOTE)).then(quoted).otherwise(cells)
