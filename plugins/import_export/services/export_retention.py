"""Removes the files of old exports, and closes exports that broke off without telling anybody."""

from __future__ import annotations

import logging
from datetime import timedelta

from import_export.errors import NotFound
from import_export.exports.runs import Export
from import_export.failpoints import hit
from import_export.services.context import Context
from import_export.services.export_place import export_folder, remove_files
from import_export.services.exporting import exports_of
from import_export.services.maintenance import Life, LifeOf

log = logging.getLogger(__name__)

EXPORT_DAG = "export_statistics"
UNHEARD = timedelta(minutes=10)
"""Whoever registered an export of which nothing was heard for so long, or made an account's files, is not at it any more."""
BROKE_OFF = "the run broke off and nobody took it up again; start the export anew"


def remove_old_exports(context: Context, *, dry_run: bool = False) -> list[str]:
    """Remove the files of exports that were finished more than `export_retention_days` ago; give the ids of those.

    The exports themselves stay in the list, and so do files that are still to be delivered. Nothing is touched that is
    not a file of an export.
    """
    days = context.settings.export_retention_days
    if not days:
        return []
    before = context.clock() - timedelta(days=days)
    delivering = context.open_delivery() is not None
    with exports_of(context) as exports:
        old = [exports.export(export_id) for export_id in exports.finished_before(before, delivering)]
    for export in () if dry_run else old:
        hit("export.purge.before")
        _remove(context, export)
        hit("export.purge.after")
        with exports_of(context) as exports:
            exports.set_removed(export.export_id, context.clock())
        log.info("export %s: its files were removed, they are older than %s days", export.export_id, days)
    return [export.export_id for export in old]


def close_lost(context: Context, life_of: LifeOf, *, dry_run: bool = False) -> list[str]:
    """Close exports whose runs are gone or were ended from outside; give their ids."""
    with exports_of(context) as exports:
        unheard = [exports.export(each) for each in exports.unheard_since(context.clock() - UNHEARD)]
    lost = [
        export.export_id
        for export in unheard
        if life_of(EXPORT_DAG, [export.run_id, export.export_id]) is not Life.ALIVE
    ]
    for export_id in () if dry_run else lost:
        with exports_of(context) as exports:
            exports.fail_waiting(export_id, reason=BROKE_OFF, now=context.clock())
            exports.finish(export_id, failure=BROKE_OFF, now=context.clock())
    return lost


def _remove(context: Context, export: Export) -> None:
    try:
        folder = export_folder(context, export)
    except NotFound as fault:
        log.warning("export %s: its files are left alone: %s", export.export_id, fault)
        return
    with exports_of(context) as exports:
        named = {f"{file.folder}/{file.made.name}" for file in exports.files(export.export_id)}
        undone = {each.folder for each in exports.accounts(export.export_id, undone=True)}
    # What a worker that was killed in the middle left of an account that nobody made again has no row.
    nameless = {name for name in folder.names() if name.count("/") == 1 and name.split("/")[0] in undone}
    remove_files(folder, named | nameless)
