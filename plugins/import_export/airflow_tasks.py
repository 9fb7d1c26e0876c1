"""What the DAGs' tasks have in common: the context of a run, faults as Airflow knows them, and the sensor."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import MySQLdb
from airflow.configuration import conf
from airflow.sdk import BaseSensorOperator, get_current_context
from airflow.sdk.exceptions import AirflowFailException

from import_export.archive.drop_folder import thing_from_event
from import_export.archive.drop_trigger import DropFolderTrigger
from import_export.errors import ImportExportError, SettingsError, TerminalError
from import_export.exports.mail import html_of, subject_of
from import_export.services.accounts import list_accounts
from import_export.services.assembly import assemble
from import_export.services.context import Context
from import_export.services.exporting import Run, exports_of
from import_export.services.lanes import Lane
from import_export.services.maintenance import Findings, Life, Step, Work, recorded
from import_export.services.maintenance import Run as MaintenanceRun
from import_export.services.receiving import claim_things, table_names
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


def setting(key: str) -> str | None:
    """The text of a setting in Airflow's configuration, None when it is not set."""
    text: str | None = conf.get(SECTION, key, fallback=None)
    return text


def settings() -> Settings:
    """This installation's settings; raises `SettingsError`."""
    return load(setting)


@contextmanager
def task_context() -> Iterator[Context]:
    """The context for the body of a task. A fault that no retry would cure fails the task at once."""
    ti = get_current_context()["ti"]
    try:
        yield assemble(setting, actor=f"{ti.dag_id}/{ti.run_id}/{ti.task_id}")
    except TerminalError as fault:
        raise AirflowFailException(str(fault)) from fault


def on_lane(work: Callable[[Context, Lane], None], lane: dict[str, Any]) -> None:
    """Do one step's work on a lane, under the lane's name in the grid."""
    get_current_context()["lane"] = lane["label"]
    with task_context() as context:
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


def mail_export(context: Context, export_id: str, airflow: Any) -> None:
    """Tell by e-mail that an export is made, with a link to the page of the exports; `airflow`: the task's own context."""
    # Its client is loaded by installations only that send mail.
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    found, language = context.settings, context.settings.file_language
    with exports_of(context) as exports:
        line = exports.line(export_id)
    link = f"{conf.get('api', 'base_url', fallback='').rstrip('/')}/import-export/exports"
    SmtpNotifier(
        to=list(found.export_email_to),
        from_email=found.export_email_from or None,
        subject=subject_of(line, language),
        html_content=html_of(line, link, language),
        smtp_conn_id=found.export_smtp_conn_id,
    ).notify(airflow)


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
        self.defer(
            trigger=DropFolderTrigger(
                drop_folder=str(found.drop_folder),
                settle_seconds=found.settle_seconds,
                poll_seconds=found.poll_seconds,
            ),
            method_name=self.claim.__name__,
        )

    def claim(self, context: Any, event: list[dict[str, Any]]) -> list[str]:
        """Claim what has settled."""
        with task_context() as ours:
            return claim_things(ours, [thing_from_event(entry) for entry in event])
