"""Reads an import table's rows, however many, a piece at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from MySQLdb.cursors import SSCursor

from import_export.imports.tables import ImportTable, Role
from import_export.stores.database import Session, quoted

PIECE = 5_000
"""Rows that are fetched at once."""


def content(
    session: Session, table: ImportTable, columns: Sequence[str], *, dist_pattern: str | None = None
) -> Iterator[Sequence[tuple[Any, ...]]]:
    """Pieces of a table's rows. With `dist_pattern` only those of distributors that fit the regular expression.

    The rows stay on the server until they are asked for; the session is the reader's own until the end. Raises
    `ValueError` when the rows do not tell their distributor.
    """
    names = ", ".join(quoted(name) for name in columns)
    values: tuple[str, ...] = ()
    statement = f"SELECT {names} FROM {quoted(table.table_name)}"
    if dist_pattern is not None:
        column = table.by_role(Role.DISTRIBUTOR)
        if column is None:
            raise ValueError(table.table_name)
        statement, values = f"{statement} WHERE {quoted(column.name)} REGEXP %s", (dist_pattern,)
    cursor = session.raw.cursor(SSCursor)
    try:
        cursor.execute(statement, values or None)
        while rows := cursor.fetchmany(PIECE):
            yield rows
    finally:
        cursor.close()
