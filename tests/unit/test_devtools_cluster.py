"""The cluster runs what docker-compose.yaml says, with other addresses."""

import json
import os
import stat
from pathlib import Path

import pytest

from devtools.cluster import Cluster
from devtools.cluster_hosts import Component, variables
from devtools.compose_file import COMPOSE, ComposeFile
from devtools.local import Local


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    for name in [name for name in os.environ if name.startswith("AIRFLOW_")]:
        monkeypatch.delenv(name)
    return Cluster(Local(tmp_path / "of a test"))


def filled(text: str, **variables: str) -> str:
    content = {"services": {"one": {"command": [text]}}}
    return ComposeFile(content, variables).service("one").command[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${NAME}", "Budi"),
        ("a ${NAME:-Siti} b", "a Budi b"),
        ("${NOBODY:-Siti}", "Siti"),
        ("${NOBODY-}", ""),
        ("${EMPTY:-Siti}", "Siti"),
        ("${EMPTY-Siti}", ""),
        ("${EMPTY?is needed}", ""),
        ("$${NAME}", "${NAME}"),
    ],
)
def test_variables_are_filled_in_as_compose_does_it(text: str, value: str) -> None:
    assert filled(text, NAME="Budi", EMPTY="") == value


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("${NOBODY:?make .env first}", "NOBODY has no value: make .env first"),
        ("${EMPTY:?}", "EMPTY has no value"),
        ("${NOBODY}", "NOBODY has no value"),
    ],
)
def test_a_variable_without_a_value_is_told(text: str, told: str) -> None:
    with pytest.raises(SystemExit, match=told):
        filled(text, EMPTY="")


def test_each_component_is_told_all_that_its_service_is_told_and_nothing_of_it_is_replaced(
    cluster: Cluster,
) -> None:
    compose = ComposeFile.read(variables(cluster.known))
    for component in cluster.components.values():
        theirs = compose.service(component.service)
        ours = cluster.hosts.environment(component)
        different = {key for key, text in theirs.environment.items() if ours[key] != text}
        # Whose values hold addresses or paths.
        assert different <= {
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
            "AIRFLOW__SECRETS__BACKEND_KWARGS",
            "AIRFLOW__IMPORT_EXPORT__WORK_FOLDER",
        }
        command = cluster.hosts.command(component)
        assert command[: len(theirs.command)] == list(theirs.command)


def test_every_address_that_the_cluster_replaces_stands_in_the_file(cluster: Cluster) -> None:
    text = COMPOSE.read_text()
    [worker, *_] = cluster.workers
    assert [there for there in cluster.hosts.replaced(worker) if there not in text] == []


def test_no_address_of_a_container_is_left(cluster: Cluster) -> None:
    [worker, *_] = cluster.workers
    told = json.dumps(cluster.hosts.environment(worker))
    secrets = "".join(path.read_text() for path in cluster.hosts.folder(worker).rglob("secrets/*"))
    for there in (
        "@redis:",
        "@postgres:",
        "//airflow-api-server:",
        '"host": "mysql"',
        "object-store",
        "/run/secrets",
    ):
        assert there not in told + secrets


def test_workers_have_names_disks_and_private_secrets_of_their_own(cluster: Cluster) -> None:
    first, second = cluster.workers
    told = [cluster.hosts.environment(worker) for worker in (first, second)]
    for name in ("IMPORT_EXPORT_HOST", "AIRFLOW_HOME", "AIRFLOW__IMPORT_EXPORT__WORK_FOLDER"):
        assert told[0][name] != told[1][name]
    assert told[0]["IMPORT_EXPORT_HOST"] == first.address == "127.0.0.2"
    files = list(cluster.hosts.folder(first).rglob("secrets/*"))
    assert {path.name for path in files} == {"airflow.json", "connections.json"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_no_secret_stands_in_an_environment_or_on_a_command_line(cluster: Cluster) -> None:
    known = cluster.known
    secrets = [known[name] for name in known if not name.endswith("_port")]
    for component in (*cluster.components.values(), Component("airflow-init", "airflow-init", "127.0.0.1")):
        told = [*cluster.hosts.environment(component).values(), *cluster.hosts.command(component)]
        assert not [text for text in told if any(secret in text for secret in secrets)]


def test_a_mysql_of_the_callers_is_used(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMPORT_EXPORT_MYSQL_URI", "mysql://u:p@db/d")
    [worker, *_] = cluster.workers
    cluster.hosts.environment(worker)
    found = json.loads((cluster.hosts.folder(worker) / "secrets" / "connections.json").read_text())
    assert found["import_export_mysql"] == found["import_export_mysql_ddl"] == "mysql://u:p@db/d"
    assert found["import_export_s3"]["conn_type"] == "aws"


def test_only_a_stack_of_this_checkout_wants_the_usual_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IMPORT_EXPORT_LOCAL", raising=False)
    assert Local.of_environment().web_port == 8080
    monkeypatch.setenv("IMPORT_EXPORT_LOCAL", str(tmp_path))
    assert Local.of_environment().web_port == 0
