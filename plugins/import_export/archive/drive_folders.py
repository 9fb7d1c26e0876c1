"""The archive's folders in Google Drive: found by id or name, made when they are missing, and made once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from import_export.archive.drive_client import DriveCalls
from import_export.errors import ArchiveRefused

log = logging.getLogger(__name__)

FOLDER_TYPE = "application/vnd.google-apps.folder"
_FIELDS = "id, name, mimeType, createdTime, driveId, parents, trashed, capabilities(canAddChildren)"


@dataclass(frozen=True, slots=True)
class Root:
    """The folder that is the archive."""

    id: str
    name: str
    drive_id: str | None
    """The shared drive it is on; None for somebody's My Drive."""


class DriveFolders:
    """Finds and makes folders; what was found is remembered."""

    def __init__(self, calls: DriveCalls, folder_id: str, name: str) -> None:
        """`folder_id`: the archive's folder or shared drive; empty: the folder called `name`, wherever it is."""
        self._calls = calls
        self._folder_id = folder_id
        self._name = name
        self._known: dict[str, str] = {}

    @cached_property
    def root(self) -> Root:
        """The archive's own folder; raises `ArchiveRefused` when nothing can be kept there."""
        found = self._by_id() if self._folder_id else self._by_name()
        where = f"{found['name']} ({found['id']})"
        if found["mimeType"] != FOLDER_TYPE:
            raise ArchiveRefused(
                f"Google Drive: {where} is not a folder; put a folder's id into the settings"
            )
        if found["trashed"]:
            raise ArchiveRefused(f"Google Drive: the folder {where} is in the trash; take it out again")
        if not found["capabilities"]["canAddChildren"]:
            raise ArchiveRefused(
                f"Google Drive: {self._calls.account} may not write to the folder {where}; "
                "give it the role of a content manager (or editor) there"
            )
        return Root(found["id"], found["name"], found.get("driveId"))

    def folder(self, path: str) -> str:
        """The id of `a/b` below the root; empty: of the root."""
        if not path:
            return self.root.id
        known = self._known.get(path)
        if known is None:
            above, _, name = path.rpartition("/")
            known = self._known[path] = self._child(self.folder(above), name)["id"]
        return known

    def listed(self, query: str, **options: Any) -> Iterator[dict[str, Any]]:
        """What a query finds, page by page; on the archive's shared drive where it is on one."""
        if "corpora" not in options and self.root.drive_id is not None:
            options |= {"corpora": "drive", "driveId": self.root.drive_id}
        token = None
        while True:
            request = self._calls.files.list(
                q=f"{query} and trashed = false",
                spaces="drive",
                pageToken=token,
                includeItemsFromAllDrives=True,
                supportsAllDrives=True,
                **{"fields": f"nextPageToken, files({_FIELDS})", **options},
            )
            found = self._calls.call(request)
            yield from found.get("files", [])
            token = found.get("nextPageToken")
            if token is None:
                return

    def throw_away(self, file_id: str) -> bool:
        """Put something into the trash; whether the account may. A content manager may not delete for good."""
        request = self._calls.files.update(
            fileId=file_id, body={"trashed": True}, fields="id", supportsAllDrives=True
        )
        try:
            self._calls.call(request)
        except ArchiveRefused as refused:
            log.warning("%s stays in Google Drive: %s", file_id, refused)
            return False
        return True

    def _by_id(self) -> dict[str, Any]:
        request = self._calls.files.get(fileId=self._folder_id, fields=_FIELDS, supportsAllDrives=True)
        found = self._calls.call_unless_missing(request)
        if found is None:
            raise ArchiveRefused(
                f"Google Drive: {self._calls.account} does not see the folder or shared drive {self._folder_id}; "
                f"check the id in the settings, and share it with {self._calls.account}"
            )
        return found

    def _by_name(self) -> dict[str, Any]:
        """The folder of that name, on whatever drive the account sees it."""
        query = f"name = {quoted(self._name)} and mimeType = {quoted(FOLDER_TYPE)}"
        found = sorted(self.listed(query, corpora="allDrives"), key=_age)
        if len({tuple(each.get("parents", ())) for each in found}) > 1:
            ids = ", ".join(each["id"] for each in found)
            raise ArchiveRefused(
                f"Google Drive: {self._calls.account} sees several folders named {self._name}; "
                f"put the id of the right one into the settings: {ids}"
            )
        return found[0] if found else self._made("root", self._name, query)

    def _child(self, parent: str, name: str) -> dict[str, Any]:
        query = f"name = {quoted(name)} and mimeType = {quoted(FOLDER_TYPE)} and {quoted(parent)} in parents"
        found = sorted(self.listed(query), key=_age)
        return found[0] if found else self._made(parent, name, query)

    def _made(self, parent: str, name: str, query: str) -> dict[str, Any]:
        """A new folder. Several lanes may make it at the same moment, and Drive takes them all.

        So all look again: the oldest one stays, and who made another one that is still empty throws it away.
        """
        corpora = {"corpora": "allDrives"} if parent == "root" else {}
        body = {"name": name, "mimeType": FOLDER_TYPE, "parents": [parent]}
        request = self._calls.files.create(body=body, fields=_FIELDS, supportsAllDrives=True)
        made = self._calls.call(request)
        # A list may lag behind: what was made is there, whether it is listed or not.
        found = {each["id"]: each for each in self.listed(query, **corpora)} | {made["id"]: made}
        oldest = min(found.values(), key=_age)
        if oldest["id"] != made["id"] and not any(
            self.listed(f"{quoted(made['id'])} in parents", pageSize=1, **corpora)
        ):
            self.throw_away(made["id"])
        return oldest


def _age(file: dict[str, Any]) -> tuple[str, str]:
    """What sorts the oldest first, and is the same for every lane."""
    return file["createdTime"], file["id"]


def quoted(text: str) -> str:
    """A text in Drive's query language."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
