"""Claims objects in a drop folder that is a bucket's prefix, copies them for their batch, and puts them away at its end.

A claim is a batch and rows that are committed together; nothing in the bucket moves. So who is killed in between leaves
nothing, or a batch that waits for its run, whose first step copies the objects.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable

from import_export.archive.bucket_drop import are_as_seen, identity, is_as_seen
from import_export.archive.buckets import Bucket
from import_export.archive.drop_folder import Claimed, DroppedFile, Signature, Thing, inside
from import_export.errors import ArchiveRefused, ArchiveUnavailable, SourceChanged
from import_export.failpoints import hit
from import_export.imports.freezing import PART
from import_export.imports.jobs import ImportBatch, Mode
from import_export.imports.names import readable
from import_export.imports.validation import AUTO
from import_export.messages import Message, Told, tell
from import_export.services.context import Context
from import_export.stores.database import Session
from import_export.stores.dropped import ClaimedObject, DroppedStore
from import_export.stores.jobs import JobStore

log = logging.getLogger(__name__)

DROP_FOLDER = "drop_folder"


def batch_of_claim(claimed: Claimed) -> ImportBatch:
    """The batch that something dropped becomes; its id is its run's, too."""
    return ImportBatch(
        batch_id=claimed.batch_id,
        source=DROP_FOLDER,
        run_id=claimed.batch_id,
        mode=Mode.BOTH,
        table_name=AUTO,
        dist_id=claimed.dist_id,
        names=claimed.names,
        received_at=claimed.received_at,
    )


def claim_objects(context: Context, drop: Bucket, things: Iterable[Thing]) -> list[str]:
    """Make a batch of each thing that nobody else has, and that is still as it was seen; give the batches' ids."""
    taken = []
    with context.database.session() as session:
        for thing in things:
            batch_id = str(uuid.uuid4())
            if not _claim(context, session, drop, thing, batch_id):
                log.info("%s: somebody else's, or not as it was seen; left alone", readable(thing.name))
                continue
            taken.append(batch_id)
            # A marker is for the file it was set for.
            for marker in thing.markers:
                drop.remove(marker)
    return taken


def claimed_keys(context: Context) -> list[str]:
    """The objects that watchers leave alone, because they have a batch already."""
    with context.database.session() as session:
        return DroppedStore(session).keys()


class _NotOurs(Exception):
    """Ends the transaction of a claim that cannot be made as a whole."""


def _claim(context: Context, session: Session, drop: Bucket, thing: Thing, batch_id: str) -> bool:
    places = {file: inside(thing, file) for file in thing.files}
    dist_id = None if thing.dist_id is None else readable(thing.dist_id)
    claimed = Claimed(batch_id, dist_id, tuple(map(readable, places.values())), context.clock())
    rows = [_row(drop, file, place, batch_id) for file, place in places.items()]
    try:
        with session.transaction():
            JobStore(session).add_batch(batch_of_claim(claimed))
            _write_claim(DroppedStore(session), drop, thing, rows)
            hit("claim.objects.commit.before")
    except _NotOurs:
        return False
    hit("claim.objects.commit.after")
    log.info("batch %s: %s", batch_id, ", ".join(claimed.names))
    return True


def _write_claim(store: DroppedStore, drop: Bucket, thing: Thing, rows: Iterable[ClaimedObject]) -> None:
    # In the order of their keys, so that watchers wait for one another and never in a circle.
    for row in sorted(rows, key=lambda row: row.key):
        if not store.claim(row):
            raise _NotOurs
    # Only now: who removes an object forgets its claim afterwards, so who could claim one that is gone sees it here.
    if not are_as_seen(drop, thing):
        raise _NotOurs


def _row(drop: Bucket, file: DroppedFile, place: str, batch_id: str) -> ClaimedObject:
    return ClaimedObject(
        key=identity(drop, file),
        batch_id=batch_id,
        drop_uri=drop.uri,
        path=file.path,
        place=place,
        etag=file.signature.etag,
        size=file.signature.size,
        modified_ns=file.signature.mtime_ns,
    )


def _seen(claimed: ClaimedObject) -> DroppedFile:
    moment = claimed.modified_ns
    return DroppedFile(claimed.path, Signature(claimed.size, moment, moment, 0, claimed.etag))


def fetch_objects(context: Context, batch_id: str) -> list[Told]:
    """Copy the objects of a batch to where its originals lie, those that are not there yet; give what is gone.

    Raises `SourceChanged` when an object is replaced under our hands.
    """
    gone = []
    for claimed in _claims_of(context, batch_id):
        target = context.work(batch_id).claimed / claimed.place
        if target.is_file():
            continue
        drop = Bucket(claimed.drop_uri)
        if not is_as_seen(drop, _seen(claimed)):
            target.with_name(target.name + PART).unlink(missing_ok=True)
            log.warning("batch %s: %s is gone or was replaced", batch_id, drop.place(claimed.path))
            gone.append(tell(Message.REPLACED_BEFORE_READ, name=readable(claimed.place)))
            continue
        hit("fetch.object.before")
        size, sha256 = drop.fetch(claimed.path, target)
        hit("fetch.object.after")
        if size != claimed.size or not is_as_seen(drop, _seen(claimed)):
            target.unlink()
            raise SourceChanged(f"{drop.place(claimed.path)} was replaced while it was copied")
        log.info("batch %s: %s copied, %s bytes, SHA-256 %s", batch_id, claimed.path, size, sha256)
    return gone


def remove_objects(context: Context, batch_id: str) -> None:
    """Remove what a closed batch has put away from the drop folder, unless it was replaced there meanwhile."""
    claims = _claims_of(context, batch_id)
    if not claims:
        return
    for claimed in claims:
        drop = Bucket(claimed.drop_uri)
        if is_as_seen(drop, _seen(claimed)):
            hit("remove.object.before")
            drop.remove(claimed.path)
            hit("remove.object.after")
    # Afterwards: as long as an object is there, its claim is.
    with context.database.session() as session, session.transaction():
        for claimed in claims:
            DroppedStore(session).forget(claimed.key)


def _claims_of(context: Context, batch_id: str) -> list[ClaimedObject]:
    with context.database.session() as session:
        return DroppedStore(session).of_batch(batch_id)


def remove_what_was_left(context: Context, *, dry_run: bool = False) -> list[str]:
    """Remove the objects of closed batches that are in the drop folder still; give those batches."""
    with context.database.session() as session:
        closed = DroppedStore(session).closed_batches()
    for batch_id in () if dry_run else closed:
        try:
            remove_objects(context, batch_id)
        except (ArchiveRefused, ArchiveUnavailable) as fault:
            # Known as claimed, it is not imported again; the others must not wait for it.
            log.warning("batch %s: is closed, but stays in the drop folder: %s", batch_id, fault)
    return closed
