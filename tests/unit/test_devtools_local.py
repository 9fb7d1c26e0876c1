"""The folder of a private stack: what is remembered, and how its processes are found and ended."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.airflow_env import airflow_environment, components
from devtools.drive import wants_stand_in
from devtools.local import Local
from devtools.postgres import uri as postgres_uri
from devtools.processes import Child, end_all, of_stack, start, wait_for
from devtools.supervising import stop

WAITS = [sys.executable, "-c", "print('up', flush=True); import time; time.sleep(300)"]
IGNORES_SIGTERM = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(300)",
]
PASSWORDS = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
LEAVES_A_GRANDCHILD = [
    sys.executable,
    "-c",
    f"import subprocess; subprocess.Popen({WAITS!r}, start_new_session=True)",
]


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    made = Local(tmp_path / "of a test")
    yield made
    end_all(made)


def _start(local: Local, command: list[str]) -> Child:
    child = start(local, "test", command)
    wait_for("the process", lambda: child.log.read_text().startswith("up"), child, 30)
    return child


def test_ports_and_passwords_stay_the_same_and_private(local: Local) -> None:
    first = local.remembered()
    assert local.remembered() == first
    assert stat.S_IMODE((local.root / "secrets.json").stat().st_mode) == 0o600
    assert len({first["web_port"], first["mysql_port"], first["log_port"]}) == 3


def test_a_port_that_another_program_took_is_replaced(local: Local) -> None:
    first = local.remembered()
    with socket.socket() as other:
        other.bind(("127.0.0.1", first["mysql_port"]))
        other.listen()
        second = local.remembered()
    assert second["mysql_port"] != first["mysql_port"]
    assert second["mysql_password"] == first["mysql_password"]


def test_who_asks_a_running_stack_moves_none_of_its_ports(local: Local) -> None:
    first = local.remembered()
    with socket.socket() as itself:
        itself.bind(("127.0.0.1", first["web_port"]))
        itself.listen()
        assert local.known() == first
    assert local.remembered() == first


def test_sockets_of_a_deep_checkout_have_a_short_path(tmp_path: Path) -> None:
    deep = Local(tmp_path.joinpath(*["a folder with a long name"] * 5))
    sockets = deep.sockets()
    try:
        assert len(str(sockets / ".s.PGSQL.5432.lock")) < 107
        assert sockets == deep.sockets()
        assert sockets != Local(tmp_path / "another").sockets()
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    finally:
        sockets.rmdir()


def test_every_process_of_a_stack_is_found_and_ended_wherever_it_went(local: Local, tmp_path: Path) -> None:
    child = start(local, "test", LEAVES_A_GRANDCHILD)
    wait_for("the grandchild", lambda: child.log.read_text().startswith("up"), None, 30)
    child.process.wait(30)
    [orphan] = of_stack(local)
    assert orphan != child.process.pid
    other = _start(Local(tmp_path / "another stack"), WAITS)
    try:
        end_all(local)
        assert of_stack(local) == []
        assert not other.ended()
    finally:
        other.stop(30)


def test_a_process_that_ignores_the_polite_request_is_ended_too(local: Local) -> None:
    child = _start(local, IGNORES_SIGTERM)
    child.stop(0.1)
    assert child.process.returncode == -signal.SIGKILL


def test_stop_leaves_a_process_alone_that_got_the_supervisors_number(local: Local) -> None:
    bystander = subprocess.Popen(WAITS, stdout=subprocess.DEVNULL)
    try:
        local.root.mkdir(parents=True)
        local.pid_file.write_text(str(bystander.pid))
        stop(local)
        assert bystander.poll() is None
        assert not local.pid_file.exists()
    finally:
        bystander.kill()
        bystander.wait()


def test_a_process_that_ends_while_it_starts_is_told_with_the_end_of_its_log(local: Local) -> None:
    child = start(local, "test", [sys.executable, "-c", "print('the disk is full')"])
    with pytest.raises(SystemExit, match=r"The server ended while it was starting(.|\n)*the disk is full"):
        wait_for("The server", lambda: False, child, 30)


def test_no_proxy_is_asked_for_this_machine(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "intranet.example")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert local.environment["NO_PROXY"] == local.environment["no_proxy"]
    assert local.environment["NO_PROXY"].startswith("intranet.example,127.0.0.1,127.0.0.2,")


def test_another_airflow_of_the_user_is_left_alone(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", "/elsewhere")
    monkeypatch.setenv("AIRFLOW_CONFIG", "/elsewhere/airflow.cfg")
    monkeypatch.setenv("AIRFLOW__CORE__PARALLELISM", "3")
    found = airflow_environment(local, local.remembered(), "mysql://u:p@db/d")
    assert found["AIRFLOW_HOME"] == str(local.root / "airflow")
    assert found["AIRFLOW_CONFIG"] == str(local.root / "airflow" / "airflow.cfg")
    assert found["AIRFLOW__CORE__PARALLELISM"] == "3"
    assert found["AIRFLOW_CONN_IMPORT_EXPORT_MYSQL"] == "mysql://u:p@db/d"


def test_passwords_that_airflow_made_for_other_users_stay(local: Local) -> None:
    known = local.remembered()
    path = Path(airflow_environment(local, known, "mysql://u:p@db/d")[PASSWORDS])
    assert json.loads(path.read_text()) == {"admin": known["password"]}
    path.write_text(json.dumps({"admin": "an older one", "viewer": "made by Airflow"}))
    airflow_environment(local, known, "mysql://u:p@db/d")
    assert json.loads(path.read_text()) == {"admin": known["password"], "viewer": "made by Airflow"}


def test_everything_of_airflow_listens_on_this_machine_only(local: Local) -> None:
    known = local.remembered()
    found = airflow_environment(local, known, "mysql://u:p@db/d")
    assert found["AIRFLOW__API__HOST"] == "127.0.0.1"
    commands = components(known)
    assert "--skip-serve-logs" in commands["airflow-scheduler"]
    assert "--skip-serve-logs" in commands["airflow-triggerer"]
    logs = commands["airflow-logs"]
    assert logs[logs.index("--host") + 1] == "127.0.0.1"


def test_a_stand_in_of_drive_becomes_the_archive_where_it_is_wanted(local: Local) -> None:
    known = local.remembered()
    assert "AIRFLOW__IMPORT_EXPORT__ARCHIVE" not in airflow_environment(local, known, "mysql://u:p@db/d")
    found = airflow_environment(local, known, "mysql://u:p@db/d", "http://127.0.0.1:1234")
    assert found["AIRFLOW__IMPORT_EXPORT__ARCHIVE"] == "google_drive"
    connection = found[f"AIRFLOW_CONN_{found['AIRFLOW__IMPORT_EXPORT__GDRIVE_CONN_ID'].upper()}"]
    assert "http://127.0.0.1:1234/token" in connection


def test_another_drive_than_the_stand_in_is_not_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMPORT_EXPORT_DRIVE", "google")
    with pytest.raises(SystemExit, match=r"DRIVE=google is unknown.*docs/google-drive\.md"):
        wants_stand_in()


def test_the_address_of_postgresql_is_escaped() -> None:
    # Not in tmp_path, which may be too long for a socket's folder.
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        local = Local(Path(short) / "a b%20")
        assert postgres_uri(local).endswith(f"host={short}/a%20b%2520/sockets")


def test_the_local_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMPORT_EXPORT_LOCAL", str(tmp_path / "x"))
    assert Local.of_environment().root == (tmp_path / "x").resolve()
    monkeypatch.delenv("IMPORT_EXPORT_LOCAL")
    assert Local.of_environment().root.name == ".local"
    assert os.fspath(Local.of_environment().run_json).endswith(".local/run.json")


def test_compiled_modules_are_kept_though_the_caller_does_not_want_them_beside_the_sources(
    local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in local.environment
    assert Path(local.environment["PYTHONPYCACHEPREFIX"]).is_relative_to(sys.prefix)
