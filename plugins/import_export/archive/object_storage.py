"""An archive in a folder or a bucket: `/srv/archive`, `file://`, `s3://`, … through Airflow's ObjectStoragePath."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from import_export.archive.buckets import Bucket
from import_export.archive.places import folder_of, safe_name
from import_export.archive.protocol import Archived, ArchiveItem
from import_export.errors import ArchiveRefused, ArchiveUnavailable
from import_export.failpoints import hit
from import_export.folder_patterns import FOLDERS, FolderPattern
from import_export.setting_values import local_path

_CHUNK = 1 << 20
_CHECK = b"import_export"


class ObjectStorageArchive:
    """Keeps files as `ROOT/FOLDERS/JOB_NAME`, the folders by a pattern; the job's number makes the path an id.

    Those with a folder of their own are `ROOT/FOLDER/NAME`, and replaced when they are made again.
    """

    def __init__(self, root: str, folders: FolderPattern = FOLDERS) -> None:
        self._root = local_path(root) or Bucket(root)
        self._folders = folders

    def check(self) -> str:
        """Write a small file, read it again, and remove it."""
        name = f".import_export-check-{uuid.uuid4().hex}"
        if isinstance(self._root, Bucket):
            self._root.write(_CHECK.decode(), name)
            found = b"".join(self._root.read(name))
            self._root.remove(name)
            where = self._root.uri
        else:
            target = self._root / name
            with _told(target):
                self._root.mkdir(parents=True, exist_ok=True)
                target.write_bytes(_CHECK)
                found = target.read_bytes()
                target.unlink()
            where = str(self._root)
        if found != _CHECK:
            raise _differs(f"{where}/{name}")
        return f"object storage: {where} can be written to"

    def reserve_id(self) -> None:
        """Paths are ids enough."""

    def store(self, item: ArchiveItem) -> Archived:
        """Keep a file; one that is there already with the same bytes is left as it is."""
        name = self._name(item)
        if isinstance(self._root, Bucket):
            _store_object(self._root, name, item)
            return Archived(url=self._root.place(name), file_id=None)
        target = self._root / name
        with _told(target):
            _store_file(target, item)
        return Archived(url=str(target), file_id=None)

    def _name(self, item: ArchiveItem) -> str:
        name = item.name if item.folder is not None else f"{item.job_id}_{safe_name(item.name)}"
        return "/".join(part for part in (folder_of(item, self._folders), name) if part)


@contextmanager
def _told(target: Path) -> Iterator[None]:
    """What goes wrong in a folder, as our faults."""
    try:
        yield
    except PermissionError as fault:
        raise ArchiveRefused(
            f"{target}: no permission to write there; give it to the worker's user"
        ) from fault
    except OSError as fault:
        raise ArchiveUnavailable(f"{target}: {fault}") from fault


def _store_file(target: Path, item: ArchiveItem) -> None:
    if _holds_file(target, item):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    # A rename shows the file whole or not at all.
    part = target.with_name(f".{target.name}.part")
    with item.path.open("rb") as source, part.open("wb") as copy:
        shutil.copyfileobj(source, copy, _CHUNK)
    hit("archive.rename.before")
    part.rename(target)
    hit("archive.rename.after")
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
