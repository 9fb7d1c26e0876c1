"""The sheets of a workbook: their rows are put by, then what stands around them is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from textwrap import wrap
from typing import IO

import polars as pl
from xlsxwriter import Workbook
from xlsxwriter.utility import xl_range
from xlsxwriter.worksheet import Worksheet

from import_export.exports.contents import TITLES, Column, Content, Kind, Rows
from import_export.exports.sheet_rows import rows_xml, shown_length, shown_number
from import_export.exports.workbook_charts import CHARTED, add_charts
from import_export.exports.workbook_styles import Styles
from import_export.messages import Language

SHEET_ROWS = 1_048_576 - 2
"""What a sheet holds between its header and its totals."""
_NARROWEST, _WIDEST = 9, 50
_HEADER_LINES, _HEADER_HEIGHT = 2, 34
_NO_DATA: Mapping[Language, str] = {"id": "Tidak ada data dalam periode ini", "en": "No data in this period"}
_TOTAL: Mapping[Language, str] = {"id": "Total", "en": "Total"}
_TOTAL_AND_MEAN: Mapping[Language, str] = {"id": "Total / rata-rata", "en": "Total / average"}
_SUM, _MEAN = 109, 101
"""Functions of `SUBTOTAL`, of the rows that a filter leaves."""
_TOTALS: Mapping[Content, Mapping[str, int]] = {
    Content.PROFILE: {"reach": _SUM, "impressions": _SUM, "engagement_rate": _MEAN},
    Content.MEDIA: {
        **dict.fromkeys(("likes", "comments", "reach", "impressions", "saved"), _SUM),
        "engagement_rate": _MEAN,
    },
    Content.CITY: {"followers": _SUM, "share": _SUM},
    Content.COUNTRY: {"followers": _SUM, "share": _SUM},
    Content.GENDER: {"followers": _SUM, "share": _SUM},
    Content.AGE: dict.fromkeys(("female", "male", "unknown", "followers", "share"), _SUM),
    Content.HASHTAG: {},  # a post with two hashtags would count twice
}


@dataclass(slots=True)
class Part:
    """The rows of one sheet, put by."""

    rows: Rows
    rows_xml: IO[bytes]
    count: int = 0
    lengths: dict[str, int] = field(default_factory=dict)
    """Characters of the longest cell as shown, by column."""
    known: dict[str, int] = field(default_factory=dict)
    """How many cells are not empty, by column with a total."""
    sums: dict[str, float] = field(default_factory=dict)
    charted: list[pl.DataFrame] = field(default_factory=list)
    """The rows, where the content has charts."""

    @property
    def totals(self) -> Mapping[str, int]:
        """The function of each column that has a total here; of nothing there is none."""
        return {key: way for key, way in _TOTALS[self.rows.content].items() if self.known.get(key)}

    @property
    def cells(self) -> str:
        """The range of all cells, as A1:K20."""
        below = 1 if self.totals or not self.count else 0
        return str(xl_range(0, 0, self.count + below, len(self.rows.columns) - 1))

    def total(self, column: Column) -> float:
        """The number below a column that has a total, as the rows have it: of rates percent."""
        mean = self.totals[column.key] == _MEAN
        total = self.sums[column.key] / (self.known[column.key] if mean else 1)
        return int(total) if column.kind is Kind.COUNT else total

    def add(self, frame: pl.DataFrame, styles: Styles, language: Language) -> None:
        """Put a frame by."""
        for column in self.rows.columns:
            self.lengths[column.key] = max(self.lengths.get(column.key, 0), shown_length(frame, column))
        for key in _TOTALS[self.rows.content]:
            self.known[key] = self.known.get(key, 0) + frame[key].count()
            self.sums[key] = self.sums.get(key, 0) + float(frame[key].sum() or 0)
        if self.rows.content in CHARTED:
            self.charted.append(frame)
        self.rows_xml.write(rows_xml(frame, self.rows.columns, self.count + 2, styles.cells, language))
        self.count += frame.height


def spooled(rows: Rows, styles: Styles, language: Language, spool: Callable[[], IO[bytes]]) -> list[Part]:
    """Put all rows of a content by, those of each sheet in a file of its own that `spool` gives; at least one sheet."""
    parts = [Part(rows, spool())]
    for frame in rows.frames():
        rest = frame
        while rest.height:
            if parts[-1].count == SHEET_ROWS:
                parts.append(Part(rows, spool()))
            room = SHEET_ROWS - parts[-1].count
            parts[-1].add(rest.head(room), styles, language)
            rest = rest.slice(room)
    return parts


@dataclass(frozen=True, slots=True)
class SheetMaker:
    """Makes the sheets of a workbook, without their rows."""

    book: Workbook
    styles: Styles
    language: Language

    def add(self, part: Part, number: int) -> None:
        """Make the sheet of a part, the `number`th of its content."""
        content, columns = part.rows.content, part.rows.columns
        title = TITLES[content][self.language]
        sheet = self.book.add_worksheet(title if number == 1 else f"{title} {number}")
        for place, column in enumerate(columns):
            sheet.write_string(0, place, column.labels[self.language], self.styles.headers[column.kind])
            sheet.set_column(place, place, _width(part, column, self.language))
        sheet.set_row(0, _HEADER_HEIGHT)
        sheet.freeze_panes(1, 0)
        _set_print(sheet)
        if not part.count:
            sheet.write_string(1, 0, _NO_DATA[self.language], self.styles.note)
            return
        sheet.autofilter(0, 0, part.count, len(columns) - 1)
        sheet.ignore_errors({"number_stored_as_text": part.cells})
        self._write_totals(sheet, part)
        if part.charted and number == 1:
            add_charts(self.book, sheet, content, pl.concat(part.charted), self.language)

    def _write_totals(self, sheet: Worksheet, part: Part) -> None:
        totals, row = part.totals, part.count + 1
        for place, column in enumerate(part.rows.columns if totals else ()):
            way = totals.get(column.key)
            if way is None:
                sheet.write_blank(row, place, None, self.styles.total_label)
                continue
            cells = f"SUBTOTAL({way},{xl_range(1, place, part.count, place)})"
            sheet.write_formula(
                row,
                place,
                f'=IFERROR({cells},"")' if way == _MEAN else f"={cells}",
                self.styles.totals[column.kind],
                round(part.total(column) / 100, 8) if column.kind is Kind.RATE else part.total(column),
            )
        if totals:
            words = _TOTAL_AND_MEAN if _MEAN in totals.values() else _TOTAL
            sheet.write_string(row, 0, words[self.language], self.styles.total_label)


def _width(part: Part, column: Column, language: Language) -> float:
    label = (
        _wrapped_width(column.labels[language]) + 5
    )  # it is bold, and the filter's button covers some of it
    cells = part.lengths.get(column.key, 0)
    if column.key in part.totals:
        cells = max(cells, len(shown_number(part.total(column), column.kind)) + 1)  # it is bold, too
    return min(max(label, cells + 3, _NARROWEST), _WIDEST)


def _wrapped_width(label: str) -> int:
    """The fewest characters in which a label has room in the lines of the header."""
    longest_word = max(map(len, label.split()))
    return next(
        width for width in range(longest_word, len(label) + 1) if len(wrap(label, width)) <= _HEADER_LINES
    )


def _set_print(sheet: Worksheet) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer("&L&A&R&P / &N")
