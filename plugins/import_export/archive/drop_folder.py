"""Takes things out of the drop folder: each by atomic renames, so that of two watchers one has it and never both.

Nothing is ever followed or overwritten, and nothing is taken that changed after it was seen
(source: the reliability page, protocol 2).
"""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
import stat
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from import_export.errors import SettingsError
from import_export.failpoints import hit
from import_export.imports.freezing import sync_folder
from import_export.imports.names import readable

log = logging.getLogger(__name__)

CLAIM_FILE = "batch.json"
CLAIMED_FOLDER = "claimed"


@dataclass(frozen=True, slots=True)
class Signature:
    """What stays the same while nobody touches a file. Old mtimes come along with `cp -p`, so age alone lies."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    etag: str = ""
    """Of an object in a bucket, which has no inode."""

    @classmethod
    def of(cls, status: os.stat_result) -> Signature:
        """The signature of a file that was looked at."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


@dataclass(frozen=True, slots=True)
class DroppedFile:
    """A file in the drop folder."""

    path: str
    """Relative to the drop folder, with `/`; bytes that are not UTF-8 as Python's file functions give them."""
    signature: Signature


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing in the drop folder: what becomes one batch."""

    name: str
    """The file's name, or the folder's."""
    dist_id: str | None
    """The folder's name, None for a file that lies directly in the drop folder."""
    files: tuple[DroppedFile, ...]
    """Sorted by their paths."""
    markers: tuple[str, ...] = ()
    """Paths of the `NAME.done` markers that belong to it; they go when it is taken."""

    def to_event(self) -> dict[str, Any]:
        """As the trigger hands it on, in JSON; names may be any bytes, so they are percent-encoded."""
        return {
            "name": _quoted(self.name),
            "is_folder": self.dist_id is not None,
            "files": [
                [_quoted(file.path), each.size, each.mtime_ns, each.ctime_ns, each.inode, each.etag]
                for file in self.files
                for each in (file.signature,)
            ],
            "markers": [_quoted(marker) for marker in self.markers],
        }


def thing_from_event(entry: Mapping[str, Any]) -> Thing:
    """The thing that `to_event` wrote down."""
    name = _unquoted(entry["name"])
    files = tuple(DroppedFile(_unquoted(path), Signature(*facts)) for path, *facts in entry["files"])
    markers = tuple(_unquoted(marker) for marker in entry["markers"])
    return Thing(name, name if entry["is_folder"] else None, files, markers)


def _quoted(name: str) -> str:
    return quote(name, safe="/ ", errors="surrogateescape")


def _unquoted(name: str) -> str:
    return unquote(name, errors="surrogateescape")


@dataclass(frozen=True, slots=True)
class Claimed:
    """What was taken: it lies in `work/BATCH/claimed/` now, and nobody else has it."""

    batch_id: str
    dist_id: str | None
    names: tuple[str, ...]
    """The files as they are shown, without the distributor's folder."""
    received_at: datetime
    """UTC, without a zone."""


def _utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def check_same_filesystem(drop: Path, work: Path) -> None:
    """Raise `SettingsError` unless a file can be moved from one folder to the other by a rename.

    It is tried out: two mounts of one disk have the same device number, and still no rename crosses them.
    """
    work.mkdir(parents=True, exist_ok=True)
    name = f".probe-{uuid.uuid4()}"
    try:
        (drop / name).touch(exist_ok=False)
        try:
            (drop / name).rename(work / name)
        finally:
            for folder in (drop, work):
                (folder / name).unlink(missing_ok=True)
    except OSError as fault:
        if fault.errno == errno.EXDEV:
            raise SettingsError(
                f"[import_export] drop_folder {drop} and work_folder {work} are on different disks or mounts; "
                "a file can be taken by one atomic rename only on the same one"
            ) from fault
        raise SettingsError(
            f"[import_export] no file can be moved from drop_folder {drop} to work_folder {work}: {fault}"
        ) from fault


