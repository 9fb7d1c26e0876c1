"""Two workers that share nothing but a bucket import files side by side, and one of them is lost in the middle of its loads."""

import shutil
from dataclasses import dataclass

import pytest

from devtools.cluster_demo import stocks
from devtools.demo_data import EXPECTED, make_zip
from devtools.local import HOST
from import_export.imports.jobs import ArchiveState, ImportJob, JobStatus
from tests.cluster.conftest import Hosts, api
from tests.running import eventually

pytestmark = pytest.mark.timeout(600)

ROWS = 60_000
"""Rows of a file that is large enough for its load to be told before its end."""
FILES = 6
"""More than one worker takes at a time, so that the other one has to take some."""
CONNECTIONS = 2
"""Of a task to MySQL: its transaction's, and one on which it tells its progress."""


@dataclass(frozen=True, slots=True)
class Night:
    """What was seen of the files of some distributors."""

    zip_jobs: list[ImportJob]
    begun: dict[str, ImportJob]
    """The large files' jobs when all of them were being loaded, by their names."""
    done: dict[str, ImportJob]
    lost: str
    """The worker that was killed at that moment."""
    told: str
    """What Airflow showed of the log of one of those loads, meanwhile."""
    connections: list[int]
    """To MySQL, as long as files were being imported."""


@pytest.fixture(scope="module")
def night(hosts: Hosts) -> Night:
    with hosts.held():
        names = [
            hosts.drop(f"02{number:02d}/stocks_large_{number}.csv", stocks(number, ROWS))
            for number in range(FILES)
        ]
        begun = {name: hosts.begun(name) for name in names}
        connections = [hosts.connections()]
        first = begun[names[0]]
        told = log_of(hosts, first)
        lost = hosts.workers[first.worker or ""]
        hosts.kill(lost)
    zipped = hosts.drop("0112/kiriman.zip", make_zip())

    def finished() -> bool:
        connections.append(hosts.connections())
        return all(hosts.batch_with(name) for name in (zipped, *names))

    eventually(finished, seconds=180)
    hosts.cluster.start_component(lost.name)
    return Night(
        hosts.batch_with(zipped),
        begun,
        {name: hosts.jobs_of_file(name)[0] for name in names},
        lost.address,
        told,
        connections,
    )


def log_of(hosts: Hosts, job: ImportJob) -> str:
    """What Airflow's page shows of the load of a job, which runs at this moment."""
    run = f"/api/v2/dags/import_batch/dagRuns/{job.batch_id}/taskInstances"
    status, task = hosts.call("GET", f"{run}/lanes.load/0")
    assert (status, task["state"], task["hostname"]) == (200, "running", job.worker)
    return str(hosts.call("GET", f"{run}/lanes.load/logs/1?map_index=0&full_content=true")[1])


def test_files_are_spread_over_both_workers(hosts: Hosts, night: Night) -> None:
    assert {job.worker for job in night.begun.values()} == set(hosts.workers)


def test_the_log_of_a_task_is_shown_while_its_worker_has_it(night: Night) -> None:
    assert "import_batch" in night.told
    assert "Could not read served logs" not in night.told


def test_what_a_killed_worker_was_loading_is_loaded_by_the_other_one_once(hosts: Hosts, night: Night) -> None:
    for number, (name, job) in enumerate(night.done.items()):
        taken_over = night.begun[name].worker == night.lost
        assert (job.status, job.counts.inserted) == (JobStatus.COMPLETE, ROWS)
        assert job.archive_state is ArchiveState.DONE
        assert job.worker != night.lost
        assert hosts.scalar(f"SELECT COUNT(*) FROM stocks WHERE sku LIKE '{number:02d}______'") == ROWS
        # On a slow machine more of them: a load that waits for its table longer than half a minute breaks off, too.
        assert job.attempts >= (2 if taken_over else 1)
        broke_off = [(3, 8), (8, 3)] * (job.attempts - 1)
        moves = [(event.old, event.new) for event in hosts.events(job.id)]
        assert moves == [(None, 1), (1, 4), (4, 5), (5, 3), *broke_off, (3, 9)]


def test_a_zip_ends_as_on_one_machine_and_its_reports_are_shown_from_the_bucket(
    hosts: Hosts, night: Night
) -> None:
    found = {job.filename.rsplit("/", 1)[-1]: job for job in night.zip_jobs}
    assert {
        name: (job.table_name, job.status.value, job.counts.total, job.counts.rejected)
        for name, job in found.items()
        if job.status is not JobStatus.SKIPPED or name in EXPECTED
    } == {name: (each.table, each.status, each.rows, each.rejected) for name, each in EXPECTED.items()}
    sales = found["sales.csv"]
    with api(hosts) as pages:
        report = pages.get(f"/api/jobs/{sales.batch_id}/report.txt")
        assert (report.status_code, "sales.csv" in report.text) == (200, True)
        rejects = pages.get(f"/api/files/{sales.id}/rejects.csv")
        assert (rejects.status_code, len(rejects.text.splitlines())) == (200, sales.counts.rejected + 1)
    kept = [name.rsplit("/", 1)[-1] for name in hosts.names("done/") if sales.batch_id in name]
    assert {"kiriman.zip", "report.txt", "sales.rejects.csv"} <= set(kept)
    eventually(lambda: not hosts.names("drop/0112/"))


def test_connections_to_the_database_are_bounded_and_given_back(hosts: Hosts, night: Night) -> None:
    tasks = len(hosts.workers) * 4  # each does four at a time
    assert max(night.connections) <= tasks * CONNECTIONS + 2  # and two files of DAGs are parsed at a time
    eventually(lambda: not hosts.connections())


def test_an_upload_is_imported_though_the_disk_of_its_server_is_lost(hosts: Hosts, night: Night) -> None:
    with api(hosts) as pages:
        answer = pages.post(
            "/api/import",
            files=[("files", ("uploaded.csv", stocks(90, 500)))],
            data={"table_name": "stocks", "mode": "full"},
        )
    assert answer.status_code == 202, answer.text
    server = hosts.cluster.components["airflow-api-server"]
    for lost in (hosts.cluster.hosts.folder(server) / "work").iterdir():
        shutil.rmtree(lost)
    job, *_ = eventually(lambda: hosts.batch_with("uploaded.csv"))
    assert (job.status, job.counts.inserted) == (JobStatus.COMPLETE, 500)
    assert job.worker in set(hosts.workers) - {HOST}
