"""A form while it comes in: its fields, and its files, which go straight to disk."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
import threading
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from python_multipart.multipart import MultipartParser

from import_export.api.upload_names import client_text, disposition_parameters, stored_name
from import_export.errors import BadRequest
from import_export.imports.names import readable

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_LONGEST_HEADER = 8 << 10
"""Bytes of a part's header line: a longest name, percent-encoded, and once more as it is."""


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


def too_much(what: str, most: int, unit: str) -> PayloadTooLarge:
    """The fault of something that is more than `most` of a unit."""
    return PayloadTooLarge(f"{what} has more than {most:,} {unit}, the most that is accepted")


class Fields:
    """The fields of a form that are no files. Raises `PayloadTooLarge` when they are too many or too large."""

    def __init__(self, limits: UploadLimits) -> None:
        self.taken: dict[str, str] = {}
        self._limits = limits
        self._count = 0

    def count(self) -> None:
        """Count a field."""
        self._count += 1
        if self._count > self._limits.max_fields:
            raise too_much("the form", self._limits.max_fields, "fields")

    def check(self, name: bytes, value: bytes | bytearray) -> None:
        """Raise when a field is too large, as far as it is known."""
        if len(name) + len(value) > self._limits.max_field_bytes:
            shown = readable(client_text(name[:50]))
            raise too_much(f"field '{shown}'", self._limits.max_field_bytes, "bytes")

    def add(self, name: bytes, value: bytes | bytearray) -> None:
        """Take a whole field."""
        self.count()
        self.check(name, value)
        self.taken[client_text(name)] = client_text(value)


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


class Form:
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
        self._fields = Fields(limits)
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
                f"a part of the form is encoded as '{readable(client_text(encoding))}'; send it as it is"
            )
        parameters = disposition_parameters(self._headers.get(b"content-disposition", b""))
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
            raise too_much("the upload", self._limits.max_files, "files")
        name = stored_name(client_text(filename))
        # Some filesystems take these for the same.
        key = unicodedata.normalize("NFC", name).casefold()
        for number in itertools.count(1):
            path = self._folder / (f"{number}/{name}" if number > 1 else name)
            # A file may be called `2`, as the folder of second namesakes is.
            if (number, key) not in self._taken and not path.exists() and not path.parent.is_file():
                break
        self._taken.add((number, key))
        return _File(path)