def claim(
    drop: Path, thing: Thing, work: Path, batch_id: str, *, clock: Callable[[], datetime] = _utc_now
) -> Claimed | None:
    """Take a thing by renaming each of its files into `work/BATCH/claimed/`.

    None when it is not there any more, or not as it was seen: somebody else has it, or its sender goes on writing.
    """
    if not all(_is_as_seen(drop, file) for file in thing.files):
        log.info("%s: changed or gone since it was seen, left alone", readable(thing.name))
        return None
    folder = work / batch_id
    (folder / CLAIMED_FOLDER).mkdir(parents=True)
    dist_id = None if thing.dist_id is None else readable(thing.dist_id)
    places = {file: inside(thing, file) for file in thing.files}
    claimed = Claimed(batch_id, dist_id, tuple(map(readable, places.values())), clock())
    # Written first: whatever lies in the work folder after a crash tells what it is.
    hit("claim.note.before")
    _write_claim(folder, claimed)
    hit("claim.note.after")
    # A marker is for the file it was set for; left behind, it would vouch for the next one of that name.
    for marker in thing.markers:
        with suppress(FileNotFoundError), _parent(drop, marker) as (parent, name):
            os.unlink(name, dir_fd=parent)
    taken = [place for file, place in places.items() if _take(drop, file, folder / CLAIMED_FOLDER / place)]
    if not taken:
        shutil.rmtree(folder)
        return None
    for parent_folder in sorted({(folder / CLAIMED_FOLDER / place).parent for place in taken}):
        sync_folder(parent_folder)
    _remove_empty_folders(drop, thing)
    if len(taken) < len(places):
        claimed = Claimed(batch_id, dist_id, tuple(map(readable, taken)), claimed.received_at)
        _write_claim(folder, claimed)
    return claimed


def inside(thing: Thing, file: DroppedFile) -> str:
    """A file's path inside the claim: without the distributor's folder."""
    return file.path if thing.dist_id is None else file.path.removeprefix(f"{thing.name}/")


@contextmanager
def _parent(drop: Path, path: str) -> Iterator[tuple[int, str]]:
    """A descriptor of the folder that holds a file, opened step by step without following a link, and its name."""
    *folders, name = path.split("/")
    descriptor = os.open(drop, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for folder in folders:
            inner = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor, name
    finally:
        os.close(descriptor)


_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})
"""A file, or a folder above it, is not there any more, or is something else now."""


def _is_as_seen(drop: Path, file: DroppedFile) -> bool:
    try:
        with _parent(drop, file.path) as (parent, name):
            return Signature.of(os.stat(name, dir_fd=parent, follow_symlinks=False)) == file.signature
    except OSError as fault:
        if fault.errno in _GONE:
            return False
        raise


def _take(drop: Path, file: DroppedFile, target: Path) -> bool:
    """Rename a file away. Whether it is ours now: not when somebody else was faster, or changed it under our hands."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _parent(drop, file.path) as (parent, name):
            hit("claim.rename.before")
            os.rename(name, target, src_dir_fd=parent)
            hit("claim.rename.after")
            if _is_same(target.lstat(), file.signature):
                return True
            _put_back(target, parent, name)
            return target.is_symlink() or target.exists()
    except OSError as fault:
        if fault.errno in _GONE:
            return False
        raise


def _is_same(status: os.stat_result, seen: Signature) -> bool:
    """Whether what was renamed is the file that was seen. Its ctime moved with the rename."""
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
        return False
    now = Signature.of(status)
    return (now.size, now.mtime_ns, now.inode) == (seen.size, seen.mtime_ns, seen.inode)


def _put_back(target: Path, parent: int, name: str) -> None:
    """Give a file back to the drop folder, but never over one that came there meanwhile: then it stays ours."""
    with suppress(FileExistsError):
        os.link(target, name, dst_dir_fd=parent, follow_symlinks=False)
        target.unlink()


def _remove_empty_folders(drop: Path, thing: Thing) -> None:
    """Remove nested folders that are empty now. The distributor's own folder stays: people drop files into it."""
    nested = {
        str(parent) for file in thing.files for parent in Path(file.path).parents if len(parent.parts) > 1
    }
    for folder in sorted(nested, key=len, reverse=True):
        # Something else lies in it, or another watcher has removed it.
        with suppress(OSError), _parent(drop, folder) as (parent, name):
            os.rmdir(name, dir_fd=parent)


def _write_claim(folder: Path, claimed: Claimed) -> None:
    facts = {
        "batch_id": claimed.batch_id,
        "dist_id": claimed.dist_id,
        "names": list(claimed.names),
        "received_at": claimed.received_at.isoformat(),
    }
    part = folder / f"{CLAIM_FILE}.part"
    with part.open("w", encoding="utf-8") as file:
        json.dump(facts, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / CLAIM_FILE)
    for directory in (folder, folder.parent):
        sync_folder(directory)


def claims(work: Path) -> Iterator[Claimed]:
    """Every claim in the work folder that holds a file, registered or not; empty ones were not won."""
    for path in sorted(work.glob(f"*/{CLAIM_FILE}")):
        # A batch that is being closed goes away under our eyes.
        with suppress(FileNotFoundError):
            if any(files for _, _, files in os.walk(path.parent / CLAIMED_FOLDER)):
                yield _read_claim(path)


def _read_claim(path: Path) -> Claimed:
    facts = json.loads(path.read_text(encoding="utf-8"))
    return Claimed(
        facts["batch_id"],
        facts["dist_id"],
        tuple(facts["names"]),
        datetime.fromisoformat(facts["received_at"]),
    )
