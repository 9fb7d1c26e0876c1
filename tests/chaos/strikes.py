"""What strikes the house: processes are killed and frozen, connections cut, Drive refuses; when and what is drawn from a seed."""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psutil

from devtools.local import MARK
from tests.chaos.house import LOGS, MYSQL, House
from tests.cutting_proxy import Cut, Seen

_RUNNER = re.compile(r"airflow worker -- [0-9a-f]{8}-")
"""The process in which a task's code runs; its parent is the executor's worker, which watches over it."""
_WORKER = re.compile(r"airflow worker -- LocalExecutor")
_SHARE = 0.6
"""So many attempts at a task are struck: each is tried until it comes through, a dozen times at most."""
_WITHIN = 3.0
_FROZEN = (0.2, 25.0)
_PAUSE = (4.0, 16.0)
_FAULTS = (
    {"match": "POST /upload", "action": "lost"},
    {"match": "POST /upload", "action": "reset"},
    {"match": "POST /upload", "action": "status", "status": 503},
    {"match": "POST /upload", "action": "status", "status": 403, "reason": "userRateLimitExceeded"},
    {"match": "POST /upload", "action": "wrong_md5"},
    {"match": "PUT /session", "action": "lost"},
    {"match": "(GET|POST) /drive", "action": "status", "status": 500},
    {"match": "POST /token", "action": "status", "status": 503},
    {"match": ".", "action": "expire"},
)


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """Something that will happen."""

    at: float
    number: int
    what: str
    do: Callable[[], bool] = field(compare=False)
    """Gives whether it met somebody."""


@dataclass
class Strikes:
    """Draws what happens next, and lets it happen when its time has come."""

    house: House
    chance: random.Random
    done: Counter[str] = field(default_factory=Counter)
    mysql_back: list[float] = field(default_factory=list)
    """When MySQL was there again after it had been killed."""
    _due: list[Due] = field(default_factory=list)
    _known: set[int] = field(default_factory=set)
    _drawn: int = 0
    _next: float = 0.0

    @property
    def kills(self) -> int:
        """Processes that were killed or frozen."""
        return sum(count for what, count in self.done.items() if what.startswith(("kill", "freeze")))

    def look(self) -> None:
        """Give new attempts their fates, draw what else happens, and do what is due."""
        now = time.monotonic()
        runners = self._runners()
        for pid in sorted(runners - self._known):
            if self.chance.random() < _SHARE:
                self._plan(now + self.chance.uniform(0, _WITHIN), *self._fate(pid))
        self._known = runners
        # While nothing works, nothing is struck: whoever waits to try again is not to wait for ever.
        if runners and now >= self._next:
            self._next = now + self.chance.uniform(*_PAUSE)
            self._plan(now, *self._accident())
        self._happen(now)

    def end(self) -> None:
        """Nothing happens any more; what is frozen wakes up."""
        self._happen(float("inf"), only="wake")
        self._due.clear()
        self.house.proxy.cut_when(None)
        self.house.proxy.cut_after(None)

    def _happen(self, until: float, only: str = "") -> None:
        for due in sorted(self._due):
            if due.at <= until and due.what.startswith(only):
                self._due.remove(due)
                if due.do():
                    self.done[due.what] += 1

    def _plan(self, at: float, what: str, do: Callable[[], bool]) -> None:
        self._drawn += 1
        self._due.append(Due(at, self._drawn, what, do))

    def _fate(self, pid: int) -> tuple[str, Callable[[], bool]]:
        kind = self.chance.choices(("kill task", "kill worker", "freeze task"), (6, 2, 2))[0]
        seconds = self.chance.uniform(*_FROZEN)
        if kind == "freeze task":
            return kind, partial(self._freeze, pid, seconds)
        return kind, partial(_kill_task if kind == "kill task" else _kill_worker, pid)

    def _freeze(self, pid: int, seconds: float) -> bool:
        if not _is_runner(pid):
            return False
        os.kill(pid, signal.SIGSTOP)
        self._plan(time.monotonic() + seconds, "wake", partial(_wake, pid))
        return True

    def _accident(self) -> tuple[str, Callable[[], bool]]:
        components = [name for name in self.house.names() if name not in (MYSQL, LOGS)]
        octets = self.chance.randrange(1, 1 << self.chance.randrange(8, 20))
        component, fault = self.chance.choice(components), self.chance.choice(_FAULTS)
        where = self.chance.choice((Cut.REQUEST, Cut.ANSWER))
        accidents: dict[str, Callable[[], bool]] = {
            f"kill {component}": partial(self._kill, component),
            f"kill {MYSQL}": self._kill_mysql,
            "cut all": self._cut_all,
            "cut at a byte": partial(self._cut_after, octets),
            "cut at COMMIT": partial(self._cut_at_commit, where),
            "drive": partial(self._fault, fault),
        }
        what = self.chance.choices(list(accidents), (3, 3, 2, 3, 4, 3))[0]
        return what, accidents[what]

    def _kill(self, name: str) -> bool:
        self.house.kill(name)
        return True

    def _kill_mysql(self) -> bool:
        self.house.kill(MYSQL)
        self.house.restart_dead()
        self.mysql_back.append(time.monotonic())
        return True

    def _cut_all(self) -> bool:
        self.house.proxy.cut_all()
        return True

    def _cut_after(self, octets: int) -> bool:
        self.house.proxy.cut_after(octets)
        return True

    def _cut_at_commit(self, where: Cut) -> bool:
        def plan(seen: Seen) -> Cut | None:
            if not seen.text.upper().startswith("COMMIT") or reached:
                return None
            reached.append(True)
            return where

        reached: list[bool] = []
        self.house.proxy.cut_when(plan)
        return True

    def _fault(self, fault: dict[str, object]) -> bool:
        self.house.fault(**fault)
        return True

    def _runners(self) -> set[int]:
        """The processes that work on tasks of this house now."""
        mark = f"{MARK}={self.house.local.root}".encode()
        found = set()
        for pid in psutil.pids():
            if _is_runner(pid):
                with suppress(OSError):
                    if mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                        found.add(pid)
        return found


def _is_runner(pid: int) -> bool:
    with suppress(OSError):
        return bool(_RUNNER.match(Path(f"/proc/{pid}/cmdline").read_text(errors="replace")))
    return False


def _kill_task(pid: int) -> bool:
    if not _is_runner(pid):
        return False
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return True
    return False


def _kill_worker(pid: int) -> bool:
    """The executor's worker dies; the task itself goes on until it notices."""
    with suppress(psutil.Error, OSError):
        worker = psutil.Process(pid).ppid()
        # Of a worker that is gone already the task is an orphan, and its parent somebody else.
        if _is_runner(pid) and _WORKER.match(Path(f"/proc/{worker}/cmdline").read_text(errors="replace")):
            os.kill(worker, signal.SIGKILL)
            return True
    return False


def _wake(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)
    return True
