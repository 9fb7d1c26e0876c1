"""The configuration of the import tables, as staff made it."""

from __future__ import annotations

from collections import defaultdict

from import_export.errors import LayoutChanged
from import_export.imports.tables import HELPER_COLUMNS, Column, ColumnType, ImportTable, NumberFormat, Role
from import_export.stores.database import Session
from import_export.stores.queries import queries


def list_tables(session: Session) -> tuple[ImportTable, ...]:
    """All import tables with their columns and aliases, read in three queries."""
    sql = queries("tables")
    aliases: dict[int, list[str]] = defaultdict(list)
    for column_id, alias in sql.list_aliases(session.raw):
        aliases[column_id].append(alias)
    columns: dict[int, list[Column]] = defaultdict(list)
    for row in sql.list_columns(session.raw):
        (
            column_id,
            table_id,
            name,
            data_type,
            mandatory,
            unique,
            default,
            number_format,
            date_formats,
            role,
        ) = row
        columns[table_id].append(
            Column(
                id=column_id,
                name=name,
                type=ColumnType.parse(data_type),
                is_mandatory=bool(mandatory),
                is_unique=bool(unique),
                default=default,
                number_format=NumberFormat(number_format),
                date_formats=tuple(part.strip() for part in date_formats.split(",") if part.strip()),
                role=Role(role) if role else None,
                aliases=tuple(aliases[column_id]),
            )
        )
    return tuple(
        ImportTable(
            id=table_id,
            table_name=name,
            display_name=display_name,
            columns=tuple(columns[table_id]),
            allowed_filename=allowed_filename,
            distributor_check=distributor_check,
            has_helpers=bool(has_helpers),
        )
        for table_id, name, display_name, allowed_filename, distributor_check, has_helpers in sql.list_tables(
            session.raw
        )
    )


def check_layout(session: Session, table: ImportTable) -> None:
    """Raise `LayoutChanged` unless the MySQL table has every column that the configuration names."""
    found = {name for (name,) in queries("tables").mysql_columns(session.raw, table_name=table.table_name)}
    if not found:
        raise LayoutChanged("it does not exist in MySQL")
    wanted = [column.name for column in table.columns]
    if table.has_helpers:
        wanted += [name for name in HELPER_COLUMNS if name != "row_hash" or not table.unique_columns]
    missing = [name for name in wanted if name not in found]
    if missing:
        raise LayoutChanged(f"MySQL's table lacks the columns {', '.join(missing)}")
