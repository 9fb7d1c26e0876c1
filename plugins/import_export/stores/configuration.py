"""Writes the configuration of import tables, its versions, and the audit log."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import MySQLdb

from import_export.errors import JobBusy
from import_export.imports.table_config import table_to_config
from import_export.imports.tables import Column, ImportTable
from import_export.stores.database import BUSY, LOCK_SECONDS, Session
from import_export.stores.queries import queries

LOADS_SECONDS = 15
"""How long a change of a MySQL table waits for loads of it to end."""


@dataclass(frozen=True, slots=True)
class Version:
    """A table's configuration as it was saved."""

    version: int
    config: Mapping[str, Any]
    saved_at: datetime
    saved_by: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who changed what, when (UTC)."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    old: Any
    new: Any


@contextmanager
def configuring(session: Session) -> Iterator[None]:
    """Be the only one who changes the configuration, until the end; raises `JobBusy`."""
    [(taken,)] = session.rows(
        "SELECT GET_LOCK(CONCAT('import_export.configure.', LEFT(SHA2(DATABASE(), 256), 32)), %s)",
        (LOCK_SECONDS,),
    )
    if taken != 1:
        raise JobBusy("somebody else is changing the configuration")
    try:
        yield
    finally:
        session.rows(
            "SELECT RELEASE_LOCK(CONCAT('import_export.configure.', LEFT(SHA2(DATABASE(), 256), 32)))"
        )


