"""A sender may repeat an upload under the same key: the answer is the first one's, and nothing is imported twice."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from import_export.errors import BadRequest, TerminalError, TransientError
from import_export.services.context import Context
from import_export.services.receiving import LOST_AFTER
from import_export.stores.database import Session
from import_export.stores.jobs import JobStore
from import_export.stores.queries import queries

log = logging.getLogger(__name__)

KEPT = timedelta(days=7)
LONGEST_KEY = 191
FORGOTTEN_AT_ONCE = 1000


class KeyReused(TerminalError):
    """The key was used for another upload."""

    http_status = 422


class KeyInWork(TerminalError):
    """The first upload of this key is still being worked on."""

    http_status = 409


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The answer to an upload: its HTTP status and its body."""

    status: int
    body: Mapping[str, Any]


def has_batch(session: Session, batch_id: str) -> bool:
    """Whether an upload came as far as to be a batch."""
    return JobStore(session).has_batch(batch_id)


def once(
    context: Context,
    key: str | None,
    fingerprint: str,
    batch_id: str,
    work: Callable[[], KeptAnswer],
    registered: Callable[[Session, str], bool] = has_batch,
) -> tuple[KeptAnswer, bool]:
    """Do the work, or give the answer that it gave before; and whether it was done now.

    `batch_id` names what the work makes; `registered`: whether it came so far, when its server ended in the middle.
    Keys are the person's own, and are known for a week. Raises `KeyReused`, `KeyInWork`; when the work fails, the key
    is free again.
    """
    if key is None:
        return work(), True
    if not key.strip() or len(key) > LONGEST_KEY:
        raise BadRequest(f"Idempotency-Key needs 1–{LONGEST_KEY} characters")
    owner = context.actor[:LONGEST_KEY]
    sql = queries("batches")
    with context.database.session() as session, session.transaction():
        # Twice, when the server of the first upload ended before it registered a batch.
        for _ in range(2):
            ours = sql.reserve_key(
                session.raw,
                owner=owner,
                idempotency_key=key,
                fingerprint=fingerprint,
                batch_id=batch_id,
                now=context.clock(),
            )
            if ours or not _is_lost(context, session, owner, key, registered):
                break
            sql.drop_key(session.raw, owner=owner, idempotency_key=key)
        if not ours:
            return _kept(session, owner, key, fingerprint, registered), False
    try:
        answer = work()
    except BaseException:
        # Where the database is away now, the key is free again a while later.
        with (
            suppress(TransientError),
            context.database.session() as session,
            session.transaction(),
        ):
            sql.drop_key(session.raw, owner=owner, idempotency_key=key)
        raise
    try:
        with context.database.session() as session, session.transaction():
            body = json.dumps(answer.body, ensure_ascii=False)
            sql.answer_key(session.raw, owner=owner, idempotency_key=key, status=answer.status, answer=body)
    except TransientError:
        # The upload is taken, and its sender has to know that.
        log.exception("%s: its answer could not be kept for a repetition", batch_id)
    return answer, True


def forget_old_keys(context: Context, *, dry_run: bool = False) -> int:
    """Forget the keys that are older than a week; how many."""
    before = context.clock() - KEPT
    with context.database.session() as session, session.transaction():
        sql = queries("batches")
        found = int(sql.count_old_keys(session.raw, before=before))
        for _ in range(0 if dry_run else found // FORGOTTEN_AT_ONCE + 1):
            sql.forget_keys(session.raw, before=before, most=FORGOTTEN_AT_ONCE)
    return found


def _is_lost(
    context: Context,
    session: Session,
    owner: str,
    key: str,
    registered: Callable[[Session, str], bool],
) -> bool:
    """Whether nobody works on the first upload any more, and nothing came of it."""
    found = queries("batches").find_key(session.raw, owner=owner, idempotency_key=key)
    if found is None:
        return True
    _, batch_id, _, answer, created_at = found
    if answer is not None or context.clock() - created_at < LOST_AFTER:
        return False
    return not registered(session, batch_id)


def _kept(
    session: Session,
    owner: str,
    key: str,
    fingerprint: str,
    registered: Callable[[Session, str], bool],
) -> KeptAnswer:
    found = queries("batches").find_key(session.raw, owner=owner, idempotency_key=key)
    if found is None or found[3] is None:
        known = f"; it is {found[1]}" if found and registered(session, found[1]) else ""
        raise KeyInWork(
            f"the request with this Idempotency-Key is still being worked on; ask again a little later{known}"
        )
    if found[0] != fingerprint:
        raise KeyReused("this Idempotency-Key was used for another request; use a new one")
    return KeptAnswer(found[2], json.loads(found[3]))
