"""Opens the archive that the settings name."""

from __future__ import annotations

from import_export.archive.object_storage import ObjectStorageArchive
from import_export.archive.protocol import Archive
from import_export.settings import Settings


def open_archive(settings: Settings) -> Archive:
    """The archive of this installation; nothing is connected before it is used."""
    if settings.archive == "google_drive":
        # Google's client takes a second to import; installations without Drive need not wait for it.
        from import_export.archive.drive import DriveArchive

        return DriveArchive(settings.gdrive_conn_id, settings.gdrive_folder_id)
    return ObjectStorageArchive(settings.archive_path)
