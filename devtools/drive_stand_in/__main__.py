"""Runs the stand-in by itself: `python -m devtools.drive_stand_in --port 8765`, with one shared drive."""

from __future__ import annotations

import argparse
import signal
import threading

from devtools.drive_stand_in.account import DRIVE_ID
from devtools.drive_stand_in.server import running_stand_in


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with running_stand_in(parser.parse_args().port) as running:
        running.storage.add_shared_drive("Distributors", drive_id=DRIVE_ID)
        print(running.url, flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
