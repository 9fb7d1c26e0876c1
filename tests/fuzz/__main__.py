"""`make fuzz MINUTES=2`: atheris feeds each target for so long; a crash is kept in tests/data/fuzz, where a test replays it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CASES = Path(__file__).parents[1] / "data" / "fuzz"


def fuzz(name: str, seconds: int, corpus: Path) -> None:
    """Feed one target in this process."""
    import atheris

    with atheris.instrument_imports(include=["import_export"]):
        from tests.fuzz.targets import TARGETS
    options = [
        f"-max_total_time={seconds}",
        "-max_len=65536",
        "-timeout=30",
        f"-artifact_prefix={CASES}/{name}-",
    ]
    atheris.Setup([sys.argv[0], *options, "-print_final_stats=1", str(corpus)], TARGETS[name])
    atheris.Fuzz()


def main() -> int:
    """Feed all targets, each in a process of its own; how many crashed."""
    if len(sys.argv) > 2:
        fuzz(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
    seconds = int(float(os.environ.get("MINUTES") or "1") * 60)
    crashed = 0
    for name in ("reader", "lines", "archive", "values", "distributors", "multipart"):
        corpus = Path("build", "fuzz", name)
        corpus.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "tests.fuzz", name, str(seconds), str(corpus)]
        crashed += subprocess.run(command, check=False).returncode != 0
    return crashed


if __name__ == "__main__":
    raise SystemExit(main())
