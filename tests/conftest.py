"""What tests share: the database servers."""

import os
from collections.abc import Iterator

import pytest

from tests.servers import OFFERED, Server, running_server, wanted_servers


def pytest_report_header() -> str:
    return f"database servers: {', '.join(wanted_servers())}"


@pytest.fixture(scope="session", params=wanted_servers())
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Each of the servers that are tested, in turn."""
    # A folder with a blank, as users have them.
    with running_server(request.param, tmp_path_factory.mktemp(f"{request.param} server")) as running:
        if request.param == "mariadb" or OFFERED not in os.environ:
            running.hurry()
        yield running
