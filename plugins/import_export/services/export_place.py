"""Where exported files are: below `exports_folder`, a folder of this machine or of a bucket. Found, told, removed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path

from import_export.archive.buckets import Stored
from import_export.archive.kept_folder import KeptFolder, opened_folder
from import_export.errors import NotFound
from import_export.exports.runs import Export, ExportFile
from import_export.services.context import Context

LEFT_AFTER = timedelta(days=1)
"""Nobody takes so long to put the files of one account together."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of an export that is there, as it was when it was looked at."""

    place: KeptFolder
    name: str
    stored: Stored

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Its octets, or some of them, in pieces."""
        return self.place.read(self.name, self.stored, start, stop)

    def reading(self) -> AbstractContextManager[Path]:
        """The file on this machine, for as long as the block runs."""
        return self.place.reading(self.name)


def exports_place(context: Context) -> KeptFolder:
    """`exports_folder`."""
    return opened_folder(context.settings.exports, context.settings.work_folder)


def export_folder(context: Context, export: Export, inner: str = "") -> KeptFolder:
    """The folder of an export, or one in it; raises `NotFound` for one that a link leads out of `exports_folder`."""
    path, root = f"{export.folder}/{inner}" if inner else export.folder, context.settings.exports
    if isinstance(root, Path) and not (root / path).resolve().is_relative_to(root.resolve()):
        raise NotFound(f"{root / path} leads out of exports_folder; remove the link")
    return exports_place(context) / path


def find_file(context: Context, export: Export, file: ExportFile) -> FoundFile:
    """A file of an export; raises `NotFound` when it is not there (any more)."""
    [found] = find_files(context, export, [file])
    return found


def find_files(context: Context, export: Export, files: Sequence[ExportFile]) -> list[FoundFile]:
    """Files of an export; raises `NotFound` when one is not there (any more).

    By one listing: a look at each would take long in a bucket, and does not tell a bucket that is not there.
    """
    folders = {file.folder for file in files}
    place = export_folder(context, export, folders.pop() if len(folders) == 1 else "")
    names = [f"{file.folder}/{file.made.name}" if folders else file.made.name for file in files]
    there = place.files()
    for name, file in zip(names, files, strict=True):
        if file.removed_at is not None or name not in there:
            raise NotFound(f"'{file.made.name}' is not there any more; export it again")
    return [FoundFile(place, name, there[name]) for name in names]


def uri_of(context: Context, export: Export, file: ExportFile) -> str:
    """Where a file is, for programs that read it."""
    return exports_place(context).uri(f"{export.folder}/{file.folder}/{file.made.name}")


def tidy_exports(context: Context, *, dry_run: bool) -> int:
    """Remove what was never put together in `exports_folder`, by whatever machine; give how much."""
    before = context.clock().replace(tzinfo=UTC) - LEFT_AFTER
    return exports_place(context).tidy(before.timestamp(), dry_run=dry_run)


def remove_files(folder: KeptFolder, names: Collection[str]) -> None:
    """Remove those of these files that are in the folder, with the folders that are empty then."""
    for name in folder.files().keys() & set(names):
        folder.remove(name)
