"""The memory of a process; as a program it loads one file and prints the seconds and its peak above idle, in MB."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.installation import Installation


def main() -> None:
    """`python -m benchmarks.memory URI FOLDER FILE`."""
    uri, folder, file = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    installation = Installation.at(uri, folder)
    idle = idle_mb()
    seconds = installation.load(file)
    print(seconds, peak_mb() - idle)


def idle_mb() -> float:
    """What this process has in memory now; its peak counts from here."""
    Path("/proc/self/clear_refs").write_text("5")
    return _kilobytes("VmRSS") / 1024


def peak_mb() -> float:
    """The most that this process had in memory; what `getrusage` tells would be its parent's, if that was larger."""
    return _kilobytes("VmHWM") / 1024


def _kilobytes(field: str) -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith(field)).split()[1])


if __name__ == "__main__":
    main()
