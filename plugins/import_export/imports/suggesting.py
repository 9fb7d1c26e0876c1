"""Suggests the configuration of a new import table from a sample file; a person confirms it.

All cells of the sample are held against the checks that an import makes, so a suggestion takes what it was made from.
Where the cells leave a choice, the one is suggested that loses nothing: codes stay text, keys are rather none than wrong.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from pathlib import Path

import polars as pl

from import_export.imports.checks import ColumnCheck, DayOrder, check_columns
from import_export.imports.config_checks import LONGEST_KEY
from import_export.imports.layout import Layout, find_layout
from import_export.imports.numerals import parse_number
from import_export.imports.reading import read_batches
from import_export.imports.sifting import is_totals_line
from import_export.imports.suggested_names import NAME_LENGTH, file_names, identifier, named_columns
from import_export.imports.suggested_types import (
    ROLE_HEADERS,
    Sampled,
    differ,
    readings_of,
    sampled_column,
    style_of,
    suggested_type,
)
from import_export.imports.tables import (
    Column,
    ColumnType,
    ImportTable,
    Kind,
    Role,
)
from import_export.imports.values import Look, look
from import_export.messages import Message, Told, tell

_KEY_ROWS = 20
"""From so many rows on, a key is taken to be one."""
_KEY_COLUMNS, _KEY_CANDIDATES, _KEY_TEXT = 3, 12, 50
"""A key's columns, the columns that it is sought among, and the longest text that is still a code."""
_EXAMPLES = 3
_BATCH_BYTES = 1 << 18
_DATES, _NUMBERS = (Kind.DATE, Kind.DATETIME), (Kind.INT, Kind.DECIMAL)
_ROLE_KINDS: Mapping[Role, tuple[Kind, ...]] = {
    Role.DISTRIBUTOR: (Kind.STR,),
    Role.DATE: _DATES,
    Role.AMOUNT: _NUMBERS,
    Role.EXPORT_DATE: _DATES,
}
_NUMBERED_HEADER = re.compile(r"\b(?:id|no|nr|nomor|number|line|baris|urut)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedColumn:
    """What a column of the sample could be."""

    header: str
    """As in the file."""
    name: str
    data_type: str
    """As `ColumnType.parse` takes it."""
    is_mandatory: bool
    is_unique: bool
    number_format: str
    date_formats: tuple[str, ...]
    role: str | None
    aliases: tuple[str, ...]
    """The header, when the name alone would not be found by it."""
    examples: tuple[str, ...]
    """The first distinct cells, as they stand."""
    ambiguous_dates: bool
    """Whether every date could be day first or month first."""
    ambiguous_numbers: bool
    """Whether `1.250` could be a thousand or a fraction, and nothing in the file tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What a table for files like the sample could be."""

    table_name: str
    display_name: str
    allowed_filename: str
    columns: tuple[SuggestedColumn, ...]
    """Without columns that no configuration could find in the file: those without a header, or with one that is there twice."""
    rows: int
    """Rows that were looked at; without broken ones and totals lines."""


def suggest_table(path: Path, filename: str, *, sample_rows: int = 5000) -> Suggestion | Told:
    """A table for files like this one, from its first rows; or why the file cannot be understood."""
    layout = find_layout(path)
    if isinstance(layout, Told):
        return layout
    frame = _without_totals(_first_rows(path, layout, sample_rows))
    sampled = [
        sampled_column(header, name, frame.get_column(str(position)))
        for position, header, name in named_columns(layout)
    ]
    if not sampled:
        return tell(Message.DUPLICATE_HEADER, names=", ".join(layout.header))
    base, allowed = file_names(filename)
    name = identifier(base, "t", "imported")
    return Suggestion(
        table_name=f"t_{name}"[:NAME_LENGTH] if name.startswith("import_") else name,
        display_name=re.sub(r"[\s_-]+", " ", base).strip().capitalize()[:255] or name,
        allowed_filename=allowed,
        columns=tuple(_suggested_columns(sampled)),
        rows=frame.height,
    )


def _suggested_columns(sampled: Sequence[Sampled]) -> Iterable[SuggestedColumn]:
    """All columns together: how the file writes numbers, the roles and the key are found by several of them."""
    readings = [readings_of(each) for each in sampled]
    style = style_of(readings)
    columns = [suggested_type(each, numbers, style) for each, numbers in zip(sampled, readings, strict=True)]
    columns = _with_roles(columns, [each.normal for each in sampled])
    key = _key(columns, sampled)
    for column, each, numbers in zip(columns, sampled, readings, strict=True):
        shown = each.cells.filter(each.cells.str.strip_chars() != "").unique(maintain_order=True)
        yield SuggestedColumn(
            header=each.header,
            name=column.name,
            data_type=str(column.type),
            is_mandatory=column.is_mandatory,
            is_unique=column.name in key,
            number_format=column.number_format.value,
            date_formats=column.date_formats,
            role=column.role.value if column.role else None,
            aliases=column.aliases,
            examples=tuple(shown.head(_EXAMPLES).to_list()),
            ambiguous_dates=column.type.kind in _DATES and DayOrder().with_cells(each.cells).is_guess,
            ambiguous_numbers=column.type.kind in _NUMBERS and style is None and differ(numbers),
        )


def _first_rows(path: Path, layout: Layout, wanted: int) -> pl.DataFrame:
    """The first rows that can be put into columns."""
    frames, rows = [pl.DataFrame(schema=dict.fromkeys(map(str, range(len(layout.header))), pl.String))], 0
    for batch in read_batches(path, layout, batch_bytes=_BATCH_BYTES):
        frames.append(batch.frame)
        rows += batch.frame.height
        if rows >= wanted:
            break
    return pl.concat(frames).head(wanted)


def _without_totals(frame: pl.DataFrame) -> pl.DataFrame:
    """Leave out totals lines: their words would make texts of dates and numbers."""
    suspects = frame.select(
        pl.any_horizontal(pl.all().str.contains(r"(?i)total|jumlah")).arg_true()
    ).to_series()
    if suspects.is_empty():
        return frame
    columns = []
    for cells in frame:
        looks = Counter(map(look, cells.head(200).to_list()))
        is_number = looks[Look.NUMBER] * 2 > looks.total() - looks[Look.EMPTY]
        kind = Kind.DECIMAL if is_number else Kind.STR
        columns.append(Column(cells.name, ColumnType(kind), is_mandatory=not is_number))
    table = ImportTable("", "", tuple(columns))
    totals = [row for row in suspects.to_list() if is_totals_line(frame.row(row, named=True), table)]
    return frame.filter(~pl.int_range(frame.height, eager=True).is_in(totals)) if totals else frame


def _with_roles(columns: Sequence[Column], headers: Sequence[str]) -> list[Column]:
    """Give each role to the column whose header says it most clearly, and whose content agrees."""
    given: dict[int, Role] = {}
    for role, names in ROLE_HEADERS.items():
        fitting = [
            (names.index(header), position)
            for position, (column, header) in enumerate(zip(columns, headers, strict=True))
            if header in names and column.type.kind in _ROLE_KINDS[role]
        ]
        if fitting:
            given[min(fitting)[1]] = role
    return [replace(column, role=given.get(position)) for position, column in enumerate(columns)]


def _key(columns: Sequence[Column], sampled: Sequence[Sampled]) -> frozenset[str]:
    """The fewest columns that tell all rows apart, leftmost first; with the distributor, whose codes are its own."""
    candidates = [column for column, each in zip(columns, sampled, strict=True) if _may_be_key(column, each)]
    distributor = next((column for column in candidates if column.role is Role.DISTRIBUTOR), None)
    candidates = sorted(candidates, key=lambda column: column is not distributor)[:_KEY_CANDIDATES]
    cells = {each.name: each.cells for each in sampled}
    if not candidates or len(cells[candidates[0].name]) < _KEY_ROWS:
        return frozenset()
    checked = check_columns(
        [ColumnCheck(column) for column in candidates], [cells[column.name] for column in candidates]
    )
    values = pl.DataFrame(
        [each.values.alias(column.name) for column, each in zip(candidates, checked, strict=True)]
    )
    for size in range(1, _KEY_COLUMNS + 1):
        for some in combinations(candidates, size):
            if distributor not in (None, *some) or all(column.type.kind in _DATES for column in some):
                continue
            octets = sum(4 * column.type.length if column.type.kind is Kind.STR else 16 for column in some)
            names = [column.name for column in some]
            if octets <= LONGEST_KEY and values.select(names).n_unique() == values.height:
                return frozenset(names)
    return frozenset()


def _may_be_key(column: Column, sampled: Sampled) -> bool:
    """Whether a column is a code or a date; a running number is none, for it begins anew in each file."""
    if not column.is_mandatory or column.role is Role.EXPORT_DATE:
        return False
    if column.type.kind is Kind.STR and column.role is not Role.DISTRIBUTOR:
        return column.type.length <= _KEY_TEXT and not any(
            re.search(r"\s", text) or (look(text) is Look.NUMBER and not text.isdigit())
            for text in sampled.texts
        )
    if column.type.kind is Kind.INT:
        numbers = [parse_number(text, column.number_format) or 0 for text in sampled.texts]
        steps = {later - earlier for earlier, later in pairwise(numbers)}
        running = numbers[0] in (0, 1) and steps == {1} and len(numbers) == len(sampled.cells)
        return bool(_NUMBERED_HEADER.search(sampled.normal)) and not running
    return column.type.kind in _DATES or column.role is Role.DISTRIBUTOR
