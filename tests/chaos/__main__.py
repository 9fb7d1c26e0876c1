"""`make chaos N=50 FILES=50 SEED=7`: files are sent while everything is struck N times; tells whether all was kept.

SERVER=mysql9 takes MySQL 9. BROKEN=transactions takes out what keeps rows together; violations are to be found then.
BROKEN=locks takes out the row locks; unique keys hide most of what follows. The report is `build/chaos.json`.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from statistics import median
from typing import Any

from devtools.local import REPOSITORY
from import_export.errors import ImportExportError
from tests.chaos.house import QUICK, House, new_house
from tests.chaos.judging import Judge
from tests.chaos.sending import Sender
from tests.chaos.strikes import Strikes

REPORT = REPOSITORY / "build" / "chaos.json"
_LOOK = 0.1
_OPEN = (8, 32)
"""Sendings that are on their way at once: the fewest, and the most."""
_RECOVER = 20.0
_STALLED = 60.0
"""A worker that was killed while it held the executor's queue keeps all others from it; its scheduler must be started again."""
_LAST = 900.0
"""So long it may take until all is at its end when nothing strikes any more."""


def main() -> None:
    """Strike, wait for the end, judge, tell."""
    kills, files = int(os.environ.get("N") or 50), int(os.environ.get("FILES") or 50)
    seed = int(os.environ.get("SEED") or random.randrange(1_000_000))
    broken, server = os.environ.get("BROKEN") or "", os.environ.get("SERVER") or ""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    running = new_house(QUICK, broken, server)
    try:
        running.start()
        report = {"seed": seed, "broken": broken, **_play(Game(running, seed), kills, files)}
    finally:
        running.stop()
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))
    if report["violations"]:
        sys.exit(
            f"{len(report['violations'])} violations; what is left to look at is in {running.local.root}"
        )


class Game:
    """The house, who sends, who strikes, who judges; each draws from the seed on its own."""

    def __init__(self, running: House, seed: int) -> None:
        self.house = running
        self.sender = Sender(random.Random(f"{seed} files"), running.drop_folder)
        self.strikes = Strikes(running, random.Random(f"{seed} strikes"))
        self.judge = Judge(running)
        self.moved = time.monotonic()
        self.went_on: list[float] = []
        self._waiting: list[float] = []
        self._progress = (0, 0, 0)
        self._recovered = time.monotonic()
        self._told = 0.0

    def look(self) -> int:
        """Keep everything going; gives how many sendings are on their way."""
        now = time.monotonic()
        self.house.restart_dead()
        with suppress(ImportExportError):
            progress = self.judge.progress()
            if progress[1:] != self._progress[1:]:
                self.went_on += [now - at for at in self._waiting if at < now]
                self._waiting.clear()
            if progress != self._progress:
                self._progress, self.moved = progress, now
        if now - self._recovered > _RECOVER:
            self.judge.recover()
            self._recovered = time.monotonic()
        if now - self.moved > _STALLED:
            self.strikes.done["scheduler started again"] += 1
            self.house.kill("airflow-scheduler")
            self.moved = now
        self._waiting += self.strikes.mysql_back
        self.strikes.mysql_back.clear()
        if now - self._told > 30:
            self._told = now
            print(
                f"{datetime.now(UTC):%H:%M:%S} {self.strikes.kills} kills, {self.sender.files} files sent, "
                f"{self._progress[0]} of {len(self.sender.sent)} sendings at their end",
                flush=True,
            )
        return len(self.sender.sent) - self._progress[0]


def _play(game: Game, kills: int, files: int) -> dict[str, Any]:
    began = time.monotonic()
    fewest, most = _OPEN
    at_once = min(most, max(fewest, files // 10))
    while game.strikes.kills < kills or game.sender.files < files or game.sender.later:
        if game.look() < at_once:
            game.sender.send()
        game.strikes.look()
        time.sleep(_LOOK)  # between two looks at the processes, which nothing tells of
    game.strikes.end()
    quiet = time.monotonic()
    while game.look() > 0:
        if time.monotonic() - quiet > _LAST:
            break
        time.sleep(_LOOK)
    recovered = time.monotonic() - quiet
    game.judge.tidy()
    files_of = [file for sending in game.sender.sent if not sending.is_again for file in sending.files]
    return {
        "server": game.judge.server(),
        "kills": game.strikes.kills,
        "strikes": dict(sorted(game.strikes.done.items())),
        "deaths_of_components": game.house.deaths,
        "sendings": len(game.sender.sent),
        "files": game.sender.files,
        "files_sent_again": game.sender.files - len(files_of),
        "rows_expected": sum(file.rows for file in files_of),
        "rows_found": game.judge.rows(),
        "violations": list(game.judge.faults(game.sender.sent)),
        "seconds": round(quiet - began),
        "seconds_to_recover": round(recovered, 1),
        "seconds_until_mysql_was_used_again": {
            "times": len(game.went_on),
            "median": round(median(game.went_on), 1) if game.went_on else None,
            "longest": round(max(game.went_on), 1) if game.went_on else None,
        },
    }


if __name__ == "__main__":
    main()
