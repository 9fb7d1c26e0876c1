"""Moves originals out of the work folder, also to another disk; safe to repeat after a crash."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def put_away(claimed: Path, target: Path) -> None:
    """Move every file below `claimed` to the same place below `target`."""
    if not claimed.exists():
        return
    for source in sorted(path for path in claimed.rglob("*") if path.is_file()):
        place = target / source.relative_to(claimed)
        place.parent.mkdir(parents=True, exist_ok=True)
        _move(source, place)
    shutil.rmtree(claimed)


def _move(source: Path, place: Path) -> None:
    if source.stat().st_dev == place.parent.stat().st_dev:
        source.rename(place)
        return
    part = place.with_name(f".{place.name}.part")
    with source.open("rb") as original, part.open("wb") as copy:
        shutil.copyfileobj(original, copy, 1 << 20)
        copy.flush()
        os.fsync(copy.fileno())
    part.replace(place)
    source.unlink()
