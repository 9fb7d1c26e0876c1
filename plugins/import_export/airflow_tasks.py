"""What the DAGs' tasks have in common: the context of a run, faults as Airflow knows them, and the sensor."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, timedelta
from typing import Any

import MySQLdb
from airflow.configuration import conf
from airflow.sdk import Asset, AssetAlias, BaseSensorOperator, get_current_context
from airflow.sdk.exceptions import AirflowFailException

from import_export.announcing.metrics import seconds
from import_export.archive.drop_folder import thing_from_event
from import_export.archive.drop_trigger import DropFolderTrigger
from import_export.errors import ImportExportError, SettingsError, TerminalError
from import_export.services.accounts import list_accounts
from import_export.services.assembly import assemble
from import_export.services.context import Context
from import_export.services.dropping import claimed_keys
from import_export.services.exporting import Run
from import_export.services.finishing import finish_batch
from import_export.services.lanes import Lane
from import_export.services.loaded import loaded_tables
from import_export.services.maintenance import Findings, Life, Step, Work, recorded
from import_export.services.maintenance import Run as MaintenanceRun
from import_export.services.receiving import batch_id_of, claim_things, table_names
from import_export.services.recovering import recover
from import_export.settings import SECTION, Settings, load

log = logging.getLogger(__name__)

OFFERED_ACCOUNTS = 1000
"""A form with more accounts to choose from is slow, and no help."""

PATIENCE: Mapping[str, Any] = {
    "retries": 12,
    "retry_delay": timedelta(seconds=5),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(seconds=60),
}
"""How long a task tries again while a database or an archive is away: about ten minutes, at most a minute apart."""

LITTLE_PATIENCE: Mapping[str, Any] = {**PATIENCE, "retries": 2}
"""For what is tried again later all the same: a mail server that is away must not keep a run from its end."""

LOADED = AssetAlias("import_export_loaded")
"""Stands for the assets `import_export://TABLE` of the tables that a batch turns out to load."""


def setting(key: str) -> str | None:
    """The text of a setting in Airflow's configuration, None when it is not set."""
    text: str | None = conf.get(SECTION, key, fallback=None)
    return text


def settings() -> Settings:
    """This installation's settings; raises `SettingsError`."""
    return load(setting)


def pools() -> tuple[str, str]:
    """The pools of the tasks that load, and of those that archive. Airflow's own while a setting is wrong.

    DAG files ask, and a wrong setting must not take a DAG away: its runs fail in their first task, which tells what is wrong.
    """
    try:
        found = settings()
    except SettingsError as fault:
        log.warning("the tasks are in Airflow's default pool: %s", fault)
        return "default_pool", "default_pool"
    return found.load_pool, found.archive_pool


@contextmanager
def task_context() -> Iterator[Context]:
    """The context for the body of a task. A fault that no retry would cure fails the task at once."""
    ti = get_current_context()["ti"]
    try:
        yield assemble(setting, actor=f"{ti.dag_id}/{ti.run_id}/{ti.task_id}")
    except TerminalError as fault:
        raise AirflowFailException(str(fault)) from fault


def on_lane(step: str, work: Callable[[Context, Lane], None], lane: dict[str, Any]) -> None:
    """Do one step's work on a lane, under the lane's name in the grid, and measure it."""
    get_current_context()["lane"] = lane["label"]
    with task_context() as context, seconds(step):
        work(context, Lane.from_xcom(lane))


def table_choices() -> list[str]:
    """The tables for a form's dropdown. Only `auto` while the database is away: a form must not break the DAG."""
    try:
        return table_names(assemble(setting, actor="form"))
    except ImportExportError:
        return ["auto"]


def account_choices() -> list[str]:
    """The accounts for a form; the first ones where there are very many, none while the database is away or not filled."""
    try:
        accounts = list_accounts(assemble(setting, actor="form"))
    except (ImportExportError, MySQLdb.Error) as fault:
        log.warning("the form offers no accounts: %s", fault)
        return []
    return [f"@{account.username}" for account in accounts[:OFFERED_ACCOUNTS]]


