"""Somebody else's DAG, as docs/events.md shows it: it runs when stocks were loaded."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Asset, dag, task


@dag(schedule=Asset("import_export://stocks"), is_paused_upon_creation=False)
def stocks_report() -> None:
    @task
    def report(triggering_asset_events: Any = None) -> list[dict[str, Any]]:
        return [event.extra for event in triggering_asset_events[Asset("import_export://stocks")]]

    report()


stocks_report()
