"""Watches the drop folder and starts one run of `import_batch` for each thing that was dropped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import dag

from import_export.airflow_tasks import DropFolderSensor


@dag(
    schedule="@continuous",
    # Without a start date the first run's interval is empty, and the second one gets the same logical date: Airflow
    # then never makes it.
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    max_active_runs=1,
    catchup=False,
    is_paused_upon_creation=False,
    default_args={"owner": "import_export", "retries": 2, "retry_delay": timedelta(seconds=10)},
    tags=["import_export"],
    doc_md=__doc__,
)
def watch_drop_folder() -> None:
    """Sensor → claim → one run a batch."""
    batches = DropFolderSensor(task_id="wait_and_claim")

    TriggerDagRunOperator.partial(
        task_id="start_import",
        trigger_dag_id="import_batch",
        logical_date=None,
        skip_when_already_exists=True,
        map_index_template="{{ task.trigger_run_id }}",
    ).expand(trigger_run_id=batches.output)


watch_drop_folder()
