"""The native charts of a workbook; they stand to the right of the rows that they show."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from import_export.exports.contents import COLUMNS, Column, Content, Kind
from import_export.exports.sheet_rows import cell_values
from import_export.exports.workbook_styles import NUMBER_FORMATS, SERIES
from import_export.messages import Language

_DRAWN: Mapping[Content, tuple[str, ...]] = {
    Content.PROFILE: ("followers", "reach", "impressions", "engagement_rate"),
    Content.AGE: ("female", "male", "unknown"),
    Content.CITY: ("followers",),
    Content.COUNTRY: ("followers",),
}
CHARTED = frozenset(_DRAWN)
"""Contents that have charts: all of them short."""
TOP = 10
"""Bars of a chart of places."""
_WIDTH, _HEIGHT, _GAP = 480, 260, 12
_DAYS_NAMED = 10
"""What has room below a chart over days."""
_YEAR = 366
_AGES = {"id": "Followers menurut umur dan jenis kelamin", "en": "Followers by age and gender"}
_PLACES = {
    Content.CITY: {"id": f"{TOP} kota teratas", "en": f"Top {TOP} cities"},
    Content.COUNTRY: {"id": f"{TOP} negara teratas", "en": f"Top {TOP} countries"},
}
_GREY = {"color": "#D9DEE6", "width": 0.75}
_SMALL = {"size": 9}


def add_charts(
    book: Workbook, sheet: Worksheet, content: Content, rows: pl.DataFrame, language: Language
) -> None:
    """Draw what the content's rows (all of them) show; nothing where a chart would be empty."""
    known = [
        column for column in COLUMNS[content] if column.key in _DRAWN[content] and rows[column.key].count()
    ]
    if content is Content.PROFILE:
        charts = [_line(book, sheet, rows, column, language) for column in known]
    elif not known:
        return
    elif content is Content.AGE:
        charts = [_columns(book, sheet, rows, known, language)]
    else:
        charts = [_bars(book, sheet, content, rows.head(TOP), language)]
    for number, chart in enumerate(charts):
        chart.set_size({"width": _WIDTH, "height": _HEIGHT if content is Content.PROFILE else _HEIGHT + 100})
        sheet.insert_chart(
            1,
            len(COLUMNS[content]) + 1,
            chart,
            {
                "x_offset": number % 2 * (_WIDTH + _GAP),
                "y_offset": number // 2 * (_HEIGHT + _GAP),
                "object_position": 3,
                "description": chart.title.name or "",
            },
        )


def _line(book: Workbook, sheet: Worksheet, rows: pl.DataFrame, column: Column, language: Language) -> Any:
    """Over the days; an axis of dates puts them in their order, though the newest row comes first."""
    chart = book.add_chart({"type": "line"})
    series = _series(sheet, Content.PROFILE, rows, "day", column.key)
    series["line"] = {"color": SERIES[0], "width": 2}
    if rows.height <= 31:
        series["marker"] = {
            "type": "circle",
            "size": 4,
            "fill": {"color": SERIES[0]},
            "border": {"none": True},
        }
    chart.add_series(series)
    _dress(chart, column.labels[language])
    chart.set_x_axis(_days_axis(rows))
    chart.set_y_axis({**_values_axis(), "num_format": NUMBER_FORMATS[column.kind]})
    return chart


def _columns(
    book: Workbook, sheet: Worksheet, rows: pl.DataFrame, genders: Sequence[Column], language: Language
) -> Any:
    chart = book.add_chart({"type": "column"})
    for column in genders:
        series = _series(sheet, Content.AGE, rows, "age", column.key)
        colour = SERIES[_DRAWN[Content.AGE].index(column.key)]  # a gender's own, whichever others are known
        chart.add_series(series | {"name": column.labels[language], "fill": {"color": colour}, "gap": 60})
    _dress(chart, _AGES[language])
    chart.set_legend({"position": "bottom"})
    chart.set_x_axis({"num_font": _SMALL, "line": _GREY})
    chart.set_y_axis({**_values_axis(), "num_format": NUMBER_FORMATS[Kind.COUNT]})
    return chart


def _bars(book: Workbook, sheet: Worksheet, content: Content, rows: pl.DataFrame, language: Language) -> Any:
    chart = book.add_chart({"type": "bar"})
    names = "city" if content is Content.CITY else "country"
    series = _series(sheet, content, rows, names, "followers")
    labels = {"value": True, "num_format": NUMBER_FORMATS[Kind.COUNT]}
    chart.add_series(series | {"fill": {"color": SERIES[0]}, "gap": 40, "data_labels": labels})
    _dress(chart, _PLACES[content][language])
    # The largest on top, each with its name.
    chart.set_y_axis({"reverse": True, "interval_unit": 1, "num_font": _SMALL, "line": _GREY})
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}})
    return chart


def _series(
    sheet: Worksheet, content: Content, rows: pl.DataFrame, names: str, values: str
) -> dict[str, Any]:
    """What is drawn, with a copy of the cells: what only previews a file draws from that."""
    columns = {column.key: (place, column) for place, column in enumerate(COLUMNS[content])}
    series: dict[str, Any] = {}
    for role, key in (("categories", names), ("values", values)):
        place, column = columns[key]
        series[role] = [sheet.get_name(), 1, place, rows.height, place]
        cells = rows.select(cell_values(column)).to_series().to_list()
        # A blank tells XlsxWriter that a text is one: a city may be called Nan.
        series[f"{role}_data"] = [f"{cell or ''} " for cell in cells] if column.kind is Kind.TEXT else cells
    return series


def _dress(chart: Any, title: str) -> None:
    chart.set_title({"name": title, "name_font": {"size": 12, "bold": True}, "overlay": False})
    chart.set_legend({"none": True})
    chart.set_chartarea({"border": _GREY})
    chart.show_blanks_as("gap")


def _days_axis(rows: pl.DataFrame) -> dict[str, Any]:
    days = rows["day"]
    span = (days.max() - days.min()).days + 1  # type: ignore[operator, union-attr]
    return {
        "date_axis": True,
        "major_unit": math.ceil(span / _DAYS_NAMED),
        "major_unit_type": "days",
        "num_format": "dd-mm" if span < _YEAR else "mm-yyyy",
        "num_font": _SMALL,
        "line": _GREY,
    }


def _values_axis() -> dict[str, Any]:
    return {"major_gridlines": {"visible": True, "line": _GREY}, "num_font": _SMALL, "line": {"none": True}}
