"""One pass over a file: reads it in batches, checks every row, and gives the good ones as MySQL takes them.

Rejects, summary and counts come out of the same pass; nothing holds a whole file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from import_export.imports.bad_rows import BadRows, ColumnProblems
from import_export.imports.checks import CheckedColumn, ColumnCheck, DayOrder, check_columns
from import_export.imports.duplicates import DuplicateKeys
from import_export.imports.layout import Layout
from import_export.imports.mapping import HeaderMap
from import_export.imports.problems import Reject
from import_export.imports.reading import RowBatch, read_batches
from import_export.imports.rejects_file import RejectsFile
from import_export.imports.sifting import Sifted, Sifter
from import_export.imports.summary import Summary
from import_export.imports.table_rules import Duplicates
from import_export.imports.tables import Column, ImportTable, Role
from import_export.messages import Language, Message, Told, tell

_LINES_TOLD = 10
_CELLS_AT_ONCE = 500_000
"""Cells of rejects that are put into words together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedResult:
    """What a whole pass found."""

    lines: int
    """Data rows of the file: good, rejected and left out."""
    good: int
    rejected: int
    skipped_totals: int
    skipped_headers: int
    """Repeated header lines; they are no data rows."""
    skipped: int
    """Data rows left out: totals lines, and the rows of a second table."""
    control_total: bool | None
    """Whether the totals lines agree with the rows; None when there are none."""
    rejects: tuple[Reject, ...]
    """The first problems; a row with several has several."""
    summary: Summary
    notes: tuple[Told, ...]


