"""Starts a stand-in of Google Drive as the archive of a stack, where one is wanted."""

from __future__ import annotations

import os
import sys

from devtools.local import HOST, Local
from devtools.processes import Child, start


def wants_stand_in() -> bool:
    """Whether `make demo DRIVE=stand-in` or its like was said."""
    wanted = os.environ.get("IMPORT_EXPORT_DRIVE", "")
    if wanted not in ("", "stand-in"):
        raise SystemExit(
            f"DRIVE={wanted} is unknown: DRIVE=stand-in, or nothing; docs/google-drive.md tells how to use a real Drive"
        )
    return bool(wanted)


def start_stand_in(local: Local, port: int) -> tuple[Child, str]:
    """The process of the stand-in, and its address."""
    command = [sys.executable, "-m", "devtools.drive_stand_in", "--port", str(port)]
    return start(local, "drive-stand-in", command), f"http://{HOST}:{port}"
