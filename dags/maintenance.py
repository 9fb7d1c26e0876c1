"""Looks after what nobody waits for: what broke off, what waits for an archive, what is old, and whether all is well.

Each step tells what it did by its counts; they stand on the page *Maintenance*, too. One step's trouble leaves the others
alone. Trigger it with *Dry run* to see what would be done.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import CronTriggerTimetable, Param, dag, task

from import_export.airflow_tasks import maintained, recovered, settings
from import_export.services.invariants import check_invariants
from import_export.services.leftovers import tidy_up
from import_export.services.maintenance import Step, daily
from import_export.services.notifying import tell_what_is_due
from import_export.services.retention import remove_old
from import_export.services.retrying import retry_archives, retry_deliveries
from import_export.services.room import check_space

SETTINGS = settings()


@dag(
    schedule=CronTriggerTimetable(SETTINGS.maintenance_schedule, timezone=SETTINGS.time_zone)
    if SETTINGS.maintenance_schedule
    else None,
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={
        "owner": "import_export",
        "retries": 1,
        "retry_delay": timedelta(seconds=30),
        # The next run goes on with what is left.
        "execution_timeout": timedelta(hours=2),
    },
    tags=["import_export"],
    doc_md=__doc__,
    params={
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description="Only tell what would be done.",
        ),
        "everything": Param(
            False,
            type="boolean",
            title="Everything",
            description="Also what is done once a day: removing what is old, checking the invariants.",
        ),
    },
)
def maintenance() -> None:
    """Recover → start its runs; beside it archives, deliveries, leftovers, retention, disk space, messages, invariants."""

    @task
    def recover() -> list[str]:
        return recovered()

    TriggerDagRunOperator.partial(
        task_id="start_runs",
        trigger_dag_id="import_batch",
        logical_date=None,
        skip_when_already_exists=True,
        map_index_template="{{ task.trigger_run_id }}",
    ).expand(trigger_run_id=recover())

    # Side by side: each step stands for itself.
    @task(task_id=Step.ARCHIVES.value, pool=SETTINGS.archive_pool)
    def archives() -> dict[str, int]:
        return maintained(Step.ARCHIVES, retry_archives)

    @task(task_id=Step.DELIVERIES.value, pool=SETTINGS.archive_pool)
    def deliveries() -> dict[str, int]:
        return maintained(Step.DELIVERIES, retry_deliveries)

    @task(task_id=Step.LEFTOVERS.value)
    def leftovers() -> dict[str, int]:
        return maintained(Step.LEFTOVERS, tidy_up)

    @task(task_id=Step.RETENTION.value)
    def retention() -> dict[str, int]:
        return maintained(Step.RETENTION, daily(Step.RETENTION, remove_old))

    @task(task_id=Step.SPACE.value)
    def space() -> dict[str, int]:
        return maintained(Step.SPACE, check_space)

    @task(task_id=Step.MESSAGES.value)
    def messages() -> dict[str, int]:
        return maintained(Step.MESSAGES, tell_what_is_due)

    # Behind the others, whatever became of them: what they tidy up is no violation any more.
    @task(task_id=Step.INVARIANTS.value, trigger_rule="all_done")
    def invariants() -> dict[str, int]:
        return maintained(Step.INVARIANTS, daily(Step.INVARIANTS, check_invariants))

    [archives(), deliveries(), leftovers(), retention(), space(), messages()] >> invariants()


maintenance()
