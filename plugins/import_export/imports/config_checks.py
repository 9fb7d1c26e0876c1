"""What must be right about a table's configuration before it is saved; each fault says what, where and what to do."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fnmatch import fnmatchcase

from import_export.errors import BadRequest
from import_export.imports.globs import overlap
from import_export.imports.numerals import INT_HIGH, INT_LOW, decimal_text
from import_export.imports.staging import column_check
from import_export.imports.table_config import table_to_config
from import_export.imports.tables import (
    HELPER_COLUMNS,
    IDENTIFIER,
    Column,
    ColumnType,
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
LONGEST_IN_ROW = 4000
"""Characters of a text that is kept in the row itself; longer ones MySQL keeps outside of it, without a default."""
LONGEST_KEY_PARTS = 16
MOST_DIGITS_AFTER_POINT = 30
_BOUND = 40
"""Characters of a smallest and a largest value."""
_MOST_DIGITS = 38
"""Of a number with which values are compared."""
_DATE_SIGNS = re.compile(r"(?=.*d)(?=.*m)(?=.*y)[dmyhis /.:\-]+", re.IGNORECASE)
_DELIMITER = re.compile(r"[^\w\s\"'\0]|\t")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TRUTHS = {"0": "0", "1": "1", "false": "0", "true": "1"}


def plain(table: ImportTable) -> ImportTable:
    """The configuration in the one way of writing that is kept: values as MySQL tells them, every alias once.

    What cannot be written so is left as it is, for `check_table` to tell.
    """
    return replace(table, columns=tuple(map(_plain_column, table.columns)))


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
    if not _is_text(table):
        raise BadRequest(f"table '{table.table_name}': the configuration has half characters (surrogates)")
    if table.delimiter is not None and not _DELIMITER.fullmatch(table.delimiter):
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
    if len(", ".join(map(str, table.replaces))) > 1000:
        raise BadRequest("replaces has 1,000 characters at most")
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
    if not IDENTIFIER.fullmatch(name):
        raise BadRequest(
            f"{what} name '{name}' must begin with a letter a–z and have only a–z, 0–9 and _ (48 characters at most)"
        )


def check_column(column: Column, table: ImportTable) -> None:
    """Raise `BadRequest` when a column's own values cannot be."""
    where = f"column '{column.name}'"
    if column.type.kind is Kind.STR and not 1 <= column.type.length <= LONGEST_TEXT:
        raise BadRequest(f"{where}: a text has 1–{LONGEST_TEXT} characters, not {column.type.length}")
    if column.default is not None and column.type.kind in (Kind.DATE, Kind.DATETIME):
        raise BadRequest(f"{where}: a date has no default; an empty one is NULL")
    if column.type.kind is Kind.DECIMAL and column.type.scale > MOST_DIGITS_AFTER_POINT:
        raise BadRequest(
            f"{where}: a decimal has {MOST_DIGITS_AFTER_POINT} digits after the point at most, not {column.type.scale}"
        )
    for text in column.date_formats:
        if not _DATE_SIGNS.fullmatch(text):
            raise BadRequest(f"{where}: date format '{text}' is none; write it like dd/mm/yyyy or yyyy-mm-dd")
    if len(", ".join(column.date_formats)) > 255:
        raise BadRequest(f"{where}: the date formats have 255 characters at most")
    for alias in column.aliases:
        if not normalise_header(alias) or len(alias) > 255:
            raise BadRequest(f"{where}: an alias needs 1–255 characters")
    for value in column.allowed_values:
        _check_value(f"{where}: allowed value '{value}'", value, column)
    if column.default is not None:
        _check_value(f"{where}: default '{column.default}'", column.default, column)
        if table.has_helpers and column.type.kind is Kind.STR and column.type.length > LONGEST_IN_ROW:
            raise BadRequest(f"{where}: a text of more than {LONGEST_IN_ROW} characters takes no default")
    _check_range(where, column)
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
    owners: dict[str, str] = {}
    for column in columns:
        owner = owners.setdefault(normalise_header(column.name), column.name)
        if owner != column.name:
            raise BadRequest(f"columns '{owner}' and '{column.name}' are the same header; rename one of them")
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
    if len(table.unique_columns) > LONGEST_KEY_PARTS:
        raise BadRequest(
            f"a key of MySQL has {LONGEST_KEY_PARTS} columns at most, not {len(table.unique_columns)}"
        )
    octets = sum(
        4 * column.type.length if column.type.kind is Kind.STR else 16 for column in table.unique_columns
    )
    if octets > LONGEST_KEY:
        raise BadRequest(
            f"the unique columns are too long for a key of MySQL ({octets} of {LONGEST_KEY} octets); shorten their texts"
        )


