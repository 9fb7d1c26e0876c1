"""Import tables: list, make, register, change, remove; template, content, versions, replay, suggestion from a sample."""

from __future__ import annotations

from pathlib import Path as FilePath
from tempfile import TemporaryFile
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel

from import_export.api import bodies, table_bodies, views
from import_export.api.access import Access, needs
from import_export.api.imports_router import form_body, with_upload
from import_export.api.installation import Call, CallDep
from import_export.api.streaming import CSV_TYPE, XLSX_TYPE, attachment, file_answer, opened_file, stream_of
from import_export.api.upload_form import Upload
from import_export.errors import BadRequest, NotFound
from import_export.imports.suggesting import Suggestion, suggest_table
from import_export.imports.table_changes import with_config
from import_export.imports.tables import ImportTable
from import_export.messages import Told
from import_export.services import configuring
from import_export.services.replaying import replay
from import_export.services.table_files import export_csv, export_xlsx, template_csv

router = APIRouter(prefix="/api", tags=["tables"])

TableName = Annotated[str, Path(min_length=1, max_length=64)]


def given(body: BaseModel) -> dict[str, Any]:
    """What a body names, columns included, as the configuration's own words."""
    plain = body.model_dump(mode="json", exclude_unset=True)
    if plain.get("columns") is not None:
        plain["columns"] = [one_type(column) for column in plain["columns"]]
    elif "columns" in plain:
        del plain["columns"]
    return plain


def one_type(column: dict[str, Any]) -> dict[str, Any]:
    """`data_type` is another word for `type`."""
    other = column.pop("data_type", None)
    return {**column, "type": column.get("type") or other} if column.get("type") or other else column


def table_named(call: Call, name: str) -> ImportTable:
    """The import table of that name; raises `NotFound`."""
    return configuring.find_table(configuring.all_tables(call.context), name)


@router.get("/tables", response_model=bodies.Answer[list[table_bodies.TableOut]])
@needs(Access.READ)
def tables(call: CallDep) -> Any:
    """All import tables."""
    return {"data": [views.table_out(table) for table in configuring.all_tables(call.context)]}


@router.post("/tables", status_code=201, response_model=bodies.Answer[table_bodies.TableWithColumns])
@needs(Access.CONFIGURE)
def create(call: CallDep, body: table_bodies.TableIn) -> Any:
    """Make an import table, in MySQL too, with `id` and `ImportDate`."""
    return {"data": _with_columns(call, configuring.create_table(call.context, given(body)))}


@router.post("/tables/register", status_code=201, response_model=bodies.Answer[table_bodies.TableWithColumns])
@needs(Access.CONFIGURE)
def register(call: CallDep, body: table_bodies.TableRegistration) -> Any:
    """Take an existing MySQL table as an import table. Nothing of it is changed."""
    return {"data": _with_columns(call, configuring.register_table(call.context, given(body)))}


@router.post(
    "/tables/suggest",
    response_model=bodies.Answer[dict[str, Any]],
    openapi_extra=form_body("file"),
)
@needs(Access.CONFIGURE)
async def suggest(request: Request, call: CallDep) -> Any:
    """A configuration for a new table, made of a sample file's content, for a person to confirm."""
    return {
        "data": await with_upload(
            request, call, lambda path, upload: suggestion_json(suggested(call, path, upload))
        )
    }


def suggested(call: Call, path: FilePath, upload: Upload) -> Suggestion:
    """What the sample suggests; raises `BadRequest` when it cannot be understood."""
    found = suggest_table(path, upload.files[0].name)
    if isinstance(found, Told):
        raise BadRequest(found.text(call.language))
    return found


def suggestion_json(found: Suggestion) -> dict[str, Any]:
    """A suggestion as the body that makes the table, and beside it what it was made of."""
    return {
        "table": {
            "table_name": found.table_name,
            "display_name": found.display_name,
            "allowed_filename": found.allowed_filename,
            "columns": [
                {
                    "name": column.name,
                    "type": column.data_type,
                    "is_mandatory": column.is_mandatory,
                    "is_unique": column.is_unique,
                    "number_format": column.number_format,
                    "date_formats": list(column.date_formats),
                    "role": column.role,
                    "aliases": list(column.aliases),
                }
                for column in found.columns
            ],
        },
        "columns": [
            {
                "header": column.header,
                "name": column.name,
                "examples": list(column.examples),
                "ambiguous_dates": column.ambiguous_dates,
                "ambiguous_numbers": column.ambiguous_numbers,
            }
            for column in found.columns
        ],
        "rows": found.rows,
    }


@router.get("/tables/registrable", response_model=bodies.Answer[list[str]])
@needs(Access.CONFIGURE)
def registrable(call: CallDep) -> Any:
    """MySQL tables that could be registered."""
    return {"data": configuring.registrable_tables(call.context)}


@router.get("/tables/{name}", response_model=bodies.Answer[table_bodies.TableWithColumns])
@needs(Access.READ)
def table(call: CallDep, name: TableName) -> Any:
    """One import table with its columns."""
    return {"data": _with_columns(call, table_named(call, name))}


