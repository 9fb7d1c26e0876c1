"""The Drive archive against bare HTTP uploads of the same files to the same stand-in, each to a fresh process of it."""

from __future__ import annotations

import hashlib
import json
import operator
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import httpx

from devtools.drive_stand_in.account import DRIVE_ID, connection
from devtools.local import REPOSITORY, free_port
from import_export.archive.drive import DriveArchive
from import_export.archive.protocol import ArchiveItem

FILES, FILE_BYTES = 100, 1_000_000
PAIRS = 3 * int(os.environ.get("BENCH_RUNS", "5"))
"""One takes two seconds; the machine's other work weighs much on so little time."""
LIMITS = {"drive_overhead": 1.5}
_CONN_ID = "bench_drive"


def measure(folder: Path) -> dict[str, float]:
    """Medians of pairs, one way right after the other, so that whatever else the machine does falls on both."""
    folder.mkdir(parents=True)
    paths = [folder / f"{number:03d}.csv" for number in range(FILES)]
    for path in paths:
        path.write_bytes(os.urandom(FILE_BYTES))
    ours, bare = [], []
    # One address for all: Airflow masks each new connection's secrets in its logs, which gets slower with each.
    port = free_port()
    _timed(_archive, paths[:1], port)
    for _ in range(PAIRS):
        bare.append(_timed(_bare, paths, port))
        ours.append(_timed(_archive, paths, port))
    return {
        "drive_archive_s": statistics.median(ours),
        "drive_bare_s": statistics.median(bare),
        "drive_overhead": statistics.median(map(operator.truediv, ours, bare)),
    }


def _timed(way: Callable[[str, list[Path]], None], paths: list[Path], port: int) -> float:
    """The seconds of one way; fails unless all files have arrived."""
    with _stand_in(port) as url:
        began = time.perf_counter()
        way(url, paths)
        seconds = time.perf_counter() - began
        with httpx.Client(trust_env=False) as client:
            stored = client.get(f"{url}/stand-in/files").json()["files"]
        wanted = sorted(hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() for path in paths)
        assert sorted(file["md5Checksum"] for file in stored) == wanted
        return seconds


def _archive(url: str, paths: list[Path]) -> None:
    """As a lane does it: an id is set aside, then the file is stored, folders, metadata and checksum included."""
    os.environ[f"AIRFLOW_CONN_{_CONN_ID.upper()}"] = connection(url)
    archive = DriveArchive(_CONN_ID, DRIVE_ID)
    for number, path in enumerate(paths):
        archive.store(
            ArchiveItem(
                path=path,
                name=path.name,
                batch_id="bench",
                job_id=number,
                dist_id="0112",
                sha256="0" * 64,
                size=FILE_BYTES,
                received_at=datetime(2026, 3, 1),  # noqa: DTZ001 - as MySQL gives it
                description="bench",
                reserved_id=archive.reserve_id(),
            )
        )


def _bare(url: str, paths: list[Path]) -> None:
    """The fewest requests that Drive's resumable uploads take, over one connection."""
    with httpx.Client(base_url=url, trust_env=False) as client:
        claims = "e30.eyJpc3MiOiJiZW5jaCJ9.x"
        token = client.post("/token", data={"assertion": claims}).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        for path in paths:
            begun = client.post(
                "/upload/drive/v3/files?uploadType=resumable&supportsAllDrives=true",
                content=json.dumps({"name": path.name, "parents": [DRIVE_ID]}),
                headers={**headers, "X-Upload-Content-Length": str(FILE_BYTES)},
            )
            client.put(
                begun.headers["Location"], content=path.read_bytes(), headers=headers
            ).raise_for_status()


@contextmanager
def _stand_in(port: int) -> Iterator[str]:
    command = [sys.executable, "-m", "devtools.drive_stand_in", "--port", str(port)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
