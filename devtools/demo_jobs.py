"""What became of a demo's files: waits for their jobs, shows them in a table, and compares them with what is expected."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import MySQLdb

from devtools.demo_data import Expected
from devtools.local import Local

_BATCHES = (
    "SELECT batch_id, finished_at IS NOT NULL FROM import_batches WHERE JSON_CONTAINS(names, JSON_QUOTE(%s))"
)
_JOBS = """
SELECT filename, table_name, status, total_rows, inserted, updated, unchanged, rejected, archive_url, worker
FROM import_jobs
WHERE batch_id = %s
ORDER BY slot
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
_COLUMNS = (
    "file",
    "table",
    "status",
    "rows",
    "inserted",
    "updated",
    "unchanged",
    "rejected",
    "archived",
    "host",
)
_NUMBERS = ("rows", "inserted", "updated", "unchanged", "rejected")
_FEW = 6

Row = dict[str, Any]


def wait_for_jobs(uri: str, names: Collection[str], local: Local, seconds: float) -> list[Row]:
    """Show how the jobs of what was dropped under those names go on, until all their batches are finished."""
    began = time.monotonic()
    shown = ""
    while True:
        rows, finished = _jobs(uri, names)
        states = _told(rows)
        if states != shown:
            print(f"  {time.monotonic() - began:4.0f} s  {states}", flush=True)
            shown = states
        if finished == len(names):
            return rows
        if time.monotonic() - began > seconds:
            raise SystemExit(
                f"not all was finished after {seconds:.0f} s; the runs in the UI and the logs in {local.logs} tell why"
            )
        time.sleep(0.5)


def _told(rows: Sequence[Row]) -> str:
    """Each file while they are few, else how many are how far."""
    if not rows:
        return "waiting until what was dropped has settled …"
    if len(rows) <= _FEW:
        return ", ".join(f"{Path(row['file']).name}: {_STATUSES[row['status']]}" for row in rows)
    states = [row["status"] for row in rows]
    return ", ".join(f"{states.count(status)} {_STATUSES[status]}" for status in sorted(set(states)))


def _jobs(uri: str, names: Collection[str]) -> tuple[list[Row], int]:
    """The jobs, and how many of the batches are finished."""
    parts = urlsplit(uri)
    connection = MySQLdb.connect(
        host=parts.hostname or "localhost",
        port=parts.port or 3306,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=parts.path.lstrip("/").split("?")[0],
        charset="utf8mb4",
    )
    rows: list[Row] = []
    finished = 0
    try:
        with connection.cursor() as cursor:
            for name in names:
                cursor.execute(_BATCHES, (name,))
                for batch_id, ended in cursor.fetchall():
                    finished += ended
                    cursor.execute(_JOBS, (batch_id,))
                    rows += [dict(zip(_COLUMNS, row, strict=True)) for row in cursor.fetchall()]
    finally:
        connection.close()
    return rows, finished


def print_table(rows: Sequence[Row], columns: Collection[str]) -> None:
    """The jobs, a line each."""
    shown = [name for name in _COLUMNS if name in columns]
    texts = [shown]
    for row in rows:
        row = {**row, "file": Path(row["file"]).name, "status": f"{row['status']} {_STATUSES[row['status']]}"}
        texts.append(["-" if row[name] is None else str(row[name]) for name in shown])
    widths = [max(len(line[column]) for line in texts) for column in range(len(shown))]
    print()
    for line in texts:
        cells = [
            cell.rjust(width) if name in _NUMBERS else cell.ljust(width)
            for name, cell, width in zip(shown, line, widths, strict=True)
        ]
        print("  ".join(cells).rstrip())


def differences(rows: Sequence[Row], expectations: Mapping[str, Expected]) -> list[str]:
    """What is not as it should be, in words."""
    found = {Path(row["file"]).name: row for row in rows}
    wrong = [f"there is no job for {name}" for name in expectations if name not in found]
    wrong += [f"there is a job for {name}" for name in found if name not in expectations]
    for name, expected in expectations.items():
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


def say_differences(wrong: Sequence[str], rows: Sequence[Row]) -> None:
    """Tell what is wrong, and whether nothing was new."""
    print()
    for line in wrong:
        print(f"NOT AS IT SHOULD BE: {line}")
    loaded = [row for row in rows if row["status"] == 9]
    if loaded and all(row["rows"] == row["unchanged"] + row["rejected"] for row in loaded):
        print("All rows were there already: nothing was changed.")
