"""An installation without Airflow to measure on: a database, folders, and the steps of an import on one lane."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import MySQLdb
from airflow.sdk import Connection

from import_export.archive.object_storage import ObjectStorageArchive
from import_export.services.context import Context
from import_export.services.loading import load_lane
from import_export.services.receiving import RunForm, extract_batch, register_run
from import_export.services.validating import validate_lane
from import_export.settings import Settings
from import_export.stores.database import Database
from import_export.stores.migrations import migrate

KEYED = "keyed_sales"
"""The sales table once more, with unique columns."""

_CONVERTED = """
(distid, dono, @d, kode_outlet, nama_outlet, kota, kode_barang, nama_barang, qty_pcs, qty_box, @h, @k, @a, salesman,
 @e, keterangan)
SET dotanggal = STR_TO_DATE(@d, '%%d/%%m/%%Y'), exportdate = STR_TO_DATE(@e, '%%d/%%m/%%Y'),
    harga = REPLACE(REPLACE(@h, '.', ''), ',', '.'), diskon = REPLACE(REPLACE(@k, '.', ''), ',', '.'),
    amount_jual = REPLACE(REPLACE(@a, '.', ''), ',', '.'), ImportDate = NOW(), import_job_id = 0
"""
_LOAD = """
LOAD DATA LOCAL INFILE %s INTO TABLE {table} CHARACTER SET utf8mb4
FIELDS TERMINATED BY ';' OPTIONALLY ENCLOSED BY '"' LINES TERMINATED BY '\\r\\n' IGNORE 1 LINES
"""
# The key of a table without unique columns has to come from somewhere; MySQL 9 has no MD5 any more.
RAW_SALES = (
    _LOAD.format(table="sales")
    + _CONVERTED.rstrip()
    + ", row_hash = UNHEX(LEFT(SHA2(CONCAT_WS('|', dono, kode_barang, @d, @a), 256), 32))"
)
RAW_KEYED = _LOAD.format(table=KEYED) + _CONVERTED
RAW_STOCKS = _LOAD.format(table="stocks") + (
    "(sku, warehouse_code, stock_pcs, stock_box, stock_cs, @d) "
    "SET date = STR_TO_DATE(@d, '%%d/%%m/%%Y'), ImportDate = NOW(), import_job_id = 0"
)

_MAKE_KEYED = (
    f"CREATE TABLE {KEYED} LIKE sales",
    f"ALTER TABLE {KEYED} DROP KEY uq_sales_row, DROP COLUMN row_hash, MODIFY dono VARCHAR(50) NOT NULL, "
    f"MODIFY kode_barang VARCHAR(50) NOT NULL, ADD UNIQUE KEY uq_{KEYED} (dono, kode_barang)",
    f"INSERT INTO import_tables (table_name, display_name, allowed_filename) VALUES ('{KEYED}', 'Sales', '{KEYED}_*')",
    f"""
    INSERT INTO import_columns (table_id, position, name, data_type, is_mandatory, is_unique, default_value,
        number_format, date_formats, role)
    SELECT t.id, c.position, c.name, c.data_type, c.is_mandatory, c.name IN ('dono', 'kode_barang'), c.default_value,
        c.number_format, c.date_formats, c.role
    FROM import_columns AS c
    INNER JOIN import_tables AS s ON s.id = c.table_id AND s.table_name = 'sales'
    INNER JOIN import_tables AS t ON t.table_name = '{KEYED}'
    """,
)


@dataclass(frozen=True, slots=True)
class Installation:
    """One freshly migrated database, and the folders of one installation."""

    uri: str
    context: Context

    @classmethod
    def make(cls, uri: str, root: Path) -> Installation:
        """On an empty database, with folders below `root`, which is empty."""
        made = cls.at(uri, root)
        migrate(made.context.database)
        for statement in _MAKE_KEYED:
            made.run(statement)
        return made

    @classmethod
    def at(cls, uri: str, root: Path) -> Installation:
        """On a database that is there."""
        database = Database(Connection.from_uri(uri, conn_id="import_export_mysql"))
        settings = Settings(
            drop_folder=root / "drop",
            work_folder=root / "work",
            done_folder=root / "done",
            failed_folder=root / "failed",
            archive_path=str(root / "archive"),
            lanes=1,
        )
        settings.work_folder.mkdir(parents=True)
        archive = ObjectStorageArchive(settings.archive_path)
        context = Context(
            settings=settings,
            database=database,
            statistics=database.sibling(f"{database.name}_statistics"),
            open_archive=lambda: archive,
            actor="bench",
            worker="one machine",
        )
        return cls(uri, context)

    def load(self, source: Path, *, validate: bool = False) -> float:
        """Import a file or a folder; the seconds of the load, with those of the validation when that is asked for."""
        batch_id = register_run(self.context, f"bench {time.monotonic_ns()}", RunForm(files=(str(source),)))
        [lane] = extract_batch(self.context, batch_id)
        began = time.monotonic()
        validate_lane(self.context, lane)
        validated = time.monotonic()
        load_lane(self.context, lane)
        ended = time.monotonic()
        with self.context.jobs() as jobs:
            states = {job.status.value for job in jobs.jobs(batch_id)}
        assert states == {9}, states
        return ended - (began if validate else validated)

    def raw(self, statement: str, *files: Path) -> float:
        """The seconds of bare LOAD DATA LOCAL, a transaction a file."""
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            began = time.monotonic()
            for file in files:
                cursor.execute(statement, (str(file),))
                connection.commit()
            return time.monotonic() - began

    def empty(self, table: str) -> None:
        """Remove all rows, and the memory of what was loaded."""
        self.run(f"TRUNCATE TABLE {table}")
        self.run("UPDATE import_jobs SET sha256 = NULL")

    def run(self, statement: str) -> None:
        """Run one statement and commit."""
        with closing(self.connect()) as connection:
            connection.query(statement)
            connection.commit()

    def connect(self) -> Any:
        """A connection of its own."""
        return connect(self.uri)


def connect(uri: str) -> Any:
    """A connection that may send local files."""
    parts = urlsplit(uri)
    return MySQLdb.connect(
        host=parts.hostname or "127.0.0.1",
        port=parts.port or 3306,
        user=unquote(parts.username or "root"),
        password=unquote(parts.password or ""),
        database=parts.path.lstrip("/"),
        charset="utf8mb4",
        local_infile=1,
    )
