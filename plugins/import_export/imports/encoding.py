"""Which encoding a file is written in, and what it is when it is no text at all."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa

SAMPLE = 1 << 18
"""Bytes from the start of the file by which encoding and dialect are found."""

_BLOCK = 1 << 22
_HIGH, _LEADING = 0x80, 0xC0
"""The first octet that is not ASCII, and the first with which a sign of several octets begins."""
_BY_CHANCE = 5
"""Bytes that do not fit for each sign that does, from which on the signs are there by chance."""
_DECIDED = 10_000
"""Bytes that are no UTF-8, after which a file that has hardly anything else is another encoding's."""

UTF16 = ("utf-16-le", "utf-16-be")

_MAGIC = (
    (b"PK\x03\x04", "an Excel workbook or a ZIP"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"\x1f\x8b", "a compressed file"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"{\\rtf", "an RTF document"),
    (b"SQLite format 3", "a database"),
)
_HTML = re.compile(
    rb"^\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body|table|meta)\b", re.IGNORECASE
)
_XML = re.compile(rb"^\s*(?:\xef\xbb\xbf)?\s*<\?xml\b", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x19\x1c-\x1f]")


def what_it_is(sample: bytes) -> str | None:
    """What a file is that is no text, in words; None for text."""
    for magic, name in _MAGIC:
        if sample.startswith(magic):
            return name
    if _HTML.match(sample):
        return "HTML (a web page saved as .csv)"
    if _XML.match(sample):
        return "XML"
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")) or _bare_utf16(sample):
        return None
    if len(_CONTROL.findall(sample)) + sample.count(0) // 4 > max(8, len(sample) // 20):
        return "a binary file"
    return None


def find_encoding(path: Path, sample: bytes) -> str:
    """`utf-8-sig`, `utf-16-le`, `utf-16-be`, `utf-8` or `cp1252`.

    A file is UTF-8 when all of it is, or when it has valid multi-byte signs in any number worth speaking of: they are
    hardly ever there by chance. The bytes that do not fit are then told row by row. The whole file is looked at, for the
    first umlaut may stand on the last line.
    """
    if sample.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if sample.startswith(b"\xff\xfe"):
        return "utf-16-le"
    if sample.startswith(b"\xfe\xff"):
        return "utf-16-be"
    bare = _bare_utf16(sample)
    if bare is not None:
        return bare
    fitting, other = _utf8_evidence(path)
    return "cp1252" if other > _BY_CHANCE * fitting else "utf-8"


def _bare_utf16(sample: bytes) -> str | None:
    """UTF-16 without a mark: in Latin text every second byte is NUL."""
    head = sample[:4096]
    if len(head) < 4:
        return None
    half = len(head) // 2
    if head[1::2].count(0) > half * 0.6 and head[0::2].count(0) < half * 0.1:
        return "utf-16-le"
    if head[0::2].count(0) > half * 0.6 and head[1::2].count(0) < half * 0.1:
        return "utf-16-be"
    return None


def _utf8_evidence(path: Path) -> tuple[int, int]:
    """How many multi-byte signs are valid UTF-8, and how many bytes belong to none."""
    fitting = other = 0
    rest = b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if block.isascii() and not rest:
                continue
            block = rest + block
            # A sign may be cut by the end of the block: what could begin one waits for the next.
            cut = len(block) - next((back for back in (1, 2, 3) if block[-back:][:1] >= b"\xc0"), 0)
            rest = block[cut:] if len(block) >= _BLOCK else b""
            signs, bad = _signs(block[: len(block) - len(rest)])
            fitting += signs
            other += bad
            if other > _DECIDED and other > 10 * _BY_CHANCE * fitting:
                break  # no rest of the file could make this UTF-8
    return fitting, other + len(rest)


def _signs(octets: bytes) -> tuple[int, int]:
    """How many multi-byte signs are valid UTF-8, and how many bytes belong to none."""
    high = np.frombuffer(octets, dtype=np.uint8)
    if is_utf8(octets):
        return int(np.count_nonzero(high >= _LEADING)), 0
    plain = len(octets) - int(np.count_nonzero(high >= _HIGH))
    valid = octets.decode(errors="ignore")
    return len(valid) - plain, len(octets) - len(valid.encode())


def is_utf8(octets: bytes) -> bool:
    """Whether octets are valid UTF-8, found out some twenty times as fast as by decoding them."""
    offsets = pa.py_buffer(struct.pack("<ii", 0, len(octets)))
    try:
        pa.StringArray.from_buffers(1, offsets, pa.py_buffer(octets)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
