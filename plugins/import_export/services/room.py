"""Looks whether there is room: on the disks of our folders, and how large the tables have become."""

from __future__ import annotations

import shutil
from pathlib import Path

from import_export.messages import Message, Told, tell
from import_export.services.context import Context
from import_export.services.maintenance import Findings, Run, maintenance_of

_GB = 10**9


def check_space(context: Context, run: Run) -> Findings:
    """Warn of folders with little free space or that are not there, and of large tables. Nothing is changed."""
    settings = context.settings
    warnings: list[Told] = []
    free: list[int] = []
    folders = (
        settings.drop_folder,
        settings.work_folder,
        settings.done_folder,
        settings.failed_folder,
        settings.exports,
    )
    for folder in dict.fromkeys(each for each in folders if isinstance(each, Path)):
        # A bucket is never full. What is made when it is first needed has its place in the folder above.
        usage = shutil.disk_usage(_nearest(folder))
        free.append(usage.free)
        if usage.free < settings.warn_free_gb * _GB:
            warnings.append(
                tell(
                    Message.LITTLE_SPACE,
                    folder=str(folder),
                    free=_gb(usage.free),
                    total=_gb(usage.total),
                )
            )
    low = len(warnings)
    with maintenance_of(context) as store:
        sizes = store.table_sizes([context.database.name, context.statistics.name])
    if settings.warn_table_gb:
        warnings += [
            tell(Message.LARGE_TABLE, table=f"{database}.{name}", size=_gb(size))
            for database, name, size in sizes
            if size > settings.warn_table_gb * _GB
        ]
    counts = {
        "least_free_gb": min(free) // _GB,
        "folders_low": low,
        "tables_gb": sum(size for _, _, size in sizes) // _GB,
        "large_tables": len(warnings) - low,
    }
    return Findings(counts, tuple(warnings))


def _nearest(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if each.exists())


def _gb(octets: int) -> str:
    return f"{octets / _GB:.1f}"
