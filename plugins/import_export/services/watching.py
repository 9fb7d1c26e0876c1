"""What the pages and the API show of batches: reads only."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from weakref import WeakKeyDictionary

from import_export.imports.jobs import ImportJob, JobStatus
from import_export.scopes import Scope
from import_export.services.context import Context
from import_export.stores.batches import BatchFilter, BatchLine, BatchStore, Day
from import_export.stores.database import Database
from import_export.stores.jobs import Event, JobStore

DASHBOARD_SECONDS = 10
"""Numbers over a month may be as old as this."""


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch with its files, and how far those in work are (rows by job)."""

    line: BatchLine
    jobs: Sequence[ImportJob]
    progress: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Files in work by status, and what happened on each day."""

    open_files: Mapping[JobStatus, int]
    days: Sequence[Day]


def list_batches(context: Context, wanted: BatchFilter, most: int) -> list[BatchLine]:
    """Batches newest first."""
    with context.database.session() as session:
        return BatchStore(session).newest(wanted, most)


def batch_view(context: Context, batch_id: str) -> BatchView:
    """One batch with its files; raises `NotFound`."""
    with context.database.session() as session:
        jobs, batches = JobStore(session), BatchStore(session)
        batch = jobs.batch(batch_id)
        found = jobs.jobs(batch_id)
        line = BatchLine(batch=batch, outcomes=batches.outcomes([batch_id])[batch_id])
        return BatchView(line, found, batches.progress_of(batch_id) if batch.finished_at is None else {})


def history(context: Context, job_id: int) -> list[Event]:
    """The moves of a job, oldest first."""
    with context.database.session() as session:
        return JobStore(session).events(job_id)


def histories(context: Context, batch_id: str) -> Mapping[int, list[Event]]:
    """The moves of all jobs of a batch, each job's oldest first; one query for a batch of any size."""
    with context.database.session() as session:
        return BatchStore(session).events_of(batch_id)


def changed_batches(context: Context, scope: Scope, since: datetime) -> list[str]:
    """Batches some of whose files changed."""
    with context.database.session() as session:
        return BatchStore(session).changed_since(since, scope.regexp)


def distributors(context: Context, scope: Scope) -> list[str]:
    """Distributors that ever sent something, or are expected to."""
    with context.database.session() as session:
        return BatchStore(session).distributors(scope.regexp)


@dataclass(slots=True)
class _Kept:
    """The last numbers, when they were begun, and whether somebody makes new ones."""

    made: Dashboard | None = None
    made_at: float = 0
    making: bool = False


_kept: WeakKeyDictionary[Database, dict[tuple[str | None, int], _Kept]] = WeakKeyDictionary()
_keeping = Lock()


def dashboard(context: Context, scope: Scope, days: int) -> Dashboard:
    """Numbers over the last days; they may be some seconds old, because they are made of many rows.

    One request makes new ones; who comes meanwhile gets those of before, unless they are twice as old as they may be.
    """
    began = time.monotonic()
    with _keeping:
        kept = _kept.setdefault(context.database, {}).setdefault((scope.regexp, days), _Kept())
        most = DASHBOARD_SECONDS * (2 if kept.making else 1)
        if kept.made is not None and began - kept.made_at < most:
            return kept.made
        kept.making = True
    midnight = context.clock().replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        with context.database.session() as session:
            batches = BatchStore(session)
            made = Dashboard(
                batches.open_files(scope.regexp),
                batches.days(midnight - timedelta(days=days - 1), scope.regexp),
            )
        with _keeping:
            kept.made, kept.made_at = made, began
    finally:
        kept.making = False
    return made