@router.put("/tables/{name}", response_model=bodies.Answer[table_bodies.TableWithColumns])
@needs(Access.CONFIGURE)
def change(
    call: CallDep,
    name: TableName,
    body: table_bodies.TableChange,
    drop_data: Annotated[bool, Query(description="Drop the data of columns that are gone, too.")] = False,
) -> Any:
    """Change a table. `columns`, when given, are all that it then has."""
    new = configuring.change_table(call.context, name, with_config(given(body)), drop=drop_data)
    return {"data": _with_columns(call, new)}


@router.put("/tables/{table_id}/filename", response_model=bodies.Answer[table_bodies.TableOut])
@needs(Access.CONFIGURE)
def set_filename(
    call: CallDep, table_id: Annotated[str, Path(max_length=64)], body: table_bodies.FilenameIn
) -> Any:
    """Set the names of the files that belong to a table; the table by its id, or its name."""
    found = _by_id(call, table_id)
    change = with_config({"allowed_filename": body.allowed_filename})
    return {"data": views.table_out(configuring.change_table(call.context, found.table_name, change))}


@router.delete("/tables/{name}", response_model=bodies.Answer[bodies.Removed])
@needs(Access.CONFIGURE)
def remove(
    call: CallDep,
    name: TableName,
    drop_data: Annotated[bool, Query(description="Drop MySQL's table with all of its rows, too.")] = False,
) -> Any:
    """Remove an import table's configuration."""
    configuring.remove_table(call.context, name, drop=drop_data)
    return {"data": bodies.Removed(removed=name)}


@router.post("/tables/{name}/replay", response_model=bodies.Answer[list[table_bodies.ReplayedFile]])
@needs(Access.CONFIGURE)
def replayed(
    call: CallDep,
    name: TableName,
    body: table_bodies.TableChange,
    files: Annotated[int, Query(ge=1, le=50, description="How many of the newest files.")] = 5,
) -> Any:
    """What would come out differently of past files under a change, before it is saved. Nothing is loaded."""
    change = with_config(given(body))
    found = replay(call.context, name, change, most=files, language=call.language, scope=call.person.scope)
    return {"data": [table_bodies.ReplayedFile.model_validate(each) for each in found]}


@router.get("/tables/{name}/versions", response_model=bodies.Answer[list[table_bodies.VersionOut]])
@needs(Access.READ)
def versions(call: CallDep, name: TableName) -> Any:
    """A table's saved configurations, newest first, with who saved them."""
    return {
        "data": [
            table_bodies.VersionOut.model_validate(each) for each in configuring.versions(call.context, name)
        ]
    }


@router.get("/tables/{name}/template.csv", response_class=Response, responses=file_answer(CSV_TYPE))
@needs(Access.READ)
def template(
    call: CallDep, name: TableName, dist_id: Annotated[str | None, Query(max_length=64)] = None
) -> Response:
    """A file as the table wants it: header and one row of examples."""
    text = template_csv(table_named(call, name), dist_id or call.person.scope.only)
    return Response("\ufeff" + text, media_type=CSV_TYPE, headers=attachment(f"{name}.template.csv"))


@router.get("/tables/{name}/export.csv", response_class=StreamingResponse, responses=file_answer(CSV_TYPE))
@needs(Access.READ)
def content_csv(
    call: CallDep,
    name: TableName,
    for_people: Annotated[
        bool, Query(description="Texts that a spreadsheet would run get an apostrophe.")
    ] = False,
) -> StreamingResponse:
    """The table's rows, any number."""
    pieces = export_csv(call.context, table_named(call, name), call.person.scope, for_people=for_people)
    return stream_of(pieces, CSV_TYPE, f"{name}.csv")


@router.get("/tables/{name}/export.xlsx", response_class=StreamingResponse, responses=file_answer(XLSX_TYPE))
@needs(Access.READ)
def content_xlsx(call: CallDep, name: TableName) -> StreamingResponse:
    """The table's rows as a workbook, as many as a sheet holds."""
    found = table_named(call, name)
    call.context.settings.work_folder.mkdir(parents=True, exist_ok=True)
    # Without a name on the disk: whatever ends the download, nothing is left of it.
    file = TemporaryFile(dir=call.context.settings.work_folder)  # noqa: SIM115 - closed when it is sent
    try:
        export_xlsx(call.context, found, call.person.scope, file)
        size = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return stream_of(opened_file(file), XLSX_TYPE, f"{name}.xlsx", size)


def _with_columns(call: Call, found: ImportTable) -> table_bodies.TableWithColumns:
    return views.table_with_columns(found, configuring.aliases(call.context))


def _by_id(call: Call, table_id: str) -> ImportTable:
    for found in configuring.all_tables(call.context):
        if table_id in (str(found.id), found.table_name):
            return found
    raise NotFound(f"there is no import table {table_id}")
