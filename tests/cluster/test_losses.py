"""What the cluster leans on is lost for a while: Redis for a worker, MySQL for everybody."""

import time

import pytest

from devtools.cluster_demo import stocks
from devtools.cluster_hosts import mysql_users
from import_export.imports.jobs import JobStatus
from tests.cluster.conftest import Hosts
from tests.running import eventually

pytestmark = pytest.mark.timeout(600)

ROWS = 60_000
OUTAGE_SECONDS = 60
FILES = 8


def test_a_worker_cut_off_from_redis_ends_its_load_once_and_works_on_afterwards(hosts: Hosts) -> None:
    with hosts.held():
        cut_off = hosts.begun(hosts.drop("0301/stocks_of_the_cut_off.csv", stocks(70, ROWS)))
        wire = hosts.wires[cut_off.worker or ""]
        wire.cut()
    other = hosts.begun(hosts.drop("0302/stocks_of_the_other.csv", stocks(71, ROWS)))
    assert other.worker != cut_off.worker
    for number, begun in ((70, cut_off), (71, other)):
        job = eventually(lambda name=begun.filename: hosts.batch_with(name))[0]
        assert (job.status, job.counts.inserted) == (JobStatus.COMPLETE, ROWS)
        assert (job.attempts, job.worker) == (1, begun.worker)
        assert hosts.scalar(f"SELECT COUNT(*) FROM stocks WHERE sku LIKE '{number}______'") == ROWS
        moves = [(event.old, event.new) for event in hosts.events(job.id)]
        assert moves == [(None, 1), (1, 4), (4, 5), (5, 3), (3, 9)]
    wire.mend()
    eventually(hosts.cluster.all_work)
    with hosts.held():
        names = [
            hosts.drop(f"03{number}/stocks_{number}.csv", stocks(number, ROWS)) for number in range(72, 78)
        ]
        assert {hosts.begun(name).worker for name in names} == set(hosts.workers)
    for name in names:
        assert eventually(lambda name=name: hosts.batch_with(name))[0].counts.inserted == ROWS


def test_a_minute_without_mysql_is_survived_and_no_file_is_claimed_twice(hosts: Hosts) -> None:
    cluster = hosts.cluster
    large = hosts.drop("0401/stocks_of_the_outage.csv", stocks(80, 10 * ROWS))
    before = dropped_by(hosts, range(10, 13))
    hosts.begun(large)
    server = cluster.child("mysql")
    server.stop(30)
    cluster.children.remove(server)
    during = dropped_by(hosts, range(13, 16))
    time.sleep(OUTAGE_SECONDS)  # is what is tested
    cluster.start_mysql(cluster.known, mysql_users(cluster.hosts.compose))
    names = {large, *before, *during}

    def ended() -> bool:
        return {job[0] for job in imported(hosts) if job[-1]} >= names

    eventually(ended, seconds=300)
    found = {job[0]: job[1:] for job in imported(hosts) if job[0] in names}
    assert len([job for job in imported(hosts) if job[0] in names]) == len(names)
    expected = {name: (JobStatus.COMPLETE, 10 * ROWS if name == large else 100, True) for name in names}
    assert found == expected
    assert hosts.scalar("SELECT COUNT(*) FROM stocks WHERE sku LIKE '80______'") == 10 * ROWS
    eventually(lambda: not hosts.names("drop/"))


def dropped_by(hosts: Hosts, distributors: range) -> list[str]:
    """Files of some distributors, in a folder each; gives their names."""
    return [
        hosts.drop(f"04{number}/stocks_{number}_{file}.csv", stocks(100 * number + file, 100))
        for number in distributors
        for file in range(FILES)
    ]


def imported(hosts: Hosts) -> list[tuple[str, int, int, bool]]:
    """All files that came to be jobs: name, status, rows, and whether its batch is closed."""
    with hosts.database.session() as session:
        return [
            (str(name), int(status), int(inserted), bool(closed))
            for name, status, inserted, closed in session.rows(
                "SELECT j.filename, j.status, j.inserted, b.finished_at IS NOT NULL FROM import_jobs AS j "
                "INNER JOIN import_batches AS b ON b.batch_id = j.batch_id WHERE j.stored_name IS NOT NULL"
            )
        ]
