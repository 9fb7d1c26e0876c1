"""The stand-in's HTTP side: token endpoint, files, resumable uploads."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.drive_stand_in.storage import Fault, Storage, Upload


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *arguments: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        path, query = self._target()
        if self._goes_wrong("GET", path):
            return
        if path == "/drive/v3/files":
            self._answer_query(query)
        elif path == "/drive/v3/files/generateIds":
            self._answer(200, {"ids": [self.server.storage.new_id("reserved")]})
        elif match := re.fullmatch(r"/drive/v3/files/([^/]+)", path):
            file = self.server.storage.files.get(match[1])
            self._answer(200, file) if file else self._refuse(404, "notFound")
        else:
            self._refuse(404, "notFound")

    def do_POST(self) -> None:
        path, _ = self._target()
        body = self._body()
        if self._goes_wrong("POST", path):
            return
        if path == "/token":
            self._answer(200, {"access_token": "stand-in", "expires_in": 3600, "token_type": "Bearer"})
        elif path == "/drive/v3/files":
            metadata = json.loads(body)
            self._answer(200, self.server.storage.put(metadata, self.server.storage.new_id("folder"), None))
        elif path == "/upload/drive/v3/files":
            metadata = json.loads(body or b"{}")
            file_id = metadata.get("id") or self.server.storage.new_id()
            if file_id in self.server.storage.files:
                self._refuse(409, "fileIdInUse")
            else:
                self._begin_upload(metadata, file_id)
        else:
            self._refuse(404, "notFound")

    def do_PATCH(self) -> None:
        path, _ = self._target()
        body = self._body()
        if self._goes_wrong("PATCH", path):
            return
        match = re.fullmatch(r"/upload/drive/v3/files/([^/]+)", path)
        if match and match[1] in self.server.storage.files:
            self._begin_upload(json.loads(body or b"{}"), match[1])
        else:
            self._refuse(404, "notFound")

    def do_PUT(self) -> None:
        path, _ = self._target()
        upload = self.server.storage.uploads.get(path.rsplit("/", 1)[-1])
        fault = self.server.storage.fault(f"PUT {path}")
        if fault is not None and fault.action == "reset":
            self._receive_half(upload)
            return
        body = self._body()
        if fault is not None and fault.action == "forget":
            self.server.storage.uploads.clear()
            upload = None
        elif fault is not None and fault.action == "status":
            self._refuse(fault.status, fault.reason)
            return
        if upload is None:
            self._refuse(404, "notFound")
            return
        begins = re.match(r"bytes (\d+)-", self.headers.get("Content-Range", ""))
        if begins:
            del upload.received[int(begins[1]) :]
            upload.received += body
        if len(upload.received) < upload.size:
            self._resume_at(upload)
            return
        file = dict(self.server.storage.put(upload.metadata, upload.file_id, bytes(upload.received)))
        if fault is not None and fault.action == "wrong_md5":
            file["md5Checksum"] = "0" * 32
        self._answer(200, file)

    def do_DELETE(self) -> None:
        path, _ = self._target()
        if self._goes_wrong("DELETE", path):
            return
        gone = self.server.storage.files.pop(path.rsplit("/", 1)[-1], None)
        if gone:
            self.send_response(204)
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._refuse(404, "notFound")

    def _target(self) -> tuple[str, dict[str, list[str]]]:
        parts = urlsplit(self.path)
        return parts.path, parse_qs(parts.query)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _goes_wrong(self, method: str, path: str) -> bool:
        if path != "/token" and self.headers.get("Authorization") != "Bearer stand-in":
            self._refuse(401, "authError")
            return True
        fault = self.server.storage.fault(f"{method} {path}")
        if fault is None:
            return False
        if fault.action == "reset":
            self.close_connection = True
            self.connection.close()
        else:
            self._refuse(fault.status, fault.reason)
        return True

    def _answer_query(self, query: dict[str, list[str]]) -> None:
        if query.get("supportsAllDrives") != ["true"] or query.get("includeItemsFromAllDrives") != ["true"]:
            self._answer(200, {"files": []})  # shared drives are not seen without these two
            return
        try:
            self._answer(200, {"files": self.server.storage.find(query["q"][0])})
        except ValueError as wrong:
            self._refuse(400, "invalid", str(wrong))

    def _begin_upload(self, metadata: dict[str, Any], file_id: str) -> None:
        session = self.server.storage.new_id("upload")
        size = int(self.headers["X-Upload-Content-Length"])
        self.server.storage.uploads[session] = Upload(metadata, file_id, size)
        self.send_response(200)
        self.send_header("Location", f"{self.server.url}/session/{session}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _resume_at(self, upload: Upload) -> None:
        self.send_response(308)
        if upload.received:
            self.send_header("Range", f"bytes=0-{len(upload.received) - 1}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _receive_half(self, upload: Upload | None) -> None:
        """Take half of what comes, then end the connection without a word."""
        half = self.rfile.read(int(self.headers.get("Content-Length") or 0) // 2)
        if upload is not None:
            begins = re.match(r"bytes (\d+)-", self.headers.get("Content-Range", ""))
            if begins:
                del upload.received[int(begins[1]) :]
                # Drive keeps whole multiples of 256 KiB only.
                upload.received += half[: len(half) // (256 << 10) * (256 << 10)]
        self.close_connection = True
        self.connection.close()

    def _answer(self, status: int, value: Any) -> None:
        octets = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def _refuse(self, status: int, reason: str, message: str = "") -> None:
        error = {
            "code": status,
            "message": message or reason,
            "errors": [{"reason": reason, "message": reason}],
        }
        self._answer(status, {"error": error})


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.storage = Storage()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reset on command closes the connection under the handler's hands; that is no error here."""


class StandIn:
    """A running stand-in."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self.storage = server.storage
        self.url = server.url

    def goes_wrong(self, match: str, action: str = "status", **values: Any) -> None:
        """Let the next matching requests go wrong."""
        self.storage.faults.append(Fault(match, action, **values))

    def connection_extra(self) -> str:
        """The extra of an Airflow connection whose account and API are this stand-in."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        account = {
            "type": "service_account",
            "project_id": "stand-in",
            "private_key_id": "1",
            "private_key": key.decode(),
            "client_email": "archive@stand-in.example",
            "client_id": "1",
            "token_uri": f"{self.url}/token",
        }
        return json.dumps(
            {
                "keyfile_dict": json.dumps(account),
                "scope": "https://www.googleapis.com/auth/drive",
                "api_root": self.url,
            }
        )


@contextmanager
def running_stand_in(port: int = 0) -> Iterator[StandIn]:
    """A stand-in for as long as the block runs."""
    server = _Server(port)
    thread = threading.Thread(target=server.serve_forever, name="drive-stand-in", daemon=True)
    thread.start()
    try:
        yield StandIn(server)
    finally:
        server.shutdown()
        server.server_close()
