"""Answers that are files: streamed, named, and nothing left open when the receiver goes away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator
from itertools import islice
from typing import IO, Any
from urllib.parse import quote

from anyio import CancelScope, to_thread
from fastapi.responses import StreamingResponse
from starlette.concurrency import iterate_in_threadpool

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF_TYPE = "application/pdf"
ZIP_TYPE = "application/zip"
_CHUNK = 1 << 18


def file_answer(*types: str) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI description of an answer that is a file of one of these media types."""
    schema = {"type": "string", "format": "binary"}
    return {200: {"content": {each.partition(";")[0]: {"schema": schema} for each in types}}}


def stream_of(
    pieces: Generator[bytes], media_type: str, name: str, size: int | None = None
) -> StreamingResponse:
    """An answer in pieces, each made when the one before is on its way."""
    # Whatever is asked for the file is asked before the answer begins: what fails now is still told by a status.
    begun = list(islice(pieces, 2))
    headers = attachment(name) | ({} if size is None else {"content-length": str(size)})
    return StreamingResponse(_streamed(begun, pieces), media_type=media_type, headers=headers)


def opened_file(file: IO[bytes]) -> Generator[bytes]:
    """The rest of an open file, which is closed at its end."""
    with file:
        while piece := file.read(_CHUNK):
            yield piece


def as_generator(pieces: Iterator[bytes]) -> Generator[bytes]:
    """Pieces of any iterator, for `stream_of`."""
    yield from pieces


def attachment(name: str) -> dict[str, str]:
    """The header that gives a download its name: in full, and in ASCII for what knows nothing else."""
    safe = "".join(sign if sign.isascii() and (sign.isalnum() or sign in " ._-@") else "_" for sign in name)
    full = "" if safe == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return {"content-disposition": f'attachment; filename="{safe}"{full}'}


async def _streamed(begun: list[bytes], rest: Generator[bytes]) -> AsyncIterator[bytes]:
    """The pieces; their connection is given back in a thread also when the receiver went away."""
    try:
        for piece in begun:
            yield piece
        async for piece in iterate_in_threadpool(rest):
            yield piece
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(rest.close)
