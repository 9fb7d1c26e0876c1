"""The folder of one closed batch, on disk or in a bucket: its originals, its report, its rejects."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from import_export.archive.buckets import Bucket
from import_export.archive.putting_away import numbered_names, put_away
from import_export.errors import ArchiveUnavailable

_CHUNK = 1 << 20


class KeptFolder(Protocol):
    """What can be done with it. Names are paths below it, with `/`."""

    def names(self) -> list[str]:
        """All files, at any depth, sorted; none where nothing is kept."""

    def has(self, name: str) -> bool:
        """Whether it holds that file."""

    def reading(self, name: str) -> AbstractContextManager[Path]:
        """A file of it on this machine, for as long as the block runs."""

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


class LocalFolder:
    """It is a folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self) -> list[str]:
        """All files, at any depth, sorted."""
        return sorted(
            path.relative_to(self.root).as_posix() for path in self.root.rglob("*") if path.is_file()
        )

    def has(self, name: str) -> bool:
        """Whether it holds that file."""
        return (self.root / name).is_file()

    @contextmanager
    def reading(self, name: str) -> Iterator[Path]:
        """The file itself."""
        yield self.root / name

    def write(self, text: str, name: str) -> None:
        """Write a text, over one that is there."""
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text, encoding="utf-8")

    def copy_in(self, path: Path, name: str) -> None:
        """Copy a file in, over one that is there."""
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, self.root / name)

    def remove(self, name: str) -> None:
        """Remove a file; one that is not there is no trouble. Folders that are empty then go with it, as in a bucket."""
        path = self.root / name
        path.unlink(missing_ok=True)
        with suppress(OSError):
            for folder in path.parents:
                folder.rmdir()
                if folder == self.root:
                    break

    def discard(self) -> None:
        """Remove it with all that is in it; links are removed, not followed."""
        shutil.rmtree(self.root)

    def put_away(self, claimed: Path) -> None:
        """Move every file below `claimed` in, by renames where it is the same disk."""
        put_away(claimed, self.root)


class BucketFolder:
    """It is a folder of a bucket; `room` is where files are copied to when they are read."""

    def __init__(self, bucket: Bucket, room: Path) -> None:
        self._bucket, self._room = bucket, room

    def names(self) -> list[str]:
        """All objects, at any depth, sorted."""
        return sorted(self._bucket.objects())

    def has(self, name: str) -> bool:
        """Whether it holds that object."""
        return self._bucket.look(name) is not None

    @contextmanager
    def reading(self, name: str) -> Iterator[Path]:
        """A copy of the object. Whoever opens it may go on reading behind the block's end."""
        self._room.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self._room, prefix=".kept-") as folder:
            # Not by its own name: a name in a bucket may be longer than a file's can be.
            path = Path(folder, "copy").with_suffix(Path(name).suffix)
            self._bucket.fetch(name, path)
            yield path

    def write(self, text: str, name: str) -> None:
        """Write a text, over one that is there."""
        self._bucket.write(text, name)

    def copy_in(self, path: Path, name: str) -> None:
        """Copy a file in, over one that is there."""
        self._bucket.put(path, name)

    def remove(self, name: str) -> None:
        """Remove an object; one that is not there is no trouble."""
        self._bucket.remove(name)

    def discard(self) -> None:
        """Remove it with all that is in it."""
        for name in self.names():
            self.remove(name)

    def put_away(self, claimed: Path) -> None:
        """Move every file below `claimed` in; each is removed here when the bucket says that it is there."""
        if not claimed.exists():
            return
        for source in sorted(claimed.rglob("*")):
            if source.is_file() and not source.is_symlink():
                self._put(source, source.relative_to(claimed).as_posix())
        shutil.rmtree(claimed)

    def _put(self, source: Path, wanted: str) -> None:
        size = source.stat().st_size
        for name in numbered_names(wanted):
            found = self._bucket.look(name)
            if found is None:
                self._bucket.put(source, name)
                found = self._bucket.look(name)
                if found is None or found.size != size:
                    raise ArchiveUnavailable(
                        f"{self._bucket.place(name)}: what was stored differs from what was sent"
                    )
                break
            # An earlier attempt has filled it with this very file.
            if found.size == size and self._has_bytes_of(source, name):
                break
        source.unlink()

    def _has_bytes_of(self, source: Path, name: str) -> bool:
        theirs = hashlib.sha256()
        for piece in self._bucket.read(name):
            theirs.update(piece)
        with source.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest() == theirs.digest()


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
