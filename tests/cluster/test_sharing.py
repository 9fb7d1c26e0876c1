"""What hosts share by the bucket and the database: exports, what the init job made; and no secret in what they write."""

import hashlib
import io
import zipfile
from typing import Any

import pytest

from devtools.account_data import AccountPlan, fill
from devtools.cluster import INIT
from devtools.cluster_hosts import BUCKET
from tests.cluster.conftest import Hosts, api
from tests.running import eventually

pytestmark = pytest.mark.timeout(600)

POOL = "/api/v2/pools/import_load"
SECRETS = (
    *("password", "mysql_password", "mysql_ddl_password", "mysql_root_password", "redis_password"),
    *("s3_secret", "fernet_key", "jwt_secret", "api_secret"),
)


def test_an_export_is_made_in_the_bucket_and_given_from_there(hosts: Hosts) -> None:
    statistics = hosts.root().sibling(f"{hosts.database.name}_statistics")
    fill(statistics, AccountPlan(accounts=2, days=40, media_per_account=5, competitors=1))
    with api(hosts) as pages:
        wanted = {"accounts": "all", "formats": ["csv"], "contents": ["profile"]}
        answer = pages.post("/api/exports", json=wanted)
        assert answer.status_code == 202, answer.text
        path = f"/api/exports/{answer.json()['data']['id']}"

        def look() -> Any:
            found = pages.get(path).json()["data"]
            return found if found["finished_at"] else None

        found = eventually(look, seconds=240)
        assert (found["state"], found["files"]) == ("complete", 2)
        stored = {hashlib.sha256(hosts.content(key)).hexdigest() for key in hosts.names("exports/on_demand/")}
        assert stored == {file["sha256"] for file in found["of_files"]}
        with zipfile.ZipFile(io.BytesIO(pages.get(f"{path}/files.zip").content)) as archive:
            given = {hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
        assert given == stored
    assert hosts.names("exports/.making/") == []


def test_the_init_job_leaves_alone_what_is_there(hosts: Hosts) -> None:
    def slots() -> int:
        return int(hosts.call("GET", POOL)[1]["slots"])

    def resize(wanted: int) -> None:
        body = {"pool": "import_load", "slots": wanted, "description": "loads", "include_deferred": False}
        status, answer = hosts.call("PATCH", POOL, body)
        assert status == 200, answer

    assert slots() == 8
    resize(7)
    cluster = hosts.cluster
    cluster.finish("airflow-init-again", cluster.hosts.command(INIT), cluster.hosts.environment(INIT))
    told = (cluster.local.logs / "airflow-init-again.log").read_text()
    assert "the database is up to date" in told
    assert f"bucket {BUCKET} is there already" in told
    assert slots() == 7
    resize(8)


def test_no_secret_is_in_any_log(hosts: Hosts) -> None:
    logs = [path for path in hosts.cluster.local.root.rglob("*.log") if path.is_file()]
    assert len(logs) > len(hosts.cluster.components)
    secrets = [str(hosts.cluster.known[name]) for name in SECRETS]
    texts = {path: path.read_text(errors="replace") for path in logs}
    assert [(path, name) for path, text in texts.items() for name in secrets if name in text] == []
