"""The rejected rows of a file as a CSV: its own columns, then line and reasons; to be corrected and dropped again."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Any, Self

LINE, ERRORS = "line", "errors"


class RejectsFile:
    """Written only when there is a reject: a file without any leaves none behind.

    UTF-8 with a mark, so that spreadsheets read it right; RFC 4180. Cells are given back exactly as they came.
    """

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self._path = path
        self._header = tuple(header)
        self._file: TextIOWrapper | None = None
        self._writer: Any = None

    def __enter__(self) -> Self:
        self._path.unlink(missing_ok=True)  # of an attempt that broke off
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, line: int, cells: Sequence[str], errors: str) -> None:
        """Add a row. A row with too few cells is filled up, so that line and errors stand under their headers."""
        if self._file is None:
            self._file = self._path.open("w", encoding="utf-8-sig", newline="")
            self._writer = csv.writer(self._file, lineterminator="\r\n")
            self._writer.writerow([*self._header, LINE, ERRORS])
        width = len(self._header)
        filled = [*cells[:width], *[""] * (width - len(cells))]
        self._writer.writerow([*filled, line, errors, *cells[width:]])
