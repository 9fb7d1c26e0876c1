"""Looks at a drop folder that is a bucket's prefix: what lies there, by the rules of the drop folder on disk.

Hidden names, names of unfinished files, and `NAME.done` mean what they mean there; a folder is what stands before a `/`.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from import_export.archive.buckets import Bucket, Stored
from import_export.archive.drop_folder import DroppedFile, Signature, Thing
from import_export.archive.settling import DEEPEST, MARKER, UNFINISHED, Seen, Snapshot, seen_as
from import_export.imports.names import LONGEST, readable
from import_export.messages import Message, Phrase, Told, tell
from import_export.scopes import LONGEST_DIST_ID

_LONGEST_PART = 250
"""Octets of one name in a path: objects are copied to a disk, where a copy that is not finished has five more."""
_SECOND = 10**9


@dataclass(slots=True)
class _Folder:
    """What lies in the drop folder itself, or below one of its folders."""

    files: list[DroppedFile] = field(default_factory=list)
    unfinished: list[DroppedFile] = field(default_factory=list)


def scan_bucket(drop: Bucket, taken: Collection[str] = ()) -> Snapshot:
    """Look at the drop folder. `taken`: the identities of objects that are claimed and not yet put away."""
    found = {
        name: signature_of(stored)
        for name, stored in sorted(drop.objects().items())
        if not any(part.startswith(".") and part not in (".", "..") for part in name.split("/"))
    }
    above = {parent for name in found for parent in _parents(name)}
    folders: dict[str | None, _Folder] = defaultdict(_Folder)
    markers: dict[str, DroppedFile] = {}
    left: list[Told] = []
    for name, signature in found.items():
        file = DroppedFile(name, signature)
        folder = folders[name.partition("/")[0] if "/" in name else None]
        if (why := _never_taken(name, above)) is not None:
            left.append(tell(Message.NOT_A_REGULAR_FILE, name=readable(name), kind=why))
        elif name.lower().endswith(MARKER):
            markers[name[: -len(MARKER)]] = file
        elif name.lower().endswith(UNFINISHED):
            folder.unfinished.append(file)
        elif identity(drop, file) not in taken:
            folder.files.append(file)
    return Snapshot(tuple(_things(folders, markers)), tuple(left))


def _things(folders: Mapping[str | None, _Folder], markers: Mapping[str, DroppedFile]) -> Iterable[Seen]:
    seen = [seen_as(file.path, None, [file], [], markers) for file in folders[None].files]
    seen += [
        seen_as(name, name, folder.files, folder.unfinished, markers)
        for name, folder in folders.items()
        if name is not None and folder.files
    ]
    return sorted(seen, key=lambda each: each.thing.name)


def _parents(name: str) -> list[str]:
    parts = name.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def _never_taken(name: str, folders: Collection[str]) -> Phrase | None:
    parts = name.split("/")
    if "" in parts:
        return Phrase.NAMELESS_FOLDER
    if "." in parts or ".." in parts:
        return Phrase.LEADS_OUT
    if "\0" in name:
        return Phrase.CONTROL_CHARACTERS
    if name in folders:
        return Phrase.ALSO_A_FOLDER
    if len(parts) > DEEPEST + 1:
        return Phrase.TOO_DEEP
    if len(parts) > 1 and len(readable(parts[0])) > LONGEST_DIST_ID:
        return Phrase.LONG_FOLDER
    if len(os.fsencode(name)) > LONGEST or any(len(os.fsencode(part)) > _LONGEST_PART for part in parts):
        return Phrase.NAME_TOO_LONG
    return None


def signature_of(stored: Stored) -> Signature:
    """What tells an object from the one that replaces it."""
    moment = stored.modified * _SECOND
    return Signature(stored.size, moment, moment, 0, stored.etag)


def identity(drop: Bucket, file: DroppedFile) -> str:
    """The same for all who see this very object, and another one as soon as it is replaced."""
    known = file.signature
    facts = (drop.address, file.path, known.etag, str(known.size), str(known.mtime_ns))
    return hashlib.sha256("\n".join(facts).encode("utf-8", "surrogatepass")).hexdigest()


def are_as_seen(drop: Bucket, thing: Thing) -> bool:
    """Whether all objects of a thing are there as they were seen."""
    if thing.dist_id is None:
        return all(is_as_seen(drop, file) for file in thing.files)
    # One listing for all of them.
    now = (drop / thing.name).objects()
    prefix = f"{thing.name}/"
    return all(
        (found := now.get(file.path.removeprefix(prefix))) is not None
        and signature_of(found) == file.signature
        for file in thing.files
    )


def is_as_seen(drop: Bucket, file: DroppedFile) -> bool:
    """Whether an object is there as it was seen."""
    found = drop.look(file.path)
    return found is not None and signature_of(found) == file.signature
