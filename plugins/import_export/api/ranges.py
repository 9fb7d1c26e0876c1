"""A kept file as an answer: streamed with its size, whole or the part that the receiver still lacks (RFC 9110, 14)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from fastapi.responses import Response, StreamingResponse

from import_export.api.faults import refusal
from import_export.api.streaming import as_generator, file_answer, stream_of
from import_export.services.export_place import FoundFile

_ONE_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")


def part_answer(*types: str) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI description of an answer that is a file or a part of it."""
    whole = file_answer(*types)
    return whole | {
        206: {"description": "The part that was asked for"} | whole[200],
        416: {"description": "The file does not have that part"},
    }


def part_of(wanted: str | None, size: int) -> tuple[int, int] | None:
    """Begin and end (the first octet not in it) of the part that a `Range` asks for; empty where the file has none of it.

    None is the whole: without a range, and for what we do not know, such as several parts at once.

    >>> part_of("bytes=10-19", 100), part_of("bytes=90-", 100), part_of("bytes=-5", 100), part_of("bytes=100-", 100)
    ((10, 20), (90, 100), (95, 100), (100, 100))
    >>> part_of(None, 100), part_of("bytes=0-1,5-9", 100), part_of("bytes=9-2", 100), part_of("lines=1-2", 100)
    (None, None, None, None)
    """
    found = _ONE_RANGE.fullmatch(wanted.strip().lower() if wanted else "")
    if found is None:
        return None
    first, last, of_the_end = found.groups()
    if first is None:
        return max(size - int(of_the_end), 0), size
    if last and int(last) < int(first):
        return None
    return min(int(first), size), min(int(last) + 1, size) if last else size


def part_response(
    file: FoundFile, media_type: str, name: str, wanted: str | None, unless: str | None
) -> Response:
    """The file, or the part of it that is wanted; `unless`: the whole when it is not this one (`If-Range`) any more."""
    stored = file.stored
    etag = f'"{stored.etag or f"{stored.modified:x}-{stored.size:x}"}"'
    changed = format_datetime(datetime.fromtimestamp(stored.modified, UTC), usegmt=True)
    part = part_of(wanted if unless in (None, etag, changed) else None, stored.size)
    start, stop = part or (0, stored.size)
    if part is not None and start >= stop:
        told = f"The file has {stored.size} bytes, and none of those that {wanted} asks for."
        return refusal(416, told, headers={"content-range": f"bytes */{stored.size}"})
    answer: StreamingResponse = stream_of(
        as_generator(file.read(start, stop)), media_type, name, stop - start
    )
    answer.headers.update({"accept-ranges": "bytes", "etag": etag, "last-modified": changed})
    if part is not None:
        answer.status_code = 206
        answer.headers["content-range"] = f"bytes {start}-{stop - 1}/{stored.size}"
    return answer
