"""Reads a file's data rows in batches, as text, with their physical line numbers; memory does not grow with the file.

A block that is plain (valid text, every quote where a quote belongs) is parsed natively, any other one line by line, a
small one record by record with care. All give the same rows; no row is ever shifted, filled up or cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from import_export.imports.blocks import Block, read_blocks
from import_export.imports.broken_rows import BrokenRow, BrokenRows, Listed, ragged
from import_export.imports.careful_reading import is_blank, sorted_records
from import_export.imports.layout import Layout
from import_export.imports.line_reading import count_lines, read_lines
from import_export.imports.native_parsing import names_of, parse_natively, without_text
from import_export.imports.records import BLANKS, cells_of_line, split_records
from import_export.imports.repeated_header import may_hold_header
from import_export.imports.tables import normalise_header, normalised

BATCH_BYTES = 4 << 20
_FEW_BYTES, _FEW_ROWS = 32 << 10, 1000
"""Up to so many, a native call costs more than Python."""
_MANY_BROKEN = 1000
"""From so many broken rows of a block on, its lines are looked at as a whole."""


@dataclass(frozen=True, slots=True)
class RowBatch:
    """Some rows of a file, in its order."""

    frame: pl.DataFrame
    """A text column for each header, named "0", "1", …; never null, cells as they were written."""
    lines: pl.Series
    """The physical line on which each row begins, from 1."""
    broken: BrokenRows
    skipped_headers: int
    left_open: tuple[int, ...]
    """Lines on which a quote opens that is never closed, and was taken as text."""
    removed_nuls: int
    bytes_read: int

    @property
    def rows(self) -> int:
        """Data rows, good and broken."""
        return self.frame.height + len(self.broken)


def read_batches(path: Path, layout: Layout, *, batch_bytes: int = BATCH_BYTES) -> Iterator[RowBatch]:
    """The data rows of a file, in its order; blank lines and repeated header lines are left out."""
    line = layout.data_line
    for block in read_blocks(path, layout, batch_bytes):
        yield parse_block(block, layout, line)
        line += block.lines


def count_block(block: Block, layout: Layout) -> int:
    """How many data rows a block has, good and broken ones."""
    if _wants_care(block, layout) or block.plain or may_hold_header(block.octets, layout):
        return parse_block(block, layout, 1).rows
    return count_lines(block, layout)


def parse_block(block: Block, layout: Layout, line: int) -> RowBatch:
    """The data rows of a block, which begins on that line."""
    if _wants_care(block, layout):
        return _parse_with_care(block, layout, line)
    parsed = _parse_plain(block, layout, line)
    if parsed is not None:
        return parsed
    rows = read_lines(block, layout, line)
    return _without_repeats(rows.frame, rows.lines, rows.broken, layout, block, rows.left_open)


def _wants_care(block: Block, layout: Layout) -> bool:
    """Whether a block is read record by record: native parsing begins to pay at some hundred rows."""
    return len(block.octets) <= _FEW_BYTES or not layout.dialect.delimiter.isascii()


def _parse_plain(block: Block, layout: Layout, line: int) -> RowBatch | None:
    """Parse a block natively; None when it is not plain enough for that."""
    if not block.plain:
        return None
    width, dialect = len(layout.header), layout.dialect
    broken: list[tuple[int, int, str]] = []

    def keep(row: Any) -> str:
        broken.append((row.number, row.actual_columns, row.text))
        return "skip" if len(broken) < _MANY_BROKEN else "error"

    try:
        table = parse_natively(block.octets, width + layout.trailing, dialect, broken=keep)
    except pa.ArrowInvalid:
        if len(broken) < _MANY_BROKEN:
            raise
        return None  # each of them is a call of Python
    rows = table.num_rows + len(broken)
    if any("\n" in text for _, _, text in broken) or (broken and rows != block.lines):
        return None  # a quote swallowed lines, or lines cannot be counted by rows
    if layout.trailing and any(found == width for _, found, _ in broken):
        return None  # rows that do not end with a delimiter, as the others do
    frame = pl.from_arrow(table, rechunk=False)
    assert isinstance(frame, pl.DataFrame)  # noqa: S101 - for mypy: a table becomes a frame
    lines = _numbered(frame, block, [number for number, _, _ in broken])
    if lines is None:
        return None
    names = names_of(width)
    if layout.trailing:
        behind = names_of(width + layout.trailing)[width:]
        if not frame.select((pl.concat_str(behind).str.strip_chars() == "").all()).item():
            return None
        frame = frame.select(names)
    if dialect.skips_blank:
        frame = frame.with_columns(pl.col(names[1:]).str.strip_prefix(" "))
    lost = [
        BrokenRow(line + number - 1, ragged(found, width), cells)
        for number, found, text in broken
        if not is_blank(cells := cells_of_line(dialect, text))
    ]
    return _without_repeats(frame, lines + line, BrokenRows(Listed(lost)), layout, block)


def _numbered(frame: pl.DataFrame, block: Block, broken: list[int]) -> pl.Series | None:
    """Each row's physical line, from 0 for the block's first; None when rows and lines do not agree."""
    if frame.height + len(broken) == block.lines:
        numbers = pl.int_range(block.lines, eager=True, dtype=pl.Int64)
        if broken:
            numbers = numbers.filter(~numbers.is_in([number - 1 for number in broken]))
        return numbers
    if not frame.height:
        return None
    taken = frame.select(
        (pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True)).cast(pl.Int64) + 1).alias("lines")
    )["lines"]
    ends = taken.cum_sum()
    return ends - taken if ends[-1] == block.lines else None


def _parse_with_care(block: Block, layout: Layout, line: int) -> RowBatch:
    """Parse a block record by record."""
    records = split_records(block.text, layout.dialect, width=len(layout.header), trailing=layout.trailing)
    rows = sorted_records(records, block, layout, line)
    at, broken = pl.Series(rows.lines, dtype=pl.Int64), BrokenRows(Listed(rows.broken))
    return _without_repeats(rows.frame, at, broken, layout, block, rows.left_open)


def _without_repeats(
    frame: pl.DataFrame,
    lines: pl.Series,
    broken: BrokenRows,
    layout: Layout,
    block: Block,
    left_open: Sequence[int] = (),
) -> RowBatch:
    """Leave out rows of empty cells, and repeated header lines; the first column tells where to look closer."""
    skipped = 0
    first = layout.header[0]
    suspects = _suspects(frame.get_column("0"), {first, "", f"\ufeff{first}"})
    if suspects:
        repeated, blank = _repeated_or_blank(frame[suspects], layout)
        skipped = int(repeated.sum())
        left_out = (repeated | blank).arg_true()
        if len(left_out):
            keep = np.ones(frame.height, dtype=bool)
            keep[np.array(suspects)[left_out.to_numpy()]] = False
            frame, lines = frame.filter(keep), lines.filter(keep)
    return RowBatch(frame, lines, broken, skipped, tuple(left_open), block.removed_nuls, block.bytes_read)


def _repeated_or_blank(rows: pl.DataFrame, layout: Layout) -> tuple[pl.Series, pl.Series]:
    """Which rows are the header again, and which have empty cells only."""
    names = [normalise_header(name) for name in layout.header]
    if rows.height <= _FEW_ROWS:
        cells = rows.rows()
        repeated = pl.Series([[normalise_header(cell) for cell in row] == names for row in cells])
        return repeated, pl.Series([is_blank(row) for row in cells])
    repeated = pl.Series(np.zeros(rows.height, dtype=bool))
    # Most suspects have nothing in their first cell.
    alike = rows.select(normalised(pl.col("0")) == names[0]).to_series().arg_true()
    if len(alike):
        same = (normalised(pl.col(str(position))) == name for position, name in enumerate(names))
        repeated = repeated.scatter(alike, rows[alike].select(pl.all_horizontal(same)).to_series())
    return repeated, without_text(rows)


def _suspects(cells: pl.Series, wanted: set[str]) -> list[int]:
    """Positions of cells that are one of some texts."""
    if len(cells) <= _FEW_ROWS:
        return [number for number, cell in enumerate(cells.to_list()) if cell.strip(BLANKS) in wanted]
    return cells.str.strip_chars().is_in(list(wanted)).arg_true().to_list()
