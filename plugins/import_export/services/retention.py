"""Removes what is old, as far as the settings say so: each rule has its own number of days, and 0 keeps everything.

Nothing goes that something still points to: a batch is free only when it is closed, each of its files is at its end and in
the archive, and no rejects of it are on their way as a correction (`free_batches`).
"""

from __future__ import annotations

import logging
import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path

from import_export.archive.buckets import Bucket
from import_export.archive.kept_folder import KeptFolder
from import_export.failpoints import hit
from import_export.imports.jobs import is_batch_id
from import_export.services.context import Context
from import_export.services.export_retention import remove_old_exports
from import_export.services.leftovers import batch_folders, is_untouched
from import_export.services.maintenance import Findings, Run, maintenance_of
from import_export.services.notifying import OF_USE
from import_export.services.originals import REPORT_NAME, found_folder, kept_folder, rejects_names

log = logging.getLogger(__name__)

REPLAYED = 5
"""Newest files of each table whose originals stay: changes of its configuration are tried with them."""
_AT_ONCE = 500
_ROWS_AT_ONCE = 5000


def remove_old(context: Context, run: Run) -> Findings:
    """Apply all rules; give how many things of each kind went, or would go."""
    counts = {
        "work_folders": _work_folders(context, run),
        "originals": _closed_files(context, run, context.settings.originals_retention_days, rejects=False),
        "rejects": _closed_files(context, run, context.settings.rejects_retention_days, rejects=True),
        "job_events": _job_events(context, run),
        "audit_entries": _audit_entries(context, run),
        "messages": _messages(context, run),
        "batches": _batches(context, run),
        "exports": len(remove_old_exports(context, dry_run=run.dry_run)),
    }
    return Findings(counts)


def _before(context: Context, days: int) -> datetime | None:
    """What is older may go; None: nothing may."""
    return context.clock() - timedelta(days=days) if days else None


def _work_folders(context: Context, run: Run) -> int:
    """Work folders of free batches: they stayed for an upload that is done now."""
    before = _before(context, context.settings.work_retention_days)
    if before is None:
        return 0
    removed = 0
    folders = {folder.name: folder for folder in batch_folders(context.settings.work_folder)}
    for folder in map(folders.__getitem__, _free(context, list(folders), before)):
        # Somebody may just have put a file back, to try it again.
        if is_untouched(context, folder):
            removed += 1
            if not run.dry_run:
                shutil.rmtree(folder)
    return removed


def _closed_files(context: Context, run: Run, days: int, *, rejects: bool) -> int:
    """Originals, or rejects, of free batches; the report goes with the last of them. Gives the number of files."""
    before = _before(context, days)
    if before is None:
        return 0
    removed = 0
    with maintenance_of(context) as store:
        kept = set() if rejects else store.newest_of_tables(REPLAYED)
    for parent in (context.settings.done_folder, context.settings.failed_folder):
        for day, batch_ids in _closed_days(parent, before.date()).items():
            for batch_id in _free(context, batch_ids, before):
                if batch_id not in kept:
                    folder = kept_folder(context, parent, f"{day}/{batch_id}")
                    removed += _remove_files(context, run, folder, batch_id, rejects=rejects)
            if isinstance(parent, Path) and not run.dry_run:
                # Something else may lie there.
                with suppress(OSError):
                    (parent / day).rmdir()
    return removed


def _remove_files(context: Context, run: Run, folder: KeptFolder, batch_id: str, *, rejects: bool) -> int:
    with context.jobs() as jobs:
        names = {REPORT_NAME, *rejects_names(jobs.jobs(batch_id)).values()}
    files = set(folder.names())
    of_rejects = files & names
    going = (of_rejects if rejects else files - of_rejects) - {REPORT_NAME}
    if run.dry_run:
        return len(going)
    hit("purge.files.before")
    if files - going <= {REPORT_NAME}:
        folder.discard()
    else:
        for name in going:
            folder.remove(name)
    hit("purge.files.after")
    return len(going)


