"""Loads checked rows into an import table: staging, merge, and MySQL's own counts held against ours.

All of it happens inside the caller's transaction. The staging table is temporary, so that neither its making nor
its end commits anything (source: the reliability page, facts 4 and 8).
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from import_export.errors import CountsDisagree
from import_export.imports.tables import Column, ImportTable
from import_export.stores.database import Session, quoted
from import_export.stores.pipe import feed

log = logging.getLogger(__name__)

INSERT_ROWS = 1000
"""Rows of one INSERT where the server does not allow LOAD DATA LOCAL."""

_FORMAT = (
    "CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' ESCAPED BY '' "
    "LINES TERMINATED BY '\\n'"
)
"""What `pipe.feed` writes."""

_INFO = re.compile(r"Records: (\d+)\s+(?:Deleted|Duplicates): (\d+)\s+(?:Skipped: (\d+)\s+)?Warnings: (\d+)")


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of the good rows of a file."""

    rows: int
    inserted: int
    updated: int
    superseded: tuple[int, ...]
    """Lines of the file whose key stands again on a later line, which was taken instead."""

    @property
    def unchanged(self) -> int:
        """Rows that the table held already, value by value."""
        return self.rows - self.inserted - self.updated - len(self.superseded)


@dataclass(frozen=True, slots=True)
class Target:
    """Where the rows of one job go."""

    table: ImportTable
    columns: tuple[str, ...]
    """The columns that the file brings, in the order of the frames."""
    job_id: int
    now: datetime

    @property
    def hashed(self) -> bool:
        """Whether equal rows are found by a hash of the whole row, for want of unique columns."""
        return not self.table.unique_columns

    @property
    def staging(self) -> str:
        """The quoted name of the staging table, one for each job."""
        return quoted(f"staging_{self.job_id}")


def load_rows(session: Session, target: Target, frames: Iterable[pl.DataFrame]) -> Merged:
    """Load the frames (`line`, then `target.columns`, texts as MySQL takes them) into the table; give the counts.

    Raises `CountsDisagree` when MySQL stored other than what was sent; the caller must roll back on any error.
    """
    counted = _Counted(frames)
    local_infile = _allows_local_infile(session)
    if local_infile and target.hashed:
        return _load_directly(session, target, counted)
    _create_staging(session, target)
    # From here on the server counts, and what it tells must agree with what was sent.
    if local_infile:
        replaced = _load_data(session, target, counted)
    else:
        log.warning(
            "job %s: the server does not allow LOAD DATA LOCAL (local_infile is off); using INSERT, which is slower",
            target.job_id,
        )
        replaced = _insert(session, target, counted)
    superseded = _superseded(session, target, counted) if replaced else ()
    inserted, updated = _merge(session, target, counted.rows - replaced)
    session.execute(f"DROP TEMPORARY TABLE {target.staging}")
    return Merged(rows=counted.rows, inserted=inserted, updated=updated, superseded=superseded)


class _Counted:
    """Frames on their way, counted, and their lines remembered (8 bytes a row)."""

    def __init__(self, frames: Iterable[pl.DataFrame]) -> None:
        self._frames = frames
        self.rows = 0
        self.lines: list[pl.Series] = []

    def __iter__(self) -> Iterator[pl.DataFrame]:
        for frame in self._frames:
            self.rows += frame.height
            self.lines.append(frame["line"])
            yield frame


def row_hashes(frame: pl.DataFrame, columns: Sequence[Column]) -> pl.Series:
    r"""Hex digests of whole rows: SHA-256, first 16 bytes, of the values joined by U+001F, NULL as U+0000.

    `columns`: all of the table's, in its order; one that the file lacks has its default, as it will have in MySQL.
    NULLs at the end are left out, so that a column added to a table later leaves the hashes of its rows as they are.
    MySQL can compute the same: `LEFT(SHA2(CONCAT_WS('\x1f', …), 256), 32)`.
    """
    values = [
        (pl.col(column.name) if column.name in frame.columns else pl.lit(column.filler, pl.String)).fill_null(
            "\0"
        )
        for column in columns
    ]
    texts = frame.select(
        pl.concat_str(values, separator="\x1f").str.strip_chars_end("\0\x1f").alias("text")
    ).to_series()
    sha256 = hashlib.sha256
    return pl.Series("row_hash", [sha256(text.encode()).hexdigest()[:32] for text in texts])


