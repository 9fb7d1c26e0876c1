"""Trouble of the database: files wait, or become 8 with the reason, never 6; and they go on when it is over, each row once."""

import json
import os
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from devtools.local import REPOSITORY, Local, free_port
from devtools.mysql import MySQL, start_mysql
from devtools.processes import listens
from import_export.errors import DatabaseUnavailable, JobBusy, TransientError
from import_export.imports.jobs import ImportJob, JobStatus
from import_export.services.context import Context, utc_now
from import_export.services.invariants import violations
from import_export.services.lanes import Lane
from import_export.services.loading import load_lane
from import_export.services.maintenance import Life, Run
from import_export.services.receiving import batch_id_of, extract_batch
from import_export.services.recovering import recover
from import_export.services.validating import validate_lane
from import_export.stores.database import Database
from tests.cutting_proxy import Cut, CuttingProxy, Seen
from tests.database.flow import STOCKS_HEADER, Flow, eventually, is_alone
from tests.database.striking import Impatient
from tests.migrated import migrated
from tests.servers import Server, wanted_servers

ROWS = 900
"""Enough for LOAD DATA."""
SMALL_MYSQL = "448m"
"""What a new MySQL 9 takes, and some more."""
OPEN = (JobStatus.WAITING, JobStatus.PROCESSING_FAILED)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that waits for its load, and how often rows of it are there."""

    flow: Flow
    lane: Lane
    number: int

    @property
    def job(self) -> ImportJob:
        return self.flow.jobs(self.lane.batch_id)[0]

    @property
    def rows(self) -> int:
        with self.flow.context.database.session() as session:
            return int(
                session.rows("SELECT COUNT(*) FROM stocks WHERE sku LIKE %s", (f"S{self.number}-%",))[0][0]
            )

    def is_alone(self) -> bool:
        return is_alone(self.flow.context.database)

    def loads(self) -> None:
        """The task's next attempt."""
        eventually(self.is_alone)
        load_lane(self.flow.context, self.lane)
        assert (self.job.status, self.job.counts.success, self.rows) == (JobStatus.COMPLETE, ROWS + 1, ROWS)
        assert [event.new for event in self.flow.events(self.job.id)].count(JobStatus.COMPLETE) == 1


NUMBERS = count(1)


def waiting(flow: Flow, rows: int = ROWS) -> Waiting:
    """The first row's key is in every file: from the second one on it is updated, by way of the staging table."""
    number = next(NUMBERS)
    own = "".join(f"S{number}-{row};GUDANG UTAMA PUSAT;{row};01/03/2026\n" for row in range(rows))
    flow.drop("stocks.csv", f"{STOCKS_HEADER}KNOWN;W1;{number};01/03/2026\n{own}")
    _, [lane] = flow.take()
    validate_lane(flow.context, lane)
    return Waiting(flow, lane, number)


@pytest.fixture
def flow(database: Database, tmp_path: Path) -> Flow:
    return Flow.make(database, tmp_path)


@contextmanager
def through(flow: Flow, **extra: Any) -> Iterator[tuple[CuttingProxy, Context]]:
    """The installation as seen by a worker behind a proxy."""
    connection = flow.context.database.connection
    with CuttingProxy((connection.host, connection.port)) as proxy:
        behind = type(connection)(
            conn_id="behind",
            conn_type="mysql",
            host="127.0.0.1",
            login=connection.login,
            password=connection.password,
            schema=connection.schema,
            port=proxy.port,
            extra=json.dumps({"ssl_mode": "DISABLED", **extra}),
        )
        yield proxy, replace(flow.context, database=Database(behind))


@pytest.fixture
def ordinary(server: Server, database: Database, tmp_path: Path) -> Iterator[Flow]:
    """An installation whose user has rights in its own database only, as it should be: read-only binds it."""
    name = f"u_{database.name}"[:32]
    server.execute(f"CREATE USER '{name}'@'%' IDENTIFIED BY 'p'")
    server.execute(f"GRANT ALL ON {database.name}.* TO '{name}'@'%'")
    server.execute(f"GRANT PROCESS ON *.* TO '{name}'@'%'")
    connection = type(database.connection)(
        conn_id="ordinary",
        conn_type="mysql",
        host=database.connection.host,
        login=name,
        password="p",
        schema=database.name,
        port=database.connection.port,
    )
    yield Flow.make(Database(connection), tmp_path)
    server.execute(f"DROP USER '{name}'@'%'")


def assert_all_holds(flow: Flow) -> None:
    later = replace(flow.context, clock=lambda: utc_now() + timedelta(hours=2))
    assert [each.told.text() for each in violations(later, utc_now() - timedelta(days=1))] == []


