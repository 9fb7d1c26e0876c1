"""Measures, as ratios against something measured in the same run: `make bench`, or `make bench ARGS="files load"`.

Writes `build/bench.json` and a table. `BENCH_ROWS` (1,000,000) and `BENCH_RUNS` (5) make it shorter; more of that kind is
told in the modules of the parts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks import api, claims, comparisons, drive, exports, hostile, loads, workers
from benchmarks.data import write_stocks
from benchmarks.installation import Installation, connect
from devtools.local import REPOSITORY
from tests.servers import running_server, wanted_servers

FILES, FILE_ROWS = 1000, 100
_KEYS = {"mariadb": "mariadb", "mysql9": "mysql"}
"""The servers as the results name them."""
_MOST = loads.LIMITS | api.LIMITS | exports.LIMITS | drive.LIMITS | claims.LIMITS | hostile.LIMITS
_LEAST = loads.LEAST | exports.LEAST


def main() -> None:
    """Measure what the arguments name, everything when they name nothing."""
    wanted = sys.argv[1:] or [
        "load",
        "compare",
        "files",
        "api",
        "exports",
        "drive",
        "claims",
        "hostile",
        "workers",
    ]
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="import_export-bench-") as folder:
        for name in wanted_servers() if {"load", "compare"} & set(wanted) else ():
            results[_KEYS[name]] = _show(_KEYS[name], _server(name, Path(folder) / name, wanted))
        if "files" in wanted:
            results["airflow"] = _show("airflow", _thousand_files(Path(folder) / "stack"))
        if "api" in wanted:
            results["api"] = _show("api", api.measure(Path(folder) / "api"))
        if "exports" in wanted:
            results["exports"] = _show("exports", exports.measure(Path(folder) / "exports"))
        if "drive" in wanted:
            results["drive"] = _show("drive", drive.measure(Path(folder) / "drive"))
        if "claims" in wanted:
            results["claims"] = _show("claims", claims.measure(Path(folder) / "claims"))
        if "hostile" in wanted:
            results["hostile"] = _show("hostile", hostile.measure(Path(folder) / "hostile"))
        if "workers" in wanted:
            results["workers"] = _show("workers", workers.measure(Path(folder) / "workers"))
    target = REPOSITORY / "build" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(results, indent=1) + "\n")


def _show(part: str, figures: dict[str, float]) -> dict[str, float]:
    for name, figure in figures.items():
        print(f"{part:10} {name:32} {figure:12.2f}  {_limit(name, figure)}".rstrip(), flush=True)
    return figures


def _server(name: str, folder: Path, wanted: list[str]) -> dict[str, float]:
    """One lane without Airflow, on one server."""
    folder.mkdir(parents=True)
    found: dict[str, float] = {}
    with running_server(name, folder / "server") as server, server.fresh_database() as uri:
        installation = Installation.make(uri, folder / "installation")
        if "load" in wanted:
            found |= loads.measure(installation, folder)
        if "compare" in wanted:
            found |= comparisons.compare(installation, folder)
    return found


def _limit(name: str, figure: float) -> str:
    if name in _MOST:
        return f"at most {_MOST[name]:g}" + ("" if figure <= _MOST[name] else "  MISSED")
    if name in _LEAST:
        return f"at least {_LEAST[name]:g}" + ("" if figure >= _LEAST[name] else "  MISSED")
    return ""


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
    with closing(connect(uri)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT TIMESTAMPDIFF(MICROSECOND, b.received_at, b.finished_at) / 1e6, SUM(j.inserted), SUM(j.status = 9) "
            "FROM import_batches AS b INNER JOIN import_jobs AS j ON j.batch_id = b.batch_id "
            "WHERE b.finished_at IS NOT NULL GROUP BY b.batch_id"
        )
        return cursor.fetchone()


if __name__ == "__main__":
    main()