def _check_range(where: str, column: Column) -> None:
    low, high = column.minimum, column.maximum
    for key, value in (("minimum", low), ("maximum", high)):
        if value is not None:
            _check_value(f"{where}: {key} '{value}'", value, column, bound=True)
            if len(value) > _BOUND:
                raise BadRequest(f"{where}: {key} has {_BOUND} characters at most")
    if low is None or high is None:
        return
    numbers = column.type.kind in (Kind.INT, Kind.DECIMAL, Kind.BOOL)
    if Decimal(low) > Decimal(high) if numbers else low[: len(high)] > high:
        raise BadRequest(f"{where}: minimum '{low}' is more than maximum '{high}'")


def _check_value(where: str, value: str, column: Column, *, bound: bool = False) -> None:
    kind = column.type.kind
    if kind is Kind.STR and len(value) > min(column.type.length, 255) and not bound:
        raise BadRequest(f"{where} is longer than the column")
    try:
        _plain(value, column.type, bound=bound)
    except (ValueError, ArithmeticError) as fault:
        wanted = {
            Kind.BOOL: "0 or 1",
            Kind.INT: "a whole number like 1234",
            Kind.DECIMAL: f"a number like 1234.56 that {column.type} holds",
            Kind.DATE: "a date like 2026-01-31",
            Kind.DATETIME: "a moment like 2026-01-31 10:00:00",
        }
        raise BadRequest(f"{where} is not {wanted[kind]}") from fault


def _plain_column(column: Column) -> Column:
    aliases: dict[str, str] = {}
    for alias in column.aliases:
        aliases.setdefault(normalise_header(alias), alias.strip())
    return replace(
        column,
        default=_plain_or_not(column.default, column.type),
        minimum=_plain_or_not(column.minimum, column.type, bound=True),
        maximum=_plain_or_not(column.maximum, column.type, bound=True),
        allowed_values=tuple(_plain_or_not(value, column.type) or "" for value in column.allowed_values),
        date_formats=tuple(text.strip() for text in column.date_formats),
        aliases=tuple(aliases.values()),
    )


def _plain_or_not(value: str | None, column_type: ColumnType, *, bound: bool = False) -> str | None:
    if value is None:
        return None
    try:
        return _plain(value, column_type, bound=bound)
    except (ValueError, ArithmeticError):
        return value


def _plain(value: str, column_type: ColumnType, *, bound: bool = False) -> str:
    """The value as MySQL tells it; a `bound` may have more digits. Raises `ValueError` or `ArithmeticError`."""
    kind = column_type.kind
    if kind is Kind.INT:
        number = int(value)
        if not INT_LOW <= number <= INT_HIGH:
            raise ValueError(value)
        return str(number)
    if kind is Kind.DECIMAL:
        return _plain_decimal(Decimal(value), column_type, bound=bound)
    if kind is Kind.BOOL:
        if value.lower() not in _TRUTHS:
            raise ValueError(value)
        return _TRUTHS[value.lower()]
    if kind is Kind.DATE:
        return date.fromisoformat(value).isoformat()
    if kind is Kind.DATETIME:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            raise ValueError(value)
        # As a largest value, a day is meant with all of its hours.
        return value if bound and _DAY.fullmatch(value) else f"{moment:%Y-%m-%d %H:%M:%S}"
    return value


def _plain_decimal(number: Decimal, column_type: ColumnType, *, bound: bool) -> str:
    # The highest power first: 1e999999 must not be written out.
    if not number.is_finite() or (number and not -_BOUND < number.adjusted() < _BOUND):
        raise ValueError(number)
    if bound:
        after = max(column_type.scale, -int(number.as_tuple().exponent))
        if number.adjusted() + 1 + after > _MOST_DIGITS:
            raise ValueError(number)
        return f"{number:f}"
    text = decimal_text(number, column_type.precision, column_type.scale)
    if text is None or Decimal(text) != number:
        raise ValueError(number)
    return text


def _is_text(table: ImportTable) -> bool:
    try:
        json.dumps(table_to_config(table), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
