"""Tells bad rows that are no data from rejects: totals lines, and a second table below the first.

Only rows that have a problem are looked at: a customer called `TOTAL JAYA`, whose row is good, is a customer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import polars as pl

from import_export.imports.mapping import HeaderMap
from import_export.imports.numerals import parse_number
from import_export.imports.problems import Reject
from import_export.imports.reading import RowBatch
from import_export.imports.tables import Column, ImportTable, Kind, Role
from import_export.imports.values import Look, look
from import_export.messages import Message, Told, tell

_TOTAL = r"(?:(?:grand|sub|running)[\s-]*)?(?:totals?|jumlah)"
_TOTAL_ALONE = re.compile(
    rf"{_TOTAL}(?:\s+(?:total|keseluruhan|akhir|semua|seluruhnya|penjualan|nilai|halaman|sales|amount|page))*\s*[:=]?",
    re.IGNORECASE,
)
_TOTAL_OF = re.compile(rf"{_TOTAL}\b.*", re.IGNORECASE | re.DOTALL)
_LOOK_AHEAD = 5
_LINES_TOLD = 10


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row with problems."""

    line: int
    cells: tuple[str, ...]
    position: int | None
    """Its position in the batch's frame; None for a row that could not be put into columns."""
    rejects: tuple[Reject, ...]


@dataclass(frozen=True, slots=True)
class Sifted:
    """Bad rows of a batch, told apart."""

    rejected: Sequence[BadRow]
    totals: int
    second_table_at: int | None
    """Line from which on the file is another table."""


@dataclass(slots=True)
class _Totals:
    lines: list[int] = field(default_factory=list)
    compared: int = 0
    differing: list[tuple[int, Decimal, Decimal]] = field(default_factory=list)
    """Line, what it says, and what the rows add up to."""


