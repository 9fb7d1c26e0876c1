"""Jobs and the Drive archive: what a job tells of its upload, and what becomes of it when the upload breaks off."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from devtools.drive_stand_in.server import StandIn, running_stand_in
from devtools.local import REPOSITORY
from import_export.archive.drive import DriveArchive
from import_export.errors import ArchiveRefused, ArchiveUnavailable
from import_export.imports.jobs import ArchiveState, ImportJob, JobStatus
from import_export.services.archiving import archive_lane
from import_export.services.lanes import Lane
from import_export.services.loading import load_lane
from import_export.services.validating import validate_lane
from import_export.stores.database import Database
from tests.database.flow import STOCKS_HEADER, Flow

LANE = """
import sys
from import_export.airflow_tasks import setting
from import_export.services.archiving import archive_lane
from import_export.services.assembly import assemble
from import_export.services.lanes import Lane

archive_lane(assemble(setting, actor="test"), Lane.from_xcom({"batch_id": sys.argv[1], "jobs": [int(sys.argv[2])], "label": "1"}))
"""


@pytest.fixture
def drive(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with running_stand_in() as running:
        monkeypatch.setenv("AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT", running.connection())
        yield running


@pytest.fixture
def shared_drive(drive: StandIn) -> str:
    return drive.storage.add_shared_drive("Distributors")


@pytest.fixture
def flow(database: Database, tmp_path: Path, shared_drive: str) -> Flow:
    made = Flow.make(database, tmp_path)
    context = replace(
        made.context,
        open_archive=lambda: DriveArchive("google_cloud_default", shared_drive, sleep=lambda _: None),
    )
    return Flow(context, made.root)


def loaded(flow: Flow, rows: int = 2) -> tuple[Lane, ImportJob]:
    """A file of distributor 0112 whose rows are in the database, and that waits for the archive."""
    lines = "".join(f"F{number};W9;{number};01/03/2026\n" for number in range(rows))
    flow.drop("0112/stocks.csv", STOCKS_HEADER + lines)
    batch_id, [lane] = flow.take()
    validate_lane(flow.context, lane)
    load_lane(flow.context, lane)
    [job] = flow.jobs(batch_id)
    assert (job.status, job.archive_state) == (JobStatus.COMPLETE, ArchiveState.PENDING)
    return lane, job


def now(flow: Flow, job: ImportJob) -> ImportJob:
    with flow.context.jobs() as jobs:
        return jobs.job(job.id)


def the_file(drive: StandIn, job: ImportJob) -> dict[str, str]:
    """The one file of a job, whose bytes are those that were sent."""
    [file] = [each for each in drive.storage.files.values() if "md5Checksum" in each and not each["trashed"]]
    octets = drive.storage.contents[file["id"]]
    assert hashlib.md5(octets).hexdigest() == file["md5Checksum"]
    assert hashlib.sha256(octets).hexdigest() == job.sha256
    return file


def test_the_job_keeps_the_link_and_the_file_tells_what_was_loaded(flow: Flow, drive: StandIn) -> None:
    lane, job = loaded(flow)
    archive_lane(flow.context, lane)
    job = now(flow, job)
    file = the_file(drive, job)
    assert job.archive_state is ArchiveState.DONE
    assert (job.archive_url, job.archive_file_id) == (file["webViewLink"], file["id"])
    assert file["description"] == (
        f"batch {job.batch_id}, distributor 0112, table stocks, stocks.csv\n2 rows processed"
    )


@pytest.mark.parametrize(
    ("status", "reason", "fault", "told"),
    [
        (503, "backendError", ArchiveUnavailable, "come back later"),
        (403, "storageQuotaExceeded", ArchiveRefused, "share a *shared drive* with archive@stand-in.example"),
    ],
)
def test_an_archive_that_fails_leaves_the_import_done_and_the_upload_pending_with_the_reason(
    flow: Flow, drive: StandIn, status: int, reason: str, fault: type[Exception], told: str
) -> None:
    lane, job = loaded(flow)
    drive.goes_wrong("POST /upload", times=100, status=status, reason=reason)
    with pytest.raises(fault):
        archive_lane(flow.context, lane)
    failed = now(flow, job)
    assert (failed.status, failed.archive_state) == (JobStatus.COMPLETE, ArchiveState.PENDING)
    assert told in (failed.archive_error or "")
    drive.storage.faults.clear()
    archive_lane(flow.context, lane)
    done = now(flow, job)
    assert (done.archive_state, done.archive_error) == (ArchiveState.DONE, None)
    assert the_file(drive, done)["id"] == failed.archive_file_id


def test_a_connection_that_is_missing_is_the_reason_that_the_job_tells(
    flow: Flow, drive: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane, job = loaded(flow)
    monkeypatch.delenv("AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT")
    with pytest.raises(ArchiveRefused):
        archive_lane(flow.context, lane)
    assert "connection google_cloud_default does not give a Google account" in str(
        now(flow, job).archive_error
    )


@pytest.mark.parametrize("action", ["reset", "meanwhile"])
def test_a_worker_that_is_killed_in_an_upload_leaves_one_file_when_the_archive_is_tried_again(
    flow: Flow, drive: StandIn, shared_drive: str, action: str
) -> None:
    lane, job = loaded(flow, rows=40_000)
    connection = flow.context.database.connection
    settings = {
        **{f"{name}_folder": str(flow.root / name) for name in ("drop", "work", "done", "failed")},
        "archive": "google_drive",
        "gdrive_folder_id": shared_drive,
    }
    # reset: half of the file has arrived; meanwhile: all of it, but the worker does not learn it.
    drive.goes_wrong(r"PUT /session.* bytes 0", action, do=lambda: worker.kill())
    worker = subprocess.Popen(
        [sys.executable, "-c", LANE, job.batch_id, str(job.id)],
        env={
            **os.environ,
            "PYTHONPATH": str(REPOSITORY / "plugins"),
            "AIRFLOW_CONN_IMPORT_EXPORT_MYSQL": connection.get_uri(),
            **{f"AIRFLOW__IMPORT_EXPORT__{name.upper()}": text for name, text in settings.items()},
        },
    )
    assert worker.wait(120) == -9
    killed = now(flow, job)
    assert (killed.archive_state, killed.archive_url) == (ArchiveState.PENDING, None)
    archive_lane(flow.context, lane)
    done = now(flow, job)
    assert done.archive_state is ArchiveState.DONE
    assert the_file(drive, done)["id"] == done.archive_file_id == killed.archive_file_id
