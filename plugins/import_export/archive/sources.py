"""Copies the files that a run's form names, by path or object-storage URI, into the batch's work folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from airflow.sdk import ObjectStoragePath

from import_export.errors import BadRequest
from import_export.messages import Message, tell

_CHUNK = 1 << 20


def copy_sources(names: Sequence[str], claimed: Path, *, roots: Sequence[str]) -> None:
    """Copy files, and the files in folders, into `claimed`. Raises `BadRequest` before anything is copied.

    `roots`: where files may come from; empty: anywhere that the worker can read.
    """
    wanted = [name.strip() for name in names if name.strip()]
    if not wanted:
        raise BadRequest(tell(Message.NO_FILES).text())
    found: dict[str, Any] = {}
    for name in wanted:
        _check_root(name, roots)
        for relative, path in _files(name):
            found[_free_name(relative, found)] = path
    if not found:
        raise BadRequest(tell(Message.NO_FILES).text())
    claimed.mkdir(parents=True, exist_ok=True)
    for relative, path in found.items():
        target = claimed / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, _CHUNK)


def _files(name: str) -> Iterator[tuple[str, Any]]:
    path = ObjectStoragePath(name)
    try:
        if path.is_dir():
            for each in sorted(path.rglob("*"), key=str):
                if each.is_file():
                    yield str(each.relative_to(path)), each
            return
        if path.is_file():
            yield path.name, path
            return
    except (OSError, ValueError, ImportError) as fault:
        raise BadRequest(f"files: '{name}' cannot be read: {fault}") from fault
    raise BadRequest(f"files: '{name}' does not exist or is not an ordinary file or folder")


def _check_root(name: str, roots: Sequence[str]) -> None:
    if not roots:
        return
    plain = str(Path(name).resolve()) if "://" not in name else name
    if ".." in Path(name).parts or not any(
        plain == root.rstrip("/") or plain.startswith(root.rstrip("/") + "/") for root in roots
    ):
        raise BadRequest(f"files: '{name}' is not below any of: {', '.join(roots)}")


def _free_name(relative: str, taken: dict[str, Any]) -> str:
    """Two folders may hold files of one name; both are taken."""
    name, number = relative, 1
    while name in taken:
        number += 1
        name = f"{number}/{relative}"
    return name
