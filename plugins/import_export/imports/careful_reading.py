"""Sorts records that were read with care: rows that fit the header, and those that are broken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import polars as pl

from import_export.imports.blocks import Block
from import_export.imports.broken_rows import REPLACEMENT, BrokenRow, ragged, spoiled
from import_export.imports.layout import Layout
from import_export.imports.native_parsing import names_of
from import_export.imports.records import BLANKS, Record
from import_export.messages import Message, tell


@dataclass(slots=True)
class CarefulRows:
    """Rows of a block, in its order."""

    layout: Layout
    good: list[tuple[str, ...]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    """The physical line of each good row, from 1."""
    broken: list[BrokenRow] = field(default_factory=list)
    left_open: list[int] = field(default_factory=list)
    """Lines on which a quote opens that is never closed, and was taken as text."""

    @property
    def frame(self) -> pl.DataFrame:
        """The good rows."""
        names = names_of(len(self.layout.header))
        return pl.DataFrame(
            {name: [cells[position] for cells in self.good] for position, name in enumerate(names)},
            schema=dict.fromkeys(names, pl.String),
        )


def sorted_records(records: Iterable[Record], block: Block, layout: Layout, line: int) -> CarefulRows:
    """The rows of a block that begins on that line."""
    found = CarefulRows(layout)
    for record in records:
        if is_blank(record.cells):
            continue
        at = line + record.line
        if record.left_open:
            found.left_open.append(at)
        if layout.trailing and not record.unclosed:
            record = replace(record, cells=_without_trailing(record.cells, layout))
        problem = _problem(record, block, layout, at)
        if problem is None:
            found.good.append(record.cells)
            found.lines.append(at)
        else:
            found.broken.append(problem)
    return found


def is_blank(cells: Iterable[str]) -> bool:
    """Spreadsheets write rows of empty cells below their tables; they are no data."""
    return not any(cell.strip(BLANKS) for cell in cells)


def _without_trailing(cells: tuple[str, ...], layout: Layout) -> tuple[str, ...]:
    """Leave out the empty cells that each row has behind the last header."""
    width = len(layout.header)
    return (
        cells[:width] if width < len(cells) <= width + layout.trailing and is_blank(cells[width:]) else cells
    )


def _problem(record: Record, block: Block, layout: Layout, line: int) -> BrokenRow | None:
    if record.unclosed:
        return BrokenRow(line, tell(Message.UNCLOSED_QUOTE, line=line), record.cells)
    if len(record.cells) != len(layout.header):
        return BrokenRow(line, ragged(len(record.cells), len(layout.header)), record.cells)
    if block.damaged and any(REPLACEMENT in cell for cell in record.cells):
        return spoiled(line, record.cells, layout.encoding)
    return None
