"""Moves originals out of the work folder, also to another disk; safe to repeat after a crash."""

from __future__ import annotations

import errno
import filecmp
import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from import_export.failpoints import hit
from import_export.imports.freezing import opened, sync_folder

_CHUNK = 1 << 20
_PART = ".put-away.part"
"""Not made of the file's own name, which may be as long as a name can be."""


def put_away(claimed: Path, target: Path) -> None:
    """Move every file below `claimed` to the same place below `target`.

    Nothing there is overwritten: a file whose place another one has gets a number, `sales (2).csv`.
    """
    if not claimed.exists():
        return
    for source in sorted(claimed.rglob("*")):
        if source.is_file() and not source.is_symlink():
            place = target / source.relative_to(claimed)
            place.parent.mkdir(parents=True, exist_ok=True)
            _move(source, place)
    shutil.rmtree(claimed)


def _move(source: Path, wanted: Path) -> None:
    place = _free_place(source, wanted)
    if not place.exists():
        hit("finish.rename.before")
        try:
            source.rename(place)
        except OSError as fault:
            if fault.errno != errno.EXDEV:
                raise
        else:
            hit("finish.rename.after")
            return
        _copy(source, place)
    # Only now: a crash before this line leaves the file in both places, and the repeat finds it.
    source.unlink()


def numbered_names(wanted: str) -> Iterator[str]:
    """`sales.csv`, `sales (2).csv`, `sales (3).csv`, … in the same folder.

    >>> list(itertools.islice(numbered_names("a/sales.csv"), 2))
    ['a/sales.csv', 'a/sales (2).csv']
    """
    yield wanted
    path = PurePosixPath(wanted)
    for number in itertools.count(2):
        yield str(path.with_name(f"{path.stem} ({number}){path.suffix}"))


def _free_place(source: Path, wanted: Path) -> Path:
    """The first place that is free, or that an earlier attempt has filled with this very file."""
    places = (wanted.with_name(name) for name in numbered_names(wanted.name))
    return next(
        place
        for place in places
        if not place.exists() or (place.is_file() and filecmp.cmp(source, place, shallow=False))
    )


def _copy(source: Path, place: Path) -> None:
    """Copy to another disk; the copy appears as a whole, and survives a power cut."""
    part = place.with_name(_PART)
    with opened(source) as original, part.open("wb") as copy:
        shutil.copyfileobj(original, copy, _CHUNK)
        copy.flush()
        os.fsync(copy.fileno())
    part.replace(place)
    sync_folder(place.parent)
