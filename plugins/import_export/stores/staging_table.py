"""The temporary table through which rows go on their way into an import table.

Temporary, so that neither its making nor its end commits anything (source: the reliability page, facts 4 and 8).
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

import polars as pl

from import_export.errors import CountsDisagree
from import_export.failpoints import hit
from import_export.imports.tables import Column, ImportTable
from import_export.stores.database import Session, qualified, quoted
from import_export.stores.pipe import feed

log = logging.getLogger(__name__)

STAGING = "import_export_staging"
"""The temporary table's name; each connection has its own."""

INSERT_ROWS = 1000
"""Rows of one INSERT where the server does not allow LOAD DATA LOCAL."""

FORMAT = (
    "CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' ESCAPED BY '' "
    "LINES TERMINATED BY '\\n'"
)
"""What `pipe.feed` writes."""

_LOADED = re.compile(
    r"Records: (\d+)\s+(?:Deleted|Duplicates): (\d+)\s+(?:Skipped: (\d+)\s+)?Warnings: (\d+)"
)


@dataclass(frozen=True, slots=True)
class Target:
    """Where the rows of one job go."""

    table: ImportTable
    columns: tuple[str, ...]
    """The columns that the file brings, in the order of the frames."""
    job_id: int
    now: datetime
    few: bool = False
    """Whether there are so few rows that a pipe and a thread for them cost more than a statement."""
    version: int | None = None
    """The version of the configuration that `table` is; a load under another one would not be known again."""

    @property
    def name(self) -> str:
        """The quoted name of the import table, with its database's where that is another one."""
        return qualified(self.table.table_name, self.table.database)

    @property
    def keys(self) -> tuple[str, ...]:
        """The quoted names of the unique columns."""
        return tuple(quoted(column.name) for column in self.table.unique_columns)

    @property
    def hashed(self) -> bool:
        """Whether equal rows are found by a hash of the whole row that is kept with each row."""
        return not self.table.unique_columns and self.table.has_helpers

    @property
    def compared(self) -> bool:
        """Whether equal rows are found by comparing with what the table holds: it has neither a key nor a hash."""
        return not self.table.unique_columns and not self.table.has_helpers

    @property
    def fillers(self) -> tuple[tuple[str, object], ...]:
        """What new rows get in columns that the file lacks: quoted column and configured default.

        In tables that the product made, MySQL's own defaults are these.
        """
        if self.table.has_helpers:
            return ()
        lacking = [column for column in self.table.columns if column.name not in self.columns]
        return tuple((quoted(column.name), column.filler) for column in lacking if column.filler is not None)

    @property
    def helpers(self) -> tuple[tuple[str, object], ...]:
        """What the product adds to each row: quoted column and value."""
        if not self.table.has_helpers:
            return ()
        return (("ImportDate", self.now), ("import_job_id", self.job_id))


@dataclass(frozen=True, slots=True)
class Info:
    """What the server itself tells of its last statement."""

    records: int
    duplicates: int
    """Rows deleted by REPLACE, or found twice by INSERT … ON DUPLICATE KEY UPDATE."""
    skipped: int
    warnings: int

    def __str__(self) -> str:
        return (
            f"{self.records} records, {self.duplicates} duplicates, {self.skipped} skipped, "
            f"warned {self.warnings} times"
        )


class Counted:
    """Frames on their way, counted, and their lines remembered (8 bytes a row)."""

    def __init__(self, frames: Iterable[pl.DataFrame]) -> None:
        self._frames = iter(frames)
        self.first: pl.DataFrame | None = None
        """The first frame, after `peek`."""
        self.rows = 0
        self.lines: list[pl.Series] = []

    def peek(self) -> None:
        """Look at the first frame; it is given all the same."""
        self.first = next(self._frames, None)

    def __iter__(self) -> Iterator[pl.DataFrame]:
        for frame in chain(() if self.first is None else (self.first,), self._frames):
            self.rows += frame.height
            self.lines.append(frame["line"])
            yield frame


