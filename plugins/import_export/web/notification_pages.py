"""The page of notifications: who is told of what, and what was told to whom."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse

from import_export.addresses import SLACK
from import_export.api.access import Access, needs
from import_export.messages import Language
from import_export.notices.kinds import Kind
from import_export.services import configuring, notifying, subscribing
from import_export.web.rendering import PageDep

router = APIRouter(include_in_schema=False)

MESSAGES_SHOWN = 100


@router.get("/notifications", response_class=HTMLResponse)
@needs(Access.CONFIGURE)
def notifications(page: PageDep, before: Annotated[int | None, Query(ge=1, le=2**53)] = None) -> HTMLResponse:
    """Addresses, and messages newest first."""
    context, scope = page.call.context, page.call.person.scope
    found = notifying.list_notifications(context, scope, before=before, most=MESSAGES_SHOWN + 1)
    now = context.clock()
    return page.page(
        "notifications.html",
        current="notifications",
        subscriptions=subscribing.list_subscriptions(context, scope),
        others=[each.text for each in context.settings.notify_to],
        notifiers=[SLACK, *(each.name for each in context.settings.notifiers)],
        kinds=[kind.value for kind in Kind],
        tables=[table.table_name for table in configuring.all_tables(context)],
        only=scope.only,
        messages=[(each, notifying.state_of(each, now).value) for each in found[:MESSAGES_SHOWN]],
        following=found[MESSAGES_SHOWN - 1].id if len(found) > MESSAGES_SHOWN else None,
    )


@router.post("/notifications/addresses", response_class=HTMLResponse)
@needs(Access.CONFIGURE)
def subscribe(
    page: PageDep,
    address: Annotated[str, Form(max_length=191)],
    language: Annotated[Language, Form()],
    kinds: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
    dist_id: Annotated[str, Form(max_length=64)] = "",
    table_name: Annotated[str, Form(max_length=64)] = "",
) -> HTMLResponse:
    """Have an address told."""
    subscribing.subscribe(
        page.call.context,
        page.call.person.scope,
        address,
        kinds,
        dist_id=dist_id or None,
        table_name=table_name or None,
        language=language,
    )
    return HTMLResponse(headers={"hx-refresh": "true"})


@router.post("/notifications/addresses/{address_id}/remove", response_class=HTMLResponse)
@needs(Access.CONFIGURE)
def unsubscribe(page: PageDep, address_id: int) -> HTMLResponse:
    """Have an address told no more."""
    subscribing.unsubscribe(page.call.context, page.call.person.scope, address_id)
    return HTMLResponse(headers={"hx-refresh": "true"})
