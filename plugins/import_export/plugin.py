"""The Airflow plugin: registers what this package adds to Airflow. Every component loads it, so it stays cheap."""

from __future__ import annotations

import asyncio
from typing import Any

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin

from import_export.settings import SECTION, load

PREFIX = "/import-export"


class LazyApp:
    """The app, made when the first request comes: only Airflow's API server ever needs it."""

    def __init__(self) -> None:
        self._app: Any = None
        self._making = asyncio.Lock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand a request on to the app."""
        if self._app is None:
            async with self._making:
                if self._app is None:
                    self._app = await asyncio.to_thread(_make)
        await self._app(scope, receive, send)


def _make() -> Any:
    from import_export.web.serving import installed_app

    return installed_app()


class ImportExportPlugin(AirflowPlugin):
    """Adds the REST API and the pages; checks the settings when a component starts, so that a wrong one is told at once."""

    name = "import_export"
    fastapi_apps = [{"app": LazyApp(), "url_prefix": PREFIX, "name": "import_export"}]  # noqa: RUF012 - as Airflow has it
    external_views = [  # noqa: RUF012
        {
            "name": "Import/Export",
            "href": f"{PREFIX}/",
            "destination": "nav",
            "nav_top_level": True,
            "url_route": "import-export",
            "icon": f"{PREFIX}/static/icon.svg",
            "icon_dark_mode": f"{PREFIX}/static/icon-dark.svg",
        }
    ]

    @classmethod
    def on_load(cls, *args: Any, **kwargs: Any) -> None:
        """Raise `SettingsError` that names every setting that is missing or wrong."""
        load(lambda key: conf.get(SECTION, key, fallback=None))
