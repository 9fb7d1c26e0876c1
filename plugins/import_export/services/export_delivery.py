"""Puts the files of an export where the settings want them, too: an outbox, which never undoes an export."""

from __future__ import annotations

import logging

from import_export.archive.protocol import Archive, ArchiveItem
from import_export.errors import ArchiveRefused, ArchiveUnavailable
from import_export.exports.runs import Export, ExportFile
from import_export.failpoints import hit
from import_export.services.context import Context
from import_export.services.export_place import find_file
from import_export.services.exporting import exports_of

log = logging.getLogger(__name__)


def deliver_export(context: Context, export_id: str) -> int:
    """Deliver each file that was not, or that has other bytes since; give how many.

    Raises the first failure after all files were tried; what failed is kept with the files.
    """
    archive = context.open_delivery()
    if archive is None:
        return 0
    with exports_of(context) as exports:
        export = exports.export(export_id)
        waiting = exports.files(export_id, undelivered=True)
    failure: ArchiveRefused | ArchiveUnavailable | None = None
    for file in waiting:
        try:
            _deliver(context, archive, export, file)
        except (ArchiveRefused, ArchiveUnavailable) as fault:
            log.warning("%s/%s: not delivered: %s", file.folder, file.made.name, fault)
            with exports_of(context) as exports:
                exports.set_delivery_failed(file.id, error=str(fault))
            failure = failure or fault
    if failure is not None:
        raise failure
    return len(waiting)


def _deliver(context: Context, archive: Archive, export: Export, file: ExportFile) -> None:
    reserved = file.delivery_id
    if reserved is None:
        # Kept before the upload, so that a repeat after a crash finds the file instead of making a second one.
        reserved = archive.reserve_id()
        if reserved is not None:
            hit("deliver.id.before")
            with exports_of(context) as exports:
                exports.reserve_delivery_id(file.id, reserved)
            hit("deliver.id.after")
    hit("deliver.upload.before")
    with find_file(context, export, file).reading() as path:
        delivered = archive.store(
            ArchiveItem(
                path=path,
                name=file.made.name,
                batch_id=export.export_id,
                job_id=file.id,
                dist_id=None,
                sha256=file.made.sha256,
                size=file.made.size,
                received_at=export.made_at,
                description=f"export {export.export_id}, {file.folder}",
                reserved_id=reserved,
                folder=f"{export.folder}/{file.folder}",
            )
        )
    hit("deliver.upload.after")
    with exports_of(context) as exports:
        exports.set_delivered(
            file.id, url=delivered.url, delivery_id=delivered.file_id, sha256=file.made.sha256
        )
        hit("deliver.commit.before")
    hit("deliver.commit.after")
