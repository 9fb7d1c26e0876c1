"""An archive in Google Drive: a folder of its own, one file a job, found again instead of doubled."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from import_export.archive.drive_client import CHUNK_BYTES, DriveCalls, DriveHook, WholeBytesUpload
from import_export.archive.protocol import Archived, ArchiveItem
from import_export.errors import ArchiveUnavailable

FOLDER = "distributor_file"
EXPORTS_FOLDER = "exports"
_FOLDER_TYPE = "application/vnd.google-apps.folder"
_TYPES = {
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".zip": "application/zip",
    ".pdf": "application/pdf",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_FIELDS = "id, name, md5Checksum, webViewLink, trashed, appProperties"


class DriveArchive:
    """Keeps files in Drive; works for folders of shared drives, too."""

    def __init__(
        self,
        conn_id: str,
        folder_id: str,
        *,
        name: str = FOLDER,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`folder_id`: the folder that holds the archive's own, called `name`; empty for the account's root."""
        self._hook = DriveHook(gcp_conn_id=conn_id)
        self._name = name
        self._parent = folder_id or "root"
        self._calls = DriveCalls(sleep)

    def reserve_id(self) -> str:
        """An id that Drive has set aside for a file to come."""
        found = self._calls.call(self._files.generateIds(count=1, space="drive"))
        return str(found["ids"][0])

    def store(self, item: ArchiveItem) -> Archived:
        """Upload a file, or find that it is there already: by its id, or by the job that it carries."""
        md5 = _md5(item.path)
        known = self._by_id(item.reserved_id)
        if known is not None and known.get("trashed"):
            # Somebody threw it away; its id cannot be used for another file.
            item, known = replace(item, reserved_id=None), None
        known = known or self._by_job(item)
        if known is None or known.get("md5Checksum") != md5:
            known = self._upload(item, known)
        if known.get("md5Checksum") != md5:
            raise ArchiveUnavailable(f"{item.name}: Drive's checksum differs from the file's")
        return Archived(url=str(known.get("webViewLink") or ""), file_id=str(known["id"]))

    @cached_property
    def _files(self) -> Any:
        return self._hook.get_conn().files()

    @cached_property
    def _folder(self) -> str:
        """The id of the archive's own folder, made when it is missing.

        Several lanes may make it at the same moment: all look again, the oldest one stays, and who made another one
        that is still empty removes it.
        """
        found = self._folders()
        if not found:
            body = {"name": self._name, "mimeType": _FOLDER_TYPE, "parents": [self._parent]}
            made = self._calls.call(self._files.create(body=body, fields="id", supportsAllDrives=True))["id"]
            found = self._folders()
            if found and found[0] != made:
                self._calls.call(self._files.delete(fileId=made, supportsAllDrives=True))
            found = found or [made]
        return found[0]

    def _folders(self) -> list[str]:
        query = f"name = {_quoted(self._name)} and mimeType = {_quoted(_FOLDER_TYPE)} and {_quoted(self._parent)} in parents"
        return [each["id"] for each in self._list(f"{query} and trashed = false", order="createdTime,name")]

    def _list(self, query: str, order: str | None = None) -> list[dict[str, Any]]:
        request = self._files.list(
            q=query,
            orderBy=order,
            spaces="drive",
            fields=f"files({_FIELDS})",
            includeItemsFromAllDrives=True,
            supportsAllDrives=True,
        )
        files: list[dict[str, Any]] = self._calls.call(request).get("files", [])
        return files

    def _by_id(self, file_id: str | None) -> dict[str, Any] | None:
        if file_id is None:
            return None
        request = self._files.get(fileId=file_id, fields=_FIELDS, supportsAllDrives=True)
        return self._calls.call_unless_missing(request)

    def _by_job(self, item: ArchiveItem) -> dict[str, Any] | None:
        job = f"appProperties has {{ key='import_export_job' and value='{item.job_id}' }}"
        batch = f"appProperties has {{ key='import_export_batch' and value={_quoted(item.batch_id)} }}"
        return next(iter(self._list(f"{job} and {batch} and trashed = false")), None)

    def _upload(self, item: ArchiveItem, known: dict[str, Any] | None) -> dict[str, Any]:
        body: dict[str, Any] = {
            # A folder for each place would be more calls than files; the place goes before the name.
            "name": f"{item.folder} - {item.name}" if item.folder else item.name,
            "description": item.description,
            "appProperties": {
                "import_export_job": str(item.job_id),
                "import_export_batch": item.batch_id,
                "import_export_sha256": item.sha256,
            },
        }
        mime = _TYPES.get(Path(item.name).suffix.lower(), "application/octet-stream")
        if known is None:
            body["parents"] = [self._folder]
            if item.reserved_id is not None:
                body["id"] = item.reserved_id

        def request() -> Any:
            media = WholeBytesUpload(str(item.path), mimetype=mime, chunksize=CHUNK_BYTES, resumable=True)
            if known is None:
                return self._files.create(body=body, media_body=media, fields=_FIELDS, supportsAllDrives=True)
            return self._files.update(
                fileId=known["id"], body=body, media_body=media, fields=_FIELDS, supportsAllDrives=True
            )

        return self._calls.upload(request)


def _quoted(text: str) -> str:
    """A text in Drive's query language."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
