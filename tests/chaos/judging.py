"""Ends what is still open, as the maintenance would in the days to come, and holds everything against what was sent."""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from import_export.airflow_tasks import setting
from import_export.errors import ImportExportError
from import_export.imports.jobs import ArchiveState, ImportJob, JobStatus
from import_export.services.assembly import assemble
from import_export.services.context import Context, utc_now
from import_export.services.invariants import violations
from import_export.services.leftovers import tidy_up
from import_export.services.maintenance import Life, Run
from import_export.services.recovering import recover
from import_export.services.retention import remove_old
from import_export.services.retrying import retry_archives
from tests.chaos.house import House
from tests.chaos.sending import COLUMNS, File, Sending

_STEP = timedelta(days=2)
"""So far ahead of the one before is the clock of each look of the maintenance: every wait is over then."""


class Judge:
    """Looks at the house from outside: as the maintenance, and as whoever sent the files."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.began = utc_now()
        self.rounds = 0
        self._token = ""

    @property
    def context(self) -> Context:
        """The installation as it is in the days to come."""
        ahead = timedelta(minutes=31) + self.rounds * _STEP
        context = assemble(setting, actor="chaos")
        return replace(context, clock=lambda: utc_now() + ahead)

    def recover(self) -> int:
        """What broke off gets its run: how many were started. The server may be away: then it is tried at the next look."""
        self.rounds += 1
        started = 0
        with suppress(ImportExportError, urllib.error.URLError, ConnectionError, TimeoutError):
            for run_id in recover(self.context, Run(run_id=f"chaos-{self.rounds}"), self._life_of).runs:
                self._call("POST", "", {"dag_run_id": run_id, "logical_date": None, "conf": {}})
                started += 1
        return started

    def tidy(self) -> None:
        """What the maintenance does for closed batches."""
        for _ in range(3):
            self.rounds += 1
            retry_archives(self.context, Run(run_id=f"archives-{self.rounds}"))
        tidy_up(self.context, Run(run_id="tidy"))
        # The work folder of a batch that waited for the archive stays for a day.
        remove_old(self.context, Run(run_id="old"))

    def progress(self) -> tuple[int, int, int]:
        """How many sendings are in closed batches, moves of jobs are written down, and jobs are loaded."""
        with assemble(setting, actor="chaos").database.session() as session:
            [(found,)] = session.rows(
                # What comes at once into a distributor's folder is one batch.
                "SELECT CONCAT_WS(' ',"
                " (SELECT COALESCE(SUM(JSON_LENGTH(names)), 0) FROM import_batches WHERE finished_at IS NOT NULL),"
                " (SELECT COUNT(*) FROM import_job_events),"
                " (SELECT COUNT(*) FROM import_jobs WHERE status = 9))"
            )
        closed, moves, loaded = (int(number) for number in found.split())
        return closed, moves, loaded

    def newest_batches(self) -> list[str]:
        """The last fifty."""
        with assemble(setting, actor="chaos").database.session() as session:
            found = session.rows("SELECT batch_id FROM import_batches ORDER BY received_at DESC LIMIT 50")
        return [batch_id for (batch_id,) in found]

    def faults(self, sent: Sequence[Sending]) -> Iterator[str]:
        """What is not as it must be: the invariants, and each thing that was sent."""
        yield from (each.told.text() for each in violations(self.context, self.began - timedelta(hours=1)))
        for name in ("drop_folder", "work_folder"):
            folder = getattr(self.context.settings, name)
            yield from (f"{path} is left" for path in folder.rglob("*") if path.is_file())
        jobs, rows = self._jobs(), self._rows_of_files()
        for sending in sent:
            yield from self._sending_faults(sending, jobs)
        for sending in sent:
            if not sending.is_again:
                times = sum(each.octets == sending.octets for each in sent)
                for file in sending.files:
                    yield from _file_faults(file, _jobs_of(file, jobs), times)
                    there = rows.get((file.table, file.prefix), 0)
                    if there != file.rows:
                        yield f"{file.name}: {there} rows are there, {file.rows} were sent"
        yield from self._archive_faults(jobs, [file for sending in sent for file in sending.files])

    def server(self) -> str:
        """What MySQL calls itself."""
        with self.context.database.session() as session:
            [(version,)] = session.rows("SELECT VERSION()")
        return str(version)

    def rows(self) -> int:
        """All rows of both tables."""
        return sum(self._rows_of_files().values())

    def _sending_faults(self, sending: Sending, jobs: Sequence[ImportJob]) -> Iterator[str]:
        mine = {
            job.batch_id for job in jobs if job.filename.partition("/")[0] == sending.name and job.stored_name
        }
        if len(mine) != 1:
            yield f"{sending.name}: is in {len(mine)} batches"
        settings = self.context.settings
        kept = [
            path
            for folder in (settings.done_folder, settings.failed_folder)
            for path in folder.glob(f"*/*/{sending.name}")  # type: ignore[union-attr]
            if path.parent.name in mine
        ]
        if [path.read_bytes() for path in kept] != [sending.octets]:
            yield f"{sending.name}: its original is kept {len(kept)} times, or is another one"

    def _archive_faults(self, jobs: Sequence[ImportJob], files: Sequence[File]) -> Iterator[str]:
        told = sorted(job.archive_file_id or "" for job in jobs if job.archive_state is ArchiveState.DONE)
        there = {file["id"]: file["md5Checksum"] for file in self.house.archived()}
        if told != sorted(there):
            yield f"{len(told)} files are told to be archived, {len(set(told))} different ones; Drive has {len(there)}"
        md5 = {_sha256(file): hashlib.md5(file.text.encode()).hexdigest() for file in files}
        for job in jobs:
            if job.archive_file_id in there and there[job.archive_file_id] != md5[job.sha256 or ""]:
                yield f"job {job.id}: other bytes are in the archive"

    def _jobs(self) -> list[ImportJob]:
        with self.context.database.session() as session:
            found = session.rows("SELECT batch_id FROM import_batches")
        with self.context.jobs() as jobs:
            return [job for (batch_id,) in found for job in jobs.jobs(batch_id)]

    def _rows_of_files(self) -> dict[tuple[str, str], int]:
        """How many rows there are, by table and by what their files' keys begin with."""
        found: dict[tuple[str, str], int] = {}
        with self.context.database.session() as session:
            for table, column in COLUMNS.items():
                begin = f"SUBSTRING_INDEX({column}, '-', 1)"
                for prefix, rows in session.rows(f"SELECT {begin}, COUNT(*) FROM {table} GROUP BY {begin}"):
                    found[table, prefix] = int(rows)
        return found

    def _life_of(self, dag_id: str, run_ids: Sequence[str]) -> Life:
        states = [self._call("GET", f"/{urllib.parse.quote(run_id, safe='')}") for run_id in run_ids]
        if any(state in ("queued", "running") for state in states):
            return Life.ALIVE
        return Life.ENDED if any(states) else Life.NONE

    def _call(self, method: str, path: str, body: Any = None) -> str | None:
        """The state of a run of `import_batch`, None when there is no such run."""
        address = f"{self.house.facts['url']}/api/v2/dags/import_batch/dagRuns{path}"
        octets = None if body is None else json.dumps(body).encode()
        for _ in range(2):
            headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
            request = urllib.request.Request(address, octets, headers, method=method)
            try:
                with _DIRECT.open(request, timeout=30) as answer:
                    return str(json.load(answer)["state"])
            except urllib.error.HTTPError as refused:
                if refused.code == 404:
                    return None
                if refused.code == 409:
                    return "queued"
                if refused.code not in (401, 403):
                    raise
                self._token = self.log_in()
        raise AssertionError("the login is refused")

    def log_in(self) -> str:
        """A fresh token."""
        login = json.dumps(
            {"username": self.house.facts["username"], "password": self.house.facts["password"]}
        )
        request = urllib.request.Request(
            f"{self.house.facts['url']}/auth/token", login.encode(), {"Content-Type": "application/json"}
        )
        with _DIRECT.open(request, timeout=30) as answer:
            return str(json.load(answer)["access_token"])


_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _file_faults(file: File, jobs: Sequence[ImportJob], times: int) -> Iterator[str]:
    if len(jobs) != times:
        yield f"{file.name}: was sent {times} times, and is {len(jobs)} jobs"
    for job in jobs:
        if job.status is not JobStatus.COMPLETE:
            yield f"{file.name}: job {job.id} is {job.status.value}"
        if job.archive_state is not ArchiveState.DONE:
            yield f"{file.name}: job {job.id} is not in the archive"
        if not job.counts.adds_up or job.counts.total != file.rows + file.rejected:
            yield f"{file.name}: job {job.id} tells {job.counts}"
    if sum(job.counts.inserted for job in jobs) != file.rows:
        yield f"{file.name}: {[job.counts for job in jobs]} of {file.rows} rows"


def _jobs_of(file: File, jobs: Sequence[ImportJob]) -> list[ImportJob]:
    digest = _sha256(file)
    return [job for job in jobs if job.stored_name and job.sha256 == digest]


def _sha256(file: File) -> str:
    return hashlib.sha256(file.text.encode()).hexdigest()
