"""What a setting is made of, and how its text becomes a value."""

from __future__ import annotations

import re
from dataclasses import MISSING, field
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from import_export.addresses import parse_addresses, parse_notifiers
from import_export.folder_patterns import parse_folders
from import_export.scopes import parse_rules

_PASSWORD = re.compile(r"://[^/@]*:[^/@]*@")


def setting(
    default: Any = MISSING,
    *,
    doc: str,
    least: int | None = None,
    choices: tuple[str, ...] = (),
    zone: bool = False,
    pattern: str = "",
    may_be_empty: bool = False,
) -> Any:
    """A field of the settings: its default, what the docs say of it, and what its value must be."""
    metadata = {
        "doc": doc,
        "least": least,
        "choices": choices,
        "zone": zone,
        "pattern": pattern,
        "may_be_empty": may_be_empty,
    }
    return field(default=default, metadata=metadata)


def local_path(place: str) -> Path | None:
    """A folder of this machine; None for a URI of any other kind than `file://`.

    >>> local_path("file:///srv/archive"), local_path("s3://conn@bucket/archive")
    (PosixPath('/srv/archive'), None)
    """
    scheme, separator, rest = place.partition("://")
    if not separator:
        return Path(place)
    return Path(rest) if scheme.lower() == "file" else None


def without_password(text: str) -> str:
    """The text as it may be shown."""
    return _PASSWORD.sub("://…@", text)


def parse(kind: str, text: str, metadata: Any) -> Any:
    """The value that a text stands for in a field of that type; raises `ValueError` in words for people."""
    if _PASSWORD.search(text):
        raise ValueError("holds a password; make an Airflow connection, and put its id before the @")
    if metadata["choices"] and text not in metadata["choices"]:
        raise ValueError(f"must be one of: {', '.join(metadata['choices'])}")
    if kind == "int":
        return _whole_number(text, metadata["least"])
    if kind == "bool":
        return _truth(text)
    if kind in ("Path | str", "Path | str | None") and local_path(text) is None:
        return text
    if kind in ("Path", "Path | str", "Path | str | None"):
        path = local_path(text)
        if path is None or not path.is_absolute():
            raise ValueError("must be an absolute path")
        return path
    if kind == "tuple[ScopeRule, ...]":
        return parse_rules(text)
    if kind == "FolderPattern":
        return parse_folders(text)
    if kind == "tuple[str, ...]":
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if kind == "tuple[Address, ...]":
        return parse_addresses(text)
    if kind == "tuple[NotifierSpec, ...]":
        return parse_notifiers(text)
    if metadata["zone"] and text not in available_timezones():
        raise ValueError("is no time zone such as Asia/Jakarta")
    if metadata["pattern"] and not re.fullmatch(metadata["pattern"], text):
        raise ValueError(f"must look like {metadata['pattern']}")
    return text


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("must be True or False")
    return text.lower() == "true"


def _whole_number(text: str, least: int | None) -> int:
    try:
        number = int(text)
    except ValueError:
        raise ValueError("must be a whole number") from None
    if least is not None and number < least:
        raise ValueError(f"must be at least {least}")
    return number
