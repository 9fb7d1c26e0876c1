"""One lane without Airflow against bare LOAD DATA LOCAL: the keys that the README's table shows."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.data import write_sales, write_stocks
from benchmarks.installation import KEYED, RAW_KEYED, RAW_SALES, RAW_STOCKS, Installation
from devtools.local import REPOSITORY

ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
RUNS = int(os.environ.get("BENCH_RUNS", "5"))
FILES, FILE_ROWS = 1000, 100

LIMITS = {
    "load_vs_raw": 1.15,
    "load_dirty_vs_raw": 1.2,
    "upsert_same_vs_raw": 2.5,
    "skip_same_vs_raw": 2.5,
    "growth_5m": 1.3,
    "peak_mb": 400,
}
LEAST = {"small_files_per_s": 60}


def measure(installation: Installation, folder: Path) -> dict[str, float]:
    """All figures of one server; ratios of medians."""
    clean, dirty, keyed = folder / "sales_1.csv", folder / "sales_2.csv", folder / f"{KEYED}_1.csv"
    write_sales(clean, ROWS)
    write_sales(dirty, ROWS, bad_share=0.001)
    keyed.hardlink_to(clean)
    raw = _median(lambda: installation.raw(RAW_SALES, clean), lambda: installation.empty("sales"))
    load = _median(lambda: installation.load(clean), lambda: installation.empty("sales"))
    skip = _median(lambda: installation.load(clean), lambda: _forget(installation))
    load_dirty = _median(lambda: installation.load(dirty), lambda: installation.empty("sales"))
    raw_keyed = _median(lambda: installation.raw(RAW_KEYED, keyed), lambda: installation.empty(KEYED))
    load_keyed = _median(lambda: installation.load(keyed), lambda: installation.empty(KEYED))
    upsert = _median(lambda: installation.load(keyed), lambda: _forget(installation))
    installation.empty("sales")
    installation.empty(KEYED)
    return {
        "rows": ROWS,
        "raw_s": raw,
        "load_vs_raw": load / raw,
        "load_dirty_vs_raw": load_dirty / raw,
        "skip_same_vs_raw": skip / raw,
        "raw_keyed_s": raw_keyed,
        "load_keyed_vs_raw": load_keyed / raw_keyed,
        "upsert_same_vs_raw": upsert / raw_keyed,
        **_small_files(installation, folder),
        **_growth(installation, folder),
    }


def _small_files(installation: Installation, folder: Path) -> dict[str, float]:
    small = folder / "small"
    small.mkdir()
    for number in range(FILES):
        write_stocks(small / f"stocks_{number:04d}.csv", number * FILE_ROWS, FILE_ROWS)
    raw = installation.raw(RAW_STOCKS, *sorted(small.iterdir()))
    installation.empty("stocks")
    seconds = installation.load(small, validate=True)
    return {"small_files_per_s": FILES / seconds, "small_files_vs_raw": seconds / raw}


def _growth(installation: Installation, folder: Path) -> dict[str, float]:
    """Seconds a row at ten times half of the rows, and the memory of that load in a process of its own."""
    few, many = folder / "sales_3.csv", folder / "sales_4.csv"
    write_sales(few, ROWS // 2)
    write_sales(many, ROWS * 5)
    least = _median(lambda: installation.load(few), lambda: installation.empty("sales"))
    installation.empty("sales")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory", installation.uri, str(folder / "memory"), str(many)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    most, peak = map(float, done.stdout.split()[-2:])
    installation.empty("sales")
    return {"growth_5m": most / (ROWS * 5) / (least / (ROWS // 2)), "peak_mb": peak}


def _forget(installation: Installation) -> None:
    """The same bytes are known and not read again; here they are to be read."""
    installation.run("UPDATE import_jobs SET sha256 = NULL")


def _median(measured: Callable[[], float], prepare: Callable[[], None]) -> float:
    found = []
    for _ in range(RUNS):
        prepare()
        found.append(measured())
    return statistics.median(found)
