"""Exports over HTTP: started, watched, downloaded; files that are made at once; who may what."""

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import openpyxl
import pytest
from airflow.sdk import Connection
from pypdf import PdfReader

from devtools.account_data import AccountPlan, fill
from import_export.errors import DatabaseUnavailable
from import_export.stores.database import Database
from import_export.stores.pool import PooledDatabase
from tests.api.house import House, data, refused
from tests.database.flow import eventually
from tests.s3_stand_in import Store

PLAN = AccountPlan(accounts=3, days=40, media_per_account=30, competitors=1)
MANY = "17841499999999999"
"""An account with many posts."""


@pytest.fixture(scope="module")
def filled(shared: str) -> str:
    """The shared database, with the statistics of some accounts."""
    database = Database(Connection.from_uri(shared, conn_id="import_export_mysql"))
    statistics = database.sibling(f"{database.name}_statistics")
    fill(statistics, PLAN)
    with statistics.session() as session, session.transaction():
        session.execute(
            "INSERT INTO `user` (id, username, social_account_id) VALUES (%s, 'many.posts', 'sa')", (MANY,)
        )
        digits = " CROSS JOIN ".join(
            f"(SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 "
            f"UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) AS t{number}"
            for number in range(5)
        )
        session.execute(
            "INSERT INTO media (id, user_id, permalink, media_type, `timestamp`, caption, like_count, comments_count) "
            "SELECT CONCAT('m', t0.d, t1.d, t2.d, t3.d, t4.d), %s, 'https://example.com/p', 'IMAGE', "
            f"'2026-06-20 05:00:00', REPEAT('kopi susu ', 60), t0.d, t1.d FROM {digits}",
            (MANY,),
        )
    return shared


anywhere = pytest.mark.parametrize("exporting", ["disk", "bucket"], indirect=True)
"""For what holds wherever the exports are; the other tests have them on a disk."""


@pytest.fixture
def exporting(
    filled: str, house_with: Callable[..., House], request: pytest.FixtureRequest
) -> Iterator[House]:
    """A served installation with statistics."""
    in_bucket = getattr(request, "param", "disk") == "bucket"
    made = house_with(**{"exports_folder": request.getfixturevalue("s3").uri("exports")} if in_bucket else {})
    yield made
    assert made.gate.faults == []


def accounts_of(house: House) -> list[tuple[str, str]]:
    """Ids and names of the accounts with data."""
    with house.context.statistics.session() as session:
        return [
            (str(account_id), str(name))
            for account_id, name in session.rows(
                "SELECT id, username FROM `user` WHERE id < '1784145' AND id <> %s ORDER BY id", (MANY,)
            )
        ]


def started(house: House, **given: Any) -> str:
    body = {"accounts": "all", "formats": ["csv"], "contents": ["profile"]} | given
    answer = house.operator.post("/api/exports", json=body)
    found = data(answer, 202)
    assert answer.headers["location"] == found["location"] == f"/import-export/api/exports/{found['id']}"
    return str(found["id"])


def name_of(answer: Any) -> str:
    """The name that a browser gives the download."""
    header = answer.headers["content-disposition"]
    assert header.startswith("attachment; ")
    _, _, full = header.partition("filename*=UTF-8''")
    return unquote(full) if full else header.split('"')[1]


