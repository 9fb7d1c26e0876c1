"""The names in a form's parts: what clients write, and what a file can be called here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from import_export.imports.names import is_junk, readable

_LONGEST_NAME = 255
"""Bytes of one name in a path, on every usual filesystem."""
_UNNAMED = "unnamed"
_PARAMETER = re.compile(
    # A quote that is not followed by the next parameter belongs to the name: some clients do not escape it.
    # Never goes back over what it has read, or a hostile header would cost a tenth of a second.
    rb';\s*([^\s=;"]++)\s*+=\s*+(?:"((?:\\(?!"\s*+\Z)["\\]|[^"]|"(?!\s*+(?:;|\Z)))*+)(?:"|\Z)|([^;]*+))',
    re.DOTALL,
)


def client_text(octets: bytes | bytearray) -> str:
    """What a client wrote: UTF-8, or what Windows-1252 makes of it."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")


def disposition_parameters(disposition: bytes) -> Mapping[bytes, bytes]:
    """The parameters of a Content-Disposition, decoded; `filename*` counts as `filename`, before a plain one.

    python_multipart's own function leaves `filename*` out, as the RFC has it; but clients send it.
    """
    found: dict[bytes, bytes] = {}
    for key, quoted, bare in _PARAMETER.findall(disposition):
        value = re.sub(rb'\\(["\\])', rb"\1", quoted) or bare.strip(b'" \t')
        # What browsers write for signs that would end the header; they leave a `%` of the name itself as it is.
        for code, sign in ((b"%22", b'"'), (b"%0D", b"\r"), (b"%0A", b"\n")):
            value = value.replace(code, sign)
        found[key.lower()] = value
    charset, apostrophe, rest = found.get(b"filename*", b"").partition(b"'")
    if apostrophe and charset:
        found[b"filename"] = unquote_to_bytes(rest.partition(b"'")[2])
    return found


def stored_name(told: str) -> str:
    """The base name of what a client tells, as a name that a file can have here and that is not hidden."""
    name = readable(re.split(r"[/\\]", told.rstrip("/\\"))[-1])
    if not name.replace(".", "").strip():
        name = _UNNAMED
    if is_junk(name):
        # Hidden files are left out of an import without a word; but this one was chosen to be sent.
        name = f"_{name}"
    octets = name.encode()
    if len(octets) <= _LONGEST_NAME:
        return name
    # By its end, as `readable` does: there is its type.
    return "…" + octets[len("…".encode()) - _LONGEST_NAME :].decode(errors="ignore")
