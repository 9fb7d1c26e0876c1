"""Who is not logged in, may not, or comes from another site gets nothing done; every answer tells browsers how to treat it."""

import asyncio
import re
import socket
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import APIRouter
from starlette.routing import BaseRoute, Route

from import_export.api.access import Access, needed_access
from import_export.api.app import create_app
from import_export.api.installation import Installation
from tests.api.house import ORIGIN, PEOPLE, ROOT, House, StandIn, front, opened_house, refused

BATCH = "00000000-0000-4000-8000-000000000000"
FILLED = {
    "batch_id": BATCH,
    "name": "stocks",
    "table_id": "1",
    "notification_id": "1",
    "address_id": "1",
    "job_id": "1",
    "column_id": "1",
    "alias_id": "1",
    "account_id": "17841",
    "competitor_id": "17842",
    "content": "media",
    "export_id": BATCH,
    "file_id": "1",
}
TOKENS = (None, "bad", *PEOPLE)


def endpoints() -> list[tuple[str, Route]]:
    """Each method of each route of the app."""
    routes = [route for route in front().app.router.routes if isinstance(route, Route)]
    assert len(routes) == len(front().app.router.routes)
    return [(method, route) for route in routes for method in sorted(route.methods or ())]


def filled(path: str) -> str:
    made = re.sub(r"{(\w+)(:\w+)?}", lambda found: FILLED[found[1]], path)
    return f"{made}?seconds=0" if path == "/api/events" else made


@pytest.fixture
def closed(served_url: str, tmp_path: Path) -> Iterator[House]:
    """A house without a database: whom the guard lets through learns that."""
    with opened_house(served_url, None, tmp_path) as house:
        yield house


def test_there_are_routes_to_be_guarded() -> None:
    assert len(endpoints()) > 35


TELLS_ALL = {"/api/audit", "/api/maintenance", "/api/maintenance/runs"}
"""For who sees all distributors only."""


@pytest.mark.parametrize(("method", "route"), endpoints(), ids=lambda each: getattr(each, "path", each))
def test_a_route_lets_through_just_those_of_its_mark(closed: House, method: str, route: Route) -> None:
    needed = needed_access(route.endpoint)
    assert needed is not None
    for token in TOKENS:
        answer = closed.client(token).request(method, filled(route.path))
        person = PEOPLE.get(token or "")
        if person is None:
            assert refused(answer, 401)
            assert answer.headers["www-authenticate"] == "Bearer"
        elif not person.may(needed):
            assert needed.value in refused(answer, 403)
        elif route.path in TELLS_ALL and not person.scope.everything:
            assert "all distributors" in refused(answer, 403)
        else:
            assert answer.status_code not in (401, 403, 500), answer.text
    assert closed.left() == []


def test_what_only_reads_is_for_readers_and_what_changes_is_not() -> None:
    for method, route in endpoints():
        needed = needed_access(route.endpoint)
        if method not in ("GET", "HEAD"):
            assert needed in (Access.IMPORT, Access.CONFIGURE, Access.EXPORT), route.path
    configuring = {
        route.path for _, route in endpoints() if needed_access(route.endpoint) is Access.CONFIGURE
    }
    assert {"/api/tables", "/api/columns/{column_id}", "/api/aliases/{alias_id}", "/api/audit"} <= configuring


def test_nobody_gets_to_a_route_without_a_mark(tmp_path: Path) -> None:
    router = APIRouter()
    router.add_api_route("/api/forgotten", lambda: {"secret": 1})
    more: list[APIRouter | BaseRoute] = [router, Route("/forgotten", lambda _: None)]
    app = create_app(
        Installation(gate=StandIn(), assemble=lambda: pytest.fail("asked"), base_url=ORIGIN), more
    )
    for path in ("/api/forgotten", "/forgotten"):
        assert refused(asked(app, "GET", path, headers={"authorization": "Bearer admin"}), 403)


def asked(app: Any, method: str, path: str, **request: Any) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.request(method, path, **request)

    return asyncio.run(ask())


@pytest.mark.parametrize("token", [None, "bad", "nobody", "viewer"])
def test_a_large_upload_of_a_stranger_is_answered_unread_and_unkept(closed: House, token: str | None) -> None:
    address = urlsplit(closed.url)
    head = (
        f"POST {ROOT}/api/import HTTP/1.1\r\nHost: x\r\nContent-Length: {30 << 20}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n"
    ) + (f"Authorization: Bearer {token}\r\n" if token else "")
    with socket.create_connection((address.hostname or "", address.port or 0)) as raw:
        raw.sendall(f"{head}\r\n".encode())
        # Not a byte of the body was sent, and there is an answer.
        raw.settimeout(30)
        answer = HTTPResponse(raw)
        answer.begin()
        assert answer.status == (403 if token in PEOPLE else 401)
        assert b'"success": false' in answer.read()
    assert list(closed.work.iterdir()) == []


