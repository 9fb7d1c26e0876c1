"""What every use case is handed: settings, database, archive, clock, and who acts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from import_export.archive.protocol import Archive
from import_export.settings import Settings
from import_export.stores.database import Database
from import_export.stores.jobs import JobStore


def utc_now() -> datetime:
    """Now, in UTC and without a zone, as MySQL's DATETIME columns keep it."""
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Handed in, so that nothing deep inside reads a clock, a configuration or an environment."""

    settings: Settings
    database: Database
    open_archive: Callable[[], Archive]
    """Called only when something is to be archived: it may need credentials that other steps do without."""
    open_delivery: Callable[[], Archive | None] = lambda: None
    """Where exported files are also put, when there is such a place."""
    actor: str
    """Who or what moves the jobs: a run and its task, or a person."""
    clock: Callable[[], datetime] = utc_now
    ddl_database: Database | None = None
    """Opened as a user who may make and change tables, where that is another one."""
    statistics: Database
    """The accounts' statistics; a database of its own."""
    worker: str
    """What Airflow calls this machine; jobs tell by it who did them."""

    @contextmanager
    def jobs(self) -> Iterator[JobStore]:
        """The jobs, in a transaction on a connection of their own."""
        with self.database.session() as session, session.transaction():
            yield JobStore(session)

    @property
    def configuration(self) -> Database:
        """Where changes of the configuration are made."""
        return self.ddl_database or self.database

    def work(self, batch_id: str) -> WorkFolder:
        """The folders of a batch."""
        return WorkFolder(self.settings.work_folder / batch_id)


@dataclass(frozen=True, slots=True)
class WorkFolder:
    """Where the files of one batch lie while they are worked on."""

    root: Path

    @property
    def claimed(self) -> Path:
        """The originals, as they were taken."""
        return self.root / "claimed"

    @property
    def spool(self) -> Path:
        """An upload that is still coming in."""
        return self.root / "spool"

    @property
    def files(self) -> Path:
        """The frozen copies that are validated and loaded, under names of ours."""
        return self.root / "files"

    @property
    def rejects(self) -> Path:
        """The rejects of each file."""
        return self.root / "rejects"

    def rejects_of(self, slot: str) -> Path:
        """The rejects file of the job of that slot."""
        return self.rejects / self.rejects_name(slot)

    @staticmethod
    def rejects_name(slot: str) -> str:
        """The name of that file."""
        return f"{slot.removeprefix('file:')}.rejects.csv"
