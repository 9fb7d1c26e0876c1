"""Puts the use cases' context together from Airflow's configuration and connections."""

from __future__ import annotations

from collections.abc import Callable

from import_export.archive.opening import open_archive, open_delivery
from import_export.services.context import Context
from import_export.settings import Getter, Settings, load
from import_export.stores.connections import host_name, open_database
from import_export.stores.database import Database


def assemble(get: Getter, *, actor: str, opened: Callable[[str], Database] = open_database) -> Context:
    """The context of this installation; raises `SettingsError` that names what is missing or wrong.

    `opened` gives the database behind an Airflow connection.
    """
    settings = load(get)
    database = opened(settings.mysql_conn_id)
    return Context(
        settings=settings,
        database=database,
        statistics=database.sibling(statistics_name(settings, database)),
        open_archive=lambda: open_archive(settings),
        open_delivery=lambda: open_delivery(settings),
        actor=actor,
        worker=host_name(),
        ddl_database=opened(settings.ddl_conn_id) if settings.ddl_conn_id else None,
    )


def statistics_name(settings: Settings, database: Database) -> str:
    """The name of the database of the accounts' statistics."""
    return settings.statistics_database or f"{database.name}_statistics"
