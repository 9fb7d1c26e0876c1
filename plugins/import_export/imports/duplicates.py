"""Rows of one file that have the same unique key, for tables in which all of them are rejects.

Found in a pass of its own over the key's columns; 16 bytes a row are remembered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from import_export.imports.checks import ColumnCheck
from import_export.imports.layout import Layout
from import_export.imports.reading import RowBatch, read_batches
from import_export.imports.tables import Column
from import_export.messages import Message, Told, tell

_LINES_TOLD = 5


class DuplicateKeys:
    """The keys that stand on more than one line of a file."""

    def __init__(
        self, checks: Sequence[ColumnCheck], positions: Mapping[str, int], filled: Sequence[Column]
    ) -> None:
        """`checks`: of all the file's columns; `filled`: unique columns that the file lacks."""
        self._checks = [check for check in checks if check.column.is_unique]
        self._positions = positions
        self._names = ", ".join(
            [*(check.column.name for check in self._checks), *(column.name for column in filled)]
        )
        self._lines: dict[int, list[int]] = {}

    def find(self, path: Path, layout: Layout, batch_bytes: int) -> None:
        """Look through the whole file."""
        if not self._checks:
            return
        parts = [self._keys(batch) for batch in read_batches(path, layout, batch_bytes=batch_bytes)]
        keys = pl.concat(parts) if parts else pl.DataFrame({"key": [], "line": []})
        twice = keys.filter(pl.col("key").is_not_null()).filter(pl.col("key").is_duplicated())
        for key, line in twice.iter_rows():
            self._lines.setdefault(key, []).append(line)

    @property
    def column(self) -> Column:
        """The key's first column, with which duplicates are told; `IndexError` when the file has none of them."""
        return self._checks[0].column

    def problems(self, batch: RowBatch) -> dict[int, Told]:
        """What is wrong with rows of a batch, by their positions."""
        if not self._lines:
            return {}
        keys = self._keys(batch)
        found = keys.with_row_index().filter(pl.col("key").is_in(list(self._lines)))
        problems = {}
        for position, key, line in found.iter_rows():
            # As many as are shown, one more, and the row itself: a key may stand on all lines of a file.
            others = [other for other in self._lines[key][: _LINES_TOLD + 2] if other != line]
            shown = ", ".join(map(str, others[:_LINES_TOLD])) + (", …" if len(others) > _LINES_TOLD else "")
            problems[position] = tell(Message.DUPLICATE_KEY, columns=self._names, lines=shown)
        return problems

    def _keys(self, batch: RowBatch) -> pl.DataFrame:
        """A hash of each row's key, null where a part of it is bad, and its line."""
        values = [
            check.check(batch.frame.get_column(str(self._positions[check.column.name]))).values.alias(
                str(number)
            )
            for number, check in enumerate(self._checks)
        ]
        frame = pl.DataFrame(values)
        bad = pl.any_horizontal(pl.all().is_null())
        return frame.select(
            pl.when(bad).then(None).otherwise(pl.struct(pl.all()).hash()).alias("key")
        ).with_columns(batch.lines.alias("line"))
