"""What the stand-in keeps: files, folders, resumable uploads; and the faults it was told to make."""

from __future__ import annotations

import hashlib
import itertools
import re
import threading
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next requests that match."""

    match: str
    """A regular expression for `METHOD PATH`."""
    action: str
    """`status`, `reset` (the connection ends in the middle of the body), `wrong_md5`, `forget` (upload sessions)."""
    times: int = 1
    status: int = 503
    reason: str = "backendError"


@dataclass(slots=True)
class Upload:
    """A resumable upload that has begun."""

    metadata: dict[str, Any]
    file_id: str
    size: int
    received: bytearray = field(default_factory=bytearray)


class Storage:
    """All of it in memory."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.files: dict[str, dict[str, Any]] = {}
        self.contents: dict[str, bytes] = {}
        self.uploads: dict[str, Upload] = {}
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        self._ids = itertools.count(1)

    def new_id(self, kind: str = "file") -> str:
        """An id that was never given before."""
        return f"{kind}-{next(self._ids):06d}"

    def fault(self, request: str) -> Fault | None:
        """The fault for a request, used up."""
        with self.lock:
            self.requests.append(request)
            for fault in self.faults:
                if fault.times > 0 and re.search(fault.match, request):
                    fault.times -= 1
                    return fault
        return None

    def put(self, metadata: dict[str, Any], file_id: str, content: bytes | None) -> dict[str, Any]:
        """Make or change a file."""
        with self.lock:
            known = self.files.get(file_id) or {
                "id": file_id,
                "trashed": False,
                "createdTime": f"2026-01-01T00:00:00.{len(self.files):06d}Z",
                "webViewLink": f"https://drive.example/file/d/{file_id}/view",
                "parents": ["root"],
            }
            known.update({key: value for key, value in metadata.items() if key != "id"})
            if content is not None:
                self.contents[file_id] = content
                known["md5Checksum"] = hashlib.md5(content).hexdigest()
                known["size"] = str(len(content))
            self.files[file_id] = known
            return known

    def find(self, query: str) -> list[dict[str, Any]]:
        """Files by the part of the query language that the archive uses; raises `ValueError` for anything else."""
        tests = [_test(part.strip()) for part in _split_and(query)]
        with self.lock:
            found = [file for file in self.files.values() if all(test(file) for test in tests)]
        return sorted(found, key=lambda file: file["createdTime"])


def _split_and(query: str) -> list[str]:
    """Split at `and` outside of quotes and braces."""
    parts, depth, quoted, current, position = [], 0, False, "", 0
    while position < len(query):
        sign = query[position]
        if quoted and sign == "\\":
            current += query[position : position + 2]
            position += 2
            continue
        quoted ^= sign == "'"
        depth += (sign == "{") - (sign == "}")
        if not quoted and not depth and query.startswith(" and ", position):
            parts.append(current)
            current = ""
            position += 5
            continue
        current += sign
        position += 1
    if quoted:
        raise ValueError("a quote is not closed")
    return [*parts, current]


_TEXT = r"'((?:[^'\\]|\\.)*)'"


def _test(part: str) -> Any:
    if match := re.fullmatch(rf"(name|mimeType) = {_TEXT}", part):
        key, value = match[1], _unquoted(match[2])
        return lambda file: file.get(key) == value
    if match := re.fullmatch(rf"{_TEXT} in parents", part):
        parent = _unquoted(match[1])
        return lambda file: parent in file["parents"]
    if part == "trashed = false":
        return lambda file: not file["trashed"]
    if match := re.fullmatch(rf"appProperties has \{{ key={_TEXT} and value={_TEXT} \}}", part):
        key, value = _unquoted(match[1]), _unquoted(match[2])
        return lambda file: file.get("appProperties", {}).get(key) == value
    raise ValueError(f"this query is not understood: {part}")


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
