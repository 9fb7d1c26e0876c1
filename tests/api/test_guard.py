"""Who is not logged in, may not, or comes from another site gets nothing done; every answer tells browsers how to treat it."""

import asyncio
import itertools
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

from import_export.api.access import Access, Person, needed_access
from import_export.api.app import create_app
from import_export.api.installation import Installation
from tests.api.access_map import BATCH, NEEDED, SEES_ALL, STATIC, endpoints, filled
from tests.api.house import ORIGIN, PEOPLE, ROOT, House, StandIn, front, opened_house, refused

TOKENS = (None, "bad", *PEOPLE)


@pytest.fixture
def closed(served_url: str, tmp_path: Path) -> Iterator[House]:
    """A house without a database: whom the guard lets through learns that."""
    with opened_house(served_url, None, tmp_path) as house:
        yield house


def test_every_route_of_the_app_is_in_the_map_with_what_it_asks() -> None:
    found = {f"{method} {route.path}": needed_access(route.endpoint) for method, route in endpoints()}
    assert found == NEEDED


def may(person: Person, route: str) -> bool:
    return person.may(NEEDED[route]) and (person.scope.everything or route not in SEES_ALL)


@pytest.mark.parametrize(("method", "route"), endpoints(), ids=lambda each: getattr(each, "path", each))
def test_a_route_lets_through_just_those_of_its_mark(closed: House, method: str, route: Route) -> None:
    named = f"{method} {route.path}"
    for token in TOKENS:
        answer = closed.client(token).request(method, filled(route.path))
        person = PEOPLE.get(token or "")
        if person is None:
            assert refused(answer, 401)
            assert answer.headers["www-authenticate"] == "Bearer"
        elif not person.may(NEEDED[named]):
            assert NEEDED[named].value in refused(answer, 403)
        elif not may(person, named):
            assert "all distributors" in refused(answer, 403)
        else:
            assert answer.status_code not in (401, 403, 500), answer.text
    assert closed.left() == []


def test_static_files_need_a_login_and_nothing_more(closed: House) -> None:
    for token in TOKENS:
        answer = closed.client(token).get(f"{STATIC}/app.js")
        assert answer.status_code == (200 if token in PEOPLE else 401)


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

OURS = ORIGIN
ORIGINS = (
    None,
    OURS,
    "null",
    "http://evil.test",
    OURS.replace("http:", "https:"),
    f"{OURS}.evil.test",
    f"{OURS}0",
)
SITES = (None, "same-origin", "same-site", "cross-site", "none", "SAME-ORIGIN")
REFERERS = (None, f"{OURS}{ROOT}/upload", "http://evil.test/")
ASKED = (
    ("GET", "/api/jobs"),
    ("POST", f"/api/jobs/{BATCH}/cancel"),
    ("PUT", "/api/expected"),
    ("DELETE", "/api/tables/stocks"),
)


def sent_by(origin: str | None, site: str | None, referer: str | None) -> dict[str, str]:
    told = {"origin": origin, "sec-fetch-site": site, "referer": referer}
    return {name: value for name, value in told.items() if value is not None}


@pytest.mark.parametrize(("method", "path"), ASKED)
@pytest.mark.parametrize("login", ["cookie", "bearer", "both"])
def test_where_a_request_comes_from_counts_when_its_cookie_would_change_something(
    closed: House, method: str, path: str, login: str
) -> None:
    client = closed.client(
        None if login == "cookie" else "admin", cookies={} if login == "bearer" else {"_token": "admin"}
    )
    for origin, site, referer in itertools.product(ORIGINS, SITES, REFERERS):
        headers = sent_by(origin, site, referer)
        answer = client.request(method, path, headers=headers)
        # A browser says same-origin and nothing can make it lie; one that says nothing at least tells the Origin.
        from_us = site == "same-origin" or (site is None and origin == OURS)
        if method == "GET" or login != "cookie" or from_us:
            assert answer.status_code in (422, 503), (headers, answer.text)
        else:
            assert "another site" in refused(answer, 403), headers


def test_no_route_that_changes_something_takes_a_foreign_cookie(closed: House) -> None:
    client = closed.client(None, cookies={"_token": "admin"})
    unsafe = [(method, route) for method, route in endpoints() if method not in ("GET", "HEAD")]
    assert len(unsafe) > 30
    for method, route in unsafe:
        for headers in ({}, sent_by("http://evil.test", "cross-site", "http://evil.test/")):
            answer = client.request(method, filled(route.path), headers=headers)
            assert "another site" in refused(answer, 403), route.path
        answer = client.request(method, filled(route.path), headers={"sec-fetch-site": "same-origin"})
        assert answer.status_code not in (401, 403), route.path
    assert closed.left() == []


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


@pytest.mark.parametrize("wrong", ["login", "port"])
def test_a_fault_of_the_connection_tells_nothing_of_its_password(
    served_url: str, server: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, wrong: str
) -> None:
    canary = "canary-7f3a9c"
    address = urlsplit(server.root_uri)
    place = f"127.0.0.1:{address.port if wrong == 'login' else 1}"
    with opened_house(served_url, f"mysql://somebody:{canary}@{place}/none", tmp_path) as house:
        for path in ("/api/jobs", "/api/tables", "/batches", "/api/accounts"):
            answer = house.admin.get(path)
            assert answer.status_code == (500 if wrong == "login" else 503)
            assert canary not in answer.text + str(answer.headers)
        answer = house.operator.post("/api/import", files={"files": ("stocks.csv", b"SKU\nA\n")})
        assert canary not in answer.text
        assert house.left() == []
    assert caplog.records
    for record in caplog.records:
        assert canary not in record.getMessage() + str(record.exc_text) + str(record.exc_info)


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
