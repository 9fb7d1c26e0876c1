"""Reads hostile files in a process whose time and memory are limited and measured: `python -m tests.hostile_runner FILE…`.

A line of JSON for each file: the codes it is refused by, its good rows, seconds of processor time, and by how many MB the
process grew at most.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from import_export.imports.inspection import Inspection, Question, ZipInspection, inspect_file
from import_export.imports.table_config import table_from_config
from tests.hostile import TABLE

SECONDS = 60
"""Of processor time for one file, after which the process is ended: far more than a file may take, for slow machines."""
MEMORY = 6 << 30
"""Address space of the process, of which libraries reserve much without using it."""


def grown(since: int | None = None) -> int:
    """The process' most resident bytes so far, from `since` on; reset when nothing is given."""
    if since is None:
        Path("/proc/self/clear_refs").write_text("5")
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmHWM" if since is not None else "VmRSS"].split()[0]) * 1024 - (since or 0)


def spent() -> float:
    """Seconds of processor time of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measured(path: Path) -> dict[str, Any]:
    """What became of a file, and what that took."""
    question = Question(tables=[table_from_config(TABLE)], table_name="stocks", all_rows=True)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    before, began = grown(), spent()
    found = inspect_file(path, question)
    seconds, most = spent() - began, grown(before)
    signal.setitimer(signal.ITIMER_PROF, 0)
    files = found.files if isinstance(found, ZipInspection) else (found,)
    told = [found.refused] if isinstance(found, ZipInspection) else []
    told += [file.verdict.told for file in files]
    return {
        "file": path.name,
        "refused": [each.code.value for each in told if each is not None],
        "good": sum(_good(file) for file in files),
        "seconds": round(seconds, 2),
        "megabytes": round(most / (1 << 20)),
    }


def _good(file: Inspection) -> int:
    return file.result.good if file.result is not None and file.verdict.valid else 0


def main() -> None:
    """Read all files."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    # A first one, so that no file pays for what is made once.
    with tempfile.TemporaryDirectory() as folder:
        first = Path(folder) / "stocks.csv"
        first.write_bytes(b"SKU;Gudang;Stok PCS;Tanggal\nA1;W1;1;01/03/2026\n")
        measured(first)
    for name in sys.argv[1:]:
        print(json.dumps(measured(Path(name))), flush=True)


if __name__ == "__main__":
    main()