class Sifter:
    """Sifts the bad rows of one file, batch by batch."""

    def __init__(self, table: ImportTable, headers: HeaderMap) -> None:
        self._table, self._headers = table, headers
        amount = table.by_role(Role.AMOUNT)
        adds_up = amount is not None and amount.type.kind in (Kind.INT, Kind.DECIMAL)
        self._amount = amount if amount is not None and adds_up and amount.name in headers.positions else None
        self._totals = _Totals()
        self._sum = self._since = Decimal(0)
        self._second_table: int | None = None

    @property
    def notes(self) -> list[Told]:
        """What was left out, and whether the totals agree."""
        told = []
        found = self._totals
        if found.lines:
            shown = ", ".join(map(str, found.lines[:_LINES_TOLD])) + (
                ", …" if len(found.lines) > _LINES_TOLD else ""
            )
            code = Message.TOTALS_AGREE if found.compared and not found.differing else Message.TOTALS_SKIPPED
            told.append(tell(code, count=len(found.lines), lines=shown))
        for line, says, rows in found.differing[:_LINES_TOLD]:
            told.append(tell(Message.TOTAL_MISMATCH, line=line, says=f"{says:f}", rows=f"{rows:f}"))
        if self._second_table is not None:
            told.append(tell(Message.SECOND_TABLE, line=self._second_table))
        return told

    @property
    def control_total(self) -> bool | None:
        """Whether the totals lines agree with the rows; None when there is nothing to compare."""
        return not self._totals.differing if self._totals.compared else None

    def sift(self, batch: RowBatch, bad: Sequence[BadRow], amounts: pl.Series | None) -> Sifted:
        """Sift the bad rows of a batch; `amounts`: those of all rows of its frame, good and bad, as canonical text."""
        second = self._find_second_table(batch, bad)
        kept = [row for row in bad if second is None or row.line < second]
        totals = [row for row in kept if self._is_totals(row)]
        self._compare(batch, totals, amounts)
        self._second_table = self._second_table or second
        lines = {row.line for row in totals}
        return Sifted([row for row in kept if row.line not in lines], len(totals), second)

    def _is_totals(self, row: BadRow) -> bool:
        if row.position is None:
            filled = [cell for cell in row.cells if cell.strip()]
            return (
                len(filled) <= len(row.cells) / 2 + 1
                and bool(filled)
                and _TOTAL_ALONE.fullmatch(filled[0].strip()) is not None
            )
        cells = {name: row.cells[position] for name, position in self._headers.positions.items()}
        return is_totals_line(cells, self._table)

    def _compare(self, batch: RowBatch, totals: Sequence[BadRow], amounts: pl.Series | None) -> None:
        """Hold each totals line against the rows above it: all of them, or those since the totals line before."""
        if self._amount is None or amounts is None:
            self._totals.lines += [row.line for row in totals]
            return
        begin = 0
        numbers = amounts.cast(pl.Decimal(38, self._scale))
        for row in totals:
            end = int((batch.lines < row.line).sum())
            self._add(numbers.slice(begin, end - begin))
            begin = end if row.position is None else end + 1
            self._totals.lines.append(row.line)
            says = self._amount_of(row)
            if says is None:
                continue
            self._totals.compared += 1
            if not any(_agree(says, rows) for rows in (self._since, self._sum)):
                self._totals.differing.append((row.line, says, self._sum))
            self._since = Decimal(0)
        self._add(numbers.slice(begin))

    @property
    def _scale(self) -> int:
        kind = self._amount.type if self._amount else None
        return kind.scale if kind is not None and kind.kind is Kind.DECIMAL else 0

    def _add(self, numbers: pl.Series) -> None:
        total = Decimal(str(numbers.sum() or 0))
        self._sum += total
        self._since += total

    def _amount_of(self, row: BadRow) -> Decimal | None:
        """What a totals line says; in a row that is too short, the last number stands for it."""
        if self._amount is None:
            return None
        if row.position is not None:
            return parse_number(
                row.cells[self._headers.positions[self._amount.name]], self._amount.number_format
            )
        numbers = [parse_number(cell, self._amount.number_format) for cell in row.cells if cell.strip()]
        return next((number for number in reversed(numbers) if number is not None), None)

    def _find_second_table(self, batch: RowBatch, bad: Sequence[BadRow]) -> int | None:
        """The line of another header: words only, below a gap or of another width, and no good row behind it."""
        if self._second_table is not None:
            return 0
        lines = {row.line for row in bad}
        for number, row in enumerate(bad[:-1]):
            words = [cell for cell in row.cells if cell.strip()]
            if (
                len(words) < 2
                or any(look(cell) is not Look.WORDS for cell in words)
                or len(set(words)) < len(words)
            ):
                continue
            behind = batch.lines.filter(batch.lines > row.line).head(_LOOK_AHEAD)
            if any(line not in lines for line in behind):
                continue
            if row.position is None or self._below_gap(batch, bad, number):
                return self._with_titles(bad, number)
        return None

    def _below_gap(self, batch: RowBatch, bad: Sequence[BadRow], number: int) -> bool:
        """Whether a blank line stands above a row."""
        row = bad[number]
        above = batch.lines.filter(batch.lines < row.line)
        ends = (
            [int(above[-1]) + sum(cell.count("\n") for cell in batch.frame.row(len(above) - 1))]
            if len(above)
            else []
        )
        ends += [other.line for other in bad[:number] if other.position is None]
        return bool(ends) and row.line - max(ends) > 1

    def _with_titles(self, bad: Sequence[BadRow], number: int) -> int:
        """The line on which the second table begins, its title lines included."""
        line = bad[number].line
        for row in reversed(bad[:number]):
            if line - row.line > 2 or sum(1 for cell in row.cells if cell.strip()) > 1:
                break
            line = row.line
        return line


def is_totals_line(cells: Mapping[str, str], table: ImportTable) -> bool:
    """Whether a row (cells by the table's columns) is a totals line rather than a bad row of data.

    A cell says so, and what a row of data must have is missing: any of it below a plain `Grand Total`, all of it below
    a `Total …` of something.
    """
    texts = [column for column in table.columns if _is_text(column) and column.name in cells]
    found = next((column for column in texts if _TOTAL_OF.fullmatch(cells[column.name].strip())), None)
    if found is None:
        return False
    others = [column for column in texts if column is not found]
    if _TOTAL_ALONE.fullmatch(cells[found.name].strip()):
        needed = [column for column in others if column.is_mandatory]
        return any(not cells[column.name].strip() for column in needed) if needed else found.is_mandatory
    return not any(cells[column.name].strip() for column in others)


def _is_text(column: Column) -> bool:
    return column.type.kind in (Kind.STR, Kind.DATE, Kind.DATETIME)


def _agree(says: Decimal, rows: Decimal) -> bool:
    """Whether two sums are the same, as exactly as the line writes its own."""
    exponent = says.as_tuple().exponent
    digits = max(-exponent, 0) if isinstance(exponent, int) else 0
    return abs(says - rows) <= Decimal(1).scaleb(-digits) / 2


def in_order(rows: Iterable[BadRow]) -> list[BadRow]:
    """Bad rows in the file's order."""
    return sorted(rows, key=lambda row: row.line)
