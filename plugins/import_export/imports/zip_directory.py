"""Judges the directory of a ZIP before a byte of it is unpacked (reliability page, "Input that means harm")."""

from __future__ import annotations

import re
import stat
import struct
import unicodedata
import zipfile
from collections.abc import Sequence
from typing import BinaryIO

from import_export.imports.names import LONGEST, is_tricky, readable
from import_export.messages import Message, Phrase, Told, tell

_UTF8_FLAG = 0x800
_ENCRYPTED_FLAGS = 0x1 | 0x40 | 0x2000
"""A member, a member with strong encryption, the directory itself."""
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""The two that every sender's program writes. Python unpacks the others in steps of any size, or takes the memory
that the ZIP asks for."""
_NESTED = (".zip", ".gz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".tgz", ".zst")
_DRIVE = re.compile(r"^[a-zA-Z]:")
_LOCAL_HEADER = struct.Struct("<4s22x2H")
"""Signature, …, lengths of the name and of the extra field."""


def member_name(info: zipfile.ZipInfo) -> str:
    """A member's name. Without the UTF-8 flag it may be UTF-8 all the same, DOS' code page, or that of Windows."""
    name = info.orig_filename
    if info.flag_bits & _UTF8_FLAG or name.isascii():
        return name
    octets = name.encode("cp437")
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        windows = octets.decode("cp1252", "replace")
    return windows if _odd(windows) < _odd(name) else name


def _odd(name: str) -> int:
    """How many signs of a name are neither ASCII nor a Latin letter: frames and Greek tell of a wrong code page."""
    return sum(not sign.isascii() and "LATIN" not in unicodedata.name(sign, "") for sign in name)


def check_members(
    file: BinaryIO, zip_name: str, infos: Sequence[zipfile.ZipInfo], directory_at: int
) -> Told | None:
    """Why the ZIP is refused, None when its members may be unpacked.

    Their sizes and number are not judged here. Raises `zipfile.BadZipFile` for what is no ZIP after all.
    """
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        name = member_name(info)
        if info.flag_bits & _ENCRYPTED_FLAGS:
            return tell(Message.ZIP_ENCRYPTED, name=zip_name)
        why = _unsafe(info, name)
        if why is None:
            begin, end_before = info.header_offset, end
            end = _data_begins(file, info) + info.compress_size
            # A packed size beyond what there is would also make a bomb's ratio look harmless.
            why = Phrase.OVERLAPS if begin < end_before or end > directory_at else None
        if why is not None:
            return tell(Message.ZIP_UNSAFE, name=zip_name, member=readable(name), why=why)
    return None


def _unsafe(info: zipfile.ZipInfo, name: str) -> Phrase | None:
    """Why a member must not be touched, None when it may."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if name.startswith("/") or _DRIVE.match(name):
        return Phrase.ABSOLUTE_PATH
    if "\\" in name:
        return Phrase.BACKSLASH
    if ".." in name.split("/"):
        return Phrase.LEADS_OUT
    if any(is_tricky(sign) for sign in name):
        return Phrase.CONTROL_CHARACTERS
    if len(name) > LONGEST:
        return Phrase.NAME_TOO_LONG
    if kind == stat.S_IFLNK:
        return Phrase.LINK
    if kind not in (0, stat.S_IFREG):
        return Phrase.NO_FILE
    if name.lower().endswith(_NESTED):
        return Phrase.NESTED
    return None if info.compress_type in _METHODS else Phrase.METHOD


def _data_begins(file: BinaryIO, info: zipfile.ZipInfo) -> int:
    """Where a member's packed bytes begin. The directory does not tell: the local header has lengths of its own."""
    file.seek(info.header_offset)
    header = file.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size:
        raise zipfile.BadZipFile("a member lies behind the end of the file")
    signature, name_length, extra_length = _LOCAL_HEADER.unpack(header)
    if signature != b"PK\x03\x04":
        raise zipfile.BadZipFile("no local header where the directory says")
    return info.header_offset + _LOCAL_HEADER.size + int(name_length) + int(extra_length)
