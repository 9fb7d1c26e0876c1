"""A sender may repeat an upload under the same key: the answer is the first one's, and nothing is imported twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from import_export.errors import BadRequest, TerminalError
from import_export.services.context import Context
from import_export.stores.database import Session
from import_export.stores.queries import queries

KEPT = timedelta(days=7)
LONGEST_KEY = 191


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


def once(
    context: Context, key: str | None, fingerprint: str, batch_id: str, work: Callable[[], KeptAnswer]
) -> tuple[KeptAnswer, bool]:
    """Do the work, or give the answer that it gave before; and whether it was done now.

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
        sql.forget_keys(session.raw, before=context.clock() - KEPT)
        ours = sql.reserve_key(
            session.raw,
            owner=owner,
            idempotency_key=key,
            fingerprint=fingerprint,
            batch_id=batch_id,
            now=context.clock(),
        )
        if not ours:
            return _kept(session, owner, key, fingerprint), False
    try:
        answer = work()
    except BaseException:
        with context.database.session() as session, session.transaction():
            sql.drop_key(session.raw, owner=owner, idempotency_key=key)
        raise
    with context.database.session() as session, session.transaction():
        body = json.dumps(answer.body, ensure_ascii=False)
        sql.answer_key(session.raw, owner=owner, idempotency_key=key, status=answer.status, answer=body)
    return answer, True


def _kept(session: Session, owner: str, key: str, fingerprint: str) -> KeptAnswer:
    found = queries("batches").find_key(session.raw, owner=owner, idempotency_key=key)
    if found is None or found[3] is None:
        raise KeyInWork(
            "the upload with this Idempotency-Key is still being worked on; ask again a little later"
        )
    if found[0] != fingerprint:
        raise KeyReused("this Idempotency-Key was used for another upload; use a new one")
    return KeptAnswer(found[2], json.loads(found[3]))
