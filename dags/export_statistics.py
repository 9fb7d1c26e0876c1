"""Exports accounts' statistics as CSV, XLSX and PDF: all accounts every night, and what people ask for.

The schedule makes the same files in the same place for the same date (`nightly/2026-11-20/@username/…`), whenever it runs:
clear a run, or trigger one with *as at night* and that logical date, to make a date's files again. Runs that the Exports
page or the API start bring an export with them: their run id is its id, and the form tells what was asked.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, CronTriggerTimetable, Param, dag, get_current_context, task

from import_export.airflow_tasks import (
    LITTLE_PATIENCE,
    PATIENCE,
    account_choices,
    export_run,
    settings,
    task_context,
)
from import_export.exports.contents import TITLES, Content
from import_export.exports.periods import FRAMES
from import_export.exports.report import Page
from import_export.exports.requests import ALL, Format
from import_export.services.export_delivery import deliver_export
from import_export.services.export_lanes import ExportLane
from import_export.services.exporting import (
    close_export,
    export_id_of,
    export_lane,
    plan_export,
    uris_of,
)
from import_export.services.notifying import send_notifications

SETTINGS = settings()
EXPORTS = Asset(name="import_export_exports", uri="import-export://exports")


def _several(kind: type[Format | Content | Page], title: str, told: str, **more: Any) -> Param:
    return Param(
        None,
        type=["null", "array"],
        items={"type": "string", "enum": [each.value for each in kind]},
        examples=[each.value for each in kind],
        title=title,
        description_md=told,
        **more,
    )


@dag(
    # Without a start date: a new installation waits for its first night instead of making the last one.
    schedule=CronTriggerTimetable(SETTINGS.export_schedule, timezone=SETTINGS.time_zone)
    if SETTINGS.export_schedule
    else None,
    catchup=False,
    is_paused_upon_creation=False,
    default_args={"owner": "import_export", **PATIENCE},
    tags=["import_export"],
    doc_md=__doc__,
    params={
        "accounts": Param(
            None,
            type=["null", "array"],
            items={"type": "string", "maxLength": 101},
            examples=[ALL, *account_choices()],
            title="Accounts",
            description_md=f"Several may be chosen; `{ALL}`: every account.",
        ),
        "more_accounts": Param(
            None,
            type=["null", "string"],
            title="Other accounts",
            description_md="Ids or usernames that the list above does not offer, separated by commas.",
        ),
        "formats": _several(Format, "Formats", "What kinds of files."),
        "contents": _several(
            Content,
            "Contents of CSV",
            "A file for each; none: all of them.",
            values_display={each.value: TITLES[each]["en"] for each in Content},
        ),
        "pages": _several(Page, "Pages of PDF", "None: all of them."),
        "date_frame": Param(
            None,
            type=["null", "integer"],
            enum=[None, *FRAMES],
            title="Days",
            description_md="So many days back from each account's newest data; none, and no days below: 28.",
        ),
        "start": Param(None, type=["null", "string"], format="date", title="First day"),
        "end": Param(None, type=["null", "string"], format="date", title="Last day"),
        "language": Param(
            SETTINGS.export_language,
            enum=["id", "en"],
            title="Language",
        ),
        "nightly": Param(
            False,
            type="boolean",
            title="As at night",
            description_md="What the schedule makes for the logical date of this run; the rest of the form is not looked at.",
        ),
    },
)
def export_statistics() -> None:
    """Plan → lanes over accounts → deliver → finish → notify."""

    @task
    def plan() -> list[dict[str, Any]]:
        with task_context() as context:
            return [asdict(lane) for lane in plan_export(context, export_run())]

    @task(map_index_template="{{ lane }}", execution_timeout=timedelta(hours=12))
    def export(lane: dict[str, Any]) -> None:
        get_current_context()["lane"] = lane["label"]
        with task_context() as context:
            export_lane(context, ExportLane(**lane))

    # all_done, here and below: what was made is delivered and told, whatever became of the rest.
    @task(trigger_rule="all_done", pool=SETTINGS.archive_pool)
    def deliver() -> int:
        with task_context() as context:
            return deliver_export(context, export_id_of(context, export_run()))

    @task(trigger_rule="all_done", outlets=[EXPORTS])
    def finish() -> str:
        with task_context() as context:
            export_id = export_id_of(context, export_run())
            line = close_export(context, export_id)
            get_current_context()["outlet_events"][EXPORTS].extra = {
                "export_id": export_id,
                "kind": line.export.kind.value,
                "state": line.state.value,
                "files": uris_of(context, export_id),
            }
            return line.state.value

    # A teardown: as in import_batch.
    @task(**LITTLE_PATIENCE)
    def notify() -> int:
        with task_context() as context:
            return send_notifications(context, export_id_of(context, export_run()))

    export.expand(lane=plan()) >> deliver() >> finish() >> notify().as_teardown()


export_statistics()
