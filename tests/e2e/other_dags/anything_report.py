"""Somebody else's DAG that runs when any table was loaded."""

from __future__ import annotations

from airflow.sdk import AssetAlias, dag, task


@dag(schedule=AssetAlias("import_export_loaded"), is_paused_upon_creation=False)
def anything_report() -> None:
    @task
    def report() -> None:
        pass

    report()


anything_report()
