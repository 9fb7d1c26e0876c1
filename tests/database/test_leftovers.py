"""What nobody owns any more is tidied up; what may be the only copy is kept."""

import os
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from import_export.services.context import Context
from import_export.services.leftovers import tidy_up
from import_export.services.maintenance import Findings, Run, Step, recorded
from import_export.services.room import check_space
from import_export.stores.database import Database
from tests.database.flow import STOCKS_HEADER, Flow

RUN, DRY = Run(run_id="test"), Run(run_id="test", dry_run=True)


@pytest.fixture
def flow(database: Database, tmp_path: Path) -> Flow:
    return Flow.make(database, tmp_path)


def told(found: Findings) -> Mapping[str, int]:
    return {name: number for name, number in found.counts.items() if number}


def hours_later(flow: Flow, hours: float) -> Context:
    now = flow.context.clock() + timedelta(hours=hours)
    return replace(flow.context, clock=lambda: now)


def folder_with(flow: Flow, path: str) -> Path:
    folder = flow.root / "work" / str(uuid.uuid4())
    (folder / path).parent.mkdir(parents=True)
    (folder / path).write_text("x")
    return folder


def test_an_upload_that_broke_off_is_removed_when_nobody_wrote_to_it_for_an_hour(flow: Flow) -> None:
    folder = folder_with(flow, "spool/stocks.csv")
    assert told(tidy_up(hours_later(flow, 0.9), RUN)) == {}
    assert told(tidy_up(hours_later(flow, 1.1), DRY)) == {"broken_uploads": 1}
    assert folder.exists()
    assert told(tidy_up(hours_later(flow, 1.1), RUN)) == {"broken_uploads": 1}
    assert not folder.exists()


def test_an_upload_that_still_comes_in_is_left_alone_however_long_it_takes(flow: Flow) -> None:
    folder = folder_with(flow, "spool/stocks.csv")
    os.utime(folder, (0, 0))
    os.utime(folder / "spool", (0, 0))
    assert told(tidy_up(flow.context, RUN)) == {}
    assert folder.exists()


def test_files_that_belong_to_no_batch_are_put_aside_and_told(flow: Flow) -> None:
    folder = folder_with(flow, "claimed/0112/stocks.csv")
    assert told(tidy_up(hours_later(flow, 1.1), DRY)) == {"folders_set_aside": 1}
    assert folder.exists()
    found = tidy_up(hours_later(flow, 1.1), RUN)
    assert told(found) == {"folders_set_aside": 1}
    [kept] = flow.root.glob(f"failed/*/{folder.name}/0112/stocks.csv")
    assert kept.read_text() == "x"
    assert str(kept.parent.parent) in found.warnings[0].text("id")
    assert not folder.exists()


def test_batches_and_folders_that_are_not_ours_are_left_alone(flow: Flow) -> None:
    flow.drop("stocks.csv", STOCKS_HEADER)
    [batch_id] = flow.claim()
    (flow.root / "work" / "mine").mkdir()
    (flow.root / "work" / "note.txt").write_text("x")
    assert told(tidy_up(hours_later(flow, 1000), RUN)) == {}
    assert sorted(path.name for path in (flow.root / "work").iterdir()) == sorted(
        [batch_id, "mine", "note.txt"]
    )


def test_what_a_killed_process_left_is_removed(flow: Flow) -> None:
    (flow.root / "work" / ".replay-abc" / "files").mkdir(parents=True)
    (flow.root / "work" / ".probe-abc").touch()
    assert told(tidy_up(flow.context, RUN)) == {}
    assert told(tidy_up(hours_later(flow, 1.1), RUN)) == {"temporary": 2}
    assert list((flow.root / "work").iterdir()) == []


def test_old_progress_keys_and_steps_are_forgotten(flow: Flow) -> None:
    now = flow.context.clock()
    with flow.context.database.session() as session, session.transaction():
        for number, minutes in enumerate((30, 90)):
            session.execute(
                "INSERT INTO import_progress (job_id, rows_done, updated_at) VALUES (%s, 1, %s)",
                (number, now - timedelta(minutes=minutes)),
            )
        for number, days in enumerate((6, *[8] * 1001)):
            session.execute(
                "INSERT INTO idempotency_keys (owner, idempotency_key, fingerprint, batch_id, created_at) "
                "VALUES ('x', %s, 'f', 'b', %s)",
                (f"{number}", now - timedelta(days=days)),
            )
    recorded(hours_later(flow, -31 * 24), Run(run_id="long ago"), Step.SPACE, check_space)
    expected = {"progress": 1, "idempotency_keys": 1001, "maintenance_runs": 1}
    assert told(tidy_up(flow.context, DRY)) == expected
    assert told(tidy_up(flow.context, RUN)) == expected
    assert told(tidy_up(flow.context, RUN)) == {}
    assert (flow.rows("import_progress"), flow.rows("idempotency_keys")) == (1, 1)


def test_little_space_and_large_tables_are_told_with_their_numbers(flow: Flow) -> None:
    calm = check_space(flow.context, RUN)
    assert (calm.counts["folders_low"], calm.warnings) == (0, ())
    strict = replace(flow.context, settings=replace(flow.context.settings, warn_free_gb=10**9))
    found = check_space(strict, RUN)
    assert found.counts["folders_low"] == 5
    in_bucket = replace(strict, settings=replace(strict.settings, exports_folder="s3://conn@bucket/exports"))
    assert check_space(in_bucket, RUN).counts["folders_low"] == 4
    assert str(flow.root / "work") in "".join(each.text() for each in found.warnings)
    assert all("GB" in each.text("id") for each in found.warnings)
