"""A way to a server that a test can cut, with all connections on it, and mend again."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

HOST = "127.0.0.1"


class TcpProxy:
    """Listens on a port of its own and hands everything on to another one of this machine."""

    def __init__(self, target: int) -> None:
        """`target`: the port of the server."""
        self._target = target
        self._guard = threading.Lock()
        self._open: set[socket.socket] = set()
        self._cut = False
        self._listening = socket.create_server((HOST, 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        """Where clients go."""
        return f"{HOST}:{self.port}"

    @property
    def connections(self) -> int:
        """How many clients are connected through it."""
        with self._guard:
            return len(self._open) // 2

    def cut(self) -> None:
        """End all connections, and every new one at once."""
        with self._guard:
            self._cut = True
            for end in self._open:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Let clients through again."""
        with self._guard:
            self._cut = False

    def close(self) -> None:
        """End it."""
        self.cut()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            with self._guard:
                if self._cut:
                    client.close()
                    continue
                try:
                    server = socket.create_connection((HOST, self._target))
                except OSError:
                    client.close()
                    continue
                self._open |= {client, server}
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._hand_on, args=(source, sink), daemon=True).start()

    def _hand_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while octets := source.recv(1 << 16):
                sink.sendall(octets)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self._guard:
            self._open.discard(source)
        source.close()