@pytest.mark.parametrize("cut", [Cut.REQUEST, Cut.ANSWER])
def test_a_connection_that_is_lost_at_any_packet_of_a_load_loses_and_doubles_nothing(
    flow: Flow, cut: Cut
) -> None:
    committed = 0
    waiting(flow).loads()
    with through(flow) as (proxy, context):
        for number in count(1):
            file = waiting(flow)
            proxy.cut_when(lambda seen, at=number: cut if seen.number == at else None)
            lost = False
            try:
                load_lane(context, file.lane)
            except DatabaseUnavailable:
                lost = True
            if proxy.seen < number:
                break
            job = file.job
            assert job.status in (*OPEN, JobStatus.COMPLETE)
            if job.status is JobStatus.PROCESSING_FAILED:
                assert job.message is not None
                assert "MySQL error 20" in job.message.text()
            committed += lost and job.status is JobStatus.COMPLETE
            file.loads()
        assert number > 20, "a load has so many packets"
        assert (committed > 0) is (cut is Cut.ANSWER), "a COMMIT whose answer was lost is a success"
    assert_all_holds(flow)


def test_a_commit_that_nobody_answers_is_given_up_and_found_out_to_be_undone(flow: Flow) -> None:
    file = waiting(flow)
    with through(flow, read_timeout=1) as (proxy, context):
        proxy.cut_when(lambda seen: Cut.SILENCE if seen.text == "COMMIT" and seen.number > 15 else None)
        with pytest.raises(TransientError):
            load_lane(context, file.lane)
    assert file.job.status in OPEN
    file.loads()


def test_a_server_that_refuses_connections_lets_files_wait_and_the_next_attempt_finds_it_back(
    flow: Flow,
) -> None:
    file = waiting(flow)
    with through(flow) as (proxy, context):
        proxy.refuse()
        with pytest.raises(DatabaseUnavailable):
            load_lane(context, file.lane)
        assert file.job.status is JobStatus.WAITING
        proxy.accept()
        load_lane(context, file.lane)
    assert (file.job.status, file.rows) == (JobStatus.COMPLETE, ROWS)


@pytest.mark.parametrize(
    "code",
    [
        *(1021, 1026, 1114, 1030),  # disk full, table full
        *(1040, 1053, 1077, 1153, 1290, 1836, 3100, 4031),
        *(1180, 1205, 1213, 1317),
        9999,  # one that nobody foresaw
    ],
)
def test_what_the_server_says_in_the_middle_of_a_load_is_told_and_tried_again(flow: Flow, code: int) -> None:
    file = waiting(flow)
    text = (
        'Got error 28 "No space left on device" from storage engine' if code == 1030 else "as the server says"
    )
    with flow.context.database.session() as session:
        session.execute(
            "CREATE TRIGGER trouble BEFORE INSERT ON stocks FOR EACH ROW "
            f"SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {code}, MESSAGE_TEXT = '{text}'"
        )
    with pytest.raises(Exception, match=r"MySQL error|deadlock|holds the row|as the server says") as raised:
        load_lane(flow.context, file.lane)
    assert isinstance(raised.value, TransientError) is (code != 9999)
    job = file.job
    assert (job.status, file.rows) == (JobStatus.PROCESSING_FAILED, 0)
    assert job.message is not None
    told = {1205: "another transaction holds the row", 1213: "deadlock", 9999: "see the task's log"}
    assert told.get(code, f"MySQL error {code}: {text}") in job.message.text()
    with flow.context.database.session() as session:
        session.execute("DROP TRIGGER trouble")
    file.loads()


def test_a_deadlock_is_repeated_at_once(flow: Flow) -> None:
    file = waiting(flow)
    with flow.context.database.session() as session:
        session.execute(
            "CREATE TRIGGER trouble BEFORE INSERT ON stocks FOR EACH ROW IF @met IS NULL THEN SET @met = 1; "
            "SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213; END IF"
        )
    file.loads()


def test_the_victim_of_a_real_deadlock_is_repeated_at_once(flow: Flow) -> None:
    """Somebody has a row that the load needs last, and wants the one that it has first; he has changed more rows."""
    file, before = waiting(flow), deadlocks(flow)
    values = "'W1', '2026-03-01', NOW(6), 0"
    insert = "INSERT INTO stocks (sku, warehouse_code, `date`, ImportDate, import_job_id) VALUES "
    others = ", ".join(f"('OTHER-{row}', {values})" for row in range(3 * ROWS))
    place = "'GUDANG UTAMA PUSAT', '2026-03-01', NOW(6), 0"
    with flow.context.database.session() as other, ThreadPoolExecutor() as pool:
        other.raw.begin()
        other.execute(insert + others)
        other.execute(f"{insert} ('S{file.number}-{ROWS - 1}', {place})")
        loading = pool.submit(load_lane, flow.context, file.lane)
        eventually(lambda: waits(flow) or loading.done())
        other.rows(f"SELECT 1 FROM stocks WHERE sku = 'S{file.number}-0' FOR UPDATE")
        assert not loading.done(), "it is repeated, and waits again"
        assert deadlocks(flow) == before + 1
        other.raw.rollback()
        loading.result()
    assert (file.job.status, file.rows, file.job.attempts) == (JobStatus.COMPLETE, ROWS, 1)
    assert_all_holds(flow)


