"""Makes and changes the MySQL tables that the product owns, so that they are what their configuration says.

What is to be done is found by looking at the real table, so a change that broke off is simply made again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import MySQLdb
import polars as pl

from import_export.errors import BadRequest, JobBusy, LayoutChanged, SettingsError
from import_export.imports.config_checks import LONGEST_IN_ROW, plain
from import_export.imports.tables import Column, ImportTable, Kind
from import_export.stores.database import BUSY, Session, quoted
from import_export.stores.mysql_layout import mysql_columns
from import_export.stores.narrowing import MysqlColumn
from import_export.stores.queries import queries
from import_export.stores.rehashing import new_hashes

WAIT_SECONDS = 15
"""How long a change waits for those who use the table."""
_OURS = "ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin"
_HASH = "row_hash"
_NUMBERS = frozenset({"bigint", "decimal", "tinyint"})
_ESCAPED = re.compile(r"''|\\.", re.DOTALL)
_ESCAPES = {"''": "'", r"\n": "\n", r"\r": "\r", r"\t": "\t", r"\0": "\0"}
_REFUSALS = frozenset(
    {
        *(
            1050,
            1060,
            1061,
            1067,
            1070,
            1071,
            1074,
            1101,
            1113,
            1117,
            1118,
            1170,
            1425,
            1426,
        ),  # what is declared
        *(1062, 1138, 1264, 1265, 1292, 1366, 1367, 1406, 1411),  # rows that stand against it
    }
)
_NO_RIGHTS = frozenset({1044, 1142, 1143, 1227})


def make_table(session: Session, table: ImportTable) -> None:
    """Create the MySQL table of a configuration, with the product's own columns; raises `BadRequest`."""
    parts = ["id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY"]
    parts += [_declared(column) for column in table.columns]
    parts += ["ImportDate DATETIME(6) NOT NULL", "import_job_id BIGINT NOT NULL"]
    if table.unique_columns:
        parts.append(_key(table))
    else:
        parts += ["row_hash BINARY(16) NOT NULL", "UNIQUE KEY uq_row_hash (row_hash)"]
    parts.append("KEY ix_import_job_id (import_job_id)")
    _run(
        session,
        f"CREATE TABLE {quoted(table.table_name)} ({', '.join(parts)}) {_OURS}",
        _defaults(table.columns),
    )


def fit_table(
    session: Session, old: ImportTable, table: ImportTable, *, drop: bool, alone: Callable[[], None]
) -> pl.DataFrame | None:
    """Change the MySQL table of an `old` configuration to what the new one says; give the hashes that its rows need then.

    Columns that it no longer has are dropped with their data only when `drop`, else they stay and need no value.
    `alone` is called before rows are looked at, unless nothing is to be done: no load may go on from then on. The
    hashes are to be stored in the transaction that writes the new configuration, for they belong together.
    Raises `BadRequest` when rows of the table stand against it, `JobBusy` when who uses the table does not end.
    """
    real = {column.name: column for column in mysql_columns(session, table.table_name)}
    if not real:
        raise LayoutChanged(f"table '{table.table_name}' does not exist in MySQL")
    mariadb = "MariaDB" in session.raw.get_server_info()
    new = [column for column in table.columns if column.name not in real]
    other = [
        column
        for column in table.columns
        if column.name in real and not _as_declared(column, real[column.name], mariadb=mariadb)
    ]
    kept = {column.name for column in table.columns}
    removed = [column.name for column in old.columns if column.name not in kept and column.name in real]
    clauses = [f"ADD COLUMN {_declared(column)}" for column in new]
    clauses += [f"MODIFY COLUMN {_declared(column)}" for column in other]
    clauses += [_removed(name, real[name], drop=drop) for name in removed]
    clauses += _key_changes(session, old, table, real)
    if not clauses and _hashed_alike(session, old, table, real):
        return None
    alone()
    for column in other:
        _check_values(session, table, column, real[column.name])
    if old.unique_columns and not table.unique_columns:
        _check_empty(session, table)
    hashes = None if _hashed_alike(session, old, table, real) else new_hashes(session, table, frozenset(real))
    if clauses:
        statement = f"ALTER TABLE {quoted(table.table_name)} {', '.join(clauses)}"
        _run(session, statement, _defaults([*new, *other]))
    return hashes


