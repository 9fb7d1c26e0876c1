"""Who gets in at a real Airflow: tokens that are no good any more, roles, and pages of other sites in a real browser."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt
import pytest
from playwright.sync_api import Page, Response
from sqlalchemy import create_engine, inspect, text

from devtools.local import Local
from devtools.postgres import uri as postgres_uri
from import_export.api.access import Access
from tests.api.access_map import NEEDED, STATIC, filled
from tests.api.house import VIEWER
from tests.e2e.browser import Visits, chromium
from tests.e2e.browser import visit as visit
from tests.e2e.conftest import Stack, eventually

__all__ = ["chromium", "visit"]


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[httpx.Client]:
    url = stack.facts["url"] + "/import-export"
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as opened:
        yield opened


def bad_tokens(stack: Stack) -> dict[str, str]:
    """Logins that were good once, or look as if they were."""
    good = stack.token("admin")
    claims: dict[str, Any] = jwt.decode(good, options={"verify_signature": False})
    secret = Local(stack.local).known()["jwt_secret"]
    head, body, _ = good.split(".")
    past = int(time.time()) - 3600
    algorithm = jwt.get_unverified_header(good)["alg"]

    def signed(changes: dict[str, Any], key: str | None = secret, by: str = algorithm) -> str:
        return jwt.encode(claims | changes, key, algorithm=by)

    # The same hand makes good ones.
    assert httpx.get(
        stack.facts["url"] + "/import-export/api/jobs",
        headers={"authorization": f"Bearer {signed({})}"},
        trust_env=False,
        timeout=60,
    ).is_success
    return {
        "nonsense": "x.y.z",
        "expired": signed({"iat": past, "nbf": past, "exp": past + 60}),
        "not yet": signed({"nbf": int(time.time()) + 3600}),
        "signed by another": signed({}, "another" * 20),
        "not signed": signed({}, None, "none"),
        "signature cut off": f"{head}.{body}.",
        "for somebody else": signed({"aud": "elsewhere"}),
    }


def test_no_route_takes_a_login_that_is_no_good_any_more(stack: Stack, client: httpx.Client) -> None:
    logins: list[dict[str, Any]] = [{}]
    for token in bad_tokens(stack).values():
        logins += [
            {"headers": {"authorization": f"Bearer {token}"}},
            {"headers": {"cookie": f"_token={token}"}},
        ]
    for login in logins:
        for route in [*NEEDED, f"GET {STATIC}/app.js"]:
            method, _, path = route.partition(" ")
            assert client.request(method, filled(path), **login).status_code == 401, (route, login)


def test_what_airflow_calls_a_viewer_and_a_user_may_do_what_is_theirs(
    stack: Stack, client: httpx.Client
) -> None:
    # Airflow's simple roles let a user edit DAGs, and so configure.
    for who, grants in (("viewer", VIEWER), ("operator", frozenset(Access)), ("admin", frozenset(Access))):
        headers = {"authorization": f"Bearer {stack.token(who)}"}
        for route, access in NEEDED.items():
            method, _, path = route.partition(" ")
            if access not in grants:
                answer = client.request(method, filled(path), headers=headers)
                assert answer.status_code == 403, (who, route)
                assert access.value in answer.text
            elif method == "GET":
                answer = client.get(filled(path), headers=headers)
                assert answer.status_code in (200, 303, 404, 422), (who, route, answer.text)


# Another site in a browser

PAGE = """<!doctype html><title>evil</title>
<form id="urlencoded" method="post" action="{target}/missing/expect" target="first">
  <input name="dist_id" value="6666"><input name="table_name" value="stocks"><input name="frequency" value="daily">
</form>
<form id="multipart" method="post" action="{target}/api/import" target="second" enctype="multipart/form-data">
  <input name="mode" value="full"><input name="files" type="file">
</form>
<form id="plain" method="post" action="{target}/api/import" target="third" enctype="text/plain"><input name="x" value="y"></form>
<iframe name="first"></iframe><iframe name="second"></iframe><iframe name="third"></iframe>"""
"""A frame that is about to show one answer may let the next form go."""


class _Evil(BaseHTTPRequestHandler):
    target = ""

    def do_GET(self) -> None:
        body = PAGE.format(target=self.target).encode()
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing to tell."""


@contextmanager
def another_site(target: str) -> Iterator[int]:
    """The port of a site of somebody who wants something of ours; its host goes by more than one name."""
    handler = type("Evil", (_Evil,), {"target": target})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


FETCH = """async ([url, method, body, mode, headers]) => {
  try {
    const answer = await fetch(url, {method, body, mode, headers, credentials: "include"});
    return [answer.type, answer.type === "opaque" ? "" : await answer.text()];
  } catch (fault) { return ["refused", String(fault)]; }
}"""


