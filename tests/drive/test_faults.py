"""What goes wrong between us and Drive, and how each of it ends."""

import os

import pytest

from devtools.drive_stand_in.server import StandIn
from import_export.archive import drive_client
from import_export.archive.drive import DriveArchive
from import_export.errors import ArchiveRefused, ArchiveUnavailable
from tests.drive.house import CONN_ID, MakeArchive, MakeItem, content, count, stored

MIB = 1 << 20


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (403, "userRateLimitExceeded"),
        (403, "rateLimitExceeded"),
        (408, ""),
        (429, ""),
        (500, ""),
        (502, ""),
        (503, "backendError"),
        (504, ""),
    ],
)
@pytest.mark.parametrize(
    "where", ["POST /upload", "PUT /session", "GET /drive/v3/files", "POST /drive/v3/files"]
)
def test_passing_troubles_are_waited_out_with_growing_waits(
    drive: StandIn,
    archive: DriveArchive,
    item: MakeItem,
    waits: list[float],
    status: int,
    reason: str,
    where: str,
) -> None:
    drive.goes_wrong(where, times=3, status=status, reason=reason)
    archive.store(item())
    assert content(drive) == b"a;b\r\n1;2\r\n"
    assert len(waits) == 3
    assert waits[0] < waits[2]


def test_drive_is_given_the_time_that_it_asks_for(
    drive: StandIn, archive: DriveArchive, item: MakeItem, waits: list[float]
) -> None:
    drive.goes_wrong("POST /upload", status=429, retry_after="77")
    archive.store(item())
    assert waits == [77]
    assert len(stored(drive)) == 1


def test_who_asks_for_an_hour_gets_the_file_another_time(
    drive: StandIn, archive: DriveArchive, item: MakeItem, waits: list[float]
) -> None:
    drive.goes_wrong("POST /upload", status=429, retry_after="3600")
    with pytest.raises(ArchiveUnavailable, match=r"come back later \(429"):
        archive.store(item())
    assert waits == []


def test_a_drive_that_stays_away_ends_in_a_fault_that_may_be_retried(
    drive: StandIn, archive: DriveArchive, item: MakeItem, waits: list[float]
) -> None:
    drive.goes_wrong("POST /upload", times=100)
    with pytest.raises(ArchiveUnavailable, match="come back later"):
        archive.store(item())
    assert len(waits) == drive_client.TRIES - 1


def test_a_lane_does_not_wait_anew_for_each_of_its_files(
    drive: StandIn, archive: DriveArchive, item: MakeItem, waits: list[float]
) -> None:
    drive.goes_wrong("POST /upload", times=drive_client.TRIES + 1)
    for number in (1, 2):
        with pytest.raises(ArchiveUnavailable):
            archive.store(item(job_id=number))
    assert len(waits) == drive_client.TRIES - 1
    archive.store(item(job_id=3))
    drive.goes_wrong("POST /upload", times=2)
    archive.store(item(job_id=4))
    assert len(stored(drive)) == 2


