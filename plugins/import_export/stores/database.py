"""Connections to MySQL or MariaDB: sessions, transactions, and which errors of the server mean "try again"."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Any, Self

import MySQLdb
from airflow.providers.mysql.hooks.mysql import MySqlHook

from import_export.errors import DatabaseUnavailable, JobBusy, RowsRefused, TransientError

BUSY = frozenset({1205, 3572})
"""Lock wait timeout; NOWAIT on MySQL (MariaDB says 1205 for both)."""

DEADLOCK = 1213

AWAY = frozenset(
    {
        # Too many connections, threads, transactions; the host is blocked.
        *(1040, 1129, 1135, 1203, 1226, 1637),
        # Shutting down, not available (a cluster's node says 1047).
        *(1047, 1053, 1077, 1079, 3168),
        # A packet that is too large, a broken network.
        *(1152, 1153, 1156, 1157, 1158, 1159, 1160, 1161, 1184, 1189, 1190),
        # Read-only, as after a fail-over.
        *(1036, 1290, 1792, 1836, 3100),
        # Disk full, table full, an error while a file was written.
        *(3, 20, 1021, 1026, 1114),
        # No memory, no room for locks.
        *(1037, 1038, 1041, 1206),
        # An error during COMMIT: nobody knows how it ended.
        *(1180, 3101),
        # Interrupted or closed by the server, also for taking long or being idle.
        *(1317, 1927, 1969, 3024, 3169, 4031),
        # The client's: cannot connect, gone away, lost.
        *(2002, 2003, 2004, 2005, 2006, 2013, 2026, 2027, 2055),
    }
)
"""The server is away, or has no room, or must not write; nothing is known to be wrong with the statement.

A packet that is too large (1153) is among them: the server closes the connection, and a person raises its limit.
"""

FULL = (1030, ("error 28 ", "No space left"))
"""What a storage engine reports by a number of the operating system's: of these, only that the disk is full."""

REFUSED = frozenset(
    {
        *(1022, 1062, 1169, 1586),  # a unique key
        *(1216, 1217, 1451, 1452),  # a foreign key
        *(3819, 4025),  # a check: MySQL, MariaDB
        *(1644, 1442),  # a trigger
        *(1048, 1263, 1364),  # a column that needs a value
        *(1264, 1265, 1292, 1366, 1367, 1406, 1411, 3140, 4038),  # a value that the column cannot hold
    }
)
"""The rows break a rule of the table; sending them again would end the same way."""

LOCK_SECONDS = 30
"""How long a statement waits for somebody else's lock."""

CONNECT_SECONDS = 10
READ_SECONDS = 3600
"""How long an answer is waited for: a server whose disk is full may hang instead of fail. Longer than any statement takes.

The connection's extra may say otherwise: `{"read_timeout": 600}`.
"""

# What every session relies on. READ COMMITTED: lanes that load the same table would lock gaps of each other.
_SESSION = (
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', transaction_isolation = 'READ-COMMITTED', "
    f"innodb_lock_wait_timeout = {LOCK_SECONDS}"
)
# The server ends the transaction of a loader that froze, so that its locks do not outlive it.
_LOADER = ", wait_timeout = 120, net_read_timeout = 120, net_write_timeout = 120"
_MARIADB_ISOLATION = ("transaction_isolation", "tx_isolation")
"""MariaDB before 11.1 knows the variable by its old name only."""


class Deadlock(TransientError):
    """InnoDB rolled the whole transaction back for another one; repeating it at once is right."""


@dataclass(frozen=True, slots=True)
class Session:
    """One connection. Transactions on it follow one another; a lost connection is never silently renewed."""

    raw: Any
    local_infile: bool = False
    """Whether this connection may send files by LOAD DATA LOCAL: the loader's, where the server allows it."""

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Begin; COMMIT at the end, ROLLBACK on any error, which is raised on."""
        with translated_errors():
            self.raw.begin()
            try:
                yield self
            except BaseException:
                self._rollback()
                raise
            self.raw.commit()

    def execute(self, sql: str, values: Any = None) -> int:
        """Run one statement and give the number of affected rows. `sql` never holds users' text."""
        with self.raw.cursor() as cursor:
            cursor.execute(sql, values)
            return int(cursor.rowcount)

    def rows(self, sql: str, values: Any = None) -> list[tuple[Any, ...]]:
        """Run one query and give all its rows."""
        with self.raw.cursor() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall())

    def _rollback(self) -> None:
        try:
            self.raw.rollback()
        except MySQLdb.Error:
            # The connection is gone, and with it the transaction; the error on its way tells the story.
            self.raw.close()


