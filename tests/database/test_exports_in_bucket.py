"""Exports of several machines with nothing but a bucket between them: each step is done by another one."""

import hashlib
import io
import os
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from devtools.account_data import AccountPlan, fill
from import_export.archive.object_storage import ObjectStorageArchive
from import_export.errors import ArchiveRefused, ArchiveUnavailable, DatabaseUnavailable
from import_export.exports.runs import AccountState, ExportState
from import_export.services.context import Context
from import_export.services.export_delivery import deliver_export
from import_export.services.export_retention import remove_old_exports
from import_export.services.export_zip import zip_of
from import_export.services.exporting import Run, close_export, export_lane, exports_of, plan_export, uris_of
from import_export.services.leftovers import tidy_up
from import_export.services.maintenance import Run as MaintenanceRun
from import_export.stores.database import Database
from tests.database.flow import Flow
from tests.s3_stand_in import Store, connection_uri

NIGHT = Run(run_id="scheduled__1", nightly=True, at=datetime(2026, 6, 30, 19, tzinfo=UTC), form={})
"""02:00 of 1 July in Jakarta."""
PLAN = AccountPlan(accounts=2, days=40, media_per_account=10, competitors=1)


class Machines:
    """Machines of one installation, each with a disk of its own, made when they are first used."""

    def __init__(self, statistics: Database, database: Database, root: Path, uri: str) -> None:
        fill(statistics, PLAN)
        self.database, self.root, self.uri = database, root, uri

    def __getitem__(self, name: str) -> Context:
        return Flow.make(
            self.database,
            self.root / name,
            exports_folder=self.uri,
            export_nightly_formats="csv,pdf",
            export_lanes=2,
        ).context

    def left(self, name: str) -> list[str]:
        """What lies on a machine's disk."""
        return sorted(path.name for path in (self.root / name).rglob("*") if path.is_file())


@pytest.fixture
def machines(database: Database, statistics: Database, tmp_path: Path, s3: Store) -> Machines:
    return Machines(statistics, database, tmp_path, s3.uri("exports"))


def hashes(store: Store, prefix: str = "exports/") -> Mapping[str, str]:
    """Every object below a prefix, with its hash."""
    return {
        key.removeprefix(prefix): hashlib.sha256(store.get(key)).hexdigest() for key in store.names(prefix)
    }


class Leaving(Database):
    """A statistics server that goes away after some questions."""

    def __init__(self, like: Database, questions: int) -> None:
        super().__init__(like.connection)
        self.left = questions

    def session(self, *, loader: bool = False) -> Any:
        self.left -= 1
        if self.left < 0:
            raise DatabaseUnavailable("gone away")
        return super().session(loader=loader)


def test_each_step_of_an_export_is_done_on_another_machine(machines: Machines, s3: Store) -> None:
    first, second = plan_export(machines["planner"], NIGHT)
    export_lane(machines["one"], first)
    shutil.rmtree(machines.root / "one")
    export_lane(machines["two"], second)
    uris = uris_of(machines["sender"], first.export_id)
    assert uris == [s3.uri(f"exports/{name}") for name in sorted(hashes(s3))]
    there = replace(machines["sender"], open_delivery=lambda: ObjectStorageArchive(s3.uri("delivered")))
    assert deliver_export(there, first.export_id) == 16
    line = close_export(machines["closer"], first.export_id)
    assert (line.state, line.progress.files) == (ExportState.COMPLETE, 16)

    found = hashes(s3)
    assert uris_of(machines["api"], first.export_id) == [
        s3.uri(f"delivered/{name}") for name in sorted(found)
    ]
    with exports_of(machines["api"]) as exports:
        files = exports.files(first.export_id)
    assert {f"nightly/2026-07-01/{file.folder}/{file.made.name}": file.made.sha256 for file in files} == found
    assert hashes(s3, "delivered/") == found
    _, pieces = zip_of(machines["api"], first.export_id)
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert archive.testzip() is None
        assert {f"nightly/2026-07-01/{name}" for name in archive.namelist()} == found.keys()
    kinds = {s3.client.head_object(Bucket=s3.bucket, Key=f"exports/{key}")["ContentType"] for key in found}
    assert kinds == {"text/csv", "application/pdf"}
    assert [machines.left(name) for name in ("planner", "two", "sender", "closer", "api")] == [[]] * 5


