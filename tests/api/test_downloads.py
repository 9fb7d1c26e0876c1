"""Downloads are found by id only, stay inside, and answer whatever ranges are asked for as cheaply as a plain request."""

import re
import socket
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from airflow.sdk import Connection
from fastapi.responses import FileResponse, Response, StreamingResponse
from fastapi.routing import APIRoute

from devtools.account_data import AccountPlan, fill
from import_export.stores.database import Database
from tests.api.access_map import endpoints, filled
from tests.api.house import ROOT, House, data, imported, only_file, stocks

SECRET = "root:x:0:0: kept outside of every folder that is served"
DOWNLOADS = sorted(
    route.path
    for _, route in endpoints()
    if isinstance(route, APIRoute)
    and route.response_class in (FileResponse, StreamingResponse, Response)
    and route.path != "/api/events"
)


@dataclass(frozen=True, slots=True)
class Full:
    """A house with something behind each download."""

    house: House
    there: dict[str, str]


@pytest.fixture(scope="module")
def statistics(shared: str) -> str:
    database = Database(Connection.from_uri(shared, conn_id="import_export_mysql"))
    plan = AccountPlan(accounts=1, days=10, media_per_account=3, competitors=0)
    fill(database.sibling(f"{database.name}_statistics"), plan)
    return shared


@pytest.fixture
def full(statistics: str, house: House) -> Full:
    batch_id = imported(house.operator, ("stocks.csv", stocks("A", "B", "C") + "D;W1;lima;01/03/2026\n"))
    account = str(data(house.viewer.get("/api/accounts"))[0]["id"])
    wanted = {"accounts": [account], "formats": ["csv"], "contents": ["media"]}
    export_id = str(data(house.operator.post("/api/exports", json=wanted), 202)["id"])
    [file] = data(house.viewer.get(f"/api/exports/{export_id}"))["of_files"]
    job_id = str(only_file(house.viewer, batch_id)["id"])
    there = {"batch_id": batch_id, "job_id": job_id, "name": "stocks", "account_id": account}
    return Full(house, there | {"content": "media", "export_id": export_id, "file_id": str(file["id"])})


def test_there_are_downloads_of_every_kind() -> None:
    assert len(DOWNLOADS) == 10
    assert {path.rsplit(".", 1)[-1] for path in DOWNLOADS} >= {"csv", "xlsx", "txt", "zip"}


# Ranges

APART = "bytes=" + ",".join(f"{number}-{number}" for number in range(0, 2000, 2))
RANGES = [
    APART,
    "bytes=" + ",".join(["0-"] * 1000),
    "bytes=" + ",".join(["-1"] * 1000),
    "bytes=" + ",".join(f"{number}-{number}" for number in range(0, 200, 2)),
    "bytes=" + "," * 5000,
    f"bytes=0-{'9' * 5000}",
    f"bytes={'9' * 5000}-",
    "bytes=5-2",
    "bytes=--5",
    "bytes=-0",
    "bytes=0-0-0",
    "bytes=\t0-1",
    "bytes",
    "lines=0-1",
]


def test_a_thousand_ranges_cost_no_more_than_the_whole_file(full: Full) -> None:
    for path in [*(filled(each, full.there) for each in DOWNLOADS), "/static/app.js"]:
        plain = full.house.viewer.get(path)
        assert plain.status_code == 200, path
        for ranges in RANGES:
            answer = full.house.viewer.get(path, headers={"range": ranges})
            assert answer.status_code in (200, 206, 400, 416), (path, ranges[:50])
            # Up to a hundred ranges are answered one by one, each with a small head.
            assert len(answer.content) <= len(plain.content) + 100 * 300, (path, ranges[:50])
            assert answer.headers["x-content-type-options"] == "nosniff"
            if ranges == APART:
                assert answer.status_code == 200, path
    assert full.house.left() == []


def test_a_file_that_lies_on_disk_is_given_from_where_a_reader_broke_off(full: Full) -> None:
    path = filled("/api/exports/{export_id}/files/{file_id}", full.there)
    whole = full.house.viewer.get(path).content
    rest = full.house.viewer.get(path, headers={"range": "bytes=10-"})
    assert (rest.status_code, rest.content) == (206, whole[10:])


