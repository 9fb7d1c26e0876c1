"""Makes the tables of the accounts' statistics import tables, so that files can be dropped for them as for any other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from import_export.errors import BadRequest
from import_export.imports.config_checks import check_filenames
from import_export.imports.table_config import table_to_config
from import_export.imports.tables import ImportTable
from import_export.services.configuring import register_table
from import_export.services.context import Context
from import_export.stores.configuration import ConfigurationStore, configuring
from import_export.stores.database import Session
from import_export.stores.describing import described_table
from import_export.stores.migrations import only_one
from import_export.stores.tables import list_tables

TITLES: Mapping[str, str] = {
    "user": "accounts",
    "user_time_zone": "time zones",
    "user_competitor": "competitors",
    "user_data": "profile numbers",
    "user_insight_reach": "reach",
    "user_insight_impressions": "impressions",
    "user_insight_online_follower": "online followers",
    "user_insight_audience_city": "cities of followers",
    "user_insight_audience_country": "countries of followers",
    "user_insight_audience_gender_age": "gender and age of followers",
    "media": "posts",
    "media_like_comment": "likes and comments of posts",
    "media_insight": "insights of posts",
    "user_hashtag_metrics": "hashtags",
}
"""The tables, those first that others refer to, and what staff see them as."""
_FLAGS: Mapping[str, str] = {"has_problems": "0", "is_archived": "0", "is_userid_valid": "1"}
"""MySQL has numbers for them; with what stands there when a file says nothing."""
_WRITTEN = frozenset({"biography", "caption"})
"""Texts that people wrote, in which blanks at the ends are theirs."""


def register_statistics_tables(context: Context) -> list[str]:
    """Register those tables of the statistics that are no import tables yet; tell what was done.

    Staff's changes are left alone: also a table whose configuration they removed, which they may register again. When
    the statistics are in another database by now, the import tables follow.
    """
    with context.database.session() as waiting, only_one(waiting):
        with context.configuration.session() as session:
            told = _move(context, session)
            tables = list_tables(session)
            configs = [
                _config(session, name, context.statistics.name, tables)
                for name in _missing(ConfigurationStore(session), tables)
            ]
        for config in configs:
            register_table(context, config, database=context.statistics.name)
            told.append(f"table {config['table_name']} of {context.statistics.name} is an import table")
    mine = {table.table_name for table in tables if table.database is None}
    return told + [
        f"table {name} of {context.statistics.name} is no import table: one of this name is there already"
        for name in TITLES
        if name in mine
    ]


def _move(context: Context, session: Session) -> list[str]:
    """Let the import tables be in the database that the settings name."""
    told: list[str] = []
    with configuring(session), session.transaction():
        store = ConfigurationStore(session)
        for table in list_tables(session):
            if table.database in (None, context.statistics.name):
                continue
            moved = replace(table, database=context.statistics.name)
            store.set_database(table, context.statistics.name)
            store.add_version(moved, by=context.actor, now=context.clock())
            store.audit(
                actor=context.actor,
                action="database changed",
                subject=table.table_name,
                old=table_to_config(table),
                new=table_to_config(moved),
                now=context.clock(),
            )
            told.append(f"import table {table.table_name} is now in {context.statistics.name}")
    return told


def _missing(store: ConfigurationStore, tables: Iterable[ImportTable]) -> list[str]:
    """The tables that were never import tables."""
    known = {table.table_name for table in tables}
    return [
        name
        for name in TITLES
        if name not in known and not any(each.config.get("database") for each in store.versions(name))
    ]


def _config(session: Session, name: str, database: str, tables: Sequence[ImportTable]) -> dict[str, Any]:
    columns = [_column(column) for column in described_table(session, name, database).columns]
    return {
        "table_name": name,
        "display_name": f"Account statistics: {TITLES[name]}",
        "allowed_filename": ", ".join(_free_names(name, tables)),
        "columns": columns,
    }


def _column(described: Mapping[str, Any]) -> dict[str, Any]:
    column = dict(described)
    if column["name"] in _FLAGS:
        column |= {"type": "bool", "default": _FLAGS[column["name"]]}
    if column["name"] in _WRITTEN:
        column["trim"] = False
    if column["type"] in ("date", "datetime"):
        column["date_formats"] = ["yyyy-mm-dd"]
    return column


def _free_names(name: str, tables: Iterable[ImportTable]) -> list[str]:
    """The names of the table's files (`user`, `user_20260131`), but for those that are another table's already.

    Only digits may follow: `user_*` would be `user_data` and all the others, too.
    """
    return [
        wanted for wanted in (name, f"{name}_[0-9]*") if not any(_taken(wanted, table) for table in tables)
    ]


def _taken(filename: str, other: ImportTable) -> bool:
    try:
        check_filenames(ImportTable("", "", (), allowed_filename=filename), other)
    except BadRequest:
        return True
    return False
