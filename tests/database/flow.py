"""A whole installation without Airflow: settings, database, folders; and the steps of an import in order."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from import_export.archive.bucket_drop import scan_bucket
from import_export.archive.buckets import Bucket
from import_export.archive.object_storage import ObjectStorageArchive
from import_export.archive.settling import Settling, Snapshot, scan
from import_export.imports.jobs import ImportJob
from import_export.services.archiving import archive_lane
from import_export.services.context import Context
from import_export.services.dropping import claimed_keys
from import_export.services.finishing import finish_batch
from import_export.services.lanes import Lane
from import_export.services.loading import load_lane
from import_export.services.receiving import claim_things, extract_batch
from import_export.services.validating import validate_lane
from import_export.settings import Settings
from import_export.stores.database import Database
from import_export.stores.jobs import Event

STOCKS_HEADER = "SKU;Gudang;Stok PCS;Tanggal\n"


@dataclass(frozen=True, slots=True)
class Flow:
    """One installation under test."""

    context: Context
    root: Path

    @classmethod
    def make(cls, database: Database, root: Path, **others: Any) -> Flow:
        """Folders below `root`, archive included; `others`: settings that are different."""
        standard: dict[str, Any] = {
            "drop_folder": root / "drop",
            "work_folder": root / "work",
            "done_folder": root / "done",
            "failed_folder": root / "failed",
            "archive_path": str(root / "archive"),
            "settle_seconds": 0,
        }
        settings = Settings(**standard | others)
        for folder in (settings.drop_folder, settings.work_folder):
            if isinstance(folder, Path):
                folder.mkdir(parents=True, exist_ok=True)
        context = Context(
            settings=settings,
            database=database,
            statistics=database.sibling(f"{database.name}_statistics"),
            open_archive=lambda: ObjectStorageArchive(settings.archive_path),
            actor="test",
            worker="one machine",
        )
        return cls(context, root)

    def drop(self, name: str, content: str | bytes) -> Path:
        """Put a file into the drop folder."""
        path = self.root / "drop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def claim(self) -> list[str]:
        """Claim everything in the drop folder."""
        return claim_things(self.context, Settling(0).look(self.scan(), 0))

    def scan(self) -> Snapshot:
        """Look at the drop folder, as the trigger does."""
        drop = self.context.settings.drop_folder
        if isinstance(drop, str):
            return scan_bucket(Bucket(drop), claimed_keys(self.context))
        return scan(drop)

    def take(self) -> tuple[str, list[Lane]]:
        """Claim and extract the one thing that was dropped."""
        [batch_id] = self.claim()
        return batch_id, extract_batch(self.context, batch_id)

    def run(self) -> list[ImportJob]:
        """All steps, for the one thing that was dropped."""
        batch_id, lanes = self.take()
        for step in (validate_lane, load_lane, archive_lane):
            for lane in lanes:
                step(self.context, lane)
        finish_batch(self.context, batch_id)
        return self.jobs(batch_id)

    def jobs(self, batch_id: str) -> list[ImportJob]:
        """The jobs of a batch, those of skipped tables last."""
        with self.context.jobs() as jobs:
            return jobs.jobs(batch_id)

    def events(self, job_id: int) -> list[Event]:
        """The history of a job."""
        with self.context.jobs() as jobs:
            return jobs.events(job_id)

    def rows(self, table: str) -> int:
        """How many rows a table has."""
        with self.context.database.session() as session:
            [(count,)] = session.rows(f"SELECT COUNT(*) FROM {table}")
            return int(count)


def is_alone(database: Database) -> bool:
    """Whether the server has noticed that others' connections are gone, and has rolled back what was done on them."""
    with database.session() as session:
        return not session.rows(
            "SELECT 1 FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID() "
            "UNION ALL SELECT 1 FROM information_schema.innodb_trx WHERE trx_mysql_thread_id <> CONNECTION_ID()"
        )


PAUSE = 0.15
"""Seconds between two looks. InnoDB renews what it tells of transactions only when nobody has asked for 0.1 s: who asks more
often sees the same for ever (MariaDB 10.11 and MySQL 9)."""


def eventually(look: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something is so in another process or thread, whose steps nothing else tells."""
    deadline = time.monotonic() + seconds
    while not look():
        if time.monotonic() > deadline:
            raise AssertionError(f"it was not so within {seconds:.0f} s")
        time.sleep(PAUSE)
