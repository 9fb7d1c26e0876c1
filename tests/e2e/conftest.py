"""One running Airflow for all end-to-end tests, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from devtools.account_data import AccountPlan, fill
from devtools.local import REPOSITORY, Local
from devtools.processes import of_stack
from tests.running import Running
from tests.running import eventually as eventually
from tests.smtp_stand_in import Mailbox, mailbox
from tests.statsd_stand_in import Statsd, statsd

USERS = {"admin": "admin", "operator": "user", "viewer": "viewer"}
"""Who may log in, with his role of Airflow."""

OFFICE = "office@brand.test"
"""Who is told what nobody else is."""

# The product's DAGs, and some of others that wait for its events.
BUNDLES = [
    {"name": name, "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle", "kwargs": kwargs}
    for name, kwargs in (
        ("dags-folder", {}),
        ("others", {"path": str(REPOSITORY / "tests" / "e2e" / "other_dags"), "refresh_interval": 5}),
    )
]

TROUBLED = "17849"
"""Id of an account that cannot be exported."""


@dataclass(frozen=True, slots=True)
class Stack(Running):
    """The running installation on one machine."""

    @property
    def drop_folder(self) -> Path:
        """Where files are dropped."""
        return Path(self.facts["drop_folder"])

    def password(self, who: str) -> str:
        """The password of one of `USERS`, as Airflow keeps it."""
        return str(json.loads((self.local / "airflow" / "passwords.json").read_text())[who])


@pytest.fixture(scope="package")
def post() -> Iterator[Mailbox]:
    """The stack's mail server."""
    with mailbox() as box:
        yield box


@pytest.fixture(scope="package")
def metrics() -> Iterator[Statsd]:
    """Where the stack's metrics go."""
    with statsd() as hearing:
        yield hearing


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory, post: Mailbox, metrics: Statsd) -> Iterator[Stack]:
    """A stack of its own, stopped before other packages' tests begin; nothing may be left running then."""
    with running_stack(tmp_path_factory.mktemp("stack"), post, metrics) as running:
        yield running


@contextmanager
def running_stack(local: Path, post: Mailbox, metrics: Statsd) -> Iterator[Stack]:
    """A stack in a folder."""
    users = ",".join(f"{name}:{role}" for name, role in USERS.items())
    environment = {
        **os.environ,
        "IMPORT_EXPORT_LOCAL": str(local),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": users,
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(BUNDLES),
        "AIRFLOW__IMPORT_EXPORT__NOTIFY_TO": OFFICE,
        # These run when a test says so: another run beside it would do its work. And a night that is not long ago when the
        # stack starts would be made up for.
        "AIRFLOW__IMPORT_EXPORT__MAINTENANCE_SCHEDULE": "",
        "AIRFLOW__IMPORT_EXPORT__EXPORT_SCHEDULE": "",
        "AIRFLOW_CONN_SMTP_DEFAULT": post.uri,
        **metrics.environment,
    }
    environment.pop("IMPORT_EXPORT_MYSQL_URI", None)

    def run(command: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "devtools.stack", command],
            cwd=REPOSITORY,
            env=environment,
            check=True,
            timeout=300,
        )

    run("up")
    # Each component is the leader of a session of its own, by which all its children can be found.
    sessions = {os.getsid(pid) for pid in of_stack(Local(local))}
    assert len(sessions) >= 6
    try:
        yield Stack(local, json.loads((local / "run.json").read_text()))
    finally:
        run("stop")
    assert not sessions & {_session(pid) for pid in psutil.pids()}


@pytest.fixture(scope="package")
def exporting(stack: Stack) -> Stack:
    """The stack with statistics: three accounts, and one whose only data lies before anything can."""
    statistics = stack.database.sibling(f"{stack.database.name}_statistics")
    fill(statistics, AccountPlan(accounts=3, days=40, media_per_account=20, competitors=1))
    with statistics.session() as session, session.transaction():
        session.execute(
            "INSERT INTO `user` (id, username, social_account_id) VALUES (%s, 'troubled', 'x')", (TROUBLED,)
        )
        session.execute("INSERT INTO user_data (user_id, datestamp) VALUES (%s, '2001-01-01')", (TROUBLED,))
    return stack


def _session(pid: int) -> int:
    """The session of a process, 0 when it is gone or has ended and is only waiting to be fetched by its parent."""
    try:
        return 0 if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE else os.getsid(pid)
    except (ProcessLookupError, psutil.NoSuchProcess):
        return 0
