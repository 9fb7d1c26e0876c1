"""Measures, as ratios against something measured in the same run: `make bench`, or `make bench ARGS="files load"`.

Writes `build/bench.json` and a table.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import MySQLdb
from airflow.sdk import Connection

from benchmarks.data import write_sales, write_stocks
from devtools.local import REPOSITORY
from import_export.archive.object_storage import ObjectStorageArchive
from import_export.services.context import Context
from import_export.services.loading import load_lane
from import_export.services.receiving import RunForm, extract_batch, register_run
from import_export.services.validating import validate_lane
from import_export.settings import Settings
from import_export.stores.database import Database
from import_export.stores.migrations import migrate
from tests.servers import running_server, wanted_servers

FILES, FILE_ROWS = 1000, 100
SALES_ROWS = int(os.environ.get("BENCH_ROWS", "300000"))
RUNS = 3

_RAW_SALES = """
LOAD DATA LOCAL INFILE %s INTO TABLE sales CHARACTER SET utf8mb4
FIELDS TERMINATED BY ';' OPTIONALLY ENCLOSED BY '"' LINES TERMINATED BY '\\r\\n' IGNORE 1 LINES
(distid, dono, @d, kode_outlet, nama_outlet, kota, kode_barang, nama_barang, qty_pcs, qty_box, @h, @k, @a, salesman,
 @e, keterangan)
SET dotanggal = STR_TO_DATE(@d, '%%d/%%m/%%Y'), exportdate = STR_TO_DATE(@e, '%%d/%%m/%%Y'),
    harga = REPLACE(REPLACE(@h, '.', ''), ',', '.'), diskon = REPLACE(REPLACE(@k, '.', ''), ',', '.'),
    amount_jual = REPLACE(REPLACE(@a, '.', ''), ',', '.'), ImportDate = NOW(), import_job_id = 0,
    row_hash = UNHEX(LEFT(SHA2(CONCAT_WS('|', dono, kode_barang, @d, nama_outlet, nama_barang, @a), 256), 32))
