"""A server that speaks S3 (moto's) for the cluster. It keeps everything in memory: what is in its buckets ends with it."""

from __future__ import annotations

import sys

from devtools.local import HOST, Local
from devtools.processes import Child, listens, start, wait_for


def start_object_store(local: Local, port: int) -> tuple[Child, str]:
    """Start the server and wait until it listens; its process, and its address."""
    child = start(local, "object-store", [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)])
    wait_for("The object store", lambda: listens(port), child, 60)
    return child, f"http://{HOST}:{port}"