def deadlocks(flow: Flow) -> int:
    """How many the server has resolved."""
    with flow.context.database.session() as session:
        found = session.rows(
            "SELECT count FROM information_schema.innodb_metrics WHERE name = 'lock_deadlocks'"
        )
        return int(found[0][0])


def waits(flow: Flow) -> bool:
    """Whether a transaction waits for another one's lock."""
    with flow.context.database.session() as session:
        found = session.rows(
            "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
        )
        return bool(found[0][0])


def test_a_lock_that_somebody_keeps_is_waited_for_and_told(flow: Flow) -> None:
    file = waiting(flow)
    context = replace(flow.context, database=Impatient(flow.context.database.connection))
    with flow.context.database.session() as session, session.transaction():
        session.execute(
            "INSERT INTO stocks (sku, warehouse_code, `date`, ImportDate, import_job_id) "
            "VALUES ('KNOWN', 'W1', '2026-03-01', NOW(6), 0)"
        )
        with pytest.raises(JobBusy):
            load_lane(context, file.lane)
        assert file.job.status is JobStatus.PROCESSING_FAILED
        session.raw.rollback()
        session.raw.begin()
    file.loads()


@pytest.mark.parametrize("variable", ["read_only", "super_read_only"])
def test_a_server_that_is_read_only_lets_files_wait(server: Server, ordinary: Flow, variable: str) -> None:
    if variable == "super_read_only" and server.name == "mariadb":
        pytest.skip("MariaDB 10.11 has no super_read_only")
    file = waiting(ordinary)
    server.execute(f"SET GLOBAL {variable} = 1")
    try:
        with pytest.raises(DatabaseUnavailable, match=r"read.only"):
            load_lane(ordinary.context, file.lane)
        assert file.job.status is JobStatus.WAITING
    finally:
        server.execute("SET GLOBAL super_read_only = 0" if variable == "super_read_only" else "SET @x = 1")
        server.execute("SET GLOBAL read_only = 0")
    file.loads()


def test_a_packet_that_is_too_large_is_told_and_leaves_the_other_files_alone(
    server: Server, database: Database, tmp_path: Path
) -> None:
    """A few rows go in one statement, which the server does not take."""
    flow = Flow.make(database, tmp_path, lanes=1)
    for name, size in (("stocks.csv", 300), ("0112/stocks.csv", 1)):
        own = "".join(f"{name}-{row};{'G' * 50};{row};01/03/2026\n" for row in range(size))
        flow.drop(f"x/{name}", STOCKS_HEADER + own)
    batch_id, [lane] = flow.take()
    validate_lane(flow.context, lane)
    server.execute("SET GLOBAL max_allowed_packet = 16384")
    try:
        with pytest.raises(DatabaseUnavailable):
            load_lane(flow.context, lane)
    finally:
        server.execute("SET GLOBAL max_allowed_packet = 67108864")
    found = {job.filename: job for job in flow.jobs(batch_id) if job.stored_name}
    assert found["0112/stocks.csv"].status is JobStatus.COMPLETE
    large = found["stocks.csv"]
    assert large.status is JobStatus.PROCESSING_FAILED
    assert large.message is not None
    assert "MySQL error" in large.message.text()
    load_lane(flow.context, lane)
    assert flow.rows("stocks") == 301


def test_what_waited_is_taken_up_by_the_maintenance_when_all_attempts_of_the_run_are_over(flow: Flow) -> None:
    file = waiting(flow)
    with through(flow) as (proxy, context):
        proxy.cut_when(lambda seen: Cut.REQUEST if seen.text.startswith("LOAD DATA") else None)
        with pytest.raises(DatabaseUnavailable):
            load_lane(context, file.lane)
    later = replace(flow.context, clock=lambda: utc_now() + timedelta(minutes=2))
    [run_id] = recover(later, Run(run_id="m"), lambda dag_id, run_ids: Life.ENDED).runs
    for lane in extract_batch(later, batch_id_of(run_id)):
        load_lane(later, lane)
    assert (file.job.status, file.rows) == (JobStatus.COMPLETE, ROWS)


