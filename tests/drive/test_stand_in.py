"""The stand-in itself, where a bare client sees more of it than ours does."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from devtools.drive_stand_in.server import StandIn
from devtools.local import REPOSITORY


@pytest.fixture
def client(drive: StandIn) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {drive.storage.new_token('somebody')}"}
    with httpx.Client(base_url=drive.url, headers=headers, trust_env=False) as opened:
        yield opened


def upload(client: httpx.Client, drive_id: str, octets: bytes, **metadata: str) -> httpx.Response:
    body = (
        b'--x\r\nContent-Type: application/json\r\n\r\n{"name": "a.bin", "parents": ["'
        + drive_id.encode()
        + b'"]}'
        b"\r\n--x\r\nContent-Type: application/octet-stream\r\n\r\n" + octets + b"\r\n--x--"
    )
    return client.post(
        "/upload/drive/v3/files",
        params={"uploadType": "multipart", "fields": "id,md5Checksum", "supportsAllDrives": "true"},
        content=body,
        headers={"Content-Type": "multipart/related; boundary=x"},
    )


def test_a_multipart_upload_is_stored_and_comes_back(client: httpx.Client, shared_drive: str) -> None:
    octets = bytes(range(256)) * 10 + b"\r\n"
    made = upload(client, shared_drive, octets).json()
    assert made["md5Checksum"] == hashlib.md5(octets).hexdigest()
    where = f"/drive/v3/files/{made['id']}"
    assert client.get(where, params={"alt": "media", "supportsAllDrives": "true"}).content == octets
    assert client.get(f"/file/d/{made['id']}/view").content == octets


def test_what_is_on_a_shared_drive_is_seen_only_by_those_who_ask_for_it(
    client: httpx.Client, shared_drive: str
) -> None:
    file_id = upload(client, shared_drive, b"x").json()["id"]
    assert client.get(f"/drive/v3/files/{file_id}").status_code == 404
    assert client.get("/drive/v3/files", params={"q": "name = 'a.bin'"}).json() == {"files": []}


def test_a_content_manager_may_not_delete_for_good(
    client: httpx.Client, drive: StandIn, shared_drive: str
) -> None:
    file_id = upload(client, shared_drive, b"x").json()["id"]
    where = f"/drive/v3/files/{file_id}?supportsAllDrives=true"
    assert client.delete(where).status_code == 403
    drive.storage.roles[shared_drive] = "organizer"
    assert client.delete(where).status_code == 204
    assert client.get(where).status_code == 404


def test_a_query_that_drive_would_refuse_is_refused(client: httpx.Client) -> None:
    for query in ("name = 'O'Neil'", "name like 'x'"):
        assert client.get("/drive/v3/files", params={"q": query}).status_code == 400


def test_long_lists_come_in_pages(client: httpx.Client, shared_drive: str) -> None:
    for _ in range(3):
        upload(client, shared_drive, b"x")
    params = {
        "q": "name = 'a.bin'", "pageSize": "2", "supportsAllDrives": "true", "includeItemsFromAllDrives": "true"
    }  # fmt: skip
    first = client.get("/drive/v3/files", params=params).json()
    rest = client.get("/drive/v3/files", params={**params, "pageToken": first["nextPageToken"]}).json()
    assert (len(first["files"]), len(rest["files"]), "nextPageToken" in rest) == (2, 1, False)


def test_chunks_must_be_whole_multiples_and_leave_no_gap(client: httpx.Client, shared_drive: str) -> None:
    begun = client.post(
        "/upload/drive/v3/files?uploadType=resumable&supportsAllDrives=true",
        json={"name": "a.bin", "parents": [shared_drive]},
        headers={"X-Upload-Content-Length": "1000000"},
    )
    session = begun.headers["Location"]
    assert client.put(session, headers={"Content-Range": "bytes */1000000"}).status_code == 308
    for first, length in ((0, 1000), (262144, 262144)):
        span = {"Content-Range": f"bytes {first}-{first + length - 1}/1000000"}
        assert client.put(session, content=b"x" * length, headers=span).status_code == 400
    whole = client.put(session, content=b"x" * 1000000, headers={"Content-Range": "bytes 0-999999/1000000"})
    assert whole.status_code == 200
    assert client.put(session, content=b"x" * 1000000).json()["id"] == whole.json()["id"]


def test_it_runs_by_itself_and_takes_commands() -> None:
    command = [sys.executable, "-m", "devtools.drive_stand_in"]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        try:
            with httpx.Client(base_url=url, trust_env=False) as client:
                fault = {"match": "/token", "action": "status", "status": 429, "retry_after": "3"}
                assert client.post("/stand-in/faults", json=fault).status_code == 200
                answer = client.post("/token")
                assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
                assert client.get("/stand-in/files").json() == {"files": []}
        finally:
            process.terminate()
    assert process.returncode == 0