def test_an_address_that_nobody_listens_on_is_away(
    drive: StandIn, monkeypatch: pytest.MonkeyPatch, item: MakeItem, waits: list[float]
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT", drive.connection(api_root="http://127.0.0.1:9"))
    with pytest.raises(ArchiveUnavailable, match="cannot be reached"):
        DriveArchive(CONN_ID, "x", sleep=waits.append).store(item())
    assert len(waits) == drive_client.TRIES - 1


@pytest.mark.parametrize(("action", "times"), [("reset", 2), ("status", 2), ("lost", 2), ("expire", 1)])
def test_a_broken_upload_goes_on_where_the_server_is(
    drive: StandIn, make_archive: MakeArchive, item: MakeItem, action: str, times: int
) -> None:
    octets = os.urandom(5 * MIB + 12345)
    drive.goes_wrong("PUT /session", "meanwhile", times=1)
    drive.goes_wrong("PUT /session", action, times=times)
    make_archive(chunk_bytes=MIB).store(item(octets))
    assert content(drive) == octets
    # It was begun once only: nothing was sent twice from the start.
    assert count(drive, "POST /upload") == 1


def test_what_came_through_of_a_chunk_is_not_sent_again(
    drive: StandIn, make_archive: MakeArchive, item: MakeItem, waits: list[float]
) -> None:
    # Each try brings half of what is left, as over a bad line: more tries than are allowed without getting further.
    octets = os.urandom(64 * MIB)
    drive.goes_wrong(r"PUT /session.* bytes \d", "reset", times=100)
    archive = make_archive(chunk_bytes=64 * MIB)
    with pytest.raises(ArchiveUnavailable):
        archive.store(item(octets))
    [upload] = drive.storage.uploads.values()
    assert len(upload.received) > 60 * MIB
    assert len(waits) > drive_client.TRIES


def test_an_upload_that_drive_has_forgotten_is_begun_anew(
    drive: StandIn, make_archive: MakeArchive, item: MakeItem
) -> None:
    octets = os.urandom(3 * MIB)
    drive.goes_wrong("PUT /session", "meanwhile", times=1)
    drive.goes_wrong("PUT /session", "forget")
    make_archive(chunk_bytes=MIB).store(item(octets))
    assert content(drive) == octets
    assert count(drive, "POST /upload") == 2


def test_a_drive_that_forgets_each_upload_ends_in_a_fault(
    drive: StandIn, archive: DriveArchive, item: MakeItem
) -> None:
    drive.goes_wrong("PUT /session", "forget", times=100)
    with pytest.raises(ArchiveUnavailable, match="forgot the upload"):
        archive.store(item())
    assert count(drive, "POST /upload") == drive_client.TRIES


@pytest.mark.parametrize("where", ["POST /upload", "PUT /session", "POST /drive/v3/files", "GET /drive"])
@pytest.mark.parametrize("action", ["lost", "reset"])
def test_a_lost_answer_never_makes_a_second_file_or_folder(
    drive: StandIn, make_archive: MakeArchive, item: MakeItem, where: str, action: str
) -> None:
    archive = make_archive()
    reserved = archive.reserve_id()
    drive.goes_wrong(where, action, times=1)
    archived = archive.store(item(reserved_id=reserved))
    assert (content(drive), archived.file_id) == (b"a;b\r\n1;2\r\n", reserved)
    names = [file["name"] for file in drive.storage.files.values() if not file["trashed"]]
    assert sorted(names) == ["0112", "03", "2026", "Drive", "sales.csv"]


def test_two_uploads_of_one_job_at_once_end_as_one_file(
    drive: StandIn, make_archive: MakeArchive, item: MakeItem
) -> None:
    archive = make_archive()
    reserved = archive.reserve_id()

    def the_other() -> None:
        make_archive().store(item(reserved_id=reserved))

    drive.goes_wrong("POST /upload", "meanwhile", do=the_other)
    assert archive.store(item(reserved_id=reserved)).file_id == reserved
    assert content(drive) == b"a;b\r\n1;2\r\n"


def test_a_slow_answer_is_waited_for(
    drive: StandIn, archive: DriveArchive, item: MakeItem, waits: list[float]
) -> None:
    drive.goes_wrong("PUT /session", "slow", seconds=0.5)
    archive.store(item())
    assert (content(drive), waits) == (b"a;b\r\n1;2\r\n", [])


@pytest.mark.parametrize("where", ["POST /upload", "PUT /session", "GET /drive"])
def test_an_answer_that_does_not_come_in_time_is_asked_for_again(
    drive: StandIn, make_archive: MakeArchive, item: MakeItem, waits: list[float], where: str
) -> None:
    drive.goes_wrong(where, "slow", seconds=60)
    make_archive(timeout=1).store(item())
    assert (content(drive), len(waits)) == (b"a;b\r\n1;2\r\n", 1)


def test_a_late_answer_is_not_taken_for_the_next_files(
    drive: StandIn, make_archive: MakeArchive, item: MakeItem
) -> None:
    archive = make_archive(timeout=1)
    first = archive.store(item(job_id=1))
    drive.goes_wrong("GET /drive/v3/files/", "slow", times=drive_client.TRIES, seconds=60)
    with pytest.raises(ArchiveUnavailable, match="cannot be reached"):
        archive.store(item(job_id=1, reserved_id=first.file_id))
    second = archive.store(item(b"other", job_id=2))
    assert second.file_id != first.file_id
    assert {drive.storage.contents[str(file["id"])] for file in stored(drive)} == {
        b"a;b\r\n1;2\r\n",
        b"other",
    }


def test_a_wrong_checksum_is_not_taken_for_success(
    drive: StandIn, make_archive: MakeArchive, item: MakeItem
) -> None:
    drive.goes_wrong("PUT /session", "wrong_md5")
    with pytest.raises(ArchiveUnavailable, match="checksum differs"):
        make_archive().store(item())
    make_archive().store(item())
    assert content(drive) == b"a;b\r\n1;2\r\n"


def test_bytes_that_arrived_wrong_are_replaced(
    drive: StandIn, make_archive: MakeArchive, item: MakeItem
) -> None:
    archived = make_archive().store(item())
    drive.storage.update(archived.file_id or "", {}, b"rotten")
    assert make_archive().store(item()) == archived
    assert content(drive) == b"a;b\r\n1;2\r\n"


def test_an_expired_token_is_renewed(
    drive: StandIn, archive: DriveArchive, item: MakeItem, waits: list[float]
) -> None:
    archive.store(item(job_id=1))
    drive.goes_wrong("POST /upload", "expire")
    archive.store(item(job_id=2))
    assert (len(stored(drive)), count(drive, "POST /token"), waits) == (2, 2, [])


@pytest.mark.parametrize(
    ("status", "reason", "told"),
    [
        (403, "storageQuotaExceeded", r"share a \*shared drive\* with archive@stand-in.example"),
        (403, "insufficientFilePermissions", "archive@stand-in.example may not write there"),
        (403, "accessNotConfigured", "not switched on in the Google Cloud project"),
        (403, "dailyLimitExceeded", "the project's calls of the day are used up"),
        (403, "teamDriveFileLimitExceeded", "holds as many files as it may"),
        (404, "notFound", "archive@stand-in.example does not see the folder"),
        (401, "authError", "does not accept the key of archive@stand-in.example"),
        (400, "badThing", r"refused \(400 badThing\): badThing"),
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
    # A refused token is renewed once; nothing else is tried again.
    assert count(drive, "POST /upload") == (2 if status == 401 else 1)
    assert stored(drive) == []


def test_a_service_account_in_somebodys_my_drive_is_told_to_use_a_shared_drive(
    drive: StandIn, make_archive: MakeArchive, item: MakeItem
) -> None:
    folder = drive.storage.add_shared_folder("arsip")
    with pytest.raises(ArchiveRefused, match=r"share a \*shared drive\* with archive@stand-in.example"):
        make_archive(folder).store(item())


def test_with_a_subject_the_account_acts_for_a_person_who_has_storage(
    drive: StandIn, make_archive: MakeArchive, item: MakeItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    drive.storage.people.add("dewi@brand.example")
    folder = drive.storage.add_shared_folder("arsip")
    monkeypatch.setenv(
        "AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT", drive.connection(with_subject="dewi@brand.example")
    )
    make_archive(folder).store(item())
    assert content(drive) == b"a;b\r\n1;2\r\n"
    drive.goes_wrong("POST /upload", status=403, reason="storageQuotaExceeded")
    with pytest.raises(ArchiveRefused, match=r"dewi@brand.example has no storage left"):
        make_archive(folder).store(item(job_id=8))


def test_a_key_that_google_does_not_accept_is_told(
    drive: StandIn, archive: DriveArchive, item: MakeItem, waits: list[float]
) -> None:
    drive.goes_wrong("POST /token", times=100, status=400, reason="invalid_grant")
    with pytest.raises(ArchiveRefused, match=r"does not accept the key of archive@stand-in.example"):
        archive.store(item())
    assert waits == []


def test_a_token_endpoint_that_is_away_for_a_while_is_waited_out(
    drive: StandIn, archive: DriveArchive, item: MakeItem
) -> None:
    drive.goes_wrong("POST /token", times=4, status=503)
    archive.store(item())
    assert len(stored(drive)) == 1


@pytest.mark.parametrize(
    ("connection", "told"),
    [
        (None, "isn't defined"),
        ('{"conn_type": "google_cloud_platform", "extra": {"keyfile_dict": "no JSON"}}', "Invalid key JSON"),
        ('{"conn_type": "google_cloud_platform", "extra": {"key_path": "/no/such.json"}}', "no/such.json"),
        ('{"conn_type": "google_cloud_platform", "extra": {"keyfile_dict": {"type": "x"}}}', ""),
    ],
)
def test_a_connection_without_a_usable_key_is_told_by_its_name(
    drive: StandIn, make_archive: MakeArchive, item: MakeItem, monkeypatch: pytest.MonkeyPatch,
    connection: str | None, told: str,
) -> None:  # fmt: skip
    if connection is None:
        monkeypatch.delenv("AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT")
    else:
        monkeypatch.setenv("AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT", connection)
    with pytest.raises(ArchiveRefused, match=f"connection google_cloud_default .*{told}"):
        make_archive().store(item())


def test_chunks_are_multiples_of_what_drive_wants() -> None:
    assert drive_client.CHUNK_BYTES % (256 << 10) == 0
