"""The bodies of requests and answers about tables, columns and expected files; the words are those of docs/tables.md."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from import_export.api.bodies import Body, Moment


class ColumnIn(BaseModel):
    """A column's configuration; the words are those of docs/tables.md."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    name: str = Field(max_length=64)
    type: str | None = Field(default=None, max_length=40, examples=["str(50)", "decimal(18,2)"])
    data_type: str | None = Field(default=None, max_length=40, description="Another word for `type`.")
    is_mandatory: bool = False
    is_unique: bool = False
    default: str | None = Field(default=None, max_length=255)
    number_format: Literal["plain", "1.234,56", "1,234.56"] | None = None
    date_formats: list[Annotated[str, Field(max_length=40)]] | None = Field(default=None, max_length=20)
    role: Literal["distributor", "date", "amount", "export_date"] | None = None
    aliases: list[Annotated[str, Field(max_length=255)]] | None = Field(default=None, max_length=200)
    allowed_values: list[Annotated[str, Field(max_length=255)]] | None = Field(default=None, max_length=1000)
    minimum: str | None = Field(default=None, max_length=40)
    maximum: str | None = Field(default=None, max_length=40)
    pattern: str | None = Field(default=None, max_length=500)
    trim: bool = True


class ColumnChange(BaseModel):
    """What is to be changed of a column; what is not named stays, null takes it away."""

    model_config = ConfigDict(extra="forbid")

    type: str | None = Field(default=None, max_length=40)
    data_type: str | None = Field(default=None, max_length=40, description="Another word for `type`.")
    is_mandatory: bool | None = None
    is_unique: bool | None = None
    default: str | None = Field(default=None, max_length=255)
    number_format: Literal["plain", "1.234,56", "1,234.56"] | None = None
    date_formats: list[Annotated[str, Field(max_length=40)]] | None = Field(default=None, max_length=20)
    role: Literal["distributor", "date", "amount", "export_date"] | None = None
    allowed_values: list[Annotated[str, Field(max_length=255)]] | None = Field(default=None, max_length=1000)
    minimum: str | None = Field(default=None, max_length=40)
    maximum: str | None = Field(default=None, max_length=40)
    pattern: str | None = Field(default=None, max_length=500)
    trim: bool | None = None


class _TableRules(BaseModel):
    model_config = ConfigDict(extra="forbid")

    display_name: str | None = Field(default=None, max_length=255)
    allowed_filename: str | None = Field(default=None, max_length=2000)
    distributor_check: Literal["prefix", "exact"] | None = None
    duplicates: Literal["last", "reject"] | None = None
    max_rejects: str | None = Field(default=None, max_length=20)
    replaces: str | None = Field(default=None, max_length=1000)
    delimiter: str | None = Field(default=None, max_length=1)


class TableIn(_TableRules):
    """A new import table."""

    table_name: str = Field(max_length=64)
    columns: list[ColumnIn] = Field(min_length=1, max_length=500)


class TableRegistration(_TableRules):
    """An existing MySQL table; without columns, all that it has."""

    table_name: str = Field(max_length=64)
    columns: list[ColumnIn] | None = Field(default=None, max_length=500)


class TableChange(_TableRules):
    """What is to be changed of a table; what is not named stays. `columns` are then all that it has."""

    columns: list[ColumnIn] | None = Field(default=None, min_length=1, max_length=500)


class FilenameIn(BaseModel):
    """The names of the files that belong to a table."""

    model_config = ConfigDict(extra="forbid")

    allowed_filename: str = Field(max_length=2000)


class AliasIn(BaseModel):
    """Another header under which a column may appear."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    alias: str = Field(min_length=1, max_length=255)


class AliasOut(Body):
    """An alias."""

    id: int
    alias: str


class ColumnOut(Body):
    """A column of an import table."""

    id: int
    name: str
    data_type: str
    is_mandatory: bool
    is_unique: bool
    default: str | None
    number_format: str
    date_formats: list[str]
    role: str | None
    allowed_values: list[str]
    minimum: str | None
    maximum: str | None
    pattern: str | None
    trim: bool
    aliases: list[AliasOut]


class TableOut(Body):
    """An import table."""

    id: int
    table_name: str
    display_name: str
    allowed_filename: str
    distributor_check: str
    duplicates: str
    max_rejects: str
    replaces: str
    delimiter: str | None
    has_helpers: bool


class TableWithColumns(TableOut):
    """An import table with its columns."""

    columns: list[ColumnOut]


class VersionOut(Body):
    """A table's configuration as it was saved."""

    version: int
    saved_at: Moment
    saved_by: str
    config: dict[str, Any]


class AuditOut(Body):
    """Who changed what, when."""

    id: int
    at: Moment
    actor: str
    action: str
    subject: str
    old: Any
    new: Any


class ReplayedFile(Body):
    """What would come out differently of a past file."""

    job_id: int
    filename: str
    skipped: str | None = Field(description="Why it could not be replayed.")
    valid_before: bool | None
    valid_after: bool | None
    message_after: str | None
    good_before: int | None
    good_after: int | None
    rejected_before: int | None
    rejected_after: int | None
    new_problems: list[str]


class ExpectedIn(BaseModel):
    """A file that a distributor sends."""

    model_config = ConfigDict(extra="forbid")

    dist_id: str = Field(min_length=1, max_length=64)
    table_name: str = Field(max_length=64)
    frequency: Literal["daily", "weekly", "monthly"]
    days: list[Annotated[int, Field(ge=1, le=31)]] = Field(default=[], max_length=31)


class ExpectedOut(Body):
    """A file that a distributor sends."""

    dist_id: str
    table_name: str
    frequency: str
    days: list[int]


class PresenceOut(Body):
    """What became of one distributor's file for one table."""

    dist_id: str
    table_name: str
    presence: str
    files: int
    last_job: int | None


class Attendance(Body):
    """Who sent what in a period."""

    first: date
    last: date
    cells: list[PresenceOut]
