"""What a second Celery worker adds: the cluster of `devtools/cluster.py` with one worker and with two, beside bare LOAD DATA.

Workers, MySQL and all of Airflow share this machine's cores, which are told. `BENCH_WORKER_FILES` (200) and
`BENCH_WORKER_ROWS` (50,000) are the files and the rows of each.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.data import write_stocks
from benchmarks.installation import RAW_STOCKS, connect
from devtools.cluster_demo import client
from devtools.local import REPOSITORY

FILES = int(os.environ.get("BENCH_WORKER_FILES", "200"))
ROWS = int(os.environ.get("BENCH_WORKER_ROWS", "50000"))
BATCHES = 4
"""Handed over at once, so that the workers have something to do while one of them extracts."""
SIDE_BY_SIDE = 4
"""Connections of the bare loads, as many as a worker of the cluster has tasks."""
CONNECTION = "import_export_s3"


def measure(folder: Path) -> dict[str, float]:
    """Rows a second with one worker and with two, and of bare loads of the same files on the same server."""
    files = folder / "files"
    files.mkdir(parents=True)
    for number in range(FILES):
        write_stocks(files / f"stocks_{number:04d}.csv", number * ROWS, ROWS)
    found: dict[str, float] = {"cores": os.cpu_count() or 0, "files": FILES, "file_rows": ROWS}
    for workers in (1, 2):
        with _cluster(folder / f"cluster {workers}", workers) as facts:
            began, load = time.monotonic(), os.getloadavg()[0]
            seconds, hosts = _imported(facts, files)
            found |= {
                f"workers_{workers}_rows_per_s": FILES * ROWS / seconds,
                f"workers_{workers}_hosts": hosts,
                f"workers_{workers}_load_before": load,
                f"workers_{workers}_whole_s": time.monotonic() - began,
            }
            if workers == 1:
                for lanes in (1, SIDE_BY_SIDE):
                    found[f"bare_{lanes}_rows_per_s"] = FILES * ROWS / _bare(facts, files, lanes)
    return {
        **found,
        "two_workers_vs_one": found["workers_2_rows_per_s"] / found["workers_1_rows_per_s"],
        "one_worker_vs_bare": found[f"bare_{SIDE_BY_SIDE}_rows_per_s"] / found["workers_1_rows_per_s"],
    }


@contextmanager
def _cluster(local: Path, workers: int) -> Iterator[dict[str, str]]:
    environment = {**os.environ, "IMPORT_EXPORT_LOCAL": str(local), "IMPORT_EXPORT_WORKERS": str(workers)}
    command = [sys.executable, "-m", "devtools.cluster"]
    try:
        subprocess.run([*command, "up"], cwd=REPOSITORY, env=environment, check=True)
        facts = json.loads((local / "run.json").read_text())
        known = json.loads((local / "secrets.json").read_text())
        # Bare loads go into a table of their own, which the loader's user may not make.
        root = f"mysql://root:{known['mysql_root_password']}@127.0.0.1:{known['mysql_port']}/import_export"
        yield {**facts, "root_uri": root}
    finally:
        subprocess.run([*command, "clean"], cwd=REPOSITORY, env=environment, check=True)


def _imported(facts: dict[str, str], files: Path) -> tuple[float, int]:
    """Import all files; the seconds from the first batch's arrival to the last file's COMMIT, and how many hosts worked."""
    store = client(facts)
    for number, file in enumerate(sorted(files.iterdir())):
        store.upload_file(str(file), facts["bucket"], f"bench/{number % BATCHES}/{file.name}")
    login = {"username": facts["username"], "password": facts["password"]}
    token = _post(f"{facts['url']}/auth/token", login)["access_token"]
    for number in range(BATCHES):
        place = f"s3://{CONNECTION}@{facts['bucket']}/bench/{number}/"
        run = {"dag_run_id": f"bench_{number}", "logical_date": None, "conf": {"files": [place]}}
        _post(f"{facts['url']}/api/v2/dags/import_batch/dagRuns", run, token)
    while not (found := _finished(facts["mysql_uri"])):
        time.sleep(1)
    seconds, rows, complete, hosts = found
    assert (int(rows), int(complete)) == (FILES * ROWS, FILES), found
    return float(seconds), int(hosts)


def _finished(uri: str) -> tuple[Any, ...] | None:
    with closing(connect(uri)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM import_batches WHERE finished_at IS NOT NULL")
        if cursor.fetchone() != (BATCHES,):
            return None
        cursor.execute(
            "SELECT TIMESTAMPDIFF(MICROSECOND, (SELECT MIN(received_at) FROM import_batches), MAX(finished_at)) / 1e6, "
            "SUM(inserted), COUNT(*), COUNT(DISTINCT worker) FROM import_jobs WHERE status = 9"
        )
        row: tuple[Any, ...] = cursor.fetchone()
        return row


def _bare(facts: dict[str, str], files: Path, lanes: int) -> float:
    """The seconds of LOAD DATA LOCAL of the same files, a transaction each, into a table like the loaded one."""
    with closing(connect(facts["root_uri"])) as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS stocks_bare")
        cursor.execute("CREATE TABLE stocks_bare LIKE stocks")
    statement = RAW_STOCKS.replace("INTO TABLE stocks ", "INTO TABLE stocks_bare ")

    def load(paths: list[Path]) -> None:
        with closing(connect(facts["root_uri"])) as connection, connection.cursor() as cursor:
            for path in paths:
                cursor.execute(statement, (str(path),))
                connection.commit()

    all_files = sorted(files.iterdir())
    began = time.monotonic()
    with ThreadPoolExecutor(lanes) as pool:
        list(pool.map(load, [all_files[lane::lanes] for lane in range(lanes)]))
    return time.monotonic() - began


def _post(url: str, body: Any, token: str = "") -> Any:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=60) as answer:
        return json.load(answer)
