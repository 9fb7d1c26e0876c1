"""Brings the rows of a staging table into an import table, and tells by MySQL's own counts what became of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from import_export.imports.tables import Column, Kind
from import_export.stores.database import Session, quoted
from import_export.stores.staging_table import (
    STAGING,
    Target,
    disagree,
    hash_in_mysql,
    loaded,
    told_by_server,
)

_CHANGED = re.compile(r"Rows matched: (\d+)\s+Changed: (\d+)\s+Warnings: (\d+)")


def merge(session: Session, target: Target, rows: int) -> tuple[int, int]:
    """Merge `rows` staged rows; give how many were inserted and how many updated."""
    if target.compared:
        return _merge_compared(session, target, rows), 0
    if target.hashed:
        return _insert_all(session, target, rows)
    return _merge_keyed(session, target, rows)


def _merge_keyed(session: Session, target: Target, rows: int) -> tuple[int, int]:
    """Upsert on the unique columns.

    One look at what is there already decides: INSERT … ON DUPLICATE KEY UPDATE costs several times a look for each
    row that is there, since it writes the row before it finds out.
    """
    there, differing = _look(session, target)
    if not there:
        return _insert_all(session, target, rows)
    inserted = updated = 0
    only_there = ""
    if there < rows:
        # A line below 0 marks a row that is there; the staging table cannot be joined with the target while that is
        # inserted into, or MySQL would copy all of it once more.
        session.execute(f"UPDATE {_joined(target)} SET s.line = -s.line")
        inserted, updated = _insert_all(session, target, rows - there, where="WHERE s.line > 0")
        only_there = "s.line < 0 AND "
    if differing:
        updated += _update(session, target, only_there)
    return inserted, updated


def _joined(target: Target) -> str:
    return f"{STAGING} AS s INNER JOIN {target.name} AS t ON " + " AND ".join(
        f"t.{key} = s.{key}" for key in target.keys
    )


def finish_direct(session: Session, target: Target) -> int:
    """After rows were loaded directly: bring the staged rows' values into rows that were there; give how many changed.

    Of equal keys in the file the first was loaded, and the last is staged: that is put right, too, and is no update.
    """
    differs = _differs(target)
    if not differs:
        return 0
    mine = ("t.import_job_id = %s", (target.job_id,))
    columns = ", ".join(
        f"t.{quoted(column.name)} = s.{quoted(column.name)}" for column in _value_columns(target)
    )
    session.execute(f"UPDATE {_joined(target)} SET {columns} WHERE {mine[0]} AND {differs}", mine[1])
    [(differing,)] = session.rows(f"SELECT COUNT(*) FROM {_joined(target)} WHERE {differs}")
    return _update(session, target, "") if differing else 0


def some_are_there(session: Session, target: Target) -> bool:
    """Whether the table has a row with the key of a staged one."""
    return bool(session.rows(f"SELECT 1 FROM {_joined(target)} LIMIT 1"))


def _look(session: Session, target: Target) -> tuple[int, int]:
    """How many staged rows are there already, and how many of these differ."""
    differs = _differs(target)
    count = f"SUM({differs})" if differs else "0"
    [(there, differing)] = session.rows(f"SELECT COUNT(*), {count} FROM {_joined(target)}")
    return int(there), int(differing or 0)


def _update(session: Session, target: Target, condition: str) -> int:
    columns = [quoted(column.name) for column in _value_columns(target)]
    assignments = [f"t.{name} = s.{name}" for name in columns] + [
        f"t.{name} = %s" for name, _ in target.helpers
    ]
    session.execute(
        f"UPDATE {_joined(target)} SET {', '.join(assignments)} WHERE {condition}{_differs(target)}",
        [value for _, value in target.helpers],
    )
    match = _CHANGED.search(told_by_server(session))
    if match is None or match[1] != match[2] or match[3] != "0":
        raise disagree(session, f"updating, MySQL tells {told_by_server(session)!r}")
    return int(match[2])


def _insert_all(session: Session, target: Target, rows: int, where: str = "") -> tuple[int, int]:
    """Insert staged rows in one statement; those that are there (by another transaction since the look) are updated.

    Not in tables that somebody else made: these may have other keys, and a row that has another row's value in one of
    them would be written over that row.
    """
    constants = (*target.helpers, *target.fillers)
    names = [quoted(name) for name in target.columns] + (["row_hash"] if target.hashed else [])
    into = [*names, *(name for name, _ in constants)]
    taken = [*(f"s.{name}" for name in names), *("%s" for _ in constants)]
    assignments, values = _updates(target)
    there_already = f"ON DUPLICATE KEY UPDATE {assignments}" if target.table.has_helpers else ""
    affected = session.execute(
        f"INSERT INTO {target.name} ({', '.join(into)}) SELECT {', '.join(taken)} FROM {STAGING} AS s {where} "
        f"{there_already}",
        [*(value for _, value in constants), *(values if there_already else ())],
    )
    info = loaded(session)
    inserted = affected - 2 * info.duplicates
    if info.records != rows or info.warnings or inserted < 0 or inserted + info.duplicates > rows:
        raise disagree(session, f"merging {rows} rows, MySQL tells {info}, {affected} affected")
    return inserted, info.duplicates


def _merge_compared(session: Session, target: Target, rows: int) -> int:
    """Insert the rows that the table does not hold, where it has no key: by a hash of what both hold.

    The table is read once, and each of its rows looked up in the staging table's index.
    """
    session.execute(
        f"DELETE s FROM {STAGING} AS s INNER JOIN {target.name} AS t ON s.row_hash = {hash_in_mysql(target, 't')}"
    )
    names = [quoted(name) for name in target.columns]
    into = ", ".join([*names, *(name for name, _ in target.fillers)])
    taken = ", ".join([*(f"s.{name}" for name in names), *("%s" for _ in target.fillers)])
    # Equal rows of one file are one row, as in tables that keep the hash.
    inserted = session.execute(
        f"INSERT INTO {target.name} ({into}) SELECT {taken} FROM {STAGING} AS s GROUP BY s.row_hash",
        [value for _, value in target.fillers],
    )
    info = loaded(session)
    if info.records != inserted or info.warnings or inserted > rows:
        raise disagree(session, f"merging {rows} rows, MySQL tells {info}, {inserted} affected")
    return inserted


def _value_columns(target: Target) -> list[Column]:
    """The columns that an upsert may change."""
    return [
        column for column in target.table.columns if column.name in target.columns and not column.is_unique
    ]


def _differs(target: Target) -> str:
    """A condition: some value of the row that is there differs from the staged one; empty when there is none."""
    parts = [_same(column, "t", "s") for column in _value_columns(target)]
    return f"NOT ({' AND '.join(parts)})" if parts else ""


def _same(column: Column, there: str, staged: str) -> str:
    """Texts are compared as bytes: a change of case or of an accent is a change, whatever the collation says."""
    name = quoted(column.name)
    # Without blanks around them, texts of a binary collation are equal only when their bytes are.
    if column.type.kind is Kind.STR and not (column.trim and column.type.binary):
        return f"CAST({there}.{name} AS BINARY) <=> CAST({staged}.{name} AS BINARY)"
    return f"{there}.{name} <=> {staged}.{name}"


def _updates(target: Target) -> tuple[str, Sequence[object]]:
    """The assignments, and their values, for a row that is there already.

    MySQL assigns from left to right, so the two that look at the old values stand first.
    """
    columns = [] if target.hashed else _value_columns(target)
    if not columns:
        key = "row_hash" if target.hashed else target.keys[0]
        return f"{target.name}.{key} = {target.name}.{key}", ()
    same = " AND ".join(_same(column, target.name, "s") for column in columns)
    assignments = [
        f"{target.name}.{name} = IF({same}, {target.name}.{name}, %s)" for name, _ in target.helpers
    ]
    assignments += [f"{target.name}.{quoted(column.name)} = s.{quoted(column.name)}" for column in columns]
    return ", ".join(assignments), [value for _, value in target.helpers]
