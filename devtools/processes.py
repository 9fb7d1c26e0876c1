"""Starting, finding and ending the processes of a stack."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from devtools.local import HOST, MARK, Local


@dataclass(slots=True)
class Child:
    """A process of the stack."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_signal: int = signal.SIGTERM

    def ended(self) -> bool:
        """Whether it is not running any more."""
        return self.process.poll() is not None

    def stop(self, seconds: float) -> None:
        """Ask it to end, and end it after `seconds`."""
        if self.ended():
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(
    local: Local,
    name: str,
    command: Sequence[str],
    *,
    environment: dict[str, str] | None = None,
    stop_signal: int = signal.SIGTERM,
    program: str | None = None,
) -> Child:
    """Start a process in a session of its own, so that Ctrl-C in the terminal reaches the supervisor only.

    `program`: what is run, where the command begins with another name.
    """
    local.logs.mkdir(parents=True, exist_ok=True)
    log = local.logs / f"{name}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            executable=program,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**local.environment, **(environment or {})},
            start_new_session=True,
        )
    return Child(name, process, log, stop_signal)


def tail(log: Path, lines: int = 15) -> str:
    """The end of a log, for a message about what went wrong."""
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def wait_for(what: str, ready: Callable[[], bool], child: Child | None, seconds: float) -> None:
    """Wait until `ready`; end with a message and the log when the process ends or time is up."""
    deadline = time.monotonic() + seconds
    while not ready():
        if child is not None and child.ended():
            raise SystemExit(
                f"{what} ended while it was starting. The end of {child.log}:\n{tail(child.log)}"
            )
        if time.monotonic() > deadline:
            log = f" The end of {child.log}:\n{tail(child.log)}" if child else ""
            raise SystemExit(f"{what} was not ready after {seconds:.0f} s.{log}")
        time.sleep(0.1)


def listens(port: int) -> bool:
    """Whether a server of this machine listens on that port."""
    with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False


def of_stack(local: Local) -> list[int]:
    """The ids of all processes of a stack, wherever they went: the mark in their environment stays with them."""
    mark = f"{MARK}={local.root}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with suppress(OSError):
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


def end_all(local: Local, seconds: float = 10) -> None:
    """End every process of a stack, first gently; raise `SystemExit` when one stays."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in of_stack(local):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while of_stack(local) and time.monotonic() < deadline:
            time.sleep(0.1)
    if left := of_stack(local):
        raise SystemExit(f"these processes could not be ended: {left}")