class OwnServer(ABC):
    """A server of its own, on a small disk, that may be ended and started."""

    @property
    @abstractmethod
    def server(self) -> Server:
        """As long as it runs."""

    @property
    @abstractmethod
    def disk(self) -> Path:
        """A folder on its disk."""

    @abstractmethod
    def start(self) -> None:
        """On the data that is there."""

    @abstractmethod
    def kill(self) -> None:
        """By SIGKILL; returns when it is gone."""

    @abstractmethod
    def has_ended(self) -> bool:
        """Whether it does not run."""


@dataclass
class OwnMariaDB(OwnServer):
    local: Local
    port: int
    running: MySQL | None = None

    def start(self) -> None:
        small = ("--innodb-log-file-size=8M", "--innodb-buffer-pool-size=64M", "--innodb-use-native-aio=0")
        self.running = start_mysql(self.local, self.port, "p", "p", options=small)

    def kill(self) -> None:
        assert self.running is not None
        self.running.child.process.kill()
        self.running.child.process.wait()

    def has_ended(self) -> bool:
        return self.running is None or self.running.child.ended()

    @property
    def server(self) -> Server:
        assert self.running is not None
        return Server("mariadb", self.running.root_uri(""))

    @property
    def disk(self) -> Path:
        return self.local.root


@dataclass
class OwnMySQL9(OwnServer):
    port: int

    small = ("--innodb-redo-log-capacity=8M", "--innodb-buffer-pool-size=64M", "--innodb-use-native-aio=0")

    def begin(self) -> None:
        """With new data."""
        self.run("start", f"memory:{SMALL_MYSQL}", *self.small)

    def start(self) -> None:
        self.run("restart", *self.small)

    def kill(self) -> None:
        self.run("kill")

    def has_ended(self) -> bool:
        return not listens(self.port)

    def run(self, what: str, *options: str) -> str:
        script = str(REPOSITORY / "devtools" / "mysql9.sh")
        done = subprocess.run(
            [script, what, str(self.port), *options], check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout.strip()

    @property
    def server(self) -> Server:
        return Server("mysql9", f"mysql://root@127.0.0.1:{self.port}/")

    @property
    def disk(self) -> Path:
        return Path(self.run("where"))


@pytest.fixture(scope="module", params=wanted_servers())
def own_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OwnServer]:
    if os.geteuid() != 0:
        pytest.skip("a small disk can be mounted by root only")
    disk = tmp_path_factory.mktemp("small disk")
    if request.param == "mysql9":
        mysql9 = OwnMySQL9(free_port())
        mysql9.begin()
        try:
            yield mysql9
        finally:
            mysql9.run("stop")
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=192m", "tmpfs", str(disk)], check=True)
    local = Local(disk / "server")
    found = OwnMariaDB(local, local.remembered()["mysql_port"])
    found.start()
    try:
        yield found
    finally:
        if found.running is not None:
            found.running.child.stop(30)
        subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.fixture
def own(own_server: OwnServer, tmp_path: Path) -> Iterator[Flow]:
    with own_server.server.fresh_database() as uri:
        yield Flow.make(migrated(own_server.server, uri), tmp_path)


@pytest.mark.parametrize("statement", ["LOAD DATA", "UPDATE import_jobs", "COMMIT"])
def test_a_server_that_is_killed_in_the_middle_of_a_load_has_nothing_of_it_when_it_is_back(
    own_server: OwnServer, own: Flow, statement: str
) -> None:
    file = waiting(own)

    def kill_at(seen: Seen) -> None:
        if seen.number > 12 and seen.text.startswith(statement):
            own_server.kill()

    with through(own) as (proxy, context):
        proxy.cut_when(kill_at)
        with pytest.raises(DatabaseUnavailable):
            load_lane(context, file.lane)
    own_server.start()
    assert (file.job.status, file.rows) == (JobStatus.WAITING, 0)
    file.loads()
    assert_all_holds(own)


def test_a_disk_that_is_full_is_told_and_the_file_goes_on_when_there_is_room(
    own_server: OwnServer, own: Flow
) -> None:
    file = waiting(own, 60_000)
    ballast = own_server.disk / "ballast"
    with ballast.open("wb") as full:
        full.write(bytes(shutil.disk_usage(own_server.disk).free - (1 << 20)))
    with pytest.raises(TransientError):
        load_lane(own.context, file.lane)
    ballast.unlink()
    if own_server.has_ended():
        # A server that cannot write its own log ends; somebody starts it again.
        own_server.start()
    assert file.job.status in OPEN
    assert file.rows == 0
    eventually(file.is_alone)
    load_lane(own.context, file.lane)
    assert (file.job.status, file.rows) == (JobStatus.COMPLETE, 60_000)
    assert_all_holds(own)
