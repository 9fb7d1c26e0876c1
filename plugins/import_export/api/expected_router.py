"""The calendar of expected files, who is missing, and the audit log."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query

from import_export.api import bodies, notification_bodies, table_bodies
from import_export.api.access import Access, check_sees_all, needs
from import_export.api.installation import CallDep
from import_export.services import configuring, deadlines, expecting

router = APIRouter(prefix="/api", tags=["expected files"])


@router.get("/expected", response_model=bodies.Answer[list[table_bodies.ExpectedOut]])
@needs(Access.READ)
def expected(call: CallDep) -> Any:
    """Which distributor sends which table's file, and when."""
    found = expecting.expected_files(call.context, call.person.scope)
    return {"data": [table_bodies.ExpectedOut.model_validate(each) for each in found]}


@router.put("/expected", response_model=bodies.Answer[table_bodies.ExpectedOut])
@needs(Access.CONFIGURE)
def expect(call: CallDep, body: table_bodies.ExpectedIn) -> Any:
    """Expect a file: daily or weekly on days of the week (1 is Monday), monthly on days of the month."""
    made = expecting.expect(
        call.context, call.person.scope, body.dist_id, body.table_name, body.frequency, body.days
    )
    return {"data": table_bodies.ExpectedOut.model_validate(made)}


@router.delete("/expected", response_model=bodies.Answer[bodies.Removed])
@needs(Access.CONFIGURE)
def expect_no_more(
    call: CallDep,
    dist_id: Annotated[str, Query(max_length=64)],
    table_name: Annotated[str, Query(max_length=64)],
) -> Any:
    """Expect a file no more."""
    expecting.expect_no_more(call.context, call.person.scope, dist_id, table_name)
    return {"data": bodies.Removed(removed=f"{dist_id}/{table_name}")}


@router.get("/deadlines", response_model=bodies.Answer[list[notification_bodies.DeadlineOut]])
@needs(Access.READ)
def list_deadlines(call: CallDep) -> Any:
    """Until when the files of tables are expected; what is missing then is told."""
    found = deadlines.list_deadlines(call.context)
    return {"data": [notification_bodies.DeadlineOut.model_validate(each) for each in found]}


@router.put("/deadlines", response_model=bodies.Answer[notification_bodies.DeadlineOut])
@needs(Access.CONFIGURE)
def set_deadline(call: CallDep, body: notification_bodies.DeadlineIn) -> Any:
    """Set a table's deadline, as cron."""
    check_sees_all(call.person)
    made = deadlines.set_deadline(call.context, body.table_name, body.cron)
    return {"data": notification_bodies.DeadlineOut.model_validate(made)}


@router.delete("/deadlines", response_model=bodies.Answer[bodies.Removed])
@needs(Access.CONFIGURE)
def remove_deadline(call: CallDep, table_name: Annotated[str, Query(max_length=64)]) -> Any:
    """Have a table no deadline any more."""
    check_sees_all(call.person)
    deadlines.remove_deadline(call.context, table_name)
    return {"data": bodies.Removed(removed=table_name)}


@router.get("/missing", response_model=bodies.Answer[table_bodies.Attendance])
@needs(Access.READ)
def missing(call: CallDep, first: date, last: date) -> Any:
    """Who sent what in a period of days (of the time zone of the setting `time_zone`), and who did not."""
    found = expecting.attendance(call.context, call.person.scope, first, last)
    cells = [
        table_bodies.PresenceOut(
            dist_id=dist_id,
            table_name=table_name,
            presence=cell.presence.value,
            files=cell.files,
            last_job=cell.last_job,
        )
        for dist_id, row in found.rows.items()
        for table_name, cell in row.items()
    ]
    return {"data": table_bodies.Attendance(first=found.first, last=found.last, cells=cells)}


@router.get("/audit", response_model=bodies.Page[list[table_bodies.AuditOut]])
@needs(Access.CONFIGURE)
def audit(
    call: CallDep,
    subject: Annotated[str | None, Query(max_length=255)] = None,
    cursor: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Any:
    """Who changed what, when; before and after."""
    check_sees_all(call.person)
    found = configuring.audit_log(call.context, subject=subject, before=cursor, most=limit + 1)
    following = str(found[limit - 1].id) if len(found) > limit else None
    return {"data": [table_bodies.AuditOut.model_validate(each) for each in found[:limit]], "next": following}
