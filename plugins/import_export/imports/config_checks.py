"""What must be right about a table's configuration before it is saved; each fault says what, where and what to do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase

from import_export.errors import BadRequest
from import_export.imports.globs import overlap
from import_export.imports.staging import column_check
from import_export.imports.tables import (
    HELPER_COLUMNS,
    IDENTIFIER,
    Column,
    ImportTable,
    Kind,
    is_pattern,
    normalise_header,
)

LONGEST_TEXT = 16_000
"""Characters of a `str`: what MySQL's VARCHAR of four octets a character holds beside other columns."""
MOST_COLUMNS = 500
LONGEST_KEY = 3072
"""Octets of a unique key (InnoDB)."""
_DATE_SIGNS = re.compile(r"^(?=.*d)(?=.*m)(?=.*y)[dmyhisDMYHIS\s/.:\-]+$")
_DELIMITER = re.compile(r"^[^\w\s\"'\r\n\0]$|^\t$")


def check_table(table: ImportTable, others: Iterable[ImportTable], *, new_names: Iterable[str] = ()) -> None:
    """Raise `BadRequest` for the first thing that is wrong. `others`: all other tables, whose files may not be its own.

    `new_names`: columns that the product is to make, whose names must be plain.
    """
    if not table.columns:
        raise BadRequest(f"table '{table.table_name}' needs at least one column")
    if len(table.columns) > MOST_COLUMNS:
        raise BadRequest(f"a table has {MOST_COLUMNS} columns at most, not {len(table.columns)}")
    if not table.display_name.strip() or len(table.display_name) > 255:
        raise BadRequest("display_name needs 1–255 characters")
    if len(table.allowed_filename) > 2000:
        raise BadRequest("allowed_filename has 2,000 characters at most")
    if table.delimiter is not None and not _DELIMITER.match(table.delimiter):
        raise BadRequest(
            f"delimiter '{table.delimiter}' must be one sign that is no letter, digit, blank or quote"
        )
    for name in new_names:
        check_identifier("column", name)
        if name.lower() in {helper.lower() for helper in HELPER_COLUMNS} and table.has_helpers:
            raise BadRequest(
                f"column '{name}': the product itself fills a column of this name; choose another one"
            )
    _check_names(table.columns)
    _check_roles(table.columns)
    for column in table.columns:
        check_column(column, table)
    _check_key(table)
    for part in table.replaces:
        sliced = next((column for column in table.columns if column.name == part.column), None)
        if sliced is None:
            raise BadRequest(f"replaces '{part}': table '{table.table_name}' has no column '{part.column}'")
        if part.unit and sliced.type.kind not in (Kind.DATE, Kind.DATETIME):
            raise BadRequest(f"replaces '{part}': column '{part.column}' is no date")
    for other in others:
        check_filenames(table, other)


def check_identifier(what: str, name: str) -> None:
    """Raise `BadRequest` unless a name is one that the product makes things under in MySQL."""
    if not IDENTIFIER.match(name):
        raise BadRequest(
            f"{what} name '{name}' must begin with a letter a–z and have only a–z, 0–9 and _ (48 characters at most)"
        )


def check_column(column: Column, table: ImportTable) -> None:
    """Raise `BadRequest` when a column's own values cannot be."""
    where = f"column '{column.name}'"
    if column.type.kind is Kind.STR and not 1 <= column.type.length <= LONGEST_TEXT:
        raise BadRequest(f"{where}: a text has 1–{LONGEST_TEXT} characters, not {column.type.length}")
    for text in column.date_formats:
        if not _DATE_SIGNS.match(text):
            raise BadRequest(f"{where}: date format '{text}' is none; write it like dd/mm/yyyy or yyyy-mm-dd")
    for alias in column.aliases:
        if not normalise_header(alias) or len(alias) > 255:
            raise BadRequest(f"{where}: an alias needs 1–255 characters")
    for key, value in (("default", column.default), ("minimum", column.minimum), ("maximum", column.maximum)):
        if value is not None:
            _check_value(f"{where}: {key} '{value}'", value, column)
    for value in column.allowed_values:
        _check_value(f"{where}: allowed value '{value}'", value, column)
    if column.pattern is not None and len(column.pattern) > 500:
        raise BadRequest(f"{where}: pattern has 500 characters at most")
    column_check(column, table, None)


def check_filenames(table: ImportTable, other: ImportTable) -> None:
    """Raise `BadRequest` when a file's name would fit both tables. An exact name wins over a pattern, so these may meet."""
    for mine in table.filenames:
        for theirs in other.filenames:
            both_patterns = is_pattern(mine) and is_pattern(theirs)
            if mine == theirs or (both_patterns and overlap(mine, theirs)):
                raise BadRequest(
                    f"allowed_filename '{mine}' of table '{table.table_name}' and '{theirs}' of table "
                    f"'{other.table_name}' fit the same file; change one of them"
                )


def fits_filename(name: str, allowed: Iterable[str]) -> str | None:
    """The entry of `allowed_filename` that a stem fits, an exact one first."""
    listed = list(allowed)
    exact = next((each for each in listed if each == name), None)
    return exact or next((each for each in listed if is_pattern(each) and fnmatchcase(name, each)), None)


def _check_names(columns: Sequence[Column]) -> None:
    counted = Counter(column.name.lower() for column in columns)
    twice = [name for name, count in counted.items() if count > 1]
    if twice:
        raise BadRequest(f"column '{twice[0]}' is there twice")
    owners: dict[str, str] = {normalise_header(column.name): column.name for column in columns}
    for column in columns:
        for alias in column.aliases:
            owner = owners.setdefault(normalise_header(alias), column.name)
            if owner != column.name:
                raise BadRequest(
                    f"alias '{alias}' of column '{column.name}' stands for column '{owner}' already"
                )


def _check_roles(columns: Sequence[Column]) -> None:
    counted = Counter(column.role for column in columns if column.role is not None)
    for role, count in counted.items():
        if count > 1:
            raise BadRequest(f"role '{role.value}' is given to {count} columns; it can be one column's only")


def _check_key(table: ImportTable) -> None:
    octets = sum(
        4 * column.type.length if column.type.kind is Kind.STR else 16 for column in table.unique_columns
    )
    if octets > LONGEST_KEY:
        raise BadRequest(
            f"the unique columns are too long for a key of MySQL ({octets} of {LONGEST_KEY} octets); shorten their texts"
        )


def _check_value(where: str, value: str, column: Column) -> None:
    kind = column.type.kind
    try:
        if kind is Kind.INT:
            int(value)
        elif kind is Kind.DECIMAL and not Decimal(value).is_finite():
            raise BadRequest(f"{where} is no number")
        elif kind is Kind.DATE:
            date.fromisoformat(value)
        elif kind is Kind.DATETIME:
            datetime.fromisoformat(value)
        elif kind is Kind.BOOL and value not in ("0", "1"):
            raise BadRequest(f"{where} is neither 0 nor 1")
        elif kind is Kind.STR and len(value) > min(column.type.length, 255):
            raise BadRequest(f"{where} is longer than the column")
    except (ValueError, InvalidOperation) as fault:
        wanted = {Kind.DATE: "a date like 2026-01-31", Kind.DATETIME: "a moment like 2026-01-31 10:00:00"}
        raise BadRequest(f"{where} is not {wanted.get(kind, 'a number like 1234.56')}") from fault
