"""Tells bad rows that are no data from rejects: totals lines, and a second table below the first.

Only rows that have a problem are looked at: a customer called `TOTAL JAYA`, whose row is good, is a customer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import polars as pl

from import_export.imports.bad_rows import BadRow, BadRows
from import_export.imports.broken_rows import Numbers
from import_export.imports.header import TITLE_LINES
from import_export.imports.mapping import HeaderMap
from import_export.imports.numerals import parse_number
from import_export.imports.tables import Column, ImportTable, Kind, Role
from import_export.imports.values import Look, look
from import_export.messages import Message, Told, tell

_TOTAL = r"(?:(?:grand|sub|running)[\s-]*)?(?:totals?|jumlah)"
_TOTAL_ALONE = re.compile(
    rf"{_TOTAL}(?:\s+(?:total|keseluruhan|akhir|semua|seluruhnya|penjualan|nilai|halaman|sales|amount|page))*\s*[:=]?",
    re.IGNORECASE,
)
_TOTAL_OF = re.compile(rf"{_TOTAL}\b.*", re.IGNORECASE | re.DOTALL)
_LIKE_TOTAL = rf"(?i)^[^\pL\pN]*{_TOTAL}"
"""How the line or the cell of a totals line begins (Rust's dialect); others need no closer look."""
_LOOK_AHEAD = 5
_LINES_TOLD = 10
_LEAST_WORDS = 2
"""Words of a second table's header."""
_MOST_HEADERS = 10_000
_MOST_HEADER_CELLS = 100_000
"""Rows of a batch, and their cells, that are looked at closely for being the header of a second table."""
_MOST_TOTALS = 50_000
"""Rows of a file that are looked at closely for being totals lines; what comes behind them are rejects."""


@dataclass(frozen=True, slots=True)
class Sifted:
    """Bad rows of a batch, told apart."""

    rejected: Numbers
    """Which of the bad rows are rejects."""
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
        self._texts = [
            column for column in table.columns if _is_text(column) and column.name in headers.positions
        ]
        self._looks_left = _MOST_TOTALS
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

    def sift(self, bad: BadRows, amounts: pl.Series | None) -> Sifted:
        """Sift the bad rows of a batch; `amounts`: those of all rows of its frame, good and bad, as canonical text."""
        second = self._find_second_table(bad)
        kept = len(bad) if second is None else int(np.searchsorted(bad.lines, second))
        totals = self._find_totals(bad, kept)
        self._compare(bad, totals, amounts)
        self._second_table = self._second_table or second
        rejected = np.ones(kept, dtype=bool)
        rejected[totals] = False
        return Sifted(np.flatnonzero(rejected), len(totals), second)

    def _find_totals(self, bad: BadRows, kept: int) -> Numbers:
        """Which of the first bad rows are totals lines; whole columns tell first which rows are worth a closer look."""
        if not kept:
            return np.empty(0, np.int64)
        likely = bad.of_broken(bad.batch.broken.begin_like(_LIKE_TOTAL).astype(np.int64), 0) == 1
        if len(bad.in_frame):
            texts = [str(self._headers.positions[column.name]) for column in self._texts]
            frame = bad.frame()
            for name in texts:
                found = frame.get_column(name).str.contains(_LIKE_TOTAL).to_numpy()
                likely[bad.positions >= 0] |= found
        numbers = np.flatnonzero(likely[:kept])[: self._looks_left]
        self._looks_left -= len(numbers)
        found_totals = [
            int(number)
            for number, row in zip(numbers, bad.rows(numbers), strict=True)
            if self._is_totals(row)
        ]
        return np.array(found_totals, dtype=np.int64)

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

    def _compare(self, bad: BadRows, totals: Numbers, amounts: pl.Series | None) -> None:
        """Hold each totals line against the rows above it: all of them, or those since the totals line before."""
        if self._amount is None or amounts is None:
            self._totals.lines += bad.lines[totals].tolist()
            return
        begin = 0
        numbers = amounts.cast(pl.Decimal(38, self._scale))
        ends = np.searchsorted(bad.frame_lines, bad.lines[totals]).tolist()
        for row, end in zip(bad.rows(totals), ends, strict=True):
            if end > begin:
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

    def _find_second_table(self, bad: BadRows) -> int | None:
        """The line of another header: words only, below a gap or of another width, and no good row behind it."""
        if self._second_table is not None:
            return 0
        numbers = self._like_headers(bad)[:_MOST_HEADERS]
        widths = bad.of_broken(bad.batch.broken.widths, bad.batch.frame.width)[numbers]
        numbers = numbers[np.cumsum(widths) <= _MOST_HEADER_CELLS]
        for number, row in zip(numbers.tolist(), bad.rows(numbers), strict=True):
            words = [cell for cell in row.cells if cell.strip()]
            if (
                len(words) >= _LEAST_WORDS
                and len(set(words)) == len(words)
                and all(look(cell) is Look.WORDS for cell in words)
            ):
                return self._with_titles(bad, number)
        return None

    def _like_headers(self, bad: BadRows) -> Numbers:
        """Bad rows that stand where the header of a second table may: all but the last, by their places alone."""
        if len(bad) < _LEAST_WORDS:
            return np.empty(0, np.int64)
        good = np.ones(len(bad.frame_lines), dtype=np.int64)
        good[bad.in_frame] = 0
        # How many good rows stand above each row of the frame, and above its end.
        above = np.concatenate((np.zeros(1, np.int64), np.cumsum(good)))
        behind = np.searchsorted(bad.frame_lines, bad.lines, side="right")
        until = np.minimum(behind + _LOOK_AHEAD, len(good))
        fits = above[until] == above[behind]
        fits &= bad.of_broken(bad.batch.broken.widths, _LEAST_WORDS) >= _LEAST_WORDS
        fits[-1] = False
        inside = np.flatnonzero(fits & (bad.positions >= 0))
        fits[inside] = _below_gap(bad, inside)
        return np.flatnonzero(fits)

    def _with_titles(self, bad: BadRows, number: int) -> int:
        """The line on which the second table begins, its title lines included."""
        line = int(bad.lines[number])
        above = np.arange(number - 1, max(number - TITLE_LINES, 0) - 1, -1)
        for row in bad.rows(above):
            if line - row.line > 2 or sum(1 for cell in row.cells if cell.strip()) > 1:
                break
            line = row.line
        return line


def _below_gap(bad: BadRows, numbers: Numbers) -> npt.NDArray[np.bool_]:
    """Whether a blank line stands above each of some rows of the frame."""
    lines, positions = bad.lines[numbers], bad.positions[numbers]
    frame, broken = bad.batch.frame, bad.batch.broken.lines
    # The last lines of the rows above, or 0 where there is none.
    ends = np.where(positions > 0, bad.frame_lines[positions - 1], 0)
    near = np.searchsorted(broken, lines)
    ends = np.maximum(ends, np.concatenate((np.zeros(1, np.int64), broken))[near])
    fits = (ends > 0) & (lines - ends > 1)
    if fits.any():
        breaks = frame.select(
            pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True)).cast(pl.Int64).alias("breaks")
        )["breaks"].to_numpy()
        fits &= (positions < 1) | (lines - bad.frame_lines[positions - 1] - breaks[positions - 1] > 1)
    return fits


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
