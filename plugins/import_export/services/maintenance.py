"""A run of the maintenance: what a step finds and does is told by its counts, and kept with its warnings.

Each step works on its own: its trouble is kept like its counts, and the others go on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from import_export.errors import ImportExportError, TransientError
from import_export.messages import Told
from import_export.services.context import Context
from import_export.stores.maintenance import MaintenanceStore, PendingArchive, StepDone

log = logging.getLogger(__name__)

FIRST_WAIT = timedelta(minutes=15)
LONGEST_WAIT = timedelta(days=1)
DAILY = timedelta(hours=23, minutes=30)
"""A daily step is due when the last one is so long ago: a little less than a day, or it would come later every day."""


class Life(StrEnum):
    """What Airflow knows of some runs."""

    NONE = "none"
    """There is none of them."""
    ENDED = "ended"
    ALIVE = "alive"
    """One of them waits or is at work."""


LifeOf = Callable[[str, Sequence[str]], Life]
"""Asks Airflow about the runs of a DAG that have these ids."""


class Step(StrEnum):
    """The steps of a run, as the DAG's tasks are called."""

    RECOVER = "recover"
    ARCHIVES = "retry_archives"
    DELIVERIES = "retry_deliveries"
    LEFTOVERS = "tidy_up"
    RETENTION = "remove_old"
    SPACE = "check_space"
    MESSAGES = "notify"
    INVARIANTS = "check_invariants"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The run in which a step is done."""

    run_id: str
    dry_run: bool = False
    """Whether it only tells what would be done."""
    everything: bool = False
    """Whether what is done once a day is done now."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a step did, or would do: numbers by name, and what a person should know."""

    counts: Mapping[str, int]
    warnings: tuple[Told, ...] = ()
    runs: tuple[str, ...] = field(default=())
    """Ids of runs of `import_batch` that are to be started."""


Work = Callable[[Context, Run], "Findings | None"]
"""What a step does; None: it was not its time."""


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page shows: the last runs, and what still waits for the archive."""

    steps: Sequence[StepDone]
    """Of the last runs, newest run first."""
    newest: Sequence[StepDone]
    """How each step came to its end the last time."""
    pending: Sequence[PendingArchive]
    """The first files that wait for the archive."""
    pending_count: int
    most_attempts: int

    @property
    def warnings(self) -> list[Told]:
        """What the last look of each step found wrong."""
        return [told for step in self.newest for told in step.warnings]


@contextmanager
def maintenance_of(context: Context) -> Iterator[MaintenanceStore]:
    """The maintenance's view of the database, in a transaction on a connection of its own."""
    with context.database.session() as session, session.transaction():
        yield MaintenanceStore(session)


def recorded(context: Context, run: Run, step: Step, work: Work) -> Findings:
    """Do a step and keep what it did, or why it broke off, which is raised on."""
    began = context.clock()
    try:
        found = work(context, run)
    except Exception as fault:
        # What we did not foresee may quote data or addresses: its words stay in the task's log.
        why = str(fault) if isinstance(fault, ImportExportError) else f"{type(fault).__name__}, see its log"
        # Where the database is away, nothing can be kept.
        with suppress(TransientError):
            _keep(context, run, step, began, Findings({}), why)
        raise
    if found is None:
        log.info("%s: was done today", step)
        return Findings({})
    _keep(context, run, step, began, found, None)
    told = ", ".join(f"{name} {number}" for name, number in found.counts.items())
    log.info("%s%s: %s", step, " (dry run)" if run.dry_run else "", told or "nothing to do")
    for warning in found.warnings:
        log.warning("%s: %s", step, warning.text())
    return found


def daily(step: Step, work: Work) -> Work:
    """The work of a step, once a day: in the runs between, nothing is done."""

    def due(context: Context, run: Run) -> Findings | None:
        with maintenance_of(context) as store:
            last = store.last_done(step.value)
        if not (run.everything or run.dry_run) and last is not None and context.clock() - last < DAILY:
            return None
        return work(context, run)

    return due


def wait_after(attempts: int) -> timedelta:
    """How long nothing is tried after so many attempts in vain.

    >>> [str(wait_after(number)) for number in (1, 2, 3, 20)]
    ['0:15:00', '0:30:00', '1:00:00', '1 day, 0:00:00']
    """
    doubled: int = 2 ** min(max(attempts, 1) - 1, 10)
    return min(FIRST_WAIT * doubled, LONGEST_WAIT)


def overview(context: Context, *, runs: int, most: int) -> Overview:
    """The last runs of the maintenance, and what waits for the archive."""
    with maintenance_of(context) as store:
        return Overview(
            steps=store.newest_steps(runs),
            newest=store.last_of_steps(),
            pending=store.pending_archives(most),
            pending_count=store.count_pending_archives(),
            most_attempts=context.settings.maintenance_attempts,
        )


def retry_now(context: Context) -> None:
    """Give everything that waits for an archive or a delivery its turn in the next run."""
    with maintenance_of(context) as store:
        store.retry_all_now()


def _keep(
    context: Context, run: Run, step: Step, began: datetime, found: Findings, failure: str | None
) -> None:
    done = StepDone(
        run_id=run.run_id,
        step=step.value,
        dry_run=run.dry_run,
        started_at=began,
        finished_at=context.clock(),
        counts=found.counts,
        warnings=found.warnings,
        failure=failure,
    )
    with maintenance_of(context) as store:
        store.put_step(done)
