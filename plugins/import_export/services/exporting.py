"""An export from its request to its end: registered, planned, worked on in lanes over its accounts, closed."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from import_export.errors import ArchiveUnavailable, BadRequest, TransientError
from import_export.exports.account_folders import folders_of
from import_export.exports.report import Account
from import_export.exports.requests import ALL, ExportRequest, read_request
from import_export.exports.runs import (
    Export,
    ExportAccount,
    ExportFile,
    ExportLine,
    Kind,
)
from import_export.failpoints import hit
from import_export.services.accounts import find_account, list_accounts
from import_export.services.context import Context
from import_export.services.export_files import make_files, wanted_of
from import_export.services.export_lanes import ExportLane, deal, lanes_of
from import_export.services.export_place import export_folder, exports_place, remove_files, uri_of
from import_export.services.leftovers import remove_temporary
from import_export.services.noticing import notice_export
from import_export.stores.database import Session
from import_export.stores.exports import ExportStore

log = logging.getLogger(__name__)

_RUNS = uuid.UUID("0b5fd1f4-8f0a-4d4c-9a0e-0d6f1f6f5b0e")
"""Namespace of the ids of exports whose runs have no UUIDs for ids."""
NO_TURN = "the run ended before it was this account's turn; the log of its lane tells why"
NOT_PLANNED = "the run ended before it knew the accounts; the log of its first task tells why"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run of the DAG, as far as an export is concerned."""

    run_id: str
    nightly: bool
    """Whether it makes what the schedule makes."""
    at: datetime
    """Its logical date (with a zone): the date of what it makes."""
    form: Mapping[str, Any]
    """What a person filled in."""


@contextmanager
def exports_of(context: Context) -> Iterator[ExportStore]:
    """The exports, in a transaction on a connection of their own."""
    with context.database.session() as session, session.transaction():
        yield ExportStore(session)


def is_export(session: Session, export_id: str) -> bool:
    """Whether there is an export of that id."""
    return ExportStore(session).find(export_id) is not None


def export_id_of(context: Context, run: Run) -> str:
    """The id of the export that a run works on: a night's is the same for all runs of that date."""
    if run.nightly:
        return str(uuid.uuid5(_RUNS, f"nightly {_day(context, run)}"))
    try:
        return str(uuid.UUID(run.run_id))
    except ValueError:
        return str(uuid.uuid5(_RUNS, run.run_id))


def new_export(context: Context, request: ExportRequest, export_id: str) -> Export:
    """Register what a person asked for, for a run of the same id; raises `NotFound` for an account that is none."""
    export = _on_demand(context, request, export_id, export_id, by=context.actor)
    if request.accounts is not None:
        accounts_of(context, request)
    with exports_of(context) as exports:
        exports.add(export)
    return export


def drop_export(context: Context, export_id: str) -> None:
    """Forget an export for which no run could be started."""
    with exports_of(context) as exports:
        exports.drop(export_id)


def plan_export(context: Context, run: Run) -> list[ExportLane]:
    """Register the run's export if it is new, find its accounts, and deal them into lanes.

    May be repeated: a run that comes again makes all accounts anew, in the same places. Raises `BadRequest` for what is
    wrong with the form, `NotFound` for an account that is none.
    """
    export_id = export_id_of(context, run)
    with exports_of(context) as exports:
        known = exports.find(export_id)
    planned = _nightly(context, run, export_id) if run.nightly else known or _of_form(context, run, export_id)
    accounts = accounts_of(context, planned.request)
    with exports_of(context) as exports:
        exports.add(planned)
        ids = {account.id for account in accounts}
        kept = {each.folder for each in exports.accounts(export_id) if each.account_id not in ids}
        dealt = deal(accounts, folders_of(accounts, kept), context.settings.export_lanes)
        exports.plan(
            export_id,
            planned.request,
            dealt,
            run_id=run.run_id,
            made_at=planned.made_at,
            now=context.clock(),
        )
        hit("export.plan.commit.before")
    hit("export.plan.commit.after")
    return lanes_of(export_id, dealt)


def export_lane(context: Context, lane: ExportLane) -> None:
    """Make the files of each account of the lane that has none yet.

    An account's own trouble is kept with it and leaves the others alone. A fault that passes is raised, for the task to be
    tried again; it goes on where it was.
    """
    # What a worker that was killed left on this machine; the maintenance may work on another one.
    remove_temporary(context)
    with exports_of(context) as exports:
        exports.reopen(lane.export_id)
        export = exports.export(lane.export_id)
        waiting = exports.accounts(lane.export_id, lane=lane.lane, undone=True)
    for number, account in enumerate(waiting, start=1):
        try:
            _export_account(context, export, account)
        except ArchiveUnavailable as fault:
            # Told also when it does not pass.
            with exports_of(context) as exports:
                exports.set_waiting(lane.export_id, account.account_id, reason=str(fault))
            raise
        except TransientError:
            raise
        except Exception as fault:
            log.exception("@%s (%s): nothing was exported", account.username, account.account_id)
            with exports_of(context) as exports:
                exports.set_failed(
                    lane.export_id, account.account_id, reason=_reason(fault), now=context.clock()
                )
        else:
            log.info("@%s: done, %s of %s", account.username, number, len(waiting))


