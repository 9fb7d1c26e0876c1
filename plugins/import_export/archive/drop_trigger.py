"""The trigger behind the drop folder's sensor: looks every few seconds, in the triggerer, without a worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from import_export.archive.bucket_drop import scan_bucket
from import_export.archive.buckets import Bucket
from import_export.archive.settling import Settling, Snapshot, scan
from import_export.errors import ArchiveRefused, ArchiveUnavailable, SettingsError

MOST_AT_ONCE = 500
"""Things in one event; each becomes a mapped task of its own, of which Airflow takes 1,024. The rest comes next."""


class DropFolderTrigger(BaseTrigger):
    """Fires when something in the drop folder has settled, with what has.

    Settling starts anew when the trigger moves to another triggerer, which only makes it wait a little longer.
    """

    def __init__(
        self, drop_folder: str, settle_seconds: float, poll_seconds: float, taken: Sequence[str] = ()
    ) -> None:
        """`taken`: the keys of objects in a bucket that have a batch already."""
        super().__init__()
        self.drop_folder = drop_folder
        self.settle_seconds = settle_seconds
        self.poll_seconds = poll_seconds
        self.taken = taken

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """How another process makes the same trigger."""
        return (
            f"{type(self).__module__}.{type(self).__name__}",
            {
                "drop_folder": self.drop_folder,
                "settle_seconds": self.settle_seconds,
                "poll_seconds": self.poll_seconds,
                "taken": list(self.taken),
            },
        )

    def _scan(self) -> Snapshot:
        if "://" in self.drop_folder:
            return scan_bucket(Bucket(self.drop_folder), frozenset(self.taken))
        return scan(Path(self.drop_folder))

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look until something has settled. A folder that cannot be read fails the task, which says so and retries."""
        settling = Settling(self.settle_seconds)
        told: set[str] = set()
        while True:
            try:
                snapshot = await asyncio.to_thread(self._scan)
            except (OSError, ArchiveRefused, ArchiveUnavailable) as fault:
                raise SettingsError(
                    f"[import_export] drop_folder {self.drop_folder} cannot be read: {fault}"
                ) from fault
            for text in [left.text() for left in snapshot.left]:
                if text not in told:
                    self.log.warning(text)
                    told.add(text)
            settled = settling.look(snapshot, time.monotonic())
            if settled:
                yield TriggerEvent([thing.to_event() for thing in settled[:MOST_AT_ONCE]])
                return
            await asyncio.sleep(self.poll_seconds)
