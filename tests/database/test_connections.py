"""How many connections to MySQL a task has at most, held against the server's own limit, and that all are given back."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from airflow.sdk import Connection
from MySQLdb import OperationalError

from devtools.account_data import AccountPlan, fill
from import_export.errors import DatabaseUnavailable
from import_export.imports.jobs import JobStatus
from import_export.services import progress
from import_export.services.archiving import archive_lane
from import_export.services.export_delivery import deliver_export
from import_export.services.exporting import Run as ExportRun
from import_export.services.exporting import close_export, export_id_of, export_lane, plan_export
from import_export.services.finishing import finish_batch
from import_export.services.invariants import violations
from import_export.services.leftovers import tidy_up
from import_export.services.loading import load_lane
from import_export.services.maintenance import Life, Run
from import_export.services.notifying import send_notifications, tell_what_is_due
from import_export.services.recovering import recover
from import_export.services.retention import remove_old
from import_export.services.retrying import retry_archives, retry_deliveries
from import_export.services.room import check_space
from import_export.services.validating import validate_lane
from import_export.stores import pool
from import_export.stores.database import Database
from tests.database.flow import STOCKS_HEADER, Flow, eventually
from tests.database.test_exporting import night
from tests.servers import Server

MOST = 2
"""A task's connections at once; docs/sizing.md counts on it."""
ROWS = 60_000


@pytest.fixture
def flow(
    server: Server, database: Database, statistics: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flow]:
    """An installation whose MySQL user may not have more connections than that. A load tells its progress at each step."""
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.0)
    user = f"task_{uuid.uuid4().hex[:8]}"
    server.execute(f"CREATE USER '{user}'@'%' WITH MAX_USER_CONNECTIONS {MOST}")
    for name in (database.name, statistics.name):
        server.execute(f"GRANT ALL ON {name}.* TO '{user}'@'%'")
    port = urlsplit(server.root_uri).port
    connection = Connection.from_uri(f"mysql://{user}@127.0.0.1:{port}/{database.name}", conn_id="few")
    try:
        yield Flow.make(Database(connection), tmp_path, lanes=1, batch_bytes=1 << 16)
    finally:
        server.execute(f"DROP USER '{user}'@'%'")


def stocks(prefix: str, rows: int = ROWS) -> str:
    return STOCKS_HEADER + "".join(f"{prefix}{number:08d};W1;{number};01/03/2026\n" for number in range(rows))


def connections(database: Database, flow: Flow) -> int:
    """The connections that the installation's user has at this moment."""
    with database.session() as session:
        [(count,)] = session.rows(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE user = %s",
            (flow.context.database.connection.login,),
        )
        return int(count)


def test_a_load_has_a_connection_for_its_rows_and_one_for_its_progress_and_gives_them_back(
    flow: Flow, database: Database
) -> None:
    flow.drop("stocks.csv", stocks("A"))
    batch_id, [lane] = flow.take()
    validate_lane(flow.context, lane)
    [job_id] = lane.jobs
    with ThreadPoolExecutor(1) as worker, database.session() as keeper:
        with keeper.transaction():
            # Whoever writes the load's progress first keeps it in the middle of its rows.
            keeper.execute(
                "INSERT INTO import_progress (job_id, rows_done, updated_at) VALUES (%s, 0, NOW())", (job_id,)
            )
            loading = worker.submit(load_lane, flow.context, lane)
            eventually(lambda: connections(database, flow) == MOST)
        loading.result()
    eventually(lambda: connections(database, flow) == 0)
    assert [job.counts.inserted for job in flow.jobs(batch_id)] == [ROWS]


def test_a_load_that_breaks_off_in_the_middle_keeps_no_connection_from_the_lanes_next_file(
    flow: Flow, database: Database
) -> None:
    with database.session() as session:
        session.execute(
            "CREATE TRIGGER not_this_one BEFORE INSERT ON stocks FOR EACH ROW "
            "BEGIN IF NEW.sku = 'A00030000' THEN SIGNAL SQLSTATE '45000'; END IF; END"
        )
    flow.drop("0112/stocks.csv", stocks("A"))
    flow.drop("0112/stocks/stocks.csv", stocks("B"))
    batch_id, [lane] = flow.take()
    validate_lane(flow.context, lane)
    with pytest.raises(OperationalError, match="1644"):
        load_lane(flow.context, lane)
    first, second = flow.jobs(batch_id)[:2]
    assert first.status is JobStatus.PROCESSING_FAILED
    assert (second.status, second.counts.inserted) == (JobStatus.COMPLETE, ROWS)
    eventually(lambda: connections(database, flow) == 0)


def test_no_step_of_an_import_of_an_export_or_of_the_maintenance_needs_more(
    flow: Flow, statistics: Database, database: Database
) -> None:
    context = flow.context
    flow.drop("0112/stocks.csv", stocks("S") + "Z;W1;lima;01/03/2026\n")
    flow.drop("0112/sales.csv", "not;what;was;expected\n1;2;3;4\n")
    batch_id, lanes = flow.take()
    for step in (validate_lane, load_lane, archive_lane):
        for lane in lanes:
            step(context, lane)
    finish_batch(context, batch_id)
    send_notifications(context, batch_id)
    assert {job.status for job in flow.jobs(batch_id)} >= {JobStatus.COMPLETE, JobStatus.INVALID}

    fill(statistics, AccountPlan(accounts=2, days=60, media_per_account=30, competitors=1))
    asked: ExportRun = night()
    for lane in plan_export(context, asked):
        export_lane(context, lane)
    deliver_export(context, export_id_of(context, asked))
    assert close_export(context, export_id_of(context, asked)).state.value == "complete"

    run = Run(run_id="maintenance", everything=True)
    for look in (retry_archives, retry_deliveries, tidy_up, remove_old, check_space, tell_what_is_due):
        look(context, run)
    recover(context, run, lambda _dag, _runs: Life.ENDED)
    assert list(violations(context, context.clock() - timedelta(days=1))) == []
    eventually(lambda: connections(database, flow) == 0)


def test_the_api_server_shares_its_connections_and_closes_those_of_a_rush(
    flow: Flow, server: Server, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "WAIT_SECONDS", 0.1)
    server.execute(
        f"ALTER USER '{flow.context.database.connection.login}'@'%' WITH MAX_USER_CONNECTIONS {pool.MOST}"
    )
    shared = pool.PooledDatabase(flow.context.database.connection)
    with ExitStack() as requests:
        for _ in range(pool.MOST):
            assert requests.enter_context(shared.session()).rows("SELECT 1") == [(1,)]
        assert connections(database, flow) == pool.MOST
        with pytest.raises(DatabaseUnavailable, match="connections are in use"), shared.session():
            pass
    eventually(lambda: connections(database, flow) == pool.KEPT)
    with shared.session() as session:
        assert session.rows("SELECT 1") == [(1,)]
    assert connections(database, flow) == pool.KEPT, "a kept one was taken"