class _Hook(MySqlHook):
    """Airflow's, with limits to how long anything is waited for, and without local files where they are not asked for.

    Airflow's own leaves that to the client library, which sends local files unless it is told not to.
    """

    def _get_conn_config_mysql_client(self, conn: Any) -> dict[str, Any]:
        seconds = int(conn.extra_dejson.get("read_timeout", READ_SECONDS))
        limits = {"connect_timeout": CONNECT_SECONDS, "read_timeout": seconds, "write_timeout": seconds}
        return {**limits, "local_infile": 0, **super()._get_conn_config_mysql_client(conn)}


class Database:
    """Where the import tables and the jobs are; opens sessions."""

    def __init__(self, connection: Any) -> None:
        """`connection`: an Airflow connection of type `mysql`."""
        self._connection = connection

    @property
    def connection(self) -> Any:
        """The Airflow connection, for tools that connect by themselves (migrations)."""
        return self._connection

    @property
    def name(self) -> str:
        """The name of the database (MySQL's schema) on its server."""
        return str(MySqlHook(connection=self._connection).schema or self._connection.schema or "")

    def sibling(self, name: str) -> Self:
        """Another database on the same server, reached by the same user."""
        connection = copy(self._connection)
        connection.schema = name
        return type(self)(connection)

    @contextmanager
    def session(self, *, loader: bool = False) -> Iterator[Session]:
        """Open a connection and close it at the end.

        Only the loader's may send local files: with that switched on, a false server could read any file of this
        machine. And only the loader's is closed by the server when it is idle for two minutes.
        """
        with translated_errors():
            raw = self.open(loader=loader)
            try:
                session = Session(raw)
                if loader:
                    [(allowed,)] = session.rows("SELECT @@GLOBAL.local_infile")
                    session = Session(raw, local_infile=bool(allowed))
                yield session
            finally:
                raw.close()

    def open(self, *, loader: bool = False) -> Any:
        """A raw connection, set up as every session relies on."""
        raw = _Hook(connection=self._connection, local_infile=loader).get_conn()
        try:
            raw.set_character_set("utf8mb4")
            raw.autocommit(False)
            statement = _SESSION + _LOADER if loader else _SESSION
            if "MariaDB" in raw.get_server_info():
                statement = statement.replace(*_MARIADB_ISOLATION)
            Session(raw).execute(statement)
        except BaseException:
            raw.close()
            raise
        return raw


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn the server's errors that a retry may cure into our faults; leave all others as they are."""
    try:
        yield
    except MySQLdb.Error as error:
        code = error.args[0] if error.args and isinstance(error.args[0], int) else None
        if code == DEADLOCK:
            raise Deadlock("deadlock, the transaction was rolled back") from error
        if code in BUSY:
            raise JobBusy("another transaction holds the row") from error
        if code in AWAY or _is_full(code, error) or isinstance(error, MySQLdb.InterfaceError):
            raise DatabaseUnavailable(
                f"MySQL error {code}: {error.args[-1] if error.args else error}"
            ) from error
        raise


def _is_full(code: int | None, error: MySQLdb.Error) -> bool:
    return code == FULL[0] and any(word in str(error.args[-1]) for word in FULL[1])


@contextmanager
def told_refusals() -> Iterator[None]:
    """Turn the server's errors about rows that break a rule of the table into `RowsRefused`."""
    try:
        yield
    except MySQLdb.Error as error:
        if error.args and error.args[0] in REFUSED:
            raise RowsRefused(str(error.args[-1])) from error
        raise


def quoted(identifier: str) -> str:
    """An identifier in backticks; the only way by which a configured name gets into a statement.

    >>> quoted("a`b")
    '`a``b`'
    """
    if "\0" in identifier or not identifier:
        raise ValueError("an identifier must not be empty or hold NUL")
    return "`" + identifier.replace("`", "``") + "`"


def qualified(table: str, database: str | None) -> str:
    """A table's quoted name, with that of its database in front where it is not the session's own.

    >>> qualified("media", None), qualified("media", "statistics")
    ('`media`', '`statistics`.`media`')
    """
    return quoted(table) if database is None else f"{quoted(database)}.{quoted(table)}"
