"""What the stand-in keeps: drives, folders, files, uploads; who may do what; and the faults it was told to make."""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from devtools.drive_stand_in.query import File, parse_query

FOLDER = "application/vnd.google-apps.folder"
PIECE = 256 << 10
"""Drive keeps whole multiples of this of an upload that broke off."""
_WRITERS = frozenset({"owner", "organizer", "fileOrganizer", "writer"})


class RefusedError(Exception):
    """The request is refused, with Drive's status and reason."""

    def __init__(self, status: int, reason: str, message: str = "") -> None:
        super().__init__(message or reason)
        self.status, self.reason = status, reason


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next requests that match."""

    match: str
    """A regular expression for `METHOD PATH`, and for what is uploaded `PUT PATH bytes FIRST-LAST/SIZE`."""
    action: str
    """`status`: refused with `status` and `reason`.
    `reset`: half of the body is taken, then the connection is reset.
    `lost`: the request is carried out, but its answer never sent.
    `slow`: answered after `seconds`, or never when the client has gone by then.
    `wrong_md5`: the answer tells a wrong checksum. `forget`: uploads that have begun are forgotten.
    `expire`: all tokens end.
    `meanwhile`: carried out, then `do` is called, then it is answered: what others do at that very moment.
    """
    times: int = 1
    status: int = 503
    reason: str = "backendError"
    seconds: float = 0
    retry_after: str = ""
    do: Callable[[], object] | None = None
    """For `meanwhile` and `reset`."""


@dataclass(slots=True)
class Upload:
    """A resumable upload that has begun."""

    metadata: File
    file_id: str
    is_new: bool
    size: int
    person: str
    received: bytearray = field(default_factory=bytearray)
    stored: bool = False

    def take(self, begin: int, body: bytes) -> None:
        """Take a piece; what is there already is kept."""
        if begin > len(self.received):
            raise RefusedError(400, "invalid", f"bytes from {len(self.received)} are missing")
        if begin + len(body) < self.size and len(body) % PIECE:
            raise RefusedError(400, "invalid", "a chunk must be a multiple of 256 KiB")
        self.received += body[len(self.received) - begin :]

    def take_half(self, begin: int, body: bytes) -> None:
        """What is left of a piece whose sender was cut off."""
        self.received += body[len(self.received) - begin :][: len(body) // PIECE * PIECE]


class Storage:
    """All of it in memory. Whoever holds `lock` has it for himself."""

    def __init__(self, url: str) -> None:
        """`url`: where the stand-in is, for links to files."""
        self.url = url
        self.lock = threading.RLock()
        self.files: dict[str, File] = {}
        self.contents: dict[str, bytes] = {}
        self.uploads: dict[str, Upload] = {}
        self.drives: dict[str, str] = {}
        self.roles: dict[str, str] = {}
        """The account's role on a shared drive or a folder that a person shares with it."""
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        self.tokens: dict[str, str] = {}
        """Valid ones, each with the person or account it was given for."""
        self.people: set[str] = set()
        """Who has storage: people in whose name an account may act."""

    def add_shared_drive(self, name: str, role: str = "fileOrganizer", drive_id: str = "") -> str:
        """A shared drive on which the account has that role (`fileOrganizer` is a content manager)."""
        with self.lock:
            found = drive_id or new_id()
            self.drives[found], self.roles[found] = name, role
            self._new(found, {"name": "Drive", "mimeType": FOLDER, "parents": []}, found)
            return found

    def add_shared_folder(self, name: str, role: str = "writer") -> str:
        """A folder in a person's My Drive that is shared with the account."""
        with self.lock:
            found = new_id()
            self.roles[found] = role
            self._new(found, {"name": name, "mimeType": FOLDER, "parents": ["somebody's root"]}, None)
            return found

    def fault(self, request: str) -> Fault | None:
        """The fault for a request, used up."""
        with self.lock:
            self.requests.append(request)
            for fault in self.faults:
                if fault.times > 0 and re.search(fault.match, request):
                    fault.times -= 1
                    return fault
        return None

    def new_token(self, person: str) -> str:
        """A token for a person or an account."""
        with self.lock:
            token = secrets.token_urlsafe(12)
            self.tokens[token] = person
            return token

    def seen(self, file_id: str, all_drives: bool) -> File:
        """A file that the account sees, with what Drive works out: `trashed`, `capabilities`."""
        file = self.files.get(file_id)
        if file is None or self._role(file) is None or (file["driveId"] and not all_drives):
            raise RefusedError(404, "notFound", f"File not found: {file_id}.")
        writes = file["mimeType"] == FOLDER and self._role(file) in _WRITERS
        return {**file, "trashed": self._trashed(file), "capabilities": {"canAddChildren": writes}}

    def find(self, query: str, drive_id: str | None) -> list[File]:
        """Files by a query, the oldest first; on one shared drive only where that is asked for."""
        fits = parse_query(query, self._trashed)
        with self.lock:
            found = [file for file in self.files.values() if self._role(file) and fits(file)]
        return sorted(
            (file for file in found if drive_id in (None, file["driveId"])),
            key=lambda file: file["createdTime"],
        )

    def check_new(self, metadata: File, person: str, *, is_folder: bool) -> None:
        """Refuse a file or folder that the account may not make there."""
        if metadata.get("id") in self.files:
            raise RefusedError(409, "fileIdInUse", "A file already exists with the provided ID.")
        for parent in metadata.get("parents", ["root"]):
            if parent == "root":
                drive = None
            else:
                folder = self.seen(parent, all_drives=True)
                drive = folder["driveId"]
                if not folder["capabilities"]["canAddChildren"]:
                    raise RefusedError(403, "insufficientFilePermissions")
            if drive is None and not is_folder and person not in self.people:
                raise RefusedError(403, "storageQuotaExceeded", "Service Accounts do not have storage quota.")

    def create(self, metadata: File, content: bytes | None) -> File:
        """Make a file, or without content a folder."""
        with self.lock:
            parents = metadata.get("parents", ["root"])
            drive = None if parents == ["root"] else self.files[parents[0]]["driveId"]
            file_id = metadata.get("id") or new_id()
            self._new(file_id, {**metadata, "parents": parents}, drive)
            return self.update(file_id, {}, content)

    def update(self, file_id: str, metadata: File, content: bytes | None) -> File:
        """Change a file."""
        with self.lock:
            file = self.files[file_id]
            file |= metadata
            if content is not None:
                self.contents[file_id] = content
                file["md5Checksum"] = hashlib.md5(content).hexdigest()
                file["size"] = str(len(content))
            return self.seen(file_id, all_drives=True)

    def check_change(self, file_id: str, all_drives: bool, *, needs: frozenset[str] = _WRITERS) -> None:
        """Refuse a change that the account may not make."""
        self.seen(file_id, all_drives)
        if self._role(self.files[file_id]) not in needs:
            raise RefusedError(403, "insufficientFilePermissions")

    def finish(self, upload: Upload) -> File:
        """Store an upload that is whole; once, however often it is asked for."""
        with self.lock:
            if not upload.stored:
                if upload.is_new:
                    self.check_new(upload.metadata, upload.person, is_folder=False)
                    self.create({**upload.metadata, "id": upload.file_id}, bytes(upload.received))
                else:
                    self.update(upload.file_id, upload.metadata, bytes(upload.received))
                upload.stored = True
            return self.seen(upload.file_id, all_drives=True)

    def _new(self, file_id: str, metadata: File, drive: str | None) -> None:
        number = len(self.files)
        self.files[file_id] = {
            "mimeType": "application/octet-stream",
            **metadata,
            "id": file_id,
            "trashed": False,
            "driveId": drive,
            "createdTime": f"2026-01-01T00:{number // 60000:02d}:{number // 1000 % 60:02d}.{number % 1000:03d}Z",
            "webViewLink": f"{self.url}/file/d/{file_id}/view",
        }

    def _above(self, file: File) -> Iterator[File]:
        """The file, the folder it is in, and so on."""
        found: File | None = file
        while found is not None:
            yield found
            found = self.files.get(next(iter(found["parents"]), ""))

    def _trashed(self, file: File) -> bool:
        return any(each["trashed"] for each in self._above(file))

    def _role(self, file: File) -> str | None:
        for each in self._above(file):
            if each["id"] in self.roles:
                return self.roles[each["id"]]
            if each["parents"] == ["root"]:
                return "owner"
        return None


def new_id() -> str:
    """An id that was never given before, as long as Drive's."""
    return "1" + secrets.token_urlsafe(24)
