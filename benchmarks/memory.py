"""Loads one file and prints the seconds and the peak of memory above the idle process, in MB."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.installation import Installation


def main() -> None:
    """`python -m benchmarks.memory URI FOLDER FILE`."""
    uri, folder, file = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    installation = Installation.at(uri, folder)
    idle = _kilobytes("VmRSS")
    seconds = installation.load(file)
    print(seconds, (_kilobytes("VmHWM") - idle) / 1024)


def _kilobytes(field: str) -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith(field)).split()[1])


if __name__ == "__main__":
    main()
