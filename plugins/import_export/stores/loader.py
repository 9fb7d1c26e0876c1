"""Loads checked rows into an import table: directly or through a staging table, with MySQL's own counts held against ours.

All of it happens inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

from import_export.errors import ConfigurationChanged
from import_export.failpoints import hit
from import_export.imports.tables import ImportTable
from import_export.stores.database import Session, quoted, told_refusals
from import_export.stores.merging import finish_direct, merge, some_are_there
from import_export.stores.pipe import feed
from import_export.stores.slices import remove_slices
from import_export.stores.staging_table import (
    FORMAT,
    Counted,
    Target,
    disagree,
    loaded,
    stage,
    stage_few,
    with_hashes,
)
from import_export.stores.tables import configuration_version, own_table, share_table

SAMPLE = 1000
"""Rows by whose keys it is guessed whether a file is new."""


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


def load_rows(
    session: Session,
    target: Target,
    frames: Iterable[pl.DataFrame],
    again: Callable[[], Iterable[pl.DataFrame]] | None = None,
) -> Merged:
    """Load the frames (`line`, then `target.columns`, texts as MySQL takes them) into the table; give the counts.

    `again` gives the same frames once more; with it, rows that are probably all new are loaded directly.
    Raises `CountsDisagree` when MySQL stored other than what was sent, and `RowsRefused` when a table that the product
    did not make has a rule against them, `ConfigurationChanged`; the caller must roll back on any error.
    """
    replaces = target.table.replaces
    if target.table.has_helpers and not replaces:
        share_table(session, target.table.table_name)
        _check_version(session, target)
    if target.few and target.table.has_helpers and not replaces:
        kept = list(frames)
        return _load_new(session, target, Counted(kept), lambda: kept)
    counted = Counted(frames)
    if session.local_infile and not replaces:
        if target.hashed:
            return _load_directly(session, target, counted)
        if again is not None and target.table.has_helpers:
            counted.peek()
            if counted.first is not None and not _known(session, target, counted.first):
                return _load_new(session, target, counted, again)
    if target.table.has_helpers:
        return _load_staged(session, target, counted)
    with told_refusals():
        return _load_staged(session, target, counted)


def _check_version(session: Session, target: Target) -> None:
    """Raise `ConfigurationChanged` when the table has another configuration by now; it keeps this one until the end."""
    if target.version not in (None, configuration_version(session, target.table.table_name)):
        raise ConfigurationChanged(
            f"the configuration of table '{target.table.table_name}' was changed just now"
        )


def _load_staged(session: Session, target: Target, counted: Counted) -> Merged:
    superseded = stage(session, target, counted)
    if target.table.replaces or not target.table.has_helpers:
        # What is looked up now decides what is written, and no key of the table would stop another load's rows.
        own_table(session, target.table.table_name)
        _check_version(session, target)
    removed, slices = remove_slices(session, target) if target.table.replaces and counted.rows else (0, ())
    hit("merge.rows.before")
    inserted, updated = merge(session, target, counted.rows - len(superseded))
    hit("merge.rows.after")
    return Merged(counted.rows, inserted, updated, superseded, removed, slices)


def _known(session: Session, target: Target, rows: pl.DataFrame) -> bool:
    """Whether the table has some of the first rows' keys."""
    stage_few(session, target, rows.head(SAMPLE))
    return some_are_there(session, target)


def _load_new(
    session: Session, target: Target, counted: Counted, again: Callable[[], Iterable[pl.DataFrame]]
) -> Merged:
    """Load rows that are probably all new into the table itself. Those whose key was there are looked at once more."""
    send = _insert_directly if target.few else _load_directly
    direct = send(session, target, counted)
    if direct.inserted == direct.rows or target.hashed:
        return direct
    staged = Counted(again())
    superseded = stage(session, target, staged)
    if staged.rows != direct.rows:
        raise disagree(
            session, f"the file had {direct.rows} good rows, and {staged.rows} when it was read again"
        )
    return Merged(direct.rows, direct.inserted, finish_direct(session, target), superseded)


def _load_directly(session: Session, target: Target, counted: Counted) -> Merged:
    """Load into the table itself; a row whose key (maybe the hash of the whole row) is there is left out.

    IGNORE would also mend bad values with a warning each. So the warnings must be as many as the rows left out: one
    more, and a value was not what it should be.
    """
    names = ", ".join(quoted(name) for name in target.columns)
    helpers = ", ".join(f"{name} = %s" for name, _ in target.helpers)
    variables, hashed = (", @row_hash", "row_hash = UNHEX(@row_hash), ") if target.hashed else ("", "")
    statement = (
        f"LOAD DATA LOCAL INFILE %s IGNORE INTO TABLE {target.name} {FORMAT} "
        f"(@line, {names}{variables}) SET {hashed}{helpers}"
    )
    values = [value for _, value in target.helpers]
    feed(with_hashes(counted, target), lambda path: session.execute(statement, (path, *values)))
    info = loaded(session)
    if (info.records, info.duplicates, info.warnings) != (counted.rows, 0, info.skipped):
        raise disagree(session, f"sent {counted.rows} rows; MySQL tells {info}")
    return Merged(rows=info.records, inserted=info.records - info.skipped, updated=0)


def _insert_directly(session: Session, target: Target, counted: Counted) -> Merged:
    """The same in one statement, for few rows. MySQL warns of each row that it leaves out, and must not of more."""
    rows = [row[1:] for frame in with_hashes(counted, target) for row in frame.rows()]
    if not rows:
        return Merged(rows=0, inserted=0, updated=0)
    names = [*(quoted(name) for name in target.columns), *(["row_hash"] if target.hashed else [])]
    names += [name for name, _ in target.helpers]
    places = ["%s"] * len(target.columns) + ["UNHEX(%s)"] * target.hashed + ["%s"] * len(target.helpers)
    helpers = tuple(value for _, value in target.helpers)
    one = f"({', '.join(places)})"
    inserted = session.execute(
        f"INSERT IGNORE INTO {target.name} ({', '.join(names)}) VALUES {', '.join([one] * len(rows))}",
        [value for row in rows for value in (*row, *helpers)],
    )
    warnings = session.raw.warning_count()
    if warnings != len(rows) - inserted:
        raise disagree(
            session, f"sent {len(rows)} rows; MySQL inserted {inserted} and warned {warnings} times"
        )
    return Merged(rows=len(rows), inserted=inserted, updated=0)


def count_rows_of(session: Session, table: ImportTable, job_id: int) -> int:
    """How many rows of a table that the product made were brought, and not changed since, by a job."""
    [(count,)] = session.rows(
        f"SELECT COUNT(*) FROM {quoted(table.table_name)} WHERE import_job_id = %s", (job_id,)
    )
    return int(count)


def remove_rows_of(session: Session, table: ImportTable, job_id: int) -> int:
    """Remove the rows of a job; give how many MySQL removed."""
    return session.execute(f"DELETE FROM {quoted(table.table_name)} WHERE import_job_id = %s", (job_id,))
