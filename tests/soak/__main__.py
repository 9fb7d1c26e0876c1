"""`make soak FILES=1000 USERS=50 ROUNDS=2`: in each round so many files of 1 MB are dropped at once while people click.

The report is `build/soak.json`: what was lost (nothing), how long pages took, and what memory each process has after each round.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from statistics import quantiles
from typing import Any

import psutil

from devtools.local import REPOSITORY
from tests.chaos.house import House, new_house
from tests.chaos.judging import Judge
from tests.chaos.sending import File, Sender, Sending, stocks
from tests.soak.people import People

REPORT = REPOSITORY / "build" / "soak.json"
_ROWS = 27_000
"""Of a file of 1 MB."""
_LOOK = 5.0
_STUCK = 1800.0
"""Without any step forward for so long, a round is over, and what is missing is told."""


def main() -> None:
    """Drop, watch, judge, tell."""
    files, users = int(os.environ.get("FILES") or 1000), int(os.environ.get("USERS") or 50)
    rounds = int(os.environ.get("ROUNDS") or 2)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    house = new_house({})
    try:
        house.start()
        report = _play(house, files, users, rounds)
    finally:
        house.stop()
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))
    if report["violations"] or report["pages"]["wrong"]:
        sys.exit("something was lost, or a page was not answered")


def _play(house: House, files: int, users: int, rounds: int) -> dict[str, Any]:
    judge, sender = Judge(house), Sender(random.Random("soak"), house.drop_folder)
    people = People(f"{house.facts['url']}/import-export", judge.log_in(), users, seed=1)
    seconds, memory = [], []
    with people:
        for number in range(rounds):
            began = time.monotonic()
            for sending in _files(number, files):
                sender.drop(sending)
            _watch(judge, people, len(sender.sent), began)
            seconds.append(round(time.monotonic() - began))
            memory.append(_memory(house))
    judge.tidy()
    return {
        "cores": os.cpu_count(),
        "rounds": rounds,
        "files": sender.files,
        "rows_expected": _ROWS * sender.files,
        "rows_found": judge.rows(),
        "violations": list(judge.faults(sender.sent)),
        "seconds": seconds,
        "users": users,
        "pages": {
            "opened": len(people.took),
            "wrong": people.wrong,
            **{f"p{percent}_ms": _percentile(people.took, percent) for percent in (50, 95, 99)},
        },
        "memory_mb": memory,
    }


def _files(number: int, count: int) -> Iterator[Sending]:
    for place in range(count):
        prefix = f"S{number}F{place:04d}"
        text = stocks(prefix, _ROWS)
        file = File(f"stocks_{prefix}.csv", "stocks", prefix, _ROWS, 0, text)
        yield Sending(file.name, f"01{place % 20:02d}", text.encode(), (file,))


def _watch(judge: Judge, people: People, wanted: int, began: float) -> None:
    """Until all that was sent is at its end, or nothing moves any more."""
    last, moved, told = (0, 0, 0), time.monotonic(), 0.0
    while last[0] < wanted and time.monotonic() - moved < _STUCK:
        time.sleep(_LOOK)  # between two looks at what other processes do
        found = judge.progress()
        if found != last:
            last, moved = found, time.monotonic()
        people.batches = judge.newest_batches()
        if time.monotonic() - told > 60:
            told = time.monotonic()
            took = f", p95 {_percentile(people.took, 95):.0f} ms" if len(people.took) > 1 else ""
            print(
                f"{datetime.now(UTC):%H:%M:%S} {told - began:.0f} s: {last[0]} of {wanted} files at their end, "
                f"{len(people.took)} pages{took}",
                flush=True,
            )


def _percentile(took: list[float], percent: int) -> float:
    return round(quantiles(took, n=100)[percent - 1] * 1000, 1)


def _memory(house: House) -> dict[str, float]:
    """Resident MB of each lasting process of each component, by its name and its place among its siblings."""
    found: dict[str, float] = {}
    for child in house.children:
        if child.name == "drive-stand-in":
            continue  # It keeps what it was sent, which is its purpose.
        with suppress(psutil.Error):
            parent = psutil.Process(child.process.pid)
            for place, process in enumerate([parent, *parent.children()]):
                found[f"{child.name} {place}"] = round(process.memory_info().rss / 1e6, 1)
    return found


if __name__ == "__main__":
    main()
