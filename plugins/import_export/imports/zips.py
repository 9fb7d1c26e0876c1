"""Reads the data files of a ZIP that somebody sent, and refuses the ZIP when it could do harm.

Nothing is unpacked by the archive's own names, and nothing that it declares is believed: sizes are counted while they
stream (source: the reliability page, "Input that means harm").
"""

from __future__ import annotations

import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from import_export.messages import Message, Told, tell

_RATIO_MATTERS_ABOVE = 1 << 20
_NESTED = (".zip", ".gz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".tgz", ".zst")
_UTF8_FLAG = 0x800
_ENCRYPTED_FLAG = 0x1
_DRIVE = re.compile(r"^[a-zA-Z]:")
_BIDI = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


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

    def __init__(self, name: str, stream: IO[bytes], count: _Count, packed: int) -> None:
        self.name = name
        self._stream = stream
        self._count = count
        self._packed = packed
        self._size = 0

    def read(self, size: int) -> bytes:
        """The next bytes; raises `Refused` when there are more than the limits allow, or they are damaged."""
        try:
            chunk = self._stream.read(size)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as fault:
            raise Refused(tell(Message.ZIP_NO_DATA_FILE, name=self._count.zip_name)) from fault
        self._size += len(chunk)
        self._count.add(len(chunk))
        self._count.check_ratio(self.name, self._size, self._packed)
        return chunk


class _Count:
    """Bytes of the whole ZIP, counted while they stream."""

    def __init__(self, zip_name: str, limits: Limits) -> None:
        self.zip_name = zip_name
        self._limits = limits
        self._bytes = 0

    def add(self, size: int) -> None:
        self._bytes += size
        self.check_size(self._bytes)

    def check_size(self, size: int) -> None:
        if size > self._limits.max_bytes:
            limit = f"{self._limits.max_bytes:,} bytes"
            raise Refused(
                tell(Message.ZIP_TOO_LARGE, name=self.zip_name, what="its unpacked size", limit=limit)
            )

    def check_ratio(self, member: str, size: int, packed: int) -> None:
        if size > _RATIO_MATTERS_ABOVE and size > packed * self._limits.max_ratio:
            limit = self._limits.max_ratio
            raise Refused(tell(Message.ZIP_RATIO, name=self.zip_name, member=member, limit=limit))


def read_members(path: Path, zip_name: str, extensions: Sequence[str], limits: Limits) -> Iterator[Member]:
    """The data files of a ZIP, sorted by name; each must be read before the next. Raises `Refused`."""
    count = _Count(zip_name, limits)
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not _ignored(_name(info))]
            _check(infos, count, limits)
            wanted = [info for info in infos if Path(_name(info)).suffix.lower() in extensions]
            for info in sorted(wanted, key=lambda info: (_name(info), info.header_offset)):
                with archive.open(info) as stream:
                    yield Member(_name(info), stream, count, info.compress_size)
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        UnicodeDecodeError,
        EOFError,
        ValueError,
        OSError,
    ) as fault:
        raise Refused(tell(Message.ZIP_NO_DATA_FILE, name=zip_name)) from fault


def _ignored(name: str) -> bool:
    """Folders, hidden files and what macOS adds."""
    parts = name.split("/")
    return (
        name.endswith("/")
        or "__MACOSX" in parts
        or any(part.startswith(".") and part not in (".", "..") for part in parts)
    )


def _check(infos: Sequence[zipfile.ZipInfo], count: _Count, limits: Limits) -> None:
    """Refuse by what the archive's directory says, before a byte is unpacked."""
    if len(infos) > limits.max_files:
        what, limit = f"its number of files ({len(infos)})", str(limits.max_files)
        raise Refused(tell(Message.ZIP_TOO_LARGE, name=count.zip_name, what=what, limit=limit))
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        name = _name(info)
        if why := _unsafe(info, name):
            raise Refused(tell(Message.ZIP_UNSAFE, name=count.zip_name, why=why))
        if info.flag_bits & _ENCRYPTED_FLAG:
            raise Refused(tell(Message.ZIP_ENCRYPTED, name=count.zip_name))
        if info.header_offset < end:
            raise Refused(
                tell(Message.ZIP_UNSAFE, name=count.zip_name, why=f"'{name}' overlaps another file")
            )
        end = info.header_offset + info.compress_size
        count.check_ratio(name, info.file_size, info.compress_size)
    count.check_size(sum(info.file_size for info in infos))


def _unsafe(info: zipfile.ZipInfo, name: str) -> str | None:
    """Why a member must not be touched, None when it may."""
    shown = "".join(sign if sign.isprintable() else "?" for sign in name)
    if name.startswith("/") or _DRIVE.match(name):
        return f"'{shown}' is an absolute path"
    if "\\" in name:
        return f"'{shown}' holds a backslash"
    if ".." in name.split("/"):
        return f"'{shown}' leads out of its folder"
    if any(unicodedata.category(sign) == "Cc" or sign in _BIDI for sign in name):
        return f"'{shown}' holds control characters"
    if stat.S_ISLNK(info.external_attr >> 16):
        return f"'{shown}' is a link"
    if name.lower().endswith(_NESTED):
        return f"'{shown}' is an archive inside the archive"
    return None


def _name(info: zipfile.ZipInfo) -> str:
    """The member's name. Without the UTF-8 flag most senders mean UTF-8 all the same, or Windows' own code page."""
    raw = info.orig_filename
    if not info.flag_bits & _UTF8_FLAG:
        octets = raw.encode("cp437", errors="replace")
        for encoding in ("utf-8", "cp1252"):
            try:
                raw = octets.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return raw
