"""Puts the use cases' context together from Airflow's configuration and connections."""

from __future__ import annotations

from import_export.archive.opening import open_archive
from import_export.services.context import Context
from import_export.settings import Getter, load
from import_export.stores.connections import open_database


def assemble(get: Getter, *, actor: str) -> Context:
    """The context of this installation; raises `SettingsError` that names what is missing or wrong."""
    settings = load(get)
    return Context(
        settings=settings,
        database=open_database(settings.mysql_conn_id),
        open_archive=lambda: open_archive(settings),
        actor=actor,
    )
