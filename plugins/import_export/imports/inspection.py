"""What a file is understood as, without a database: how it is read, which table it fits, what its rows become.

The answer to "why was my file refused"; `python -m import_export inspect` prints it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from import_export.imports.extraction import DATA_EXTENSIONS, Source, extract
from import_export.imports.jobs import JobStatus
from import_export.imports.layout import Layout, read_layout
from import_export.imports.mapping import HeaderMap
from import_export.imports.numerals import parse_number
from import_export.imports.reading import read_batches
from import_export.imports.staging import StagedFile, StagedResult
from import_export.imports.tables import Column, ImportTable, Kind
from import_export.imports.validation import AUTO, Verdict, quick_validate
from import_export.imports.zips import Limits
from import_export.messages import Language, Message, Told

SMALL = 8 << 20
"""Files up to this many bytes are checked as a whole, though nobody asks for it."""
_KEPT_REJECTS = 1000
_BATCH_BYTES = 4 << 20
_FIRST_BYTES = 64 << 10
"""Bytes that are read at once where only the first rows are wanted."""
_NO_WARNINGS = frozenset(
    {
        Message.READ_AS,
        Message.TITLE_LINES,
        Message.HEADERS_SKIPPED,
        Message.TOTALS_SKIPPED,
        Message.TOTALS_AGREE,
    }
)
"""Notes of what the reader did that need nobody's attention."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be found out about a file."""

    tables: Sequence[ImportTable]
    table_name: str = AUTO
    dist_id: str | None = None
    rows: int = 5
    """How many rows are shown as they would be loaded."""
    all_rows: bool = False
    """Whether all rows are checked, whatever the size of the file."""
    limits: Limits = field(default_factory=lambda: Limits(max_files=1000, max_bytes=20 << 30, max_ratio=100))


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What was found out about one data file."""

    name: str
    layout: Layout | None
    verdict: Verdict
    rows: tuple[Mapping[str, str | None], ...] = ()
    """The first rows as they would be loaded, by the table's columns."""
    row_lines: tuple[int, ...] = ()
    result: StagedResult | None = None
    """Counts and rejects, when all rows were checked."""

    @property
    def notes(self) -> tuple[Told, ...]:
        """What the reader did, mended or assumed."""
        if self.result is not None:
            return self.result.notes
        return self.layout.notes if self.layout is not None else ()

    def to_json(self, language: Language = "en") -> dict[str, Any]:
        """As `--json` prints it; null is what was not found out."""
        layout, headers, result = self.layout, self.verdict.headers, self.result
        told = self.verdict.told
        suggested = headers.suggested if headers else told.params.get("suggested", {}) if told else {}
        return {
            "file": self.name,
            "table": self.verdict.table.table_name if self.verdict.table else None,
            "encoding": layout.encoding if layout else None,
            "delimiter": layout.dialect.delimiter if layout else None,
            "quote": layout.dialect.quote if layout else None,
            "escape": layout.dialect.escape if layout else None,
            "header_line": layout.header_line if layout and layout.header_rows else None,
            "header": list(layout.header) if layout and layout.header_rows else [],
            "mapping": _mapping(layout, headers),
            "suggested": suggested,
            "ignored_columns": list(headers.ignored) if headers else [],
            "total_rows": self.verdict.rows,
            "rows": [dict(row) for row in self.rows],
            "row_lines": list(self.row_lines),
            "accepted": result.good if result else None,
            "rejected": result.rejected if result else None,
            "skipped_totals": result.skipped_totals if result else None,
            "skipped_headers": result.skipped_headers if result else None,
            "skipped": result.skipped if result else None,
            "control_total": _control_total(result),
            "rejects": [
                {
                    "line": reject.line,
                    "column": reject.header,
                    "table_column": reject.column,
                    "code": reject.told.code.value,
                    "value": reject.value,
                    "message": reject.told.text(language),
                    "message_en": reject.told.text("en"),
                    "message_id": reject.told.text("id"),
                }
                for reject in (result.rejects if result else ())
            ],
            "warnings": [_coded(note, language) for note in self.notes if note.code not in _NO_WARNINGS],
            "notes": [_coded(note, language) for note in self.notes],
            "verdict": verdict_json(told, language),
        }


@dataclass(frozen=True, slots=True)
class ZipInspection:
    """What was found out about a ZIP: its data files, or why it is refused."""

    name: str
    refused: Told | None
    files: tuple[Inspection, ...] = field(default=())

    def to_json(self, language: Language = "en") -> dict[str, Any]:
        """As `--json` prints it: each file as by itself, and the verdict on the ZIP."""
        return {
            "file": self.name,
            "jobs": len(self.files),
            "files": [file.to_json(language) for file in self.files],
            "verdict": verdict_json(self.refused, language),
        }


