"""Finds batches that broke off and has a run take them up: claimed or registered without a run, or their run is gone.

The one place where that is done: whoever registers a batch asks for its run once, and leaves the rest to this.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta

from import_export.archive.drop_folder import Claimed, claims
from import_export.messages import Message, Told, tell
from import_export.services.context import Context
from import_export.services.export_retention import close_lost
from import_export.services.maintenance import (
    Findings,
    Life,
    LifeOf,
    Run,
    maintenance_of,
    wait_after,
)
from import_export.services.receiving import AGAIN, LOST_AFTER, register_claim
from import_export.stores.maintenance import OpenBatch

log = logging.getLogger(__name__)

IMPORT_DAG = "import_batch"
ABANDONED_AFTER = timedelta(seconds=60)
"""Whoever claimed, registered or moved something so lately is about to ask for its run."""
MOST_RUNS = 500
"""Runs that are started at once: Airflow maps about a thousand tasks."""
_PAGE = 500


def recover(context: Context, run: Run, life_of: LifeOf) -> Findings:
    """What broke off, and the ids of the runs that are to take it up again.

    A batch whose run never was gets it; one whose run ended before it was closed gets another one, after growing waits and
    not for ever. Nothing is loaded twice: each job is taken up where it is.
    """
    adopted = [
        claimed for claimed in _left_claims(context) if run.dry_run or register_claim(context, claimed)
    ]
    started: list[str] = []
    requeued: list[str] = []
    warnings: list[Told] = []
    for batch in _open_batches(context):
        if len(started) + len(requeued) == MOST_RUNS:
            break
        life = life_of(IMPORT_DAG, _run_ids(batch))
        if life is Life.ALIVE:
            continue
        if life is Life.NONE:
            started.append(_start(context, run, batch))
        elif batch.requeues >= context.settings.maintenance_attempts:
            warnings.append(tell(Message.BATCH_GIVEN_UP, batch=batch.batch_id, count=batch.requeues))
        elif batch.requeue_at is None or batch.requeue_at <= context.clock():
            requeued += _requeue(context, run, batch)
    closed = close_lost(context, life_of, dry_run=run.dry_run)
    counts = {
        "claims_adopted": len(adopted),
        "batches_started": len(started),
        "batches_requeued": len(requeued),
        "batches_given_up": len(warnings),
        "exports_closed": len(closed),
    }
    return Findings(counts, tuple(warnings), () if run.dry_run else (*started, *requeued))


def _left_claims(context: Context) -> Iterator[Claimed]:
    """Claims of which nobody made a batch; a younger one may still be in a watcher's hands."""
    if not context.settings.work_folder.is_dir():
        return
    old = [
        claimed
        for claimed in claims(context.settings.work_folder)
        if context.clock() - claimed.received_at > ABANDONED_AFTER
    ]
    with maintenance_of(context) as store:
        known = store.known([claimed.batch_id for claimed in old])
    yield from (claimed for claimed in old if claimed.batch_id not in known)


def _open_batches(context: Context) -> Iterator[OpenBatch]:
    """Batches that are not closed and of which nothing was heard for a while."""
    now, last = context.clock(), None
    while True:
        with maintenance_of(context) as store:
            page = store.open_batches(
                abandoned=now - ABANDONED_AFTER, lost=now - LOST_AFTER, after=last, most=_PAGE
            )
        yield from page
        if len(page) < _PAGE:
            return
        last = page[-1]


def _run_ids(batch: OpenBatch) -> list[str]:
    """The ids of all runs that may ever have worked on the batch."""
    again = [f"{batch.batch_id}{AGAIN}{number}" for number in range(1, batch.reruns + 1)]
    return [*dict.fromkeys((batch.run_id, batch.batch_id)), *again]


def _start(context: Context, run: Run, batch: OpenBatch) -> str:
    if not run.dry_run:
        log.info("batch %s: has no run; one is started", batch.batch_id)
        with context.jobs() as jobs:
            jobs.set_run_asked(batch.batch_id, context.clock())
    return batch.batch_id


def _requeue(context: Context, run: Run, batch: OpenBatch) -> list[str]:
    """The id of another run; none when the batch was closed meanwhile."""
    run_id = f"{batch.batch_id}{AGAIN}{batch.reruns + 1}"
    if not run.dry_run:
        now = context.clock()
        with maintenance_of(context) as store:
            if not store.requeue(batch.batch_id, now=now, next_at=now + wait_after(batch.requeues + 1)):
                return []
        log.info("batch %s: its run is gone; %s takes it up", batch.batch_id, run_id)
    return [run_id]