@anywhere
def test_an_export_is_started_in_the_persons_name_and_tells_its_files(exporting: House) -> None:
    (first, name), (second, _), *_ = accounts_of(exporting)
    export_id = started(exporting, accounts=[f"@{name}", second], formats=["csv", "pdf"], date_frame=7)
    assert exporting.gate.asked == [(export_id, "operator")]
    assert exporting.gate.forms[export_id] == {
        "accounts": [f"@{name}", second],
        "formats": ["csv", "pdf"],
        "contents": ["profile"],
        "pages": ["statistic", "top_post", "competitor"],
        "date_frame": 7,
        "language": "id",
    }
    found = data(exporting.viewer.get(f"/api/exports/{export_id}"))
    assert (found["state"], found["accounts"], found["done"], found["files"]) == ("complete", 2, 2, 4)
    assert found["created_by"] == "operator"
    assert {each["id"] for each in found["of_accounts"]} == {first, second}
    assert [(each["start"], each["end"]) for each in found["of_accounts"]] == [
        ("2026-06-24", "2026-06-30")
    ] * 2
    only = data(exporting.viewer.get(f"/api/exports/{export_id}", params={"account_id": first}))
    assert {file["account_id"] for file in only["of_files"]} == {first}
    for file in found["of_files"]:
        answer = exporting.viewer.get(f"/api/exports/{export_id}/files/{file['id']}")
        assert (answer.status_code, answer.headers["content-length"]) == (200, str(file["size"]))
        assert hashlib.sha256(answer.content).hexdigest() == file["sha256"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert name_of(answer) == file["name"]
        expected = {"csv": "text/csv; charset=utf-8", "pdf": "application/pdf"}[file["format"]]
        assert answer.headers["content-type"] == expected


@anywhere
def test_a_download_that_broke_off_is_gone_on_with(exporting: House) -> None:
    export_id = started(exporting)
    file = data(exporting.viewer.get(f"/api/exports/{export_id}"))["of_files"][0]
    path, size = f"/api/exports/{export_id}/files/{file['id']}", file["size"]

    def part(wanted: str, **more: str) -> Any:
        return exporting.viewer.get(path, headers={"range": wanted, **more})

    whole = exporting.viewer.get(path)
    assert whole.headers["accept-ranges"] == "bytes"
    rest = part("bytes=100-", **{"if-range": whole.headers["etag"]})
    assert (rest.status_code, rest.content) == (206, whole.content[100:])
    assert rest.headers["content-range"] == f"bytes 100-{size - 1}/{size}"
    assert rest.headers["content-length"] == str(size - 100)
    assert (part("bytes=3-7").content, part("bytes=-7").content) == (whole.content[3:8], whole.content[-7:])
    # Made anew since, or of a kind that we do not know: the whole.
    for answer in (part("bytes=100-", **{"if-range": '"other"'}), part("bytes=0-1,5-9"), part("lines=1-2")):
        assert (answer.status_code, answer.content) == (200, whole.content)
    none = part(f"bytes={size}-")
    assert f"The file has {size} bytes" in refused(none, 416)
    assert none.headers["content-range"] == f"bytes */{size}"


def test_a_bucket_that_refuses_is_told_without_its_secrets(exporting: House, s3: Store) -> None:
    export_id = started(exporting)
    file = data(exporting.viewer.get(f"/api/exports/{export_id}"))["of_files"][0]
    uri = s3.uri("exports").replace(s3.bucket, "no-such-bucket")
    settings = replace(exporting.context.settings, exports_folder=uri)
    object.__setattr__(exporting.context, "settings", settings)
    for path in ("files.zip", f"files/{file['id']}"):
        told = refused(exporting.viewer.get(f"/api/exports/{export_id}/{path}"), 502)
        assert "your administrator finds what to do in the log" in told
        assert "no-such-bucket" not in told


@anywhere
def test_all_files_come_as_one_zip(exporting: House) -> None:
    (_, name), *_ = accounts_of(exporting)
    answer = exporting.viewer.get(f"/api/exports/{started(exporting)}/files.zip")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert f"@{name}/Data Performa Akun Tanggal 3 Juni 2026 - 30 Juni 2026.csv" in archive.namelist()


def test_progress_is_told_while_the_run_waits(exporting: House) -> None:
    exporting.gate.at_once = False
    export_id = started(exporting)
    found = data(exporting.viewer.get(f"/api/exports/{export_id}"))
    assert (found["state"], found["accounts"], found["of_files"]) == ("waiting", 0, [])
    assert "has no files" in refused(exporting.viewer.get(f"/api/exports/{export_id}/files.zip"), 404)
    exporting.gate.work_off()
    assert data(exporting.viewer.get(f"/api/exports/{export_id}"))["state"] == "complete"


def test_an_accounts_trouble_is_told_with_its_reason(exporting: House) -> None:
    exporting.gate.at_once = False
    export_id = started(exporting)
    with exporting.context.statistics.session() as session, session.transaction():
        session.execute("INSERT INTO `user` (id, username, social_account_id) VALUES ('9', 'early', 'x')")
        session.execute("INSERT INTO user_data (user_id, datestamp) VALUES ('9', '2001-01-01')")
    try:
        exporting.gate.work_off()
    finally:
        with exporting.context.statistics.session() as session, session.transaction():
            session.execute("DELETE FROM user_data WHERE user_id = '9'")
            session.execute("DELETE FROM `user` WHERE id = '9'")
    found = data(exporting.viewer.get(f"/api/exports/{export_id}"))
    assert (found["state"], found["failed"]) == ("complete_with_errors", 1)
    [failed] = [each for each in found["of_accounts"] if each["state"] == "failed"]
    assert failed["username"] == "early"
    assert "must lie between" in failed["reason"]


def test_a_cursor_leads_through_all_exports_newest_first(exporting: House) -> None:
    exporting.gate.at_once = False
    ids = [started(exporting) for _ in range(3)]
    first = exporting.viewer.get("/api/exports", params={"limit": 2}).json()
    second = exporting.viewer.get("/api/exports", params={"limit": 2, "cursor": first["next"]}).json()
    assert [each["id"] for each in first["data"] + second["data"]] == ids[::-1]
    assert second["next"] is None
    assert "none that was given" in refused(exporting.viewer.get("/api/exports?cursor=x"), 400)


def test_a_request_with_a_key_is_started_once(exporting: House) -> None:
    def send(**more: Any) -> Any:
        body = {"accounts": "all", "formats": ["csv"], "contents": ["city"]} | more
        return exporting.operator.post("/api/exports", json=body, headers={"idempotency-key": "night-1"})

    first, second = send(), send()
    assert data(first, 202) == data(second, 202)
    assert first.headers["location"] == second.headers["location"]
    assert len(exporting.gate.asked) == 1
    assert "used for another request" in refused(send(date_frame=7), 422)


@pytest.mark.parametrize(
    ("given", "status", "told"),
    [
        ({"accounts": ["nobody"]}, 404, "there is no account 'nobody'"),
        ({"formats": ["doc"]}, 400, "formats: 'doc' is none of: csv, xlsx, pdf"),
        ({"start": "2026-06-01"}, 400, "needs both start and end"),
        ({"date_frame": 5}, 400, "date_frame '5' is none of"),
        ({"accounts": None}, 422, "accounts"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_started(
    exporting: House, given: dict[str, Any], status: int, told: str
) -> None:
    body = {"accounts": "all", "formats": ["csv"]} | given
    assert told in refused(exporting.operator.post("/api/exports", json=body), status)
    assert exporting.gate.asked == []
    assert exporting.count("exports") == 0


def test_an_export_whose_run_cannot_be_started_is_not_there(exporting: House) -> None:
    exporting.gate.refuses = DatabaseUnavailable("away")
    body = {"accounts": "all", "formats": ["csv"]}
    refused(exporting.operator.post("/api/exports", json=body), 503)
    assert exporting.count("exports") == 0


def test_who_may_only_read_starts_nothing_and_downloads_everything(exporting: House) -> None:
    body = {"accounts": "all", "formats": ["csv"]}
    refused(exporting.viewer.post("/api/exports", json=body), 403)
    nobody = exporting.client("nobody")
    export_id = started(exporting)
    account, _ = accounts_of(exporting)[0]
    for path in (
        "/api/exports",
        f"/api/exports/{export_id}",
        f"/api/exports/{export_id}/files.zip",
        f"/api/accounts/{account}/download/csv/city",
    ):
        assert exporting.viewer.get(path).status_code == 200
        refused(nobody.get(path), 403)


def test_a_file_that_is_gone_is_told(exporting: House) -> None:
    export_id = started(exporting)
    found = data(exporting.viewer.get(f"/api/exports/{export_id}"))
    file = found["of_files"][0]
    [path] = [
        path
        for path in (exporting.flow.root / "exports").rglob(file["name"])
        if path.stat().st_size == file["size"]
    ][:1]
    path.unlink()
    gone = [
        exporting.viewer.get(f"/api/exports/{export_id}/files/{each['id']}").status_code
        for each in found["of_files"]
    ]
    assert gone.count(404) == 1
    assert "not there any more" in refused(exporting.viewer.get(f"/api/exports/{export_id}/files.zip"), 404)
    refused(exporting.viewer.get(f"/api/exports/{export_id}/files/999999"), 404)
    refused(exporting.viewer.get("/api/exports/00000000-0000-0000-0000-000000000000"), 404)


def test_csv_is_made_at_once(exporting: House) -> None:
    account, name = accounts_of(exporting)[0]
    for address in (account, f"@{name}", name):
        answer = exporting.viewer.get(
            f"/api/accounts/{address}/download/csv/profile",
            params={"start": "2026-06-01", "end": "2026-06-07", "lang": "en"},
        )
        assert answer.status_code == 200, answer.text
        assert name_of(answer) == "Account Performance 1 June 2026 - 7 June 2026.csv"
        header, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
        assert header[0] == "Date"
        assert 0 < len(rows) <= 7
        assert rows[0][0] > rows[-1][0]


def test_a_workbook_is_made_at_once_and_nothing_is_left_of_it(exporting: House) -> None:
    account, name = accounts_of(exporting)[0]
    before = exporting.left()
    answer = exporting.viewer.get(f"/api/accounts/{account}/download/xlsx", params={"date_frame": 7})
    assert name_of(answer) == f"Data @{name} Tanggal 24 Juni 2026 - 30 Juni 2026.xlsx"
    assert int(answer.headers["content-length"]) == len(answer.content)
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames[:2] == ["Performa Akun", "Konten"]
    assert exporting.left() == before


def test_a_report_is_made_at_once_with_the_pages_that_are_asked_for(exporting: House) -> None:
    account, name = accounts_of(exporting)[0]
    path = f"/api/accounts/{account}/download/pdf"
    whole = exporting.viewer.get(path)
    assert name_of(whole) == f"Laporan @{name} Tanggal 3 Juni 2026 - 30 Juni 2026.pdf"
    part = exporting.viewer.get(path, params={"pages": "top_post", "lang": "en"})
    assert len(PdfReader(io.BytesIO(part.content)).pages) < len(PdfReader(io.BytesIO(whole.content)).pages)
    assert "none of: statistic" in refused(exporting.viewer.get(path, params={"pages": "cover"}), 400)


def test_what_takes_long_is_not_made_while_one_waits(exporting: House) -> None:
    span = {"start": "2026-06-01", "end": "2026-06-30"}
    for kind in ("xlsx", "pdf"):
        answer = exporting.viewer.get(f"/api/accounts/{MANY}/download/{kind}", params=span)
        told = refused(answer, 413)
        assert "100,000 posts" in told
        assert "POST /api/exports" in told
    assert exporting.viewer.get(
        f"/api/accounts/{MANY}/download/xlsx", params={"start": "2026-01-01", "end": "2026-01-31"}
    ).is_success


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("nobody/download/csv/media", 404, "there is no account 'nobody'"),
        (f"{MANY}/download/csv/cities", 422, "content"),
        (f"{MANY}/download/csv/media?start=2026-06-01", 400, "needs both start and end"),
        (f"{MANY}/download/csv/media?date_frame=3", 400, "date_frame '3' is none of"),
        (f"{MANY}/download/xlsx?start=yesterday&end=today", 400, "is no day"),
        (f"{MANY}/download/csv/media?lang=fr", 422, "lang"),
    ],
)
def test_what_is_wrong_with_a_download_is_told_before_it_begins(
    exporting: House, path: str, status: int, told: str
) -> None:
    assert told in refused(exporting.viewer.get(f"/api/accounts/{path}"), status)


def test_any_number_of_rows_is_streamed_and_a_reader_who_leaves_keeps_no_connection(exporting: House) -> None:
    statistics = exporting.context.statistics
    assert isinstance(statistics, PooledDatabase)
    path = f"/api/accounts/{MANY}/download/csv/media?start=2026-06-01&end=2026-06-30"
    with exporting.viewer.stream("GET", path) as answer:
        assert "content-length" not in answer.headers
        next(answer.iter_bytes())
        assert statistics._pool.checkedout() == 1
    eventually(lambda: statistics._pool.checkedout() == 0)
    whole = exporting.viewer.get(path)
    rows = list(csv.reader(io.StringIO(whole.content.decode("utf-8-sig"), newline="")))
    assert len(rows) == 100_001
    assert statistics._pool.checkedout() == 0


def test_a_database_that_is_away_is_told_before_the_first_byte(exporting: House, tmp_path: Path) -> None:
    nowhere = Connection.from_uri("mysql://nobody@127.0.0.1:1/none", conn_id="import_export_mysql")
    account, _ = accounts_of(exporting)[0]
    object.__setattr__(exporting.context, "statistics", PooledDatabase(nowhere))
    for kind in ("csv/media", "xlsx", "pdf"):
        refused(exporting.viewer.get(f"/api/accounts/{account}/download/{kind}"), 503)