def inspect_file(path: Path, question: Question) -> Inspection | ZipInspection:
    """Find out about a data file or a ZIP; raises `OSError` when it cannot be read."""
    with path.open("rb"):
        pass  # a file that is not there is the caller's slip, not the file's
    if path.suffix.lower() != ".zip":
        return _inspect(path, path.name, question)
    with tempfile.TemporaryDirectory(prefix="import_export-inspect-") as folder:
        found = extract([Source(path.name, path)], Path(folder), question.limits)
        files = tuple(_inspect(file.path, file.name, question) for file in found.files)
    refused = found.warnings[0] if found.warnings and not files else None
    return ZipInspection(path.name, refused, files)


def verdict_json(told: Told | None, language: Language) -> dict[str, Any]:
    """The verdict of the seven stages."""
    status = JobStatus.VALID if told is None else JobStatus.INVALID
    return {
        "valid": told is None,
        "status": status.value,
        "code": told.code.value if told else None,
        "message": told.text(language) if told else None,
    }


def _inspect(path: Path, name: str, question: Question) -> Inspection:
    verdict = quick_validate(
        path, name, question.tables, table_name=question.table_name, dist_id=question.dist_id
    )
    layout = verdict.layout
    if layout is None and Path(name).suffix.lower() in DATA_EXTENSIONS:
        found = read_layout(path, question.tables)
        layout = found if isinstance(found, Layout) else None
    if layout is None or verdict.table is None or verdict.headers is None:
        return Inspection(name=name, layout=layout, verdict=verdict)
    staged = StagedFile(
        path,
        layout,
        verdict.table,
        verdict.headers,
        dist_id=question.dist_id,
        rejects=None,
        batch_bytes=_BATCH_BYTES,
        kept_rejects=_KEPT_REJECTS,
    )
    whole = question.all_rows or path.stat().st_size <= SMALL
    shown, lines = _first_rows(staged, question.rows, whole=whole)
    rows = _as_loaded(path, layout, verdict, shown, lines)
    return Inspection(
        name=name,
        layout=layout,
        verdict=verdict,
        rows=tuple(rows),
        row_lines=tuple(lines),
        result=staged.result if whole else None,
    )


def _first_rows(
    staged: StagedFile, wanted: int, *, whole: bool
) -> tuple[list[dict[str, str | None]], list[int]]:
    """The first good rows and their lines; all of the file is read when `whole`."""
    rows: list[dict[str, str | None]] = []
    lines: list[int] = []
    for frame in staged:
        if len(rows) < wanted:
            part = frame.head(wanted - len(rows))
            lines += part.get_column("line").to_list()
            rows += part.drop("line").to_dicts()
        elif not whole:
            break
    return rows, lines


def _as_loaded(
    path: Path,
    layout: Layout,
    verdict: Verdict,
    rows: Sequence[Mapping[str, str | None]],
    lines: Sequence[int],
) -> Iterator[dict[str, str | None]]:
    """Rows by all columns of the table, in its order; numbers with the digits that the file writes."""
    table, headers = verdict.table, verdict.headers
    if table is None or headers is None or not rows:
        return
    wanted = set(lines)
    cells: dict[int, tuple[str, ...]] = {}
    for batch in read_batches(path, layout, batch_bytes=_FIRST_BYTES):
        for line, row in zip(batch.lines.to_list(), batch.frame.iter_rows(), strict=True):
            if line in wanted:
                cells[line] = row
        if len(cells) == len(wanted):
            break
    for line, loaded in zip(lines, rows, strict=True):
        yield {
            column.name: _shown(column, loaded.get(column.name, column.filler), cells[line], headers)
            for column in table.columns
        }


def _shown(column: Column, value: str | None, cells: Sequence[str], headers: HeaderMap) -> str | None:
    position = headers.positions.get(column.name)
    if value is None or position is None or column.type.kind is not Kind.DECIMAL:
        return value
    number = parse_number(cells[position], column.number_format)
    return f"{number:f}" if number is not None and number == Decimal(value) else value


def _mapping(layout: Layout | None, headers: HeaderMap | None) -> dict[str, str]:
    if layout is None or headers is None:
        return {}
    return {layout.header[position]: name for name, position in headers.positions.items()}


def _control_total(result: StagedResult | None) -> str | None:
    if result is None or result.control_total is None:
        return None
    return "match" if result.control_total else "mismatch"


def _coded(told: Told, language: Language) -> dict[str, str]:
    return {"code": told.code.value, "message": told.text(language)}
