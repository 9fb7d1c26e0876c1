"""What tests share: the database servers, and one that speaks S3."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.s3_stand_in import CONNECTION, Store, connection_uri, new_store, running_s3
from tests.servers import MEMORY, OFFERED, Server, running_server, wanted_servers

SHARED = ("e2e", "chaos", "cluster")
"""Folders of tests that share something that takes long to start."""

ROOM = 8 << 30
"""Bytes of memory that must be free for a server's data to be kept there."""


def pytest_report_header() -> str:
    return f"database servers: {', '.join(wanted_servers())}"


# Last, after pytest's own order by servers.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Several processes are given the groups in this order: the longest first, then a server after the other.

    Another Airflow comes later, so that it is not beside the first one.
    """
    first, *others = wanted_servers()
    order = ("e2e", first, "chaos", *others, "cluster")

    def place(item: pytest.Item) -> int:
        shared = group_of(item.nodeid).split()[-1]
        return order.index(shared) if shared in order else len(order)

    items.sort(key=place)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Groups stay together when several processes share the tests."""
    return _Groups(config, log)


class _Groups(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def group_of(nodeid: str) -> str:
    """What a test shares with others: the one Airflow ("e2e"), the cluster, or its module's server ("MODULE SERVER")."""
    path, _, test = nodeid.partition("::")
    for name in SHARED:
        if path.startswith(f"tests/{name}/"):
            return name
    parameters = test.partition("[")[2].rstrip("]").split("-")
    return " ".join([path, *(name for name in wanted_servers() if name in parameters)])


@pytest.fixture(scope="session", params=wanted_servers())
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Each of the servers that are tested, in turn."""
    with data_folder(tmp_path_factory) as folder, running_server(request.param, folder) as running:
        if request.param == "mariadb" or OFFERED not in os.environ:
            running.hurry()
        yield running


@contextmanager
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where a server keeps its data: in memory where there is room, for tests make hundreds of databases."""
    # A folder with a blank, as users have them.
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        with TemporaryDirectory(prefix="import_export server ", dir=MEMORY) as folder:
            yield Path(folder)
    else:
        yield tmp_path_factory.mktemp("import_export server")


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of a server that speaks S3, and an Airflow connection to it in the environment."""
    with running_s3() as url, pytest.MonkeyPatch.context() as environment:
        environment.setenv(f"AIRFLOW_CONN_{CONNECTION.upper()}", connection_uri(url))
        yield url


@pytest.fixture
def s3(s3_server: str) -> Store:
    """A bucket of its own."""
    return new_store(s3_server)
