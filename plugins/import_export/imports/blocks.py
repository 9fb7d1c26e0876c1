"""Cuts a file into blocks of whole records, as UTF-8, and tells which of them are plain enough for a native parser."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from import_export.imports.encoding import UTF16, is_utf8
from import_export.imports.layout import Layout
from import_export.imports.records import MOST_CHARACTERS, MOST_LINES

_NEWLINE, _RETURN = 10, 13
MOST_ROWS = 250_000
"""Lines of a block."""


@dataclass(frozen=True)
class Block:
    """Whole records of a file."""

    octets: bytes
    """UTF-8; what did not fit the encoding is U+FFFD."""
    layout: Layout
    damaged: bool
    """Whether some bytes did not fit the file's encoding."""
    removed_nuls: int
    bytes_read: int

    @property
    def text(self) -> str:
        """The block as text."""
        return self.octets.decode()

    @cached_property
    def _lone_returns(self) -> int:
        returns = self.octets.count(b"\r")
        return returns - self.octets.count(b"\r\n") if returns else 0

    @cached_property
    def lines(self) -> int:
        """Physical lines in it."""
        ended = self.octets.endswith((b"\n", b"\r"))
        return self.octets.count(b"\n") + self._lone_returns + (not ended)

    @cached_property
    def plain(self) -> bool:
        """Whether a native parser reads the block as we would."""
        return not self.damaged and not self._lone_returns and _is_plain(self.octets, self.layout)


def read_blocks(path: Path, layout: Layout, size: int, *, raw: bool = False) -> Iterator[Block]:
    """The data of a file, after its header, in blocks of about `size` bytes that end where a record ends.

    With `raw` the octets are the file's own, which is enough for counting in an encoding of one octet a sign.
    """
    decoder = None if raw else _decoder(layout.encoding)
    rest, skip = b"", layout.data_line - 1
    with path.open("rb") as file:
        file.seek(begin := layout.bom)
        while True:
            chunk = _few_lines(file.read(size))
            file.seek(begin := begin + len(chunk))
            last = not chunk
            octets, damaged = _as_utf8(chunk, decoder, layout.encoding, last=last)
            nuls = octets.count(b"\0")
            if nuls:
                octets = octets.replace(b"\0", b"")
            octets = rest + octets
            if last:
                octets = octets.rstrip(b"\x1a\r\n")
            if skip:
                octets, skip = _skip_lines(octets, skip)
            if skip and last:
                return  # a header without a line end is all there is
            cut = len(octets) if last else _last_record_end(octets, layout)
            part, rest = octets[:cut], octets[cut:]
            if part:
                yield _block(part, layout, damaged=damaged, nuls=nuls, read=len(chunk))
            if last:
                return


def _few_lines(chunk: bytes) -> bytes:
    """The start of what was read, where that has very many lines: memory goes by rows, not by bytes."""
    signs = np.frombuffer(chunk, dtype=np.uint8)
    for end in (_NEWLINE, _RETURN):
        ends = signs == end
        if np.count_nonzero(ends) > MOST_ROWS:
            # UTF-16 has two octets a sign.
            return chunk[: (int(np.flatnonzero(ends)[MOST_ROWS]) + 2) // 2 * 2]
    return chunk


def _decoder(encoding: str) -> codecs.IncrementalDecoder | None:
    """Decodes across the ends of blocks; None for UTF-8, which needs no decoding while it is valid."""
    if encoding.startswith("utf-8"):
        return None
    return codecs.getincrementaldecoder(encoding)(errors="replace")


def _as_utf8(
    raw: bytes, decoder: codecs.IncrementalDecoder | None, encoding: str, *, last: bool
) -> tuple[bytes, bool]:
    if decoder is None:
        return raw, False  # checked when the block is cut: a sign may go over the end of what was read
    text = decoder.decode(raw, last)
    return text.encode("utf-8", errors="replace"), "\ufffd" in text and encoding not in UTF16


def _skip_lines(octets: bytes, lines: int) -> tuple[bytes, int]:
    """Leave out title and header lines; gives how many are left to be skipped in the next block."""
    position = 0
    while lines:
        newline = octets.find(b"\n", position)
        lone = octets.find(b"\r", position, len(octets) if newline < 0 else newline)
        if lone >= 0 and lone + 1 == len(octets):
            break  # perhaps the first half of CRLF
        if lone >= 0 and lone + 1 != newline:
            position = lone + 1
        elif newline >= 0:
            position = newline + 1
        else:
            break
        lines -= 1
    return octets[position:], lines


def _last_record_end(octets: bytes, layout: Layout) -> int:
    """Where the last whole record ends: at a line end outside of quotes, as far as an even count of them tells.

    0 when the record at the start is not over yet. A quote that stays open for too long is taken for text, and the
    last line end for the end of a record; what is a record is then found out with care.
    """
    quote = (layout.dialect.quote or "").encode()
    newline = b"\n" if b"\n" in octets else b"\r"
    # A lone CR at the very end may be the first half of CRLF.
    last = end = octets.rfind(newline, 0, len(octets) - (newline == b"\r")) + 1
    if not quote:
        return last
    inside = _quotes(octets, 0, end, layout) % 2
    for _ in range(MOST_LINES):
        if not inside or last - end > MOST_CHARACTERS:
            break
        before = octets.rfind(newline, 0, end - 1) + 1
        inside = (inside + _quotes(octets, before, end, layout)) % 2
        end = before
        if not end:
            return 0 if len(octets) < MOST_CHARACTERS else last
    return last if inside else end


def _quotes(octets: bytes, start: int, end: int, layout: Layout) -> int:
    """How many quotes open or close something between two places; escaped ones do neither."""
    quote = (layout.dialect.quote or "").encode()
    if layout.dialect.escape is None:
        return octets.count(quote, start, end)
    escape = layout.dialect.escape.encode()
    part = octets[start:end].replace(escape * 2, b"")
    return part.count(quote) - part.count(escape + quote)


def _block(octets: bytes, layout: Layout, *, damaged: bool, nuls: int, read: int) -> Block:
    if layout.encoding.startswith("utf-8") and not is_utf8(octets):
        octets, damaged = octets.decode("utf-8", errors="replace").encode(), True
    return Block(octets, layout, damaged=damaged, removed_nuls=nuls, bytes_read=read)


def _is_plain(octets: bytes, layout: Layout) -> bool:
    """No blank lines, each quote at the edge of a cell."""
    if octets.startswith((b"\n", b"\r\n")) or b"\n\n" in octets or b"\n\r\n" in octets:
        return False
    dialect = layout.dialect
    if dialect.quote is None:
        return True
    quote, delimiter = dialect.quote.encode(), dialect.delimiter.encode()
    quotes = octets.count(quote)
    if not quotes:
        return True
    if dialect.escape is not None or len(layout.header) == 1:
        return False
    opening = octets.count(delimiter + quote) + octets.count(b"\n" + quote) + octets.startswith(quote)
    if 2 * opening != quotes:
        return False
    closing = (
        octets.count(quote + delimiter)
        + octets.count(quote + b"\n")
        + octets.count(quote + b"\r\n")
        + octets.endswith(quote)
    )
    return opening == closing
