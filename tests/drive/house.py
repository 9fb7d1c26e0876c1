"""What the tests of the Drive archive share: its types, and looks at what the stand-in holds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from devtools.drive_stand_in.server import StandIn
from devtools.drive_stand_in.storage import FOLDER
from import_export.archive.drive import DriveArchive
from import_export.archive.protocol import ArchiveItem

CONN_ID = "google_cloud_default"

MakeItem = Callable[..., ArchiveItem]
MakeArchive = Callable[..., DriveArchive]


def stored(drive: StandIn) -> list[dict[str, Any]]:
    """All files, without those in the trash."""
    return [file for file in drive.storage.files.values() if "md5Checksum" in file and not file["trashed"]]


def folders(drive: StandIn) -> list[str]:
    """The folders that are not in the trash, by their paths below the drive, the account's root or a shared folder."""
    found = [
        file for file in drive.storage.files.values() if file["mimeType"] == FOLDER and not file["trashed"]
    ]
    return sorted(path for file in found if (path := path_of(drive, file)))


def path_of(drive: StandIn, file: dict[str, Any]) -> str:
    """Where something lies, as `0112/2026/03/sales.csv`."""
    above = drive.storage.files.get(next(iter(file["parents"]), ""))
    if not file["parents"]:
        return ""
    return f"{path_of(drive, above)}/{file['name']}".lstrip("/") if above else str(file["name"])


def content(drive: StandIn) -> bytes:
    """The bytes of the one file that is there; fails when there are more, or when they are not what its MD5 says."""
    [file] = stored(drive)
    found = drive.storage.contents[file["id"]]
    assert file["md5Checksum"] == hashlib.md5(found).hexdigest()
    return found


def count(drive: StandIn, request: str) -> int:
    """How many requests began so."""
    return sum(each.startswith(request) for each in drive.storage.requests)
