"""Step 1 of an import: freeze what was handed over, and take every data file out of it, under names of ours.

Deterministic: the same files get the same names and numbers when it is repeated after a crash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from import_export.imports.freezing import NotAFile, freeze, sync_folder, write_frozen
from import_export.imports.names import is_junk, readable
from import_export.imports.zips import Limits, Refused, read_members
from import_export.messages import Message, Phrase, Told, tell

DATA_EXTENSIONS = (".csv", ".txt")


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was handed over: its name with `/` between folders, and where it lies."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class DataFile:
    """A frozen data file, ready to be validated."""

    name: str
    """As handed over: `sales.csv`, `0112/sales.csv`, `march.zip/0112/sales.csv`."""
    path: Path
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Extracted:
    """The data files of a batch, and what is to be told about the rest."""

    files: tuple[DataFile, ...]
    warnings: tuple[Told, ...]


def extract(sources: Sequence[Source], folder: Path, limits: Limits) -> Extracted:
    """Freeze the sources into `folder` as 0001.csv, 0002.txt, …; a ZIP that is refused leaves nothing behind.

    Raises `SourceChanged` when a source is still being written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: list[DataFile] = []
    warnings: list[Told] = []
    for source in sorted(sources, key=lambda source: source.name):
        if is_junk(source.name):
            continue
        try:
            files += _take(source, folder, len(files) + 1, limits)
        except Refused as refused:
            warnings.append(refused.told)
    # An earlier attempt may have ended differently, or in the middle of a file.
    for left in set(folder.iterdir()) - {file.path for file in files}:
        left.unlink()
    sync_folder(folder)
    return Extracted(tuple(files), tuple(warnings))


def _take(source: Source, folder: Path, number: int, limits: Limits) -> list[DataFile]:
    """The data files of one source, numbered from `number` on. Raises `Refused` when it gives none."""
    name = readable(source.name)
    extension = Path(source.name).suffix
    try:
        if extension.lower() in DATA_EXTENSIONS:
            target = _numbered(folder, number, extension)
            return [DataFile(name, target, *freeze(source.path, target, name))]
        if extension.lower() == ".zip":
            return _unzip(source.path, name, folder, number, limits)
    except NotAFile:
        raise Refused(tell(Message.NOT_A_REGULAR_FILE, name=name, kind=Phrase.NO_FILE)) from None
    raise Refused(tell(Message.UNSUPPORTED_TYPE, name=name, extension=readable(extension)))


def _unzip(path: Path, name: str, folder: Path, number: int, limits: Limits) -> list[DataFile]:
    frozen = folder / f"{number:04d}.zip"
    freeze(path, frozen, name)
    found: list[DataFile] = []
    try:
        for member in read_members(frozen, name, DATA_EXTENSIONS, limits):
            target = _numbered(folder, number + len(found), Path(member.name).suffix)
            shown = readable(f"{name}/{member.name}")
            found.append(DataFile(shown, target, *write_frozen(member.read, target)))
    except Refused:
        for file in found:
            file.path.unlink()
        raise
    finally:
        frozen.unlink()
    if not found:
        raise Refused(tell(Message.ZIP_NO_DATA_FILE, name=name))
    return found


def _numbered(folder: Path, number: int, extension: str) -> Path:
    return folder / f"{number:04d}{extension.lower()}"
