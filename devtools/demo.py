"""The demo: drops a distributor's ZIP, waits, tells what became of each file, and fails unless all is as it should be.

Meanwhile the accounts' statistics are filled, once, so that there is something to export.
"""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import MySQLdb

from devtools.airflow_env import airflow_environment
from devtools.demo_data import DISTRIBUTOR, EXPECTED, make_zip
from devtools.local import REPOSITORY, Local
from devtools.processes import tail
from devtools.stack import tell, up

PATIENCE_SECONDS = 120

_JOBS = """
SELECT j.filename, j.table_name, j.status, j.total_rows, j.inserted, j.updated, j.unchanged, j.rejected,
    j.archive_url, b.finished_at
FROM import_jobs AS j
INNER JOIN import_batches AS b ON b.batch_id = j.batch_id
WHERE JSON_CONTAINS(b.names, JSON_QUOTE(%s))
ORDER BY j.slot
"""
_STATUSES = {
    0: "Skipped",
    1: "Uploaded",
    2: "Failed",
    3: "Waiting",
    4: "Validating",
    5: "Valid",
    6: "Invalid",
    8: "Processing failed",
    9: "Complete",
}
_COLUMNS = ("file", "table", "status", "rows", "inserted", "updated", "unchanged", "rejected", "archived")


def main() -> int:
    """Run the demo; 0 only when every job ended as it should."""
    local = Local.of_environment()
    began = time.monotonic()
    print("starting MariaDB or MySQL, PostgreSQL and Airflow …", flush=True)
    facts = up(local)
    print(f"ready after {time.monotonic() - began:.0f} s", flush=True)
    name = _drop(Path(facts["drop_folder"]))
    accounts = _fill_accounts(local, facts["mysql_uri"])
    try:
        rows = _wait(facts["mysql_uri"], name)
    except MySQLdb.OperationalError as fault:
        log = local.logs / "stack.log"
        raise SystemExit(
            f"the database does not answer any more ({fault}). The end of {log}:\n{tail(log)}"
        ) from fault
    _print_table(rows)
    wrong = _differences(rows)
    filled, _ = accounts.communicate()
    print(f"\n{filled.strip()}")
    if accounts.returncode:
        wrong.append("the accounts' statistics were not filled")
    else:
        print("Export them on the page Exports.")
    print()
    for line in wrong:
        print(f"NOT AS IT SHOULD BE: {line}")
    loaded = [row for row in rows if row["status"] == 9]
    if loaded and all(row["rows"] == row["unchanged"] + row["rejected"] for row in loaded):
        print("All rows were there already: nothing was changed.")
    print(f"{'FAILED' if wrong else 'Done'} after {time.monotonic() - began:.0f} s.\n")
    tell(facts)
    print(f"reports      {local.root / 'done'}\n\n`make stop` ends it; until then, drop files of your own.")
    return 1 if wrong else 0


def _drop(folder: Path) -> str:
    """Put the ZIP into the distributor's folder, under another name until it is whole; gives its name."""
    target = folder / DISTRIBUTOR / f"kiriman_{datetime.now():%Y%m%d_%H%M%S_%f}.zip"  # noqa: DTZ005 - a name
    target.parent.mkdir(exist_ok=True)
    part = target.with_name(target.name + ".part")
    part.write_bytes(make_zip())
    part.rename(target)
    print(f"dropped {target}", flush=True)
    return target.name


def _fill_accounts(local: Local, mysql_uri: str) -> subprocess.Popen[str]:
    """Fill the accounts' statistics in a process of its own: it needs Airflow's settings, which take a second to load."""
    environment = airflow_environment(local, local.remembered(), mysql_uri)
    return subprocess.Popen(
        [sys.executable, "-m", "devtools.account_data"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=REPOSITORY,
        env={**local.environment, **environment, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'plugins'}"},
    )


def _wait(uri: str, name: str) -> list[dict[str, Any]]:
    """Show how the jobs go on until the batch is finished."""
    began = time.monotonic()
    shown = ""
    while True:
        rows, finished = _jobs(uri, name)
        states = ", ".join(f"{Path(row['file']).name}: {_STATUSES[row['status']]}" for row in rows)
        states = states or "waiting until the file has settled …"
        if states != shown:
            print(f"  {time.monotonic() - began:4.0f} s  {states}", flush=True)
            shown = states
        if finished:
            return rows
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise SystemExit(
                f"the batch was not finished after {PATIENCE_SECONDS} s; the runs in the UI and the logs in "
                f"{Local.of_environment().logs} tell why"
            )
        time.sleep(0.5)


def _jobs(uri: str, name: str) -> tuple[list[dict[str, Any]], bool]:
    parts = urlsplit(uri)
    connection = MySQLdb.connect(
        host=parts.hostname or "localhost",
        port=parts.port or 3306,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=parts.path.lstrip("/").split("?")[0],
        charset="utf8mb4",
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute(_JOBS, (name,))
            found = cursor.fetchall()
    finally:
        connection.close()
    rows = [dict(zip(_COLUMNS, row[:-1], strict=True)) for row in found]
    return rows, bool(found) and found[0][-1] is not None


def _print_table(rows: list[dict[str, Any]]) -> None:
    texts = [_COLUMNS]
    for row in rows:
        row = {**row, "file": Path(row["file"]).name, "status": f"{row['status']} {_STATUSES[row['status']]}"}
        texts.append(tuple("-" if row[name] is None else str(row[name]) for name in _COLUMNS))
    widths = [max(len(line[column]) for line in texts) for column in range(len(_COLUMNS))]
    print()
    for line in texts:
        cells = [
            cell.rjust(width) if 3 <= column <= 7 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())


def _differences(rows: list[dict[str, Any]]) -> list[str]:
    found = {Path(row["file"]).name: row for row in rows}
    wrong = [f"there is no job for {name}" for name in EXPECTED if name not in found]
    wrong += [f"there is a job for {name}" for name in found if name not in EXPECTED]
    for name, expected in EXPECTED.items():
        row = found.get(name)
        if row is None:
            continue
        facts = (row["table"], row["status"], row["rows"], row["rejected"])
        if facts != (expected.table, expected.status, expected.rows, expected.rejected):
            wrong.append(f"{name}: {facts} instead of {expected}")
        if row["status"] == 9:
            stored = row["inserted"] + row["updated"] + row["unchanged"]
            if stored + row["rejected"] != row["rows"]:
                wrong.append(f"{name}: the counts do not add up")
            if not row["archived"]:
                wrong.append(f"{name}: it was not archived")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
