"""Answers to a large body that is not wanted any more: the connection is closed, a moment later than the answer is sent.

Servers read what is left of a body for as long as its sender goes on (seen with uvicorn: 256 MB behind an answer 413).
Closing at once would be no better: clients that send everything before they listen would learn of a broken connection
only. So the whole answer goes out first, then a little more is read, and then the connection is closed.
"""

from __future__ import annotations

from anyio import move_on_after
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Receive, Scope, Send

SMALL = 1 << 20
"""Bytes of a body that are read rather than to give a connection up for them."""
MOST = 16 << 20
"""Bytes that are read behind the answer."""
PATIENCE = 10.0
"""Seconds for that."""


class Lingering:
    """A request's `receive` and `send`: closes the connection when an answer ends before a large body does."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._unread = _may_be_large(Headers(scope=scope))
        self._closing = False

    async def receive(self) -> Message:
        """The next piece of the body."""
        message = await self._receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            self._unread = False
        return message

    async def send(self, message: Message) -> None:
        """Send the answer on."""
        if message["type"] == "http.response.start" and self._unread:
            self._closing = True
            headers = MutableHeaders(scope=message)
            headers["connection"] = "close"
            # Airflow would compress the answer, and keep its end back until the body is read.
            headers["content-encoding"] = "identity"
        if message["type"] != "http.response.body" or message.get("more_body", False) or not self._closing:
            await self._send(message)
            return
        await self._send({**message, "more_body": True})
        await self._drain()
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _drain(self) -> None:
        drained = 0
        with move_on_after(PATIENCE):
            while self._unread and drained <= MOST:
                drained += len((await self.receive()).get("body", b""))


def _may_be_large(headers: Headers) -> bool:
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit():
        return int(length[:19]) > SMALL
    return "transfer-encoding" in headers
