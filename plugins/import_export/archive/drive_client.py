"""Google Drive's client as we need it: credentials by the provider's hook, calls repeated with growing waits.

The hook's own `upload_file` and the provider's operator are not used: run twice they make two files, and they
neither verify checksums nor go on with a broken upload.
"""

from __future__ import annotations

import http.client
import json
import logging
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import google.auth.exceptions
import googleapiclient.discovery_cache
import httplib2
from airflow.providers.google.suite.hooks.drive import GoogleDriveHook
from googleapiclient.discovery import build_from_document
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaFileUpload

from import_export.archive.drive_errors import as_fault, is_passing
from import_export.errors import ArchiveRefused, ArchiveUnavailable

log = logging.getLogger(__name__)

TRIES = 6
CHUNK_BYTES = 8 << 20
"""A multiple of 256 KiB, as Drive wants it."""

_NETWORK = (OSError, http.client.HTTPException, httplib2.HttpLib2Error, google.auth.exceptions.TransportError)
_SESSION_LOST = frozenset({404, 410})

Result = TypeVar("Result")


class DriveHook(GoogleDriveHook):
    """The provider's hook, for connection and credentials.

    The extra `api_root` of the connection names another address than Google's, for a stand-in. It is set in the
    discovery document: the client's own `api_endpoint` leaves the uploads at Google's address.
    """

    _conn: Any = None

    def get_conn(self) -> Any:
        """Drive's v3 service."""
        if self._conn is None:
            folder = Path(googleapiclient.discovery_cache.__file__).parent / "documents"
            document = json.loads((folder / "drive.v3.json").read_text(encoding="utf-8"))
            if root := self._get_field("api_root", None):
                document["rootUrl"] = root.rstrip("/") + "/"
                document["baseUrl"] = document["rootUrl"] + document["servicePath"]
                document.pop("mtlsRootUrl", None)
            self._conn = build_from_document(document, http=self._authorize())
        return self._conn


class WholeBytesUpload(MediaFileUpload):
    """A file to upload in chunks that are handed over as bytes.

    With a stream the client sends a repeated chunk empty and hangs, because the stream was read to its end before.
    """

    def has_stream(self) -> bool:
        """Never a stream."""
        return False


class DriveCalls:
    """Runs calls of the client, repeating those that may succeed later."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._sleep = sleep

    def call(self, request: Any) -> dict[str, Any]:
        """Execute a request; raises `ArchiveRefused` or `ArchiveUnavailable`."""
        found: dict[str, Any] = self._repeated(request.execute)
        return found

    def call_unless_missing(self, request: Any) -> dict[str, Any] | None:
        """The same for something that may not be there: None for 404."""
        try:
            return self.call(request)
        except ArchiveRefused as refused:
            if (
                isinstance(refused.__cause__, HttpError)
                and refused.__cause__.resp.status == http.client.NOT_FOUND
            ):
                return None
            raise

    def upload(self, make_request: Callable[[], Any]) -> dict[str, Any]:
        """Upload in chunks, going on where the server is after a break; a lost session is begun anew."""
        request = make_request()
        body: dict[str, Any] | None = None
        while body is None:
            try:
                _, body = self._repeated(request.next_chunk, lost=request)
            except _SessionLost:
                log.info("Google Drive has forgotten the upload; beginning anew")
                request = make_request()
        return body

    def _repeated(self, step: Callable[[], Result], lost: Any = None) -> Result:
        for attempt in range(1, TRIES + 1):
            try:
                return step()
            except HttpError as error:
                began = lost is not None and lost.resumable_uri is not None
                if began and error.resp.status in _SESSION_LOST:
                    raise _SessionLost from error
                if not is_passing(error) or attempt == TRIES:
                    raise as_fault(error) from error
                log.info("Google Drive: %s, trying again", error.resp.status)
            except google.auth.exceptions.RefreshError as error:
                raise ArchiveRefused(
                    f"Google does not accept the account's key: {error.args[0] if error.args else error}; "
                    "make a new one and put it into the Airflow connection"
                ) from error
            except _NETWORK as error:
                if attempt == TRIES:
                    raise ArchiveUnavailable(f"Google Drive cannot be reached: {error}") from error
                log.info("Google Drive: %s, trying again", error)
            self._sleep(min(2**attempt, 32) * (0.5 + random.random() / 2))  # noqa: S311 - spreads the lanes' retries
        raise AssertionError("the last try returns or raises")


class _SessionLost(Exception):
    """The server does not know the resumable upload any more."""
