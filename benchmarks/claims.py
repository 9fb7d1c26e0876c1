"""Watchers that race for the same dropped files: how many are lost or claimed twice, in a folder and in a bucket.

`BENCH_CLAIMS` (2,000) is the number of files.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections import Counter
from contextlib import closing
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from airflow.sdk import Connection

from benchmarks.installation import connect
from import_export.archive.object_storage import ObjectStorageArchive
from import_export.stores.database import Database
from import_export.stores.migrations import migrate
from tests.database.flow import Flow
from tests.s3_stand_in import CONNECTION, connection_uri, new_store, running_s3
from tests.servers import running_server, wanted_servers

FILES = int(os.environ.get("BENCH_CLAIMS", "2000"))
WATCHERS = 4
LIMITS = {"claim_race_lost": 0, "claim_race_bucket_lost": 0}
ROW = "SKU;Gudang;Stok PCS;Tanggal\r\nA{};W1;1;01/03/2026\r\n"


def measure(folder: Path) -> dict[str, float]:
    """Files lost or doubled, and the seconds until all are claimed."""
    folder.mkdir(parents=True)
    with running_server(wanted_servers()[0], folder / "server") as server:
        with server.fresh_database() as uri:
            lost, took = _in_folder(uri, folder / "folder")
        with server.fresh_database() as uri:
            bucket_lost, bucket_took = _in_bucket(uri, folder / "bucket")
    return {
        "claimed_files": FILES,
        "claim_race_lost": lost,
        "claim_race_s": took,
        "claim_race_bucket_lost": bucket_lost,
        "claim_race_bucket_s": bucket_took,
    }


def _in_folder(uri: str, root: Path) -> tuple[int, float]:
    flow = _flow(uri, root, {})
    migrate(flow.context.database)
    for number in range(FILES):
        flow.drop(_name(number), ROW.format(number))
    took = _race(uri, root, {})
    # On the disk as well as in the database: each file in one batch's folder, none where it was dropped.
    found = Counter(path.name for path in (root / "work").glob("*/claimed/*"))
    found.update(path.name for path in (root / "drop").iterdir())
    return _wrong(found) + _wrong(_registered(uri)), took


def _in_bucket(uri: str, root: Path) -> tuple[int, float]:
    with running_s3() as url:
        os.environ[f"AIRFLOW_CONN_{CONNECTION.upper()}"] = connection_uri(url)
        store = new_store(url)
        for number in range(FILES):
            store.put(f"drop/{_name(number)}", ROW.format(number))
        places = {name: store.uri(name) for name in ("drop", "done", "failed", "archive")}
        migrate(_flow(uri, root, places).context.database)
        took = _race(uri, root, places)
        # A claim moves nothing here.
        left = Counter(name.removeprefix("drop/") for name in store.names("drop/"))
        return _wrong(left) + _wrong(_registered(uri)), took


def _flow(uri: str, root: Path, places: dict[str, str]) -> Flow:
    settings: dict[str, Any] = {
        {"archive": "archive_path"}.get(name, f"{name}_folder"): place for name, place in places.items()
    }
    flow = Flow.make(Database(Connection.from_uri(uri, conn_id="import_export_mysql")), root, **settings)
    assert isinstance(flow.context.open_archive(), ObjectStorageArchive)
    return flow


def _race(uri: str, root: Path, places: dict[str, str]) -> float:
    """Let all watchers see everything, and then claim at once; the seconds until the last one is done."""
    processes = multiprocessing.get_context("spawn")
    start = processes.Barrier(WATCHERS + 1)
    racers = [processes.Process(target=_watch, args=(uri, root, places, start)) for _ in range(WATCHERS)]
    for racer in racers:
        racer.start()
    start.wait()
    began = time.monotonic()
    for racer in racers:
        racer.join()
    assert [racer.exitcode for racer in racers] == [0] * WATCHERS
    return time.monotonic() - began


def _watch(uri: str, root: Path, places: dict[str, str], start: Barrier) -> None:
    from import_export.archive.settling import Settling
    from import_export.services.receiving import claim_things

    flow = _flow(uri, root, places)
    seen = Settling(0).look(flow.scan(), 0)
    assert len(seen) == FILES
    start.wait()
    while seen:  # a watcher takes some hundreds at a time, and looks again
        claim_things(flow.context, seen)
        seen = Settling(0).look(flow.scan(), 0)


def _registered(uri: str) -> Counter[str]:
    """How often each name is in a batch."""
    with closing(connect(uri)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT names FROM import_batches")
        return Counter(name for (names,) in cursor.fetchall() for name in json.loads(names))


def _wrong(found: Counter[str]) -> int:
    """How many files are not there exactly once."""
    return sum(found[_name(number)] != 1 for number in range(FILES))


def _name(number: int) -> str:
    return f"stocks_{number:05d}.csv"
