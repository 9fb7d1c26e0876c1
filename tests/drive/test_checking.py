"""`python -m import_export check-archive` tells before the first file whether the archive can be used."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.drive_stand_in.account import ADDRESS
from devtools.drive_stand_in.server import StandIn
from devtools.local import REPOSITORY
from import_export.archive.object_storage import ObjectStorageArchive
from import_export.errors import ArchiveUnavailable
from tests.drive.house import MakeArchive, stored


def check(tmp_path: Path, **settings: str) -> tuple[int, str, str]:
    """Exit status, output and errors of the command."""
    found = {
        **{f"{name}_folder": str(tmp_path / name) for name in ("drop", "work", "done", "failed")},
        "archive": "google_drive",
        **settings,
    }
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY / "plugins"),
        "AIRFLOW_CONN_IMPORT_EXPORT_MYSQL": "mysql://nobody@127.0.0.1:9/none",
        **{f"AIRFLOW__IMPORT_EXPORT__{name.upper()}": text for name, text in found.items()},
    }
    done = subprocess.run(
        [sys.executable, "-m", "import_export", "check-archive"],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_the_command_tells_who_can_write_where(drive: StandIn, shared_drive: str, tmp_path: Path) -> None:
    status, told, _ = check(
        tmp_path,
        gdrive_folder_id=shared_drive,
        export_delivery="object_storage",
        export_delivery_path=str(tmp_path / "exports"),
    )
    assert status == 0
    assert f"archive: Google Drive: {ADDRESS} can write to the shared drive Distributors\n" in told
    assert f"exports: object storage: {tmp_path / 'exports'} can be written to\n" in told
    assert stored(drive) == []
    [tried] = [file for file in drive.storage.files.values() if "md5Checksum" in file]
    assert (tried["trashed"], drive.storage.contents[tried["id"]]) == (True, b"other bytes")
    assert list((tmp_path / "exports").iterdir()) == []


def test_the_command_fails_with_what_a_person_has_to_do(drive: StandIn, tmp_path: Path) -> None:
    folder = drive.storage.add_shared_folder("arsip")
    status, _, told = check(tmp_path, gdrive_folder_id=folder)
    assert status == 1
    assert (
        f"import_export: Google Drive refused (403 storageQuotaExceeded): {ADDRESS} has no storage left."
        in told
    )
    assert f"share a *shared drive* with {ADDRESS}" in told
    assert stored(drive) == []


def test_a_folder_is_told_with_the_drive_it_is_on(
    drive: StandIn, shared_drive: str, make_archive: MakeArchive
) -> None:
    folder = drive.storage.create(
        {"name": "arsip", "mimeType": "application/vnd.google-apps.folder", "parents": [shared_drive]}, None
    )
    assert (
        make_archive(folder["id"])
        .check()
        .endswith(f"the shared drive Distributors, folder arsip ({folder['id']})")
    )
    drive.storage.people.add(ADDRESS)
    mine = drive.storage.add_shared_folder("arsip")
    assert make_archive(mine).check().endswith(f"the folder arsip ({mine}), which is in a My Drive")


def test_an_account_that_cannot_throw_away_is_told(drive: StandIn, make_archive: MakeArchive) -> None:
    found = drive.storage.add_shared_drive("Distributors")
    drive.goes_wrong("PATCH /drive", status=403, reason="insufficientFilePermissions")
    assert "cannot throw away: make it a content manager" in make_archive(found).check()


def test_a_checksum_that_differs_is_told(drive: StandIn, make_archive: MakeArchive) -> None:
    drive.goes_wrong("PUT /session", "wrong_md5")
    with pytest.raises(ArchiveUnavailable, match="checksum"):
        make_archive().check()


def test_object_storage_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "archive").write_text("a file where the archive's folder should be")
    with pytest.raises(ArchiveUnavailable, match=r"archive/\.import_export-check"):
        ObjectStorageArchive(str(tmp_path / "archive")).check()
