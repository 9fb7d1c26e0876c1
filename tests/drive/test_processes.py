"""Lanes are processes of their own: two that upload at once, and one that is killed in the middle of it."""

import os
import subprocess
import sys
from pathlib import Path

from devtools.drive_stand_in.server import StandIn
from devtools.local import REPOSITORY
from tests.drive.house import MakeArchive, MakeItem, content, folders, stored

MIB = 1 << 20

LANE = """
import sys
from datetime import datetime
from pathlib import Path
from import_export.archive.drive import DriveArchive
from import_export.archive.protocol import ArchiveItem

folder, path, sha256, first, last, reserved = sys.argv[1:]
archive = DriveArchive("google_cloud_default", folder, chunk_bytes=1 << 20, sleep=lambda _: None)
print("ready", flush=True)
sys.stdin.readline()
for job in range(int(first), int(last)):
    archive.store(
        ArchiveItem(
            path=Path(path), name=f"sales_{job}.csv", batch_id="b1", job_id=job, dist_id="0112", sha256=sha256,
            size=Path(path).stat().st_size, received_at=datetime(2026, 3, 1), description="batch b1",
            reserved_id=reserved or archive.reserve_id(),
        )
    )
"""


def lane(folder: str, path: Path, first: int, last: int, reserved: str = "") -> subprocess.Popen[str]:
    """A lane's process, which begins when it is told to."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "plugins")}
    command = [sys.executable, "-c", LANE, folder, str(path), path.name, str(first), str(last), reserved]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    while process.stdout.readline() not in ("ready\n", ""):
        pass  # Airflow's own lines
    return process


def begin(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_two_lanes_that_upload_at_once_share_the_folders_and_lose_nothing(
    drive: StandIn, shared_drive: str, item: MakeItem
) -> None:
    path = item(b"a;b\r\n1;2\r\n").path
    lanes = [lane(shared_drive, path, 0, 5), lane(shared_drive, path, 5, 10)]
    for each in lanes:
        begin(each)
    assert [each.wait(60) for each in lanes] == [0, 0]
    assert sorted(file["name"] for file in stored(drive)) == [f"sales_{number}.csv" for number in range(10)]
    assert folders(drive) == ["0112", "0112/2026", "0112/2026/03"]
    assert {len(drive.storage.contents[file["id"]]) for file in stored(drive)} == {10}


def test_an_upload_whose_process_is_killed_ends_as_one_file_when_it_is_repeated(
    drive: StandIn, shared_drive: str, make_archive: MakeArchive, item: MakeItem
) -> None:
    octets = os.urandom(5 * MIB)
    wanted = item(octets, name="sales_7.csv", reserved_id=make_archive().reserve_id())
    process = lane(shared_drive, wanted.path, 7, 8, wanted.reserved_id or "")
    drive.goes_wrong(r"PUT /session.* bytes 2097152", "meanwhile", do=process.kill)
    begin(process)
    assert process.wait(60) == -9
    assert stored(drive) == []
    assert [len(upload.received) for upload in drive.storage.uploads.values()] == [3 * MIB]
    archived = make_archive(chunk_bytes=MIB).store(wanted)
    assert archived.file_id == wanted.reserved_id
    assert content(drive) == octets


def test_a_process_that_is_killed_before_it_learns_of_its_success_makes_no_second_file(
    drive: StandIn, shared_drive: str, make_archive: MakeArchive, item: MakeItem
) -> None:
    octets = os.urandom(2 * MIB)
    wanted = item(octets, name="sales_7.csv", reserved_id=make_archive().reserve_id())
    process = lane(shared_drive, wanted.path, 7, 8, wanted.reserved_id or "")
    drive.goes_wrong(r"PUT /session.* bytes 1048576", "meanwhile", do=process.kill)
    begin(process)
    assert process.wait(60) == -9
    assert content(drive) == octets
    assert make_archive().store(wanted).file_id == wanted.reserved_id
    assert content(drive) == octets
