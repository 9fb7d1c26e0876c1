"""What Airflow tells of the installation: the database behind a connection, and the name of this machine."""

from __future__ import annotations

from functools import cache

from airflow.sdk import BaseHook
from airflow.utils.net import get_hostname

from import_export.stores.database import Database


def open_database(conn_id: str) -> Database:
    """The database behind an Airflow connection of type `mysql`; nothing is connected yet."""
    return Database(BaseHook.get_connection(conn_id))


@cache
def host_name() -> str:
    """What Airflow calls this machine (its `hostname_callable`), as in its task instances; it may ask a name server."""
    return str(get_hostname())
