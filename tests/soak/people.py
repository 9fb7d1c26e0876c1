"""People who click: each opens one page after another, with pauses as people make them."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import httpx

_PAUSE = (2.0, 8.0)
"""Seconds between an answer and the next click."""
_PAGES = ("/batches", "/batches", "/batches/{}", "/batches/{}", "/missing", "/tables", "/upload")


@dataclass
class People:
    """So many people, from `with` to its end."""

    url: str
    """Of the product's pages."""
    token: str
    count: int
    seed: int
    batches: Sequence[str] = ()
    """Whose pages are opened; renewed by whoever knows of new ones."""
    took: list[float] = field(default_factory=list)
    """The seconds of each answer."""
    wrong: list[str] = field(default_factory=list)
    """Answers that were none."""
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._all()), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    async def _all(self) -> None:
        headers = {"authorization": f"Bearer {self.token}", "accept": "text/html"}
        async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=60) as client:
            await asyncio.gather(*(self._one(client, number) for number in range(self.count)))

    async def _one(self, client: httpx.AsyncClient, number: int) -> None:
        chance = random.Random(f"{self.seed} {number}")
        while not self._ended.is_set():
            await asyncio.sleep(chance.uniform(*_PAUSE))
            page = chance.choice(_PAGES)
            if "{}" in page:
                page = page.format(chance.choice(self.batches)) if self.batches else "/batches"
            began = time.perf_counter()
            try:
                answer = await client.get(self.url + page)
            except httpx.HTTPError as fault:
                self.wrong.append(f"{page}: {fault!r}")
                continue
            self.took.append(time.perf_counter() - began)
            if answer.status_code != 200:
                self.wrong.append(f"{page}: {answer.status_code}")
