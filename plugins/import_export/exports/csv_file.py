"""Writes one content as CSV that Excel opens by a double click: RFC 4180, UTF-8 with a mark."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator

import polars as pl

from import_export.exports.contents import Column, Kind, Rows
from import_export.exports.harmless import harmless_texts
from import_export.messages import Language

DAY_FORMAT = "%d-%m-%Y"
MOMENT_FORMAT = "%d-%m-%Y %H:%M"


def csv_pieces(
    rows: Rows, language: Language, *, bom: bool = True, guard: bool = True, delimiter: str = ","
) -> Iterator[bytes]:
    """The file in pieces: the header first, then the rows as they come.

    Columns are separated by `delimiter`; with `;` numbers have a decimal comma, as Excel wants both together or neither.
    Rates are plain numbers of percent (0.33 is 0.33 %); what is missing is empty, as an empty text is. `guard`: texts that
    a spreadsheet would run get an apostrophe; numbers never do.
    """
    header = pl.DataFrame(schema={column.labels[language]: pl.String for column in rows.columns})
    yield (codecs.BOM_UTF8 if bom else b"") + _lines(header, delimiter, include_header=True)
    for frame in rows.frames():
        if frame.height:
            yield _lines(frame.select(_cells(column, guard=guard) for column in rows.columns), delimiter)


def _lines(frame: pl.DataFrame, delimiter: str, *, include_header: bool = False) -> bytes:
    target = io.BytesIO()
    frame.write_csv(
        target,
        include_header=include_header,
        separator=delimiter,
        decimal_comma=delimiter == ";",
        line_terminator="\r\n",
        date_format=DAY_FORMAT,
        datetime_format=MOMENT_FORMAT,
        float_scientific=False,
    )
    return target.getvalue()


def _cells(column: Column, *, guard: bool) -> pl.Expr:
    cells = pl.col(column.key)
    if column.kind not in (Kind.TEXT, Kind.LINK):
        return cells
    written = pl.when(cells != "").then(cells)
    return harmless_texts(written).alias(column.key) if guard else written
