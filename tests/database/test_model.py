"""Whatever people and accidents do, in whatever order: the table is what a plain dictionary says."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from import_export.errors import ImportExportError, NotUndoable
from import_export.failpoints import POINTS
from import_export.imports.jobs import ImportJob, JobStatus
from import_export.services.rerunning import rerun_job
from import_export.services.undoing import undo_job
from tests.database.flow import STOCKS_HEADER, eventually
from tests.database.striking import Case, Forks, Striking, installation, path_of, struck
from tests.migrated import migrated

EXAMPLES, STEPS = 6, 12
KILLS = [point for point in POINTS if path_of(point) == "import"]
ROWS = st.dictionaries(st.sampled_from("ABCD"), st.integers(0, 9), min_size=1, max_size=3)


@dataclass
class Place:
    """Where the machine's installations are."""

    server: Any
    folder: Path
    forks: Forks


class Imports(RuleBasedStateMachine):
    """People who send, replace, undo and try again; processes that are killed; and the maintenance."""

    place: Place
    numbers = count(1)

    @initialize()
    def begin(self) -> None:
        self._opened = self.place.server.fresh_database()
        database = migrated(self.place.server, self._opened.__enter__())
        number = next(self.numbers)
        self.striking = Striking(installation(database, self.place.folder / str(number)))
        self.sent: dict[str, dict[str, int] | None] = {}
        self.times: Counter[str] = Counter()
        self.folders = count(1)
        self.last = ("", b"")
        self.passed = 0

    def teardown(self) -> None:
        try:
            self.time_passes()
        finally:
            self._opened.__exit__(None, None, None)

    @property
    def now(self) -> Striking:
        """Time goes on with each step: what is tried again needs it."""
        self.passed += 1
        return self.striking.later(Case(self.passed, "import"), timedelta())

    def jobs(self) -> list[ImportJob]:
        with self.striking.flow.context.database.session() as session:
            ids = session.rows("SELECT batch_id FROM import_batches ORDER BY received_at, batch_id")
        return [job for (each,) in ids for job in self.striking.flow.jobs(each) if job.stored_name]

    def _send(self, folder: str, octets: bytes, rows: dict[str, int] | None) -> None:
        self.striking.flow.drop(f"{folder}/stocks.csv", octets)
        sha256 = hashlib.sha256(octets).hexdigest()
        self.sent[sha256] = rows
        self.times[sha256] += 1
        self.last = (folder, octets)

    @rule(rows=ROWS)
    def drop(self, rows: dict[str, int]) -> None:
        text = "".join(f"{sku};W1;{pieces};01/03/2026\n" for sku, pieces in rows.items())
        self._send(f"{next(self.folders):04d}", (STOCKS_HEADER + text).encode(), rows)

    @rule()
    def drop_something_that_is_refused(self) -> None:
        self._send(f"{next(self.folders):04d}", b"Gudang;Tanggal\nW1;01/03/2026\n", None)

    @precondition(lambda self: self.last[1])
    @rule()
    def send_twice(self) -> None:
        octets = self.last[1]
        self._send(f"{next(self.folders):04d}", octets, self.sent[hashlib.sha256(octets).hexdigest()])

    @precondition(lambda self: self.last[1])
    @rule(rows=ROWS)
    def replace_while_it_is_processed(self, rows: dict[str, int]) -> None:
        """The watcher has it, its run has not begun, and the sender writes another one of that name."""
        self.now.flow.claim()
        text = "".join(f"{sku};W1;{pieces};02/03/2026\n" for sku, pieces in rows.items())
        self._send(self.last[0], (STOCKS_HEADER + text).encode(), {f"{sku}'": rows[sku] for sku in rows})

    @rule()
    def run(self) -> None:
        case = Case(self.passed + 1, "import")
        self.now.attempt(case)

    @rule(point=st.sampled_from(KILLS))
    def kill(self, point: str) -> None:
        flow = self.striking.flow
        self.passed += 1
        uri = flow.context.database.connection.get_uri()
        process = self.place.forks.start(struck, uri, flow.root, Case(self.passed, "import"), f"{point}=kill")
        process.join(60)
        eventually(self.striking.is_alone)

    @rule(number=st.integers(0, 20))
    def undo(self, number: int) -> None:
        done = [job for job in self.jobs() if job.status is JobStatus.COMPLETE]
        if done:
            with suppress(NotUndoable):
                undo_job(self.now.flow.context, done[number % len(done)].id)

    @rule(number=st.integers(0, 20))
    def try_again(self, number: int) -> None:
        jobs = self.jobs()
        if jobs:
            now = self.now
            with suppress(ImportExportError):
                rerun_job(now.flow.context, jobs[number % len(jobs)].id, now.work_off)

    @rule()
    def time_passes(self) -> None:
        """The maintenance has done what it can, so everything is at its end: now it must be as the dictionary says."""
        case = Case(self.passed + 1, "import")
        now = self.now
        now.follow(case)
        self.passed += 1
        assert now.told(Case(0, "import")) == []
        jobs = self.jobs()
        assert Counter(job.sha256 for job in jobs) == self.times, "each file that was sent is one job"
        for job in jobs:
            wanted = JobStatus.INVALID if self.sent[job.sha256 or ""] is None else JobStatus.COMPLETE
            assert job.status is wanted
        assert self._table() == self._dictionary({job.id: job for job in jobs})

    def _table(self) -> dict[str, int]:
        with self.striking.flow.context.database.session() as session:
            rows = session.rows("SELECT sku, DAY(`date`), stock_pcs FROM stocks")
        return {sku if day == 1 else f"{sku}'": pieces for sku, day, pieces in rows}

    def _dictionary(self, jobs: dict[int, ImportJob]) -> dict[str, int]:
        """What was sent, in the order in which it came to its end; what was undone goes again."""
        with self.striking.flow.context.database.session() as session:
            ends = session.rows(
                "SELECT job_id, old_status FROM import_job_events WHERE new_status = 9 ORDER BY id"
            )
        table: dict[str, int] = {}
        brought: dict[int, set[str]] = {}
        for job_id, old in ends:
            rows = self.sent[jobs[job_id].sha256 or ""] or {}
            if old == JobStatus.COMPLETE:
                for key in brought[job_id]:
                    del table[key]
            else:
                brought[job_id] = rows.keys() - table.keys()
                table |= rows
        return table


@pytest.fixture
def place(server: Any, tmp_path: Path, pytestconfig: pytest.Config) -> Iterator[Place]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTHONPATH", f"{pytestconfig.rootpath}/plugins:{pytestconfig.rootpath}")
        yield Place(server, tmp_path, Forks())


def test_the_table_is_what_a_dictionary_says(place: Place) -> None:
    machine = type("ImportsHere", (Imports,), {"place": place})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
