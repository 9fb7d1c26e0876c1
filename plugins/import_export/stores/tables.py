"""The configuration of the import tables, as staff made it."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from import_export.imports.table_rules import Duplicates, RejectLimit, SlicePart
from import_export.imports.tables import Column, ColumnType, ImportTable, NumberFormat, Role
from import_export.stores.database import LOCK_SECONDS, Session
from import_export.stores.queries import queries

ALONE_SECONDS = 1800
"""How long others' loads of a table are waited for by who must be alone with it."""


def list_tables(session: Session) -> tuple[ImportTable, ...]:
    """All import tables with their columns and aliases, read in three queries."""
    sql = queries("tables")
    aliases: dict[int, list[str]] = defaultdict(list)
    for column_id, alias in sql.list_aliases(session.raw):
        aliases[column_id].append(alias)
    columns: dict[int, list[Column]] = defaultdict(list)
    for row in sql.list_columns(session.raw):
        columns[row[1]].append(_column(row, tuple(aliases[row[0]])))
    return tuple(_table(row, tuple(columns[row[0]])) for row in sql.list_tables(session.raw))


def configuration_version(session: Session, table_name: str) -> int:
    """Which of its saved configurations a table has now."""
    return int(queries("tables").last_version(session.raw, table_name=table_name))


def configuration_versions(session: Session) -> dict[str, int]:
    """Which of its saved configurations each table has; those that were never changed are left out."""
    return {name: int(version) for name, version in queries("tables").last_versions(session.raw)}


def share_table(session: Session, table_name: str) -> None:
    """Keep others from being alone with the table, until the transaction ends."""
    list(queries("tables").share_table(session.raw, table_name=table_name))


def own_table(session: Session, table_name: str) -> None:
    """Be alone with the table until the transaction ends; others' loads of it are waited for as long as they may take."""
    session.execute("SET SESSION innodb_lock_wait_timeout = %s", (ALONE_SECONDS,))
    try:
        list(queries("tables").own_table(session.raw, table_name=table_name))
    finally:
        session.execute("SET SESSION innodb_lock_wait_timeout = %s", (LOCK_SECONDS,))


def _table(row: tuple[Any, ...], columns: tuple[Column, ...]) -> ImportTable:
    table_id, name, display_name, allowed_filename, distributor_check, has_helpers = row[:6]
    duplicates, max_rejects, replaces, delimiter, database = row[6:]
    return ImportTable(
        id=table_id,
        table_name=name,
        display_name=display_name,
        columns=columns,
        allowed_filename=allowed_filename,
        distributor_check=distributor_check,
        has_helpers=bool(has_helpers),
        duplicates=Duplicates(duplicates),
        max_rejects=RejectLimit.parse(max_rejects),
        replaces=SlicePart.parse_all(replaces),
        delimiter=delimiter or None,
        database=database,
    )


def _column(row: tuple[Any, ...], aliases: tuple[str, ...]) -> Column:
    column_id, _, name, data_type, mandatory, unique, default, number_format, date_formats, role = row[:10]
    allowed_values, minimum, maximum, pattern, trim = row[10:]
    return Column(
        id=column_id,
        name=name,
        type=ColumnType.parse(data_type),
        is_mandatory=bool(mandatory),
        is_unique=bool(unique),
        default=default,
        number_format=NumberFormat(number_format),
        date_formats=tuple(part.strip() for part in date_formats.split(",") if part.strip()),
        role=Role(role) if role else None,
        aliases=aliases,
        allowed_values=tuple(json.loads(allowed_values)) if allowed_values else (),
        minimum=minimum,
        maximum=maximum,
        pattern=pattern,
        trim=bool(trim),
    )
