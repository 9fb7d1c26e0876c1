"""Removes what is old, as far as the settings say so: each rule has its own number of days, and 0 keeps everything.

Nothing goes that something still points to: a batch is free only when it is closed, each of its files is at its end and in
the archive, and no rejects of it are on their way as a correction (`free_batches`).
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from import_export.services.context import Context
from import_export.services.export_retention import remove_old_exports
from import_export.services.leftovers import batch_folders, is_untouched
from import_export.services.maintenance import Findings, Run, maintenance_of
from import_export.services.originals import REPORT_NAME, found_folder, rejects_names

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
    for folder in _free(context, batch_folders(context.settings.work_folder), before):
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
        for day in _days(parent, before.date()):
            for folder in _free(context, batch_folders(day), before):
                if folder.name not in kept:
                    removed += _remove_files(context, run, folder, rejects=rejects)
            if not run.dry_run and not any(day.iterdir()):
                day.rmdir()
    return removed


def _remove_files(context: Context, run: Run, folder: Path, *, rejects: bool) -> int:
    with context.jobs() as jobs:
        names = {REPORT_NAME, *rejects_names(jobs.jobs(folder.name)).values()}
    files = [path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()]
    of_rejects = {path for path in files if path.parent == folder and path.name in names}
    report = folder / REPORT_NAME
    going = (of_rejects if rejects else set(files) - of_rejects) - {report}
    if run.dry_run:
        return len(going)
    for path in going:
        path.unlink()
    if set(files) - going <= {report}:
        shutil.rmtree(folder)
    else:
        _remove_empty(folder)
    return len(going)


def _remove_empty(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), key=lambda path: len(path.parts), reverse=True):
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
            path.rmdir()


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
        if len(page) < _AT_ONCE:
            break
        last = page[-1]
    return removed


def _has_files(context: Context, batch_id: str) -> bool:
    with context.jobs() as jobs:
        batch = jobs.batch(batch_id)
    return found_folder(context, batch) is not None or context.work(batch_id).root.exists()


def _free(context: Context, folders: Sequence[Path], before: datetime) -> Iterator[Path]:
    """Those of some batches' folders whose batches are free since before then."""
    for start in range(0, len(folders), _AT_ONCE):
        some = folders[start : start + _AT_ONCE]
        with maintenance_of(context) as store:
            free = store.free_batches([folder.name for folder in some], before)
        yield from (folder for folder in some if folder.name in free)


def _days(parent: Path, last: date) -> list[Path]:
    """The folders of the days up to one."""
    if not parent.is_dir():
        return []
    return sorted(
        path
        for path in parent.iterdir()
        if path.is_dir() and not path.is_symlink() and _is_until(path.name, last)
    )


def _is_until(name: str, last: date) -> bool:
    try:
        return date.fromisoformat(name) <= last
    except ValueError:
        return False
