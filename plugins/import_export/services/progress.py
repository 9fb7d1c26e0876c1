"""Tells how far the load of a large file is, and notices that a person cancelled its batch.

On a connection of its own: the load is one transaction, of which nobody sees anything before its end.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

import polars as pl

from import_export.errors import Cancelled
from import_export.imports.jobs import ImportJob
from import_export.imports.staging import StagedFile
from import_export.services.context import Context
from import_export.stores.batches import BatchStore
from import_export.stores.database import Session
from import_export.stores.jobs import JobStore

EVERY_SECONDS = 1.0


def watched(context: Context, job: ImportJob, staged: StagedFile) -> Iterator[pl.DataFrame]:
    """The frames of a file; about once a second its progress is told. Raises `Cancelled`."""
    with ExitStack() as opened:
        session: Session | None = None
        told_at = time.monotonic()
        for frame in staged:
            yield frame
            if time.monotonic() - told_at < EVERY_SECONDS:
                continue
            if session is None:
                session = opened.enter_context(context.database.session())
            with session.transaction():
                BatchStore(session).set_progress(job.id, staged.lines, context.clock())
                check_cancelled(session, job.batch_id)
            told_at = time.monotonic()


def check_cancelled(session: Session, batch_id: str) -> None:
    """Raise `Cancelled` when a person cancelled the batch."""
    if BatchStore(session).is_cancelled(batch_id):
        raise Cancelled(JobStore(session).batch(batch_id).cancelled_by or "?")
