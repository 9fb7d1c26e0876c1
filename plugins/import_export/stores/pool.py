"""Sessions on connections that are kept: a server of many small requests must not connect for each of them."""

from __future__ import annotations

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import MySQLdb
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from import_export.errors import DatabaseUnavailable
from import_export.stores.database import Database, Session, translated_errors

KEPT = 16
"""Connections that stay open between requests."""
MOST = 32
"""Connections at once; who comes then waits."""
WAIT_SECONDS = 20
OLDEST_SECONDS = 1800
TRUSTED_SECONDS = 5
"""A connection that was used so lately is not asked whether its server is there, unless the server said or closed something."""
_USED = "import_export.used"


class PooledDatabase(Database):
    """A database whose sessions share connections; a loader's session still has one of its own."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self._pool = QueuePool(
            self.open, pool_size=KEPT, max_overflow=MOST - KEPT, timeout=WAIT_SECONDS, recycle=OLDEST_SECONDS
        )

    @contextmanager
    def session(self, *, loader: bool = False) -> Iterator[Session]:
        """A session on a kept connection, which is looked after first; rolled back and kept at the end."""
        if loader:
            with super().session(loader=True) as session:
                yield session
            return
        with translated_errors():
            kept = self._living()
            try:
                yield Session(kept)
            except (DatabaseUnavailable, MySQLdb.Error):
                kept.invalidate()
                raise
            finally:
                if kept.is_valid:
                    kept.info[_USED] = time.monotonic()
                kept.close()

    def _living(self) -> Any:
        """A connection whose server answers; those that a restart of the server broke are thrown away."""
        while True:
            kept = self._connected()
            try:
                if not _fresh(kept):
                    kept.ping()
            except MySQLdb.Error:
                kept.invalidate()
                kept.close()
                continue
            return kept

    def _connected(self) -> Any:
        try:
            return self._pool.connect()
        except PoolTimeout as fault:
            raise DatabaseUnavailable(f"all {MOST} connections are in use") from fault


def _fresh(kept: Any) -> bool:
    """Whether a connection needs no ping: a round trip for each request, while a server that ends tells so by itself."""
    used = kept.info.get(_USED)
    if used is None or time.monotonic() - used > TRUSTED_SECONDS:
        return False
    heard = select.poll()
    heard.register(kept.fileno(), select.POLLIN)
    return not heard.poll(0)
