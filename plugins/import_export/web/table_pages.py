"""The pages of import tables: the list, one table's form, a new one from a sample, versions, a dry run with past files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from import_export.api import table_bodies
from import_export.api.access import Access, needs
from import_export.api.imports_router import with_upload
from import_export.api.tables_router import TableName, given, suggested, suggestion_json, table_named
from import_export.api.upload_form import Upload
from import_export.imports.config_checks import fits_filename
from import_export.imports.table_changes import with_config
from import_export.imports.table_config import table_to_config
from import_export.imports.tables import ImportTable, NumberFormat, Role, match_filename, stem
from import_export.services import configuring
from import_export.services.replaying import replay
from import_export.stores.configuration import Version
from import_export.web.rendering import PageDep

router = APIRouter(include_in_schema=False)

REPLAYED = 5
TYPES = ("str(50)", "str(100)", "str(255)", "int", "decimal(18,2)", "date", "datetime", "bool")
DATE_FORMATS = ("dd/mm/yyyy", "mm/dd/yyyy", "yyyy-mm-dd")
_CHOICES: Mapping[str, Any] = {
    "types": TYPES,
    "number_formats": [each.value for each in NumberFormat],
    "date_formats": DATE_FORMATS,
    "roles": [each.value for each in Role],
}
_NO_RULES: Mapping[str, Any] = dict.fromkeys(
    (
        "display_name",
        "allowed_filename",
        "distributor_check",
        "duplicates",
        "max_rejects",
        "replaces",
        "delimiter",
    ),
    "",
)
_NEW_COLUMN: Mapping[str, Any] = {
    **dict.fromkeys(("name", "default", "minimum", "maximum", "pattern", "role"), ""),
    **dict.fromkeys(("date_formats", "aliases", "allowed_values"), ()),
    **dict.fromkeys(("is_mandatory", "is_unique"), False),
    "type": "str(100)",
    "number_format": NumberFormat.PLAIN.value,
    "trim": True,
}
"""What a form shows of a column that nothing is said about."""


@router.get("/tables", response_class=HTMLResponse)
@needs(Access.READ)
def tables(page: PageDep) -> HTMLResponse:
    """All import tables."""
    found = configuring.all_tables(page.call.context)
    return page.page("tables.html", current="tables", tables=found)


@router.get("/tables/filename", response_class=HTMLResponse)
@needs(Access.READ)
def filename(
    page: PageDep,
    name: Annotated[str, Query(max_length=255)] = "",
    allowed_filename: Annotated[str | None, Query(max_length=2000)] = None,
    table_name: Annotated[str, Query(max_length=64)] = "",
) -> HTMLResponse:
    """Which table a file of that name goes into, also while a table's names are being edited."""
    found = configuring.all_tables(page.call.context)
    edited = "" if allowed_filename is None else allowed_filename.lower()
    listed = [each.strip() for each in edited.split(",") if each.strip()]
    by = fits_filename(stem(name), listed) if listed and name.strip() else None
    table = table_name if by else None
    if by is None and name.strip():
        others = [each for each in found if each.table_name != table_name or allowed_filename is None]
        match = match_filename(name, others)
        table = match.table_name if match else None
        by = fits_filename(stem(name), match.filenames) if match else None
    return page.page("_filename.html", name=name.strip(), table=table, by=by)


@router.get("/tables/new", response_class=HTMLResponse)
@needs(Access.CONFIGURE)
def new_table(page: PageDep) -> HTMLResponse:
    """Where a table is made from a sample file, or an existing one is taken."""
    found = configuring.registrable_tables(page.call.context)
    return page.page("table_new.html", current="tables", registrable=found)


@router.post("/tables/new", response_class=HTMLResponse)
@needs(Access.CONFIGURE)
async def sample(request: Request, page: PageDep) -> HTMLResponse:
    """The form of a new table, filled in from a sample file."""

    def made(path: Path, upload: Upload) -> dict[str, Any]:
        return suggestion_json(suggested(page.call, path, upload))

    found = await with_upload(request, page.call, made)
    return await to_thread.run_sync(
        lambda: page.page(
            "_table_form.html",
            table=_filled(found["table"]),
            hints={each["name"]: each for each in found["columns"]},
            rows=found["rows"],
            new=True,
            foreign=False,
            blank=_NEW_COLUMN,
            **_CHOICES,
        )
    )


@router.get("/tables/{name}", response_class=HTMLResponse)
@needs(Access.READ)
def table(page: PageDep, name: TableName) -> HTMLResponse:
    """One table: its form, its versions."""
    found: ImportTable = table_named(page.call, name)
    return page.page(
        "table.html",
        current="tables",
        table=_filled(table_to_config(found)),
        hints={},
        rows=None,
        new=False,
        foreign=not found.has_helpers,
        blank=_NEW_COLUMN,
        versions=_with_changes(configuring.versions(page.call.context, name)),
        **_CHOICES,
    )


@router.post("/tables/{name}/replay", response_class=HTMLResponse)
@needs(Access.CONFIGURE)
def dry_run(page: PageDep, name: TableName, body: table_bodies.TableChange) -> HTMLResponse:
    """What would come out differently of the last files."""
    change = with_config(given(body))
    found = replay(
        page.call.context, name, change, most=REPLAYED, language=page.language, scope=page.call.person.scope
    )
    return page.page("_replay.html", found=found)


def _filled(config: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration with all that a form shows."""
    columns = [
        {**_NEW_COLUMN, **{key: value for key, value in column.items() if value is not None}}
        for column in config["columns"]
    ]
    return {**_NO_RULES, **config, "columns": columns}


def _with_changes(versions: Sequence[Version]) -> list[tuple[Version, list[str] | None]]:
    """Each version, newest first, with what it changed; None of the first."""
    before: Sequence[Version | None] = [*versions[1:], *[None] * bool(versions)]
    return [
        (version, None if old is None else _changes(old.config, version.config))
        for version, old in zip(versions, before, strict=True)
    ]


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    plain = {key for key in (*old, *new) if key != "columns" and old.get(key) != new.get(key)}
    was = {column["name"]: column for column in old["columns"]}
    now = {column["name"]: column for column in new["columns"]}
    columns = [f"+{name}" for name in now if name not in was] + [
        f"−{name}" for name in was if name not in now
    ]
    for name in now:
        if name in was and was[name] != now[name]:
            keys = sorted(key for key in {*was[name], *now[name]} if was[name].get(key) != now[name].get(key))
            columns.append(f"{name} ({', '.join(keys)})")
    return [*sorted(plain), *columns]
