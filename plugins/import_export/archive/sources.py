"""Copies the files that a run's form names, by path or object-storage URI, into the batch's work folder."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from import_export.archive.buckets import Bucket
from import_export.errors import ArchiveRefused, BadRequest, SettingsError
from import_export.imports.freezing import PART, opened, sync_folder
from import_export.messages import Message, tell

_CHUNK = 1 << 20
_LONGEST_PART = 255
"""Bytes of one name in a path, on every usual filesystem."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A file that is to be copied."""

    relative: str
    """Its path below the folder that was named, or just its name."""
    place: str
    """Where it lies, as it could have been named."""
    folder: Bucket | None = None
    """The folder of a bucket that holds it under `name`; None: it is on this machine."""
    name: str = ""

    def copy_to(self, target: Path) -> None:
        """Copy it to a file that is not there yet."""
        if self.folder is not None:
            self.folder.fetch(self.name, target)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with opened(Path(self.place)) as source, target.open("xb") as copy:
            shutil.copyfileobj(source, copy, _CHUNK)
            copy.flush()
            os.fsync(copy.fileno())


def copy_sources(names: Sequence[str], claimed: Path, *, roots: Sequence[str]) -> None:
    """Copy files, and the files in folders, into `claimed`. Raises `BadRequest` before anything is copied.

    `roots`: where files may come from; empty: anywhere that the worker can read. May be repeated after a crash.
    """
    wanted = dict.fromkeys(name.strip() for name in names if name.strip())
    found: dict[str, _Found] = {}
    for name in wanted:
        _check_root(name, roots)
        for file in _files(name):
            found.setdefault(file.place, file)
    if not found:
        raise BadRequest(tell(Message.NO_FILES).text())
    if claimed.exists():
        shutil.rmtree(claimed)
    for place, file in _placed(found.values()).items():
        target = claimed / place
        file.copy_to(target)
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
    except (FileNotFoundError, PermissionError, SettingsError, ArchiveRefused) as fault:
        raise BadRequest(f"files: '{name}' cannot be read: {fault}") from fault
    for file in found:
        parts = file.relative.split("/")
        longest = _LONGEST_PART if file.folder is None else _LONGEST_PART - len(PART)
        if any(part in ("", ".", "..") or len(os.fsencode(part)) > longest for part in parts):
            raise BadRequest(f"files: '{file.place}' has a name that no file can have here")
        yield file


def _local_files(name: str, place: str) -> Iterator[_Found]:
    path = Path(place)
    if path.is_file():
        # The check is made here and not at the copy, so that nothing is done when one of many may not be read.
        path.open("rb").close()
        yield _Found(PurePosixPath(name).name, place)
    elif path.is_dir():
        for folder, _, files in os.walk(place, onerror=_raise):
            for each in (Path(folder, file) for file in files):
                # Links in a folder may lead anywhere, also out of the roots.
                if each.is_file() and not each.is_symlink():
                    each.open("rb").close()
                    yield _Found(each.relative_to(path).as_posix(), str(each))
    else:
        raise FileNotFoundError("it does not exist, or is no ordinary file or folder")


def _raise(fault: OSError) -> None:
    raise fault


def _remote_files(place: str) -> Iterator[_Found]:
    above, _, name = place.rpartition("/")
    parent = Bucket(above)
    if not above.endswith("/") and parent.look(name) is not None:
        yield _Found(name, place, parent, name)
        return
    folder = Bucket(place)
    names = folder.objects()
    if not names:
        raise FileNotFoundError("it does not exist")
    for each in names:
        yield _Found(each, folder.place(each), folder, each)


def _placed(files: Iterable[_Found]) -> Mapping[str, _Found]:
    """A place for each file. Two folders may hold files of one name; both are taken."""
    placed: dict[str, _Found] = {}
    folders: set[str] = set()
    for file in sorted(files, key=lambda file: (file.relative, file.place)):
        numbered = (f"{number}/{file.relative}" for number in itertools.count(2))
        for place in itertools.chain((file.relative,), numbered):
            above = {str(parent) for parent in PurePosixPath(place).parents} - {"."}
            if place not in placed and place not in folders and not above & placed.keys():
                placed[place] = file
                folders |= above
                break
    return placed
