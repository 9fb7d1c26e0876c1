"""What every archive can do, and what is handed to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveItem:
    """A file that is to be kept, and what is known of it."""

    path: Path
    name: str
    """The file's own name, as people know it."""
    batch_id: str
    job_id: int
    dist_id: str | None
    sha256: str
    size: int
    received_at: datetime
    description: str
    reserved_id: str | None
    """What `reserve_id` gave before the first attempt."""
    folder: str | None = None
    """Where in the archive, as `a/b`, under just its name; None: by the pattern of the settings."""
    table_name: str | None = None


@dataclass(frozen=True, slots=True)
class Archived:
    """Where a file is kept."""

    url: str
    """For people."""
    file_id: str | None


class Archive(Protocol):
    """Keeps files. Every call may be repeated after a crash, and no second copy is ever made."""

    def check(self) -> str:
        """Try whether files can be kept; what was found, for people. Raises as `store` does."""

    def reserve_id(self) -> str | None:
        """An id for a file to come, to be stored before the upload; None where paths are ids enough."""

    def store(self, item: ArchiveItem) -> Archived:
        """Keep a file. Raises `ArchiveRefused` when a person has to act, `ArchiveUnavailable` when a retry may do."""
