"""Step 1 of an import: freeze what was handed over, and take every data file out of it, under names of ours.

Deterministic: the same files get the same names and numbers when it is repeated after a crash.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from import_export.errors import SourceChanged
from import_export.imports.zips import Limits, Refused, read_members
from import_export.messages import Message, Told, tell

DATA_EXTENSIONS = (".csv", ".txt")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was handed over: its name with `/` between folders, and where it lies."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class DataFile:
    """A frozen data file, ready to be validated."""

    name: str
    """As handed over: `sales.csv`, `0112/sales.csv`, `march.zip/0112/sales.csv`."""
    path: Path
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Extracted:
    """The data files of a batch, and what is to be told about the rest."""

    files: tuple[DataFile, ...]
    warnings: tuple[Told, ...]


def extract(sources: Sequence[Source], folder: Path, limits: Limits) -> Extracted:
    """Freeze the sources into `folder` as 0001.csv, 0002.txt, …; a ZIP that is refused leaves nothing behind.

    Raises `SourceChanged` when a source is still being written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.iterdir():
        left.unlink()
    files: list[DataFile] = []
    warnings: list[Told] = []
    for source in sorted(sources, key=lambda source: source.name):
        base = source.name.rsplit("/", 1)[-1]
        extension = Path(base).suffix
        if base.startswith(".") or "__MACOSX" in source.name.split("/"):
            continue
        if extension.lower() in DATA_EXTENSIONS:
            files.append(_freeze(source, _numbered(folder, len(files) + 1, extension)))
        elif extension.lower() == ".zip":
            found = _unzip(source, folder, len(files), limits)
            if isinstance(found, Told):
                warnings.append(found)
            else:
                files += found
        else:
            warnings.append(tell(Message.UNSUPPORTED_TYPE, name=source.name, extension=extension))
    _sync_folder(folder)
    return Extracted(tuple(files), tuple(warnings))


def _numbered(folder: Path, number: int, extension: str) -> Path:
    return folder / f"{number:04d}{extension.lower()}"


def _freeze(source: Source, target: Path) -> DataFile:
    """Copy while hashing; only the copy is ever loaded. A writer may go on after the file was renamed, so look twice."""
    with source.path.open("rb") as original:
        before = os.fstat(original.fileno())
        size, sha256 = copy_frozen(original.read, target)
        after = os.fstat(original.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or size != after.st_size:
        raise SourceChanged(f"{source.name} is still being written")
    return DataFile(source.name, target, size, sha256)


def copy_frozen(read: Callable[[int], bytes], target: Path) -> tuple[int, str]:
    """Write what `read` gives to a read-only file; give its size in bytes and its SHA-256."""
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as copy:
        while chunk := read(_CHUNK):
            digest.update(chunk)
            copy.write(chunk)
            size += len(chunk)
        _sync(copy)
    target.chmod(0o440)
    return size, digest.hexdigest()


def _unzip(source: Source, folder: Path, taken: int, limits: Limits) -> list[DataFile] | Told:
    frozen = folder / "frozen.zip.part"
    _freeze(source, frozen)
    found: list[DataFile] = []
    try:
        for member in read_members(frozen, source.name, DATA_EXTENSIONS, limits):
            target = _numbered(folder, taken + len(found) + 1, Path(member.name).suffix)
            found.append(DataFile(f"{source.name}/{member.name}", target, 0, ""))
            size, sha256 = copy_frozen(member.read, target)
            found[-1] = DataFile(f"{source.name}/{member.name}", target, size, sha256)
    except Refused as refused:
        for file in found:
            file.path.unlink(missing_ok=True)
        return refused.told
    finally:
        frozen.unlink()
    return found or tell(Message.ZIP_NO_DATA_FILE, name=source.name)


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
