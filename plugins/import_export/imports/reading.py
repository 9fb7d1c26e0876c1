"""Reads a file's data rows in batches, as text, with their physical line numbers; memory does not grow with the file.

A block that is plain (valid text, every quote where a quote belongs) is parsed natively; any other one record by
record, with care. Both give the same rows; no row is ever shifted, filled up or cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.csv as pa_csv

from import_export.imports.blocks import Block, read_blocks
from import_export.imports.broken_rows import BrokenRow, BrokenRows, ragged
from import_export.imports.layout import Layout
from import_export.imports.records import BLANKS, Record, split_records
from import_export.imports.tables import normalise_header
from import_export.messages import Message, tell

BATCH_BYTES = 4 << 20
_FEW_BYTES, _FEW_ROWS = 32 << 10, 1000
"""Up to so many, a native call costs more than Python."""
_REPLACEMENT = "\ufffd"


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


def parse_block(block: Block, layout: Layout, line: int) -> RowBatch:
    """The data rows of a block, which begins on that line."""
    # Native parsing begins to pay at some hundred rows.
    parsed = _parse_plain(block, layout, line) if len(block.octets) > _FEW_BYTES else None
    return _parse_with_care(block, layout, line) if parsed is None else parsed


def _parse_plain(block: Block, layout: Layout, line: int) -> RowBatch | None:
    """Parse a block natively; None when it is not plain enough for that."""
    if not block.plain:
        return None
    width = len(layout.header)
    names = [str(position) for position in range(width + layout.trailing)]
    broken: list[tuple[int, int, str]] = []

    def keep(row: Any) -> str:
        broken.append((row.number, row.actual_columns, row.text))
        return "skip"

    dialect = layout.dialect
    table = pa_csv.read_csv(
        pa.py_buffer(block.octets),
        read_options=pa_csv.ReadOptions(
            column_names=names, use_threads=False, block_size=max(len(block.octets) + 1, 1024)
        ),
        parse_options=pa_csv.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char=dialect.quote or False,
            double_quote=True,
            escape_char=False,
            newlines_in_values=True,
            ignore_empty_lines=True,
            invalid_row_handler=keep,
        ),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
        ),
    )
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
    if layout.trailing:
        if not frame.select((pl.concat_str(names[width:]).str.strip_chars() == "").all()).item():
            return None
        frame = frame.select(names[:width])
    if dialect.skips_blank:
        frame = frame.with_columns(pl.col(names[1:width]).str.strip_prefix(" "))
    lost = tuple(
        BrokenRow(line + number - 1, ragged(found, width), tuple(text.split(dialect.delimiter)))
        for number, found, text in broken
    )
    return _without_repeats(frame, lines + line, BrokenRows(lost), layout, block)


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
    width = len(layout.header)
    good: list[tuple[str, ...]] = []
    lines: list[int] = []
    broken: list[BrokenRow] = []
    left_open: list[int] = []
    for record in split_records(block.text, layout.dialect, width=width):
        if _is_blank(record.cells):
            continue
        at = line + record.line
        if record.left_open:
            left_open.append(at)
        record = replace(record, cells=_without_trailing(record.cells, layout))
        problem = _problem(record, block, layout, at)
        if problem is None:
            good.append(record.cells)
            lines.append(at)
        else:
            broken.append(problem)
    frame = pl.DataFrame(
        {str(position): [cells[position] for cells in good] for position in range(width)},
        schema=dict.fromkeys(map(str, range(width)), pl.String),
    )
    return _without_repeats(
        frame, pl.Series(lines, dtype=pl.Int64), BrokenRows(broken), layout, block, left_open
    )


def _without_trailing(cells: tuple[str, ...], layout: Layout) -> tuple[str, ...]:
    """Leave out the empty cells that each row has behind the last header."""
    width = len(layout.header)
    if width < len(cells) <= width + layout.trailing and not any(
        cell.strip(BLANKS) for cell in cells[width:]
    ):
        return cells[:width]
    return cells


def _problem(record: Record, block: Block, layout: Layout, line: int) -> BrokenRow | None:
    if record.unclosed:
        return BrokenRow(line, tell(Message.UNCLOSED_QUOTE, line=line), record.cells)
    if len(record.cells) != len(layout.header):
        return BrokenRow(line, ragged(len(record.cells), len(layout.header)), record.cells)
    if block.damaged and any(_REPLACEMENT in cell for cell in record.cells):
        position = next(number for number, cell in enumerate(record.cells, 1) if _REPLACEMENT in cell)
        return BrokenRow(
            line, tell(Message.BAD_ENCODING, cell=position, encoding=layout.encoding), record.cells
        )
    return None


def _is_blank(cells: Sequence[str]) -> bool:
    """Spreadsheets write rows of empty cells below their tables; they are no data."""
    return not any(cell.strip(BLANKS) for cell in cells)


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
        left_out = []
        header = [normalise_header(name) for name in layout.header]
        for number in suspects:
            row = frame.row(number)
            repeated = [normalise_header(cell) for cell in row] == header
            if repeated or _is_blank(row):
                left_out.append(number)
                skipped += repeated
        if left_out:
            mask = ~pl.int_range(frame.height, eager=True, dtype=pl.Int64).is_in(left_out)
            frame, lines = frame.filter(mask), lines.filter(mask)
    return RowBatch(frame, lines, broken, skipped, tuple(left_open), block.removed_nuls, block.bytes_read)


def _suspects(cells: pl.Series, wanted: set[str]) -> list[int]:
    """Positions of cells that are one of some texts."""
    if len(cells) <= _FEW_ROWS:
        return [number for number, cell in enumerate(cells.to_list()) if cell.strip(BLANKS) in wanted]
    return cells.str.strip_chars().is_in(list(wanted)).arg_true().to_list()
