"""Who is told of what: the addresses that staff maintain."""

from __future__ import annotations

from collections.abc import Sequence

from import_export.addresses import SLACK, parse_address
from import_export.errors import BadRequest, Forbidden, NotFound
from import_export.messages import Language
from import_export.notices.kinds import Kind, Subscription
from import_export.scopes import LONGEST_DIST_ID, Scope
from import_export.services.configuring import find_table
from import_export.services.context import Context
from import_export.stores.configuration import ConfigurationStore
from import_export.stores.notifications import NotificationStore
from import_export.stores.tables import list_tables


def list_subscriptions(context: Context, scope: Scope) -> list[Subscription]:
    """Who gets what, as far as the person may see the distributors."""
    with context.database.session() as session:
        return [each for each in NotificationStore(session).subscriptions() if _is_seen(scope, each.dist_id)]


def subscribe(
    context: Context,
    scope: Scope,
    address: str,
    kinds: Sequence[str],
    *,
    dist_id: str | None,
    table_name: str | None,
    language: Language,
) -> Subscription:
    """Have an address told of kinds of things, of a distributor (None: of all) and table (None: of all).

    Takes the place of what that address was told of the same distributor and table. Raises `BadRequest`, `NotFound` for a
    table that is none, `Forbidden` for a distributor that is not the person's.
    """
    dist_id = (dist_id or "").strip() or None
    _check(context, scope, address, kinds, dist_id)
    new = Subscription(
        dist_id=dist_id,
        table_name=table_name or None,
        address=address.strip(),
        kinds=tuple(kind for kind in Kind if kind.value in kinds),
        language=language,
    )
    with context.database.session() as session, session.transaction():
        if new.table_name is not None:
            find_table(list_tables(session), new.table_name)
        store = NotificationStore(session)
        store.put(new)
        ConfigurationStore(session).audit(
            actor=context.actor,
            action="address told",
            subject=_subject(new),
            new={"kinds": list(new.kinds), "language": language},
            now=context.clock(),
        )
        return next(each for each in store.subscriptions() if _subject(each) == _subject(new))


def unsubscribe(context: Context, scope: Scope, address_id: int) -> Subscription:
    """Have an address told no more; raises `NotFound`, also for those of others' distributors."""
    with context.database.session() as session, session.transaction():
        store = NotificationStore(session)
        for each in store.subscriptions():
            if each.id == address_id and _is_seen(scope, each.dist_id):
                store.remove(address_id)
                ConfigurationStore(session).audit(
                    actor=context.actor,
                    action="address told no more",
                    subject=_subject(each),
                    old={"kinds": list(each.kinds), "language": each.language},
                    now=context.clock(),
                )
                return each
    raise NotFound(f"there is no address {address_id}")


def _check(context: Context, scope: Scope, address: str, kinds: Sequence[str], dist_id: str | None) -> None:
    try:
        read = parse_address(address)
    except ValueError as fault:
        raise BadRequest(str(fault)) from None
    known = [SLACK, *(each.name for each in context.settings.notifiers)]
    if read.notifier is not None and read.notifier not in known:
        raise BadRequest(
            f"address '{read.text}': there is no notifier '{read.notifier}' (there are: {', '.join(known)}); "
            "the setting 'notifiers' names them"
        )
    if dist_id is not None and len(dist_id) > LONGEST_DIST_ID:
        raise BadRequest(f"dist_id needs 1–{LONGEST_DIST_ID} characters")
    if not _is_seen(scope, dist_id):
        raise Forbidden(f"distributor '{dist_id or '*'}' is not yours")
    unknown = [kind for kind in kinds if kind not in set(Kind)]
    if unknown or not kinds:
        raise BadRequest(
            f"kinds need one or several of: {', '.join(Kind)}; got: {', '.join(kinds) or 'none'}"
        )


def _is_seen(scope: Scope, dist_id: str | None) -> bool:
    return scope.everything if dist_id is None else scope.sees(dist_id)


def _subject(subscription: Subscription) -> str:
    return f"{subscription.address} {subscription.dist_id or '*'}/{subscription.table_name or '*'}"
