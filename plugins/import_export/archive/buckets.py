"""A folder in object storage (`s3://conn@bucket/drop`): what lies in it, files in, files out; by Airflow's ObjectStoragePath."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from airflow.sdk import BaseHook, ObjectStoragePath
from airflow.sdk.exceptions import AirflowNotFoundException

from import_export.errors import ArchiveRefused, ArchiveUnavailable, SettingsError
from import_export.imports.freezing import write_frozen

_BLOCK = 4 << 20
"""Octets of an object that are held at once while it is read: it may be read for many people side by side."""
_PART = 16 << 20
_MOST_PARTS = 9000
_CLIENTS = (
    ("botocore.exceptions", "BotoCoreError"),
    ("botocore.exceptions", "ClientError"),
    ("aiohttp.client_exceptions", "ClientError"),
    ("google.auth.exceptions", "GoogleAuthError"),
    ("gcsfs.retry", "HttpError"),
    ("azure.core.exceptions", "AzureError"),
)
"""The roots of what clients raise that is no `OSError`. They are optional packages: who is loaded is looked at only."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object at one moment; what writes it again changes one of these."""

    size: int
    modified: int
    """Whole seconds since 1970: a listing may tell more of them than a look at the object does."""
    etag: str
    """Empty where the store gives none."""


def made_anew(place: str) -> ArchiveUnavailable:
    """What is raised for a file that is no longer the one that was looked at."""
    return ArchiveUnavailable(f"{place} was made anew just now; ask for it again")


