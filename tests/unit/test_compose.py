"""docker-compose.yaml, its .env and the image: what is started is healthy, limited, pinned, and keeps its secrets."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.configuration import conf
from airflow.providers_manager import ProvidersManager

from devtools.local import REPOSITORY
from import_export.settings import SECTION, Settings, environment_name, load
from tests.compose import EXAMPLE, canaries, compose, env_file, model

COMPOSE = REPOSITORY / "docker-compose.yaml"
AIRFLOW = {
    "airflow-init",
    "airflow-api-server",
    "airflow-scheduler",
    "airflow-dag-processor",
    "airflow-triggerer",
    "airflow-worker",
}
OTHERS = {"redis", "postgres", "mysql", "object-store"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The file with .env.example, and a canary for each secret."""
    return model(env_file(tmp_path_factory.mktemp("compose"), canaries()))


def test_it_has_all_services(whole: dict[str, Any]) -> None:
    assert set(whole["services"]) == AIRFLOW | OTHERS


def test_without_env_it_says_what_to_do(tmp_path: Path) -> None:
    done = compose(env_file(tmp_path, {}), "config")
    assert done.returncode != 0
    assert re.search(r"variable \w+ is missing a value: is not set in .env; deploy/make_env.sh", done.stderr)


# MySQL's own image and the init job refuse empty passwords; keys of S3 may be empty where a machine's role has the rights.
@pytest.mark.parametrize(
    "name",
    sorted(canaries().keys() - {"MYSQL_ROOT_PASSWORD", "ADMIN_PASSWORD", "S3_ACCESS_KEY", "S3_SECRET_KEY"}),
)
def test_each_secret_must_be_set(tmp_path: Path, name: str) -> None:
    done = compose(env_file(tmp_path, canaries() | {name: ""}), "config")
    assert f"required variable {name} is missing a value" in done.stderr


def test_env_example_has_every_variable_with_its_default() -> None:
    text = re.sub(r"^ *#.*$", "", COMPOSE.read_text(), flags=re.MULTILINE)
    used = re.findall(r"(?<!\$)\$\{(\w+)(?::?-([^}]*))?", text)
    used += [(each["environment"], "") for each in yaml.safe_load(text)["secrets"].values()]
    example = dict(re.findall(r"^(\w+)=(.*)$", EXAMPLE.read_text(), flags=re.MULTILINE))
    assert {name for name, _ in used} | {"COMPOSE_PROFILES"} == set(example)
    defaults = {name: default for name, default in used if default}
    assert {name: example[name] for name in defaults} == defaults


def test_no_secret_has_a_default() -> None:
    example = dict(re.findall(r"^(\w+)=(.*)$", EXAMPLE.read_text(), flags=re.MULTILINE))
    assert not any(example[name] for name in example if re.search("PASSWORD|_KEY$|SECRET$", name))
    assert not re.search(r"\$\{\w*(PASSWORD|_KEY|SECRET):?-", COMPOSE.read_text())


def test_secrets_reach_containers_as_files(whole: dict[str, Any]) -> None:
    for name, service in whole["services"].items():
        told = json.dumps({key: value for key, value in service.items() if key != "secrets"})
        assert set(re.findall(r"canary-\w+", told)) == (
            {"canary-s3_access_key", "canary-s3_secret_key"} if name == "object-store" else set()
        )


def test_the_files_that_are_handed_over_can_be_read(whole: dict[str, Any]) -> None:
    airflow = json.loads(whole["configs"]["airflow"]["content"])
    assert airflow["broker_url"] == "redis://:canary-redis_password@redis:6379/0"
    connections = json.loads(whole["configs"]["connections"]["content"])
    assert connections["import_export_mysql"]["password"] == "canary-mysql_password"
    assert connections["import_export_s3"]["extra"]["endpoint_url"] == "http://object-store:7070"
    for service in whole["services"].values():
        mounted = {each["target"] for each in service.get("configs", ())}
        mounted |= {f"/run/secrets/{each['source']}" for each in service.get("secrets", ())}
        assert set(re.findall(r"/run/secrets/[\w.]+", json.dumps(service))) <= mounted


def test_a_bucket_and_a_database_elsewhere_are_a_matter_of_env(tmp_path: Path) -> None:
    elsewhere = {
        "COMPOSE_PROFILES": "",
        "MYSQL_HOST": "mysql.example.com",
        "S3_BUCKET": "brand-imports",
        "S3_OWN_BUCKET": "no",
        "S3_EXTRA": """'{"region_name": "ap-southeast-3"}'""",
    }
    found = model(env_file(tmp_path, canaries() | elsewhere))
    assert set(found["services"]) == AIRFLOW | {"redis", "postgres"}
    connections = json.loads(found["configs"]["connections"]["content"])
    assert connections["import_export_mysql"]["host"] == "mysql.example.com"
    assert connections["import_export_s3"]["extra"] == {"region_name": "ap-southeast-3"}
    worker = found["services"]["airflow-worker"]["environment"]
    assert worker[environment_name("drop_folder")] == "s3://import_export_s3@brand-imports/drop"


def test_what_lasts_is_healthy_restarted_limited_and_unprivileged(whole: dict[str, Any]) -> None:
    for name, service in whole["services"].items():
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert {"max-size", "max-file"} <= set(service["logging"]["options"])
        limits = service["deploy"]["resources"]["limits"]
        assert {"cpus", "memory"} <= set(limits)
        if name != "airflow-init":
            assert service["healthcheck"]["test"]
            assert service["restart"] == "unless-stopped"


