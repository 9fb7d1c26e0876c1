"""Addresses, the outbox of messages and the tables' deadlines in MySQL."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from import_export.errors import NotFound
from import_export.messages import Language
from import_export.notices.kinds import Kind, Recipient, Subscription
from import_export.stores.database import Session
from import_export.stores.queries import queries


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One message to one address. Moments are UTC."""

    id: int
    kind: Kind
    subject: str
    address: str
    language: Language
    dist_id: str | None
    """The distributor that it is about, where it is about one only."""
    details: Mapping[str, Any]
    created_at: datetime
    claimed_at: datetime | None
    sent_at: datetime | None
    attempts: int
    error: str | None


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when a table's files are expected, as cron in the installation's time zone."""

    table_name: str
    cron: str
    next_at: datetime
    """The next one, UTC."""


class NotificationStore:
    """All of it as seen through one session; the caller owns the transaction."""

    def __init__(self, session: Session) -> None:
        self._raw = session.raw
        self._sql = queries("notifications")

    def subscriptions(self) -> list[Subscription]:
        """Who gets what, by distributor, table and address."""
        return [
            Subscription(
                id=address_id,
                dist_id=dist_id or None,
                table_name=table_name or None,
                address=address,
                kinds=tuple(Kind(kind) for kind in kinds.split(",")),
                language=language,
            )
            for address_id, dist_id, table_name, address, kinds, language in self._sql.list_addresses(
                self._raw
            )
        ]

    def put(self, subscription: Subscription) -> None:
        """Write one down, in the place of what was there for its distributor, table and address."""
        self._sql.put_address(
            self._raw,
            dist_id=subscription.dist_id or "",
            table_name=subscription.table_name or "",
            address=subscription.address,
            kinds=",".join(subscription.kinds),
            language=subscription.language,
        )

    def remove(self, address_id: int) -> None:
        """Take one out."""
        self._sql.remove_address(self._raw, address_id=address_id)

    def add(
        self,
        kind: Kind,
        subject: str,
        to: Recipient,
        details: Mapping[str, Any],
        *,
        dist_id: str | None,
        now: datetime,
    ) -> None:
        """Put a message into the outbox; nothing happens when there was one for that address."""
        self._sql.add_notification(
            self._raw,
            kind=kind.value,
            subject=subject,
            address=to.address,
            language=to.language,
            dist_id=dist_id,
            details=json.dumps(details, ensure_ascii=False),
            now=now,
        )

    def due(self, since: datetime, about: str | None, most: int) -> list[Notification]:
        """What waits for its sending, oldest first; what is older than `since` is left alone."""
        found = self._sql.due_notifications(self._raw, since=since, about=about, most=most)
        return [_notification(row) for row in found]

    def claim(self, notification_id: int, now: datetime) -> bool:
        """Take one in hand; False when somebody else has it, or had."""
        return bool(self._sql.claim_notification(self._raw, notification_id=notification_id, now=now))

    def set_sent(self, notification_id: int, now: datetime) -> None:
        """The notifier took it."""
        self._sql.set_notification_sent(self._raw, notification_id=notification_id, now=now)

    def set_failed(self, notification_id: int, error: str, claimed_at: datetime | None) -> None:
        """It did not go out, and may be tried again; nothing changes when somebody else has it in hand meanwhile."""
        self._sql.set_notification_failed(
            self._raw, notification_id=notification_id, error=error[:1000], claimed_at=claimed_at
        )

    def send_again(self, notification_id: int, now: datetime) -> None:
        """Let one that was not sent, or of which that is not known, be sent."""
        self._sql.send_notification_again(self._raw, notification_id=notification_id, now=now)

    def one(self, notification_id: int) -> Notification:
        """The message of that id; raises `NotFound`."""
        found = self.newest(None, most=1, notification_id=notification_id)
        if not found:
            raise NotFound(f"there is no notification {notification_id}")
        return found[0]

    def newest(
        self,
        dist_pattern: str | None,
        *,
        most: int,
        before: int | None = None,
        notification_id: int | None = None,
    ) -> list[Notification]:
        """Messages newest first, from behind a given one."""
        found = self._sql.list_notifications(
            self._raw,
            notification_id=notification_id,
            dist_pattern=dist_pattern,
            before=before,
            most=most,
        )
        return [_notification(row) for row in found]

    def deadlines(self) -> list[Deadline]:
        """All of them, by table."""
        return [Deadline(*row) for row in self._sql.list_deadlines(self._raw)]

    def put_deadline(self, deadline: Deadline) -> None:
        """Write one down, in the place of what was there for its table."""
        self._sql.put_deadline(
            self._raw, table_name=deadline.table_name, cron=deadline.cron, next_at=deadline.next_at
        )

    def remove_deadline(self, table_name: str) -> bool:
        """Take one out; False when it was not there."""
        return bool(self._sql.remove_deadline(self._raw, table_name=table_name))

    def passed_deadlines(self, now: datetime) -> list[Deadline]:
        """Those that nobody looked at since they passed; locked until the transaction ends."""
        return [Deadline(*row) for row in self._sql.passed_deadlines(self._raw, now=now)]

    def broken_off_since(self, before: datetime) -> list[str]:
        """Batches with files that are 8 since before that moment, and that nobody was told of."""
        return [batch_id for (batch_id,) in self._sql.broken_off_since(self._raw, before=before)]


def _notification(row: tuple[Any, ...]) -> Notification:
    notification_id, kind, subject, address, language, dist_id, details = row[:7]
    created_at, claimed_at, sent_at, attempts, error = row[7:]
    return Notification(
        id=notification_id,
        kind=Kind(kind),
        subject=subject,
        address=address,
        language=language,
        dist_id=dist_id,
        details=json.loads(details),
        created_at=created_at,
        claimed_at=claimed_at,
        sent_at=sent_at,
        attempts=attempts,
        error=error,
    )