def close_export(context: Context, export_id: str) -> ExportLine:
    """Nothing is left to do: what had no turn is told, and the state is final until the run comes again."""
    with context.database.session() as session, session.transaction():
        exports = ExportStore(session)
        export = exports.export(export_id)
        exports.fail_waiting(export_id, reason=NO_TURN, now=context.clock())
        failure = None if export.planned_at else NOT_PLANNED
        exports.finish(export_id, failure=failure, now=context.clock())
        line = exports.line(export_id)
        notice_export(context, session, line)
        hit("export.close.commit.before")
    hit("export.close.commit.after")
    return line


def accounts_of(context: Context, request: ExportRequest) -> list[Account]:
    """The accounts that a request names, each once; raises `NotFound` for one that is none."""
    if request.accounts is None:
        return list_accounts(context)
    found = [find_account(context, each) for each in request.accounts]
    return list({account.id: account for account in found}.values())


def uris_of(context: Context, export_id: str) -> list[str]:
    """Where the files of an export are: where they were delivered, else in `exports_folder`."""
    with exports_of(context) as exports:
        export = exports.export(export_id)
        files = exports.files(export_id)
    return [file.delivered_url or uri_of(context, export, file) for file in files if file.removed_at is None]


def _export_account(context: Context, export: Export, account: ExportAccount) -> None:
    found = find_account(context, account.account_id)
    wanted = wanted_of(context, found, export.request, export.made_at)
    folder, place = export_folder(context, export, account.folder), exports_place(context)
    with exports_of(context) as exports:
        earlier = exports.files(export.export_id, account_id=account.account_id)
    room = context.settings.work_folder
    files = make_files(context, wanted, export.request, place, f"{export.folder}/{account.folder}", room)
    made = {file.name for file in files}
    remove_files(folder, [name for name in folder.names() if "/" not in name and name not in made])
    with exports_of(context) as exports:
        exports.set_done(export.export_id, account, wanted.period, files, context.clock())
        hit("export.commit.before")
    hit("export.commit.after")
    # The account had another name when an earlier run made its files.
    _remove_strays(context, export, [file for file in earlier if file.folder != account.folder])


def _remove_strays(context: Context, export: Export, strays: Sequence[ExportFile]) -> None:
    if not strays:
        return
    with exports_of(context) as exports:
        owned = {each.folder for each in exports.accounts(export.export_id)}
    # Somebody else may have that name by now.
    left = [f"{file.folder}/{file.made.name}" for file in strays if file.folder not in owned]
    remove_files(export_folder(context, export), left)


def _reason(fault: Exception) -> str:
    return str(fault) or type(fault).__name__


def _nightly(context: Context, run: Run, export_id: str) -> Export:
    """What the schedule makes: the same for the same date, whenever it is made."""
    settings = context.settings
    day = _day(context, run)
    request = read_request(
        {
            "accounts": ALL,
            "formats": settings.export_nightly_formats,
            "date_frame": settings.export_nightly_frame,
            "until": (day - timedelta(days=1)).isoformat(),
        },
        settings.file_language,
    )
    return Export(
        export_id=export_id,
        kind=Kind.NIGHTLY,
        request=request,
        folder=f"{Kind.NIGHTLY.value}/{day.isoformat()}",
        made_at=run.at.astimezone(UTC).replace(tzinfo=None),
        run_id=run.run_id,
        created_by=None,
        created_at=context.clock(),
    )


def _of_form(context: Context, run: Run, export_id: str) -> Export:
    request = read_request(run.form, context.settings.file_language)
    return _on_demand(context, request, export_id, run.run_id, by=None)


def _on_demand(
    context: Context, request: ExportRequest, export_id: str, run_id: str, *, by: str | None
) -> Export:
    if request.until is not None:
        raise BadRequest("until is the schedule's own; give start and end")
    now = context.clock()
    return Export(
        export_id=export_id,
        kind=Kind.ON_DEMAND,
        request=request,
        folder=f"{Kind.ON_DEMAND.value}/{export_id}",
        made_at=now,
        run_id=run_id,
        created_by=by,
        created_at=now,
    )


def _day(context: Context, run: Run) -> date:
    """The date of a run in the installation's zone."""
    return run.at.astimezone(context.settings.zone).date()
