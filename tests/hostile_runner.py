"""Makes and reads hostile files, each in a process of its own, whose time and memory are limited and measured.

`python -m tests.hostile_runner FOLDER BYTES [NAMES]`: a line of JSON for each file, with its size, the codes it is refused
by, its good rows, seconds of processor time, and by how many MB the process was larger at most than when it was fresh. Of files
that are the same rows again and again no more than `BYTES` are read.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from import_export.imports.inspection import Inspection, Question, ZipInspection, inspect_file
from import_export.imports.table_config import table_from_config
from tests.hostile import CASES, GOOD, ROW, TABLE, Case, filled, sparse_header, sparse_line

SECONDS = 120
"""Of processor time for one file, after which the process is ended: far more than a file may take, for slow machines."""
MEMORY = 6 << 30
"""Address space of a process, of which libraries reserve much without using it."""
_AT_ONCE = 2

Make = Callable[[Path], object]


def resident() -> int:
    """Bytes that the process has in memory, without what allocators keep for later; its peak counts from here."""
    pa.default_memory_pool().release_unused()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def peak() -> int:
    """The most bytes that the process had in memory."""
    return _status("VmHWM")


def _status(field: str) -> int:
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields[field].split()[0]) * 1024


def spent() -> float:
    """Seconds that this process' own code took."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


def measured(path: Path, fresh: int) -> dict[str, Any]:
    """What became of a file, and what that took; `fresh`: bytes of the process before it read any."""
    question = Question(tables=[table_from_config(TABLE)], table_name="stocks", all_rows=True)
    resident()
    began = spent()
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    found = inspect_file(path, question)
    signal.setitimer(signal.ITIMER_PROF, 0)
    seconds, most = spent() - began, peak() - fresh
    files = found.files if isinstance(found, ZipInspection) else (found,)
    told = [found.refused] if isinstance(found, ZipInspection) else []
    told += [file.verdict.told for file in files]
    return {
        "file": path.name,
        "bytes": path.stat().st_size,
        "refused": [each.code.value for each in told if each is not None],
        "good": sum(_good(file) for file in files),
        "seconds": round(seconds, 2),
        "megabytes": round(most / (1 << 20)),
        "adds_up": all(map(_adds_up, files)),
    }


def _good(file: Inspection) -> int:
    return file.result.good if file.result is not None and file.verdict.valid else 0


def _adds_up(file: Inspection) -> bool:
    """Whether each data row is good, rejected or left out, and told so."""
    found = file.result
    return found is None or found.lines == found.good + found.rejected + found.skipped


def makers(most: int) -> dict[str, Make]:
    """How each file is made, by its name; of rows that repeat no more than so many bytes."""

    def maker(case: Case) -> Make:
        return lambda path: path.write_bytes(case.start(most))

    made = {case.name: maker(case) for case in CASES}
    good = filled(ROW)
    others: dict[str, Make] = {
        "good.csv": lambda path: path.write_bytes(good),
        "sparse_line.csv": sparse_line,
        "sparse_header.csv": sparse_header,
    }
    return made | others


def _read(folder: Path, name: str, make: Make) -> None:
    """Make and read a file, and print what was found; in a process of its own."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    # Another one first, so that this file does not pay for what is made once.
    first = folder / f"first_{os.getpid()}.csv"
    first.write_bytes(GOOD)
    measured(first, 0)
    fresh = resident()
    path = folder / name
    make(path)
    found = json.dumps(measured(path, fresh)) + "\n"
    os.write(sys.stdout.fileno(), found.encode())
    path.unlink()
    first.unlink()


def main() -> int:
    """Read all files; 1 when a process broke off."""
    folder = Path(sys.argv[1])
    wanted = set(sys.argv[3].split(",")) - {""} if len(sys.argv) > 3 else set()
    made = [
        (name, make)
        for name, make in makers(int(sys.argv[2])).items()
        if not wanted or name in wanted or name == "good.csv"
    ]
    ended = []
    for number, (name, make) in enumerate(made):
        if number >= _AT_ONCE:
            ended.append(os.wait()[1])
        # No thread of a library was started here: what is forked is whole.
        if not os.fork():
            code = 1
            try:
                _read(folder, name, make)
                code = 0
            except Exception:
                traceback.print_exc()
            finally:
                os._exit(code)
    ended += [os.wait()[1] for _ in range(min(_AT_ONCE, len(made)))]
    return 1 if any(ended) else 0


if __name__ == "__main__":
    sys.exit(main())
