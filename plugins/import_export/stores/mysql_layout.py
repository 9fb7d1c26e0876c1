"""The real MySQL table, held against its configuration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from import_export.errors import LayoutChanged
from import_export.imports.tables import HELPER_COLUMNS, ImportTable
from import_export.stores.database import Session
from import_export.stores.narrowing import MysqlColumn, narrowed
from import_export.stores.queries import queries


def fitted(session: Session, table: ImportTable) -> ImportTable:
    """The table with each column's type as narrow as MySQL's; raises `LayoutChanged` where the two cannot agree."""
    sql = queries("tables")
    found = {column.name: column for column in mysql_columns(session, table.table_name, table.database)}
    if not found:
        raise LayoutChanged("it does not exist in MySQL")
    _check_columns(table, found)
    if table.unique_columns:
        keys = sql.mysql_unique_keys(session.raw, table_name=table.table_name, database_name=table.database)
        _check_key(table, list(keys))
    return replace(table, columns=tuple(narrowed(column, found[column.name]) for column in table.columns))


def mysql_columns(session: Session, table_name: str, database: str | None = None) -> list[MysqlColumn]:
    """The columns that the MySQL table really has, in its order; none when there is no such table.

    `database`: another one of the server than the session's own.
    """
    rows = queries("tables").mysql_columns(session.raw, table_name=table_name, database_name=database)
    return [_column(row) for row in rows]


def _column(row: tuple[Any, ...]) -> MysqlColumn:
    name, data_type, column_type, length, precision, scale, nullable, default, extra, charset, collation = row
    return MysqlColumn(
        name=name,
        data_type=str(data_type).lower(),
        column_type=str(column_type),
        length=length,
        precision=precision,
        scale=scale,
        nullable=nullable == "YES",
        default=default,
        extra=extra or "",
        charset=charset,
        collation=collation,
    )


def _check_columns(table: ImportTable, found: Mapping[str, MysqlColumn]) -> None:
    wanted = [column.name for column in table.columns]
    if table.has_helpers:
        wanted += [name for name in HELPER_COLUMNS if name != "row_hash" or not table.unique_columns]
    missing = [name for name in wanted if name not in found]
    if missing:
        raise LayoutChanged(f"MySQL's table lacks the columns {', '.join(missing)}")
    needy = [name for name, column in found.items() if name not in wanted and not column.fills_itself]
    if needy:
        raise LayoutChanged(
            f"MySQL's table has columns that need a value, but no configuration knows them: {', '.join(needy)}"
        )


def _check_key(table: ImportTable, rows: list[tuple[Any, ...]]) -> None:
    """Rows are found again by the unique columns; without a unique key on just these, MySQL would not find them."""
    keys: dict[str, set[str]] = defaultdict(set)
    for index, column, part, _ in rows:
        keys[index].add(column if part is None else "")
    names = {column.name for column in table.unique_columns}
    if names not in keys.values():
        listed = ", ".join(column.name for column in table.unique_columns)
        raise LayoutChanged(
            f"MySQL's table has no unique key on ({listed}); add one, or choose other unique columns"
        )
