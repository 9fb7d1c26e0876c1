"""Reads an import table's rows, however many, a piece at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import MySQLdb
from MySQLdb.cursors import SSCursor

from import_export.errors import LayoutChanged
from import_export.imports.tables import ImportTable, Role
from import_export.stores.database import Session, qualified, quoted

PIECE = 5_000
"""Rows that are fetched at once."""
PATIENCE_SECONDS = 3600
"""How long the server waits for the reader to take some more."""
_ABSENT = frozenset({1054, 1146, 1356})
"""No such column, no such table, a view of such."""


def content(
    session: Session, table: ImportTable, columns: Sequence[str], *, dist_pattern: str | None = None
) -> Iterator[Sequence[tuple[Any, ...]]]:
    """Pieces of a table's rows. With `dist_pattern` only those of distributors that fit the regular expression.

    The rows stay on the server until they are asked for; the session is the reader's own until the end. Raises
    `LayoutChanged` when the table is not there as configured, `ValueError` when the rows do not tell their distributor.
    """
    names = ", ".join(quoted(name) for name in columns)
    values: tuple[str, ...] = ()
    statement = f"SELECT {names} FROM {qualified(table.table_name, table.database)}"
    if dist_pattern is not None:
        column = table.by_role(Role.DISTRIBUTOR)
        if column is None:
            raise ValueError(table.table_name)
        # Case counts, whatever the column's own collation is.
        text = f"CONVERT({quoted(column.name)} USING utf8mb4) COLLATE utf8mb4_bin"
        statement, values = f"{statement} WHERE {text} REGEXP %s", (dist_pattern,)
    # Whoever downloads may be slow.
    session.execute(f"SET SESSION net_write_timeout = {PATIENCE_SECONDS}")
    cursor = session.raw.cursor(SSCursor)
    try:
        with _told_absence(table):
            cursor.execute(statement, values or None)
        while rows := cursor.fetchmany(PIECE):
            yield rows
    finally:
        cursor.close()


@contextmanager
def _told_absence(table: ImportTable) -> Iterator[None]:
    try:
        yield
    except MySQLdb.Error as error:
        if error.args and error.args[0] in _ABSENT:
            raise LayoutChanged(f"table '{table.table_name}': {error.args[-1]}") from error
        raise
