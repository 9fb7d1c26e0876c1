"""The tree of faults. A problem *in the data* is a value (see `problems.py`), never one of these.

ImportExportError
├── TerminalError              a retry would not help; the class carries its HTTP status
│   ├── SettingsError          500  a setting is missing or wrong; the message names it
│   ├── BadRequest             400  the caller asked for something impossible
│   ├── NotFound               404  no such batch, job, table, column
│   ├── InvalidMove            409  a job cannot go from this status to that one
│   ├── Unfinished             409  a batch has jobs that are not at their end
│   ├── NotUndoable            409  undoing an import would not bring back what was there before
│   ├── RowsRefused            409  a rule of the MySQL table itself (a key, a check, a trigger) refuses rows
│   ├── Cancelled              409  a person cancelled the batch while a file of it was being loaded
│   ├── Forbidden              403  a distributor that the person may not see or send for
│   ├── MigrationFailed        500  MySQL refuses a statement of a migration
│   ├── ArchiveRefused         502  the archive will not take the file until a person acts
│   └── LayoutChanged          409  the MySQL table does not fit its configuration any more
└── TransientError             503  try again: a database that is away, a busy job
    ├── DatabaseUnavailable
    ├── JobBusy                another process holds the job's row lock
    ├── ConfigurationChanged   a table's configuration was changed between its reading and the load
    ├── CountsDisagree         MySQL stored something else than was validated; rolled back
    ├── SourceChanged          the file was still being written while it was copied
    ├── ArchiveUnavailable     the archive did not answer; the upload is tried again
    └── NotSent                a notifier did not take a message; it is tried again
"""

from __future__ import annotations

from typing import ClassVar


class ImportExportError(Exception):
    """Root of all faults that this package raises on purpose."""

    http_status: ClassVar[int] = 500


class TerminalError(ImportExportError):
    """A retry would end the same way."""


class SettingsError(TerminalError):
    """A setting is missing or has an impossible value."""


class BadRequest(TerminalError):
    """The request itself is wrong; nothing was done."""

    http_status = 400


class NotFound(TerminalError):
    """The thing asked for does not exist."""

    http_status = 404


class InvalidMove(TerminalError):
    """A job was to be moved between two statuses that no arrow joins."""

    http_status = 409

    def __init__(self, job_id: int, old: int, new: int) -> None:
        super().__init__(f"job {job_id} cannot move from status {old} to {new}")
        self.job_id, self.old, self.new = job_id, old, new


class LayoutChanged(TerminalError):
    """The MySQL table lacks a column that its configuration names."""

    http_status = 409


class Unfinished(TerminalError):
    """A batch cannot be closed while some of its jobs are not at their end."""

    http_status = 409


class NotUndoable(TerminalError):
    """An import cannot be undone as a whole; the message says why."""

    http_status = 409


class RowsRefused(TerminalError):
    """A rule of the MySQL table that no configuration knows refuses rows of the file."""

    http_status = 409


class Cancelled(TerminalError):
    """The batch was cancelled; `who` did it."""

    http_status = 409

    def __init__(self, who: str) -> None:
        super().__init__(f"cancelled by {who}")
        self.who = who


class Forbidden(TerminalError):
    """The person may not do this, or not for this distributor."""

    http_status = 403


class ArchiveRefused(TerminalError):
    """The archive refused for a reason that only a person can change (rights, quota, missing folder)."""

    http_status = 502


class MigrationFailed(TerminalError):
    """A statement of a migration was refused; those before it stay done, and the next attempt begins with it."""


class TransientError(ImportExportError):
    """The same call may succeed later."""

    http_status = 503


class DatabaseUnavailable(TransientError):
    """MySQL cannot be reached or dropped the connection."""


class JobBusy(TransientError):
    """Another process is working on this job right now."""


class ConfigurationChanged(TransientError):
    """A table's configuration is not what the load began with; read it again."""


class CountsDisagree(TransientError):
    """MySQL's own counts differ from what was validated, so everything was rolled back."""


class SourceChanged(TransientError):
    """The source file changed while it was being copied."""


class ArchiveUnavailable(TransientError):
    """The archive did not answer or asked to come back later."""


class NotSent(TransientError):
    """Messages could not be handed to their notifiers; they stay in the outbox."""