class ConfigurationStore:
    """The configuration as seen through one session; the caller owns the transaction."""

    def __init__(self, session: Session) -> None:
        self._session, self._raw = session, session.raw
        self._sql = queries("configuration")

    def keep_loads_out(self, table_name: str) -> None:
        """Be alone with the table until the transaction ends; raises `JobBusy` when loads of it do not end soon."""
        self._session.execute("SET SESSION innodb_lock_wait_timeout = %s", (LOADS_SECONDS,))
        try:
            list(queries("tables").own_table(self._raw, table_name=table_name))
        except MySQLdb.Error as error:
            if error.args and error.args[0] in BUSY:
                raise JobBusy(f"files are being loaded into table '{table_name}'; try again later") from error
            raise
        finally:
            # The connection may be one that is kept, and serves others afterwards.
            self._session.execute("SET SESSION innodb_lock_wait_timeout = %s", (LOCK_SECONDS,))

    def add_table(self, table: ImportTable) -> None:
        """Write a new table with its columns and aliases."""
        self._sql.add_table(
            self._raw,
            table_name=table.table_name,
            database_name=table.database,
            has_helpers=table.has_helpers,
            **_of_table(table),
        )
        table_id = int(self._sql.last_id(self._raw))
        for position, column in enumerate(table.columns, start=1):
            self._add_column(table_id, position, column)

    def change_table(self, old: ImportTable, new: ImportTable) -> None:
        """Make the stored `old` what `new` is; columns are known by their names."""
        if _of_table(old) != _of_table(new):
            self._sql.set_table(self._raw, table_id=old.id, **_of_table(new))
        before = {column.name: (position, column) for position, column in enumerate(old.columns, start=1)}
        for position, column in enumerate(new.columns, start=1):
            was = before.pop(column.name, None)
            if was is None:
                self._add_column(old.id or 0, position, column)
            elif was != (position, column):
                values = _of_column(column)
                self._sql.set_column(self._raw, column_id=was[1].id, position=position, **values)
                if was[1].aliases != column.aliases:
                    self._set_aliases(was[1].id or 0, was[1].aliases, column.aliases)
        for _, column in before.values():
            self._sql.remove_column(self._raw, column_id=column.id)

    def set_database(self, table: ImportTable, database: str) -> None:
        """The MySQL table is to be found in another database from now on."""
        self._sql.set_database(self._raw, database_name=database, table_id=table.id)

    def remove_table(self, table: ImportTable) -> None:
        """Remove a table's configuration; the MySQL table is not touched."""
        self._sql.remove_table(self._raw, table_id=table.id)

    def aliases(self) -> list[tuple[int, int, str]]:
        """All aliases: id, the column's id, text."""
        return [
            (int(alias_id), int(column_id), text)
            for alias_id, column_id, text in self._sql.aliases_with_ids(self._raw)
        ]

    def add_version(self, table: ImportTable, *, by: str, now: datetime) -> None:
        """Keep the table's configuration as it is now."""
        config = json.dumps(table_to_config(table), ensure_ascii=False)
        self._sql.add_version(
            self._raw, table_name=table.table_name, config=config, now=now, saved_by=by[:255]
        )

    def versions(self, table_name: str) -> list[Version]:
        """A table's saved configurations, newest first."""
        return [
            Version(version, json.loads(config), at, by)
            for version, config, at, by in self._sql.versions(self._raw, table_name=table_name)
        ]

    def audit(
        self, *, actor: str, action: str, subject: str, old: Any = None, new: Any = None, now: datetime
    ) -> None:
        """Write down who changed what."""
        self._sql.add_audit(
            self._raw,
            now=now,
            actor=actor[:255],
            action=action[:40],
            subject=subject[:255],
            old_value=None if old is None else json.dumps(old, ensure_ascii=False, default=str),
            new_value=None if new is None else json.dumps(new, ensure_ascii=False, default=str),
        )

    def audit_log(
        self, *, subject: str | None = None, before: int | None = None, most: int = 100
    ) -> list[AuditEntry]:
        """Changes, newest first, from before an entry's id."""
        return [
            AuditEntry(
                entry_id,
                at,
                actor,
                action,
                of,
                json.loads(old) if old else None,
                json.loads(new) if new else None,
            )
            for entry_id, at, actor, action, of, old, new in self._sql.list_audit(
                self._raw, subject=subject, before=before, most=most
            )
        ]

    def mysql_tables(self, database: str | None = None) -> list[str]:
        """Tables of our database, or of another one of the server."""
        return [name for (name,) in self._sql.mysql_tables(self._raw, database_name=database)]

    def _add_column(self, table_id: int, position: int, column: Column) -> None:
        values = _of_column(column)
        self._sql.add_column(self._raw, table_id=table_id, position=position, name=column.name, **values)
        self._set_aliases(int(self._sql.last_id(self._raw)), (), column.aliases)

    def _set_aliases(self, column_id: int, old: tuple[str, ...], new: tuple[str, ...]) -> None:
        """Only what differs is written, so that an alias keeps its id."""
        stored = {text: alias_id for alias_id, of, text in self.aliases() if of == column_id} if old else {}
        for text in old:
            if text not in new:
                self._sql.remove_alias(self._raw, alias_id=stored[text])
        for text in new:
            if text not in old:
                self._sql.add_alias(self._raw, column_id=column_id, alias=text)


def _of_table(table: ImportTable) -> dict[str, Any]:
    return {
        "display_name": table.display_name,
        "allowed_filename": table.allowed_filename,
        "distributor_check": table.distributor_check,
        "duplicates": table.duplicates.value,
        "max_rejects": str(table.max_rejects),
        "replaces": ", ".join(str(part) for part in table.replaces),
        "delimiter": table.delimiter or "",
    }


def _of_column(column: Column) -> dict[str, Any]:
    return {
        "data_type": str(column.type),
        "is_mandatory": column.is_mandatory,
        "is_unique": column.is_unique,
        "default_value": column.default,
        "number_format": column.number_format.value,
        "date_formats": ", ".join(column.date_formats),
        "role": column.role.value if column.role else None,
        "allowed_values": json.dumps(column.allowed_values, ensure_ascii=False)
        if column.allowed_values
        else None,
        "minimum": column.minimum,
        "maximum": column.maximum,
        "pattern": column.pattern,
        "trim_blanks": column.trim,
    }
