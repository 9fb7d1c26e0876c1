"""Takes an upload in as a stream: each file of a form goes straight to disk, however large it is."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from urllib.parse import unquote_to_bytes

from anyio import CancelScope, to_thread
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.requests import Request

from import_export.api.upload_form import Fields, Form, Upload, UploadLimits, too_much
from import_export.errors import BadRequest

_BLOCK = 1 << 20
"""Bytes that are gathered before a worker thread parses and writes them."""


async def receive_upload(request: Request, folder: Path, limits: UploadLimits) -> Upload:
    """Write the files of a form below `folder`, which is made here: `NAME`, then `2/NAME`, `3/NAME` for namesakes.

    A form without files, and a body that does not say what it is, give an upload without files. Raises `BadRequest`
    for a malformed body, `PayloadTooLarge` beyond a limit, starlette's `ClientDisconnect`, `FileExistsError` when
    there is such a folder already. Whatever ends it early, a cancellation too: nothing is left of the new folder.
    """
    length = request.headers.get("content-length", "0")
    if not re.fullmatch("[0-9]{1,19}", length):
        raise BadRequest(f"Content-Length '{length}' is not a number of bytes")
    if int(length) > limits.max_bytes:
        raise too_much("the upload", limits.max_bytes, "bytes")
    kind, parameters = parse_options_header(request.headers.get("content-type"))
    if kind == b"multipart/form-data":
        try:
            return await _receive_multipart(request, parameters.get(b"boundary", b""), folder, limits)
        except FormParserError as fault:
            raise BadRequest(f"the body is not a well-formed multipart/form-data: {fault}") from fault
    if kind not in (b"", b"application/x-www-form-urlencoded"):
        raise BadRequest(f"Content-Type '{kind.decode('latin-1')}' is not multipart/form-data")
    fields = await _receive_urlencoded(request, limits) if kind else await _receive_unknown(request, limits)
    folder.mkdir(parents=True)
    return Upload(fields)


async def _chunks(request: Request, limits: UploadLimits) -> AsyncIterator[bytes]:
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > limits.max_bytes:
            raise too_much("the upload", limits.max_bytes, "bytes")
        yield chunk


async def _receive_unknown(request: Request, limits: UploadLimits) -> Mapping[str, str]:
    # Read all the same: many clients listen to an answer only when they have sent everything.
    async for _ in _chunks(request, limits):
        pass
    return {}


async def _receive_urlencoded(request: Request, limits: UploadLimits) -> Mapping[str, str]:
    body = bytearray()
    most = limits.max_fields * limits.max_field_bytes
    async for chunk in _chunks(request, limits):
        body += chunk
        if len(body) > most:
            raise too_much("a form that is not multipart/form-data, as files have to be sent,", most, "bytes")
    fields = Fields(limits)
    for pair in re.finditer(rb"[^&]+", body.replace(b"+", b" ")):
        name, _, value = pair[0].partition(b"=")
        fields.add(unquote_to_bytes(name), unquote_to_bytes(value))
    return fields.taken


async def _receive_multipart(request: Request, boundary: bytes, folder: Path, limits: UploadLimits) -> Upload:
    if not boundary:
        raise BadRequest("the Content-Type multipart/form-data has no boundary")
    form = Form(boundary, folder, limits)
    # Outside of the guard below: a folder that was there before is not ours to remove.
    folder.mkdir(parents=True)
    try:
        block = bytearray()
        async for chunk in _chunks(request, limits):
            block += chunk
            if len(block) >= _BLOCK:
                await to_thread.run_sync(form.feed, bytes(block))
                block.clear()
        return await to_thread.run_sync(form.finish, bytes(block))
    except BaseException:
        try:
            with CancelScope(shield=True):
                await to_thread.run_sync(form.discard)
        finally:
            # Another cancellation can end the wait above, or keep the thread from starting at all.
            form.discard()
        raise
