"""Loads one file and prints the seconds and the peak of memory above the idle process, in MB."""

from __future__ import annotations

import sys
from pathlib import Path

from airflow.sdk import Connection

from benchmarks.installation import Installation
from import_export.archive.object_storage import ObjectStorageArchive
from import_export.services.context import Context
from import_export.settings import Settings
from import_export.stores.database import Database


def main() -> None:
    """`python -m benchmarks.memory URI FOLDER FILE`."""
    uri, folder, file = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    settings = Settings(
        drop_folder=folder / "drop",
        work_folder=folder / "work",
        done_folder=folder / "done",
        failed_folder=folder / "failed",
        archive_path=str(folder / "archive"),
        lanes=1,
    )
    settings.work_folder.mkdir(parents=True)
    database = Database(Connection.from_uri(uri, conn_id="import_export_mysql"))
    archive = ObjectStorageArchive(settings.archive_path)
    installation = Installation(
        uri, Context(settings=settings, database=database, open_archive=lambda: archive, actor="bench")
    )
    idle = _kilobytes("VmRSS")
    seconds = installation.load(file)
    print(seconds, (_kilobytes("VmHWM") - idle) / 1024)


def _kilobytes(field: str) -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith(field)).split()[1])


if __name__ == "__main__":
    main()