def drop_table(session: Session, table: ImportTable) -> None:
    """Remove the MySQL table with all of its rows."""
    _run(session, f"DROP TABLE IF EXISTS {quoted(table.table_name)}", ())


def _run(session: Session, statement: str, values: Sequence[Any]) -> None:
    """Run one statement of the schema. Who uses the table is waited for a little; raises `JobBusy` then."""
    session.execute("SET SESSION lock_wait_timeout = %s", (WAIT_SECONDS,))
    try:
        session.execute(statement, list(values) or None)
    except MySQLdb.Error as error:
        code = error.args[0] if error.args else None
        if code in _REFUSALS:
            raise BadRequest(f"MySQL refuses this: {error.args[-1]}") from error
        if code in _NO_RIGHTS:
            raise SettingsError(
                f"the database's user may not do this; [import_export] ddl_conn_id can name another one: {error.args[-1]}"
            ) from error
        if code in BUSY:
            raise JobBusy("somebody is using the table; try again later") from error
        raise


def _declared(column: Column) -> str:
    """The column as MySQL takes it; a default is bound as a value."""
    needs = " NOT NULL" if column.is_unique else " NULL"
    default = " DEFAULT %s" if _has_default(column) else ""
    return f"{quoted(column.name)} {_type(column)}{needs}{default}"


def _has_default(column: Column) -> bool:
    return column.filler is not None and not column.is_unique


def _defaults(columns: Sequence[Column]) -> list[str | None]:
    return [column.filler for column in columns if _has_default(column)]


def _type(column: Column) -> str:
    kind = column.type.kind
    if kind is Kind.STR:
        return f"VARCHAR({column.type.length})" if column.type.length <= LONGEST_IN_ROW else "MEDIUMTEXT"
    if kind is Kind.DECIMAL:
        return f"DECIMAL({column.type.precision}, {column.type.scale})"
    return {Kind.INT: "BIGINT", Kind.DATE: "DATE", Kind.DATETIME: "DATETIME", Kind.BOOL: "TINYINT(1)"}[kind]


def _as_declared(column: Column, real: MysqlColumn, *, mariadb: bool) -> bool:
    """Whether MySQL's column is already what would be declared."""
    wanted = column.filler if _has_default(column) else None
    told = _told_default(real.default) if mariadb else real.default
    same_default = told == wanted
    if wanted is not None and told is not None and column.type.kind is not Kind.STR:
        same_default = Decimal(told) == Decimal(wanted)
    return _same_type(column, real) and real.nullable != column.is_unique and same_default


def _same_type(column: Column, real: MysqlColumn) -> bool:
    declared = _type(column).lower().replace(" ", "")
    found = real.column_type.lower().replace(" ", "")
    # MySQL 8 no longer tells the widths of whole numbers.
    found = {"bigint(20)": "bigint", "tinyint": "tinyint(1)"}.get(found, found)
    return declared == found


def _told_default(text: str | None) -> str | None:
    """A default that MariaDB tells: texts as it would write them in a statement, `NULL` for none."""
    if text is None or text == "NULL":
        return None
    if not text.startswith("'"):
        return text
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[0], found[0][1:]), text[1:-1])


def _hashed_alike(
    session: Session, old: ImportTable, table: ImportTable, real: Mapping[str, MysqlColumn]
) -> bool:
    """Whether the hashes of the table's rows, if it has them, stay what they are."""
    if old.unique_columns or table.unique_columns:
        return True
    kept, added = table.columns[: len(old.columns)], table.columns[len(old.columns) :]
    if [*map(_written, old.columns)] != [*map(_written, kept)]:
        return False
    # A default that is written otherwise than the column's values made other hashes than these.
    if [column.filler for column in old.columns] != [column.filler for column in plain(old).columns]:
        return False
    return all(_is_null(session, table, column, real) for column in added)


def _written(column: Column) -> tuple[object, ...]:
    """What a value's text depends on."""
    return column.name, column.type.kind, column.type.scale if column.type.kind is Kind.DECIMAL else None


