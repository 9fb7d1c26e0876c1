"""A kept folder that is a folder of this machine."""

from __future__ import annotations

import math
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from import_export.archive.buckets import Stored, made_anew
from import_export.archive.putting_away import put_away
from import_export.failpoints import hit
from import_export.imports.freezing import NotAFile, opened, sync_folder

_CHUNK = 1 << 20
_MAKING = ".making-"
"""Begins the names of folders with what is not put together yet."""


class LocalFolder:
    """It is a folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __truediv__(self, inner: str) -> LocalFolder:
        """A folder below it."""
        return LocalFolder(self.root / inner)

    def files(self) -> dict[str, Stored]:
        """All files, at any depth, as they are now. Links are none, and are not followed."""
        names = (path.relative_to(self.root).as_posix() for path in self.root.rglob("*"))
        return {name: found for name in names if (found := self.look(name)) is not None}

    def names(self) -> list[str]:
        """The names of all files, sorted."""
        return sorted(self.files())

    def look(self, name: str) -> Stored | None:
        """A file as it is now; a link is none."""
        try:
            return _stored((self.root / name).lstat())
        except (FileNotFoundError, NotADirectoryError):
            return None

    def has(self, name: str) -> bool:
        """Whether it holds that file."""
        return self.look(name) is not None

    def uri(self, name: str) -> str:
        """`file:///…`."""
        return (self.root / name).as_uri()

    def read(self, name: str, seen: Stored, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """A file's octets, in pieces."""
        path = self.root / name
        try:
            with opened(path) as file:
                if _stored(os.fstat(file.fileno())) != seen:
                    raise made_anew(str(path))
                file.seek(start)
                left = (seen.size if stop is None else stop) - start
                while left > 0 and (piece := file.read(min(_CHUNK, left))):
                    left -= len(piece)
                    yield piece
        except (FileNotFoundError, NotAFile) as fault:
            raise made_anew(str(path)) from fault

    @contextmanager
    def reading(self, name: str) -> Iterator[Path]:
        """The file itself."""
        yield self.root / name

    def put_together(self, files: Mapping[str, Path]) -> None:
        """Put files in: first all of them beside the others on this disk, then each by a rename."""
        self.root.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self.root, prefix=_MAKING) as making:
            parts = {name: Path(making, str(number)) for number, name in enumerate(files)}
            for name, part in parts.items():
                _link_or_copy(files[name], part)
            for name, part in parts.items():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                hit("export.rename.before")
                part.rename(self.root / name)
                hit("export.rename.after")
        for folder in {(self.root / name).parent for name in files}:
            sync_folder(folder)

    def tidy(self, before: float, *, dry_run: bool) -> int:
        """Remove what was not put together."""
        old = [path for path in self.root.glob(f"{_MAKING}*") if _newest(path) < before]
        for path in () if dry_run else old:
            shutil.rmtree(path)
        return len(old)

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


def _stored(status: os.stat_result) -> Stored | None:
    """A file of a disk at one moment; None for a folder, a link or the like."""
    if not stat.S_ISREG(status.st_mode):
        return None
    tag = f"{status.st_mtime_ns:x}-{status.st_size:x}-{status.st_ino:x}"
    return Stored(size=status.st_size, modified=int(status.st_mtime), etag=tag)


def _link_or_copy(source: Path, target: Path) -> None:
    """Have a file there, too; by a copy where it is another disk, or one that knows no links."""
    try:
        os.link(source, target)
    except OSError:
        with source.open("rb") as file, target.open("wb") as copy:
            shutil.copyfileobj(file, copy, _CHUNK)
            copy.flush()
            os.fsync(copy.fileno())


def _newest(folder: Path) -> float:
    """When something in a folder was made or written the last time; now, when somebody removes something in it."""
    try:
        return max(path.lstat().st_mtime for path in (folder, *folder.rglob("*")))
    except FileNotFoundError:
        return math.inf