def test_airflow_waits_for_the_init_job(whole: dict[str, Any]) -> None:
    for name in AIRFLOW - {"airflow-init"}:
        waits = whole["services"][name]["depends_on"]["airflow-init"]
        assert waits["condition"] == "service_completed_successfully"


def test_images_are_pinned(whole: dict[str, Any]) -> None:
    for service in whole["services"].values():
        assert re.search(r":v?\d+\.\d+(\.\d+)?(-\w+)?$", service["image"])
    [base] = re.findall(r"^ARG AIRFLOW_IMAGE=(.*)$", (REPOSITORY / "Dockerfile").read_text(), re.MULTILINE)
    [airflow] = re.findall(
        r"^apache-airflow==(\S+)", (REPOSITORY / "requirements.txt").read_text(), re.MULTILINE
    )
    assert base == f"apache/airflow:slim-{airflow}-python3.11"


def test_there_may_be_any_number_of_workers(whole: dict[str, Any]) -> None:
    worker = whole["services"]["airflow-worker"]
    assert not {"container_name", "ports", "hostname"} & set(worker)
    # Each has a disk of its own.
    assert not any(each.get("source") for each in worker["volumes"])


def test_only_the_web_server_is_reached_from_outside(whole: dict[str, Any]) -> None:
    assert [name for name, service in whole["services"].items() if service.get("ports")] == [
        "airflow-api-server"
    ]
    [port] = whole["services"]["airflow-api-server"]["ports"]
    assert port["host_ip"] == "127.0.0.1"
    assert whole["networks"]["data"]["internal"]


def test_workers_on_other_machines_reach_what_the_first_one_opens(tmp_path: Path) -> None:
    written = (REPOSITORY / "docs" / "deployment.md").read_text()
    here = {}
    for place in ("on the first machine", "on a machine with workers"):
        [override] = re.findall(rf"```yaml\n(# compose.override.yaml {place}\n.*?)```", written, re.DOTALL)
        (tmp_path / "compose.override.yaml").write_text(override)
        here[place] = model(env_file(tmp_path, canaries()), tmp_path / "compose.override.yaml")["services"]
    first = here["on the first machine"]
    opened = {
        name
        for name, service in first.items()
        if any(p["host_ip"] == "10.0.0.1" for p in service.get("ports", ()))
    }
    # A network that is internal has no ports.
    assert all({"outside", "data"} == set(first[name]["networks"]) for name in opened)
    found = {
        each.partition("=")[0] for each in here["on a machine with workers"]["airflow-worker"]["extra_hosts"]
    }
    assert found == opened


@pytest.mark.parametrize("service", sorted(AIRFLOW))
def test_airflow_knows_every_option(whole: dict[str, Any], service: str) -> None:
    ProvidersManager().initialize_providers_configuration()
    known = conf.configuration_description
    for variable in whole["services"][service]["environment"]:
        section, _, option = variable.removeprefix("AIRFLOW__").lower().partition("__")
        if not variable.startswith("AIRFLOW__") or section == SECTION:
            continue
        if (
            option.endswith("_secret")
            and (section, option.removesuffix("_secret")) in conf.sensitive_config_values
        ):
            option = option.removesuffix("_secret")
        assert option in known[section]["options"], variable


@pytest.mark.parametrize("service", sorted(AIRFLOW))
def test_the_product_takes_every_setting(whole: dict[str, Any], service: str) -> None:
    environment = whole["services"][service]["environment"]
    names = {environment_name(name) for name in Settings.__dataclass_fields__}
    assert {name for name in environment if name.startswith(f"AIRFLOW__{SECTION.upper()}__")} <= names
    settings = load(lambda key: environment.get(environment_name(key)))
    assert (settings.load_pool, settings.archive_pool) == ("import_load", "import_archive")


def test_the_init_job_makes_the_pools_that_the_settings_name() -> None:
    made = re.findall(r"^make_pool (\w+)", (REPOSITORY / "deploy" / "init.sh").read_text(), re.MULTILINE)
    assert made == ["import_load", "import_archive"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the script that makes .env works with."""
    (tmp_path / "deploy").mkdir()
    script = REPOSITORY / "deploy" / "make_env.sh"
    (tmp_path / "deploy" / script.name).write_bytes(script.read_bytes())
    (tmp_path / EXAMPLE.name).write_bytes(EXAMPLE.read_bytes())
    return tmp_path


def make_env(checkout: Path) -> subprocess.CompletedProcess[str]:
    script = ["bash", str(checkout / "deploy" / "make_env.sh")]
    return subprocess.run(script, check=False, capture_output=True, text=True)


def test_env_is_made_with_secrets_of_its_own(checkout: Path) -> None:
    assert make_env(checkout).returncode == 0
    env = checkout / ".env"
    assert env.stat().st_mode & 0o777 == 0o600
    values = dict(re.findall(r"^(\w+)=(.*)$", env.read_text(), re.MULTILINE))
    secrets = {values[name] for name in canaries()}
    assert len(secrets) == len(canaries())
    assert all(len(secret) >= 32 for secret in secrets)
    assert (
        json.loads(model(env)["configs"]["airflow"]["content"])["fernet_key"] == values["AIRFLOW_FERNET_KEY"]
    )
    assert [path.name for path in checkout.iterdir() if path.name not in ("deploy", ".env.example")] == [
        ".env"
    ]


def test_an_env_that_is_there_stays(checkout: Path) -> None:
    (checkout / ".env").write_text("mine\n")
    done = make_env(checkout)
    assert (done.returncode, (checkout / ".env").read_text()) == (1, "mine\n")
    assert "there already" in done.stderr
