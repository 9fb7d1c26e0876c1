"""The guard over the whole app: who is not logged in, may not, or comes from another site gets nothing done.

A plugin's app inherits no login from Airflow, and a dependency of a route runs only after the request's body was read
(source: the reliability page, facts 1–3). So this is ASGI middleware, outermost, and answers before the body.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from import_export.api.access import Access, Gate, Person, needed_access
from import_export.api.faults import fault_parts
from import_export.api.lingering import Lingering

log = logging.getLogger(__name__)

COOKIE = "_token"
"""Airflow's session cookie."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
DOCS = "/api/docs"
MOST_BODY = 16 << 20
"""Bytes of a body that holds no files."""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
# Swagger's page sets styles on its elements.
_DOCS_POLICY = _POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")


class Guard:
    """Lets a request through when its person is known, may do this, and it comes from our own pages."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        gate: Gate,
        routes: Iterable[BaseRoute],
        base_url: str,
        error_page: Callable[[Request, int, str], Response] | None = None,
    ) -> None:
        """`base_url`: where Airflow is reached, for the Origin of browsers that do not tell more.

        `error_page`: what a person who is logged in sees when a page is refused.
        """
        self._app, self._gate, self._routes = app, gate, routes
        self._error_page = error_page
        parts = urlsplit(base_url)
        self._origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        lingering = Lingering(scope, receive, send)
        receive, guarded = lingering.receive, _with_headers(lingering.send, docs=path == DOCS)
        sending = _Sending(guarded)
        try:
            refusal = await self._refusal(scope, path)
            if refusal is not None:
                await self._refuse(scope, path, sending, *refusal)
                return
            if _reads_whole_body(self._routes, scope):
                receive = _limited(receive, Headers(scope=scope))
            await self._app(scope, receive, sending)
        except Exception as fault:
            # Here, because the framework's own handler raises it on after its answer, and the connection would break.
            status, told = fault_parts(fault)
            if sending.begun:
                raise
            await _answer(guarded, status, told, {})

    async def _refuse(
        self, scope: Scope, path: str, send: Send, status: int, told: str, headers: dict[str, str]
    ) -> None:
        """Answer a program, or show a page to a person who is logged in and opened one."""
        known = "person" in scope.get("state", {})
        if known and self._error_page and _is_navigation(scope, Headers(scope=scope), path):
            page = self._error_page(Request(scope), status, told)
            await page(scope, _nothing, send)
            return
        await _answer(send, status, told, headers)

    async def _refusal(self, scope: Scope, path: str) -> tuple[int, str, dict[str, str]] | None:
        headers = Headers(scope=scope)
        token, by_cookie = _token(headers)
        person = await self._gate.person(token) if token else None
        if person is None:
            if _is_navigation(scope, headers, path):
                wanted = quote(
                    scope["path"]
                    + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
                )
                return 303, "log in first", {"location": f"{_root(scope)}/auth/login?next={wanted}"}
            return (
                401,
                "Log in to Airflow first, or send its token as 'Authorization: Bearer …'.",
                {"www-authenticate": "Bearer"},
            )
        if by_cookie and scope["method"] not in SAFE and not self._from_our_pages(headers):
            return 403, "This request comes from another site, so it was not done.", {}
        scope.setdefault("state", {})["person"] = person
        access = _access(self._routes, scope)
        if access is not None and not person.may(access):
            return (
                403,
                f"You may not do this: Airflow does not grant you '{access.value}' on the DAG {access.dag_id}.",
                {},
            )
        if access is None:
            log.error("%s %s: no route says what it needs", scope["method"], path)
            return 403, "Nobody may do this.", {}
        return None

    def _from_our_pages(self, headers: Headers) -> bool:
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site == "same-origin"
        origin = headers.get("origin")
        return origin is not None and origin == self._origin


async def _nothing() -> Message:
    """The body of a request that is not read."""
    return {"type": "http.request", "body": b"", "more_body": False}


class _Sending:
    """Sends on, and remembers whether an answer was begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def __call__(self, message: Message) -> None:
        self.begun = True
        await self._send(message)


def person_of(scope: Scope) -> Person:
    """The person whom the guard let through."""
    person = scope["state"]["person"]
    if not isinstance(person, Person):
        raise TypeError("the guard was not passed")
    return person


def _access(routes: Iterable[BaseRoute], scope: Scope) -> Access | None:
    """What the route asks that will answer. Where there is none (404, 405), a login is enough to learn that."""
    partial = False
    for route in routes:
        match, _ = route.matches(scope)
        if match is Match.NONE:
            continue
        if isinstance(route, Mount):
            return Access.LOGIN
        if match is Match.FULL and isinstance(route, Route):
            return needed_access(route.endpoint)
        partial = True
    return Access.READ if partial else Access.LOGIN


def _reads_whole_body(routes: Iterable[BaseRoute], scope: Scope) -> bool:
    """Whether the route that will answer has the whole body in memory; those that take files read theirs as a stream."""
    for route in routes:
        if route.matches(scope)[0] is Match.FULL:
            return getattr(route, "body_field", None) is not None
    return False


def _limited(receive: Receive, headers: Headers) -> Receive:
    """The body up to `MOST_BODY`; raises an `HTTPException` (413) where there is more."""
    length = headers.get("content-length", "")
    told = length.isascii() and length.isdigit() and int(length[:19]) > MOST_BODY
    received = 0

    async def receiving() -> Message:
        nonlocal received
        message: Message = {"type": "http.request"} if told else await receive()
        received += len(message.get("body", b""))
        if told or received > MOST_BODY:
            raise HTTPException(413, f"the body has more than {MOST_BODY:,} bytes, the most that is accepted")
        return message

    return receiving


def _token(headers: Headers) -> tuple[str | None, bool]:
    """The token, and whether it came by the cookie. A token that was sent on purpose wins."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return given.strip() or None, False
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None, True
    return (found.value if found else None), True


def _is_navigation(scope: Scope, headers: Headers, path: str) -> bool:
    """Whether a person opens a page, who can be sent to the login."""
    return (
        scope["method"] == "GET"
        and not path.startswith(("/api/", "/static/"))
        and "text/html" in headers.get("accept", "")
    )


def _root(scope: Scope) -> str:
    """The path under which Airflow itself is served."""
    root: str = scope.get("root_path", "")
    return root.removesuffix("/import-export")


def _with_headers(send: Send, *, docs: bool) -> Send:
    """Every answer says how a browser is to treat it; what has no rule of its own is never kept."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["x-content-type-options"] = "nosniff"
            headers["x-frame-options"] = "SAMEORIGIN"
            headers["referrer-policy"] = "same-origin"
            headers["content-security-policy"] = _DOCS_POLICY if docs else _POLICY
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return sending


async def _answer(send: Send, status: int, told: str, headers: dict[str, str]) -> None:
    body = json.dumps({"success": False, "error": told, "details": None}).encode()
    fields = {"content-type": "application/json", "content-length": str(len(body)), **headers}
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in fields.items()],
        }
    )
    await send({"type": "http.response.body", "body": body})
