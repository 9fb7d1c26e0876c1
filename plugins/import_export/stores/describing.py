"""Describes a table that MySQL has already as a configuration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from import_export.imports.config_checks import LONGEST_TEXT
from import_export.imports.tables import HELPER_COLUMNS
from import_export.stores.database import Session
from import_export.stores.mysql_layout import mysql_columns
from import_export.stores.narrowing import MysqlColumn
from import_export.stores.queries import queries

_TYPES: Mapping[str, str] = {
    **dict.fromkeys(("tinyint", "smallint", "mediumint", "int", "bigint", "year"), "int"),
    **dict.fromkeys(("float", "double"), "decimal(38,10)"),
    **dict.fromkeys(("datetime", "timestamp"), "datetime"),
    "date": "date",
}
_NO_TEXT = frozenset({"bit", "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})
"""What no cell of a file can be."""
_ID, _AT, _JOB, _HASH = HELPER_COLUMNS


@dataclass(frozen=True, slots=True)
class Described:
    """A table of MySQL: its columns as a configuration, and whether the product made it."""

    columns: Sequence[Mapping[str, Any]]
    made_here: bool


def described_table(session: Session, table_name: str, database: str | None = None) -> Described:
    """All columns that a file can fill; rows are known by the primary key, else by the first unique key.

    `database`: another one of the server than the session's own; the product made none of its tables.
    """
    columns = mysql_columns(session, table_name, database)
    keys = _keys(session, table_name, database)
    names = {column.name for column in columns}
    made_here = database is None and {_ID, _AT, _JOB} <= names and (_HASH in names or len(keys) > 1)
    wanted = [
        column
        for column in columns
        if not column.computed
        and "auto_increment" not in column.extra.lower()
        and (column.data_type not in _NO_TEXT or not column.fills_itself)
        and not (made_here and column.name in HELPER_COLUMNS)
    ]
    fillable = {column.name for column in wanted}
    key = next((set(each) for each in keys if set(each) <= fillable), set())
    return Described([_config_of(column, is_unique=column.name in key) for column in wanted], made_here)


def _keys(session: Session, table_name: str, database: str | None) -> list[list[str]]:
    """The columns of each unique key over whole columns, the primary one first."""
    found: dict[str, list[str]] = defaultdict(list)
    partly: set[str] = set()
    rows = queries("tables").mysql_unique_keys(session.raw, table_name=table_name, database_name=database)
    for index, column, part, _ in rows:
        found[index].append(column)
        if part is not None:
            partly.add(index)
    order = sorted(set(found) - partly, key=lambda index: (index != "PRIMARY", index))
    return [found[index] for index in order]


def _config_of(column: MysqlColumn, *, is_unique: bool) -> dict[str, Any]:
    kind = column.data_type
    if kind == "decimal":
        scale = int(column.scale or 0)
        data_type = f"decimal({min(int(column.precision or 0), 38)},{min(scale, 38)})"
    elif kind in _TYPES:
        data_type = _TYPES[kind]
    else:
        data_type = f"str({min(int(column.length or LONGEST_TEXT), LONGEST_TEXT)})"
    config = {"name": column.name, "type": data_type, "is_mandatory": not column.fills_itself}
    return {**config, "is_unique": True} if is_unique else config