def _is_null(session: Session, table: ImportTable, column: Column, real: Mapping[str, MysqlColumn]) -> bool:
    """Whether all rows have NULL in a column that is added; at the end of a row that does not change its hash."""
    if column.name not in real:
        return column.filler is None
    # Left there by a change that broke off, or once removed without its data.
    return not _exists(session, table, f"{quoted(column.name)} IS NOT NULL")


def _check_values(session: Session, table: ImportTable, column: Column, real: MysqlColumn) -> None:
    """Raise `BadRequest` when a row's value would become another one: MySQL itself rounds numbers without a word."""
    name, kind = quoted(column.name), column.type.kind
    if column.is_unique and real.nullable and _exists(session, table, f"{name} IS NULL"):
        raise BadRequest(
            f"column '{column.name}' has rows without a value, so it cannot be a unique column; fill or remove them first"
        )
    if _same_type(column, real):
        return
    number = name if real.data_type in _NUMBERS else f"CAST({name} AS DECIMAL(65, 30))"
    # Subtracted, not compared: to both servers two casts of one column to the same type are equal, whatever the scales.
    lost = {
        Kind.STR: f"CHAR_LENGTH(CAST({name} AS CHAR)) > {column.type.length}",
        Kind.INT: f"{number} - CAST({name} AS SIGNED) <> 0",
        Kind.DECIMAL: f"{number} - CAST({name} AS DECIMAL({column.type.precision}, {column.type.scale})) <> 0",
        Kind.BOOL: f"{number} NOT IN (0, 1)",
        Kind.DATE: f"CAST({name} AS DATETIME(6)) - CAST(CAST({name} AS DATE) AS DATETIME) <> 0",
        Kind.DATETIME: f"CAST({name} AS DATETIME(6)) - CAST({name} AS DATETIME) <> 0",
    }[kind]
    if _exists(session, table, lost):
        raise BadRequest(
            f"column '{column.name}' has values that are no {column.type} without being cut or rounded; change them first"
        )


def _check_empty(session: Session, table: ImportTable) -> None:
    if _exists(session, table, "TRUE"):
        raise BadRequest(
            f"table '{table.table_name}' has rows that its unique columns tell apart; without any, equal rows could not "
            "be told. Make a new table without unique columns, or empty this one"
        )


def _exists(session: Session, table: ImportTable, condition: str) -> bool:
    [(found,)] = session.rows(f"SELECT EXISTS (SELECT 1 FROM {quoted(table.table_name)} WHERE {condition})")
    return bool(found)


def _removed(name: str, real: MysqlColumn, *, drop: bool) -> str:
    if drop:
        return f"DROP COLUMN {quoted(name)}"
    return f"MODIFY COLUMN {quoted(name)} {real.column_type} NULL"


def _key(table: ImportTable) -> str:
    columns = ", ".join(quoted(column.name) for column in table.unique_columns)
    return f"UNIQUE KEY {quoted(_key_name(table))} ({columns})"


def _key_name(table: ImportTable) -> str:
    return f"uq_{table.table_name}"


def _key_changes(
    session: Session, old: ImportTable, table: ImportTable, real: Mapping[str, MysqlColumn]
) -> list[str]:
    """What makes the key of the old configuration that of the new one. Other keys are not the product's to drop."""
    keys: dict[str, set[str]] = defaultdict(set)
    rows = queries("tables").mysql_unique_keys(session.raw, table_name=table.table_name, database_name=None)
    for index, column, _, _ in rows:
        keys[index].add(column)
    wanted = {column.name for column in table.unique_columns} or {_HASH}
    before = {column.name for column in old.unique_columns}
    clauses = [
        f"DROP INDEX {quoted(index)}"
        for index, columns in keys.items()
        if columns != wanted and (columns in (before, {_HASH}) or index == _key_name(table))
    ]
    if table.unique_columns and _HASH in real:
        clauses.append(f"DROP COLUMN {_HASH}")
    if not table.unique_columns and _HASH not in real:
        clauses.append(f"ADD COLUMN {_HASH} BINARY(16) NOT NULL")
    if wanted not in keys.values():
        clauses.append(
            f"ADD {_key(table)}" if table.unique_columns else f"ADD UNIQUE KEY uq_row_hash ({_HASH})"
        )
    return clauses
