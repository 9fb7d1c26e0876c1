"""The Drive archive: the real Google client over HTTP against the stand-in."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from import_export.archive import drive_client
from import_export.archive.drive import EXPORTS_FOLDER, DriveArchive
from import_export.archive.protocol import ArchiveItem
from import_export.errors import ArchiveRefused, ArchiveUnavailable
from tests.drive_stand_in.server import StandIn, running_stand_in

MakeItem = Callable[..., ArchiveItem]


@pytest.fixture
def drive(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with running_stand_in() as running:
        connection = {"conn_type": "google_cloud_platform", "extra": running.connection_extra()}
        monkeypatch.setenv("AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT", json.dumps(connection))
        yield running


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def archive(drive: StandIn, waits: list[float]) -> DriveArchive:
    return DriveArchive("google_cloud_default", "parent-folder", sleep=waits.append)


@pytest.fixture
def item(tmp_path: Path) -> MakeItem:
    def make(content: bytes = b"a;b\r\n1;2\r\n", name: str = "sales.csv", **values: object) -> ArchiveItem:
        path = tmp_path / "0001.csv"
        path.write_bytes(content)
        facts = {
            "path": path,
            "name": name,
            "batch_id": "b1",
            "job_id": 7,
            "dist_id": "0112",
            "sha256": "ab",
            "size": len(content),
            "received_at": datetime(2026, 3, 1),
            "description": "batch b1",
            "reserved_id": None,
        }
        return ArchiveItem(**{**facts, **values})  # type: ignore[arg-type]

    return make


def stored(drive: StandIn) -> list[dict[str, object]]:
    return [file for file in drive.storage.files.values() if "md5Checksum" in file]


def folders(drive: StandIn) -> list[str]:
    return [file["id"] for file in drive.storage.files.values() if "md5Checksum" not in file]


def test_a_file_goes_to_the_folder_distributor_file(
    drive: StandIn, archive: DriveArchive, item: MakeItem
) -> None:
    archived = archive.store(item())
    [file] = stored(drive)
    [folder] = folders(drive)
    assert drive.storage.files[folder]["name"] == "distributor_file"
    assert drive.storage.files[folder]["parents"] == ["parent-folder"]
    assert (file["name"], file["parents"], file["description"]) == ("sales.csv", [folder], "batch b1")
    assert drive.storage.contents[archived.file_id or ""] == b"a;b\r\n1;2\r\n"
    assert archived.url == file["webViewLink"]


def test_a_repeated_upload_finds_the_file_by_its_reserved_id(
    drive: StandIn, archive: DriveArchive, item: MakeItem
) -> None:
    reserved = archive.reserve_id()
    first = archive.store(item(reserved_id=reserved))
    assert first.file_id == reserved
    assert archive.store(item(reserved_id=reserved)) == first
    assert len(stored(drive)) == 1


def test_a_repeated_upload_finds_the_file_by_its_job(
    drive: StandIn, archive: DriveArchive, item: MakeItem
) -> None:
    first = archive.store(item())
    assert archive.store(item()) == first
    assert archive.store(item(job_id=8)) != first
    assert len(stored(drive)) == 2


def test_changed_bytes_replace_the_file(drive: StandIn, archive: DriveArchive, item: MakeItem) -> None:
    first = archive.store(item())
    assert archive.store(item(b"other bytes")).file_id == first.file_id
    assert drive.storage.contents[first.file_id or ""] == b"other bytes"


def test_a_file_that_was_thrown_away_is_uploaded_anew(
    drive: StandIn, archive: DriveArchive, item: MakeItem
) -> None:
    reserved = archive.reserve_id()
    archive.store(item(reserved_id=reserved))
    drive.storage.files[reserved]["trashed"] = True
    assert archive.store(item(reserved_id=reserved)).file_id != reserved


@pytest.mark.parametrize("name", ["Toko O'Neil's \\ file.csv", '"quoted".csv', "stok 😀 gudang.txt"])
def test_names_are_kept_as_they_are(drive: StandIn, archive: DriveArchive, item: MakeItem, name: str) -> None:
    archive.store(item(name=name, batch_id="it's"))
    assert [file["name"] for file in stored(drive)] == [name]
    archive.store(item(name=name, batch_id="it's"))
    assert len(stored(drive)) == 1


def test_lanes_that_start_together_end_with_one_folder(drive: StandIn, item: MakeItem) -> None:
    together = threading.Barrier(8)
    made = item()

    def lane(number: int) -> None:
        archive = DriveArchive("google_cloud_default", "parent-folder", sleep=lambda _: None)
        together.wait(30)
        archive.store(
            ArchiveItem(**{**{name: getattr(made, name) for name in made.__slots__}, "job_id": number})
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lane, range(8)))
    assert len(folders(drive)) == 1
    assert len(stored(drive)) == 8
    assert {str(file["parents"]) for file in stored(drive)} == {str(folders(drive))}


@pytest.mark.parametrize(
    ("status", "reason"),
    [(403, "userRateLimitExceeded"), (403, "rateLimitExceeded"), (408, ""), (429, ""), (500, ""), (503, "")],
)
def test_passing_troubles_are_waited_out_with_growing_waits(
    drive: StandIn, archive: DriveArchive, item: MakeItem, waits: list[float], status: int, reason: str
) -> None:
    drive.goes_wrong("POST /upload", times=3, status=status, reason=reason)
    archive.store(item())
    assert len(stored(drive)) == 1
    assert len(waits) == 3
    assert waits[0] < waits[2]


def test_a_drive_that_stays_away_ends_in_a_fault_that_may_be_retried(
    drive: StandIn, archive: DriveArchive, item: MakeItem
) -> None:
    drive.goes_wrong("POST /upload", times=100)
    with pytest.raises(ArchiveUnavailable, match="come back later"):
        archive.store(item())


@pytest.mark.parametrize("action", ["reset", "status"])
def test_a_broken_upload_goes_on_where_the_server_is(
    drive: StandIn, archive: DriveArchive, item: MakeItem, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    monkeypatch.setattr("import_export.archive.drive.CHUNK_BYTES", 1 << 20)
    content = bytes(range(256)) * (12 << 10)
    drive.goes_wrong("PUT /session", "forget", times=0)
    first = archive.store(item(b"small", job_id=1))
    drive.goes_wrong("PUT /session", action, times=2)
    archived = archive.store(item(content))
    assert first.file_id != archived.file_id
    assert drive.storage.contents[archived.file_id or ""] == content
    # It was begun once only: nothing was sent twice from the start.
    assert sum(request.startswith("POST /upload") for request in drive.storage.requests) == 2


def test_an_upload_that_drive_has_forgotten_is_begun_anew(
    drive: StandIn, archive: DriveArchive, item: MakeItem
) -> None:
    drive.goes_wrong("PUT /session", "forget")
    archived = archive.store(item())
    assert drive.storage.contents[archived.file_id or ""] == b"a;b\r\n1;2\r\n"


def test_a_wrong_checksum_is_not_taken_for_success(
    drive: StandIn, archive: DriveArchive, item: MakeItem
) -> None:
    drive.goes_wrong("PUT /session", "wrong_md5")
    with pytest.raises(ArchiveUnavailable, match="checksum"):
        archive.store(item())


@pytest.mark.parametrize(
    ("status", "reason", "told"),
    [
        (403, "storageQuotaExceeded", "shared drive"),
        (403, "insufficientFilePermissions", "may not write"),
        (404, "notFound", "gdrive_folder_id does not exist, or is not shared"),
        (401, "authError", "does not accept the account's key"),
    ],
)
def test_what_only_a_person_can_change_is_told_and_not_repeated(
    drive: StandIn,
    archive: DriveArchive,
    item: MakeItem,
    waits: list[float],
    status: int,
    reason: str,
    told: str,
) -> None:
    drive.goes_wrong("POST /upload", times=100, status=status, reason=reason)
    with pytest.raises(ArchiveRefused, match=told):
        archive.store(item())
    assert waits == []


def test_a_key_that_google_does_not_accept_is_told(
    drive: StandIn, archive: DriveArchive, item: MakeItem
) -> None:
    drive.goes_wrong("POST /token", times=100, status=400, reason="invalid_grant")
    with pytest.raises(ArchiveRefused, match="does not accept the account's key"):
        archive.store(item())


def test_chunks_are_multiples_of_what_drive_wants() -> None:
    assert drive_client.CHUNK_BYTES % (256 << 10) == 0


def test_exports_go_to_a_folder_of_their_own_with_the_place_before_the_name(
    drive: StandIn, item: MakeItem, waits: list[float]
) -> None:
    exports = DriveArchive("google_cloud_default", "parent-folder", name=EXPORTS_FOLDER, sleep=waits.append)
    reserved = exports.reserve_id()
    place = {"folder": "nightly/2026-11-20/@kopi", "name": "Laporan.pdf", "reserved_id": reserved}
    first = exports.store(item(b"%PDF-1", **place))
    again = exports.store(item(b"%PDF-2", **place))
    [file] = stored(drive)
    [folder] = folders(drive)
    assert drive.storage.files[folder]["name"] == "exports"
    assert file["name"] == "nightly/2026-11-20/@kopi - Laporan.pdf"
    assert first.file_id == again.file_id == reserved
