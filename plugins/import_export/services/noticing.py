"""Writes down what is to be told, in the transaction in which it came to be so; `notifying` sends it.

A message is a row of the outbox: one a batch (a table's deadline, an export) and address, however often its end is
repeated. Who is told is decided here, by the subscriptions and settings of that moment.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from import_export.announcing import metrics
from import_export.exports.runs import ExportLine
from import_export.imports.jobs import FINAL, ImportBatch, ImportJob, JobStatus
from import_export.messages import Language
from import_export.notices.kinds import Kind, Recipient, recipients
from import_export.services.context import Context
from import_export.services.deadlines import missing_at, passed
from import_export.stores.batches import BatchStore
from import_export.stores.database import Session
from import_export.stores.jobs import JobStore
from import_export.stores.notifications import NotificationStore

log = logging.getLogger(__name__)

_REFUSED = frozenset({JobStatus.INVALID, JobStatus.FAILED})


def notice_batch(context: Context, session: Session, batch: ImportBatch, jobs: Sequence[ImportJob]) -> None:
    """The batch has ended: if files or rows were refused, or something could not become a file, that is to be told."""
    if batch.cancelled_at is not None:
        return  # A person did it, and knows.
    refused = [job for job in jobs if job.status in _REFUSED or job.counts.rejected]
    _notice_files(context, session, Kind.REFUSED, batch, refused, warnings=bool(batch.warnings))


def notice_stuck(context: Context, session: Session, batch: ImportBatch, jobs: Sequence[ImportJob]) -> None:
    """Files of the batch are 8, and nothing takes them up."""
    broken = [job for job in jobs if job.status is JobStatus.PROCESSING_FAILED]
    _notice_files(context, session, Kind.STUCK, batch, broken, warnings=False)


def notice_export(context: Context, session: Session, line: ExportLine) -> None:
    """An export is made; when it is made anew, that is told anew."""
    settings, export = context.settings, line.export
    store = NotificationStore(session)
    found = recipients(store.subscriptions(), (), Kind.EXPORT, None, None)
    told = {each.address for each in found}
    found += [
        Recipient(each.text, settings.file_language)
        for each in settings.export_email_to
        if each.text not in told
    ]
    subject = f"{export.export_id} {export.planned_at or export.created_at:%Y-%m-%dT%H:%M:%S.%f}"
    for to in found:
        details = {"export_id": export.export_id}
        store.add(Kind.EXPORT, subject, to, details, dist_id=None, now=context.clock())


def find_due_notifications(context: Context, now: datetime) -> int:
    """What came to be so without anybody doing something: deadlines that passed, and files that are 8 for too long.

    Gives how many deadlines and batches were written down. To be called from time to time, by one or by several at once;
    `send_notifications` sends what was found.
    """
    found = _missing(context, now) + _stuck(context, now)
    tell_waiting(context)
    return found


def tell_waiting(context: Context) -> None:
    """Tell Airflow's metrics how many files wait."""
    with context.database.session() as session:
        counts = BatchStore(session).open_files(None)
    metrics.tell_waiting(sum(files for status, files in counts.items() if status not in FINAL))


def _missing(context: Context, now: datetime) -> int:
    with context.database.session() as session, session.transaction():
        store = NotificationStore(session)
        subscriptions, others = store.subscriptions(), _defaults(context)
        deadlines = store.passed_deadlines(now)
        for deadline in deadlines:
            at, following = passed(context, deadline, now)
            first, last, absent = missing_at(context, deadline, at)
            told: dict[Recipient, list[str]] = defaultdict(list)
            for dist_id in absent:
                for to in recipients(subscriptions, others, Kind.MISSING, dist_id, deadline.table_name):
                    told[to].append(dist_id)
            for to, of in _merged(told).items():
                details = {
                    "table": deadline.table_name,
                    "deadline": at.isoformat(),
                    "first": first.isoformat(),
                    "last": last.isoformat(),
                    "distributors": of,
                }
                subject = f"{deadline.table_name} {at:%Y-%m-%dT%H:%M}"
                only = of[0] if len(of) == 1 else None
                store.add(Kind.MISSING, subject, to, details, dist_id=only, now=now)
            store.put_deadline(following)
            log.info("deadline of %s: %s distributors are missing", deadline.table_name, len(absent))
    return len(deadlines)


def _stuck(context: Context, now: datetime) -> int:
    minutes = context.settings.notify_stuck_minutes
    if not minutes:
        return 0
    with context.database.session() as session:
        store, jobs = NotificationStore(session), JobStore(session)
        with session.transaction():
            found = store.broken_off_since(now - timedelta(minutes=minutes))
        for batch_id in found:
            with session.transaction():
                notice_stuck(context, session, jobs.batch(batch_id), jobs.jobs(batch_id))
    return len(found)


def _notice_files(
    context: Context,
    session: Session,
    kind: Kind,
    batch: ImportBatch,
    jobs: Iterable[ImportJob],
    *,
    warnings: bool,
) -> None:
    """One message to each who is told of at least one of the files, about those only."""
    store = NotificationStore(session)
    subscriptions, others = store.subscriptions(), _defaults(context)
    told: dict[Recipient, list[int]] = defaultdict(list)
    for job in jobs:
        for to in recipients(subscriptions, others, kind, batch.dist_id, job.table_name):
            told[to].append(job.id)
    of_batch = recipients(subscriptions, others, kind, batch.dist_id, None) if warnings else []
    for to in of_batch:
        told.setdefault(to, [])
    with_warnings = {to.address for to in of_batch}
    for to, ids in _merged(told).items():
        details: Mapping[str, Any] = {
            "batch_id": batch.batch_id,
            "jobs": ids,
            "warnings": to.address in with_warnings,
        }
        store.add(kind, batch.batch_id, to, details, dist_id=batch.dist_id, now=context.clock())


def _merged(told: Mapping[Recipient, list[Any]]) -> dict[Recipient, list[Any]]:
    """What is told to each address, once: in the language of its first subscription where it has several."""
    languages: dict[str, Language] = {}
    merged: dict[str, list[Any]] = defaultdict(list)
    for to, what in told.items():
        languages.setdefault(to.address, to.language)
        merged[to.address] += [each for each in what if each not in merged[to.address]]
    return {Recipient(address, languages[address]): what for address, what in merged.items()}


def _defaults(context: Context) -> list[Recipient]:
    settings = context.settings
    return [Recipient(each.text, settings.reader_language) for each in settings.notify_to]
