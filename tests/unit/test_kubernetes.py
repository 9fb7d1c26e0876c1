"""deploy/kubernetes/values.yaml: only keys that the chart has, and the same settings as Compose."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from devtools.local import REPOSITORY
from tests.compose import canaries, env_file, model

FILE = REPOSITORY / "deploy" / "kubernetes" / "values.yaml"
DOCUMENTED = REPOSITORY / "docs" / "deployment.md"


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return found


def environment(entries: list[dict[str, str]]) -> dict[str, str]:
    return {each["name"]: each["value"] for each in entries}


def test_the_chart_has_all_keys(values: dict[str, Any]) -> None:
    schema = json.loads((REPOSITORY / "tests" / "data" / "kubernetes" / "values.schema.json").read_text())
    jsonschema.validate(values, schema)


def test_pods_and_containers_have_the_same_settings(values: dict[str, Any], tmp_path: Path) -> None:
    compose = model(env_file(tmp_path, canaries()))["services"]["airflow-worker"]["environment"]
    here = environment(values["env"])
    # What the chart itself sets, is in its own Secrets, or another place in a pod.
    elsewhere = {
        "DUMB_INIT_SETSID",
        "AIRFLOW__API__BASE_URL",
        "AIRFLOW__CORE__EXECUTOR",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
        "AIRFLOW__CORE__LOAD_EXAMPLES",
        "AIRFLOW__CELERY__WORKER_CONCURRENCY",
        "AIRFLOW__CELERY__WORKER_ENABLE_REMOTE_CONTROL",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK",
        "AIRFLOW__SECRETS__BACKEND_KWARGS",
    }
    shared = {name for name in compose if name not in elsewhere and not name.endswith("_SECRET")}
    assert {name: here.get(name) for name in shared} == {name: compose[name] for name in shared}
    assert set(here) - shared == {"AIRFLOW__API__BASE_URL", "AIRFLOW__SECRETS__BACKEND_KWARGS"}


def test_the_init_job_is_given_what_it_needs(values: dict[str, Any]) -> None:
    job = values["migrateDatabaseJob"]
    assert (REPOSITORY / job["args"][1]).is_file()
    script = (REPOSITORY / job["args"][1]).read_text()
    given = environment(job["env"])
    assert set(re.findall(r"\$([A-Z]\w+)", script)) <= set(given)
    assert given["ADMIN_PASSWORD_FILE"].startswith(job["extraVolumeMounts"][0]["mountPath"])
    # A name that is given twice is refused.
    assert not set(given) & set(environment(values["env"]))


def test_nobody_has_a_known_password(values: dict[str, Any]) -> None:
    assert not values["createUserJob"]["defaultUser"]["enabled"]
    assert not values["webserver"]["defaultUser"]["enabled"]


def test_the_documentation_tells_how_each_secret_is_made() -> None:
    wanted = set(re.findall(r"[sS]ecretName: (import-export-\S+)", FILE.read_text())) - {"import-export-tls"}
    made = set(re.findall(r"secret generic (import-export-\S+)", DOCUMENTED.read_text()))
    assert made == wanted


def test_the_versions_are_those_of_the_image(values: dict[str, Any]) -> None:
    lock = (REPOSITORY / "requirements.txt").read_text()
    assert f"\napache-airflow=={values['airflowVersion']} " in lock
    labels = (REPOSITORY / "Dockerfile").read_text()
    assert f'image.version="{values["defaultAirflowTag"]}"' in labels
