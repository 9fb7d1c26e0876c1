"""What a message tells, ready to be put into its template: already in the reader's language, nothing of any row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from import_export.notices.kinds import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """A file that was refused as a whole or in part."""

    name: str
    table: str | None
    status: str
    message: str | None
    total: int
    loaded: int
    unchanged: int
    rejected: int
    reasons: Sequence[str]
    """Of the first rejected rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFacts:
    """A batch with files in trouble: those that concern the reader."""

    kind: Kind
    batch_id: str
    names: Sequence[str]
    """What was handed over."""
    dist_id: str | None
    received: str
    all_files: int
    """How many files the batch has."""
    warnings: Sequence[str]
    """Of things that could not even become files of the batch."""
    files: Sequence[FileFacts]
    """The first ones in trouble."""
    more: int
    """How many more there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingFacts:
    """Distributors whose file for a table did not come until its deadline."""

    kind: Kind = Kind.MISSING
    table: str
    deadline: str
    first: str
    last: str
    distributors: Sequence[str]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFacts:
    """An export that is made."""

    kind: Kind = Kind.EXPORT
    folder: str
    state: str
    accounts: int
    done: int
    failed: int
    files: int


Facts = BatchFacts | MissingFacts | ExportFacts
