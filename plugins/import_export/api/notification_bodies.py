"""What the REST API takes and gives about messages and deadlines."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from import_export.api.bodies import Body, Moment

KindName = Literal["refused", "missing", "stuck", "export"]


class AddressIn(BaseModel):
    """Who is to be told of what."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field(
        min_length=1,
        max_length=191,
        description="An e-mail address, `slack:CONNECTION`, or a notifier's name.",
    )
    kinds: list[KindName] = Field(min_length=1, max_length=4)
    dist_id: str | None = Field(default=None, max_length=64, description="Null: every distributor.")
    table_name: str | None = Field(default=None, max_length=64, description="Null: every table.")
    language: Literal["en", "id"] = "id"


class AddressOut(Body):
    """Who is told of what."""

    id: int
    address: str
    kinds: list[str]
    dist_id: str | None
    table_name: str | None
    language: str


class NotificationOut(Body):
    """A message and what became of it."""

    id: int
    kind: str
    subject: str
    address: str
    language: str
    dist_id: str | None
    state: str = Field(description="waiting, sending, sent, unknown or given_up")
    created_at: Moment
    sent_at: Moment | None
    attempts: int
    error: str | None


class DeadlineIn(BaseModel):
    """Until when a table's files are expected."""

    model_config = ConfigDict(extra="forbid")

    table_name: str = Field(max_length=64)
    cron: str = Field(
        max_length=100, description="In the time zone of the setting `time_zone`: `0 17 * * 1-5`."
    )


class DeadlineOut(Body):
    """Until when a table's files are expected."""

    table_name: str
    cron: str
    next_at: Moment
