"""The environment of a private Airflow: everything under the stack's folder, tuned to react quickly on two cores."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from devtools.drive_stand_in.account import DRIVE_ID
from devtools.drive_stand_in.account import connection as drive_connection
from devtools.local import HOST, REPOSITORY, Local, write_private
from devtools.postgres import uri as postgres_uri

USERNAME = "admin"
_CALLERS = ("AIRFLOW__", "AIRFLOW_CONN_", "AIRFLOW_VAR_")


def components(known: dict[str, Any]) -> dict[str, list[str]]:
    """The processes of Airflow by their names, each with its command.

    The scheduler and the triggerer would serve their logs to the whole network, so one server of the same logs that
    listens on this machine only takes their place.
    """
    logs = ["--factory", "airflow.utils.serve_logs.log_server:get_app", "--no-access-log"]
    python = [sys.executable, "-m"]
    return {
        "airflow-api-server": [*python, "airflow", "api-server"],
        "airflow-scheduler": [*python, "airflow", "scheduler", "--skip-serve-logs"],
        "airflow-dag-processor": [*python, "airflow", "dag-processor"],
        "airflow-triggerer": [*python, "airflow", "triggerer", "--skip-serve-logs"],
        "airflow-logs": [*python, "uvicorn", *logs, "--host", HOST, "--port", str(known["log_port"])],
    }


def airflow_environment(
    local: Local, known: dict[str, Any], mysql_uri: str, drive_url: str = ""
) -> dict[str, str]:
    """All of Airflow's settings and ours. `drive_url`: the stand-in of Google Drive that is the archive, if there is one.

    Single settings, connections and variables in the caller's environment win over these; another Airflow's home or
    configuration file is left alone.
    """
    home = local.root / "airflow"
    home.mkdir(parents=True, exist_ok=True)
    passwords = home / "passwords.json"
    _remember_password(passwords, known["password"])
    url = f"http://{HOST}:{known['web_port']}"
    ours: dict[str, Any] = {
        "drop_folder": local.root / "drop",
        "work_folder": local.root / "work",
        "done_folder": local.root / "done",
        "failed_folder": local.root / "failed",
        "archive_path": local.root / "archive",
    }
    for folder in ours.values():
        folder.mkdir(parents=True, exist_ok=True)
    connections = {"AIRFLOW_CONN_IMPORT_EXPORT_MYSQL": mysql_uri}
    if drive_url:
        ours |= {"archive": "google_drive", "gdrive_conn_id": "drive_stand_in", "gdrive_folder_id": DRIVE_ID}
        connections["AIRFLOW_CONN_DRIVE_STAND_IN"] = drive_connection(drive_url)
    settings = {
        "core": {
            "dags_folder": REPOSITORY / "dags",
            "plugins_folder": REPOSITORY / "plugins",
            "load_examples": False,
            "executor": "LocalExecutor",
            "hostname_callable": "devtools.local.hostname",
            # Tasks wait for MySQL more than they compute: more of them than cores, but not many.
            "parallelism": 8,
            "max_active_runs_per_dag": 4,
            "dags_are_paused_at_creation": False,
            "fernet_key": known["fernet_key"],
            "execution_api_server_url": f"{url}/execution/",
            "simple_auth_manager_users": f"{USERNAME}:admin",
            "simple_auth_manager_passwords_file": passwords,
        },
        "database": {
            "sql_alchemy_conn": postgres_uri(local),
            # With Airflow's own 15 connections, 40 requests at once can keep each other waiting for half a minute.
            "sql_alchemy_max_overflow": 50,
        },
        "api": {
            "host": HOST,
            "port": known["web_port"],
            "base_url": url,
            "workers": 1,
            "secret_key": known["api_secret"],
        },
        "api_auth": {"jwt_secret": known["jwt_secret"]},
        "logging": {
            "base_log_folder": home / "logs",
            "worker_log_server_port": known["log_port"],
            "trigger_log_server_port": known["log_port"],
        },
        "scheduler": {
            "scheduler_idle_sleep_time": 0.2,
            "scheduler_heartbeat_sec": 1,
            # A worker that was killed is noticed after half a minute.
            "task_instance_heartbeat_sec": 5,
            "task_instance_heartbeat_timeout": 30,
            "task_instance_heartbeat_timeout_detection_interval": 5,
        },
        "dag_processor": {"min_file_process_interval": 30, "refresh_interval": 30},
        "import_export": ours,
    }
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW_CONFIG": str(home / "airflow.cfg"),
        "PYTHONPATH": os.pathsep.join((str(REPOSITORY / "plugins"), str(REPOSITORY))),
        **connections,
        **{
            f"AIRFLOW__{section.upper()}__{key.upper()}": str(value)
            for section, keys in settings.items()
            for key, value in keys.items()
        },
        **{name: value for name, value in os.environ.items() if name.startswith(_CALLERS)},
    }


def _remember_password(path: Path, password: str) -> None:
    """Write ours down where Airflow keeps them; those that it has made for other users stay."""
    there: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    if there.get(USERNAME) != password:
        write_private(path, json.dumps({**there, USERNAME: password}))
