"""The REST API and the pages in a real Airflow with 100,000 jobs, polled by 50 clients at once."""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from benchmarks.installation import connect
from devtools.local import REPOSITORY
from import_export.imports.jobs import JobStatus

JOBS = int(os.environ.get("BENCH_JOBS", "100000"))
CLIENTS, PROCESSES = 50, 2
SECONDS = int(os.environ.get("BENCH_SECONDS", "20"))
LOOKS = 20
"""How often each page is opened, one after another."""

_PAGES = (
    *("upload", "batches", "batch", "batch_of_1000", "missing_day", "missing_month", "tables", "audit"),
    *(
        "chart",
        "distributors",
        "by_distributor",
        "by_strange_distributor",
        "by_common_name",
        "by_rare_name",
        "by_no_name",
    ),
    *("by_table", "by_table_state", "by_state_in_work", "by_nobodys_state", "by_days", "page_200"),
)
LIMITS = {"api_errors": 0, "airflow_errors": 0} | {f"page_{name}_ms": 200 for name in _PAGES}

# With the usual pool of 15 connections Airflow 3.3's own API stands still for half a minute at a time when so many ask
# at once: it looks for revoked tokens on its event loop, and waits there for connections that others give back on it
# (https://github.com/apache/airflow/issues/66493).
_AIRFLOW = {"AIRFLOW__DATABASE__SQL_ALCHEMY_MAX_OVERFLOW": "60"}
_DAYS, _DISTRIBUTORS, _IN_WORK = 60, 300, 30
_TABLES = ("stocks", "sales", "customers")
_LARGEST, _OLD = 300, 12_345
"""The numbers of a batch of 1,000 files and of one with a name of its own."""
_RARE = "laporan_khusus_0815.csv"
_NOBODYS = JobStatus.PROCESSING_FAILED
_USUAL = (
    [JobStatus.COMPLETE] * 84 + [JobStatus.INVALID] * 7 + [JobStatus.FAILED] * 3 + [JobStatus.SKIPPED] * 6
)
_WORK = (JobStatus.UPLOADED, JobStatus.VALIDATING, JobStatus.WAITING)
_BEFORE = {
    JobStatus.COMPLETE: 3,
    JobStatus.FAILED: 3,
    JobStatus.INVALID: 4,
    JobStatus.VALIDATING: 1,
    JobStatus.WAITING: 5,
}
"""From which status a job came to its own."""
_BATCH = (
    "INSERT INTO import_batches (batch_id, source, run_id, mode, dist_id, names, warnings, refused, received_at, "
    "started_at, finished_at, created_by, run_asked_at) VALUES (%s, %s, %s, 'both', %s, %s, '[]', 0, %s, %s, %s, %s, %s)"
)
_JOB = (
    "INSERT INTO import_jobs (batch_id, slot, filename, stored_name, size, sha256, table_name, status, previous_status, "
    "message, total_rows, inserted, unchanged, rejected, error_details, summary, notes, ignored_columns, attempts, worker, "
    "archive_state, archive_url, created_at, updated_at, finished_at) VALUES "
    "(%s, %s, %s, %s, %s, SHA2(UUID(), 256), %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 1, 'worker-1', %s, %s, "
    "%s, %s, %s)"
)
_EVENTS = (
    "INSERT INTO import_job_events (job_id, old_status, new_status, actor, reason, happened_at) "
    "SELECT id, {old}, {new}, CONCAT('import_batch/', batch_id), '{reason}', created_at FROM import_jobs WHERE {which}"
)
_HISTORY = (
    ("NULL", "1", "registered", "status <> 0"),
    ("1", "4", "quick validation", "status NOT IN (0, 1)"),
    ("4", "5", "valid", "status NOT IN (0, 1, 4, 6)"),
    ("5", "3", "load", "status NOT IN (0, 1, 4, 6)"),
    ("previous_status", "status", "done", "status IN (2, 6, 9)"),
)


def measure(local: Path) -> dict[str, float]:
    """All figures; on a stack of its own in the folder `local`, which is removed again."""
    environment = {**os.environ, "IMPORT_EXPORT_LOCAL": str(local), **_AIRFLOW}
    command = [sys.executable, "-m", "devtools.stack"]
    subprocess.run([*command, "up"], cwd=REPOSITORY, env=environment, check=True)
    try:
        return measure_running(json.loads((local / "run.json").read_text()))
    finally:
        subprocess.run([*command, "clean"], cwd=REPOSITORY, env=environment, check=True)


