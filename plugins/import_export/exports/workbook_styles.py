"""How the cells of a workbook look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format

from import_export.exports.contents import Kind

DARK, PALE, LINE = "#1F3A5F", "#EEF2F8", "#8EA3BF"
SERIES = ("#2F6DB5", "#E07B39", "#7A8797")
"""Colours of a chart's series."""

NUMBER_FORMATS: Mapping[Kind, str] = {
    Kind.DAY: "dd-mm-yyyy",
    Kind.MOMENT: "dd-mm-yyyy hh:mm",
    Kind.COUNT: "#,##0",
    Kind.RATE: "0.00%",
    Kind.MEAN: "#,##0.00",
}
_NUMBERS = frozenset({Kind.COUNT, Kind.RATE, Kind.MEAN})
"""What stands at the right of its column; all else, dates too, at the left, a little away from a number before it."""
_LEFT = {"align": "left", "indent": 1}
_RIGHT = {"align": "right", "indent": 1}
_RIGHT_HEADER = {"align": "right", "indent": 2}
"""The filter's button has the corner."""


@dataclass(frozen=True, slots=True)
class Styles:
    """The formats of one workbook."""

    headers: Mapping[Kind, Format]
    note: Format
    total_label: Format
    totals: Mapping[Kind, Format]
    cells: Mapping[Kind, int]
    """The numbers by which the XML of cells names its format."""

    @classmethod
    def of(cls, book: Workbook) -> Styles:
        """Add them to a workbook, always in the same order, so that the numbers are the same in each."""
        cells = {kind: _number(book.add_format(_cell(kind))) for kind in Kind}
        header = {
            "bold": True,
            "font_color": "#FFFFFF",
            "bg_color": DARK,
            "valign": "vcenter",
            "text_wrap": True,
            "border": 1,
            "border_color": LINE,
        }
        left, right = book.add_format(header | _LEFT), book.add_format(header | _RIGHT_HEADER)
        total = {"bold": True, "top": 1, "top_color": DARK, "bg_color": PALE}
        return cls(
            headers={kind: right if kind in _NUMBERS else left for kind in Kind},
            note=book.add_format({"italic": True, "font_color": "#666666"} | _LEFT),
            total_label=book.add_format(total | _LEFT),
            totals={
                kind: book.add_format(total | _RIGHT | {"num_format": NUMBER_FORMATS[kind]})
                for kind in Kind
                if kind in _NUMBERS
            },
            cells=cells,
        )


def _cell(kind: Kind) -> dict[str, Any]:
    looks: dict[str, Any] = {"valign": "top"} | (_RIGHT if kind in _NUMBERS else _LEFT)
    if kind in NUMBER_FORMATS:
        return looks | {"num_format": NUMBER_FORMATS[kind]}
    if kind is Kind.LINK:
        return looks | {"font_color": "#0563C1", "underline": 1}
    return looks | {"quote_prefix": True}  # a text stays one, also after somebody edited its cell


def _number(added: Format) -> int:
    return int(added._get_xf_index())  # noqa: SLF001 - the rows are written beside XlsxWriter
