"""What may be changed of a table's configuration: each change makes a new configuration of an old one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from import_export.errors import BadRequest
from import_export.imports.config_checks import plain
from import_export.imports.table_config import (
    column_from_config,
    column_to_config,
    table_from_config,
    table_to_config,
)
from import_export.imports.tables import Column, ImportTable, normalise_header

Change = Callable[[ImportTable], ImportTable]
"""Of an old configuration, the new one; raises `BadRequest` where the old one does not allow it."""


def changed(old: ImportTable, change: Change) -> ImportTable:
    """The configuration after a change. What the product made, and ids, stay as they are."""
    new = change(old)
    before = {column.name: column for column in old.columns}
    columns = tuple(_with_identity(column, before.get(column.name)) for column in new.columns)
    return plain(
        replace(
            new,
            columns=columns,
            table_name=old.table_name,
            id=old.id,
            has_helpers=old.has_helpers,
            database=old.database,
        )
    )


def _with_identity(column: Column, before: Column | None) -> Column:
    """The column with its id, and its aliases in the order in which they are kept."""
    if before is None:
        return replace(column, id=None)
    kept = [alias for alias in before.aliases if alias in column.aliases]
    added = [alias for alias in column.aliases if alias not in before.aliases]
    return replace(column, id=before.id, aliases=(*kept, *added))


def with_config(config: Mapping[str, Any]) -> Change:
    """A change to a whole new configuration, as a page's form or a PUT gives it; what it does not name stays."""
    return lambda old: table_from_config({**table_to_config(old), **config})


def with_column(config: Mapping[str, Any]) -> Change:
    """A change that adds a column."""

    def change(old: ImportTable) -> ImportTable:
        column = _column(config)
        if any(each.name.lower() == column.name.lower() for each in old.columns):
            raise BadRequest(f"table '{old.table_name}' has a column '{column.name}' already")
        return replace(old, columns=(*old.columns, column))

    return change


def with_changed_column(column_id: int, config: Mapping[str, Any]) -> Change:
    """A change of some of a column's properties; what `config` does not name stays."""

    def change(old: ImportTable) -> ImportTable:
        columns = tuple(
            _column({**column_to_config(column), **config, "name": column.name})
            if column.id == column_id
            else column
            for column in old.columns
        )
        return replace(old, columns=columns)

    return change


def without_column(column_id: int) -> Change:
    """A change that takes a column out."""
    return lambda old: replace(old, columns=tuple(column for column in old.columns if column.id != column_id))


def with_alias(column_id: int, alias: str) -> Change:
    """A change that adds an alias to a column; raises `BadRequest` when it stands for something already."""

    def change(old: ImportTable) -> ImportTable:
        for column in old.columns:
            if normalise_header(alias) in column.names:
                raise BadRequest(f"'{alias}' stands for column '{column.name}' already")
        return replace(
            old,
            columns=tuple(
                replace(column, aliases=(*column.aliases, alias.strip()))
                if column.id == column_id
                else column
                for column in old.columns
            ),
        )

    return change


def without_alias(column_id: int, alias: str) -> Change:
    """A change that takes an alias out."""
    return lambda old: replace(
        old,
        columns=tuple(
            replace(column, aliases=tuple(each for each in column.aliases if each != alias))
            if column.id == column_id
            else column
            for column in old.columns
        ),
    )


def _column(config: Mapping[str, Any]) -> Column:
    try:
        return column_from_config(config)
    except KeyError as missing:
        raise BadRequest(f"the column's configuration lacks {missing}") from missing
