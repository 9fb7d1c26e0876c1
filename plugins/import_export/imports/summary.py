"""What a loaded file contains: number of rows, range of dates, sum of sales, range of export dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from import_export.imports.tables import ImportTable, Kind, Role
from import_export.messages import Language, Message, tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Structured values; None where the table has no such column, or the file no value in it."""

    rows: int = 0
    date_from: date | None = None
    date_to: date | None = None
    amount: Decimal | None = None
    export_from: date | None = None
    export_to: date | None = None

    def with_rows(self, frame: pl.DataFrame, table: ImportTable) -> Summary:
        """This summary and some more good rows (texts as MySQL takes them)."""
        date_from, date_to = _range(frame, table, Role.DATE, self.date_from, self.date_to)
        export_from, export_to = _range(frame, table, Role.EXPORT_DATE, self.export_from, self.export_to)
        return replace(
            self,
            rows=self.rows + frame.height,
            date_from=date_from,
            date_to=date_to,
            amount=_sum(frame, table, self.amount),
            export_from=export_from,
            export_to=export_to,
        )

    def note(self, language: Language) -> str:
        """The note of the import page: `Berhasil memproses 1.234 data; Periode DO: …; Total Penjualan: …`."""
        parts = [tell(Message.SUMMARY_ROWS, count=_grouped(Decimal(self.rows), language)).text(language)]
        if self.date_from is not None and self.date_to is not None:
            told = tell(Message.SUMMARY_PERIOD, first=_day(self.date_from), last=_day(self.date_to))
            parts.append(told.text(language))
        if self.amount is not None:
            parts.append(tell(Message.SUMMARY_AMOUNT, amount=_grouped(self.amount, language)).text(language))
        if self.export_from is not None and self.export_to is not None:
            told = tell(Message.SUMMARY_EXPORT, first=_day(self.export_from), last=_day(self.export_to))
            parts.append(told.text(language))
        return "; ".join(parts)

    def to_json(self) -> dict[str, Any]:
        """As it is kept with the job."""
        return {
            "rows": self.rows,
            "date_from": _iso(self.date_from),
            "date_to": _iso(self.date_to),
            "amount": None if self.amount is None else str(self.amount),
            "export_from": _iso(self.export_from),
            "export_to": _iso(self.export_to),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Summary:
        """The summary that `to_json` wrote down."""
        return cls(
            rows=values["rows"],
            date_from=_date(values["date_from"]),
            date_to=_date(values["date_to"]),
            amount=None if values["amount"] is None else Decimal(values["amount"]),
            export_from=_date(values["export_from"]),
            export_to=_date(values["export_to"]),
        )


def _range(
    frame: pl.DataFrame, table: ImportTable, role: Role, first: date | None, last: date | None
) -> tuple[date | None, date | None]:
    column = table.by_role(role)
    if (
        column is None
        or column.name not in frame.columns
        or column.type.kind not in (Kind.DATE, Kind.DATETIME)
    ):
        return first, last
    texts = frame.get_column(column.name)  # ISO texts sort as their dates do
    low, high = texts.min(), texts.max()
    if not isinstance(low, str) or not isinstance(high, str):
        return first, last
    low_day, high_day = date.fromisoformat(low[:10]), date.fromisoformat(high[:10])
    return min(low_day, first or low_day), max(high_day, last or high_day)


def _sum(frame: pl.DataFrame, table: ImportTable, before: Decimal | None) -> Decimal | None:
    column = table.by_role(Role.AMOUNT)
    if column is None or column.name not in frame.columns or column.type.kind not in (Kind.INT, Kind.DECIMAL):
        return before
    scale = column.type.scale if column.type.kind is Kind.DECIMAL else 0
    total = frame.get_column(column.name).cast(pl.Decimal(38, scale)).sum()
    return (before or Decimal(0)) + Decimal(str(total or 0))


def _grouped(number: Decimal, language: Language) -> str:
    """Whole amounts without decimals, others with two; points between thousands in Indonesian, commas in English."""
    text = f"{number:,.0f}" if number == number.to_integral_value() else f"{number:,.2f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "id" else text


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
