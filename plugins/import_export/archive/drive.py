"""An archive in Google Drive: a folder of its own, one file a job, found again instead of doubled."""

from __future__ import annotations

import hashlib
import tempfile
import time
import uuid
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from import_export.archive.drive_client import (
    CHUNK_BYTES,
    TIMEOUT_SECONDS,
    DriveCalls,
    WholeBytesUpload,
)
from import_export.archive.drive_errors import CONFLICT, status_of
from import_export.archive.drive_folders import DriveFolders, Root, quoted
from import_export.archive.places import folder_of
from import_export.archive.protocol import Archived, ArchiveItem
from import_export.errors import ArchiveRefused, ArchiveUnavailable
from import_export.folder_patterns import FOLDERS, FolderPattern

FOLDER = "distributor_file"
EXPORTS_FOLDER = "exports"
IDS_AT_ONCE = 100
"""How many ids are set aside by one call; those that are not used cost nothing."""
_TYPES = {
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".zip": "application/zip",
    ".pdf": "application/pdf",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_FIELDS = "id, md5Checksum, webViewLink, trashed"


class DriveArchive:
    """Keeps files in Drive; works for folders of shared drives, too. For one thread."""

    def __init__(
        self,
        conn_id: str,
        folder_id: str,
        *,
        name: str = FOLDER,
        folders: FolderPattern = FOLDERS,
        chunk_bytes: int = CHUNK_BYTES,
        timeout: float = TIMEOUT_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`folder_id`: the archive's folder or shared drive; empty: the folder called `name`, wherever it is."""
        self._calls = DriveCalls(conn_id, sleep, timeout)
        self._folders = DriveFolders(self._calls, folder_id, name)
        self._pattern = folders
        self._chunk_bytes = chunk_bytes
        self._beside = ThreadPoolExecutor(1, "drive-md5")
        self._ids: deque[str] = deque()
        self._fresh: set[str] = set()

    def check(self) -> str:
        """Find the folder, keep a small file twice and then with other bytes, and put it into the trash."""
        root, batch, reserved = self._folders.root, f"check {uuid.uuid4()}", self.reserve_id()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "import_export check.txt"
            kept = set()
            for octets in (b"import_export", b"import_export", b"other bytes"):
                path.write_bytes(octets)
                item = ArchiveItem(
                    path=path,
                    name=path.name,
                    batch_id=batch,
                    job_id=0,
                    dist_id=None,
                    sha256=hashlib.sha256(octets).hexdigest(),
                    size=len(octets),
                    received_at=datetime.now(UTC),
                    description="whether the archive can be used",
                    reserved_id=reserved,
                    folder="",
                )
                kept.add(self.store(item).file_id)
        thrown_away = {self._folders.throw_away(str(each)) for each in kept}
        if len(kept) > 1:
            raise ArchiveUnavailable("Google Drive: a file that was kept twice became two")
        told = f"Google Drive: {self._calls.account} can write to {self._described(root)}"
        return told if thrown_away == {True} else f"{told}, but cannot throw away: make it a content manager"

    def reserve_id(self) -> str:
        """An id that Drive has set aside for a file to come."""
        if not self._ids:
            request = self._calls.files.generateIds(count=IDS_AT_ONCE, space="drive")
            self._ids.extend(self._calls.call(request)["ids"])
        reserved = self._ids.popleft()
        self._fresh.add(reserved)
        return reserved

    def store(self, item: ArchiveItem) -> Archived:
        """Upload a file, or find that it is there already: by its id, or by the job that it carries."""
        # Beside the upload: while Drive takes the bytes, there is nothing else to do.
        md5 = self._beside.submit(_md5, item.path)
        known = None
        if item.reserved_id in self._fresh:
            # It was set aside a moment ago, so there is nothing to be found: two calls less for each file.
            self._fresh.remove(item.reserved_id)
        else:
            item, known = self._found(item)
        if known is None or known.get("md5Checksum") != md5.result():
            known = self._upload(item, known)
        if known.get("md5Checksum") != md5.result():
            raise ArchiveUnavailable(f"{item.name}: Google Drive's checksum differs from the file's")
        if known.get("trashed"):
            raise ArchiveUnavailable(f"{item.name}: its folder was thrown away during the upload")
        return Archived(url=str(known.get("webViewLink") or ""), file_id=str(known["id"]))

    def _found(self, item: ArchiveItem) -> tuple[ArchiveItem, dict[str, Any] | None]:
        """The file of an earlier attempt, and the item without an id that cannot be used any more."""
        if item.reserved_id is not None:
            known = self._by_id(item.reserved_id)
            if known is not None and not known.get("trashed"):
                return item, known
            if known is not None:
                # Somebody threw it away; its id cannot be used for another file.
                item = replace(item, reserved_id=None)
        query = " and ".join(
            f"appProperties has {{ key={quoted(key)} and value={quoted(value)} }}"
            for key, value in _properties(item).items()
            if key != "import_export_sha256"
        )
        fields = f"nextPageToken, files({_FIELDS})"
        return item, next(self._folders.listed(query, orderBy="createdTime", fields=fields), None)

    def _by_id(self, file_id: str) -> dict[str, Any] | None:
        request = self._calls.files.get(fileId=file_id, fields=_FIELDS, supportsAllDrives=True)
        return self._calls.call_unless_missing(request)

    def _upload(self, item: ArchiveItem, known: dict[str, Any] | None) -> dict[str, Any]:
        body: dict[str, Any] = {
            "name": item.name,
            "description": item.description,
            "appProperties": _properties(item),
        }
        if known is None:
            body["parents"] = [self._folders.folder(folder_of(item, self._pattern))]
            if item.reserved_id is not None:
                body["id"] = item.reserved_id
        try:
            return self._uploaded(item.path, body, known)
        except ArchiveRefused as refused:
            # A worker that was given up for dead has finished the same upload meanwhile.
            if status_of(refused) == CONFLICT and known is None and item.reserved_id is not None:
                there = self._by_id(item.reserved_id)
                if there is not None:
                    return there if there.get("md5Checksum") == _md5(item.path) else self._upload(item, there)
            raise

    def _uploaded(self, path: Path, body: dict[str, Any], known: dict[str, Any] | None) -> dict[str, Any]:
        mime = _TYPES.get(Path(body["name"]).suffix.lower(), "application/octet-stream")
        files = self._calls.files
        how = {"body": body, "fields": _FIELDS, "supportsAllDrives": True}

        def request() -> Any:
            media = WholeBytesUpload(str(path), mimetype=mime, chunksize=self._chunk_bytes, resumable=True)
            if known is None:
                return files.create(media_body=media, **how)
            return files.update(fileId=known["id"], media_body=media, **how)

        return self._calls.upload(request)

    def _described(self, root: Root) -> str:
        if root.drive_id is None:
            return f"the folder {root.name} ({root.id}), which is in a My Drive"
        request = self._calls.drives.get(driveId=root.drive_id, fields="name")
        drive = self._calls.call(request)["name"]
        folder = "" if root.id == root.drive_id else f", folder {root.name} ({root.id})"
        return f"the shared drive {drive}{folder}"


def _properties(item: ArchiveItem) -> dict[str, str]:
    return {
        "import_export_job": str(item.job_id),
        "import_export_batch": item.batch_id,
        "import_export_sha256": item.sha256,
    }


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