class StagedFile:
    """A file on its way into a table. Iterate it once; then `result` tells what was found."""

    def __init__(
        self,
        path: Path,
        layout: Layout,
        table: ImportTable,
        headers: HeaderMap,
        *,
        dist_id: str | None,
        rejects: RejectsFile | None,
        batch_bytes: int,
        kept_rejects: int,
        language: Language = "en",
    ) -> None:
        self._path, self._layout, self._table, self._headers = path, layout, table, headers
        self._rejects_file, self._language = rejects, language
        self._batch_bytes, self._kept_rejects = batch_bytes, kept_rejects
        mapped = [column for column in table.columns if column.name in headers.positions]
        self._checks = [column_check(column, table, dist_id) for column in mapped]
        # A key that the file does not have is filled, or rows could not be told apart.
        self._filled = [column for column in table.unique_columns if column.name not in headers.positions]
        self.columns = tuple(column.name for column in [*mapped, *self._filled])
        self._lines = self._good = self._rejected = self._nuls = self._skipped_headers = 0
        self._totals = self._skipped = 0
        self._left_open: list[int] = []
        self._sifter = Sifter(table, headers)
        self._duplicates = DuplicateKeys(self._checks, headers.positions, self._filled)
        self._rejects: list[Reject] = []
        self._summary = Summary()
        self._done = False

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """Frames of good rows: `line`, then a text column for each of `columns`, null for NULL."""
        self._decide_day_orders()
        if self._table.duplicates is Duplicates.REJECT:
            self._duplicates.find(self._path, self._layout, self._batch_bytes)
        for batch in read_batches(self._path, self._layout, batch_bytes=self._batch_bytes):
            good = self._check(batch)
            self._lines += batch.rows
            self._good += good.height
            self._nuls += batch.removed_nuls
            self._skipped_headers += batch.skipped_headers
            self._left_open += batch.left_open
            self._summary = self._summary.with_rows(good, self._table)
            if good.height:
                yield good
        self._done = True

    @property
    def lines(self) -> int:
        """Data lines read so far."""
        return self._lines

    @property
    def result(self) -> StagedResult:
        """What the pass found; only after it is over."""
        if not self._done:
            raise RuntimeError("the file has not been read to its end yet")
        notes = list(self._layout.notes)
        notes += [note for check in self._checks for note in check.notes]
        if self._nuls:
            notes.append(tell(Message.NUL_REMOVED, count=self._nuls))
        if self._skipped_headers:
            notes.append(tell(Message.HEADERS_SKIPPED, count=self._skipped_headers))
        if self._left_open:
            lines = ", ".join(map(str, self._left_open[:_LINES_TOLD]))
            more = ", …" if len(self._left_open) > _LINES_TOLD else ""
            notes.append(tell(Message.QUOTE_LEFT_OPEN, count=len(self._left_open), lines=lines + more))
        notes += self._sifter.notes
        return StagedResult(
            lines=self._lines,
            good=self._good,
            rejected=self._rejected,
            skipped_totals=self._totals,
            skipped_headers=self._skipped_headers,
            skipped=self._skipped,
            control_total=self._sifter.control_total,
            rejects=tuple(self._rejects),
            summary=self._summary,
            notes=tuple(notes),
        )

    def _decide_day_orders(self) -> None:
        """Look through the columns whose configuration does not say which number of a date is the day."""
        orders = {check: DayOrder() for check in self._checks if check.needs_day_order}
        if not orders:
            return
        for batch in read_batches(self._path, self._layout, batch_bytes=self._batch_bytes):
            for check, order in orders.items():
                cells = batch.frame.get_column(str(self._headers.positions[check.column.name]))
                orders[check] = order.with_cells(cells)
        for check, order in orders.items():
            check.set_day_order(order)

    def _check(self, batch: RowBatch) -> pl.DataFrame:
        positions = self._headers.positions
        cells = [batch.frame.get_column(str(positions[check.column.name])) for check in self._checks]
        checked = check_columns(self._checks, cells)
        frame = pl.DataFrame(
            [
                batch.lines.alias("line"),
                *(
                    each.values.alias(check.column.name)
                    for check, each in zip(self._checks, checked, strict=True)
                ),
            ]
        )
        if self._filled:
            frame = frame.with_columns(
                pl.lit(column.filler, pl.String).alias(column.name) for column in self._filled
            )
        bad = BadRows(batch, self._problems(batch, checked), self._reject)
        sifted = self._sifter.sift(bad, self._amounts(frame))
        self._rejected += len(sifted.rejected)
        self._totals += sifted.totals
        self._tell(bad, sifted)
        if len(bad.in_frame):
            good = np.ones(frame.height, dtype=bool)
            good[bad.in_frame] = False
            frame = frame.filter(pl.Series(good))
        if sifted.second_table_at is not None:
            frame = frame.filter(pl.col("line") < sifted.second_table_at)
        self._skipped += batch.rows - frame.height - len(sifted.rejected)
        return frame

    def _amounts(self, frame: pl.DataFrame) -> pl.Series | None:
        amount = self._table.by_role(Role.AMOUNT)
        return frame.get_column(amount.name) if amount is not None and amount.name in frame.columns else None

    def _problems(self, batch: RowBatch, checked: list[CheckedColumn]) -> list[ColumnProblems]:
        """What is wrong with the rows of a batch, by columns, in the table's order."""
        problems = [(check.column, each.problems) for check, each in zip(self._checks, checked, strict=True)]
        # A key that is missing in the whole file and has no default makes every row bad.
        for lacking in self._filled:
            if lacking.needs_value:
                told = tell(Message.MANDATORY_EMPTY, column=lacking.name)
                problems.append((lacking, dict.fromkeys(range(batch.frame.height), told)))
        twice = self._duplicates.problems(batch)
        return [*problems, (self._duplicates.column, twice)] if twice else problems

    def _tell(self, bad: BadRows, sifted: Sifted) -> None:
        """Write down the rejects of a batch."""
        room = max(self._kept_rejects - len(self._rejects), 0)
        for row in bad.rows(sifted.rejected[:room]):
            self._rejects += row.rejects
        del self._rejects[self._kept_rejects :]
        if self._rejects_file is not None:
            width = len(self._layout.header)
            # A row is written at least as wide as the header.
            cells = np.maximum(bad.of_broken(bad.batch.broken.widths, width), width)[sifted.rejected]
            pieces = np.cumsum(cells) // _CELLS_AT_ONCE
            for some in np.split(sifted.rejected, np.flatnonzero(np.diff(pieces)) + 1):
                if len(some):
                    self._rejects_file.write(bad.csv(some, width, self._language))

    def _reject(self, line: int, cells: tuple[str, ...], column: Column, told: Told) -> Reject:
        position = self._headers.positions.get(column.name)
        if position is None:
            return Reject(line, None, column.name, None, told)
        return Reject(line, self._layout.header[position], column.name, cells[position], told)


def column_check(column: Column, table: ImportTable, dist_id: str | None) -> ColumnCheck:
    """The check of a column; the distributor's column is held against the batch's distributor."""
    is_distributor = dist_id is not None and table.by_role(Role.DISTRIBUTOR) is column
    return ColumnCheck(
        column, dist_id=dist_id if is_distributor else None, exact=table.distributor_check == "exact"
    )