def test_a_lane_whose_machine_is_lost_goes_on_elsewhere_with_the_same_files(
    machines: Machines, s3: Store
) -> None:
    one = replace(
        machines["one"],
        settings=replace(machines["one"].settings, export_lanes=1, export_nightly_formats="csv"),
    )
    [lane] = plan_export(one, NIGHT)
    export_lane(one, lane)
    whole = hashes(s3)
    [lane] = plan_export(one, NIGHT)
    with exports_of(one) as exports:
        first, second = exports.accounts(lane.export_id)
    for key in s3.names("exports/"):
        s3.client.delete_object(Bucket=s3.bucket, Key=key)

    questions = 0
    while not s3.names("exports/"):
        questions += 1
        with pytest.raises(DatabaseUnavailable):
            export_lane(replace(one, statistics=Leaving(one.statistics, questions)), lane)
    assert {name.split("/")[2] for name in hashes(s3)} == {first.folder}
    shutil.rmtree(machines.root / "one")
    two = replace(machines["two"], settings=replace(one.settings, work_folder=machines.root / "two"))
    export_lane(two, lane)
    assert close_export(two, lane.export_id).state is ExportState.COMPLETE
    assert hashes(s3) == whole
    assert second.folder in {name.split("/")[2] for name in whole}


def test_a_bucket_that_is_away_is_told_with_the_account_and_loses_nothing(
    machines: Machines, s3: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work() -> str:
        lanes = plan_export(machines["one"], NIGHT)
        for lane in lanes:
            export_lane(machines["one"], lane)
        return lanes[0].export_id

    work()
    before = hashes(s3)
    monkeypatch.setenv("AIRFLOW_CONN_AWAY", connection_uri("http://127.0.0.1:9"))
    there, machines.uri = machines.uri, "s3://away@bucket/exports"
    with pytest.raises(ArchiveUnavailable, match=r"s3://away@bucket/exports"):
        work()
    assert hashes(s3) == before
    assert machines.left("one") == []
    with exports_of(machines["one"]) as exports:
        [line] = exports.newest(None, 2)
        told, other = exports.accounts(line.export.export_id)
    assert line.state is ExportState.RUNNING
    assert (told.state, other.reason) == (AccountState.WAITING, None)
    assert str(told.reason).startswith("s3://away@bucket/exports")
    line = close_export(machines["one"], line.export.export_id)
    with exports_of(machines["one"]) as exports:
        told, other = exports.accounts(line.export.export_id)
    assert line.state is ExportState.FAILED
    assert str(told.reason).startswith("s3://away@bucket/exports")
    assert "before it was this account's turn" in str(other.reason)

    machines.uri = there
    assert close_export(machines["one"], work()).state is ExportState.COMPLETE
    assert hashes(s3) == before


def test_what_a_person_must_set_right_is_told_with_each_account(machines: Machines, s3: Store) -> None:
    for uri, wanted in (
        ("s3://tests_s3@no-such-bucket/exports", "make the bucket, or correct its name in the setting"),
        ("s3://nobody_knows@bucket/exports", "there is no Airflow connection 'nobody_knows'"),
    ):
        machines.uri = uri
        lanes = plan_export(machines["one"], NIGHT)
        for lane in lanes:
            export_lane(machines["one"], lane)
        assert close_export(machines["one"], lanes[0].export_id).state is ExportState.FAILED
        with exports_of(machines["one"]) as exports:
            accounts = exports.accounts(lanes[0].export_id)
        assert all(wanted in str(account.reason) for account in accounts)


def test_what_a_killed_worker_left_goes_from_its_disk_and_from_the_bucket(
    machines: Machines, s3: Store
) -> None:
    for name in ("one", "two"):
        left = machines[name].settings.work_folder / ".export-x1y2"
        left.mkdir()
        (left / "half.csv").write_text("half")
        for path in (left / "half.csv", left):
            os.utime(path, (0, 0))
    s3.put("exports/.making/0f3a/0", "half")
    lane, *_ = plan_export(machines["one"], NIGHT)
    export_lane(machines["one"], lane)
    assert machines.left("one") == []
    assert len(s3.names("exports/.making/")) == 1
    two = machines["two"]
    later = replace(two, clock=lambda: two.clock() + timedelta(days=2))
    counts = tidy_up(later, MaintenanceRun(run_id="test")).counts
    assert (counts["temporary"], counts["half_exports"]) == (1, 1)
    assert s3.names("exports/.making/") == []
    assert len(s3.names("exports/nightly/")) == 8


def test_old_files_stay_in_the_list_while_their_bucket_is_not_found(machines: Machines, s3: Store) -> None:
    lanes = plan_export(machines["one"], NIGHT)
    export_lane(machines["one"], lanes[0])
    close_export(machines["one"], lanes[0].export_id)
    there, now = machines.uri, machines["one"].clock()
    machines.uri = there.replace(s3.bucket, "no-such-bucket")
    with pytest.raises(ArchiveRefused, match="no-such-bucket"):
        remove_old_exports(replace(machines["one"], clock=lambda: now + timedelta(days=91)))
    machines.uri = there
    assert len(s3.names("exports/")) == 8
    assert len(remove_old_exports(replace(machines["one"], clock=lambda: now + timedelta(days=91)))) == 1
    assert s3.names("exports/") == []
