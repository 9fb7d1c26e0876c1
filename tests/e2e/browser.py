"""People at a browser: pages of the running Airflow in Chromium, and all that a browser complains about."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, expect, sync_playwright

from tests.e2e.conftest import Stack, eventually

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
"""What `make test` installs, or what is there."""

PATIENCE = 60_000
"""Milliseconds: what comes at once on an idle machine may take its time on a busy one."""

IMPORTED = 120_000
"""Milliseconds until a run of Airflow has imported a small file."""


class Visits:
    """Opens pages as somebody, and keeps what the browser complains about."""

    def __init__(self, browser: Browser, stack: Stack) -> None:
        self.browser = browser
        self.stack = stack
        self.root = stack.facts["url"] + "/import-export"
        self.complaints: list[str] = []
        self._allowed: list[str] = []

    def __call__(
        self,
        path: str,
        *,
        who: str | None = "admin",
        width: int = 1280,
        theme: str = "light",
        language: str = "en",
    ) -> Page:
        """A page of ours in a browser of its own; nobody is logged in for `who=None`."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, locale=f"{language}-ID", reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE)
        # As Airflow's own UI keeps its choice.
        context.add_init_script(f"window.localStorage.setItem('theme', '{theme}')")
        if who is not None:
            cookie = {"name": "_token", "value": self.stack.token(who), "url": self.stack.facts["url"]}
            context.add_cookies([cookie])  # type: ignore[list-item]
        page = context.new_page()
        page.on("dialog", self._dialog)
        page.on("pageerror", lambda fault: self.complaints.append(f"error: {fault}"))
        page.on("console", self._console)
        page.goto(self.root + path)
        return page

    def allow(self, *patterns: str) -> None:
        """What a browser is to complain about in this test: a refusal that is meant is an error to it."""
        self._allowed += patterns

    def left(self) -> list[str]:
        """The complaints that nothing allows, and what was allowed but did not happen."""
        not_told = [
            each for each in self._allowed if not any(re.search(each, told) for told in self.complaints)
        ]
        return [
            told for told in self.complaints if not any(re.search(each, told) for each in self._allowed)
        ] + [f"was to happen: {each}" for each in not_told]

    def _dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _console(self, message: ConsoleMessage) -> None:
        # A violation of the content security policy is one of these, too.
        if message.type == "error":
            self.complaints.append(f"console: {message.text} ({message.location['url']})")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser of a module's tests; not of the session's: its loop would be in the way of other tests' loops."""
    assert CHROMIUM, "chromium is needed; `make install-dev` installs it"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, stack: Stack) -> Iterator[Visits]:
    """Opens pages; at the end nothing may have gone wrong in any of them."""
    visits = Visits(chromium, stack)
    yield visits
    for context in chromium.contexts:
        context.close()
    left = visits.left()
    assert not left, "\n".join(left)


class Api:
    """Our REST API, as a program uses it: what a test needs before its page is opened."""

    def __init__(self, stack: Stack) -> None:
        self._client = httpx.Client(
            base_url=stack.facts["url"] + "/import-export/api",
            headers={"authorization": f"Bearer {stack.token('admin')}"},
            trust_env=False,
            timeout=60,
        )

    def make_table(self, name: str, *columns: dict[str, Any], **rules: Any) -> None:
        """An import table; `code` and `amount` when no columns are given."""
        given = columns or (
            {"name": "code", "type": "str(50)", "is_mandatory": True, "is_unique": True},
            {"name": "amount", "type": "int", "number_format": "1.234,56"},
        )
        body = {"table_name": name, "display_name": name, "allowed_filename": name, **rules, "columns": given}
        self.call("POST", "/tables", json=body)

    def upload(
        self,
        name: str,
        content: str | bytes,
        *,
        also: Mapping[str, str] = MappingProxyType({}),
        **fields: str,
    ) -> str:
        """Send a file (and others with it) to be imported; the id of their batch."""
        given = {name: content, **also}
        files = [
            ("files", (each, text.encode() if isinstance(text, str) else text))
            for each, text in given.items()
        ]
        answer = self._client.post("/import", files=files, data={"wait": "false", **fields})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["data"]["batch_id"])

    def call(self, method: str, path: str, **more: Any) -> Any:
        """The data of an answer."""
        answer = self._client.request(method, path, **more)
        assert answer.is_success, answer.text
        return answer.json()["data"]

    def finished(self, batch_id: str) -> dict[str, Any]:
        """The batch, once it is finished."""

        def look() -> dict[str, Any] | None:
            batch: dict[str, Any] = self.call("GET", f"/jobs/{batch_id}")
            return batch if batch["finished_at"] else None

        return eventually(look, seconds=IMPORTED / 1000) or {}

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()


@pytest.fixture(scope="module")
def api(stack: Stack) -> Iterator[Api]:
    """The REST API as the admin."""
    api = Api(stack)
    yield api
    api.close()


def violations(page: Page) -> list[str]:
    """What axe finds that keeps people from using the page."""
    found = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {each['id']}: {node['target']} {node.get('failureSummary', '')}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


_TEXTS = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (parent.closest("script, style, noscript, bdi, time, textarea, [translate=no]")) continue;
    found.push(walker.currentNode.data);
  }
  for (const name of ["aria-label", "title", "placeholder"]) {
    for (const element of document.querySelectorAll(`[${name}]:not([translate=no])`)) found.push(element.getAttribute(name));
  }
  found.push(document.title.split(" · ")[0]);
  return [...new Set(found.map((text) => text.replace(/\\s+/g, " ").trim()).filter((text) => /\\p{L}/u.test(text)))];
}"""


def texts(page: Page) -> set[str]:
    """All that a page says in words of its own: people's words stand in `bdi`."""
    return set(page.evaluate(_TEXTS))