def export_run() -> Run:
    """The run in which a task of `export_statistics` is."""
    airflow = get_current_context()
    run, form = airflow["dag_run"], dict(airflow["params"])
    by_schedule = run.run_type in ("scheduled", "backfill")
    others = (form.pop("more_accounts", None) or "").split(",")
    accounts = [*(form.pop("accounts", None) or ()), *others]
    return Run(
        run_id=run.run_id,
        nightly=bool(form.pop("nightly", False)) or by_schedule,
        at=run.logical_date or run.run_after,
        form={**form, "accounts": accounts},
    )


def close_batch() -> str:
    """The body of `finish`: close the run's batch, and with the task's success tell which tables were loaded."""
    airflow = get_current_context()
    began = airflow["dag_run"].start_date
    batch_id = batch_id_of(airflow["run_id"])
    with task_context() as context:
        status = finish_batch(context, batch_id, began and began.astimezone(UTC).replace(tzinfo=None))
        tell_loaded(context, batch_id)
        return status.value


def tell_loaded(context: Context, batch_id: str) -> None:
    """Emit an event of each table's asset into which files of the batch were loaded.

    Airflow keeps the events of a task that succeeds, and no others; what it has of the batch is not told twice, however
    the batch's end came again.
    """
    airflow = get_current_context()
    with context.jobs() as jobs:
        received = jobs.batch(batch_id).received_at
    earlier = airflow["inlet_events"][LOADED].after(f"{received.isoformat()}Z")
    told = {job_id for event in earlier for job_id in event.extra["jobs"]}
    for table in loaded_tables(context, batch_id, told):
        airflow["outlet_events"][LOADED].add(Asset(table.uri), extra=table.extra)


def maintained(step: Step, work: Work) -> dict[str, int]:
    """Do a step of the maintenance in this task's run; give its counts."""
    return dict(_maintained(step, work).counts)


def recovered() -> list[str]:
    """Find what broke off; give the ids of the runs that are to take it up."""
    return list(_maintained(Step.RECOVER, lambda context, run: recover(context, run, life_of)).runs)


def life_of(dag_id: str, run_ids: Sequence[str]) -> Life:
    """What Airflow knows of some runs, asked by its API for tasks: its database is out of their reach."""
    ti = get_current_context()["ti"]
    if ti.get_dr_count(dag_id=dag_id, run_ids=list(run_ids), states=["queued", "running"]):
        return Life.ALIVE
    return Life.ENDED if ti.get_dr_count(dag_id=dag_id, run_ids=list(run_ids)) else Life.NONE


def _maintained(step: Step, work: Work) -> Findings:
    airflow = get_current_context()
    params = airflow["params"]
    run = MaintenanceRun(run_id=airflow["run_id"], dry_run=params["dry_run"], everything=params["everything"])
    with task_context() as context:
        return recorded(context, run, step, work)


class DropFolderSensor(BaseSensorOperator):
    """Waits, without a worker, until something in the drop folder has settled; then claims it.

    Gives the ids of the batches, which wait for a run.
    """

    def execute(self, context: Any) -> None:
        """Hand the waiting over to the triggerer."""
        try:
            found = settings()
        except SettingsError as fault:
            raise AirflowFailException(str(fault)) from fault
        taken: list[str] = []
        if isinstance(found.drop_folder, str):
            with task_context() as ours:
                taken = claimed_keys(ours)
        self.defer(
            trigger=DropFolderTrigger(
                drop_folder=str(found.drop_folder),
                settle_seconds=found.settle_seconds,
                poll_seconds=found.poll_seconds,
                taken=taken,
            ),
            method_name=self.claim.__name__,
        )

    def claim(self, context: Any, event: list[dict[str, Any]]) -> list[str]:
        """Claim what has settled."""
        with task_context() as ours:
            return claim_things(ours, [thing_from_event(entry) for entry in event])
