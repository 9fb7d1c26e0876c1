"""A kept folder that is a folder of a bucket."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from import_export.archive.buckets import Bucket, Stored
from import_export.archive.putting_away import numbered_names
from import_export.errors import ArchiveRefused, ArchiveUnavailable

_MAKING = ".making"
"""Where what is not put together yet lies, below the folder."""


class BucketFolder:
    """It is a folder of a bucket; `room` is where files are copied to when they are read."""

    def __init__(self, bucket: Bucket, room: Path) -> None:
        self._bucket, self._room = bucket, room

    def __truediv__(self, inner: str) -> BucketFolder:
        """A folder below it."""
        return BucketFolder(self._bucket / inner, self._room)

    def files(self) -> dict[str, Stored]:
        """All objects, at any depth, as they are now: one listing."""
        return self._bucket.objects()

    def names(self) -> list[str]:
        """The names of all objects, sorted."""
        return sorted(self.files())

    def look(self, name: str) -> Stored | None:
        """An object as it is now."""
        return self._bucket.look(name)

    def has(self, name: str) -> bool:
        """Whether it holds that object."""
        return self.look(name) is not None

    def uri(self, name: str) -> str:
        """With the connection, as Airflow's `ObjectStoragePath` takes it."""
        return self._bucket.place(name)

    def read(self, name: str, seen: Stored, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """An object's octets, in pieces."""
        return self._bucket.read(name, seen, start, stop)

    @contextmanager
    def reading(self, name: str) -> Iterator[Path]:
        """A copy of the object. Whoever opens it may go on reading behind the block's end."""
        self._room.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self._room, prefix=".kept-") as folder:
            # Not by its own name: a name in a bucket may be longer than a file's can be.
            path = Path(folder, "copy").with_suffix(Path(name).suffix)
            self._bucket.fetch(name, path)
            yield path

    def put_together(self, files: Mapping[str, Path]) -> None:
        """Put files in: first all of them under other names, then each by a copy within the bucket."""
        making = f"{_MAKING}/{uuid.uuid4().hex}"
        parts = {name: f"{making}/{number}" for number, name in enumerate(files)}
        there: list[str] = []
        try:
            for name, part in parts.items():
                self._bucket.put(files[name], part)
                there.append(part)
            for name, part in parts.items():
                self._bucket.copy(part, name)
        finally:
            # Where the bucket is away, what went wrong is told already; what is left goes by `tidy`.
            with suppress(ArchiveRefused, ArchiveUnavailable):
                for part in there:
                    self._bucket.remove(part)

    def tidy(self, before: float, *, dry_run: bool) -> int:
        """Remove what was not put together."""
        making = self._bucket / _MAKING
        old = [name for name, stored in making.objects().items() if stored.modified < before]
        for name in () if dry_run else old:
            making.remove(name)
        return len(old)

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
