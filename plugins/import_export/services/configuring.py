"""Staff's changes of the configuration: import tables, columns, aliases. Each is checked, made, versioned and audited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from import_export.errors import BadRequest, LayoutChanged, NotFound
from import_export.imports.config_checks import check_identifier, check_table, plain
from import_export.imports.table_changes import Change, changed
from import_export.imports.table_config import (
    table_from_config,
    table_to_config,
)
from import_export.imports.tables import Column, ImportTable
from import_export.services.context import Context
from import_export.stores.configuration import AuditEntry, ConfigurationStore, Version, configuring
from import_export.stores.database import Session
from import_export.stores.describing import described_table
from import_export.stores.making_tables import drop_table, fit_table, make_table
from import_export.stores.mysql_layout import fitted
from import_export.stores.rehashing import store_hashes
from import_export.stores.tables import list_tables

_PRODUCTS_OWN = "import_"
_OWN_TABLES = frozenset(
    {
        *(
            "audit_log",
            "column_aliases",
            "corrections",
            "dropped_objects",
            "expected_files",
            "file_deadlines",
            "idempotency_keys",
            "notification_addresses",
            "notifications",
            "table_versions",
        ),
        *("exports", "export_accounts", "export_files"),
        "maintenance_runs",
    }
)


def find_table(tables: Sequence[ImportTable], table_name: str) -> ImportTable:
    """The table of that name; raises `NotFound`."""
    for table in tables:
        if table.table_name == table_name:
            return table
    raise NotFound(f"there is no import table '{table_name}'")


def create_table(context: Context, config: Mapping[str, Any]) -> ImportTable:
    """Make a new import table, in MySQL too; raises `BadRequest`."""
    table = plain(table_from_config({**config, "has_helpers": True, "database": None}))
    check_identifier("table", table.table_name)
    if table.table_name.startswith(_PRODUCTS_OWN):
        raise BadRequest(
            f"table name '{table.table_name}': names that begin with '{_PRODUCTS_OWN}' are the product's own"
        )
    with context.configuration.session() as session, configuring(session):
        store = ConfigurationStore(session)
        tables = list_tables(session)
        check_table(table, tables, new_names=[column.name for column in table.columns])
        if table.table_name in {name.lower() for name in store.mysql_tables()}:
            raise BadRequest(
                f"the database has a table '{table.table_name}' already; choose another name, or register that table"
            )
        make_table(session, table)
        try:
            return _write_new(context, session, table, "table created")
        except BaseException:
            drop_table(session, table)  # just made, and empty
            raise


def register_table(
    context: Context, config: Mapping[str, Any], *, database: str | None = None
) -> ImportTable:
    """Take an existing MySQL table as an import table; without `columns`, all that it has. Nothing of it is changed.

    A table that the product made, or one of the accounts' statistics, whose configuration was removed, is again as it
    was configured. `database`: the one that has the table; None: ours, else that of the statistics.
    """
    name = str(config.get("table_name") or "")
    with context.configuration.session() as session, configuring(session):
        store = ConfigurationStore(session)
        if database is None and name not in store.mysql_tables():
            database = context.statistics.name
        if database is not None and name not in store.mysql_tables(database):
            raise NotFound(f"the database has no table '{name}'")
        tables = list_tables(session)
        if name in {table.table_name for table in tables}:
            raise BadRequest(f"table '{name}' is an import table already")
        if _is_own(name):
            raise BadRequest(f"table '{name}' is the product's own")
        described = described_table(session, name, database)
        kept = [
            each
            for each in store.versions(name)
            if described.made_here or (database and each.config.get("database"))
        ]
        known = {"columns": described.columns, **(kept[0].config if kept else {})}
        wanted = {key: value for key, value in config.items() if value is not None}
        fixed = {"has_helpers": described.made_here, "database": database}
        table = plain(table_from_config({**known, **wanted, **fixed}))
        check_table(table, tables)
        _check_fits(session, table)
        return _write_new(context, session, table, "table registered")


def registrable_tables(context: Context) -> list[str]:
    """Tables of the database, and of the accounts' statistics, that could be registered."""
    with context.database.session() as session:
        store = ConfigurationStore(session)
        known = {table.table_name for table in list_tables(session)}
        found = dict.fromkeys([*store.mysql_tables(), *store.mysql_tables(context.statistics.name)])
        return [name for name in found if name not in known and not _is_own(name)]


