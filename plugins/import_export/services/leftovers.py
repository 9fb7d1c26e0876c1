"""Tidies up what nobody owns: work folders without a batch, broken uploads, progress and keys that are old.

An hour without any change is the lease: whatever still works on something touches it more often.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from import_export.archive.drop_folder import CLAIM_FILE
from import_export.imports.jobs import is_batch_id
from import_export.messages import Message, Told, tell
from import_export.services.context import Context, WorkFolder
from import_export.services.dropping import remove_what_was_left
from import_export.services.export_place import tidy_exports
from import_export.services.idempotency import forget_old_keys
from import_export.services.maintenance import Findings, Run, maintenance_of
from import_export.services.originals import kept_folder
from import_export.services.sharing import tidy_shared

log = logging.getLogger(__name__)

LEASE = timedelta(hours=1)
RUNS_KEPT = timedelta(days=30)
_TEMPORARY = (".replay-*", ".probe-*", ".kept-*", ".download-*", ".export-*")
"""What a process that was killed leaves in the work folder."""


def tidy_up(context: Context, run: Run) -> Findings:
    """Remove what broke off and holds nothing of its own; put aside files that belong to no batch."""
    broken = set_aside = 0
    warnings: list[Told] = []
    for folder in unowned_folders(context):
        if not _holds_originals(folder):
            broken += 1
            if not run.dry_run:
                log.info("%s: removed, nobody came back to it", folder.root)
                shutil.rmtree(folder.root)
            continue
        set_aside += 1
        if not run.dry_run:
            warnings.append(_set_aside(context, folder))
    temporary = remove_temporary(context, dry_run=run.dry_run)
    now = context.clock()
    with maintenance_of(context) as store:
        progress = store.old_progress(now - LEASE, remove=not run.dry_run)
        runs = store.old_runs(now - RUNS_KEPT, remove=not run.dry_run)
    counts = {
        "broken_uploads": broken,
        "folders_set_aside": set_aside,
        "temporary": temporary,
        "shared_orphans": tidy_shared(context, dry_run=run.dry_run),
        "left_in_drop_folder": len(remove_what_was_left(context, dry_run=run.dry_run)),
        "progress": progress,
        "idempotency_keys": forget_old_keys(context, dry_run=run.dry_run),
        "maintenance_runs": runs,
        "half_exports": tidy_exports(context, dry_run=run.dry_run),
    }
    return Findings(counts, tuple(warnings))


def unowned_folders(context: Context) -> Iterator[WorkFolder]:
    """Work folders that belong to no batch, and that nobody has touched for a while."""
    folders = batch_folders(context.settings.work_folder)
    with maintenance_of(context) as store:
        known = store.known([folder.name for folder in folders])
    for folder in folders:
        work = WorkFolder(folder)
        # A claim that holds files becomes a batch.
        is_claim = (folder / CLAIM_FILE).exists() and any(work.claimed.rglob("*"))
        if folder.name not in known and not is_claim and is_untouched(context, folder):
            yield work


def remove_temporary(context: Context, *, dry_run: bool = False) -> int:
    """Remove what processes that were killed left in this machine's work folder; give how much."""
    found = list(_temporary(context))
    for path in () if dry_run else found:
        # Somebody else may remove it just now.
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(found)


def batch_folders(parent: Path) -> list[Path]:
    """The folders in a folder that are named as batches are."""
    if not parent.is_dir():
        return []
    return sorted(
        path
        for path in parent.iterdir()
        if path.is_dir() and not path.is_symlink() and is_batch_id(path.name)
    )


def is_untouched(context: Context, path: Path) -> bool:
    """Whether nothing in it was made, written or removed for the time of the lease."""
    try:
        newest = path.lstat().st_mtime
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                newest = max(newest, Path(folder, name).lstat().st_mtime)
    except FileNotFoundError:
        # Somebody removes something in it just now.
        return False
    return context.clock() - datetime.fromtimestamp(newest, UTC).replace(tzinfo=None) > LEASE


def _holds_originals(folder: WorkFolder) -> bool:
    return any(path.is_file() for path in folder.claimed.rglob("*"))


def _set_aside(context: Context, folder: WorkFolder) -> Told:
    """Keep files whose batch is not known any more: they may be the only ones."""
    inner = f"{context.clock():%Y-%m-%d}/{folder.root.name}"
    parent = context.settings.failed_folder
    kept_folder(context, parent, inner).put_away(folder.claimed)
    shutil.rmtree(folder.root)
    return tell(Message.SET_ASIDE, folder=folder.root.name, place=f"{parent}/{inner}")


def _temporary(context: Context) -> Iterator[Path]:
    for pattern in _TEMPORARY:
        for path in context.settings.work_folder.glob(pattern):
            if is_untouched(context, path):
                yield path