def row_hashes(frame: pl.DataFrame, columns: Sequence[Column]) -> pl.Series:
    r"""Hex digests of whole rows: SHA-256, first 16 bytes, of the values joined by U+001F, NULL as U+0000.

    `columns`: all of the table's, in its order; one that the file lacks has its default, as it will have in MySQL.
    NULLs at the end are left out, so that a column added to a table later leaves the hashes of its rows as they are.
    MySQL can compute the same: `LEFT(SHA2(CONCAT_WS(0x1f, …), 256), 32)`, but for rows whose texts are empty or hold
    the separator: joined, these could be other rows' texts, so JSON is hashed instead.
    """
    values = [
        (pl.col(column.name) if column.name in frame.columns else pl.lit(column.filler, pl.String)).fill_null(
            "\0"
        )
        for column in columns
    ]
    joined = frame.select(pl.concat_str(values, separator="\x1f").alias("text")).to_series()
    texts = joined.str.strip_chars_end("\0\x1f")
    odd = _ambiguous(joined, len(columns))
    if odd.any():
        rows = frame.select(value.alias(str(number)) for number, value in enumerate(values)).filter(odd)
        texts = texts.scatter(odd.arg_true(), [_unambiguous(row) for row in rows.iter_rows()])
    sha256 = hashlib.sha256
    return pl.Series("row_hash", [sha256(text.encode()).hexdigest()[:32] for text in texts])


def _ambiguous(joined: pl.Series, columns: int) -> pl.Series:
    """Rows whose joined texts could be those of other rows: a text holds the separator, or is empty."""
    texts = joined.str
    return (
        (texts.count_matches("\x1f", literal=True) != columns - 1)
        | texts.contains("\x1f\x1f", literal=True)
        | texts.starts_with("\x1f")
        | texts.ends_with("\x1f")
        | (joined == "")
    )


def _unambiguous(row: Sequence[str]) -> str:
    """Values of a row as JSON behind a NUL, which no text holds; NULLs at the end are left out here, too."""
    last = max((number for number, text in enumerate(row, start=1) if text != "\0"), default=0)
    return "\0" + json.dumps(row[:last])


def with_hashes(frames: Iterable[pl.DataFrame], target: Target) -> Iterator[pl.DataFrame]:
    """Frames with the row's hash as the last column, where the table keeps it."""
    for frame in frames:
        yield frame.with_columns(row_hashes(frame, target.table.columns)) if target.hashed else frame


def hash_in_mysql(target: Target, alias: str) -> str:
    """An expression: a hash of the columns that the file brings, as MySQL holds them, where no hash is kept.

    Each text goes in with its length, so that no two rows are ever joined to one text.
    """
    texts = [f"CAST({alias}.{quoted(name)} AS BINARY)" for name in target.columns]
    values = ", ".join(f"COALESCE(CONCAT(LENGTH({text}), ':', {text}), '-')" for text in texts)
    return f"UNHEX(LEFT(SHA2(CONCAT({values}), 256), 32))"


def stage(session: Session, target: Target, counted: Counted) -> tuple[int, ...]:
    """Make the staging table and fill it; give the lines of rows whose key stands again on a later line.

    Where the table has unique columns they are the primary key here, too: of equal keys in one file the last stays.
    """
    hit("stage.rows.before")
    _create(session, target)
    if session.local_infile and not target.few:
        replaced = _load_data(session, target, counted)
    elif target.few:
        replaced = _insert(session, target, counted)
    else:
        log.warning(
            "job %s: the server does not allow LOAD DATA LOCAL (local_infile is off); using INSERT, which is slower",
            target.job_id,
        )
        replaced = _insert(session, target, counted)
    if target.compared:
        session.execute(f"UPDATE {STAGING} AS s SET s.row_hash = {hash_in_mysql(target, 's')}")
    hit("stage.rows.after")
    return _superseded(session, target, counted) if replaced else ()


