"""The whole app of this installation, as Airflow's API server runs it: the REST API, the pages, and Airflow behind them."""

from __future__ import annotations

from airflow.configuration import conf
from airflow.sdk import BaseHook
from starlette.types import ASGIApp

from import_export.api.airflow_gate import AirflowGate
from import_export.api.app import create_app
from import_export.api.installation import Installation
from import_export.services.assembly import assemble
from import_export.services.context import Context
from import_export.settings import SECTION, load
from import_export.stores.pool import PooledDatabase
from import_export.web.pages import page_routes
from import_export.web.rendering import error_page


def installed_app() -> ASGIApp:
    """The app; raises `SettingsError` when a setting is missing or wrong."""
    settings = load(_setting)
    installation = Installation(
        gate=AirflowGate(settings.distributor_access),
        assemble=_assembled,
        base_url=conf.get("api", "base_url", fallback=""),
    )
    return create_app(installation, page_routes(), error_page)


def _assembled() -> Context:
    # Connections are kept between requests.
    return assemble(
        _setting, actor="api", opened=lambda conn_id: PooledDatabase(BaseHook.get_connection(conn_id))
    )


def _setting(key: str) -> str | None:
    text: str | None = conf.get(SECTION, key, fallback=None)
    return text