def state(stack: Stack) -> list[Any]:
    tables = "import_batches expected_files audit_log import_tables exports maintenance_runs".split()
    return [stack.scalar(f"SELECT COUNT(*) FROM {table}") for table in tables]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_nothing_is_changed_or_read_from_another_site(visit: Visits, stack: Stack, host: str) -> None:
    # Another port of the same host is the same site to a browser: it sends the cookie along.
    before = state(stack)
    page = visit("/upload")
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer) if visit.root in answer.url else None)
    visit.allow("Failed to load resource|CORS policy|frame|Refused|Framing|violates|localStorage")
    with another_site(visit.root) as port:
        page.goto(f"http://{host}:{port}/")
        page.set_input_files(
            "[type=file]", {"name": "stocks.csv", "mimeType": "text/csv", "buffer": b"SKU\nA\n"}
        )  # type: ignore[arg-type]
        for form in ("urlencoded", "multipart", "plain"):
            with page.expect_response(lambda answer: answer.request.method == "POST") as answered:
                page.evaluate(f"document.getElementById('{form}').submit()")
            assert answered.value.status in (401, 403)
        for method, path, mode in (
            ("POST", "/api/maintenance/runs", "no-cors"),
            ("POST", "/api/import", "no-cors"),
            ("PUT", "/api/expected", "cors"),
            ("DELETE", "/api/tables/stocks", "cors"),
            ("GET", "/api/jobs", "cors"),
        ):
            body = (
                None
                if method == "GET"
                else '{"dist_id": "6666", "table_name": "stocks", "frequency": "daily"}'
            )
            headers = {"content-type": "application/json"} if mode == "cors" and body else {}
            kind, told = page.evaluate(FETCH, [visit.root + path, method, body, mode, headers])
            assert (kind, told) == ("opaque", "") or kind == "refused", (method, path, kind, told)
        refused_by_us = [answer.status for answer in answers if answer.request.method == "POST"]
        assert refused_by_us
        if host == urlsplit(visit.root).hostname:
            # The login was there; it is the site that was wrong.
            assert set(refused_by_us) == {403}
        assert state(stack) == before
    changed_from_our_page(page, visit)
    assert state(stack) != before


def changed_from_our_page(page: Page, visit: Visits) -> None:
    """The same from a page of ours is done, so that the test knows that it asks for something that can be done."""
    page.goto(f"{visit.root}/upload")
    body = '{"dist_id": "6666", "table_name": "stocks", "frequency": "daily"}'
    headers = {"content-type": "application/json"}
    kind, told = page.evaluate(FETCH, [f"{visit.root}/api/expected", "PUT", body, "cors", headers])
    assert (kind, '"success":true' in told.replace(" ", "")) == ("basic", True)
    gone = f"{visit.root}/api/expected?dist_id=6666&table_name=stocks"
    page.evaluate(FETCH, [gone, "DELETE", None, "cors", {}])


# Secrets


def the_secrets(stack: Stack) -> dict[str, str]:
    """What nobody may read anywhere but where it is kept."""
    names = ("mysql_password", "mysql_root_password", "password", "jwt_secret", "api_secret", "fernet_key")
    return {name: Local(stack.local).known()[name] for name in names}


KEEPERS = {"secrets.json", "run.json", "passwords.json"}
"""Files of the stack, for its owner's eyes only, in which secrets are kept."""


def test_no_secret_is_in_a_log_in_airflows_database_in_ours_or_in_an_answer(
    stack: Stack, client: httpx.Client, tmp_path: Path
) -> None:
    (tmp_path / "stocks.csv").write_text(
        "SKU;Gudang;Stok PCS;Tanggal\nSECRETS;W9;1;01/03/2026\nX;W9;x;01/03/2026\n"
    )
    conf = {"files": [str(tmp_path / "stocks.csv"), "/nowhere.csv"], "mode": "full", "dist_id": "0112"}
    _, run = stack.call("POST", "/api/v2/dags/import_batch/dagRuns", {"logical_date": None, "conf": conf})
    path = f"/api/v2/dags/import_batch/dagRuns/{run['dag_run_id']}"
    eventually(lambda: stack.call("GET", path)[1]["state"] in ("success", "failed"))
    secrets = the_secrets(stack)

    def found_in(words: str) -> list[str]:
        return [name for name, secret in secrets.items() if secret in words]

    logs = [
        each
        for each in stack.local.rglob("*")
        if each.is_file() and each.suffix in (".log", ".err", ".txt", ".json")
    ]
    tasks = [each for each in logs if run["dag_run_id"] in str(each)]
    assert len(tasks) >= 3
    told = {each: found_in(each.read_text(errors="replace")) for each in logs if each.name not in KEEPERS}
    assert {each: names for each, names in told.items() if names} == {}
    for each in stack.local.rglob("*"):
        if each.name in KEEPERS:
            assert each.stat().st_mode & 0o077 == 0, each

    airflow = create_engine(postgres_uri(Local(stack.local)))
    with airflow.connect() as metadata:
        tables = inspect(airflow).get_table_names()
        assert {"xcom", "task_instance", "log", "rendered_task_instance_fields"} <= set(tables)
        for table in tables:
            for (row,) in metadata.execute(text(f'SELECT each::text FROM "{table}" AS each')):
                assert found_in(row) == [], table
    airflow.dispose()
    with stack.database.session() as session:
        for (table,) in session.rows("SHOW TABLES"):
            assert found_in(str(session.rows(f"SELECT * FROM `{table}`"))) == [], table
    headers = {"authorization": f"Bearer {stack.token('admin')}"}
    for route in NEEDED:
        method, _, path = route.partition(" ")
        if method == "GET":
            answer = client.get(filled(path), headers=headers)
            assert found_in(answer.text + str(answer.headers)) == [], route
    for path in (
        "/api/v2/config",
        "/api/v2/connections",
        "/api/v2/variables",
        "/api/v2/dags/import_batch/details",
    ):
        assert found_in(str(stack.call("GET", path)[1])) == [], path
