"""An archive in a folder or a bucket: `/srv/archive`, `file://`, `s3://`, `gs://`, `abfs://`."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from import_export.archive.buckets import Bucket
from import_export.archive.protocol import Archived, ArchiveItem
from import_export.errors import ArchiveRefused, ArchiveUnavailable
from import_export.settings import local_path

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]+')
_CHUNK = 1 << 20


class ObjectStorageArchive:
    """Keeps files as `ROOT/DISTRIBUTOR/YYYY/MM/JOB_NAME`; the job's number makes the path an id.

    Those with a folder of their own are `ROOT/FOLDER/NAME`, and replaced when they are made again.
    """

    def __init__(self, root: str) -> None:
        self._root = local_path(root) or Bucket(root)

    def reserve_id(self) -> None:
        """Paths are ids enough."""

    def store(self, item: ArchiveItem) -> Archived:
        """Keep a file; one that is there already with the same bytes is left as it is."""
        name = _place(item)
        if isinstance(self._root, Bucket):
            _store_object(self._root, name, item)
            return Archived(url=self._root.place(name), file_id=None)
        target = self._root / name
        try:
            _store_file(target, item)
        except PermissionError as fault:
            raise ArchiveRefused(
                f"{target}: no permission to write there; give it to the worker's user"
            ) from fault
        except OSError as fault:
            raise ArchiveUnavailable(f"{target}: {fault}") from fault
        return Archived(url=str(target), file_id=None)


def _place(item: ArchiveItem) -> str:
    if item.folder is not None:
        return f"{item.folder}/{item.name}"
    folder = f"{safe_name(item.dist_id or 'no-distributor')}/{item.received_at:%Y/%m}"
    return f"{folder}/{item.job_id}_{safe_name(item.name)}"


def _store_file(target: Path, item: ArchiveItem) -> None:
    if _holds_file(target, item):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    # A rename shows the file whole or not at all.
    part = target.with_name(f".{target.name}.part")
    with item.path.open("rb") as source, part.open("wb") as copy:
        shutil.copyfileobj(source, copy, _CHUNK)
    part.rename(target)
    if not _holds_file(target, item):
        raise _differs(str(target))


def _store_object(root: Bucket, name: str, item: ArchiveItem) -> None:
    if _holds_object(root, name, item):
        return
    root.put(item.path, name)
    if not _holds_object(root, name, item):
        raise _differs(root.place(name))


def _differs(place: str) -> ArchiveUnavailable:
    return ArchiveUnavailable(f"{place}: what was stored differs from what was sent")


def _holds_file(target: Path, item: ArchiveItem) -> bool:
    """Whether the target has the item's bytes. Size first: the hash reads the whole file."""
    return target.exists() and target.stat().st_size == item.size and _sha256(_pieces(target)) == item.sha256


def _holds_object(root: Bucket, name: str, item: ArchiveItem) -> bool:
    found = root.look(name)
    return found is not None and found.size == item.size and _sha256(root.read(name)) == item.sha256


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            yield piece


def _sha256(pieces: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def safe_name(name: str) -> str:
    """A name that is one path component everywhere, also on Windows.

    >>> safe_name("../a:b.csv")
    '.._a_b.csv'
    >>> safe_name("..")
    '_'
    """
    cleaned = _UNSAFE.sub("_", name).strip(" ")[-150:]
    return cleaned if cleaned.strip(".") else "_"
