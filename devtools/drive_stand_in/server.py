"""The stand-in's HTTP side: token endpoint, files, resumable uploads, and the faults it was told to make."""

from __future__ import annotations

import json
import os
import re
import select
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from devtools.drive_stand_in.account import connection, who_asks
from devtools.drive_stand_in.query import File, with_fields
from devtools.drive_stand_in.storage import Fault, RefusedError, Storage, Upload, new_id

_FILES = "/drive/v3/files"
_UPLOADS = "/upload/drive/v3/files"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    # An answer goes out as one packet at once: a stand-in that waits would hide what its clients cost.
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    def log_message(self, *arguments: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        """Answer one request, or let it go wrong."""
        parts = urlsplit(self.path)
        self.path_only, self.query = parts.path, {key: all_[0] for key, all_ in parse_qs(parts.query).items()}
        length = int(self.headers.get("Content-Length") or 0)
        ours = self.path_only.startswith(("/stand-in/", "/file/"))
        request = f"{self.command} {self.path_only} {self.headers.get('Content-Range', '')}".strip()
        fault = None if ours else self.server.storage.fault(request)
        if fault is not None and fault.action == "reset":
            self._take_half(self.rfile.read(length // 2))
            if fault.do is not None:
                fault.do()
            self._reset()
            return
        self.body = self.rfile.read(length)
        try:
            if fault is not None:
                self._go_wrong(fault)
            answer = self._answered()
        except RefusedError as refused:
            self._refuse(refused, fault.retry_after if fault else "")
            return
        except ValueError as wrong:
            self._refuse(RefusedError(400, "invalid", str(wrong)))
            return
        if fault is not None and fault.do is not None:
            fault.do()
        if fault is not None and fault.action == "lost":
            self._reset()
        elif fault is not None and fault.action == "wrong_md5" and isinstance(answer, dict):
            self._send(200, {**answer, "md5Checksum": "0" * 32})
        elif answer is not None:
            self._send(200, answer)

    def _go_wrong(self, fault: Fault) -> None:
        if fault.action == "status":
            raise RefusedError(fault.status, fault.reason)
        if fault.action == "forget":
            self.server.storage.uploads.clear()
        elif fault.action == "expire":
            self.server.storage.tokens.clear()
        elif fault.action == "slow":
            # Readable without a further request of ours: the client has closed its end.
            select.select([self.connection], [], [], fault.seconds)

    def _answered(self) -> Any:
        """What the request gives; None when the answer is sent already."""
        storage, path = self.server.storage, self.path_only
        if path.startswith("/stand-in/"):
            return self._commanded(path.removeprefix("/stand-in/"))
        if match := re.fullmatch("/file/d/([^/]+)/view", path):
            return self._send_content(match[1])
        if path == "/token":
            token = storage.new_token(who_asks(self.body))
            return {"access_token": token, "expires_in": 3600, "token_type": "Bearer"}
        self.person = storage.tokens.get(
            (self.headers.get("Authorization") or "").removeprefix("Bearer "), ""
        )
        if not self.person:
            raise RefusedError(401, "authError", "Invalid Credentials")
        with storage.lock:
            if path.startswith(_UPLOADS):
                return self._begin_upload(path.removeprefix(_UPLOADS).lstrip("/"))
            if path.startswith("/session/"):
                return self._go_on(path.rsplit("/", 1)[-1])
            if path.startswith(_FILES):
                return self._file(path.removeprefix(_FILES).lstrip("/"))
            if match := re.fullmatch("/drive/v3/drives/([^/]+)", path):
                return {"id": match[1], "name": storage.drives[match[1]]}
        raise RefusedError(404, "notFound")

    def _file(self, file_id: str) -> Any:
        storage, all_drives = self.server.storage, self.query.get("supportsAllDrives") == "true"
        if file_id == "generateIds":
            return {"ids": [new_id() for _ in range(int(self.query["count"]))]}
        if self.command == "GET" and not file_id:
            return self._listed(all_drives)
        if self.command == "GET":
            if self.query.get("alt") == "media":
                storage.seen(file_id, all_drives)
                return self._send_content(file_id)
            return self._chosen(storage.seen(file_id, all_drives))
        if self.command == "POST":
            metadata = json.loads(self.body)
            storage.check_new(metadata, self.person, is_folder=True)
            return self._chosen(storage.create(metadata, None))
        if self.command == "PATCH":
            storage.check_change(file_id, all_drives)
            return self._chosen(storage.update(file_id, json.loads(self.body), None))
        # On a shared drive only its managers may delete for good; content managers use the trash.
        storage.check_change(file_id, all_drives, needs=frozenset({"owner", "organizer"}))
        del storage.files[file_id]
        return self._send(204, None)

    def _listed(self, all_drives: bool) -> File:
        by_drive = self.query["driveId"] if self.query.get("corpora") == "drive" else None
        found = self.server.storage.find(self.query["q"], by_drive)
        if not all_drives or self.query.get("includeItemsFromAllDrives") != "true":
            found = [file for file in found if not file["driveId"]]
        begin, size = int(self.query.get("pageToken", 0)), int(self.query.get("pageSize", 100))
        found = [self.server.storage.seen(file["id"], all_drives=True) for file in found]
        page = {"files": found[begin : begin + size]}
        if begin + size < len(found):
            page["nextPageToken"] = str(begin + size)
        return self._chosen(page, "files(id, name, mimeType), nextPageToken")

    def _begin_upload(self, file_id: str) -> Any:
        storage = self.server.storage
        if self.query.get("uploadType") == "multipart":
            metadata, content = self._parts()
        else:
            metadata, content = json.loads(self.body or b"{}"), None
        if file_id:
            storage.check_change(file_id, self.query.get("supportsAllDrives") == "true")
        else:
            storage.check_new(metadata, self.person, is_folder=False)
        metadata.setdefault("mimeType", self.headers.get("X-Upload-Content-Type"))
        size = len(content) if content is not None else int(self.headers["X-Upload-Content-Length"])
        upload = Upload(metadata, file_id or metadata.get("id") or new_id(), not file_id, size, self.person)
        if content is not None:
            upload.received += content
            return self._chosen(storage.finish(upload))
        session = new_id()
        storage.uploads[session] = upload
        fields = self.query.get("fields", "")
        return self._send(
            200, None, Location=f"{self.server.url}/session/{session}?fields={fields}".replace(" ", "")
        )

    def _parts(self) -> tuple[File, bytes]:
        """The two parts of a multipart body."""
        boundary = b"--" + self.headers["Content-Type"].partition("boundary=")[2].strip('"').encode()
        _, metadata, content, _ = self.body.split(boundary)
        return json.loads(metadata.partition(b"\r\n\r\n")[2]), content.partition(b"\r\n\r\n")[2][:-2]

    def _go_on(self, session: str) -> Any:
        storage = self.server.storage
        upload = storage.uploads.get(session)
        if upload is None:
            raise RefusedError(404, "notFound", "no such upload")
        if begins := self._begins():
            upload.take(int(begins[1]), self.body)
        elif "Content-Range" not in self.headers:
            upload.take(0, self.body)
        if len(upload.received) >= upload.size:
            return self._chosen(storage.finish(upload))
        reached = {"Range": f"bytes=0-{len(upload.received) - 1}"} if upload.received else {}
        return self._send(308, None, **reached)

    def _begins(self) -> re.Match[str] | None:
        return re.match(r"bytes (\d+)-", self.headers.get("Content-Range", ""))

    def _take_half(self, half: bytes) -> None:
        upload = self.server.storage.uploads.get(self.path_only.rsplit("/", 1)[-1])
        if upload is not None and (begins := self._begins()):
            with self.server.storage.lock:
                upload.take_half(int(begins[1]), half)

    def _commanded(self, what: str) -> Any:
        """What the stand-in is told to do, or asked: `faults`, `files`."""
        storage = self.server.storage
        if what == "faults" and self.command == "POST":
            storage.faults.append(Fault(**json.loads(self.body)))
            return {}
        with storage.lock:
            return {"files": [file for file in storage.files.values() if "md5Checksum" in file]}

    def _chosen(self, value: File, default: str | None = None) -> File:
        return with_fields(value, self.query.get("fields", default))

    def _reset(self) -> None:
        """End the connection so that the other side sees a reset."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Not `close`: what reads and writes the connection keeps it open, and would still send the answer.
        os.close(self.connection.detach())

    def _send_content(self, file_id: str) -> None:
        storage = self.server.storage
        if file_id not in storage.contents:
            raise RefusedError(404, "notFound")
        self._send(200, storage.contents[file_id], **{"Content-Type": storage.files[file_id]["mimeType"]})

    def _send(self, status: int, value: Any, **headers: str) -> None:
        octets = b"" if value is None else value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        if octets and "Content-Type" not in headers:
            self.send_header("Content-Type", "application/json; charset=UTF-8")
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def _refuse(self, refused: RefusedError, retry_after: str = "") -> None:
        told = {"reason": refused.reason, "message": str(refused)}
        error = {"code": refused.status, "message": str(refused), "errors": [told]}
        self._send(refused.status, {"error": error}, **({"Retry-After": retry_after} if retry_after else {}))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.storage = Storage(self.url)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that a client or a fault has ended is no error here; everything else is told."""
        if not isinstance(sys.exception(), OSError | ValueError):
            super().handle_error(request, client_address)


class StandIn:
    """A running stand-in."""

    def __init__(self, server: _Server) -> None:
        self.url = server.url
        self._server = server

    @property
    def storage(self) -> Storage:
        """What it keeps at the moment."""
        return self._server.storage

    def empty(self) -> None:
        """Forget everything, faults included, at the same address."""
        self._server.storage = Storage(self.url)

    def goes_wrong(self, match: str, action: str = "status", **values: Any) -> None:
        """Let the next matching requests go wrong."""
        self.storage.faults.append(Fault(match, action, **values))

    def connection(self, **extra: str) -> str:
        """An Airflow connection to this stand-in."""
        return connection(self.url, **extra)


@contextmanager
def running_stand_in(port: int = 0) -> Iterator[StandIn]:
    """A stand-in for as long as the block runs."""
    server = _Server(port)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="drive-stand-in", daemon=True)
    thread.start()
    try:
        yield StandIn(server)
    finally:
        server.shutdown()
        server.server_close()
