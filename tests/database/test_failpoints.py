"""Each failpoint with each action: after the retry all invariants hold, and everything is there exactly once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from devtools.account_data import AccountPlan, fill
from import_export.failpoints import POINTS
from import_export.services.receiving import extract_batch
from import_export.services.validating import validate_lane
from import_export.stores.database import Database
from tests.database.flow import eventually
from tests.database.striking import (
    Autocommitting,
    Case,
    Forks,
    Impatient,
    Striking,
    Unlocked,
    frozen,
    installation,
    path_of,
    quietly,
    struck,
    woken,
)
from tests.migrated import migrated, migrated_statistics
from tests.s3_stand_in import Store, new_store


@dataclass
class Installations:
    """One for many cases; when a case failed, the next one gets another."""

    server: Any
    folder: Path
    store: Store | None = None

    def __post_init__(self) -> None:
        self._numbers = count(1)
        self._current: Any = None
        self._striking: Striking | None = None

    @property
    def others(self) -> dict[str, Any]:
        """Settings that are different."""
        return {"drop_folder": self.store.uri("drop")} if self.store else {}

    def striking(self) -> Striking:
        if self._striking is None:
            self.close()
            self._current = self.server.fresh_database()
            database = migrated(self.server, self._current.__enter__())
            fill(migrated_statistics(self.server, database), AccountPlan(1, 20, 5, 0))
            made = installation(database, self.folder / str(next(self._numbers)), **self.others)
            self._striking = Striking(made, self.store)
        return self._striking

    def case(self, path: str) -> Case:
        return Case(next(self._numbers), path)

    def renew(self) -> None:
        self._striking = None

    def keep(self, striking: Striking) -> None:
        self._striking = striking

    def close(self) -> None:
        if self._current is not None:
            self._current.__exit__(None, None, None)
            self._current = None


def ended(process: Any, striking: Striking) -> None:
    """Wait until a process is gone, and until the server has noticed: until then its locks are held."""
    process.join(60)
    eventually(striking.is_alone)


@pytest.fixture(scope="module")
def forks(pytestconfig: pytest.Config, s3_server: str) -> Iterator[Forks]:
    """`s3_server`: the connection to it is in the environment."""
    with pytest.MonkeyPatch.context() as environment:
        # Python does not hand its own on to the process that is forked from.
        environment.setenv("PYTHONPATH", f"{pytestconfig.rootpath}/plugins:{pytestconfig.rootpath}")
        yield Forks()


@pytest.fixture(scope="module")
def installations(server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installations]:
    found = Installations(server, tmp_path_factory.mktemp("struck"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def of_buckets(
    server: Any, s3_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installations]:
    """Those whose drop folder is a bucket's."""
    found = Installations(server, tmp_path_factory.mktemp("buckets"), new_store(s3_server))
    yield found
    found.close()


def is_connected(point: str) -> bool:
    """Whether the process uses a connection at the point; cutting none is no trouble."""
    return point.startswith(
        ("validate.", "load.", "stage.", "merge.", "claim.objects.", "export.write.")
    ) or (point.endswith(".commit.before"))


STRIKES = [
    pytest.param(path_of(point), f"{point}={action}", id=f"{point}-{action}")
    for point in POINTS
    for action in ("raise", "kill", "sleep", "drop")
    if action != "drop" or is_connected(point)
]
UNCONNECTED = [
    (
        path,
        ";".join(f"{point}=drop" for point in POINTS if path_of(point) == path and not is_connected(point)),
    )
    for path in sorted({path_of(point) for point in POINTS})
]


@pytest.mark.parametrize(("path", "strike"), STRIKES)
def test_whatever_happens_at_a_point_nothing_is_lost_and_nothing_doubled(
    forks: Forks, installations: Installations, of_buckets: Installations, path: str, strike: str
) -> None:
    where = of_buckets if path == "bucket" else installations
    if path == "bucket" and where.server.name != "mariadb" and "commit" not in strike:
        pytest.skip("what is done in the bucket itself is the same with every database")
    striking, case = where.striking(), where.case(path)
    where.renew()
    now = striking.later(case, timedelta())
    now.prepare(case)
    uri = striking.flow.context.database.connection.get_uri()
    process = forks.start(struck, uri, striking.flow.root, case, strike, **where.others)
    if strike.endswith("=sleep"):
        assert frozen(process)
        impatient = Impatient(striking.flow.context.database.connection)
        context = replace(now.flow.context, database=impatient)
        quietly(replace(now, flow=replace(now.flow, context=context)).follow, case)
        woken(process)
    ended(process, striking)
    if strike.endswith("=kill"):
        assert process.exitcode == -9, "the point was reached"
    now.follow(case)
    now.check(case)
    where.keep(striking)


@pytest.mark.parametrize(("path", "strikes"), UNCONNECTED, ids=[path for path, _ in UNCONNECTED])
def test_where_nothing_is_connected_a_broken_network_is_no_trouble(
    forks: Forks, installations: Installations, of_buckets: Installations, path: str, strikes: str
) -> None:
    where = of_buckets if path == "bucket" else installations
    striking, case = where.striking(), where.case(path)
    where.renew()
    now = striking.later(case, timedelta())
    now.prepare(case)
    uri = striking.flow.context.database.connection.get_uri()
    process = forks.start(struck, uri, striking.flow.root, case, strikes, **where.others)
    ended(process, striking)
    assert process.exitcode == 0
    now.follow(case)
    now.check(case)
    where.keep(striking)


@pytest.fixture
def waiting(installations: Installations) -> Iterator[tuple[Striking, Case]]:
    """An installation of its own, with a file that waits for its load, so large that its job is taken up before."""
    installations.renew()
    striking, case = installations.striking(), installations.case("large")
    now = striking.later(case, timedelta())
    now.prepare(case)
    for batch_id in now.flow.claim():
        for lane in extract_batch(now.flow.context, batch_id):
            validate_lane(now.flow.context, lane)
    yield now, case
    installations.renew()


@pytest.mark.parametrize(("kind", "found"), [(Database, False), (Unlocked, True)])
def test_without_the_job_lock_two_workers_at_once_are_found_out(
    forks: Forks, waiting: tuple[Striking, Case], kind: type[Database], found: bool
) -> None:
    striking, case = waiting
    connection = striking.flow.context.database.connection
    process = forks.start(
        struck, connection.get_uri(), striking.flow.root, case, "load.rows.before=sleep", kind, "load"
    )
    assert frozen(process)
    context = replace(striking.flow.context, database=kind(connection))
    quietly(Striking(replace(striking.flow, context=context)).load, case)
    woken(process)
    ended(process, striking)
    striking.follow(case)
    assert any(each.startswith("I2") for each in striking.told(case)) is found


@pytest.mark.parametrize(("kind", "found"), [(Database, False), (Autocommitting, True)])
def test_with_autocommit_a_killed_worker_is_found_out(
    forks: Forks, waiting: tuple[Striking, Case], kind: type[Database], found: bool
) -> None:
    striking, case = waiting
    uri = striking.flow.context.database.connection.get_uri()
    process = forks.start(struck, uri, striking.flow.root, case, "load.rows.after=kill", kind, "load")
    ended(process, striking)
    assert process.exitcode == -9
    striking.follow(case)
    assert any(each.startswith("I2") for each in striking.told(case)) is found
