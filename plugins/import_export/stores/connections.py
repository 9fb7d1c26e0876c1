"""Finds the database by its Airflow connection."""

from __future__ import annotations

from airflow.sdk import BaseHook

from import_export.stores.database import Database


def open_database(conn_id: str) -> Database:
    """The database behind an Airflow connection of type `mysql`; nothing is connected yet."""
    return Database(BaseHook.get_connection(conn_id))
