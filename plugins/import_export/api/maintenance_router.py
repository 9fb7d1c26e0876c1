"""What the maintenance did and found, what waits for the archive, and a run of it now."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query

from import_export.api import bodies, maintenance_bodies
from import_export.api.access import Access, check_sees_all, needs
from import_export.api.installation import CallDep
from import_export.services.maintenance import overview, retry_now

router = APIRouter(prefix="/api", tags=["maintenance"])


@router.get("/maintenance", response_model=bodies.Answer[maintenance_bodies.MaintenanceOut])
@needs(Access.CONFIGURE)
def maintenance(
    call: CallDep,
    runs: Annotated[int, Query(ge=1, le=500, description="How many of the last runs.")] = 20,
    pending: Annotated[int, Query(ge=0, le=1000, description="How many of the files that wait.")] = 100,
) -> Any:
    """The last runs with their counts, what is wrong, and the files that wait for the archive."""
    check_sees_all(call.person)
    found = overview(call.context, runs=runs, most=pending)
    return {"data": maintenance_bodies.overview_out(found, call.language)}


@router.post(
    "/maintenance/runs", status_code=202, response_model=bodies.Answer[maintenance_bodies.MaintenanceStarted]
)
@needs(Access.CONFIGURE)
def start(
    call: CallDep,
    dry_run: Annotated[bool, Query(description="Only tell what would be done.")] = False,
    everything: Annotated[bool, Query(description="Also what is done once a day.")] = False,
    retry: Annotated[
        bool, Query(description="Do not wait with archives and deliveries that failed.")
    ] = False,
) -> Any:
    """Start a run; it waits while another one is at work."""
    check_sees_all(call.person)
    if retry:
        retry_now(call.context)
    run_id = f"asked_{uuid.uuid4()}"
    call.start_maintenance(run_id, {"dry_run": dry_run, "everything": everything})
    return {"data": maintenance_bodies.MaintenanceStarted(run_id=run_id)}
