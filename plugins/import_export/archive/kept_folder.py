"""A folder whose files are kept, on disk or in a bucket: that of a closed batch, or that of the exports."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from import_export.archive.bucket_folder import BucketFolder
from import_export.archive.buckets import Bucket, Stored
from import_export.archive.local_folder import LocalFolder


class KeptFolder(Protocol):
    """What can be done with it. Names are paths below it, with `/`."""

    def __truediv__(self, inner: str) -> KeptFolder:
        """A folder below it."""

    def files(self) -> dict[str, Stored]:
        """All files, at any depth, as they are now; none where nothing is kept."""

    def names(self) -> list[str]:
        """The names of all files, sorted."""

    def look(self, name: str) -> Stored | None:
        """A file as it is now; None when it is not there."""

    def has(self, name: str) -> bool:
        """Whether it holds that file."""

    def uri(self, name: str) -> str:
        """Where a file is, for programs that read it."""

    def read(self, name: str, seen: Stored, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """A file's octets, or those from `start` up to `stop`, in pieces, of which few are held at once.

        Raises `ArchiveUnavailable` when it is no longer the file that was seen.
        """

    def reading(self, name: str) -> AbstractContextManager[Path]:
        """A file of it on this machine, for as long as the block runs."""

    def put_together(self, files: Mapping[str, Path]) -> None:
        """Put files of this machine in, over those that are there. None appears before all of them are whole there."""

    def tidy(self, before: float, *, dry_run: bool) -> int:
        """Remove what processes that were killed before then (seconds since 1970) did not put together; give how much."""

    def write(self, text: str, name: str) -> None:
        """Write a text, over one that is there."""

    def copy_in(self, path: Path, name: str) -> None:
        """Copy a file in, over one that is there."""

    def remove(self, name: str) -> None:
        """Remove a file; one that is not there is no trouble."""

    def discard(self) -> None:
        """Remove it with all that is in it."""

    def put_away(self, claimed: Path) -> None:
        """Move every file below `claimed` in. Nothing is overwritten; may be repeated after a crash."""


def opened_folder(place: Path | str, room: Path) -> KeptFolder:
    """The folder that a setting names: of this machine, or of a bucket, whose files are copied to `room` to be read."""
    return LocalFolder(place) if isinstance(place, Path) else BucketFolder(Bucket(place), room)


def move_all(here: KeptFolder, there: KeptFolder) -> None:
    """Move everything from one folder to another; by one rename between folders of this machine."""
    if isinstance(here, LocalFolder) and isinstance(there, LocalFolder) and not there.root.exists():
        there.root.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(here.root, there.root)
        return
    for name in here.names():
        with here.reading(name) as path:
            there.copy_in(path, name)
        here.remove(name)
    if isinstance(here, LocalFolder) and here.root.exists():
        # Folders that never held a file.
        here.discard()
