"""What the database can tell about the invariants of the design: which rows contradict them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from import_export.stores.database import Session
from import_export.stores.queries import queries


@dataclass(frozen=True, slots=True)
class InvariantStore:
    """Questions of one session; nothing is changed."""

    session: Session

    def open_jobs_of_closed_batches(self) -> list[tuple[int, int]]:
        """Jobs that are not at their end although their batch is closed, with their statuses."""
        return list(queries("invariants").open_jobs_of_closed_batches(self.session.raw))

    def batches_without_jobs(self) -> list[str]:
        """Batches that were extracted, and have neither a file nor a word about why not."""
        return [found for (found,) in queries("invariants").batches_without_jobs(self.session.raw)]

    def untrue_histories(self, since: datetime) -> list[tuple[int, int, int | None]]:
        """Jobs whose status is not what their history ends with: the status, and that end."""
        return list(queries("invariants").untrue_histories(self.session.raw, since=since))

    def ended_jobs(self, since: datetime, after: int, most: int) -> list[tuple[int, str]]:
        """Jobs that came to their end since then, from behind a given one, and their batches."""
        return list(
            queries("invariants").ended_jobs(self.session.raw, since=since, after_id=after, most=most)
        )

    def same_bytes(self, job_id: int) -> list[int]:
        """Jobs that loaded the same bytes into the same table for the same distributor."""
        return [found for (found,) in queries("invariants").same_bytes(self.session.raw, job_id=job_id)]

    def unarchived(self) -> list[int]:
        """Loaded jobs that are neither in the archive nor wait for it."""
        return [found for (found,) in queries("invariants").unarchived(self.session.raw)]

    def waiting_archives(self, after: int, most: int) -> list[int]:
        """Jobs of closed batches that wait for the archive, from behind a given one."""
        found = queries("invariants").waiting_archives(self.session.raw, after_id=after, most=most)
        return [job_id for (job_id,) in found]

    def wrong_counts(self) -> list[int]:
        """Jobs whose counts do not add up."""
        return [found for (found,) in queries("invariants").wrong_counts(self.session.raw)]

    def unaudited(self, since: datetime) -> list[tuple[str, datetime]]:
        """What people changed since then without an entry in the audit log: the entry's subject, and when."""
        return list(queries("invariants").unaudited(self.session.raw, since=since))

    def broken_histories(self, since: datetime) -> list[int]:
        """Jobs whose history leaves out a move."""
        return [found for (found,) in queries("invariants").broken_histories(self.session.raw, since=since)]

    def unique_keys(self, table_name: str) -> list[set[str]]:
        """The columns of each unique key of a table of ours."""
        found: dict[str, set[str]] = {}
        rows = queries("tables").mysql_unique_keys(
            self.session.raw, table_name=table_name, database_name=None
        )
        for index, column, *_ in rows:
            found.setdefault(index, set()).add(column)
        return list(found.values())
