"""What tests share: the database servers, and one that speaks S3."""

import os
from collections.abc import Iterator

import pytest

from tests.s3_stand_in import CONNECTION, Store, connection_uri, new_store, running_s3
from tests.servers import OFFERED, Server, running_server, wanted_servers


def pytest_report_header() -> str:
    return f"database servers: {', '.join(wanted_servers())}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What shares servers stays together when several processes share the tests: one Airflow, a module on one server."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))


def _group(item: pytest.Item) -> str:
    if "e2e" in item.path.parts:
        return "e2e"
    parameters = getattr(item, "callspec", None)
    return f"{item.path} {parameters.params.get('server', '') if parameters else ''}"


@pytest.fixture(scope="session", params=wanted_servers())
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Each of the servers that are tested, in turn."""
    # A folder with a blank, as users have them.
    with running_server(request.param, tmp_path_factory.mktemp(f"{request.param} server")) as running:
        if request.param == "mariadb" or OFFERED not in os.environ:
            running.hurry()
        yield running


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
