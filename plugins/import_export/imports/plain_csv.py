"""Writes a file as it was understood: UTF-8, RFC 4180, header first, every cell the text that was read."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from import_export.imports.blocks import read_blocks
from import_export.imports.layout import Layout
from import_export.imports.records import BLANKS, split_records

_BLOCK_BYTES = 4 << 20


def write_plain_csv(path: Path, layout: Layout, target: Path) -> None:
    """Write the header and all rows below it; rows with too few or too many cells keep those that they have.

    Nothing below the header is left out but blank rows: what an import would skip (totals, a second table) is there.
    The file appears as a whole, or not at all.
    """
    part = target.with_name(target.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\r\n")
            writer.writerow(layout.header)
            writer.writerows(_rows(path, layout))
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _rows(path: Path, layout: Layout) -> Iterator[tuple[str, ...]]:
    width, trailing = len(layout.header), layout.trailing
    for block in read_blocks(path, layout, _BLOCK_BYTES):
        for record in split_records(block.text, layout.dialect, width=width, trailing=trailing):
            if any(cell.strip(BLANKS) for cell in record.cells):
                yield record.cells
