"""Opens the archives that the settings name: that of the imports, and that of the exports."""

from __future__ import annotations

from import_export.archive.object_storage import ObjectStorageArchive
from import_export.archive.protocol import Archive
from import_export.settings import Settings


def open_archive(settings: Settings) -> Archive:
    """The archive of this installation; nothing is connected before it is used."""
    if settings.archive == "google_drive":
        # Google's client takes a second to import; installations without Drive need not wait for it.
        from import_export.archive.drive import DriveArchive

        return DriveArchive(
            settings.gdrive_conn_id, settings.gdrive_folder_id, folders=settings.archive_folders
        )
    return ObjectStorageArchive(settings.archive_path, settings.archive_folders)


def open_delivery(settings: Settings) -> Archive | None:
    """Where exported files are also put; None without such a place."""
    if settings.export_delivery == "google_drive":
        from import_export.archive.drive import EXPORTS_FOLDER, DriveArchive

        return DriveArchive(settings.gdrive_conn_id, settings.export_gdrive_folder_id, name=EXPORTS_FOLDER)
    if settings.export_delivery == "object_storage":
        return ObjectStorageArchive(settings.export_delivery_path)
    return None
