"""A real Airflow with drop folder, archive, shared files and exports in a bucket; the connection is in Airflow's database."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from devtools.account_data import AccountPlan, fill
from import_export.imports.jobs import JobStatus
from tests.e2e.conftest import Stack, eventually, running_stack
from tests.s3_stand_in import KEY, REGION, SECRET, Store, new_store, running_s3
from tests.smtp_stand_in import Mailbox
from tests.statsd_stand_in import Statsd

STOCKS = "SKU;Gudang;Stok PCS;Tanggal\n"


@pytest.fixture(scope="module")
def bucket() -> Iterator[Store]:
    with running_s3() as url:
        yield new_store(url, "bucket_of_e2e")


@pytest.fixture(scope="module")
def stack(
    bucket: Store, tmp_path_factory: pytest.TempPathFactory, post: Mailbox, metrics: Statsd
) -> Iterator[Stack]:
    with running_stack(
        tmp_path_factory.mktemp("bucket stack"),
        post,
        metrics,
        drop_folder=bucket.uri("drop"),
        done_folder=bucket.uri("done"),
        failed_folder=bucket.uri("failed"),
        archive_path=bucket.uri("archive"),
        shared_folder=bucket.uri("work"),
        exports_folder=bucket.uri("exports"),
    ) as running:
        connection = {
            "connection_id": bucket.connection,
            "conn_type": "aws",
            "login": KEY,
            "password": SECRET,
            "extra": json.dumps({"endpoint_url": bucket.url, "region_name": REGION}),
        }
        status, answer = running.call("POST", "/api/v2/connections", connection)
        assert status == 201, answer
        yield running


def test_a_dropped_object_ends_as_rows_a_report_and_an_archived_object(stack: Stack, bucket: Store) -> None:
    bucket.put(
        "drop/0112/stocks.csv", STOCKS + "B1;W1;1;01/03/2026\nB2;W1;2;01/03/2026\nB3;W1;x;01/03/2026\n"
    )
    job, *_ = eventually(lambda: stack.batch_with("stocks.csv"), seconds=180)
    assert (job.status, job.counts.inserted, job.counts.rejected) == (JobStatus.COMPLETE, 2, 1)
    assert stack.scalar("SELECT COUNT(*) FROM stocks WHERE sku IN ('B1', 'B2')") == 2
    eventually(lambda: not bucket.names("drop/"))
    assert [key.split("/")[-1] for key in bucket.names("done/")] == [
        "report.txt",
        "stocks.csv",
        "stocks.rejects.csv",
    ]
    assert job.archive_url == bucket.uri(bucket.names("archive/")[0])
    assert bucket.names("work/") == []
    assert not list((stack.local / "work").glob("*/files"))


def test_an_upload_goes_by_way_of_the_bucket_and_its_report_is_shown_from_there(
    stack: Stack, bucket: Store
) -> None:
    headers = {"Authorization": f"Bearer {stack.token('admin')}"}
    with httpx.Client(base_url=f"{stack.facts['url']}/import-export", headers=headers, timeout=60) as client:
        answer = client.post(
            "/api/import",
            files=[("files", ("up.csv", STOCKS + "U1;W1;1;01/03/2026\n"))],
            data={"table_name": "stocks", "mode": "full"},
        )
        assert answer.status_code == 202, answer.text
        batch_id = answer.json()["data"]["batch_id"]
        job, *_ = eventually(lambda: stack.batch_with("up.csv"), seconds=180)
        assert (job.status, job.counts.inserted) == (JobStatus.COMPLETE, 1)
        assert f"{batch_id}/up.csv" in " ".join(bucket.names("done/"))
        report = client.get(f"/api/jobs/{batch_id}/report.txt")
        assert (report.status_code, "1 inserted" in report.text) == (200, True)


def test_an_export_is_made_in_the_bucket_and_given_from_there(stack: Stack, bucket: Store) -> None:
    statistics = stack.database.sibling(f"{stack.database.name}_statistics")
    fill(statistics, AccountPlan(accounts=2, days=40, media_per_account=5, competitors=1))
    headers = {"Authorization": f"Bearer {stack.token('admin')}"}
    with httpx.Client(base_url=f"{stack.facts['url']}/import-export", headers=headers, timeout=60) as client:
        wanted = {"accounts": "all", "formats": ["csv"], "contents": ["profile"]}
        answer = client.post("/api/exports", json=wanted)
        assert answer.status_code == 202, answer.text
        path = f"/api/exports/{answer.json()['data']['id']}"

        def look() -> Any:
            found = client.get(path).json()["data"]
            return found if found["finished_at"] else None

        found = eventually(look, seconds=240)
        assert (found["state"], found["files"]) == ("complete", 2)
        stored = {hashlib.sha256(bucket.get(key)).hexdigest() for key in bucket.names("exports/on_demand/")}
        assert stored == {file["sha256"] for file in found["of_files"]}
        with zipfile.ZipFile(io.BytesIO(client.get(f"{path}/files.zip").content)) as archive:
            given = {hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
        assert given == stored
    assert bucket.names("exports/.making/") == []
    assert not (stack.local / "exports").exists()


def test_the_secret_key_is_in_no_log(stack: Stack) -> None:
    logs = [path for path in stack.local.rglob("*.log") if path.is_file()]
    assert logs
    assert not [path for path in logs if SECRET in path.read_text(errors="replace")]
