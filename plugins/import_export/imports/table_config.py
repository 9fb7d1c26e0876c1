"""Import tables from the JSON that the API and `inspect --table` take."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from import_export.errors import BadRequest
from import_export.imports.table_rules import Duplicates, RejectLimit, SlicePart
from import_export.imports.tables import Column, ColumnType, ImportTable, Kind, NumberFormat, Role


def table_from_config(config: Mapping[str, Any]) -> ImportTable:
    """An import table from the JSON that the API and `inspect --table` take; raise `BadRequest` naming what is wrong."""
    try:
        name = str(config["table_name"])
        columns = tuple(column_from_config(column) for column in config["columns"])
    except KeyError as missing:
        raise BadRequest(f"the table's configuration lacks {missing}") from missing
    return ImportTable(
        table_name=name,
        display_name=str(config.get("display_name") or name),
        columns=columns,
        allowed_filename=str(config.get("allowed_filename") or ""),
        distributor_check=_choice(config, "distributor_check", ("prefix", "exact")),
        duplicates=Duplicates(_choice(config, "duplicates", tuple(Duplicates))),
        max_rejects=RejectLimit.parse(_text(config.get("max_rejects")) or ""),
        replaces=SlicePart.parse_all(str(config.get("replaces") or "")),
        delimiter=str(config["delimiter"]) if config.get("delimiter") else None,
        has_helpers=bool(config.get("has_helpers", True)),
        database=_text(config.get("database")),
    )


def _choice(config: Mapping[str, Any], key: str, choices: Sequence[str]) -> str:
    """One of some words, the first when nothing is said."""
    word = str(config.get(key) or choices[0])
    if word not in choices:
        raise BadRequest(f"{key} '{word}' is none of: {', '.join(choices)}")
    return word


def column_from_config(config: Mapping[str, Any]) -> Column:
    """One column from its JSON; raise `BadRequest` or `KeyError`."""
    column_type = ColumnType.parse(str(config.get("type") or config.get("data_type") or "str"))
    if column_type.kind is Kind.STR and config.get("max_length"):
        column_type = ColumnType(Kind.STR, length=int(config["max_length"]))
    aliases: Sequence[str] = config.get("aliases") or ()
    formats: Sequence[str] = config.get("date_formats") or ()
    allowed: Sequence[object] = config.get("allowed_values") or ()
    return Column(
        name=str(config["name"]),
        type=column_type,
        is_mandatory=bool(config.get("is_mandatory")),
        is_unique=bool(config.get("is_unique")),
        default=_text(config.get("default")),
        number_format=NumberFormat(_choice(config, "number_format", tuple(NumberFormat))),
        date_formats=tuple(formats),
        role=Role(_choice(config, "role", tuple(Role))) if config.get("role") else None,
        aliases=tuple(aliases),
        allowed_values=tuple(str(value) for value in allowed),
        minimum=_text(config.get("minimum")),
        maximum=_text(config.get("maximum")),
        pattern=_pattern(config.get("pattern")),
        trim=bool(config.get("trim", True)),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _pattern(value: object) -> str | None:
    """A pattern that can be compiled. Rust's dialect of regular expressions, which no value can make slow, is narrower."""
    if not value:
        return None
    try:
        re.compile(str(value))
    except re.error as fault:
        raise BadRequest(f"pattern '{value}' is no regular expression: {fault}") from fault
    return str(value)


def table_to_config(table: ImportTable) -> dict[str, Any]:
    """The JSON that `table_from_config` reads; what is as by default is left out."""
    config = {
        "table_name": table.table_name,
        "display_name": table.display_name,
        "allowed_filename": table.allowed_filename,
        "distributor_check": table.distributor_check,
        "duplicates": table.duplicates.value,
        "max_rejects": str(table.max_rejects),
        "replaces": ", ".join(str(part) for part in table.replaces),
        "delimiter": table.delimiter,
        "has_helpers": table.has_helpers,
        "database": table.database,
        "columns": [column_to_config(column) for column in table.columns],
    }
    return {key: value for key, value in config.items() if value not in (None, "")}


def column_to_config(column: Column) -> dict[str, Any]:
    """The JSON of one column."""
    config: dict[str, Any] = {
        "name": column.name,
        "type": str(column.type),
        "is_mandatory": column.is_mandatory,
        "is_unique": column.is_unique,
        "default": column.default,
        "number_format": column.number_format.value
        if column.number_format is not NumberFormat.PLAIN
        else None,
        "date_formats": list(column.date_formats),
        "role": column.role.value if column.role else None,
        "aliases": list(column.aliases),
        "allowed_values": list(column.allowed_values),
        "minimum": column.minimum,
        "maximum": column.maximum,
        "pattern": column.pattern,
        "trim": None if column.trim else False,
    }
    return {key: value for key, value in config.items() if value is not None and value != []}
