"""A real Airflow, real files, a real database: what a user does, and what he finds."""

import os
import signal
import stat
from pathlib import Path

import psutil

from devtools.demo_data import EXPECTED, make_zip
from import_export.imports.jobs import JobStatus
from import_export.services.statistics_tables import TITLES
from tests.e2e.conftest import Stack, eventually

STOCKS = "SKU;Gudang;Stok PCS;Tanggal\n"


def test_a_dropped_zip_ends_as_rows_archived_files_and_true_jobs(stack: Stack) -> None:
    folder = stack.drop_folder / "0112"
    folder.mkdir(exist_ok=True)
    (folder / "kiriman_maret.zip.part").write_bytes(make_zip())
    (folder / "kiriman_maret.zip.part").rename(folder / "kiriman_maret.zip")
    jobs = eventually(lambda: stack.batch_with("kiriman_maret.zip"))
    found = {Path(job.filename).name: job for job in jobs}
    assert {
        name: (job.table_name, job.status.value, job.counts.total, job.counts.rejected)
        for name, job in found.items()
        # Other tests have made tables for which nothing came.
        if job.status is not JobStatus.SKIPPED or name in EXPECTED
    } == {name: (each.table, each.status, each.rows, each.rejected) for name, each in EXPECTED.items()}
    assert all(job.counts.adds_up for job in jobs if job.status is JobStatus.COMPLETE)
    assert Path(found["stocks.csv"].archive_url or "").exists()
    sales = found["sales.csv"]
    assert (
        stack.scalar(f"SELECT COUNT(*) FROM sales WHERE import_job_id = {sales.id}") == sales.counts.inserted
    )
    assert not list(folder.iterdir())
    [report] = (stack.local / "done").glob(f"*/{sales.batch_id}/report.txt")
    assert (report.parent / "kiriman_maret.zip").exists()
    assert (report.parent / "sales.rejects.csv").exists()


def test_the_form_has_dropdowns_for_mode_and_table(stack: Stack) -> None:
    status, details = stack.call("GET", "/api/v2/dags/import_batch/details")
    assert status == 200
    params = {name: param["schema"] for name, param in details["params"].items()}
    assert params["mode"]["enum"] == ["both", "full", "quick"]
    # Behind them those that other tests have made.
    assert params["table_name"]["enum"][:4] == ["auto", "stocks", "sales", "customers"]
    assert set(TITLES) < set(params["table_name"]["enum"])


def test_a_run_of_the_form_imports_a_folder(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "any name.txt").write_text(STOCKS + "F1;W9;1;01/03/2026\nF2;W9;2;01/03/2026\n")
    conf = {"files": [str(tmp_path)], "mode": "full", "table_name": "stocks", "dist_id": "0112"}
    status, run = stack.call(
        "POST", "/api/v2/dags/import_batch/dagRuns", {"logical_date": None, "conf": conf}
    )
    assert status == 200
    [job] = eventually(
        lambda: [job for job in stack.jobs_of_file("any name.txt") if job.status is JobStatus.COMPLETE]
    )
    assert (job.table_name, job.counts.inserted) == ("stocks", 2)
    assert (tmp_path / "any name.txt").exists()
    run_path = f"/api/v2/dags/import_batch/dagRuns/{run['dag_run_id']}"
    assert eventually(lambda: stack.call("GET", run_path)[1]["state"] == "success")


def test_errors_in_the_form_are_told_before_any_work(stack: Stack) -> None:
    for conf, told in (
        ({"mode": "fast"}, "fast"),
        ({"table_name": "loot"}, "loot"),
        ({"files": "x.csv"}, "x.csv"),
    ):
        status, answer = stack.call(
            "POST", "/api/v2/dags/import_batch/dagRuns", {"logical_date": None, "conf": conf}
        )
        assert status == 400
        assert told in str(answer["detail"])


def test_a_worker_killed_in_the_middle_of_a_load_is_taken_up_again(stack: Stack) -> None:
    rows = "".join(f"K{number:06d};W1;{number};01/03/2026\n" for number in range(400_000))
    name = "stocks_of_the_killed.csv"
    (stack.drop_folder / f"{name}.part").write_text(STOCKS + rows)
    (stack.drop_folder / f"{name}.part").rename(stack.drop_folder / name)

    def begun() -> list[int]:
        return [job.id for job in stack.jobs_of_file(name) if job.attempts == 1]

    [job_id] = eventually(begun)
    killed = [process for process in _loading_processes(stack) if _kill(process)]
    assert killed
    jobs = eventually(lambda: stack.batch_with(name), seconds=180)
    job = next(job for job in jobs if job.id == job_id)
    assert (job.status, job.counts.inserted, job.attempts) == (JobStatus.COMPLETE, 400_000, 2)
    assert stack.scalar("SELECT COUNT(*) FROM stocks WHERE sku LIKE 'K______'") == 400_000
    moves = [(event.old, event.new) for event in stack.events(job_id)]
    assert moves == [(None, 1), (1, 4), (4, 5), (5, 3), (3, 8), (8, 3), (3, 9)]


def _loading_processes(stack: Stack) -> list[psutil.Process]:
    """The tasks that have a connection to the database at this moment; only the load has, while it is at work."""
    port = int(stack.facts["mysql_uri"].rsplit(":", 1)[-1].split("/")[0])
    found = []
    for process in psutil.process_iter():
        try:
            talks = any(link.raddr and link.raddr.port == port for link in process.net_connections("tcp"))
            # The API server keeps connections, and the database server has the other ends of all.
            talks = talks and any("airflow worker" in part for part in process.cmdline())
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if talks and process.pid != os.getpid():
            found.append(process)
    return found


def _kill(process: psutil.Process) -> bool:
    try:
        process.send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return False
    return True


def test_facts_for_programs_are_private(stack: Stack) -> None:
    assert set(stack.facts) == {"url", "username", "password", "mysql_uri", "drop_folder"}
    assert stat.S_IMODE((stack.local / "run.json").stat().st_mode) == 0o600
