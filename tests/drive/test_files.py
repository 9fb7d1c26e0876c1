"""What is kept in Drive: place, names, description, and one file however often it is asked for."""

import pytest

from devtools.drive_stand_in.server import StandIn
from import_export.archive.drive import EXPORTS_FOLDER, DriveArchive
from tests.drive.house import MakeArchive, MakeItem, content, count, path_of, stored


def test_a_file_goes_to_the_folder_of_its_distributor_and_month(
    drive: StandIn, archive: DriveArchive, item: MakeItem
) -> None:
    archived = archive.store(item())
    [file] = stored(drive)
    assert path_of(drive, file) == "0112/2026/03/sales.csv"
    assert (file["mimeType"], file["description"]) == ("text/csv", "batch b1")
    assert file["appProperties"] == {
        "import_export_job": "7",
        "import_export_batch": "b1",
        "import_export_sha256": item().sha256,
    }
    assert (archived.url, archived.file_id) == (file["webViewLink"], file["id"])
    assert content(drive) == b"a;b\r\n1;2\r\n"


def test_an_empty_file_is_kept_too(drive: StandIn, archive: DriveArchive, item: MakeItem) -> None:
    archive.store(item(b""))
    assert content(drive) == b""


@pytest.mark.parametrize(
    ("name", "mime"),
    [
        ("a.TXT", "text/plain"),
        ("a.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("a.pdf", "application/pdf"),
        ("a.dat", "application/octet-stream"),
    ],
)
def test_drive_is_told_what_kind_of_file_it_is(
    drive: StandIn, archive: DriveArchive, item: MakeItem, name: str, mime: str
) -> None:
    archive.store(item(name=name))
    assert [file["mimeType"] for file in stored(drive)] == [mime]


def test_a_repeated_upload_finds_the_file_by_its_reserved_id(
    drive: StandIn, archive: DriveArchive, make_archive: MakeArchive, item: MakeItem
) -> None:
    reserved = archive.reserve_id()
    first = archive.store(item(reserved_id=reserved))
    assert first.file_id == reserved
    assert make_archive().store(item(reserved_id=reserved)) == first
    assert archive.store(item(reserved_id=reserved)) == first
    assert len(stored(drive)) == 1
    assert count(drive, "POST /upload") == 1


def test_a_repeated_upload_finds_the_file_by_its_job(
    drive: StandIn, make_archive: MakeArchive, item: MakeItem
) -> None:
    first = make_archive().store(item())
    assert make_archive().store(item(reserved_id="1never-used")) == first
    assert make_archive().store(item(job_id=8)) != first
    assert make_archive().store(item(batch_id="b2")) != first
    assert len(stored(drive)) == 3


def test_changed_bytes_replace_the_file(drive: StandIn, make_archive: MakeArchive, item: MakeItem) -> None:
    first = make_archive().store(item())
    changed = item(b"other bytes")
    assert make_archive().store(changed).file_id == first.file_id
    assert content(drive) == b"other bytes"
    assert stored(drive)[0]["appProperties"]["import_export_sha256"] == changed.sha256


def test_a_file_that_was_thrown_away_is_uploaded_anew(
    drive: StandIn, archive: DriveArchive, item: MakeItem
) -> None:
    reserved = archive.reserve_id()
    archive.store(item(reserved_id=reserved))
    drive.storage.files[reserved]["trashed"] = True
    again = archive.store(item(reserved_id=reserved))
    assert again.file_id != reserved
    assert content(drive) == b"a;b\r\n1;2\r\n"
    assert archive.store(item(reserved_id=reserved)) == again


@pytest.mark.parametrize(
    "name", ["Toko O'Neil's \\ file.csv", '"quoted".csv', "stok 😀 gudang.txt", "a\\'b.csv"]
)
def test_names_are_kept_as_they_are(
    drive: StandIn, make_archive: MakeArchive, item: MakeItem, name: str
) -> None:
    named = {"name": name, "batch_id": "it's \\ one", "dist_id": "O'Neil 😀"}
    make_archive().store(item(**named))
    make_archive().store(item(**named))
    [file] = stored(drive)
    assert file["name"] == name
    assert path_of(drive, file) == f"O'Neil 😀/2026/03/{name}"


def test_a_file_of_a_whole_lane_costs_two_calls(
    drive: StandIn, archive: DriveArchive, item: MakeItem
) -> None:
    archive.store(item(job_id=0, reserved_id=archive.reserve_id()))
    before = len(drive.storage.requests)
    for number in range(1, 11):
        archive.store(item(job_id=number, reserved_id=archive.reserve_id()))
    assert len(drive.storage.requests) - before == 20
    assert len(stored(drive)) == 11


def test_exports_lie_in_folders_of_their_own_and_are_replaced_in_their_place(
    drive: StandIn, make_archive: MakeArchive, item: MakeItem
) -> None:
    exports = make_archive("", name=EXPORTS_FOLDER)
    drive.storage.people.add("archive@stand-in.example")
    reserved = exports.reserve_id()
    place = {"folder": "nightly/2026-11-20/@kopi", "name": "Laporan.pdf", "reserved_id": reserved}
    first = exports.store(item(b"%PDF-1", **place))
    again = exports.store(item(b"%PDF-2", **place))
    [file] = stored(drive)
    assert path_of(drive, file) == "exports/nightly/2026-11-20/@kopi/Laporan.pdf"
    assert content(drive) == b"%PDF-2"
    assert first.file_id == again.file_id == reserved
