"""The demo: drops a distributor's ZIP, waits, tells what became of each file, and fails unless all is as it should be.

Meanwhile the accounts' statistics are filled, once, so that there is something to export.
"""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import MySQLdb

from devtools.airflow_env import airflow_environment
from devtools.demo_data import DISTRIBUTOR, EXPECTED, make_zip
from devtools.demo_jobs import differences, print_table, say_differences, wait_for_jobs
from devtools.local import REPOSITORY, Local
from devtools.processes import tail
from devtools.stack import tell, up

PATIENCE_SECONDS = 120

_SHOWN = ("file", "table", "status", "rows", "inserted", "updated", "unchanged", "rejected", "archived")


def main() -> int:
    """Run the demo; 0 only when every job ended as it should."""
    local = Local.of_environment()
    began = time.monotonic()
    print("starting MariaDB or MySQL, PostgreSQL and Airflow …", flush=True)
    facts = up(local)
    print(f"ready after {time.monotonic() - began:.0f} s", flush=True)
    name = _drop(Path(facts["drop_folder"]))
    accounts = _fill_accounts(local, facts["mysql_uri"])
    try:
        rows = wait_for_jobs(facts["mysql_uri"], [name], local, PATIENCE_SECONDS)
    except MySQLdb.OperationalError as fault:
        log = local.logs / "stack.log"
        raise SystemExit(
            f"the database does not answer any more ({fault}). The end of {log}:\n{tail(log)}"
        ) from fault
    print_table(rows, _SHOWN)
    wrong = differences(rows, EXPECTED)
    filled, _ = accounts.communicate()
    print(f"\n{filled.strip()}")
    if accounts.returncode:
        wrong.append("the accounts' statistics were not filled")
    else:
        print("Export them on the page Exports.")
    say_differences(wrong, rows)
    print(f"{'FAILED' if wrong else 'Done'} after {time.monotonic() - began:.0f} s.\n")
    tell(facts)
    print(f"reports      {local.root / 'done'}\n\n`make stop` ends it; until then, drop files of your own.")
    return 1 if wrong else 0


def _drop(folder: Path) -> str:
    """Put the ZIP into the distributor's folder, under another name until it is whole; gives its name."""
    target = folder / DISTRIBUTOR / f"kiriman_{datetime.now():%Y%m%d_%H%M%S_%f}.zip"  # noqa: DTZ005 - a name
    target.parent.mkdir(exist_ok=True)
    part = target.with_name(target.name + ".part")
    part.write_bytes(make_zip())
    part.rename(target)
    print(f"dropped {target}", flush=True)
    return target.name


def _fill_accounts(local: Local, mysql_uri: str) -> subprocess.Popen[str]:
    """Fill the accounts' statistics in a process of its own: it needs Airflow's settings, which take a second to load."""
    environment = airflow_environment(local, local.known(), mysql_uri)
    return subprocess.Popen(
        [sys.executable, "-m", "devtools.account_data"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=REPOSITORY,
        env={**local.environment, **environment, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'plugins'}"},
    )


if __name__ == "__main__":
    sys.exit(main())