"""
_RAW_STOCKS = """
LOAD DATA LOCAL INFILE %s INTO TABLE stocks CHARACTER SET utf8mb4
FIELDS TERMINATED BY ';' LINES TERMINATED BY '\\r\\n' IGNORE 1 LINES
(sku, warehouse_code, stock_pcs, stock_box, stock_cs, @d)
SET date = STR_TO_DATE(@d, '%%d/%%m/%%Y'), ImportDate = NOW(), import_job_id = 0
"""


def main() -> None:
    """Measure what the arguments name, everything when they name nothing."""
    wanted = sys.argv[1:] or ["load", "files"]
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="import_export-bench-") as folder:
        if "load" in wanted:
            for name in wanted_servers():
                results[name] = _load(name, Path(folder) / name)
        if "files" in wanted:
            results["airflow"] = _thousand_files(Path(folder) / "stack")
    target = REPOSITORY / "build" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(results, indent=1) + "\n")
    for part, figures in results.items():
        for name, figure in figures.items():
            print(f"{part:10} {name:28} {figure:10.2f}")


def _load(server_name: str, folder: Path) -> dict[str, float]:
    """One lane without Airflow: a full import of one large file, and many small ones, against bare LOAD DATA LOCAL."""
    folder.mkdir(parents=True)
    big = folder / "sales.csv"
    write_sales(big, SALES_ROWS)
    small = folder / "small"
    small.mkdir()
    for number in range(FILES):
        write_stocks(small / f"stocks_{number:04d}.csv", number * FILE_ROWS, FILE_ROWS)
    with running_server(server_name, folder / "server") as server, server.fresh_database() as uri:
        database = Database(Connection.from_uri(uri, conn_id="import_export_mysql"))
        migrate(database)
        context = _context(database, folder)
        raw = _median(lambda: _raw(uri, _RAW_SALES, [big]), lambda: _empty(uri, "sales"))
        ours = _median(lambda: _ours(context, big, validate=False), lambda: _empty(uri, "sales"))
        same = _ours(context, big, validate=False)
        _empty(uri, "stocks")
        raw_small = _raw(uri, _RAW_STOCKS, sorted(small.iterdir()))
        _empty(uri, "stocks")
        ours_small = _ours(context, small, validate=True)
    return {
        "rows": SALES_ROWS,
        "raw_s": raw,
        "load_vs_raw": ours / raw,
        "skip_same_vs_raw": same / raw,
        "small_files_per_s": FILES / ours_small,
        "small_files_vs_raw": ours_small / raw_small,
    }


def _context(database: Database, root: Path) -> Context:
    settings = Settings(
        drop_folder=root / "drop",
        work_folder=root / "work",
        done_folder=root / "done",
        failed_folder=root / "failed",
        archive_path=str(root / "archive"),
        lanes=1,
    )
    settings.work_folder.mkdir()
    archive = ObjectStorageArchive(settings.archive_path)
    return Context(settings=settings, database=database, open_archive=lambda: archive, actor="bench")


def _ours(context: Context, source: Path, *, validate: bool) -> float:
    """Import a file or a folder; the seconds of the load, with those of the validation when that is asked for."""
    batch_id = register_run(context, f"bench {time.monotonic_ns()}", RunForm(files=(str(source),)))
    [lane] = extract_batch(context, batch_id)
    began = time.monotonic()
    validate_lane(context, lane)
    validated = time.monotonic()
    load_lane(context, lane)
    with context.jobs() as jobs:
        states = {job.status.value for job in jobs.jobs(batch_id)}
    assert states == {9}, states
    return time.monotonic() - (began if validate else validated)


def _raw(uri: str, statement: str, files: list[Path]) -> float:
    with closing(_connect(uri)) as connection, connection.cursor() as cursor:
        began = time.monotonic()
        for file in files:
            cursor.execute(statement, (str(file),))
            connection.commit()
        return time.monotonic() - began


def _empty(uri: str, table: str) -> None:
    with closing(_connect(uri)) as connection:
        connection.query(f"TRUNCATE TABLE {table}")


def _connect(uri: str) -> Any:
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


def _median(measure: Callable[[], float], prepare: Callable[[], None]) -> float:
    found = []
    for _ in range(RUNS):
        prepare()
        found.append(measure())
    return statistics.median(found)


def _thousand_files(local: Path) -> dict[str, float]:
    """A real Airflow: a folder of 1,000 files of 100 rows, from the moment it is dropped until its batch is closed."""
    environment = {**os.environ, "IMPORT_EXPORT_LOCAL": str(local)}
    command = [sys.executable, "-m", "devtools.stack"]
    subprocess.run([*command, "up"], cwd=REPOSITORY, env=environment, check=True)
    try:
        facts = json.loads((local / "run.json").read_text())
        making = local / "drop" / ".making"
        making.mkdir()
        for number in range(FILES):
            write_stocks(making / f"stocks_{number:04d}.csv", number * FILE_ROWS, FILE_ROWS)
        making.rename(local / "drop" / "0112")
        dropped = time.monotonic()
        while not (found := _finished(facts["mysql_uri"])):
            time.sleep(0.2)
        taken, rows, jobs = found
        return {
            "thousand_files_s": float(taken),
            "thousand_files_from_drop_s": time.monotonic() - dropped,
            "rows": float(rows),
            "jobs_complete": float(jobs),
        }
    finally:
        subprocess.run([*command, "clean"], cwd=REPOSITORY, env=environment, check=True)


def _finished(uri: str) -> tuple[Any, ...] | None:
    with closing(_connect(uri)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT TIMESTAMPDIFF(MICROSECOND, b.received_at, b.finished_at) / 1e6, SUM(j.inserted), SUM(j.status = 9) "
            "FROM import_batches AS b INNER JOIN import_jobs AS j ON j.batch_id = b.batch_id "
            "WHERE b.finished_at IS NOT NULL GROUP BY b.batch_id"
        )
        return cursor.fetchone()


if __name__ == "__main__":
    main()
