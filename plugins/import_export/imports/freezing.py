"""Makes read-only copies that survive a power cut, hashed while they are written; only such copies are ever loaded."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from import_export.errors import SourceChanged
from import_export.failpoints import hit

_CHUNK = 1 << 20
PART = ".part"
"""What the name of a copy that is not finished ends with."""


class NotAFile(Exception):
    """The path is a link, a pipe or the like; it was not opened."""


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """An ordinary file, opened without following a link or waiting for a pipe. Raises `NotAFile`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as fault:
        # ELOOP: a link. ENXIO: a socket.
        if fault.errno in (errno.ELOOP, errno.ENXIO):
            raise NotAFile(str(path)) from fault
        raise
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotAFile(str(path))
        yield file


def freeze(path: Path, target: Path, name: str) -> tuple[int, str]:
    """Copy a file to a read-only one; give its size in bytes and its SHA-256.

    Raises `NotAFile`, and `SourceChanged` when the file changed meanwhile: a writer may go on after a file was renamed.
    """
    with opened(path) as original:
        before = os.fstat(original.fileno())
        size, sha256 = write_frozen(original.read, target)
        after = os.fstat(original.fileno())
    if _state(before) != _state(after) or size != after.st_size:
        target.unlink()
        raise SourceChanged(f"{name} is still being written")
    return size, sha256


def _state(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def write_frozen(read: Callable[[int], bytes], target: Path) -> tuple[int, str]:
    """Write what `read` gives to a read-only file, which appears as a whole; give its size and its SHA-256."""
    digest, size = hashlib.sha256(), 0
    part = target.with_name(target.name + PART)
    part.unlink(missing_ok=True)
    hit("freeze.write.before")
    try:
        with part.open("xb") as copy:
            while chunk := read(_CHUNK):
                digest.update(chunk)
                copy.write(chunk)
                size += len(chunk)
            copy.flush()
            os.fchmod(copy.fileno(), 0o440)
            os.fsync(copy.fileno())
    except BaseException:
        part.unlink()
        raise
    hit("freeze.rename.before")
    part.replace(target)
    hit("freeze.rename.after")
    return size, digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
