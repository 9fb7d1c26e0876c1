"""Takes an upload in as a stream: each file of a form goes straight to disk, however large it is."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import shutil
import threading
import unicodedata
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import unquote_to_bytes

from anyio import CancelScope, to_thread
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from import_export.errors import BadRequest
from import_export.imports.names import is_junk, readable

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_BLOCK = 1 << 20
"""Bytes that are gathered before a worker thread parses and writes them."""
_LONGEST_NAME = 255
"""Bytes of one name in a path, on every usual filesystem."""
_LONGEST_HEADER = 8 << 10
"""Bytes of a part's header line: a longest name, percent-encoded, and once more as it is."""
_UNNAMED = "unnamed"
_PARAMETER = re.compile(
    # A quote that is not followed by the next parameter belongs to the name: some clients do not escape it.
    # Never goes back over what it has read, or a hostile header would cost a tenth of a second.
    rb';\s*([^\s=;"]++)\s*+=\s*+(?:"((?:\\(?!"\s*+\Z)["\\]|[^"]|"(?!\s*+(?:;|\Z)))*+)(?:"|\Z)|([^;]*+))',
    re.DOTALL,
)


class PayloadTooLarge(BadRequest):
    """The upload is larger, or holds more, than is accepted at once; nothing of it was kept."""

    http_status: ClassVar[int] = 413


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadLimits:
    """How much one upload may hold."""

    max_bytes: int
    """Of the whole body."""
    max_files: int
    max_field_bytes: int = 64 << 10
    """Of a field that is no file, its name included."""
    max_fields: int = 50


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file of an upload, as it lies on disk."""

    name: str
    """The base name that the client gave it, fit to be shown and stored; also the last part of `path`."""
    path: Path
    size: int
    """In bytes."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Upload:
    """What a form held."""

    fields: Mapping[str, str]
    """The fields that are no files; of several with one name, the last."""
    files: tuple[UploadedFile, ...] = ()

    @property
    def fingerprint(self) -> str:
        """A SHA-256 that two uploads share when their fields and their files, in this order, are the same."""
        facts = [sorted(self.fields.items()), [(file.name, file.size, file.sha256) for file in self.files]]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


async def receive_upload(request: Request, folder: Path, limits: UploadLimits) -> Upload:
    """Write the files of a form below `folder`, which is made here: `NAME`, then `2/NAME`, `3/NAME` for namesakes.

    A form without files, and a body that does not say what it is, give an upload without files. Raises `BadRequest`
    for a malformed body, `PayloadTooLarge` beyond a limit, starlette's `ClientDisconnect`, `FileExistsError` when
    there is such a folder already. Whatever ends it early, a cancellation too: nothing is left of the new folder.
    """
    length = request.headers.get("content-length", "0")
    if not re.fullmatch("[0-9]{1,19}", length):
        raise BadRequest(f"Content-Length '{length}' is not a number of bytes")
    if int(length) > limits.max_bytes:
        raise _too_much("the upload", limits.max_bytes, "bytes")
    kind, parameters = parse_options_header(request.headers.get("content-type"))
    if kind == b"multipart/form-data":
        try:
            return await _receive_multipart(request, parameters.get(b"boundary", b""), folder, limits)
        except FormParserError as fault:
            raise BadRequest(f"the body is not a well-formed multipart/form-data: {fault}") from fault
    if kind not in (b"", b"application/x-www-form-urlencoded"):
        raise BadRequest(f"Content-Type '{kind.decode('latin-1')}' is not multipart/form-data")
    fields = await _receive_urlencoded(request, limits) if kind else await _receive_unknown(request, limits)
    folder.mkdir(parents=True)
    return Upload(fields)


def _too_much(what: str, most: int, unit: str) -> PayloadTooLarge:
    return PayloadTooLarge(f"{what} has more than {most:,} {unit}, the most that is accepted")


async def _chunks(request: Request, limits: UploadLimits) -> AsyncIterator[bytes]:
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > limits.max_bytes:
            raise _too_much("the upload", limits.max_bytes, "bytes")
        yield chunk


async def _receive_unknown(request: Request, limits: UploadLimits) -> Mapping[str, str]:
    # Read all the same: many clients listen to an answer only when they have sent everything.
    async for _ in _chunks(request, limits):
        pass
    return {}


