"""Columns of import tables and their aliases."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from import_export.api import bodies, table_bodies, views
from import_export.api.access import Access, needs
from import_export.api.installation import Call, CallDep
from import_export.api.tables_router import TableName, one_type, table_named
from import_export.errors import NotFound
from import_export.imports.table_changes import (
    with_alias,
    with_changed_column,
    with_column,
    without_alias,
    without_column,
)
from import_export.services import configuring

router = APIRouter(prefix="/api", tags=["columns"])

Id = Annotated[int, Path(ge=1, le=2**53)]


@router.get("/tables/{name}/columns", response_model=bodies.Answer[list[table_bodies.ColumnOut]])
@needs(Access.READ)
def columns(call: CallDep, name: TableName) -> Any:
    """The columns of a table with their aliases."""
    aliases = configuring.aliases(call.context)
    return {"data": [views.column_out(column, aliases) for column in table_named(call, name).columns]}


@router.post("/tables/{name}/columns", status_code=201, response_model=bodies.Answer[table_bodies.ColumnOut])
@needs(Access.CONFIGURE)
def add(call: CallDep, name: TableName, body: table_bodies.ColumnIn) -> Any:
    """Add a column, to the MySQL table too where the product made it."""
    change = with_column(one_type(body.model_dump(mode="json", exclude_unset=True)))
    table = configuring.change_table(call.context, name, change, action="column added")
    return {"data": _out(call, table.column(body.name).id or 0)}


@router.put("/columns/{column_id}", response_model=bodies.Answer[table_bodies.ColumnOut])
@needs(Access.CONFIGURE)
def change(call: CallDep, column_id: Id, body: table_bodies.ColumnChange) -> Any:
    """Change a column; what is not named stays."""
    table, _ = configuring.table_of_column(call.context, column_id)
    wanted = one_type(body.model_dump(mode="json", exclude_unset=True))
    configuring.change_table(
        call.context,
        table.table_name,
        with_changed_column(column_id, wanted),
        action="column changed",
    )
    return {"data": _out(call, column_id)}


@router.delete("/columns/{column_id}", response_model=bodies.Answer[bodies.Removed])
@needs(Access.CONFIGURE)
def remove(
    call: CallDep,
    column_id: Id,
    drop_data: Annotated[bool, Query(description="Drop the column's data in MySQL, too.")] = False,
) -> Any:
    """Remove a column from the configuration."""
    table, column = configuring.table_of_column(call.context, column_id)
    configuring.change_table(
        call.context,
        table.table_name,
        without_column(column_id),
        action="column removed",
        drop=drop_data,
    )
    return {"data": bodies.Removed(removed=column.name)}


@router.post(
    "/columns/{column_id}/aliases", status_code=201, response_model=bodies.Answer[table_bodies.AliasOut]
)
@needs(Access.CONFIGURE)
def add_alias(call: CallDep, column_id: Id, body: table_bodies.AliasIn) -> Any:
    """Add another header under which the column may appear."""
    table, _ = configuring.table_of_column(call.context, column_id)
    change = with_alias(column_id, body.alias)
    configuring.change_table(call.context, table.table_name, change, action="alias added")
    for alias in _out(call, column_id).aliases:
        if alias.alias == body.alias.strip():
            return {"data": alias}
    raise NotFound(f"alias '{body.alias}' is gone again")


@router.delete("/aliases/{alias_id}", response_model=bodies.Answer[bodies.Removed])
@needs(Access.CONFIGURE)
def remove_alias(call: CallDep, alias_id: Id) -> Any:
    """Remove an alias."""
    column_id, alias = configuring.alias_of(call.context, alias_id)
    table, _ = configuring.table_of_column(call.context, column_id)
    change = without_alias(column_id, alias)
    configuring.change_table(call.context, table.table_name, change, action="alias removed")
    return {"data": bodies.Removed(removed=alias)}


def _out(call: Call, column_id: int) -> table_bodies.ColumnOut:
    _, column = configuring.table_of_column(call.context, column_id)
    return views.column_out(column, configuring.aliases(call.context))
