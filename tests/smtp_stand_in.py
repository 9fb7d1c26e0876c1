"""A mail server that takes every mail and keeps it."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any


class Mailbox(socketserver.ThreadingTCPServer):
    """Serves on a free port of this machine; `mails` has what came."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Dialogue)
        self.mails: list[EmailMessage] = []
        self.refuses: str | None = None
        """What it says instead of taking a mail."""
        self.answers = threading.Event()
        """Cleared, it takes mails and does not say so until it is set."""
        self.answers.set()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def uri(self) -> str:
        """Of Airflow's connection to it."""
        options = "disable_ssl=true&disable_tls=true&retry_limit=0&from_email=airflow%40brand.test"
        return f"smtp://127.0.0.1:{self.port}/?{options}"


class _Dialogue(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        self._say(220, "ready")
        while line := self.rfile.readline():
            command = line[:4].strip().upper()
            if command == b"MAIL" and self.server.refuses is not None:
                self._say(451, self.server.refuses)
                continue
            if command == b"DATA":
                self._say(354, "go on")
                self.server.mails.append(_mail(self._data()))
                self.server.answers.wait()
            self._say(221 if command == b"QUIT" else 250, "well")
            if command == b"QUIT":
                return

    def _data(self) -> bytes:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def _say(self, code: int, text: str) -> None:
        self.wfile.write(f"{code} {text}\r\n".encode())


def _mail(octets: bytes) -> EmailMessage:
    found: Any = message_from_bytes(octets, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """A mail server for as long as the block runs."""
    with Mailbox() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.answers.set()
            server.shutdown()
            thread.join()
