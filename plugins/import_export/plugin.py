"""The Airflow plugin: registers what this package adds to Airflow. Every component loads it, so it stays cheap."""

from __future__ import annotations

from typing import Any

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin

from import_export.settings import SECTION, load


class ImportExportPlugin(AirflowPlugin):
    """Checks the settings when a component starts, so that a wrong one is told at once and by its name."""

    name = "import_export"

    @classmethod
    def on_load(cls, *args: Any, **kwargs: Any) -> None:
        """Raise `SettingsError` that names every setting that is missing or wrong."""
        load(lambda key: conf.get(SECTION, key, fallback=None))
