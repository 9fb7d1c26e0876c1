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
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import google.auth.exceptions
import googleapiclient.discovery_cache
import httplib2
from airflow.exceptions import AirflowException
from airflow.providers.google.suite.hooks.drive import GoogleDriveHook
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build_from_document
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaFileUpload, build_http

from import_export.archive.drive_errors import NOT_FOUND, as_fault, is_passing, retry_after, status_of
from import_export.errors import ArchiveRefused, ArchiveUnavailable

log = logging.getLogger(__name__)

TRIES = 6
TIMEOUT_SECONDS = 120
"""For one step on the wire; a whole chunk must be through in this time."""
CHUNK_BYTES = 8 << 20
"""A multiple of 256 KiB, as Drive wants it."""
LONGEST_WAIT_SECONDS = 120
"""Whoever asks for more gets the file later: Airflow tries the task again."""

_NETWORK = (OSError, http.client.HTTPException, httplib2.HttpLib2Error, google.auth.exceptions.TransportError)
_BAD_CONNECTION = (AirflowException, KeyError, ValueError, OSError, google.auth.exceptions.GoogleAuthError)
_SESSION_LOST = frozenset({NOT_FOUND, 410})

Result = TypeVar("Result")


class DriveHook(GoogleDriveHook):
    """The provider's hook, for connection and credentials. Two extras of the connection are ours.

    `with_subject`: the person in whose name a service account acts (domain-wide delegation).
    `api_root`: another address than Google's, for a stand-in. It is set in the discovery document, because the client's
    own `api_endpoint` leaves the uploads at Google's address.
    """

    def __init__(self, conn_id: str, timeout: float) -> None:
        super().__init__(gcp_conn_id=conn_id)
        self._timeout = timeout

    def get_credentials(self) -> Any:
        """The connection's credentials, in the name of `with_subject` where there is one."""
        credentials = super().get_credentials()
        if not (subject := self._get_field("with_subject", None)):
            return credentials
        if not hasattr(credentials, "with_subject"):
            raise ValueError("with_subject needs the key of a service account")
        return credentials.with_subject(subject)

    @cached_property
    def account(self) -> str:
        """The address with which folders are shared."""
        subject = self._get_field("with_subject", None)
        return str(
            subject
            or getattr(self.get_credentials(), "service_account_email", None)
            or "the connection's account"
        )

    @cached_property
    def http(self) -> AuthorizedHttp:
        """The connection to Google, kept open. A token that is refused is renewed once."""
        plain = build_http()
        plain.timeout = self._timeout
        return AuthorizedHttp(self.get_credentials(), http=plain, max_refresh_attempts=1)

    @cached_property
    def _service(self) -> Any:
        folder = Path(googleapiclient.discovery_cache.__file__).parent / "documents"
        document = json.loads((folder / "drive.v3.json").read_text(encoding="utf-8"))
        if root := self._get_field("api_root", None):
            document["rootUrl"] = root.rstrip("/") + "/"
            document["baseUrl"] = document["rootUrl"] + document["servicePath"]
            document.pop("mtlsRootUrl", None)
        return build_from_document(document, http=self.http)

    def get_conn(self) -> Any:
        """Drive's v3 service."""
        return self._service


class WholeBytesUpload(MediaFileUpload):
    """A file to upload in chunks that are handed over as bytes.

    With a stream the client sends a repeated chunk empty and hangs, because the stream was read to its end before.
    """

    def has_stream(self) -> bool:
        """Never a stream."""
        return False


class DriveCalls:
    """Runs calls of the client, repeating those that may succeed later."""

    def __init__(self, conn_id: str, sleep: Callable[[float], None], timeout: float) -> None:
        """`sleep` waits for some seconds; nothing is connected before the first call."""
        self._conn_id = conn_id
        self._sleep = sleep
        self._timeout = timeout
        self._tries = TRIES

    @property
    def account(self) -> str:
        """The address with which folders are shared."""
        return self._hook.account

    @cached_property
    def files(self) -> Any:
        """The methods of Drive's files; to make them costs more than to call them."""
        return self._hook.get_conn().files()

    @property
    def drives(self) -> Any:
        """The methods of shared drives."""
        return self._hook.get_conn().drives()

    def call(self, request: Any) -> dict[str, Any]:
        """Execute a request; raises `ArchiveRefused` or `ArchiveUnavailable`."""
        found: dict[str, Any] = self._repeated(request.execute)
        return found

    def call_unless_missing(self, request: Any) -> dict[str, Any] | None:
        """The same for something that may not be there: None for 404."""
        try:
            return self.call(request)
        except ArchiveRefused as refused:
            if status_of(refused) == NOT_FOUND:
                return None
            raise

    def upload(self, make_request: Callable[[], Any]) -> dict[str, Any]:
        """Upload in chunks, going on where the server is after a break; a lost session is begun anew."""
        for _ in range(TRIES):
            request = make_request()
            body: dict[str, Any] | None = None
            try:
                while body is None:
                    _, body = self._repeated(request.next_chunk, upload=request)
            except _SessionLost:
                log.info("Google Drive has forgotten the upload; beginning anew")
            else:
                self._tries = TRIES
                return body
        raise ArchiveUnavailable(f"Google Drive forgot the upload {TRIES} times")

    @cached_property
    def _hook(self) -> DriveHook:
        try:
            hook = DriveHook(self._conn_id, self._timeout)
            log.info("Google Drive: as %s", hook.account)
        except _BAD_CONNECTION as error:
            raise ArchiveRefused(
                f"the Airflow connection {self._conn_id} does not give a Google account: {error}; "
                "put the key of a service account there, as Keyfile JSON"
            ) from error
        return hook

    def _repeated(self, step: Callable[[], Result], upload: Any = None) -> Result:
        """Run a step until it succeeds. An upload's tries are counted from the last byte that came further."""
        attempt, reached = 0, _reached(upload)
        while True:
            try:
                return step()
            except HttpError as error:
                if upload is not None and upload.resumable_uri and error.resp.status in _SESSION_LOST:
                    raise _SessionLost from error
                if not is_passing(error):
                    raise as_fault(error, self.account) from error
                fault, wait = as_fault(error, self.account), retry_after(error)
                cause: Exception = error
            except google.auth.exceptions.RefreshError as error:
                if not error.retryable:
                    raise ArchiveRefused(
                        f"Google does not accept the key of {self.account} ({error.args[0] if error.args else error}); "
                        "make a new one and put it into the Airflow connection"
                    ) from error
                fault, wait, cause = ArchiveUnavailable("Google gives no token at the moment"), 0.0, error
            except _NETWORK as error:
                # httplib2 keeps a connection whose sending broke off, and would read what is left there as the next answer.
                self._hook.http.close()
                fault = ArchiveUnavailable(f"Google Drive cannot be reached: {error or type(error).__name__}")
                wait, cause = 0.0, error
            came_further = _reached(upload) > reached
            attempt, reached = (1 if came_further else attempt + 1), _reached(upload)
            if attempt >= self._tries or wait > LONGEST_WAIT_SECONDS:
                # The next file tries once only, until one is uploaded: a lane must not wait anew for each of its files.
                self._tries = 1
                raise fault from cause
            log.info("%s; trying again", fault)
            growing = min(2**attempt, 32) * (0.5 + random.random() / 2)  # noqa: S311 - spreads the lanes' retries
            self._sleep(max(wait, growing))


def _reached(upload: Any) -> int:
    """How many bytes of an upload the server is known to have."""
    return 0 if upload is None else int(upload.resumable_progress)


class _SessionLost(Exception):
    """The server does not know the resumable upload any more."""
