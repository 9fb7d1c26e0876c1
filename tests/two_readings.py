"""A block read line by line, and the same block read record by record with care: both must be the same."""

from __future__ import annotations

from import_export.imports.blocks import Block
from import_export.imports.broken_rows import BrokenRow
from import_export.imports.careful_reading import is_blank, sorted_records
from import_export.imports.layout import Layout
from import_export.imports.line_reading import count_lines, read_lines
from import_export.imports.records import Dialect, split_records

LAYOUTS = [
    Layout(
        "utf-8",
        Dialect(delimiter, quote, escape, skips_blank=skips),
        1,
        2,
        ("a", "b", "c"),
        0,
        (),
        trailing=trailing,
    )
    for delimiter in (";", "\t")
    for quote, escape in (('"', None), ('"', "\\"), (None, None), ("'", None))
    for skips in (False, True)
    for trailing in (0, 1)
]


def assert_read_alike(text: str, layout: Layout, *, damaged: bool, broken_cells: bool = True) -> None:
    """Good rows, broken ones, their lines, how many there are, and quotes that were left open; blank rows do not matter yet.

    `broken_cells`: whether the cells of broken rows matter, too.
    """
    block = Block(text.encode(), layout, damaged=damaged, removed_nuls=0, bytes_read=0)
    careful = sorted_records(
        split_records(text, layout.dialect, width=3, trailing=layout.trailing), block, layout, 5
    )
    found = read_lines(block, layout, 5)
    kept = [
        (line, row) for line, row in zip(found.lines, found.frame.rows(), strict=True) if not is_blank(row)
    ]
    assert kept == list(zip(careful.lines, careful.good, strict=True))
    assert list(found.broken.lines) == [row.line for row in careful.broken]
    assert [_told(row) for row in found.broken] == [_told(row) for row in careful.broken]
    if broken_cells:
        assert [row.cells for row in found.broken] == [row.cells for row in careful.broken]
    assert found.left_open == careful.left_open
    assert count_lines(block, layout) == len(kept) + len(found.broken)


def _told(row: BrokenRow) -> tuple[int, str, dict[str, object]]:
    return row.line, row.told.code.value, dict(row.told.params)
