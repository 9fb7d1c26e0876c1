"""Several files as one ZIP, made while it is read; of any size (ZIP64), names in UTF-8."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime

_PACKED_ALREADY = (".xlsx", ".pdf", ".zip")
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""ZIPs know no earlier moment."""


class _Pieces(io.RawIOBase):
    """What was written since it was last taken. Not seekable: sizes then stand behind each file's bytes."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._written += piece
        return len(piece)

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken


def zip_pieces(files: Iterable[tuple[str, Iterator[bytes]]], made_at: datetime) -> Iterator[bytes]:
    """The ZIP of these files (name with `/`, pieces), in pieces; nothing holds a whole file.

    All have `made_at` as their time, so that the same files give the same bytes. Never larger than some kilobytes more than
    the files: what is packed already is stored as it is.
    """
    target = _Pieces()
    with zipfile.ZipFile(target, "w") as archive:
        for name, pieces in files:
            entry = zipfile.ZipInfo(name, max(made_at.timetuple()[:6], _EARLIEST))
            packed = name.lower().endswith(_PACKED_ALREADY)
            entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            # The size is not known yet when its place in the file is decided.
            with archive.open(entry, "w", force_zip64=True) as member:
                for piece in pieces:
                    member.write(piece)
                    if ready := target.take():
                        yield ready
    yield target.take()
