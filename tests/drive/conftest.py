"""A stand-in of Drive with a shared drive, an archive on it, and items to keep. All over HTTP with the real client."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from devtools.drive_stand_in.server import StandIn, running_stand_in
from import_export.archive.drive import DriveArchive
from import_export.archive.protocol import ArchiveItem
from tests.drive.house import CONN_ID, MakeArchive, MakeItem


@pytest.fixture(scope="session")
def running() -> Iterator[StandIn]:
    """One address for all tests: Airflow masks each new connection's secrets in its logs, and gets slower with each."""
    with running_stand_in() as found:
        yield found


@pytest.fixture
def drive(running: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """An empty stand-in, to which the connection leads."""
    running.empty()
    monkeypatch.setenv("AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT", running.connection())
    return running


@pytest.fixture
def shared_drive(drive: StandIn) -> str:
    """The id of a shared drive whose content manager the account is."""
    return drive.storage.add_shared_drive("Distributors")


@pytest.fixture
def waits() -> list[float]:
    """The seconds that were to be waited."""
    return []


@pytest.fixture
def make_archive(shared_drive: str, waits: list[float]) -> MakeArchive:
    """Another process' or another try's archive: nothing is remembered from the one before."""

    def make(folder_id: str = shared_drive, **options: Any) -> DriveArchive:
        return DriveArchive(CONN_ID, folder_id, sleep=waits.append, **options)

    return make


@pytest.fixture
def archive(make_archive: MakeArchive) -> DriveArchive:
    return make_archive()


@pytest.fixture
def item(tmp_path: Path) -> MakeItem:
    def make(content: bytes = b"a;b\r\n1;2\r\n", name: str = "sales.csv", **values: Any) -> ArchiveItem:
        digest = hashlib.sha256(content).hexdigest()
        path = tmp_path / digest
        path.write_bytes(content)
        facts = {
            "path": path,
            "name": name,
            "batch_id": "b1",
            "job_id": 7,
            "dist_id": "0112",
            "sha256": digest,
            "size": len(content),
            "received_at": datetime(2026, 3, 1),
            "description": "batch b1",
            "reserved_id": None,
            "table_name": "sales",
        }
        return ArchiveItem(**{**facts, **values})

    return make