def _create_staging(session: Session, target: Target) -> None:
    """An empty temporary table with the target's own column types, so that both hold the same values alike.

    Where the table has unique columns they are the primary key here, too: of equal keys in one file the last stays.
    """
    key = ", ".join(quoted(column.name) for column in target.table.unique_columns) or "line"
    columns = ", ".join(quoted(name) for name in target.columns) + (", row_hash" if target.hashed else "")
    session.execute(f"DROP TEMPORARY TABLE IF EXISTS {target.staging}")
    session.execute(
        f"CREATE TEMPORARY TABLE {target.staging} (line BIGINT NOT NULL, PRIMARY KEY ({key})) ENGINE = InnoDB "
        f"SELECT 0 AS line, {columns} FROM {quoted(target.table.table_name)} LIMIT 0"
    )


def _allows_local_infile(session: Session) -> bool:
    [(allowed,)] = session.rows("SELECT @@GLOBAL.local_infile")
    return bool(allowed)


def _with_hashes(frames: Iterable[pl.DataFrame], target: Target) -> Iterator[pl.DataFrame]:
    """Frames with the row's hash as the last column, where the table needs it."""
    for frame in frames:
        yield frame.with_columns(row_hashes(frame, target.table.columns)) if target.hashed else frame


def _load_directly(session: Session, target: Target, counted: _Counted) -> Merged:
    """Load into the table itself, where its only key is the hash of the whole row: a row that is there is left out.

    IGNORE would also mend bad values with a warning each. So the warnings must be as many as the rows left out: one
    more, and a value was not what it should be.
    """
    names = ", ".join(quoted(name) for name in target.columns)
    statement = (
        f"LOAD DATA LOCAL INFILE %s IGNORE INTO TABLE {quoted(target.table.table_name)} {_FORMAT} "
        f"(@line, {names}, @row_hash) SET row_hash = UNHEX(@row_hash), ImportDate = %s, import_job_id = %s"
    )
    values = (target.now, target.job_id)
    feed(_with_hashes(counted, target), lambda path: session.execute(statement, (path, *values)))
    records, deleted, skipped, warnings = _info(session)
    if (records, deleted, warnings) != (counted.rows, 0, skipped):
        raise CountsDisagree(
            f"sent {counted.rows} rows; MySQL read {records}, skipped {skipped}, warned {warnings} times: "
            f"{session.rows('SHOW WARNINGS LIMIT 5')}"
        )
    return Merged(rows=records, inserted=records - skipped, updated=0, superseded=())


def _load_data(session: Session, target: Target, counted: _Counted) -> int:
    """Load into staging through a pipe; give the number of rows that a later one replaced."""
    fields = ", ".join(["line", *(quoted(name) for name in target.columns)])
    statement = f"LOAD DATA LOCAL INFILE %s REPLACE INTO TABLE {target.staging} {_FORMAT} ({fields})"
    feed(counted, lambda path: session.execute(statement, (path,)))
    records, deleted, skipped, warnings = _info(session)
    if (records, skipped, warnings) != (counted.rows, 0, 0):
        told = session.rows("SHOW WARNINGS LIMIT 5")
        raise CountsDisagree(
            f"sent {counted.rows} rows; MySQL read {records}, skipped {skipped}, warned {warnings} times: {told}"
        )
    return deleted