def _job_events(context: Context, run: Run) -> int:
    """Moves of closed batches' files; the last one of each file stays, so that its history still tells its end."""
    before = _before(context, context.settings.events_retention_days)
    removed = last = 0
    while before is not None:
        with maintenance_of(context) as store:
            ids = store.old_events(before, last, _ROWS_AT_ONCE)
            if ids and not run.dry_run:
                store.remove_events(ids)
        removed += len(ids)
        if len(ids) < _ROWS_AT_ONCE:
            break
        last = ids[-1]
    return removed


def _audit_entries(context: Context, run: Run) -> int:
    before = _before(context, context.settings.audit_retention_days)
    if before is None:
        return 0
    with maintenance_of(context) as store:
        found = store.old_audit(before)
    for _ in range(0 if run.dry_run else found // _ROWS_AT_ONCE + 1):
        with maintenance_of(context) as store:
            store.remove_old_audit(before, _ROWS_AT_ONCE)
    return found


def _messages(context: Context, run: Run) -> int:
    """Messages that went out or never will; never that of an import that is still broken off."""
    before = _before(context, context.settings.messages_retention_days)
    if before is None:
        return 0
    unsent = context.clock() - OF_USE
    if run.dry_run:
        with maintenance_of(context) as store:
            return store.count_old_messages(before, unsent)
    removed, page = 0, _ROWS_AT_ONCE
    while page == _ROWS_AT_ONCE:
        with maintenance_of(context) as store:
            page = store.remove_old_messages(before, unsent, _ROWS_AT_ONCE)
        removed += page
    return removed


def _batches(context: Context, run: Run) -> int:
    """Batches whose files are gone, with all that is known of them; never one that another one points to."""
    before = _before(context, context.settings.batches_retention_days)
    removed, last = 0, None
    while before is not None:
        with maintenance_of(context) as store:
            page = store.old_batches(before, last, _AT_ONCE)
            free = store.free_batches([batch_id for _, batch_id in page], before)
        for _, batch_id in page:
            if batch_id in free and not _has_files(context, batch_id):
                removed += 1
                if not run.dry_run:
                    with maintenance_of(context) as store:
                        store.remove_batch(batch_id)
                        hit("purge.batch.commit.before")
                    hit("purge.batch.commit.after")
        if len(page) < _AT_ONCE:
            break
        last = page[-1]
    return removed


def _has_files(context: Context, batch_id: str) -> bool:
    with context.jobs() as jobs:
        batch = jobs.batch(batch_id)
    return found_folder(context, batch) is not None or context.work(batch_id).root.exists()


def _free(context: Context, batch_ids: Sequence[str], before: datetime) -> Iterator[str]:
    """Those of some batches that are free since before then."""
    for start in range(0, len(batch_ids), _AT_ONCE):
        some = batch_ids[start : start + _AT_ONCE]
        with maintenance_of(context) as store:
            free = store.free_batches(some, before)
        yield from (batch_id for batch_id in some if batch_id in free)


def _closed_days(parent: Path | str, last: date) -> dict[str, list[str]]:
    """By day, up to one, the batches whose folders lie below it."""
    found: dict[str, set[str]] = defaultdict(set)
    if isinstance(parent, Path):
        days = parent.iterdir() if parent.is_dir() else ()
        for day in days:
            if day.is_dir() and not day.is_symlink() and _is_until(day.name, last):
                found[day.name] = {folder.name for folder in batch_folders(day)}
    else:
        for name in Bucket(parent).objects():
            day_name, _, rest = name.partition("/")
            batch_id = rest.partition("/")[0]
            if _is_until(day_name, last) and is_batch_id(batch_id):
                found[day_name].add(batch_id)
    return {day: sorted(batch_ids) for day, batch_ids in sorted(found.items())}


def _is_until(name: str, last: date) -> bool:
    try:
        return date.fromisoformat(name) <= last
    except ValueError:
        return False
