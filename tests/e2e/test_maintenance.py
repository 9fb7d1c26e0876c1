"""The maintenance on a real Airflow: what broke off is taken up, once; failed archives are made up for; all is well then."""

import urllib.request
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from import_export.errors import JobBusy
from import_export.imports.jobs import ArchiveState, ImportBatch, ImportJob, JobStatus, Mode
from import_export.services.context import utc_now
from import_export.stores.jobs import JobStore
from tests.e2e.conftest import Stack, eventually

DAG = "/api/v2/dags/maintenance"
STOCKS = "SKU;Gudang;Stok PCS;Tanggal\n"
ROWS = 100_000


def ended(stack: Stack, run_id: str) -> dict[str, dict[str, Any]]:
    """What the steps of a run told, once it has ended well."""

    def look() -> str | None:
        state = stack.call("GET", f"{DAG}/dagRuns/{run_id}")[1].get("state")
        return state if state in ("success", "failed") else None

    assert eventually(look, seconds=240) == "success"
    steps = stack.call("GET", "/import-export/api/maintenance?runs=50")[1]["data"]["steps"]
    return {step["step"]: step for step in steps if step["run_id"] == run_id}


def maintained(stack: Stack, query: str = "") -> dict[str, dict[str, Any]]:
    """One run, asked for as the page does it."""
    status, answer = stack.call("POST", f"/import-export/api/maintenance/runs{query}")
    assert status == 202, answer
    return ended(stack, answer["data"]["run_id"])


def change(stack: Stack, statement: str, *values: Any) -> None:
    with stack.database.session() as session, session.transaction():
        session.execute(statement, values)


def two_minutes_pass(stack: Stack, batch_id: str) -> None:
    """As if nothing had been heard of the batch for so long."""
    for table, columns in (
        ("import_batches", ("received_at", "run_asked_at")),
        ("import_jobs", ("updated_at",)),
    ):
        moved = ", ".join(f"{column} = {column} - INTERVAL 2 MINUTE" for column in columns)
        change(stack, f"UPDATE {table} SET {moved} WHERE batch_id = %s", batch_id)


@pytest.fixture(scope="module")
def maintaining(stack: Stack) -> Stack:
    eventually(lambda: stack.call("GET", DAG)[0] == 200)
    assert stack.call("GET", "/api/v2/importErrors")[1]["import_errors"] == []
    return stack


def test_a_batch_that_was_registered_without_a_run_is_taken_up(maintaining: Stack) -> None:
    batch_id = str(uuid.uuid4())
    claimed = maintaining.local / "work" / batch_id / "claimed"
    claimed.mkdir(parents=True)
    (claimed / "stocks_lost.csv").write_text(STOCKS + "L1;W1;1;01/03/2026\n")
    with maintaining.database.session() as session, session.transaction():
        JobStore(session).add_batch(
            ImportBatch(
                batch_id=batch_id,
                source="drop_folder",
                run_id=batch_id,
                mode=Mode.BOTH,
                table_name="auto",
                dist_id=None,
                names=("stocks_lost.csv",),
                received_at=utc_now() - timedelta(minutes=2),
            )
        )
    looked = maintained(maintaining, "?dry_run=true")
    assert (looked["recover"]["counts"]["batches_started"], looked["recover"]["dry_run"]) == (1, True)
    assert maintaining.call("GET", f"/api/v2/dags/import_batch/dagRuns/{batch_id}")[0] == 404
    assert maintained(maintaining)["recover"]["counts"]["batches_started"] == 1
    jobs = eventually(lambda: maintaining.batch_with("stocks_lost.csv"), seconds=180)
    assert (jobs[0].status, jobs[0].counts.inserted) == (JobStatus.COMPLETE, 1)


