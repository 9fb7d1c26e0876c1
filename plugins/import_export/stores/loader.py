"""Loads checked rows into an import table: directly or through a staging table, with MySQL's own counts held against ours.

All of it happens inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from import_export.imports.tables import ImportTable
from import_export.stores.database import Session, quoted
from import_export.stores.merging import merge
from import_export.stores.pipe import feed
from import_export.stores.slices import remove_slices
from import_export.stores.staging_table import (
    FORMAT,
    Counted,
    Target,
    disagree,
    loaded,
    stage,
    with_hashes,
)


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of the good rows of a file."""

    rows: int
    inserted: int
    updated: int
    superseded: tuple[int, ...] = ()
    """Lines of the file whose key stands again on a later line, which was taken instead."""
    removed: int = 0
    """Rows of the table that were in the file's slices, and are not in the file."""
    slices: tuple[str, ...] = ()
    """The slices that were replaced, in words."""

    @property
    def unchanged(self) -> int:
        """Rows that the table held already, value by value."""
        return self.rows - self.inserted - self.updated - len(self.superseded)


def load_rows(session: Session, target: Target, frames: Iterable[pl.DataFrame]) -> Merged:
    """Load the frames (`line`, then `target.columns`, texts as MySQL takes them) into the table; give the counts.

    Raises `CountsDisagree` when MySQL stored other than what was sent; the caller must roll back on any error.
    """
    counted = Counted(frames)
    replaces = target.table.replaces
    if target.hashed and not replaces and session.local_infile:
        return _load_directly(session, target, counted)
    superseded = stage(session, target, counted)
    removed, slices = remove_slices(session, target) if replaces and counted.rows else (0, ())
    inserted, updated = merge(session, target, counted.rows - len(superseded))
    return Merged(counted.rows, inserted, updated, superseded, removed, slices)


def _load_directly(session: Session, target: Target, counted: Counted) -> Merged:
    """Load into the table itself, where its only key is the hash of the whole row: a row that is there is left out.

    IGNORE would also mend bad values with a warning each. So the warnings must be as many as the rows left out: one
    more, and a value was not what it should be.
    """
    names = ", ".join(quoted(name) for name in target.columns)
    helpers = ", ".join(f"{name} = %s" for name, _ in target.helpers)
    statement = (
        f"LOAD DATA LOCAL INFILE %s IGNORE INTO TABLE {target.name} {FORMAT} "
        f"(@line, {names}, @row_hash) SET row_hash = UNHEX(@row_hash), {helpers}"
    )
    values = [value for _, value in target.helpers]
    feed(with_hashes(counted, target), lambda path: session.execute(statement, (path, *values)))
    info = loaded(session)
    if (info.records, info.duplicates, info.warnings) != (counted.rows, 0, info.skipped):
        raise disagree(session, f"sent {counted.rows} rows; MySQL tells {info}")
    return Merged(rows=info.records, inserted=info.records - info.skipped, updated=0)


def count_rows_of(session: Session, table: ImportTable, job_id: int) -> int:
    """How many rows of a table that the product made were brought, and not changed since, by a job."""
    [(count,)] = session.rows(
        f"SELECT COUNT(*) FROM {quoted(table.table_name)} WHERE import_job_id = %s", (job_id,)
    )
    return int(count)


def remove_rows_of(session: Session, table: ImportTable, job_id: int) -> int:
    """Remove the rows of a job; give how many MySQL removed."""
    return session.execute(f"DELETE FROM {quoted(table.table_name)} WHERE import_job_id = %s", (job_id,))
