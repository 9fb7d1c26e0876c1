"""Replaces a slice: rows of the table that belong where the file's rows belong, and are not in the file, are removed."""

from __future__ import annotations

from datetime import date
from typing import Any

from import_export.errors import LayoutChanged
from import_export.imports.table_rules import SlicePart
from import_export.stores.database import Session, quoted
from import_export.stores.staging_table import STAGING, Target, hash_in_mysql

MOST_SLICES = 5000
"""A file that spans more slices than this is not what the configuration is meant for."""


def remove_slices(session: Session, target: Target) -> tuple[int, tuple[str, ...]]:
    """Remove the rows of the staged rows' slices that are not among them; give how many, and the slices in words.

    Rows that the file brings unchanged stay as they are, with the date of their import.
    """
    parts = target.table.replaces
    missing = [part.column for part in parts if part.column not in target.columns]
    if missing:
        raise LayoutChanged(f"its slice needs the columns {', '.join(missing)}, which the file does not have")
    wanted = ", ".join(_expression(part) for part in parts)
    found = session.rows(f"SELECT DISTINCT {wanted} FROM {STAGING} LIMIT {MOST_SLICES + 1}")
    if len(found) > MOST_SLICES:
        raise LayoutChanged(
            f"the file spans more than {MOST_SLICES:,} slices of ({', '.join(map(str, parts))})"
        )
    removed = sum(_remove(session, target, values) for values in found)
    return removed, tuple(", ".join(map(_words, parts, values)) for values in sorted(found, key=str))


def _expression(part: SlicePart) -> str:
    name = quoted(part.column)
    if part.unit == "month":
        return f"CAST(DATE_FORMAT({name}, '%%Y-%%m-01') AS DATE)".replace("%%", "%")
    if part.unit == "year":
        return f"CAST(DATE_FORMAT({name}, '%%Y-01-01') AS DATE)".replace("%%", "%")
    return name


def _remove(session: Session, target: Target, values: tuple[Any, ...]) -> int:
    conditions: list[str] = []
    parameters: list[Any] = []
    for part, value in zip(target.table.replaces, values, strict=True):
        name = f"t.{quoted(part.column)}"
        if part.unit is None or value is None:
            conditions.append(f"{name} <=> %s")
            parameters.append(value)
        else:
            # A range, so that an index of the column serves.
            conditions.append(f"{name} >= %s AND {name} < %s")
            parameters += [value, _after(value, part.unit)]
    where = " AND ".join(conditions)
    if target.compared:
        same = f"s.row_hash = {hash_in_mysql(target, 't')}"
    else:
        same = " AND ".join(f"t.{key} = s.{key}" for key in target.keys or ("row_hash",))
    return session.execute(
        f"DELETE t FROM {target.name} AS t LEFT JOIN {STAGING} AS s ON {same} WHERE s.line IS NULL AND {where}",
        parameters,
    )


def _after(first: date, unit: str) -> date:
    """The first day after a month or a year that begins on a day."""
    if unit == "year" or first.month == 12:
        return date(first.year + 1, 1, 1)
    return date(first.year, first.month + 1, 1)


def _words(part: SlicePart, value: Any) -> str:
    if value is None:
        return f"{part.column}: NULL"
    if part.unit == "month":
        return f"{part.column}: {value:%m/%Y}"
    return f"{part.column}: {value:%Y}" if part.unit == "year" else f"{part.column}: {value}"