def measure_running(facts: dict[str, str]) -> dict[str, float]:
    """All figures of a stack that runs; fills its database unless that was done."""
    with closing(connect(facts["mysql_uri"])) as connection:
        _fill(connection)
        recent = _recent(connection)
        pages = _pages(connection, recent)
    token = _logged_in(facts)
    ours = f"{facts['url']}/import-export"
    mix = [
        [f"{ours}/api/jobs?limit=50", f"{ours}/api/jobs/{batch_id}", f"{ours}/batches", f"{ours}/api/counts"]
        for batch_id in recent
    ]
    _poll(mix, token, 3)  # what is made when it is first needed is made now
    api = _poll(mix, token, SECONDS)
    airflow = _poll([[f"{facts['url']}/api/v2/dags"]], token, SECONDS)
    return {
        **_figures("api", api),
        **_figures("airflow", airflow),
        "api_vs_airflow_p95": api.percentile(95) / airflow.percentile(95),
        "api_vs_airflow_rps": api.per_second / airflow.per_second,
        **_first_paint(ours, pages, token),
    }


@dataclass(frozen=True)
class Polled:
    """What some clients saw: the milliseconds of each answer, and how many were none."""

    took: list[float] = field(default_factory=list)
    errors: int = 0
    seconds: float = 1

    def percentile(self, percent: int) -> float:
        return statistics.quantiles(self.took, n=100)[percent - 1]

    @property
    def per_second(self) -> float:
        return len(self.took) / self.seconds


def _figures(whose: str, polled: Polled) -> dict[str, float]:
    return {
        f"{whose}_p50_ms": polled.percentile(50),
        f"{whose}_p95_ms": polled.percentile(95),
        f"{whose}_rps": polled.per_second,
        f"{whose}_errors": polled.errors,
    }


def _first_paint(url: str, pages: dict[str, str], token: str) -> dict[str, float]:
    """Median and longest time of each page, one request after another, until the whole answer is there."""
    found: dict[str, float] = {}
    headers = {"authorization": f"Bearer {token}", "accept": "text/html"}
    with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=60) as client:
        for name, path in pages.items():
            took = []
            for _ in range(LOOKS):
                began = time.perf_counter()
                answer = client.get(path)
                took.append((time.perf_counter() - began) * 1000)
                assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
            found[f"page_{name}_ms"] = statistics.median(took)
            found[f"page_{name}_max_ms"] = max(took)
    return found


