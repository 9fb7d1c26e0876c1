"""Makes ZIPs whose headers say anything."""

from __future__ import annotations

import struct
import zipfile
import zlib
from dataclasses import dataclass


@dataclass
class Entry:
    """A member whose headers may say anything."""

    name: bytes
    content: bytes = b"a;b\n1;2\n"
    method: int = zipfile.ZIP_STORED
    flags: int = 0
    attributes: int = 0
    packed_size: int | None = None
    size: int | None = None
    crc: int | None = None
    offset: int | None = None
    """Where the directory says that the member begins."""
    made_by: int = 0

    def packed(self) -> bytes:
        if self.method != zipfile.ZIP_DEFLATED:
            return self.content
        squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
        return squeeze.compress(self.content) + squeeze.flush()

    def facts(self) -> bytes:
        crc = zlib.crc32(self.content) if self.crc is None else self.crc
        packed = len(self.packed()) if self.packed_size is None else self.packed_size
        size = len(self.content) if self.size is None else self.size
        return struct.pack("<5H3L", 20, self.flags, self.method, 0, 33, crc, packed, size)

    def local(self) -> bytes:
        return (
            b"PK\x03\x04" + self.facts() + struct.pack("<2H", len(self.name), 0) + self.name + self.packed()
        )

    def central(self, offset: int) -> bytes:
        at = offset if self.offset is None else self.offset
        head = b"PK\x01\x02" + struct.pack("<H", self.made_by << 8 | 20) + self.facts()
        tail = struct.pack("<5H2L", len(self.name), 0, 0, 0, 0, self.attributes, at)
        return head + tail + self.name


def archive(*entries: Entry, members: bytes | None = None) -> bytes:
    """A ZIP of these entries; `members` replaces what stands before the directory."""
    body, directory = bytearray(), bytearray()
    for entry in entries:
        directory += entry.central(len(body))
        body += entry.local()
    body = body if members is None else bytearray(members)
    end = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, len(entries), len(entries), len(directory), len(body), 0
    )
    return bytes(body + directory + end)
