"""Reads the data files of a ZIP that somebody sent, and refuses the ZIP when it could do harm.

Nothing is unpacked by the archive's own names, and nothing that it declares is believed: sizes are counted while they
stream (source: the reliability page, "Input that means harm").
"""

from __future__ import annotations

import errno
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from import_export.imports.names import is_junk
from import_export.imports.zip_directory import check_members, member_name
from import_export.messages import Message, Phrase, Told, tell

_RATIO_MATTERS_ABOVE = 1 << 20
_WHOLE_RATIO_MATTERS_ABOVE = 64 << 20
"""Bytes of all members together: a thousand small ones are a large one."""
_DIRECTORY_BYTES = 4 << 20
_DIRECTORY_BYTES_A_FILE = 1 << 10


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a ZIP may unpack to."""

    max_files: int
    max_bytes: int
    max_ratio: int


class Refused(Exception):
    """The ZIP is refused as a whole; carries what is told."""

    def __init__(self, told: Told) -> None:
        super().__init__(told.text())
        self.told = told


class Member:
    """One data file of a ZIP, read as a stream whose size is counted."""

    def __init__(self, name: str, stream: IO[bytes], count: Count, packed: int) -> None:
        self.name = name
        self._stream = stream
        self._count = count
        self._packed = packed
        self._size = 0

    def read(self, size: int) -> bytes:
        """The next bytes; raises `Refused` when there are more than the limits allow, or they are damaged."""
        with _damage_refused(self._count.zip_name):
            chunk = self._stream.read(size)
        self._size += len(chunk)
        self._count.add(len(chunk))
        self._count.check_ratio(self.name, self._size, self._packed)
        return chunk


class Count:
    """Bytes of the whole ZIP, counted while they stream."""

    def __init__(self, zip_name: str, limits: Limits) -> None:
        self.zip_name = zip_name
        self._limits = limits
        self._bytes = 0

    def add(self, size: int) -> None:
        """Count bytes that were unpacked."""
        self._bytes += size
        self.check_size(self._bytes)

    def check_size(self, size: int) -> None:
        """Refuse more bytes than the limit."""
        if size > self._limits.max_bytes:
            raise _too_large(self.zip_name, Phrase.UNPACKED_BYTES, self._limits.max_bytes)

    def check_files(self, number: int) -> None:
        """Refuse more files than the limit."""
        if number > self._limits.max_files:
            raise _too_large(self.zip_name, Phrase.NUMBER_OF_FILES, self._limits.max_files)

    def check_ratio(self, member: str, size: int, packed: int) -> None:
        """Refuse a member that is too large for its packed size; small ones do no harm."""
        if size > _RATIO_MATTERS_ABOVE and size > packed * self._limits.max_ratio:
            limit = self._limits.max_ratio
            raise Refused(tell(Message.ZIP_RATIO, name=self.zip_name, member=member, limit=limit))


class _Bounded(io.BufferedReader):
    """A file of which no single read is larger than a limit: `zipfile` reads a directory of any size in one go."""

    def __init__(self, path: Path, limit: int, zip_name: str) -> None:
        super().__init__(io.FileIO(path))
        self._limit = limit
        self._zip_name = zip_name

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > self._limit:
            raise _too_large(self._zip_name, Phrase.DIRECTORY_BYTES, self._limit)
        return super().read(size)


def read_members(path: Path, zip_name: str, extensions: Sequence[str], limits: Limits) -> Iterator[Member]:
    """The data files of a ZIP, sorted by name; each must be read before the next. Raises `Refused`."""
    count = Count(zip_name, limits)
    directory_limit = _DIRECTORY_BYTES + limits.max_files * _DIRECTORY_BYTES_A_FILE
    with (
        _Bounded(path, directory_limit, zip_name) as file,
        _damage_refused(zip_name),
        zipfile.ZipFile(file) as archive,
    ):
        infos = [info for info in archive.infolist() if not is_junk(member_name(info))]
        _check(file, infos, archive.start_dir, count)
        wanted = [info for info in infos if member_name(info).lower().endswith(tuple(extensions))]
        for info in sorted(wanted, key=lambda info: (member_name(info), info.header_offset)):
            with archive.open(info) as stream:
                yield Member(member_name(info), stream, count, info.compress_size)


def _check(file: _Bounded, infos: Sequence[zipfile.ZipInfo], directory_at: int, count: Count) -> None:
    """Refuse by what the archive's directory says, before a byte is unpacked."""
    count.check_files(len(infos))
    refusal = check_members(file, count.zip_name, infos, directory_at)
    if refusal is not None:
        raise Refused(refusal)
    for info in infos:
        count.check_ratio(member_name(info), info.file_size, info.compress_size)
    size = sum(info.file_size for info in infos)
    count.check_size(size)
    if size > _WHOLE_RATIO_MATTERS_ABOVE:
        count.check_ratio("*", size, sum(info.compress_size for info in infos))


def _too_large(zip_name: str, what: Phrase, limit: int) -> Refused:
    return Refused(tell(Message.ZIP_TOO_LARGE, name=zip_name, what=what, limit=f"{limit:,}"))


@contextmanager
def _damage_refused(zip_name: str) -> Iterator[None]:
    """Turn what `zipfile` says of a damaged archive into a refusal; a fault of the disk stays a fault."""
    try:
        yield
    except OSError as fault:
        # Seeking to where a damaged directory points; every other error of the system is not the sender's.
        if fault.errno != errno.EINVAL:
            raise
        raise Refused(tell(Message.ZIP_NO_DATA_FILE, name=zip_name)) from fault
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        OverflowError,
        ValueError,
    ) as fault:
        raise Refused(tell(Message.ZIP_NO_DATA_FILE, name=zip_name)) from fault