def _pages(connection: Any, recent: Sequence[str]) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT received_at, batch_id FROM import_batches ORDER BY received_at DESC, batch_id DESC LIMIT 1 OFFSET %s",
            (min(199 * 50, JOBS // 8),),
        )
        at, batch_id = cursor.fetchone()
        cursor.execute("SELECT batch_id FROM import_jobs GROUP BY batch_id ORDER BY COUNT(*) DESC LIMIT 1")
        [(largest,)] = cursor.fetchall()
    month = datetime.now(UTC).date() - timedelta(days=30)
    found = {
        "upload": "/upload",
        "batches": "/batches",
        "batch": f"/batches/{recent[-1]}",
        "batch_of_1000": f"/batches/{largest}",
        "missing_day": f"/missing?day={month}",
        "missing_month": f"/missing?by=month&day={month}",
        "tables": "/tables",
        "audit": "/audit",
        "chart": "/batches/chart",
        "distributors": "/batches/distributors",
        "by_distributor": "/batches?distributor=0112",
        "by_strange_distributor": "/batches?distributor=9999",
        "by_common_name": "/batches?name=sales",
        "by_rare_name": f"/batches?name={_RARE[8:]}",
        "by_no_name": "/batches?name=nobody_sent_this",
        "by_table": "/batches?table=sales",
        "by_table_state": "/batches?table=customers&state=failed",
        "by_state_in_work": "/batches?state=working",
        "by_nobodys_state": f"/api/jobs?status={_NOBODYS.value}",
        "by_days": f"/batches?first={month}&last={month}",
        "page_200": f"/batches?cursor={at.isoformat()}~{batch_id}",
    }
    assert tuple(found) == _PAGES
    return found


def _logged_in(facts: dict[str, str]) -> str:
    login = {"username": facts["username"], "password": facts["password"]}
    answer = httpx.post(f"{facts['url']}/auth/token", json=login, trust_env=False, timeout=60)
    token: str = answer.raise_for_status().json()["access_token"]
    return token


def _poll(mix: list[list[str]], token: str, seconds: float) -> Polled:
    """All clients, in processes of their own, so that it is not they who are measured."""
    asked = json.dumps({"mix": mix, "token": token, "seconds": seconds, "clients": CLIENTS // PROCESSES})
    command = [sys.executable, "-m", "benchmarks.api"]
    running = [
        subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    for each in running:
        assert each.stdin is not None
        each.stdin.write(asked)
        each.stdin.close()
    took, errors = [], 0
    for each in running:
        assert each.stdout is not None
        told = each.stdout.read()
        assert each.wait() == 0, told
        took += json.loads(told)["took"]
        errors += json.loads(told)["errors"]
    return Polled(took, errors, seconds)


async def _clients(asked: dict[str, Any]) -> Polled:
    limits = httpx.Limits(max_connections=asked["clients"], max_keepalive_connections=asked["clients"])
    headers = {"authorization": f"Bearer {asked['token']}"}
    ends = time.perf_counter() + asked["seconds"]
    async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=60, limits=limits) as client:
        found = await asyncio.gather(
            *(_client(client, asked["mix"], number, ends) for number in range(asked["clients"]))
        )
    return Polled([each for took, _ in found for each in took], sum(errors for _, errors in found))


async def _client(
    client: httpx.AsyncClient, mix: list[list[str]], number: int, ends: float
) -> tuple[list[float], int]:
    """One page that is left open: asks for one thing after another, without a pause."""
    took: list[float] = []
    errors = 0
    while (began := time.perf_counter()) < ends:
        urls = mix[number % len(mix)]
        try:
            answer = await client.get(urls[number % len(urls)])
            if answer.status_code != 200:
                errors += 1
        except httpx.HTTPError:
            errors += 1
        took.append((time.perf_counter() - began) * 1000)
        number += 1
    return took, errors


def _recent(connection: Any) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT batch_id FROM import_batches ORDER BY received_at DESC LIMIT 203")
        return [batch_id for (batch_id,) in cursor.fetchall()]


def _fill(connection: Any) -> None:
    """Two months of 300 distributors, directly: an import of that much would take an hour."""
    chance = random.Random(5)
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM import_jobs")
        if cursor.fetchone()[0] >= JOBS:
            return
        cursor.execute("SET foreign_key_checks = 0, unique_checks = 0")
        batches, jobs = [], []
        now = datetime.now(UTC).replace(tzinfo=None)
        number = 0
        while len(jobs) < JOBS:
            at = now - timedelta(days=_DAYS) * (len(jobs) / JOBS)
            batch, files = _batch(number, at, chance)
            batches.append(batch)
            jobs += files
            number += 1
        for begin in range(0, len(batches), 1000):
            cursor.executemany(_BATCH, batches[begin : begin + 1000])
        # As they came: the oldest has the lowest number.
        jobs.reverse()
        for begin in range(0, len(jobs), 1000):
            cursor.executemany(_JOB, jobs[begin : begin + 1000])
        for old, new, reason, which in _HISTORY:
            cursor.execute(_EVENTS.format(old=old, new=new, reason=reason, which=which))
        cursor.executemany(
            "INSERT INTO expected_files (dist_id, table_name, frequency, days) VALUES (%s, %s, %s, '')",
            [(f"{dist:04d}", table, "daily") for dist in range(1, _DISTRIBUTORS + 1) for table in _TABLES],
        )
        config = json.dumps(
            {"columns": [{"name": f"column_{each}", "type": "str(50)"} for each in range(20)]}
        )
        cursor.executemany(
            "INSERT INTO audit_log (happened_at, actor, action, subject, old_value, new_value) "
            "VALUES (%s, 'admin', 'table changed', %s, %s, %s)",
            [(now, chance.choice(_TABLES), config, config) for _ in range(5000)],
        )
        cursor.execute("SET foreign_key_checks = 1, unique_checks = 1")
        connection.commit()
        cursor.execute(
            "ANALYZE TABLE import_batches, import_jobs, import_job_events, audit_log, expected_files"
        )
        cursor.fetchall()
    connection.commit()


def _batch(number: int, at: datetime, chance: random.Random) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
    """A batch and its files, 1–7 of them, in one batch 1,000."""
    batch_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    dist_id = f"{chance.randrange(_DISTRIBUTORS) + 1:04d}" if chance.random() < 0.98 else None
    in_work = number < _IN_WORK
    ends = None if in_work else at + timedelta(seconds=40)
    files = [
        _job(batch_id, each, at, chance, chance.choice(_WORK if in_work else _USUAL), number == _OLD)
        for each in range(1000 if number == _LARGEST else chance.randrange(1, 8))
    ]
    source = "upload" if chance.random() < 0.3 else "drop_folder"
    names = json.dumps([files[0][2]] if len(files) == 1 else [f"{dist_id}_{at:%Y%m%d}.zip"])
    by = "admin" if source == "upload" else None
    return (batch_id, source, batch_id, dist_id, names, at, at, ends, by, at), files


def _job(
    batch_id: str, number: int, at: datetime, chance: random.Random, status: JobStatus, rare: bool
) -> tuple[Any, ...]:
    table = chance.choice(_TABLES)
    skipped, loaded = status is JobStatus.SKIPPED, status is JobStatus.COMPLETE
    rows = 0 if skipped else chance.randrange(100, 20_000)
    rejected = chance.randrange(1, 40) if loaded and chance.random() < 0.2 else 0
    name = table if skipped else _RARE if rare and number == 0 else f"{table}_{at:%Y%m%d}_{number}.csv"
    good = rows - rejected if loaded else 0
    return (
        *(batch_id, f"table:{table}{number}" if skipped else f"file:{number}", name),
        *(None if skipped else f"{number}.csv", rows * 150, table, status.value, _BEFORE.get(status)),
        _told(status),
        *(rows, good // 2, good - good // 2, rejected),
        json.dumps([_reject(line, chance) for line in range(rejected)]),
        json.dumps(_summary(good, at.date())) if loaded else None,
        json.dumps(
            [{"code": "TITLE_LINES", "params": {"first": 1, "last": 2}}, *_NOTES[: chance.randrange(3)]]
        ),
        json.dumps(["CATATAN", "KODE AREA"] if chance.random() < 0.3 else []),
        "done" if loaded else "none",
        f"file:///srv/archive/{batch_id}/{number}.csv" if loaded else None,
        *(at, at + timedelta(seconds=30), None if status in _WORK else at + timedelta(seconds=30)),
    )


_NOTES: Sequence[dict[str, Any]] = (
    {"code": "COLUMNS_IGNORED", "params": {"columns": "CATATAN, KODE AREA"}},
    {"code": "TRAILING_DELIMITERS", "params": {}},
)


def _told(status: JobStatus) -> str | None:
    if status is JobStatus.INVALID:
        params = {
            "columns": "dono, kode_outlet",
            "unknown": ["No. DO", "Toko"],
            "suggested": {"No. DO": "dono"},
        }
        return json.dumps({"code": "MANDATORY_MISSING", "params": params})
    if status is JobStatus.FAILED:
        return json.dumps({"code": "NO_VALID_ROWS", "params": {}})
    return None


def _reject(line: int, chance: random.Random) -> dict[str, Any]:
    value = f"lima {chance.randrange(1000)}"
    return {
        "line": line * 7 + 2,
        "header": "QTY_PCS",
        "column": "qty_pcs",
        "value": value,
        "code": "NOT_AN_INTEGER",
        "params": {"column": "qty_pcs", "value": value},
    }


def _summary(rows: int, day: date) -> dict[str, Any]:
    days = {"date_from": day.replace(day=1).isoformat(), "date_to": day.isoformat()}
    return {"rows": rows, **days, "amount": f"{rows * 125_000}.00", "export_from": None, "export_to": None}


def main() -> None:
    """Be some of the clients: what to ask for comes by standard input, so that the token is in no list of processes."""
    polled = asyncio.run(_clients(json.load(sys.stdin)))
    print(json.dumps({"took": polled.took, "errors": polled.errors}))


if __name__ == "__main__":
    main()
