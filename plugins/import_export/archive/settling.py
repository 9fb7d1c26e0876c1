"""Looks at the drop folder and tells what has settled there.

A file directly in the folder is one thing; a sub-folder, named after a distributor, is one thing with all files
below it (source: the reliability page, protocol 1).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from import_export.archive.drop_folder import DroppedFile, Signature, Thing
from import_export.failpoints import hit
from import_export.imports.names import LONGEST, readable
from import_export.messages import Message, Phrase, Told, tell
from import_export.scopes import LONGEST_DIST_ID

UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", "~")
"""Ends of the names that senders and browsers give to files they still write."""

MARKER = ".done"
"""`NAME.done` beside NAME says that its sender has finished it."""

DEEPEST = 20
"""Folders above a file; what lies deeper is left."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A thing at one moment."""

    thing: Thing
    unfinished: tuple[DroppedFile, ...]
    """Files of the folder that are still being written, by their names: never taken, but while one grows, nothing is."""
    done: bool
    """Its sender says that it is finished."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The drop folder at one moment."""

    seen: tuple[Seen, ...]
    left: tuple[Told, ...]
    """What is never taken, and why."""


@dataclass(slots=True)
class _Found:
    """What a folder holds, collected while it is walked through."""

    files: list[DroppedFile] = field(default_factory=list)
    unfinished: list[DroppedFile] = field(default_factory=list)
    markers: dict[str, DroppedFile] = field(default_factory=dict)
    """By the path of what they are for."""
    folders: list[str] = field(default_factory=list)
    left: list[Told] = field(default_factory=list)

    def leave(self, path: str, why: Phrase) -> None:
        self.left.append(tell(Message.NOT_A_REGULAR_FILE, name=readable(path), kind=why))


def scan(drop: Path) -> Snapshot:
    """Look at the drop folder. Raises `OSError` when it cannot be read."""
    hit("settle.look.before")
    top = _Found()
    descriptor = os.open(drop, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _look(descriptor, "", top)
        seen = [seen_as(file.path, None, [file], [], top.markers) for file in top.files]
        for folder in top.folders:
            found = _Found(markers=top.markers)
            if len(readable(folder)) > LONGEST_DIST_ID:
                top.leave(folder, Phrase.LONG_FOLDER)
                continue
            _walk(descriptor, folder, folder, 1, found)
            top.left += found.left
            if found.files:
                seen.append(seen_as(folder, folder, found.files, found.unfinished, found.markers))
    finally:
        os.close(descriptor)
    hit("settle.look.after")
    return Snapshot(tuple(sorted(seen, key=lambda each: each.thing.name)), tuple(top.left))


def seen_as(
    name: str,
    dist_id: str | None,
    files: Sequence[DroppedFile],
    unfinished: Sequence[DroppedFile],
    markers: Mapping[str, DroppedFile],
) -> Seen:
    """A thing with its files, and whether the markers among all of them say that it is finished."""
    paths = (name, *(file.path for file in files))
    thing = Thing(
        name,
        dist_id,
        tuple(sorted(files, key=lambda file: file.path)),
        tuple(sorted({markers[path].path for path in paths if path in markers})),
    )
    whole = name in markers and _vouches(markers[name], (*files, *unfinished))
    each = not unfinished and all(
        file.path in markers and _vouches(markers[file.path], (file,)) for file in files
    )
    return Seen(thing, tuple(sorted(unfinished, key=lambda file: file.path)), whole or each)


def _vouches(marker: DroppedFile, files: Iterable[DroppedFile]) -> bool:
    """Whether a marker was set after the last change. One that was there before the file says nothing about it."""
    return all(marker.signature.ctime_ns >= file.signature.ctime_ns for file in files)


def _walk(parent: int, name: str, path: str, depth: int, found: _Found) -> None:
    """Collect what lies in a folder at any depth, without ever following a link."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
    except (FileNotFoundError, NotADirectoryError):
        return  # gone since the listing, or something else now: the next look tells
    except PermissionError:
        found.leave(path, Phrase.UNREADABLE)
        return
    try:
        if not os.access(".", os.W_OK | os.X_OK, dir_fd=descriptor, effective_ids=True):
            found.leave(path, Phrase.CLOSED_FOLDER)
            return
        inner = _Found(found.files, found.unfinished, found.markers, [], found.left)
        _look(descriptor, f"{path}/", inner)
        for folder in inner.folders:
            if depth >= DEEPEST:
                found.leave(folder, Phrase.TOO_DEEP)
            else:
                _walk(descriptor, folder.rsplit("/", 1)[-1], folder, depth + 1, found)
    finally:
        os.close(descriptor)


def _look(descriptor: int, prefix: str, found: _Found) -> None:
    """Sort the entries of one open folder into what they are."""
    with os.scandir(descriptor) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            path = prefix + entry.name
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                found.folders.append(path)
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # gone since the listing: renamed by its sender, or taken by another watcher
            file = DroppedFile(path, Signature.of(status))
            lower = entry.name.lower()
            if (why := _never_taken(status)) is not None:
                found.leave(path, why)
            elif lower.endswith(MARKER):
                found.markers[path[: -len(MARKER)]] = file
            elif lower.endswith(UNFINISHED):
                found.unfinished.append(file)
            elif len(os.fsencode(path)) > LONGEST:
                found.leave(path, Phrase.NAME_TOO_LONG)
            elif not os.access(entry.name, os.R_OK, dir_fd=descriptor, effective_ids=True):
                found.leave(path, Phrase.UNREADABLE)
            else:
                found.files.append(file)


def _never_taken(status: os.stat_result) -> Phrase | None:
    """What an entry is when it is not an ordinary file of one name."""
    if stat.S_ISREG(status.st_mode):
        return Phrase.HARD_LINK if status.st_nlink > 1 else None
    kinds = ((stat.S_ISLNK, Phrase.LINK), (stat.S_ISFIFO, Phrase.PIPE), (stat.S_ISSOCK, Phrase.SOCKET))
    return next((kind for test, kind in kinds if test(status.st_mode)), Phrase.DEVICE)


class Settling:
    """Tells what has settled: everything of it stayed the same for `seconds`, or its sender says that it is done."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: dict[str, tuple[object, float]] = {}

    def look(self, snapshot: Snapshot, now: float) -> list[Thing]:
        """The things of this snapshot that have settled; `now` is a clock that only goes forward, in seconds."""
        settled = []
        since: dict[str, tuple[object, float]] = {}
        for seen in snapshot.seen:
            state = (seen.thing.files, seen.unfinished)
            known = self._since.get(seen.thing.name)
            began = known[1] if known is not None and known[0] == state else now
            since[seen.thing.name] = (state, began)
            if seen.done or now - began >= self._seconds:
                settled.append(seen.thing)
        self._since = since
        return settled
