"""Sends what waits in the outbox, and lets staff see what became of it.

A message is taken in hand (committed) before its notifier gets it. What a notifier refuses is tried again; what broke off
in between may have gone out, so it is never sent again by the program, only by a person who says so.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from import_export.addresses import parse_address
from import_export.announcing.notifiers import base_url, deliver, reason_of
from import_export.errors import BadRequest, Forbidden, NotSent
from import_export.scopes import Scope
from import_export.services.context import Context
from import_export.services.maintenance import Findings, Run
from import_export.services.notice_facts import letter_of
from import_export.services.noticing import find_due_notifications
from import_export.stores.configuration import ConfigurationStore
from import_export.stores.notifications import Notification, NotificationStore

log = logging.getLogger(__name__)

OF_USE = timedelta(days=3)
"""A message that could not be sent for so long is given up."""
IN_HAND = timedelta(minutes=15)
"""Nothing that is being sent takes longer."""
AT_ONCE = 500


class State(StrEnum):
    """What became of a message."""

    WAITING = "waiting"
    """Not sent yet; with an error when it was tried."""
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    """The sending broke off: it may have gone out, and is not sent again unless a person says so."""
    GIVEN_UP = "given_up"
    """It could not be sent for three days."""


def send_notifications(context: Context, about: str | None = None) -> int:
    """Send what is due, or of it what is about a batch or an export (its id); give how many messages went out.

    May be called by several at once and again at any time: nothing goes out twice. Raises `NotSent` after all were tried
    when some could not be handed over; they stay in the outbox.
    """
    with _store(context) as store:
        due = store.due(context.clock() - OF_USE, about, AT_ONCE)
    sent, failures = 0, []
    for each in due:
        try:
            sent += _sent(context, each)
        except _Refused as fault:
            failures.append(f"{each.address}: {fault}")
    if failures:
        raise NotSent(f"{len(failures)} of {len(due)} messages could not be sent: {'; '.join(failures[:5])}")
    return sent


def tell_what_is_due(context: Context, run: Run) -> Findings:
    """The step of the maintenance: deadlines that passed, what is stuck, and messages that did not go out before."""
    if run.dry_run:
        with _store(context) as store:
            return Findings({"messages_due": len(store.due(context.clock() - OF_USE, None, AT_ONCE))})
    found = find_due_notifications(context, context.clock())
    return Findings({"causes_found": found, "messages_sent": send_notifications(context)})


def state_of(notification: Notification, now: datetime) -> State:
    """What became of a message."""
    if notification.sent_at is not None:
        return State.SENT
    if notification.claimed_at is not None:
        return State.SENDING if now - notification.claimed_at < IN_HAND else State.UNKNOWN
    return State.WAITING if now - notification.created_at < OF_USE else State.GIVEN_UP


def list_notifications(
    context: Context, scope: Scope, *, before: int | None, most: int
) -> Sequence[Notification]:
    """Messages newest first, as far as the person may see their distributors."""
    with context.database.session() as session:
        return NotificationStore(session).newest(scope.regexp, most=most, before=before)


def send_again(context: Context, scope: Scope, notification_id: int) -> Notification:
    """Let a message be sent that was given up, or of which nothing is known; raises `BadRequest` for any other."""
    with context.database.session() as session, session.transaction():
        store = NotificationStore(session)
        found = store.one(notification_id)
        if not scope.sees(found.dist_id):
            raise Forbidden(f"notification {notification_id} is not yours")
        state = state_of(found, context.clock())
        if state not in (State.UNKNOWN, State.GIVEN_UP):
            raise BadRequest(
                f"notification {notification_id} is {state.value}: there is nothing to send again"
            )
        store.send_again(notification_id, context.clock())
        ConfigurationStore(session).audit(
            actor=context.actor,
            action="message sent again",
            subject=f"notification {notification_id}",
            old={"state": state.value},
            now=context.clock(),
        )
        return store.one(notification_id)


class _Refused(Exception):
    """The notifier did not take a message; the words may be shown."""


def _sent(context: Context, notification: Notification) -> bool:
    """Send one message; False when somebody else has it."""
    claimed_at: datetime | None = None
    try:
        address = parse_address(notification.address)
        # Written before it is taken in hand: what fails here has certainly not gone out.
        letter = letter_of(context, notification, base_url())
        now = context.clock()
        with _store(context) as store:
            if not store.claim(notification.id, now):
                return False
        claimed_at = now
        deliver(context.settings, address, letter, _message_id(notification))
    except Exception as fault:
        # Any class of any package may be the notifier, so anything may be raised; it is kept, told and tried again.
        log.exception("message %s (%s) was not sent", notification.id, notification.kind)
        reason = reason_of(fault)
        with _store(context) as store:
            store.set_failed(notification.id, reason, claimed_at)
        raise _Refused(reason) from fault
    with _store(context) as store:
        store.set_sent(notification.id, context.clock())
    log.info("message %s (%s %s): sent", notification.id, notification.kind, notification.subject)
    return True


def _message_id(notification: Notification) -> str:
    """The same for each attempt."""
    host = urlsplit(base_url()).hostname or "localhost"
    return f"<import-export.{notification.kind}.{notification.id}@{host}>"


@contextmanager
def _store(context: Context) -> Iterator[NotificationStore]:
    with context.database.session() as session, session.transaction():
        yield NotificationStore(session)