def test_a_whole_large_upload_of_a_stranger_leaves_no_byte(closed: House) -> None:
    body = {"files": ("stocks.csv", b"x" * (30 << 20))}
    try:
        answer = closed.client(None).post("/api/import", files=body)
    except httpx.TransportError:
        pass  # the connection was closed while it was sent
    else:
        assert refused(answer, 401)
    assert list(closed.work.iterdir()) == []


# Where a request comes from

UNSAFE = [("POST", "/api/jobs/{batch_id}/cancel"), ("PUT", "/api/expected"), ("DELETE", "/api/tables/{name}")]
OURS = [
    {"sec-fetch-site": "same-origin"},
    {"origin": ORIGIN},
    {"sec-fetch-site": "same-origin", "origin": "null"},
]
FOREIGN: list[dict[str, str]] = [
    {},
    {"origin": "http://evil.test"},
    {"origin": "null"},
    {"origin": ORIGIN.replace("http:", "https:")},
    {"origin": ORIGIN + ".evil.test"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site", "origin": ORIGIN},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": "cross-site", "origin": ORIGIN},
]


@pytest.mark.parametrize(("method", "path"), UNSAFE)
def test_a_cookie_counts_only_for_what_our_own_pages_send(closed: House, method: str, path: str) -> None:
    client = closed.client(None, cookies={"_token": "admin"})
    for headers in FOREIGN:
        answer = client.request(method, filled(path), headers=headers, content=b"{}")
        assert "another site" in refused(answer, 403), headers
    for headers in OURS:
        answer = client.request(method, filled(path), headers=headers, content=b"{}")
        assert answer.status_code in (422, 503), (headers, answer.text)


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_token_that_was_sent_on_purpose_counts_from_anywhere(
    closed: House, headers: dict[str, str]
) -> None:
    assert closed.admin.delete("/api/tables/stocks", headers=headers).status_code == 503


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_cookie_is_enough_to_read(closed: House, headers: dict[str, str]) -> None:
    client = closed.client(None, cookies={"_token": "viewer"})
    assert client.get("/api/jobs", headers=headers).status_code == 503


def test_a_token_that_was_sent_on_purpose_wins_over_a_cookie(closed: House) -> None:
    client = closed.client("nobody", cookies={"_token": "admin"})
    assert refused(client.get("/api/jobs"), 403)
    client = closed.client("bad", cookies={"_token": "admin"})
    assert refused(client.get("/api/jobs"), 401)


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer"},
        {"authorization": "Basic YWRtaW46YWRtaW4="},
        {"authorization": "admin"},
        {"cookie": "_token="},
        {"cookie": "_token"},
        {"cookie": 'x="; ;;=; _token=bad'},
        {"cookie": "token=admin"},
    ],
)
def test_broken_logins_are_none(closed: House, headers: dict[str, str]) -> None:
    assert refused(closed.client(None).get("/api/jobs", headers=headers), 401)


# How browsers are to treat answers


@pytest.mark.parametrize(
    ("token", "method", "path", "status"),
    [
        (None, "GET", "/api/jobs", 401),
        ("nobody", "GET", "/api/jobs", 403),
        ("viewer", "GET", "/api/none", 404),
        ("viewer", "GET", "/none", 404),
        ("viewer", "DELETE", "/api/jobs", 405),
        ("viewer", "HEAD", "/api/jobs", 405),
        ("viewer", "GET", "/api/jobs?limit=0", 422),
        ("viewer", "GET", "/api/jobs", 503),
        ("viewer", "GET", "/api/openapi.json", 200),
    ],
)
def test_every_answer_says_how_a_browser_is_to_treat_it(
    closed: House, token: str | None, method: str, path: str, status: int
) -> None:
    answer = closed.client(token).request(method, path)
    assert answer.status_code == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert answer.headers["cache-control"] == "no-store"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "unsafe" not in policy
    if status != 200 and method != "HEAD":
        assert refused(answer, status)


def test_a_fault_nobody_foresaw_is_answered_with_the_same_headers(
    closed: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(token: str) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(closed.gate, "person", broken)
    answer = closed.viewer.get("/api/jobs")
    assert "number" in refused(answer, 500)
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_who_opens_a_page_without_a_login_is_sent_to_it_and_back(closed: House) -> None:
    stranger = closed.client(None, headers={"accept": "text/html,*/*"})
    answer = stranger.get("/batches/1?status=6&q=a b")
    assert answer.status_code == 303
    location = urlsplit(answer.headers["location"])
    assert location.path == "/auth/login"
    [(_, back)] = httpx.QueryParams(location.query).multi_items()
    assert back == f"{ROOT}/batches/1?status=6&q=a%20b"
    for path in ("/api/jobs", "/static/app.js"):
        assert refused(stranger.get(path), 401)
    assert refused(stranger.post("/batches"), 401)
    assert refused(closed.client(None).get("/batches"), 401)


def test_a_websocket_is_closed(closed: House) -> None:
    told: list[Any] = []

    async def send(message: Any) -> None:
        told.append(message)

    async def receive() -> Any:
        pytest.fail("it was listened to")

    asyncio.run(front().app({"type": "websocket", "path": "/api/events", "headers": []}, receive, send))
    assert told == [{"type": "websocket.close", "code": 1008}]
