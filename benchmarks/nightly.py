"""A night of exports without Airflow: every account, all formats, 28 days, in as many processes as the DAG has lanes.

`NIGHTLY_ACCOUNTS` (1,000) makes it smaller; the seconds are scaled up, and with them the start of the processes, so that
below some hundred accounts a night looks longer than it is.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from airflow.sdk import Connection

from benchmarks.memory import idle_mb, peak_mb
from devtools.account_data import fill
from devtools.account_people import AccountPlan
from devtools.local import REPOSITORY
from import_export.exports.runs import ExportState
from import_export.services.context import Context
from import_export.services.exporting import (
    ExportLane,
    Run,
    close_export,
    export_lane,
    plan_export,
)
from import_export.stores.database import Database
from import_export.stores.migrations import migrate, migrate_statistics
from tests.database.flow import Flow
from tests.servers import running_server

ACCOUNTS = 1000
PROCESSES = 2
LIMITS = {"nightly_1000_accounts_s": 600}
_NIGHT = Run(run_id="bench", nightly=True, at=datetime(2026, 6, 30, 19, tzinfo=UTC), form={})


def measure(folder: Path) -> dict[str, float]:
    """Seconds of a night of 1,000 accounts, and the most memory (MB) of a lane above its idle."""
    accounts = int(os.environ.get("NIGHTLY_ACCOUNTS", ACCOUNTS))
    folder.mkdir(parents=True)
    with running_server("mariadb", folder / "server") as server, server.fresh_database() as uri:
        context = context_at(uri, folder)
        migrate(context.database)
        migrate_statistics(context.database, context.statistics)
        # As a brand has them: a post a day or less, some competitors.
        fill(context.statistics, AccountPlan(accounts=accounts, days=90, media_per_account=60, competitors=5))
        began = time.perf_counter()
        lanes = plan_export(context, _NIGHT)
        workers = [_worker(uri, folder, lane) for lane in lanes]
        peaks = [_ended(worker) for worker in workers]
        line = close_export(context, lanes[0].export_id)
        seconds = time.perf_counter() - began
    if line.state is not ExportState.COMPLETE or line.progress.files != accounts * 9:
        raise RuntimeError(f"the night is {line.state}: {line.progress}")
    return {"nightly_1000_accounts_s": seconds * ACCOUNTS / accounts, "nightly_peak_mb": max(peaks)}


def context_at(uri: str, folder: Path) -> Context:
    """An installation with its folders below `folder`; its statistics are in the database beside that of `uri`."""
    database = Database(Connection.from_uri(uri, conn_id="import_export_mysql"))
    context = Flow.make(database, folder / "installation").context
    return replace(context, settings=replace(context.settings, export_lanes=PROCESSES))


def _worker(uri: str, folder: Path, lane: ExportLane) -> subprocess.Popen[str]:
    told = json.dumps({"uri": uri, "folder": str(folder), "export_id": lane.export_id, "lane": lane.lane})
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.nightly", told], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )


def _ended(worker: subprocess.Popen[str]) -> float:
    out, _ = worker.communicate()
    if worker.returncode:
        raise RuntimeError("a lane broke off")
    # Before it come the lines of the log.
    return float(out.splitlines()[-1])


def main() -> None:
    """One lane, in a process of its own; prints its peak of memory above idle."""
    told = json.loads(sys.argv[1])
    context = context_at(told["uri"], Path(told["folder"]))
    idle = idle_mb()
    export_lane(context, ExportLane(export_id=told["export_id"], lane=told["lane"], label="bench"))
    print(peak_mb() - idle)


if __name__ == "__main__":
    main()