def _insert(session: Session, target: Target, counted: _Counted) -> int:
    """The same by statements of many rows, for servers that do not allow LOAD DATA LOCAL."""
    names = ", ".join(["line", *(quoted(name) for name in target.columns)])
    places = ", ".join(["%s"] * (1 + len(target.columns)))
    if target.hashed:
        names, places = f"{names}, row_hash", f"{places}, UNHEX(%s)"
    statement = f"REPLACE INTO {target.staging} ({names}) VALUES ({places})"
    affected = 0
    with session.raw.cursor() as cursor:
        for frame in _with_hashes(counted, target):
            for part in frame.iter_slices(INSERT_ROWS):
                affected += cursor.executemany(statement, part.rows())
    if not counted.rows <= affected <= 2 * counted.rows:
        raise CountsDisagree(f"sent {counted.rows} rows; MySQL tells {affected} affected")
    return affected - counted.rows


def _superseded(session: Session, target: Target, counted: _Counted) -> tuple[int, ...]:
    kept = {line for (line,) in session.rows(f"SELECT line FROM {target.staging}")}
    return tuple(line for lines in counted.lines for line in lines if line not in kept)


def _merge(session: Session, target: Target, rows: int) -> tuple[int, int]:
    """Upsert from the staging table in one statement, whose own counts tell how many it inserted and updated."""
    names = [quoted(name) for name in target.columns]
    into, taken = [*names, "ImportDate", "import_job_id"], [*(f"s.{name}" for name in names), "%s", "%s"]
    if target.hashed:
        into, taken = [*into, "row_hash"], [*taken, "s.row_hash"]
    statement = (
        f"INSERT INTO {quoted(target.table.table_name)} ({', '.join(into)}) "
        f"SELECT {', '.join(taken)} FROM {target.staging} AS s "
        f"ON DUPLICATE KEY UPDATE {_updates(target)}"
    )
    values: list[object] = [target.now, target.job_id]
    if _value_columns(target):
        values += [target.now, target.job_id]
    affected = session.execute(statement, values)
    records, updated, _, warnings = _info(session)
    inserted = affected - 2 * updated
    if records != rows or warnings or inserted < 0 or inserted + updated > rows:
        raise CountsDisagree(
            f"merging {rows} rows, MySQL tells {records} records, {updated} updated, {affected} affected, "
            f"{warnings} warnings: {session.rows('SHOW WARNINGS LIMIT 5')}"
        )
    return inserted, updated


def _value_columns(target: Target) -> list[str]:
    """The columns that an upsert may change: none where the whole row is the key."""
    if target.hashed:
        return []
    keys = {column.name for column in target.table.unique_columns}
    return [name for name in target.columns if name not in keys]


def _updates(target: Target) -> str:
    """The assignments for a row that is there already; ImportDate and the job move only where a value changes.

    MySQL assigns from left to right, so the two that look at the old values stand first. Values are compared as
    bytes: a change of case or of an accent is a change, whatever the collation says.
    """
    table = quoted(target.table.table_name)
    columns = [quoted(name) for name in _value_columns(target)]
    if not columns:
        return f"{table}.id = {table}.id"
    same = " AND ".join(f"CAST({table}.{name} AS BINARY) <=> CAST(s.{name} AS BINARY)" for name in columns)
    return ", ".join(
        [
            f"{table}.ImportDate = IF({same}, {table}.ImportDate, %s)",
            f"{table}.import_job_id = IF({same}, {table}.import_job_id, %s)",
            *(f"{table}.{name} = s.{name}" for name in columns),
        ]
    )


def _info(session: Session) -> tuple[int, int, int, int]:
    """Records, deleted or duplicates, skipped, warnings of the last statement, as the server counted them."""
    text = session.raw.info() or b""
    match = _INFO.search(text.decode() if isinstance(text, bytes) else text)
    if match is None:
        raise CountsDisagree(f"MySQL did not tell what it did: {text!r}")
    return int(match[1]), int(match[2]), int(match[3] or 0), int(match[4])
