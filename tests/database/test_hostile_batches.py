"""A batch with files of somebody who means harm: its other files are imported, and nothing is left behind."""

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import Connection

from import_export.imports.jobs import JobStatus
from import_export.messages import Message
from import_export.stores.database import Database
from tests.database.flow import Flow
from tests.hostile import CASES, GOOD
from tests.migrated import migrated, migrated_statistics

SMALL = 100_000
"""Bytes of a hostile file that is put into the batch, at most: the large ones are for the test of bounds."""


@pytest.fixture
def flow(server: Any, tmp_path: Path) -> Any:
    with server.fresh_database() as uri:
        migrated_statistics(server, migrated(server, uri))
        yield Flow.make(Database(Connection.from_uri(uri, conn_id="import_export_mysql")), tmp_path)


def test_the_good_files_of_a_batch_are_imported_whatever_lies_beside_them(flow: Flow, tmp_path: Path) -> None:
    made = {case.name: case.start(SMALL) for case in CASES}
    hostile = {name: content for name, content in made.items() if len(content) <= SMALL}
    assert len(hostile) > 30
    making = flow.root / "making"
    for number, (name, content) in enumerate(hostile.items()):
        folder = making / f"{number:02d}"
        folder.mkdir(parents=True)
        # As the table's own file, so that it is read.
        (folder / ("stocks.csv" if name.endswith(".csv") else name)).write_bytes(content)
    for folder in ("aa", "zz"):
        (making / folder).mkdir()
        (making / folder / "stocks.csv").write_bytes(GOOD.replace(b"A1", folder.encode()))
    making.rename(flow.root / "drop" / "0112")
    jobs = flow.run()
    found = {job.filename: job for job in jobs if job.status is not JobStatus.SKIPPED}
    for folder in ("aa", "zz"):
        [job] = [job for name, job in found.items() if name.endswith(f"{folder}/stocks.csv")]
        assert job.status is JobStatus.COMPLETE
    assert {job.status for job in found.values()} <= {
        JobStatus.COMPLETE,
        JobStatus.INVALID,
        JobStatus.FAILED,
    }
    faults = [
        job.filename for job in found.values() if job.message and job.message.code is Message.PROGRAM_FAULT
    ]
    assert faults == []
    with flow.context.jobs() as store:
        warnings = [told.code for told in store.batch(jobs[0].batch_id).warnings]
    refused = [
        case for case in CASES if case.name in hostile and case.name.endswith(".zip") and not case.good
    ]
    assert len(warnings) == len(refused)
    assert list((flow.root / "work").iterdir()) == []
    outside = {path.name for path in tmp_path.iterdir()}
    assert outside <= {"drop", "work", "done", "failed", "archive"}
