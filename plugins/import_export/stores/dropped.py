"""Claims of objects in a drop folder that is a bucket's prefix; see the decision about buckets."""

from __future__ import annotations

from dataclasses import dataclass

from import_export.stores.database import Session
from import_export.stores.queries import queries


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedObject:
    """An object that a batch has, as it was when it was claimed."""

    key: str
    """A digest of all that tells this object from the one that replaces it."""
    batch_id: str
    drop_uri: str
    path: str
    """Its name below the drop folder."""
    place: str
    """Its name in the batch: without the distributor's folder."""
    etag: str
    size: int
    modified_ns: int


class DroppedStore:
    """The claims as seen through one session; the caller owns the transaction."""

    def __init__(self, session: Session) -> None:
        self._raw = session.raw
        self._sql = queries("dropped")

    def claim(self, claimed: ClaimedObject) -> bool:
        """Write a claim down; False when the object is somebody's already. Waits for who is about to claim it."""
        added: int = self._sql.claim_object(
            self._raw,
            object_key=claimed.key,
            batch_id=claimed.batch_id,
            drop_uri=claimed.drop_uri,
            path=claimed.path,
            place=claimed.place,
            etag=claimed.etag,
            size=claimed.size,
            modified_ns=claimed.modified_ns,
        )
        return added == 1

    def of_batch(self, batch_id: str) -> list[ClaimedObject]:
        """The objects of a batch that are not put away."""
        return [
            ClaimedObject(
                key=key,
                batch_id=batch,
                drop_uri=drop_uri,
                path=path,
                place=place,
                etag=etag,
                size=size,
                modified_ns=modified_ns,
            )
            for key, batch, drop_uri, path, place, etag, size, modified_ns in self._sql.objects_of(
                self._raw, batch_id=batch_id
            )
        ]

    def keys(self) -> list[str]:
        """The keys of all objects that are claimed and not put away."""
        return [key for (key,) in self._sql.claimed_keys(self._raw)]

    def closed_batches(self) -> list[str]:
        """Closed batches whose objects were not put away: who was to do it was killed."""
        return [batch_id for (batch_id,) in self._sql.closed_batches(self._raw)]

    def forget(self, key: str) -> None:
        """The object is put away."""
        self._sql.forget_object(self._raw, object_key=key)
