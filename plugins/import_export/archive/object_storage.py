"""An archive in a folder or a bucket: `/srv/archive`, `file://`, `s3://`, … through Airflow's ObjectStoragePath."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airflow.sdk import ObjectStoragePath

from import_export.archive.places import folder_of, safe_name
from import_export.archive.protocol import Archived, ArchiveItem
from import_export.errors import ArchiveRefused, ArchiveUnavailable
from import_export.folder_patterns import FOLDERS, FolderPattern

_CHUNK = 1 << 20


class ObjectStorageArchive:
    """Keeps files as `ROOT/FOLDERS/JOB_NAME`, FOLDERS by a pattern; the job's number makes the path an id.

    Those with a folder of their own are `ROOT/FOLDER/NAME`, and replaced when they are made again.
    """

    def __init__(self, root: str, folders: FolderPattern = FOLDERS) -> None:
        self._root = ObjectStoragePath(root)
        self._folders = folders

    def check(self) -> str:
        """Write a small file, read it again, and remove it."""
        target = self._root / f".import_export-check-{uuid.uuid4().hex}"
        with _told(target):
            self._root.mkdir(parents=True, exist_ok=True)
            target.write_bytes(b"import_export")
            found = target.read_bytes()
            target.unlink()
        if found != b"import_export":
            raise ArchiveUnavailable(f"{target}: what was stored differs from what was sent")
        return f"object storage: {self._root} can be written to"

    def reserve_id(self) -> None:
        """Paths are ids enough."""

    def store(self, item: ArchiveItem) -> Archived:
        """Keep a file; one that is there already with the same bytes is left as it is."""
        folder, target = self._place(item)
        with _told(target):
            if not _holds(target, item):
                self._write(folder, target, item)
                if not _holds(target, item):
                    raise ArchiveUnavailable(f"{target}: what was stored differs from what was sent")
        return Archived(url=str(target), file_id=None)

    def _place(self, item: ArchiveItem) -> tuple[Any, Any]:
        folder = self._root / folder_of(item, self._folders)
        if item.folder is not None:
            return folder, folder / item.name
        return folder, folder / f"{item.job_id}_{safe_name(item.name)}"

    def _write(self, folder: Any, target: Any, item: ArchiveItem) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if target.protocol in ("file", ""):
            # A rename shows the file whole or not at all; object stores do that by themselves when a write ends.
            part = folder / f".{target.name}.part"
            with item.path.open("rb") as source, part.open("wb") as copy:
                shutil.copyfileobj(source, copy, _CHUNK)
            part.rename(target)
            return
        with item.path.open("rb") as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, _CHUNK)


@contextmanager
def _told(place: Any) -> Iterator[None]:
    """What goes wrong at a place, as our faults."""
    try:
        yield
    except PermissionError as fault:
        raise ArchiveRefused(
            f"{place}: no permission to write there; give it to the worker's user"
        ) from fault
    except OSError as fault:
        raise ArchiveUnavailable(f"{place}: {fault}") from fault


def _holds(target: Any, item: ArchiveItem) -> bool:
    """Whether the target has the item's bytes. Size first: the hash reads the whole file."""
    if not target.exists() or target.stat().st_size != item.size:
        return False
    digest = hashlib.sha256()
    with target.open("rb") as stored:
        while chunk := stored.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest() == item.sha256