def stage_few(session: Session, target: Target, rows: pl.DataFrame) -> None:
    """Make the staging table and put some rows into it."""
    _create(session, target)
    _insert(session, target, Counted([rows]))


def _create(session: Session, target: Target) -> None:
    """An empty temporary table with the target's own column types, so that both hold the same values alike."""
    key = ", ".join(target.keys) or "line"
    columns = ", ".join(quoted(name) for name in target.columns) + (", row_hash" if target.hashed else "")
    extra = ", row_hash BINARY(16) NULL, KEY (row_hash)" if target.compared else ""
    # The one of the file before; the last one goes with the connection.
    session.execute(f"DROP TEMPORARY TABLE IF EXISTS {STAGING}")
    session.execute(
        f"CREATE TEMPORARY TABLE {STAGING} (line BIGINT NOT NULL{extra}, PRIMARY KEY ({key})) ENGINE = InnoDB "
        f"SELECT 0 AS line, {columns} FROM {target.name} LIMIT 0"
    )


def _load_data(session: Session, target: Target, counted: Counted) -> int:
    """Load through a pipe; give the number of rows that a later one replaced."""
    names = ", ".join(["line", *(quoted(name) for name in target.columns)])
    into = "@row_hash" if target.hashed else ""
    fields = f"({names}, {into}) SET row_hash = UNHEX({into})" if into else f"({names})"
    statement = f"LOAD DATA LOCAL INFILE %s REPLACE INTO TABLE {STAGING} {FORMAT} {fields}"
    feed(with_hashes(counted, target), lambda path: session.execute(statement, (path,)))
    info = loaded(session)
    if (info.records, info.skipped, info.warnings) != (counted.rows, 0, 0):
        raise disagree(session, f"sent {counted.rows} rows; MySQL tells {info}")
    return info.duplicates


def _insert(session: Session, target: Target, counted: Counted) -> int:
    """The same by statements of many rows, for servers that do not allow LOAD DATA LOCAL."""
    names = ", ".join(["line", *(quoted(name) for name in target.columns)])
    places = ", ".join(["%s"] * (1 + len(target.columns)))
    if target.hashed:
        names, places = f"{names}, row_hash", f"{places}, UNHEX(%s)"
    statement = f"REPLACE INTO {STAGING} ({names}) VALUES ({places})"
    affected = 0
    with session.raw.cursor() as cursor:
        for frame in with_hashes(counted, target):
            for part in frame.iter_slices(INSERT_ROWS):
                affected += cursor.executemany(statement, part.rows())
    if not counted.rows <= affected <= 2 * counted.rows:
        raise CountsDisagree(f"sent {counted.rows} rows; MySQL tells {affected} affected")
    return affected - counted.rows


def _superseded(session: Session, target: Target, counted: Counted) -> tuple[int, ...]:
    kept = {line for (line,) in session.rows(f"SELECT line FROM {STAGING}")}
    return tuple(line for lines in counted.lines for line in lines if line not in kept)


def loaded(session: Session) -> Info:
    """What the server counted in its last LOAD DATA or INSERT … SELECT."""
    match = _LOADED.search(told_by_server(session))
    if match is None:
        raise CountsDisagree(f"MySQL did not tell what it did: {told_by_server(session)!r}")
    return Info(int(match[1]), int(match[2]), int(match[3] or 0), int(match[4]))


def told_by_server(session: Session) -> str:
    """The server's words about its last statement."""
    text = session.raw.info() or b""
    return text.decode() if isinstance(text, bytes) else str(text)


def disagree(session: Session, what: str) -> CountsDisagree:
    """The error to raise when MySQL's counts are not ours, with MySQL's first warnings."""
    return CountsDisagree(f"{what}: {session.rows('SHOW WARNINGS LIMIT 5')}")