def change_table(
    context: Context, table_name: str, change: Change, *, action: str = "table changed", drop: bool = False
) -> ImportTable:
    """Change a table's configuration, and MySQL's table where the product made it.

    Columns that are gone keep their data in MySQL unless `drop`. Raises `NotFound`, `BadRequest`, `LayoutChanged`.
    """
    with context.configuration.session() as session, configuring(session):
        tables = list_tables(session)
        old = find_table(tables, table_name)
        new = changed(old, change)
        if new == old:
            return old
        known = {column.name for column in old.columns}
        if drop and old.database and not known <= {column.name for column in new.columns}:
            raise BadRequest(
                f"table '{table_name}' is one of the database '{old.database}', whose data is not the product's to drop"
            )
        others = [table for table in tables if table.table_name != table_name]
        made = [column.name for column in new.columns if column.name not in known] if new.has_helpers else []
        check_table(new, others, new_names=made)
        # MySQL commits with each ALTER; what must end together, and keeps loads out until then, is on another connection.
        with context.configuration.session() as writing, writing.transaction():
            store = ConfigurationStore(writing)
            hashes = None
            if new.has_helpers:
                hashes = fit_table(
                    session, old, new, drop=drop, alone=lambda: store.keep_loads_out(table_name)
                )
            _check_fits(session, new)
            if hashes is not None:
                store_hashes(writing, new, hashes)
            if not store.versions(table_name):
                store.add_version(old, by=context.actor, now=context.clock())
            store.change_table(old, new)
            _keep(context, store, new, action, table_to_config(old))
        return find_table(list_tables(session), table_name)


def remove_table(context: Context, table_name: str, *, drop: bool = False) -> None:
    """Remove an import table's configuration. MySQL's table goes with all of its rows only when `drop`."""
    with context.configuration.session() as session, configuring(session):
        table = find_table(list_tables(session), table_name)
        if drop and not table.has_helpers:
            raise BadRequest(
                f"table '{table_name}' was not made by the product, so its data is not the product's to drop"
            )
        with context.configuration.session() as writing, writing.transaction():
            store = ConfigurationStore(writing)
            if drop:
                store.keep_loads_out(table_name)
                # First, so that a removal that breaks off can be made again.
                drop_table(session, table)
            store.add_version(table, by=context.actor, now=context.clock())
            store.remove_table(table)
            action = "table removed with its data" if drop else "table removed"
            store.audit(
                actor=context.actor,
                action=action,
                subject=table_name,
                old=table_to_config(table),
                now=context.clock(),
            )


def table_of_column(context: Context, column_id: int) -> tuple[ImportTable, Column]:
    """The column of that id and its table; raises `NotFound`."""
    for table in all_tables(context):
        for column in table.columns:
            if column.id == column_id:
                return table, column
    raise NotFound(f"there is no column {column_id}")


def alias_of(context: Context, alias_id: int) -> tuple[int, str]:
    """The column's id and the text of an alias; raises `NotFound`."""
    for each, column_id, text in aliases(context):
        if each == alias_id:
            return column_id, text
    raise NotFound(f"there is no alias {alias_id}")


def aliases(context: Context) -> list[tuple[int, int, str]]:
    """All aliases: id, the column's id, text."""
    with context.database.session() as session:
        return ConfigurationStore(session).aliases()


def all_tables(context: Context) -> tuple[ImportTable, ...]:
    """All import tables."""
    with context.database.session() as session:
        return list_tables(session)


def versions(context: Context, table_name: str) -> list[Version]:
    """A table's saved configurations, newest first."""
    with context.database.session() as session:
        return ConfigurationStore(session).versions(table_name)


def audit_log(context: Context, *, subject: str | None, before: int | None, most: int) -> list[AuditEntry]:
    """Who changed what, newest first."""
    with context.database.session() as session:
        return ConfigurationStore(session).audit_log(subject=subject, before=before, most=most)


def _is_own(table_name: str) -> bool:
    """Whether the product keeps its own things in a table."""
    return table_name in _OWN_TABLES or table_name.startswith((_PRODUCTS_OWN, "_yoyo", "yoyo_"))


def _write_new(context: Context, session: Session, table: ImportTable, action: str) -> ImportTable:
    with session.transaction():
        store = ConfigurationStore(session)
        store.add_table(table)
        _keep(context, store, table, action, None)
    return find_table(list_tables(session), table.table_name)


def _keep(context: Context, store: ConfigurationStore, table: ImportTable, action: str, old: Any) -> None:
    now = context.clock()
    store.add_version(table, by=context.actor, now=now)
    store.audit(
        actor=context.actor,
        action=action,
        subject=table.table_name,
        old=old,
        new=table_to_config(table),
        now=now,
    )


def _check_fits(session: Session, table: ImportTable) -> None:
    try:
        fitted(session, table)
    except LayoutChanged as fault:
        raise LayoutChanged(f"table '{table.table_name}': {fault}") from fault
