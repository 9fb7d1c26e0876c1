"""The rejected rows of a file as a CSV: its own columns, then line and reasons; to be corrected and dropped again."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import BufferedWriter, StringIO
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

LINE, ERRORS = "line", "errors"


class RejectsFile:
    """Written only when there is a reject: a file without any leaves none behind.

    UTF-8 with a mark, so that spreadsheets read it right; RFC 4180. Cells are given back exactly as they came.
    """

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self._path = path
        self._header = tuple(header)
        self._file: BufferedWriter | None = None

    def __enter__(self) -> Self:
        self._path.unlink(missing_ok=True)  # of an attempt that broke off
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, rows: pl.Series) -> None:
        """Add rows, each the line of CSV that it is to be, without its end."""
        if self._file is None:
            self._file = self._path.open("wb")
            header = StringIO()
            csv.writer(header, lineterminator="\r\n").writerow([*self._header, LINE, ERRORS])
            self._file.write(header.getvalue().encode("utf-8-sig"))
        self._file.write("\r\n".join([*rows, ""]).encode())
