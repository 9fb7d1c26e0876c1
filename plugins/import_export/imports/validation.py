"""Quick validation: seven stages, each of which may end it with a verdict (source: the import page, step 2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import polars as pl

from import_export.imports.counting import count_rows
from import_export.imports.extraction import DATA_EXTENSIONS
from import_export.imports.layout import Layout, find_layout
from import_export.imports.mapping import HeaderMap, map_headers
from import_export.imports.reading import read_batches
from import_export.imports.sifting import is_totals_line
from import_export.imports.staging import column_check
from import_export.imports.tables import ImportTable, Role, match_filename, stem
from import_export.messages import Message, Told, tell

AUTO = "auto"
DISTRIBUTOR_ROWS = 5
SAMPLE_ROWS = 2
_SAMPLE_BYTES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the quick validation found out, as far as it went."""

    told: Told | None
    """Why the file is refused; None when it is valid."""
    rows: int
    """Data rows, counted exactly; 0 when the validation ended before it could count."""
    table: ImportTable | None
    layout: Layout | None
    headers: HeaderMap | None

    @property
    def valid(self) -> bool:
        """Whether the file may be imported."""
        return self.told is None


@dataclass(slots=True)
class _Case:
    """A file under validation, and what the stages have found so far."""

    path: Path
    filename: str
    tables: Sequence[ImportTable]
    table_name: str
    dist_id: str | None
    layout: Layout | None = None
    table: ImportTable | None = None
    headers: HeaderMap | None = None
    rows: int = 0
    sample: pl.DataFrame = field(default_factory=pl.DataFrame)


def quick_validate(
    path: Path,
    filename: str,
    tables: Sequence[ImportTable],
    *,
    table_name: str = AUTO,
    dist_id: str | None = None,
) -> Verdict:
    """Validate a file. `filename` is its name as handed over, which decides the table when `table_name` is `auto`."""
    case = _Case(path, filename, tables, table_name or AUTO, dist_id)
    told = next((told for stage in STAGES if (told := stage(case)) is not None), None)
    return Verdict(told=told, rows=case.rows, table=case.table, layout=case.layout, headers=case.headers)


def _file_exists(case: _Case) -> Told | None:
    """Stage 1."""
    if not case.path.is_file():
        return tell(Message.FILE_NOT_FOUND)
    extension = Path(case.filename).suffix
    if extension.lower() not in DATA_EXTENSIONS:
        return tell(Message.UNSUPPORTED_EXTENSION, extension=extension)
    return None


def _has_rows(case: _Case) -> Told | None:
    """Stage 2: the file can be read and has at least one data row."""
    layout = find_layout(case.path, _candidates(case))
    if isinstance(layout, Told):
        return layout
    case.layout = layout
    case.rows = count_rows(case.path, layout)
    if not case.rows:
        return tell(Message.NO_DATA_ROWS)
    batches = read_batches(case.path, layout, batch_bytes=_SAMPLE_BYTES)
    case.sample = pl.concat([batch.frame for batch in islice(batches, 1)]).head(DISTRIBUTOR_ROWS)
    return None


def _candidates(case: _Case) -> Sequence[ImportTable]:
    """The tables whose names may stand in the header: the one that the file belongs to, when that is known already."""
    if case.table_name != AUTO:
        return [table for table in case.tables if table.table_name == case.table_name]
    table = match_filename(case.filename, case.tables)
    return case.tables if table is None else [table]


def _table_is_known(case: _Case) -> Told | None:
    """Stage 4: the given table, or the one that allows the file's name."""
    if case.table_name == AUTO:
        case.table = match_filename(case.filename, case.tables)
        return None if case.table else tell(Message.NOT_RECOGNIZED, name=stem(case.filename))
    case.table = next((table for table in case.tables if table.table_name == case.table_name), None)
    return None if case.table else tell(Message.NO_CONFIG, table=case.table_name)


def _has_columns(case: _Case) -> Told | None:
    """Stage 5."""
    assert case.table is not None  # noqa: S101 - found by the stage before
    return None if case.table.columns else tell(Message.NO_CONFIG, table=case.table.table_name)


def _headers_fit(case: _Case) -> Told | None:
    """Stages 3 and 6: headers are compared normalised, and each mandatory column is among them."""
    assert case.layout is not None  # noqa: S101 - found by the stages before
    assert case.table is not None  # noqa: S101
    headers = map_headers(case.layout.header, case.table, case.layout.header_parts)
    if isinstance(headers, Told):
        return headers
    case.headers = headers
    return None


def _distributor_fits(case: _Case) -> Told | None:
    """Stage 7a: the first rows' distributors begin like the given one."""
    table, headers = case.table, case.headers
    assert table is not None  # noqa: S101 - found by the stages before
    assert headers is not None  # noqa: S101
    column = table.by_role(Role.DISTRIBUTOR)
    if not case.dist_id or column is None or column.name not in headers.positions:
        return None
    prefix = case.dist_id[:2]
    for row in _sample_rows(case):
        cell = row[column.name].strip()
        if cell and cell[:2].casefold() != prefix.casefold() and not is_totals_line(row, table):
            return tell(Message.DIST_ID_MISMATCH, prefix=prefix, dist_id=case.dist_id, value=cell)
    return None


def _sample_rows(case: _Case) -> list[dict[str, str]]:
    """The first rows, by the names of the table's columns."""
    assert case.headers is not None  # noqa: S101 - found by the stages before
    positions = case.headers.positions
    return [{name: row[position] for name, position in positions.items()} for row in case.sample.rows()]


def _sample_is_valid(case: _Case) -> Told | None:
    """Stage 7b: the first rows' values are what their columns want; totals lines are no such rows."""
    table = case.table
    assert table is not None  # noqa: S101 - found by the stages before
    assert case.headers is not None  # noqa: S101
    found: dict[int, list[Told]] = defaultdict(list)
    for column in table.columns:
        position = case.headers.positions.get(column.name)
        if position is not None:
            problems = column_check(column, table, None).problems_of(case.sample.get_column(str(position)))
            for number, told in problems.items():
                found[number].append(told)
    data = [
        number
        for number, row in enumerate(_sample_rows(case))
        if number not in found or not is_totals_line(row, table)
    ]
    errors = [
        f"Row {shown}: {told.text()}."
        for shown, number in enumerate(data[:SAMPLE_ROWS], 1)
        for told in found[number]
    ]
    return tell(Message.SAMPLE_INVALID, errors="; ".join(errors)) if errors else None


STAGES: tuple[Callable[[_Case], Told | None], ...] = (
    _file_exists,
    _has_rows,
    _table_is_known,
    _has_columns,
    _headers_fit,
    _distributor_fits,
    _sample_is_valid,
)
