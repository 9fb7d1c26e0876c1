"""A TCP proxy that cuts: after so many bytes, or at a packet of MySQL's protocol, before or behind its answer.

    with CuttingProxy((host, port)) as proxy:
        proxy.cut_when(lambda seen: Cut.ANSWER if seen.text.startswith("COMMIT") else None)

A plan is asked once for each packet that a client sends; what it answers happens to that connection. Without a plan, and
for what is no MySQL (or is encrypted), it hands on bytes, and `cut_after` cuts after so many of them.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

_CHUNK = 1 << 16
_COM_QUERY = 3


class Cut(StrEnum):
    """What happens to a connection."""

    REQUEST = "request"
    """The packet does not reach the server."""
    ANSWER = "answer"
    """The server has it and works on it; its answer reaches nobody."""
    SILENCE = "silence"
    """Neither side hears of the other any more, and nobody is told."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A packet on its way to the server."""

    number: int
    """Counted from 1 over all connections, since the plan was made."""
    text: str
    """The statement, as far as it is one; empty for logins and for the pieces of a file."""


Plan = Callable[[Seen], Cut | None]


class CuttingProxy:
    """Listens on a port of its own, and hands on to `target`, which may be changed while it runs."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self._plan: Plan | None = None
        self._seen = 0
        self._bytes_left: int | None = None
        self._lock = threading.Lock()
        self._links: set[_Link] = set()
        self._refuses = False
        self._listener: socket.socket | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self._listen()
        self.port = self._listener.getsockname()[1] if self._listener else 0
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()

    def cut_when(self, plan: Plan | None) -> None:
        """Ask this plan about each packet from now on; they are counted anew."""
        with self._lock:
            self._plan, self._seen = plan, 0

    def cut_after(self, octets: int | None) -> None:
        """Cut whatever connection carries the octet behind so many, either way, once."""
        with self._lock:
            self._bytes_left = octets

    @property
    def seen(self) -> int:
        """How many packets were sent since the plan was made."""
        return self._seen

    def cut_all(self) -> None:
        """Cut every connection that there is."""
        for link in list(self._links):
            link.close()

    def refuse(self) -> None:
        """Cut everything, and let nobody connect."""
        self._refuses = True
        listener, self._listener = self._listener, None
        if listener is not None:
            # A thread waits in accept(); closing alone does not wake it.
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.cut_all()

    def accept(self) -> None:
        """Let everybody connect again."""
        if self._listener is None:
            self._listen()

    def _listen(self) -> None:
        self._refuses = False
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def _serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                try:
                    server = socket.create_connection(self.target, timeout=10)
                except OSError:
                    client.close()
                    continue
                server.settimeout(None)
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                link = _Link(self, client, server)
                self._links.add(link)
                link.start()
                if self._refuses:
                    link.close()

    def asked(self, text: str) -> Cut | None:
        """What the plan says to the next packet."""
        with self._lock:
            self._seen += 1
            return self._plan(Seen(self._seen, text)) if self._plan else None

    def within(self, octets: int) -> bool:
        """Whether so many octets may still pass."""
        with self._lock:
            if self._bytes_left is None:
                return True
            self._bytes_left -= octets
            if self._bytes_left >= 0:
                return True
            self._bytes_left = None
            return False

    def forget(self, link: _Link) -> None:
        """A connection has ended."""
        self._links.discard(link)


class _Link:
    """One connection, and its way on."""

    def __init__(self, proxy: CuttingProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._mute = False
        self._silent = False

    def start(self) -> None:
        """Hand on in both directions."""
        for work in (self._requests, self._answers):
            threading.Thread(target=self._until_cut, args=(work,), daemon=True).start()

    def close(self) -> None:
        """Cut: both sides are told."""
        for end in (self._client, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _until_cut(self, work: Callable[[], None]) -> None:
        with suppress(OSError):
            work()
        if self._silent:
            return  # until somebody ends the proxy: that is what silence is
        self.close()
        self._proxy.forget(self)

    def _requests(self) -> None:
        packets = Packets()
        while octets := self._client.recv(_CHUNK):
            if self._silent:
                continue
            for piece, text in packets.of(octets):
                cut = None if text is None else self._proxy.asked(text)
                if not self._proxy.within(len(piece)) or cut is Cut.REQUEST:
                    return
                self._silent = cut is Cut.SILENCE
                self._mute = self._mute or cut is Cut.ANSWER
                if self._silent:
                    break
                self._server.sendall(piece)

    def _answers(self) -> None:
        while octets := self._server.recv(_CHUNK):
            if self._mute or (not self._silent and not self._proxy.within(len(octets))):
                return
            if not self._silent:
                self._client.sendall(octets)


class Packets:
    """Finds where packets of MySQL's protocol begin: 3 bytes of length, 1 of number, in octets that come as they like."""

    def __init__(self) -> None:
        self._held = b""
        self._left = 0

    def of(self, octets: bytes) -> list[tuple[bytes, str | None]]:
        """Pieces to hand on; with a packet's beginning comes its statement, with the rest of one None."""
        found: list[tuple[bytes, str | None]] = []
        octets, self._held = self._held + octets, b""
        while octets:
            if self._left:
                piece, octets = octets[: self._left], octets[self._left :]
                self._left -= len(piece)
                found.append((piece, None))
                continue
            size = 4 + int.from_bytes(octets[:3], "little")
            is_statement = len(octets) > 4 and octets[3] == 0 and octets[4] == _COM_QUERY
            # A plan is told the whole of a statement, so that one waits for its end; other packets just for their kind.
            if len(octets) < min(size, _CHUNK if is_statement else 5):
                self._held = octets
                break
            piece, octets = octets[:size], octets[size:]
            self._left = size - len(piece)
            found.append((piece, piece[5:].decode("utf-8", "replace") if is_statement else ""))
        return found
