"""Copies the files that a run's form names, by path or object-storage URI, into the batch's work folder."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from airflow.sdk import ObjectStoragePath
from airflow.sdk.exceptions import AirflowNotFoundException

from import_export.errors import BadRequest
from import_export.imports.freezing import opened, sync_folder
from import_export.messages import Message, tell

_CHUNK = 1 << 20
_LONGEST_PART = 255
"""Bytes of one name in a path, on every usual filesystem."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A file that is to be copied."""

    relative: str
    """Its path below the folder that was named, or just its name."""
    path: Any
    """A `Path` of this machine, or an `ObjectStoragePath`."""

    def open(self) -> AbstractContextManager[BinaryIO]:
        """The file's bytes."""
        if isinstance(self.path, Path):
            return opened(self.path)
        stream: AbstractContextManager[BinaryIO] = self.path.open("rb")
        return stream


def copy_sources(names: Sequence[str], claimed: Path, *, roots: Sequence[str]) -> None:
    """Copy files, and the files in folders, into `claimed`. Raises `BadRequest` before anything is copied.

    `roots`: where files may come from; empty: anywhere that the worker can read. May be repeated after a crash.
    """
    wanted = dict.fromkeys(name.strip() for name in names if name.strip())
    found: dict[str, _Found] = {}
    for name in wanted:
        _check_root(name, roots)
        for file in _files(name):
            found.setdefault(str(file.path), file)
    if not found:
        raise BadRequest(tell(Message.NO_FILES).text())
    if claimed.exists():
        shutil.rmtree(claimed)
    for place, file in _placed(found.values()).items():
        target = claimed / place
        target.parent.mkdir(parents=True, exist_ok=True)
        with file.open() as source, target.open("xb") as copy:
            shutil.copyfileobj(source, copy, _CHUNK)
            copy.flush()
            os.fsync(copy.fileno())
        sync_folder(target.parent)


def _located(name: str) -> str:
    """Where a path or URI really leads: links of this machine resolved, `file://` taken off, no `/` at its end."""
    scheme, separator, rest = name.partition("://")
    if separator and scheme.lower() != "file":
        return name.rstrip("/")
    return os.path.realpath(rest if separator else name)


def _check_root(name: str, roots: Sequence[str]) -> None:
    if "::" in name:
        raise BadRequest(f"files: '{name}' chains two addresses; name the file by one")
    if "://" not in name and not name.startswith("/"):
        raise BadRequest(f"files: '{name}' is neither an absolute path nor a URI")
    if "\0" in name:
        raise BadRequest("files: a name holds a NUL character")
    if ".." in PurePosixPath(name).parts:
        raise BadRequest(f"files: '{name}' leads out of its folder by '..'")
    place = _located(name)
    if roots and not any(
        place == root or place.startswith(root.rstrip("/") + "/") for root in map(_located, roots)
    ):
        raise BadRequest(f"files: '{name}' is not below any of: {', '.join(roots)}")


def _files(name: str) -> Iterator[_Found]:
    place = _located(name)
    try:
        found = list(_remote_files(place) if "://" in place else _local_files(name, place))
    except (FileNotFoundError, PermissionError, ValueError, ImportError, AirflowNotFoundException) as fault:
        raise BadRequest(f"files: '{name}' cannot be read: {fault}") from fault
    for file in found:
        parts = file.relative.split("/")
        if any(part in ("", ".", "..") or len(os.fsencode(part)) > _LONGEST_PART for part in parts):
            raise BadRequest(f"files: '{file.path}' has a name that no file can have here")
        yield file


def _local_files(name: str, place: str) -> Iterator[_Found]:
    path = Path(place)
    if path.is_file():
        # The check is made here and not at the copy, so that nothing is done when one of many may not be read.
        path.open("rb").close()
        yield _Found(PurePosixPath(name).name, path)
    elif path.is_dir():
        for folder, _, files in os.walk(place, onerror=_raise):
            for each in (Path(folder, file) for file in files):
                # Links in a folder may lead anywhere, also out of the roots.
                if each.is_file() and not each.is_symlink():
                    each.open("rb").close()
                    yield _Found(each.relative_to(path).as_posix(), each)
    else:
        raise FileNotFoundError("it does not exist, or is no ordinary file or folder")


def _raise(fault: OSError) -> None:
    raise fault


def _remote_files(place: str) -> Iterator[_Found]:
    path = ObjectStoragePath(place)
    if path.is_file():
        yield _Found(path.name, path)
    elif path.is_dir():
        for each in path.rglob("*"):
            if each.is_file():
                yield _Found(str(each)[len(str(path)) :].lstrip("/"), each)
    else:
        raise FileNotFoundError("it does not exist")


def _placed(files: Iterable[_Found]) -> Mapping[str, _Found]:
    """A place for each file. Two folders may hold files of one name; both are taken."""
    placed: dict[str, _Found] = {}
    folders: set[str] = set()
    for file in sorted(files, key=lambda file: (file.relative, str(file.path))):
        numbered = (f"{number}/{file.relative}" for number in itertools.count(2))
        for place in itertools.chain((file.relative,), numbered):
            above = {str(parent) for parent in PurePosixPath(place).parents} - {"."}
            if place not in placed and place not in folders and not above & placed.keys():
                placed[place] = file
                folders |= above
                break
    return placed
