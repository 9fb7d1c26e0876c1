"""A private Redis, through which Celery's workers get their tasks: for this machine only, with a password."""

from __future__ import annotations

import shutil

from devtools.local import HOST, Local, write_private
from devtools.processes import Child, listens, start, wait_for


def start_redis(local: Local, port: int, settings: str) -> Child:
    """Start the server with those settings of its own and wait until it listens. What it keeps lies in the stack's folder.

    Debian has the server's program in `redis-tools` already, under the name of a checking tool that looks at the name
    by which it is called; `redis-server` only adds a service of the system, which we do not want.
    """
    folder = local.root / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    # Through a file: a command line can be read by everybody.
    ours = f"bind {HOST}\nport {port}\ndir {_quoted(str(folder))}\n"
    write_private(local.root / "redis.conf", f"{settings}\n{ours}")
    program = shutil.which("redis-server") or shutil.which("redis-check-rdb")
    if program is None:
        raise SystemExit("Redis is not installed; `apt-get install redis-tools` brings it without a service")
    child = start(local, "redis", ["redis-server", str(local.root / "redis.conf")], program=program)
    wait_for("Redis", lambda: listens(port), child, 30)
    return child


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