def test_a_run_that_was_marked_failed_in_the_middle_is_followed_by_one_that_ends_it_once(
    maintaining: Stack,
) -> None:
    name = "stocks_marked.csv"
    rows = "".join(f"M{number:06d};W1;{number};01/03/2026\n" for number in range(ROWS))
    with maintaining.database.session() as keeper, keeper.transaction():
        # Whoever is alone with the table keeps its loads waiting.
        keeper.rows("SELECT id FROM import_tables WHERE table_name = 'stocks' FOR UPDATE")
        (maintaining.drop_folder / f"{name}.part").write_text(STOCKS + rows)
        (maintaining.drop_folder / f"{name}.part").rename(maintaining.drop_folder / name)

        def begun() -> list[ImportJob]:
            return [job for job in maintaining.jobs_of_file(name) if job.attempts == 1]

        [job] = eventually(begun)
        run = f"/api/v2/dags/import_batch/dagRuns/{job.batch_id}"
        assert maintaining.call("PATCH", run, {"state": "failed"})[0] == 200
        eventually(lambda: is_free(maintaining, job.id))
    [left] = maintaining.jobs_of_file(name)
    assert left.status is JobStatus.WAITING
    assert maintaining.scalar("SELECT COUNT(*) FROM stocks WHERE sku LIKE 'M______'") == 0

    two_minutes_pass(maintaining, job.batch_id)
    assert maintained(maintaining)["recover"]["counts"]["batches_requeued"] == 1
    done = eventually(lambda: maintaining.batch_with(name), seconds=180)[0]
    assert (done.id, done.status, done.counts.inserted) == (job.id, JobStatus.COMPLETE, ROWS)
    assert maintaining.scalar("SELECT COUNT(*) FROM stocks WHERE sku LIKE 'M______'") == ROWS
    moves = [(event.old, event.new) for event in maintaining.events(job.id)]
    assert moves == [(None, 1), (1, 4), (4, 5), (5, 3), (3, 8), (8, 3), (3, 9)]
    again = maintaining.call("GET", f"{run}_again_1")[1]
    assert eventually(lambda: maintaining.call("GET", f"{run}_again_1")[1]["state"] == "success"), again


def is_free(stack: Stack, job_id: int) -> bool:
    """Whether nobody works on the job any more: its worker is gone, and with it its lock."""
    try:
        with stack.database.session() as session, session.transaction():
            JobStore(session).lock(job_id)
    except JobBusy:
        return False
    return True


def test_a_file_that_could_not_be_archived_is_once_the_archive_is_there(maintaining: Stack) -> None:
    [job] = maintaining.jobs_of_file("stocks_lost.csv")
    kept = Path(job.archive_url or "")
    content = kept.read_bytes()
    kept.unlink()
    change(
        maintaining,
        "UPDATE import_jobs SET archive_state = 'pending', archive_url = NULL WHERE id = %s",
        job.id,
    )
    archive = maintaining.local / "archive"
    away = archive.rename(maintaining.local / "archive.away")
    archive.write_text("in the way")
    found = maintained(maintaining)
    assert found["recover"]["counts"]["batches_requeued"] == 0, "what was followed by another run is over"
    assert found["retry_archives"]["counts"]["failed"] == 1
    [waiting] = maintaining.call("GET", "/import-export/api/maintenance")[1]["data"]["pending"]
    assert (waiting["job_id"], waiting["retries"]) == (job.id, 1)
    assert waiting["error"]
    archive.unlink()
    away.rename(archive)
    assert maintained(maintaining)["retry_archives"]["counts"]["due"] == 0, "it waits for its turn"
    assert maintained(maintaining, "?retry=true")["retry_archives"]["counts"]["archived"] == 1
    [archived] = maintaining.jobs_of_file("stocks_lost.csv")
    assert archived.archive_state is ArchiveState.DONE
    assert Path(archived.archive_url or "").read_bytes() == content


def test_at_the_end_all_invariants_hold_and_the_page_shows_what_was_done(maintaining: Stack) -> None:
    found = maintained(maintaining, "?everything=true")
    assert set(found) == {
        "notify",
        "recover",
        "retry_archives",
        "retry_deliveries",
        "tidy_up",
        "remove_old",
        "check_space",
        "check_invariants",
    }
    assert all(step["failure"] is None for step in found.values())
    assert set(found["check_invariants"]["counts"].values()) == {0}, found["check_invariants"]["warnings"]
    request = urllib.request.Request(
        f"{maintaining.facts['url']}/import-export/maintenance",
        headers={"Authorization": f"Bearer {maintaining.token('admin')}", "Accept-Language": "id"},
    )
    with urllib.request.urlopen(request, timeout=30) as answered:
        page = answered.read().decode()
    assert "batch terputus dilanjutkan: 1" in page
    assert "file diarsipkan: 1" in page