class Bucket:
    """A folder of a bucket. Names are paths below it, with `/`; nothing is connected before it is used."""

    def __init__(self, uri: str) -> None:
        self.uri = uri.rstrip("/")

    def __truediv__(self, name: str) -> Bucket:
        """A folder below it."""
        inner = Bucket(f"{self.uri}/{name}")
        # The same connection, which is not looked up again.
        inner.__dict__["_opened"] = (self._opened[0], f"{self._opened[1]}/{name}")
        return inner

    @property
    def address(self) -> str:
        """The folder without the connection by which it is reached: the same for all who reach it."""
        scheme, _, rest = self.uri.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2]}"

    def place(self, name: str) -> str:
        """An object, as people and logs know it."""
        return f"{self.uri}/{name}"

    def objects(self) -> dict[str, Stored]:
        """All objects below the folder, at any depth; none where the folder is not there."""
        fs, base = self._opened
        with self._told(""):
            # Clients keep listings, and others write here, too.
            fs.invalidate_cache()
            found = fs.find(base, detail=True)
        prefix = f"{base}/"
        return {
            path.removeprefix(prefix): _stored(facts)
            for path, facts in found.items()
            if path.startswith(prefix) and not path.endswith("/") and facts.get("type") != "directory"
        }

    def look(self, name: str) -> Stored | None:
        """An object as it is now; None when it is not there."""
        fs, base = self._opened
        with self._told(name):
            fs.invalidate_cache()
            try:
                facts: Mapping[str, Any] = fs.info(f"{base}/{name}")
            except FileNotFoundError:
                return None
        return None if facts.get("type") == "directory" else _stored(facts)

    def fetch(self, name: str, target: Path) -> tuple[int, str]:
        """Copy an object to a read-only file, which appears as a whole; give its size and SHA-256."""
        fs, base = self._opened
        target.parent.mkdir(parents=True, exist_ok=True)
        with self._told(name):
            fs.invalidate_cache()
            with fs.open(f"{base}/{name}", "rb", block_size=_BLOCK) as source:
                return write_frozen(source.read, target)

    def read(
        self, name: str, seen: Stored | None = None, start: int = 0, stop: int | None = None
    ) -> Iterator[bytes]:
        """An object's octets, or those from `start` up to `stop`, in pieces.

        `seen`: as it was when somebody looked; raises `ArchiveUnavailable` when it is another one by now. What is read
        is one object from its begin to its end, also when it is replaced meanwhile: then the rest is not given.
        """
        fs, base = self._opened
        with self._told(name):
            fs.invalidate_cache()
            # Without a cache: it would hold two blocks more.
            with fs.open(f"{base}/{name}", "rb", block_size=_BLOCK, cache_type="none") as source:
                if seen is not None and _stored(source.details) != seen:
                    raise made_anew(self.place(name))
                source.seek(start)
                left = (source.size if stop is None else stop) - start
                while left > 0 and (piece := source.read(min(_BLOCK, left))):
                    left -= len(piece)
                    yield piece

    def put(self, path: Path, name: str) -> None:
        """Write a file as an object, over one that is there; it appears as a whole."""
        fs, base = self._opened
        with self._told(name):
            fs.put_file(str(path), f"{base}/{name}", **self._gently(path.stat().st_size))

    def copy(self, name: str, to: str) -> None:
        """Copy an object within the bucket, over one that is there; nothing comes by this machine."""
        fs, base = self._opened
        with self._told(name):
            fs.invalidate_cache()
            fs.cp_file(f"{base}/{name}", f"{base}/{to}")

    def write(self, text: str, name: str) -> None:
        """Write a text as an object."""
        fs, base = self._opened
        with self._told(name):
            fs.pipe_file(f"{base}/{name}", text.encode())

    def remove(self, name: str) -> None:
        """Remove an object; one that is not there is no trouble."""
        fs, base = self._opened
        with self._told(name), suppress(FileNotFoundError):
            fs.rm_file(f"{base}/{name}")

    def _gently(self, size: int) -> dict[str, int]:
        """How large files are sent: S3's client would hold 500 MB of one at once."""
        if not self.uri.startswith("s3"):
            return {}
        return {"chunksize": max(_PART, math.ceil(size / _MOST_PARTS)), "max_concurrency": 2}

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        """The filesystem and the folder's path in it; raises `SettingsError` for what is not set up."""
        scheme = self.uri.partition("://")[0]
        try:
            path = ObjectStoragePath(self.uri)
            if path.conn_id is not None:
                # Clients go on without credentials when the connection is missing, and are then refused elsewhere.
                BaseHook.get_connection(path.conn_id)
            with self._told(""):
                return path.fs, path.path.rstrip("/")
        except AirflowNotFoundException as fault:
            raise SettingsError(f"{self.uri}: there is no Airflow connection '{path.conn_id}'") from fault
        except (ImportError, ValueError) as fault:
            raise SettingsError(
                f"{self.uri}: nothing is installed here that reads {scheme}:// "
                f"(docs/object-storage.md names the packages): {fault}"
            ) from fault

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """What a client raises, as our faults: with the place, and with what to do where a person can do something."""
        place = self.place(name) if name else self.uri
        try:
            yield
        except PermissionError as fault:
            raise ArchiveRefused(
                f"{place}: no permission; the connection's user must be allowed to list, read, write and remove there "
                f"({fault})"
            ) from fault
        except FileNotFoundError as fault:
            raise ArchiveRefused(
                f"{place}: it is not there; make the bucket, or correct its name in the setting ({fault})"
            ) from fault
        except _faults() as fault:
            raise ArchiveUnavailable(f"{place}: {fault}") from fault


def _faults() -> tuple[type[Exception], ...]:
    loaded = ((sys.modules.get(module), name) for module, name in _CLIENTS)
    return (OSError, *(getattr(module, name) for module, name in loaded if module is not None))


def _stored(facts: Mapping[str, Any]) -> Stored:
    return Stored(
        size=int(facts.get("size") or 0),
        modified=_seconds(
            next(
                (
                    facts[key]
                    for key in ("LastModified", "last_modified", "mtime", "updated", "created")
                    if facts.get(key)
                ),
                0,
            )
        ),
        etag=str(next((facts[key] for key in ("ETag", "etag", "generation") if facts.get(key)), "")).strip(
            '"'
        ),
    )


def _seconds(moment: Any) -> int:
    """A moment as clients tell it: a date, a text, or seconds."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return int(moment.timestamp()) if isinstance(moment, datetime) else int(moment)
