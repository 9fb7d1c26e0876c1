"""An archive in a folder or a bucket: `/srv/archive`, `file://`, `s3://`, … through Airflow's ObjectStoragePath."""

from __future__ import annotations

import hashlib
import re
import shutil
from typing import Any

from airflow.sdk import ObjectStoragePath

from import_export.archive.protocol import Archived, ArchiveItem
from import_export.errors import ArchiveRefused, ArchiveUnavailable

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]+')
_CHUNK = 1 << 20


class ObjectStorageArchive:
    """Keeps files as `ROOT/DISTRIBUTOR/YYYY/MM/JOB_NAME`; the job's number makes the path an id.

    Those with a folder of their own are `ROOT/FOLDER/NAME`, and replaced when they are made again.
    """

    def __init__(self, root: str) -> None:
        self._root = ObjectStoragePath(root)

    def reserve_id(self) -> None:
        """Paths are ids enough."""

    def store(self, item: ArchiveItem) -> Archived:
        """Keep a file; one that is there already with the same bytes is left as it is."""
        folder, target = self._place(item)
        try:
            if not _holds(target, item):
                self._write(folder, target, item)
                if not _holds(target, item):
                    raise ArchiveUnavailable(f"{target}: what was stored differs from what was sent")
        except PermissionError as fault:
            raise ArchiveRefused(
                f"{target}: no permission to write there; give it to the worker's user"
            ) from fault
        except OSError as fault:
            raise ArchiveUnavailable(f"{target}: {fault}") from fault
        return Archived(url=str(target), file_id=None)

    def _place(self, item: ArchiveItem) -> tuple[Any, Any]:
        if item.folder is not None:
            return self._root / item.folder, self._root / item.folder / item.name
        folder = self._root / safe_name(item.dist_id or "no-distributor") / f"{item.received_at:%Y/%m}"
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


def _holds(target: Any, item: ArchiveItem) -> bool:
    """Whether the target has the item's bytes. Size first: the hash reads the whole file."""
    if not target.exists() or target.stat().st_size != item.size:
        return False
    digest = hashlib.sha256()
    with target.open("rb") as stored:
        while chunk := stored.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest() == item.sha256


def safe_name(name: str) -> str:
    """A name that is one path component everywhere, also on Windows.

    >>> safe_name("../a:b.csv")
    '.._a_b.csv'
    >>> safe_name("..")
    '_'
    """
    cleaned = _UNSAFE.sub("_", name).strip(" ")[-150:]
    return cleaned if cleaned.strip(".") else "_"