# Paths

HOSTILE = [
    "..",
    "../../../../../../../../etc/passwd",
    "..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f%2e%2e%2fsecret.txt",
    "%252e%252e%252f%252e%252e%252fsecret.txt",
    "%25252e%25252e%25252fsecret.txt",
    "..%5c..%5csecret.txt",
    "..%255c..%255csecret.txt",
    "..%c0%af..%c0%afsecret.txt",
    "%ef%bc%8e%ef%bc%8e%ef%bc%8fsecret.txt",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "//etc/passwd",
    "C:%5cWindows%5cwin.ini",
    "%5c%5chost%5cshare",
    "file:%2f%2f%2fetc%2fpasswd",
    "secret.txt%00.csv",
    "%00",
    "stocks%00",
    "stocks%0d%0aset-cookie:%20a=b",
    "stocks%20AS%20SELECT%20*%20FROM%20import_jobs",
    "stocks%60;%20DROP%20TABLE%20stocks;--%20",
    "-1",
    "0",
    "1e1",
    "99999999999999999999",
    "%D9%A1",
    "x" * 5000,
]


def asked(house: House, target: str) -> tuple[int, Any, bytes]:
    """The answer to a path that is sent as it is: clients tidy up what they are given."""
    address = urlsplit(house.url)
    with socket.create_connection((address.hostname or "", address.port or 0)) as raw:
        raw.settimeout(60)
        head = f"GET {ROOT}{target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer viewer\r\nConnection: close\r\n\r\n"
        raw.sendall(head.encode())
        answer = HTTPResponse(raw)
        answer.begin()
        return answer.status, answer.headers, answer.read()


def test_no_path_leads_out_of_a_download(full: Full) -> None:
    work = full.house.context.settings.work_folder
    exports = full.house.context.settings.exports
    for folder in (work, work.parent, exports, exports.parent):
        (folder / "secret.txt").write_text(SECRET)
    for route in DOWNLOADS:
        for name in re.findall(r"{(\w+)}", route):
            for value in HOSTILE:
                status, headers, body = asked(full.house, filled(route, full.there | {name: value}))
                assert status in (400, 404, 405, 422), (route, value, status, body[:300])
                assert SECRET.encode() not in body
                assert b"root:" not in body
                assert "set-cookie" not in headers
    assert full.house.left() == ["secret.txt"]
    assert full.house.count("stocks") == 3


def test_no_path_leads_out_of_the_static_files(full: Full) -> None:
    inside = asked(full.house, "/static/app.js")
    assert inside[0] == 200
    source = Path("templates", "base.html")
    for value in [
        *HOSTILE,
        f"../{source}",
        f"..%2f{source}",
        f"%2e%2e/{source}",
        f"vendor/../../{source}",
        "",
        "vendor",
    ]:
        status, _, body = asked(full.house, f"/static/{value}")
        assert status in (307, 401, 404, 405), (value, status)
        assert b"<html" not in body.lower()
        assert b"root:" not in body


def test_a_file_of_another_export_is_none_of_this_one(full: Full) -> None:
    house, there = full.house, full.there
    wanted = {"accounts": [there["account_id"]], "formats": ["csv"], "contents": ["city"]}
    other = str(data(house.operator.post("/api/exports", json=wanted), 202)["id"])
    own = house.viewer.get(f"/api/exports/{there['export_id']}/files/{there['file_id']}")
    assert own.status_code == 200
    assert house.viewer.get(f"/api/exports/{other}/files/{there['file_id']}").status_code == 404


def test_a_link_that_somebody_put_in_a_files_place_is_not_followed_out(full: Full, tmp_path: Path) -> None:
    house, there = full.house, full.there
    outside = tmp_path / "outside.txt"
    outside.write_text(SECRET)
    path = filled("/api/exports/{export_id}/files/{file_id}", there)
    assert house.viewer.get(path).status_code == 200
    for file in house.context.settings.exports.rglob("*.csv"):
        file.unlink()
        file.symlink_to(outside)
    for each in (path, filled("/api/exports/{export_id}/files.zip", there)):
        answer = house.viewer.get(each)
        assert answer.status_code == 404
        assert SECRET not in answer.text
