"""Who is told of what, and what was told to whom."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from import_export.api import bodies, notification_bodies
from import_export.api.access import Access, needs
from import_export.api.installation import CallDep
from import_export.services import notifying, subscribing
from import_export.stores.notifications import Notification

router = APIRouter(prefix="/api/notifications", tags=["notifications"])

SomeId = Annotated[int, Path(ge=1, le=2**53)]


@router.get("", response_model=bodies.Page[list[notification_bodies.NotificationOut]])
@needs(Access.CONFIGURE)
def notifications(
    call: CallDep,
    cursor: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Any:
    """Messages, newest first: to whom, about what, and whether they were sent."""
    found = notifying.list_notifications(call.context, call.person.scope, before=cursor, most=limit + 1)
    following = str(found[limit - 1].id) if len(found) > limit else None
    return {"data": [_shown(call, each) for each in found[:limit]], "next": following}


@router.post("/{notification_id}/again", response_model=bodies.Answer[notification_bodies.NotificationOut])
@needs(Access.CONFIGURE)
def send_again(call: CallDep, notification_id: SomeId) -> Any:
    """Let a message be sent that was given up, or whose sending broke off; the next look at the outbox does it."""
    return {"data": _shown(call, notifying.send_again(call.context, call.person.scope, notification_id))}


@router.get("/addresses", response_model=bodies.Answer[list[notification_bodies.AddressOut]])
@needs(Access.CONFIGURE)
def addresses(call: CallDep) -> Any:
    """Who is told of what."""
    found = subscribing.list_subscriptions(call.context, call.person.scope)
    return {"data": [notification_bodies.AddressOut.model_validate(each) for each in found]}


@router.put("/addresses", response_model=bodies.Answer[notification_bodies.AddressOut])
@needs(Access.CONFIGURE)
def put_address(call: CallDep, body: notification_bodies.AddressIn) -> Any:
    """Have an address told of a distributor and a table, in the place of what it was told of them."""
    made = subscribing.subscribe(
        call.context,
        call.person.scope,
        body.address,
        body.kinds,
        dist_id=body.dist_id,
        table_name=body.table_name,
        language=body.language,
    )
    return {"data": notification_bodies.AddressOut.model_validate(made)}


@router.delete("/addresses/{address_id}", response_model=bodies.Answer[bodies.Removed])
@needs(Access.CONFIGURE)
def remove_address(call: CallDep, address_id: SomeId) -> Any:
    """Have an address told no more."""
    gone = subscribing.unsubscribe(call.context, call.person.scope, address_id)
    return {"data": bodies.Removed(removed=gone.address)}


def _shown(call: CallDep, notification: Notification) -> notification_bodies.NotificationOut:
    state = notifying.state_of(notification, call.context.clock())
    fields = {
        name: getattr(notification, name)
        for name in notification_bodies.NotificationOut.model_fields
        if name != "state"
    }
    return notification_bodies.NotificationOut(state=state.value, **fields)