async def _receive_urlencoded(request: Request, limits: UploadLimits) -> Mapping[str, str]:
    body = bytearray()
    most = limits.max_fields * limits.max_field_bytes
    async for chunk in _chunks(request, limits):
        body += chunk
        if len(body) > most:
            raise _too_much(
                "a form that is not multipart/form-data, as files have to be sent,", most, "bytes"
            )
    fields = _Fields(limits)
    for pair in re.finditer(rb"[^&]+", body.replace(b"+", b" ")):
        name, _, value = pair[0].partition(b"=")
        fields.add(unquote_to_bytes(name), unquote_to_bytes(value))
    return fields.taken


async def _receive_multipart(request: Request, boundary: bytes, folder: Path, limits: UploadLimits) -> Upload:
    if not boundary:
        raise BadRequest("the Content-Type multipart/form-data has no boundary")
    form = _Form(boundary, folder, limits)
    # Outside of the guard below: a folder that was there before is not ours to remove.
    folder.mkdir(parents=True)
    try:
        block = bytearray()
        async for chunk in _chunks(request, limits):
            block += chunk
            if len(block) >= _BLOCK:
                await to_thread.run_sync(form.feed, bytes(block))
                block.clear()
        return await to_thread.run_sync(form.finish, bytes(block))
    except BaseException:
        try:
            with CancelScope(shield=True):
                await to_thread.run_sync(form.discard)
        finally:
            # Another cancellation can end the wait above, or keep the thread from starting at all.
            form.discard()
        raise


class _Fields:
    """The fields of a form that are no files. Raises `PayloadTooLarge` when they are too many or too large."""

    def __init__(self, limits: UploadLimits) -> None:
        self.taken: dict[str, str] = {}
        self._limits = limits
        self._count = 0

    def count(self) -> None:
        self._count += 1
        if self._count > self._limits.max_fields:
            raise _too_much("the form", self._limits.max_fields, "fields")

    def check(self, name: bytes, value: bytes | bytearray) -> None:
        if len(name) + len(value) > self._limits.max_field_bytes:
            shown = readable(_text(name[:50]))
            raise _too_much(f"field '{shown}'", self._limits.max_field_bytes, "bytes")

    def add(self, name: bytes, value: bytes | bytearray) -> None:
        self.count()
        self.check(name, value)
        self.taken[_text(name)] = _text(value)


