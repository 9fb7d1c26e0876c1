"""Faults as answers: the class decides the status, and every refusal has the same body."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from import_export.errors import (
    ArchiveRefused,
    ArchiveUnavailable,
    ImportExportError,
    JobBusy,
    TransientError,
)
from import_export.services.uploading import NoDataFiles

log = logging.getLogger(__name__)

_WAIT_SECONDS = "5"


def add_fault_handlers(app: FastAPI) -> None:
    """Have every fault answered as `{"success": false, "error": …, "details": …}`."""
    app.add_exception_handler(ImportExportError, _ours)
    app.add_exception_handler(RequestValidationError, _wrong_request)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _gone)


def refusal(
    status: int, error: str, details: Any = None, headers: dict[str, str] | None = None
) -> JSONResponse:
    """An answer that nothing was done, and why."""
    return JSONResponse({"success": False, "error": error, "details": details}, status, headers)


def fault_parts(fault: Exception) -> tuple[int, str]:
    """Status and words of a fault. What nobody foresaw is told by a number only, under which the log has it."""
    if isinstance(fault, ImportExportError) and fault.http_status < 500:
        return fault.http_status, str(fault)
    if isinstance(fault, JobBusy):
        return fault.http_status, f"Just now {fault}. Nothing was done; try again in a moment."
    if isinstance(fault, ArchiveUnavailable):
        # Its words tell the address of the place.
        log.warning("%s: %s", type(fault).__name__, fault)
        return (
            fault.http_status,
            "The place where the files are kept does not answer just now, or a file there is being made anew. "
            "Nothing was done; try again in a moment.",
        )
    if isinstance(fault, TransientError):
        log.warning("%s: %s", type(fault).__name__, fault)
        return (
            fault.http_status,
            "The database is busy or away just now. Nothing was done; try again in a moment.",
        )
    number = uuid.uuid4().hex[:8]
    log.error("fault %s", number, exc_info=fault)
    if isinstance(fault, ArchiveRefused):
        return (
            fault.http_status,
            "The place where the files are kept refuses them until somebody acts; "
            f"your administrator finds what to do in the log under number {number}.",
        )
    return 500, f"A fault of the program; your administrator finds it in the log under number {number}."


def answered(
    request: Request, status: int, error: str, details: Any = None, headers: dict[str, str] | None = None
) -> Response:
    """A refusal for a program, or a page for a person who opened one."""
    page: Callable[[Request, int, str], Response] | None = getattr(request.app.state, "error_page", None)
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    by_script = "hx-request" in request.headers or not request.headers.get("accept", "").startswith(
        "text/html"
    )
    if page is None or by_script or path.startswith("/api/"):
        return refusal(status, error, details, headers)
    return page(request, status, error)


async def _ours(request: Request, fault: Exception) -> Response:
    status, told = fault_parts(fault)
    headers = {"retry-after": _WAIT_SECONDS} if isinstance(fault, TransientError) else None
    details = (
        {"warnings": [each.text() for each in fault.warnings]} if isinstance(fault, NoDataFiles) else None
    )
    return answered(request, status, told, details, headers)


async def _wrong_request(request: Request, fault: Exception) -> Response:
    errors = fault.errors() if isinstance(fault, RequestValidationError) else []
    told = "; ".join(
        f"{'.'.join(str(part) for part in error['loc'][1:]) or 'body'}: {error['msg']}" for error in errors
    )
    details = [{"where": list(error["loc"]), "what": error["msg"]} for error in errors]
    return answered(request, 422, f"The request is not as it must be: {told}", jsonable_encoder(details))


async def _http(request: Request, fault: Exception) -> Response:
    if not isinstance(fault, HTTPException):
        raise fault
    return answered(request, fault.status_code, str(fault.detail), headers=dict(fault.headers or {}))


async def _gone(request: Request, fault: Exception) -> JSONResponse:
    log.info("the sender of %s went away in the middle of it; nothing of it is kept", request.url.path)
    return refusal(499, "The sender went away.")
