"""Imports one batch: its files are extracted, then validated, loaded and archived in a few lanes, then closed, and told.

The run's form takes files or a folder, by path or object-storage URI. Runs that the drop folder, the upload page or
the API start bring a batch with them: their run id is its batch id, and the form stays empty.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag, get_current_context, task, task_group

from import_export.airflow_tasks import (
    LITTLE_PATIENCE,
    LOADED,
    PATIENCE,
    close_batch,
    on_lane,
    pools,
    table_choices,
    task_context,
)
from import_export.services.archiving import archive_lane
from import_export.services.loading import load_lane
from import_export.services.notifying import send_notifications
from import_export.services.receiving import RunForm, batch_id_of, extract_batch, register_run
from import_export.services.validating import validate_lane

LOAD_POOL, ARCHIVE_POOL = pools()


@dag(
    schedule=None,
    is_paused_upon_creation=False,
    default_args={"owner": "import_export", **PATIENCE},
    tags=["import_export"],
    doc_md=__doc__,
    params={
        "files": Param(
            None,
            type=["null", "array"],
            items={"type": "string"},
            title="Files or folders",
            description="CSV, TXT or ZIP: paths on the server or object-storage URIs, one on each line.",
        ),
        "mode": Param(
            "both",
            enum=["both", "full", "quick"],
            title="Mode",
            description="quick: validate only. full and both: validate, then import.",
        ),
        "table_name": Param(
            "auto",
            enum=table_choices(),
            title="Table",
            description="The target table; auto: found by the file's name.",
        ),
        "dist_id": Param(
            None,
            type=["null", "string"],
            maxLength=64,
            title="Distributor",
            description="When given, the distributor in the files must fit it.",
        ),
        "force": Param(
            False,
            type="boolean",
            title="Load again",
            description="Read and load files again that were imported before, byte by byte the same.",
        ),
    },
)
def import_batch() -> None:
    """Extract → lanes of (quick_validate → load → archive) → finish → notify."""

    @task(execution_timeout=timedelta(hours=6))
    def extract() -> list[dict[str, Any]]:
        airflow = get_current_context()
        params = airflow["params"]
        form = RunForm(
            files=tuple(params["files"] or ()),
            mode=params["mode"],
            table_name=params["table_name"],
            dist_id=params["dist_id"],
            force=params["force"],
        )
        with task_context() as context:
            batch_id = register_run(context, airflow["run_id"], form)
            return [lane.to_xcom() for lane in extract_batch(context, batch_id)]

    @task(map_index_template="{{ lane }}")
    def quick_validate(lane: dict[str, Any]) -> None:
        on_lane("validate", validate_lane, lane)

    # all_done: one file's trouble in a step must not keep the lane's other files from the next one. Each step works on
    # the jobs whose status says that it is their turn, and finish tells what is left.
    @task(map_index_template="{{ lane }}", trigger_rule="all_done", pool=LOAD_POOL)
    def load(lane: dict[str, Any]) -> None:
        on_lane("load", load_lane, lane)

    @task(map_index_template="{{ lane }}", trigger_rule="all_done", pool=ARCHIVE_POOL)
    def archive(lane: dict[str, Any]) -> None:
        on_lane("archive", archive_lane, lane)

    @task_group
    def lanes(lane: dict[str, Any]) -> None:
        quick_validate(lane) >> load(lane) >> archive(lane)

    # Its inlet is what it told before.
    @task(trigger_rule="all_done", inlets=[LOADED], outlets=[LOADED])
    def finish() -> str:
        return close_batch()

    # A teardown, because Airflow leaves those out when it derives a run's state: a mail server that is away makes this
    # task red, and no import.
    @task(**LITTLE_PATIENCE)
    def notify() -> int:
        with task_context() as context:
            return send_notifications(context, batch_id_of(get_current_context()["run_id"]))

    lanes.expand(lane=extract()) >> finish() >> notify().as_teardown()


import_batch()
