"""What the worst of the hostile files costs, as user CPU time over that of a good file of as many bytes, read in the same way.

`BENCH_HOSTILE` names files of the corpus (`tests/hostile.py`), with commas; without it all of them are read.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from devtools.local import REPOSITORY
from tests.hostile import MOST

LIMITS = {"hostile_over_good": 8.0, "hostile_mb": 300.0}
"""Of a file of 10 MB: a good one takes a quarter of a second, and a hostile one may take two."""


def measure(folder: Path) -> dict[str, float]:
    """Each file that takes longer than it may over the good file, the worst of all, and the most memory in MB."""
    folder.mkdir(parents=True)
    wanted = os.environ.get("BENCH_HOSTILE", "")
    command = [sys.executable, "-m", "tests.hostile_runner", str(folder), str(MOST), wanted]
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": "plugins:."},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, dict[str, Any]] = {
        each["file"]: each for each in map(json.loads, done.stdout.splitlines())
    }
    good = found.pop("good.csv")
    a_byte = good["seconds"] / good["bytes"]
    # Of a small file, what is done once for each file would be all of the figure.
    ratios = {name: each["seconds"] / (a_byte * max(each["bytes"], MOST)) for name, each in found.items()}
    slow = {
        f"over_good_{name}": ratio for name, ratio in ratios.items() if ratio > LIMITS["hostile_over_good"]
    }
    return {
        "good_s": good["seconds"],
        **dict(sorted(slow.items(), key=lambda each: each[1])),
        "hostile_mb": max(each["megabytes"] for each in found.values()),
        "hostile_over_good": max(ratios.values()),
    }
