"""The named queries of `include/sql/queries/`, one object for each file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import aiosql

SQL_FOLDER = Path(__file__).resolve().parents[3] / "include" / "sql"
"""`include/sql/` lies beside `plugins/`, here and in a deployment."""


@cache
def queries(name: str) -> Any:
    """The queries of `include/sql/queries/{name}.sql`; their names are methods that take a raw connection."""
    return aiosql.from_path(SQL_FOLDER / "queries" / f"{name}.sql", "mysqldb")