class _File:
    """A file of the form while it is written."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        self._path, self._file = path, path.open("xb")
        self._digest, self._size = hashlib.sha256(), 0

    def write(self, octets: memoryview) -> None:
        self._file.write(octets)
        self._digest.update(octets)
        self._size += len(octets)

    def close(self) -> UploadedFile:
        self._file.close()
        return UploadedFile(self._path.name, self._path, self._size, self._digest.hexdigest())


class _Form:
    """Parses a form and writes its files. Its public methods are for worker threads."""

    def __init__(self, boundary: bytes, folder: Path, limits: UploadLimits) -> None:
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._begin_part,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._data,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }
        self._parser = MultipartParser(boundary, callbacks, max_header_size=_LONGEST_HEADER)
        self._folder, self._limits = folder, limits
        self._fields = _Fields(limits)
        self._files: list[UploadedFile] = []
        self._taken: set[tuple[int, str]] = set()
        self._lock = threading.Lock()
        self._begun = self._ended = self._discarded = False
        self._begin_part()

    def feed(self, octets: bytes) -> None:
        """Parse a piece of the body and write what it holds. Raises `BadRequest` and `FormParserError`."""
        # A cancelled caller does not wait for its thread, which goes on beside the one that discards.
        with self._lock:
            if octets and not self._discarded:
                self._begun = True
                self._parser.write(octets)

    def finish(self, octets: bytes) -> Upload:
        """Parse the last piece, too; give what the form held."""
        self.feed(octets)
        # Some clients send a form of nothing as a body of nothing.
        if self._begun and not self._ended:
            raise BadRequest("the body is cut off: its closing boundary is missing")
        return Upload(self._fields.taken, tuple(self._files))

    def discard(self) -> None:
        """Remove everything that was written. May be repeated."""
        with self._lock:
            self._discarded = True
            # Closing writes what is left, which fails again on a full disk.
            with suppress(OSError):
                if self._file is not None:
                    self._file.close()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _begin_part(self) -> None:
        self._headers: dict[bytes, bytes] = {}
        self._header = bytearray(), bytearray()
        self._name = b""
        self._filename: bytes | None = None
        self._value = bytearray()
        self._file: _File | None = None

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header[0].extend(data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1].extend(data[start:end])

    def _end_header(self) -> None:
        name, value = map(bytes, self._header)
        self._headers[name.lower()] = value
        self._header = bytearray(), bytearray()

    def _end_headers(self) -> None:
        encoding = self._headers.get(b"content-transfer-encoding", b"binary").strip().lower()
        if encoding not in (b"binary", b"8bit", b"7bit"):
            raise BadRequest(
                f"a part of the form is encoded as '{readable(_text(encoding))}'; send it as it is"
            )
        parameters = _parameters(self._headers.get(b"content-disposition", b""))
        self._filename = parameters.get(b"filename")
        if self._filename is None and b"name" not in parameters:
            raise BadRequest("a part of the form has no name")
        self._name = parameters.get(b"name", b"")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._filename is None:
            self._value += data[start:end]
            self._fields.check(self._name, self._value)
        else:
            self._file = self._file or self._open(self._filename)
            self._file.write(memoryview(data)[start:end])

    def _end_part(self) -> None:
        if self._filename is None:
            self._fields.add(self._name, self._value)
        elif self._filename or self._file is not None:
            file, self._file = self._file or self._open(self._filename), None
            self._files.append(file.close())
        else:
            # A file input that nobody filled in. It counts, or there could be millions.
            self._fields.count()

    def _end(self) -> None:
        self._ended = True

    def _open(self, filename: bytes) -> _File:
        if len(self._files) == self._limits.max_files:
            raise _too_much("the upload", self._limits.max_files, "files")
        name = _stored_name(_text(filename))
        # Some filesystems take these for the same.
        key = unicodedata.normalize("NFC", name).casefold()
        for number in itertools.count(1):
            path = self._folder / (f"{number}/{name}" if number > 1 else name)
            # A file may be called `2`, as the folder of second namesakes is.
            if (number, key) not in self._taken and not path.exists() and not path.parent.is_file():
                break
        self._taken.add((number, key))
        return _File(path)


def _text(octets: bytes | bytearray) -> str:
    """What a client wrote: UTF-8, or what Windows-1252 makes of it."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")


def _parameters(disposition: bytes) -> Mapping[bytes, bytes]:
    """The parameters of a Content-Disposition, decoded; `filename*` counts as `filename`, before a plain one.

    python_multipart's own function leaves `filename*` out, as the RFC has it; but clients send it.
    """
    found: dict[bytes, bytes] = {}
    for key, quoted, bare in _PARAMETER.findall(disposition):
        value = re.sub(rb'\\(["\\])', rb"\1", quoted) or bare.strip(b'" \t')
        # What browsers write for signs that would end the header; they leave a `%` of the name itself as it is.
        for code, sign in ((b"%22", b'"'), (b"%0D", b"\r"), (b"%0A", b"\n")):
            value = value.replace(code, sign)
        found[key.lower()] = value
    charset, apostrophe, rest = found.get(b"filename*", b"").partition(b"'")
    if apostrophe and charset:
        found[b"filename"] = unquote_to_bytes(rest.partition(b"'")[2])
    return found


def _stored_name(told: str) -> str:
    """The base name of what a client tells, as a name that a file can have here and that is not hidden."""
    name = readable(re.split(r"[/\\]", told.rstrip("/\\"))[-1])
    if not name.replace(".", "").strip():
        name = _UNNAMED
    if is_junk(name):
        # Hidden files are left out of an import without a word; but this one was chosen to be sent.
        name = f"_{name}"
    octets = name.encode()
    if len(octets) <= _LONGEST_NAME:
        return name
    # By its end, as `readable` does: there is its type.
    return "…" + octets[len("…".encode()) - _LONGEST_NAME :].decode(errors="ignore")
