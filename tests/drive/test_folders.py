"""The archive's folders: found by id or by name, on shared drives and elsewhere, and made once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from devtools.drive_stand_in.account import ADDRESS
from devtools.drive_stand_in.server import StandIn
from devtools.drive_stand_in.storage import FOLDER
from import_export.archive.drive import DriveArchive
from import_export.errors import ArchiveRefused, ArchiveUnavailable
from import_export.folder_patterns import parse_folders
from tests.drive.house import CONN_ID, MakeArchive, MakeItem, count, folders, path_of, stored


def make_folder(drive: StandIn, name: str, parent: str) -> str:
    made = drive.storage.create({"name": name, "mimeType": FOLDER, "parents": [parent]}, None)
    return str(made["id"])


def test_the_archive_may_be_a_folder_on_a_shared_drive(
    drive: StandIn, shared_drive: str, make_archive: MakeArchive, item: MakeItem
) -> None:
    folder = make_folder(drive, "arsip", shared_drive)
    make_archive(folder).store(item())
    assert [path_of(drive, file) for file in stored(drive)] == ["arsip/0112/2026/03/sales.csv"]


def test_without_an_id_the_folder_is_found_by_its_name_on_whatever_drive_it_is(
    drive: StandIn, shared_drive: str, make_archive: MakeArchive, item: MakeItem
) -> None:
    make_folder(drive, "distributor_file", make_folder(drive, "kantor pusat", shared_drive))
    make_archive("").store(item())
    assert [path_of(drive, file) for file in stored(drive)] == [
        "kantor pusat/distributor_file/0112/2026/03/sales.csv"
    ]


def test_a_folder_that_is_nowhere_is_made_in_the_accounts_own_drive(
    drive: StandIn, make_archive: MakeArchive, item: MakeItem
) -> None:
    drive.storage.people.add(ADDRESS)
    make_archive("").store(item())
    assert [path_of(drive, file) for file in stored(drive)] == ["distributor_file/0112/2026/03/sales.csv"]


def test_two_folders_of_the_name_in_different_places_are_a_question_for_a_person(
    drive: StandIn, shared_drive: str, make_archive: MakeArchive, item: MakeItem
) -> None:
    one = make_folder(drive, "distributor_file", shared_drive)
    other = drive.storage.add_shared_folder("distributor_file")
    with pytest.raises(ArchiveRefused, match=f"several folders named distributor_file.*{one}, {other}"):
        make_archive("").store(item())


def test_the_pattern_of_the_settings_decides_the_folders(
    drive: StandIn, make_archive: MakeArchive, item: MakeItem
) -> None:
    archive = make_archive(folders=parse_folders("{table}/{yyyy}-{mm}-{dd}/dist {dist_id}"))
    archive.store(item(dist_id="01/12"))
    archive.store(item(dist_id=None, job_id=8))
    assert sorted(path_of(drive, file) for file in stored(drive)) == [
        "sales/2026-03-01/dist 01_12/sales.csv",
        "sales/2026-03-01/dist no-distributor/sales.csv",
    ]


def test_a_folder_is_looked_for_once(drive: StandIn, archive: DriveArchive, item: MakeItem) -> None:
    archive.store(item(reserved_id=archive.reserve_id()))
    lists = count(drive, "GET /drive/v3/files")
    archive.store(item(job_id=8, reserved_id=archive.reserve_id()))
    assert count(drive, "GET /drive/v3/files") == lists


@pytest.mark.parametrize("by_name", [False, True])
def test_lanes_that_start_together_end_with_one_folder_of_each_name(
    drive: StandIn, shared_drive: str, item: MakeItem, by_name: bool
) -> None:
    drive.storage.people.add(ADDRESS)
    together = threading.Barrier(8)
    items = [item(job_id=number, dist_id=f"011{number % 2}") for number in range(8)]

    def lane(number: int) -> None:
        archive = DriveArchive(CONN_ID, "" if by_name else shared_drive)
        together.wait(30)
        archive.store(items[number])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lane, range(8)))
    below = "distributor_file/" if by_name else ""
    wanted = [
        f"{below}{path}" for each in ("0110", "0111") for path in (each, f"{each}/2026", f"{each}/2026/03")
    ]
    assert folders(drive) == ["distributor_file", *wanted] if by_name else wanted
    assert len(stored(drive)) == 8
    assert not [file for file in stored(drive) if drive.storage.seen(file["id"], True)["trashed"]]


def test_a_folder_that_another_lane_made_a_moment_before_is_the_one(
    drive: StandIn, shared_drive: str, archive: DriveArchive, item: MakeItem
) -> None:
    others = make_folder(drive, "0112", shared_drive)
    hidden = drive.storage.files[others]
    hidden["trashed"] = True
    drive.goes_wrong("POST /drive/v3/files", "meanwhile", do=lambda: hidden.update(trashed=False))
    archive.store(item())
    assert [path_of(drive, file) for file in stored(drive)] == ["0112/2026/03/sales.csv"]
    assert folders(drive) == ["0112", "0112/2026", "0112/2026/03"]
    assert others in {file["parents"][0] for file in drive.storage.files.values() if file["name"] == "2026"}


def test_a_second_folder_that_holds_something_already_is_left_alone(
    drive: StandIn, shared_drive: str, archive: DriveArchive, item: MakeItem
) -> None:
    others = drive.storage.files[make_folder(drive, "0112", shared_drive)]
    others["trashed"] = True

    def another_lane() -> None:
        others["trashed"] = False
        [ours] = [
            id_ for id_, file in drive.storage.files.items() if file["name"] == "0112" and file != others
        ]
        drive.storage.create({"name": "x.csv", "parents": [ours]}, b"x")

    drive.goes_wrong("POST /drive/v3/files", "meanwhile", do=another_lane)
    archive.store(item())
    assert sorted(path_of(drive, file) for file in stored(drive)) == ["0112/2026/03/sales.csv", "0112/x.csv"]
    assert folders(drive) == ["0112", "0112", "0112/2026", "0112/2026/03"]


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("unknown", "archive@stand-in.example does not see the folder or shared drive unknown"),
        ("reader", "archive@stand-in.example may not write to the folder"),
        ("trashed", "is in the trash; take it out again"),
        ("file", "is not a folder; put a folder's id into the settings"),
    ],
)
def test_a_folder_that_cannot_be_the_archive_is_told_before_anything_is_uploaded(
    drive: StandIn, shared_drive: str, make_archive: MakeArchive, item: MakeItem, what: str, told: str
) -> None:
    if what == "reader":
        folder = drive.storage.add_shared_drive("Baca saja", role="reader")
    elif what == "trashed":
        folder = make_folder(drive, "arsip", shared_drive)
        drive.storage.files[folder]["trashed"] = True
    elif what == "file":
        folder = str(drive.storage.create({"name": "a.csv", "parents": [shared_drive]}, b"a")["id"])
    else:
        folder = what
    with pytest.raises(ArchiveRefused, match=told):
        make_archive(folder).store(item())
    assert count(drive, "POST /upload") == 0


def test_a_file_whose_folder_is_thrown_away_meanwhile_is_not_taken_for_archived(
    drive: StandIn, archive: DriveArchive, make_archive: MakeArchive, item: MakeItem
) -> None:
    reserved = archive.reserve_id()
    archive.store(item(job_id=1))
    [month] = [id_ for id_, file in drive.storage.files.items() if file["name"] == "03"]
    drive.storage.files[month]["trashed"] = True
    with pytest.raises(ArchiveUnavailable, match="its folder was thrown away"):
        archive.store(item(reserved_id=reserved))
    archived = make_archive().store(item(reserved_id=reserved))
    assert not drive.storage.seen(archived.file_id or "", True)["trashed"]
