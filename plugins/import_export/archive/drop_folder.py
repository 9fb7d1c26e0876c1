"""The drop folder: what lies in it, what has settled, and taking it by one atomic rename.

A file directly in the folder is one thing; a sub-folder, named after a distributor, is one thing with all files
below it. Nothing is ever followed, overwritten, or taken twice (source: the reliability page, protocol 1 and 2).
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from import_export.errors import SettingsError

UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".done", "~")
"""Names that senders and browsers give to files they still write, and the marker for senders who can set one."""

MARKER = ".done"
CLAIM_FILE = "batch.json"

Signature = tuple[int, int, int, int]
"""Size, mtime, ctime (both in ns) and inode: old mtimes come along with `cp -p`, so age alone lies."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing in the drop folder: what becomes one batch."""

    name: str
    """The file's name, or the folder's."""
    dist_id: str | None
    """The folder's name, None for a file that lies directly in the drop folder."""
    files: tuple[str, ...]
    """Paths relative to the drop folder, sorted."""

    def to_event(self) -> dict[str, Any]:
        """As the trigger hands it on."""
        return {"name": self.name, "dist_id": self.dist_id, "files": list(self.files)}


def thing_from_event(entry: Mapping[str, Any]) -> Thing:
    """The thing that `to_event` wrote down."""
    return Thing(entry["name"], entry["dist_id"], tuple(entry["files"]))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The drop folder at one moment."""

    things: Mapping[str, tuple[Thing, Mapping[str, Signature]]]
    marked: frozenset[str]
    """Relative paths whose sender has put `NAME.done` beside them."""
    strange: tuple[tuple[str, str], ...]
    """Names that are never taken, each with what it is."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What was taken: it lies in `work/BATCH/claimed/` now, and nobody else has it."""

    batch_id: str
    dist_id: str | None
    names: tuple[str, ...]
    received_at: datetime
    """UTC, without a zone."""


def scan(drop: Path) -> Snapshot:
    """Look at the drop folder. Raises `OSError` when it cannot be read."""
    things: dict[str, tuple[Thing, Mapping[str, Signature]]] = {}
    marked: set[str] = set()
    strange: list[tuple[str, str]] = []
    with os.scandir(drop) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                found = dict(_files_below(drop, entry.name, marked, strange))
                if found:
                    things[entry.name] = (Thing(entry.name, entry.name, tuple(sorted(found))), found)
            else:
                found = dict(_file(entry, entry.name, marked, strange))
                if found:
                    things[entry.name] = (Thing(entry.name, None, (entry.name,)), found)
    return Snapshot(things, frozenset(marked), tuple(strange))


def _files_below(
    drop: Path, folder: str, marked: set[str], strange: list[tuple[str, str]]
) -> Iterator[tuple[str, Signature]]:
    with os.scandir(drop / folder) as entries:
        for entry in entries:
            relative = f"{folder}/{entry.name}"
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files_below(drop, relative, marked, strange)
            else:
                yield from _file(entry, relative, marked, strange)


def _file(
    entry: os.DirEntry[str], relative: str, marked: set[str], strange: list[tuple[str, str]]
) -> Iterator[tuple[str, Signature]]:
    if entry.name.lower().endswith(UNFINISHED):
        if entry.name.endswith(MARKER):
            marked.add(relative.removesuffix(MARKER))
        return
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return  # gone since the listing: renamed by its sender, or taken by another watcher
    kind = _kind(status)
    if kind is not None:
        strange.append((relative, kind))
        return
    yield relative, (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def _kind(status: os.stat_result) -> str | None:
    """What an entry is when it is not an ordinary file of one name."""
    if stat.S_ISREG(status.st_mode):
        return "a file with several names (hard links)" if status.st_nlink > 1 else None
    for test, name in ((stat.S_ISLNK, "a link"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket")):
        if test(status.st_mode):
            return name
    return "a device"


class Settling:
    """Tells what has settled: everything of it stayed the same for `seconds`, or its sender says that it is done."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: dict[str, tuple[Mapping[str, Signature], float]] = {}

    def look(self, snapshot: Snapshot, now: float) -> list[Thing]:
        """The things of this snapshot that have settled; `now` is a clock that only goes forward, in seconds."""
        settled = []
        since: dict[str, tuple[Mapping[str, Signature], float]] = {}
        for name, (thing, files) in snapshot.things.items():
            known = self._since.get(name)
            began = known[1] if known is not None and known[0] == files else now
            since[name] = (files, began)
            if now - began >= self._seconds or snapshot.marked.issuperset(thing.files):
                settled.append(thing)
        self._since = since
        return settled


def check_same_filesystem(drop: Path, work: Path) -> None:
    """Raise `SettingsError` unless a file can be moved from one folder to the other by a rename."""
    for folder in (drop, work):
        folder.mkdir(parents=True, exist_ok=True)
    if drop.stat().st_dev != work.stat().st_dev:
        raise SettingsError(
            f"[import_export] drop_folder {drop} and work_folder {work} are on different disks; "
            "a file can be taken by one atomic rename only on the same one"
        )


def claim(drop: Path, thing: Thing, work: Path, batch_id: str) -> Claimed | None:
    """Take a thing by renaming each of its files into `work/BATCH/claimed/`; None when somebody else took all of it."""
    folder = work / batch_id
    target = folder / "claimed"
    target.mkdir(parents=True)
    claimed = Claimed(batch_id, thing.dist_id, (thing.name,), datetime.now(UTC).replace(tzinfo=None))
    # Written first: whatever lies in the work folder after a crash tells what it is.
    _write_claim(folder, claimed)
    taken = [name for name in thing.files if _take(drop / name, target / _inside(thing, name))]
    if not taken:
        shutil.rmtree(folder)
        return None
    for name in taken:
        (drop / f"{name}{MARKER}").unlink(missing_ok=True)
    _remove_empty_folders(drop, taken)
    return claimed


def _inside(thing: Thing, name: str) -> str:
    """A file's path inside the claim: without the distributor's folder."""
    return name if thing.dist_id is None else name.removeprefix(f"{thing.name}/")


def _take(source: Path, target: Path) -> bool:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        source.rename(target)
    except FileNotFoundError:
        return False
    return True


def _remove_empty_folders(drop: Path, taken: Sequence[str]) -> None:
    """Remove nested folders that are empty now. The distributor's own folder stays: people drop files into it."""
    nested = {parent for name in taken for parent in Path(name).parents if len(parent.parts) > 1}
    for folder in sorted(nested, key=lambda folder: -len(folder.parts)):
        try:
            (drop / folder).rmdir()
        except OSError:
            continue  # something else lies in it; it stays


def _write_claim(folder: Path, claimed: Claimed) -> None:
    facts = {
        "batch_id": claimed.batch_id,
        "dist_id": claimed.dist_id,
        "names": list(claimed.names),
        "received_at": claimed.received_at.isoformat(),
    }
    with (folder / CLAIM_FILE).open("w", encoding="utf-8") as file:
        json.dump(facts, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    for directory in (folder, folder.parent):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def claims(work: Path) -> Iterator[Claimed]:
    """Every claim in the work folder that holds a file, registered or not; empty ones were not won."""
    for path in sorted(work.glob(f"*/{CLAIM_FILE}")):
        if not any(each.is_file() for each in (path.parent / "claimed").rglob("*")):
            continue
        facts = json.loads(path.read_text(encoding="utf-8"))
        yield Claimed(
            facts["batch_id"],
            facts["dist_id"],
            tuple(facts["names"]),
            datetime.fromisoformat(facts["received_at"]),
        )
