"""What the maintenance asks of the database, and what its runs leave there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from import_export.messages import Told
from import_export.stores.database import Session
from import_export.stores.queries import queries
from import_export.stores.told_json import dump_many, load_many

_LONGEST_FAILURE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBatch:
    """A batch that is not closed, and of which nothing was heard lately."""

    batch_id: str
    run_id: str
    reruns: int
    requeues: int
    """How often it was taken up again by itself."""
    requeue_at: datetime | None
    """Not before this moment again."""
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingArchive:
    """A file that waits for the archive."""

    job_id: int
    batch_id: str
    filename: str
    dist_id: str | None
    error: str | None
    retries: int
    retry_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UndeliveredExport:
    """An export some of whose files could not be delivered."""

    export_id: str
    retries: int
    retry_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDone:
    """What a step of a run of the maintenance did. Moments are UTC."""

    run_id: str
    step: str
    dry_run: bool
    started_at: datetime
    finished_at: datetime
    counts: Mapping[str, int]
    warnings: tuple[Told, ...]
    failure: str | None


class MaintenanceStore:
    """The maintenance's view through one session; the caller owns the transaction."""

    def __init__(self, session: Session) -> None:
        self._raw = session.raw
        self._sql = queries("maintenance")

    def open_batches(
        self, *, abandoned: datetime, lost: datetime, after: OpenBatch | None, most: int
    ) -> list[OpenBatch]:
        """Batches that are not closed and of which nothing was heard since, oldest first, from behind a given one."""
        rows = self._sql.open_batches(
            self._raw,
            abandoned=abandoned,
            lost=lost,
            after_at=after and after.received_at,
            after_id=after and after.batch_id,
            most=most,
        )
        return [
            OpenBatch(
                batch_id=batch_id,
                run_id=run_id,
                reruns=int(reruns),
                requeues=int(requeues),
                requeue_at=requeue_at,
                received_at=received_at,
            )
            for batch_id, run_id, reruns, requeues, requeue_at, received_at in rows
        ]

    def requeue(self, batch_id: str, *, now: datetime, next_at: datetime) -> bool:
        """Remember that another run takes the batch up; False when it was closed meanwhile."""
        return bool(self._sql.requeue_batch(self._raw, batch_id=batch_id, now=now, requeue_at=next_at))

    def known(self, batch_ids: Sequence[str]) -> set[str]:
        """Those of some ids that are batches."""
        if not batch_ids:
            return set()
        return {found for (found,) in self._sql.known_batches(self._raw, batch_ids=tuple(batch_ids))}

    def due_archives(self, now: datetime, most_retries: int, most: int) -> list[tuple[int, int]]:
        """Jobs whose files wait for the archive and whose turn it is, and how often each was tried again."""
        rows = self._sql.due_archives(self._raw, now=now, most_retries=most_retries, most=most)
        return [(job_id, int(retries)) for job_id, retries in rows]

    def set_archive_retry(self, job_id: int, retries: int, retry_at: datetime) -> None:
        """The file's next turn."""
        self._sql.set_archive_retry(self._raw, job_id=job_id, retries=retries, retry_at=retry_at)

    def pending_archives(self, most: int) -> list[PendingArchive]:
        """Files that wait for the archive, those first that are tried no more."""
        return [
            PendingArchive(
                job_id=job_id,
                batch_id=batch_id,
                filename=filename,
                dist_id=dist_id,
                error=error,
                retries=int(retries),
                retry_at=retry_at,
            )
            for job_id, batch_id, filename, dist_id, error, retries, retry_at in self._sql.pending_archives(
                self._raw, most=most
            )
        ]

    def count_pending_archives(self) -> int:
        """How many files of closed batches wait for the archive."""
        return int(self._sql.count_pending_archives(self._raw))

    def count_archives_given_up(self, most_retries: int) -> int:
        """How many of them are tried no more."""
        return int(self._sql.count_archives_given_up(self._raw, most_retries=most_retries))

    def retry_all_now(self) -> None:
        """Everything that waits for an archive or a delivery has its turn at once, and all its attempts again."""
        self._sql.retry_archives_now(self._raw)
        self._sql.retry_deliveries_now(self._raw)

    def undelivered_exports(self, most: int) -> list[UndeliveredExport]:
        """Exports with files that could not be delivered, oldest first."""
        return [
            UndeliveredExport(export_id=export_id, retries=int(retries), retry_at=retry_at)
            for export_id, retries, retry_at in self._sql.undelivered_exports(self._raw, most=most)
        ]

    def set_delivery_retry(self, export_id: str, retries: int, retry_at: datetime | None) -> None:
        """The export's next turn."""
        self._sql.set_delivery_retry(self._raw, export_id=export_id, retries=retries, retry_at=retry_at)

    def old_progress(self, before: datetime, *, remove: bool) -> int:
        """How many files' progress was told last before then; it may be forgotten."""
        find = self._sql.remove_old_progress if remove else self._sql.count_old_progress
        return int(find(self._raw, before=before))

    def free_batches(self, batch_ids: Sequence[str], before: datetime) -> set[str]:
        """Those of some batches that were closed before then and that nothing waits for any more."""
        if not batch_ids:
            return set()
        rows = self._sql.free_batches(self._raw, batch_ids=tuple(batch_ids), before=before)
        return {batch_id for (batch_id,) in rows}

    def newest_of_tables(self, most: int) -> set[str]:
        """The batches of the newest files of each table."""
        return {batch_id for (batch_id,) in self._sql.newest_of_tables(self._raw, most=most)}

    def old_events(self, before: datetime, after: int, most: int) -> list[int]:
        """Ids of moves that are older, from behind a given one, but not of any file's last one."""
        found = self._sql.old_events(self._raw, before=before, after_id=after, most=most)
        return [event_id for (event_id,) in found]

    def remove_events(self, ids: Sequence[int]) -> None:
        """Remove moves."""
        self._sql.remove_events(self._raw, ids=tuple(ids))

    def old_audit(self, before: datetime) -> int:
        """How many entries of the audit log are older."""
        return int(self._sql.count_old_audit(self._raw, before=before))

    def remove_old_audit(self, before: datetime, most: int) -> int:
        """Remove some of them; how many."""
        return int(self._sql.remove_old_audit(self._raw, before=before, most=most))

    def count_old_messages(self, before: datetime, unsent_before: datetime) -> int:
        """How many messages are older; `unsent_before`: what counts for those that did not go out."""
        return int(self._sql.count_old_messages(self._raw, before=before, unsent_before=unsent_before))

    def remove_old_messages(self, before: datetime, unsent_before: datetime, most: int) -> int:
        """Remove some of them; how many."""
        rows = self._sql.old_messages(self._raw, before=before, unsent_before=unsent_before, most=most)
        ids = tuple(message_id for (message_id,) in rows)
        if ids:
            self._sql.remove_messages(self._raw, ids=ids)
        return len(ids)

    def old_batches(
        self, before: datetime, after: tuple[datetime, str] | None, most: int
    ) -> list[tuple[datetime, str]]:
        """Batches that were closed before then and that no other one points to: when, and their ids."""
        rows = self._sql.old_batches(
            self._raw,
            before=before,
            after_at=after and after[0],
            after_id=after and after[1],
            most=most,
        )
        return [(finished_at, batch_id) for batch_id, finished_at in rows]

    def remove_batch(self, batch_id: str) -> None:
        """Remove a batch with all that the database knows of its files."""
        for remove in (
            self._sql.remove_events_of,
            self._sql.remove_corrections_of,
            self._sql.remove_jobs_of,
            self._sql.remove_batch,
        ):
            remove(self._raw, batch_id=batch_id)

    def table_sizes(self, databases: Iterable[str]) -> list[tuple[str, str, int]]:
        """Database, name and bytes of each table, largest first."""
        rows = self._sql.table_sizes(self._raw, databases=tuple(databases))
        return [(database, name, int(size)) for database, name, size in rows]

    def put_step(self, done: StepDone) -> None:
        """Keep what a step did; a repetition in the same run takes its place."""
        self._sql.put_run(
            self._raw,
            run_id=done.run_id,
            step=done.step,
            dry_run=done.dry_run,
            started_at=done.started_at,
            finished_at=done.finished_at,
            counts=json.dumps(dict(done.counts)),
            warnings=dump_many(done.warnings),
            failure=done.failure and done.failure[:_LONGEST_FAILURE],
        )

    def last_done(self, step: str) -> datetime | None:
        """When a step was last done to its end."""
        at = self._sql.last_done(self._raw, step=step)
        return at if isinstance(at, datetime) else None

    def newest_steps(self, runs: int) -> list[StepDone]:
        """The steps of the last runs, newest run first."""
        return [_step(row) for row in self._sql.newest_steps(self._raw, most=runs)]

    def last_of_steps(self) -> list[StepDone]:
        """The last time that each step came to its end."""
        return [_step(row) for row in self._sql.last_of_steps(self._raw)]

    def old_runs(self, before: datetime, *, remove: bool) -> int:
        """How many rows of earlier runs are older; they may be forgotten."""
        find = self._sql.remove_old_runs if remove else self._sql.count_old_runs
        return int(find(self._raw, before=before))


def _step(row: Sequence[Any]) -> StepDone:
    run_id, step, dry_run, started_at, finished_at, counts, warnings, failure = row
    return StepDone(
        run_id=run_id,
        step=step,
        dry_run=bool(dry_run),
        started_at=started_at,
        finished_at=finished_at,
        counts=json.loads(counts),
        warnings=load_many(warnings),
        failure=failure,
    )
