"""The calendar of expected files, and which files arrived in a period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from import_export.stores.database import Session
from import_export.stores.queries import queries


@dataclass(frozen=True, slots=True)
class ExpectedFile:
    """A file that a distributor sends for a table."""

    dist_id: str
    table_name: str
    frequency: str
    """`daily`, `weekly`, `monthly`."""
    days: tuple[int, ...] = ()
    """Of the week (1 is Monday) or, of a monthly file, of the month; a day that a month lacks is its last."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a distributor sent for a table in a period."""

    dist_id: str
    table_name: str
    loaded: bool
    refused: bool
    last_job: int
    files: int


class ExpectedStore:
    """Expected files as seen through one session; the caller owns the transaction."""

    def __init__(self, session: Session) -> None:
        self._raw = session.raw
        self._sql = queries("batches")

    def list(self, dist_pattern: str | None) -> list[ExpectedFile]:
        """All of them, by distributor and table."""
        return [
            ExpectedFile(dist_id, table_name, frequency, tuple(int(day) for day in days.split(",") if day))
            for _, dist_id, table_name, frequency, days in self._sql.list_expected(
                self._raw, dist_pattern=dist_pattern
            )
        ]

    def put(self, file: ExpectedFile) -> None:
        """Write one down, in the place of what was there for its distributor and table."""
        self._sql.put_expected(
            self._raw,
            dist_id=file.dist_id,
            table_name=file.table_name,
            frequency=file.frequency,
            days=",".join(map(str, file.days)),
        )

    def remove(self, dist_id: str, table_name: str) -> bool:
        """Take one out; False when it was not there."""
        return bool(self._sql.remove_expected(self._raw, dist_id=dist_id, table_name=table_name))

    def arrivals(self, since: datetime, until: datetime, dist_pattern: str | None) -> tuple[Arrival, ...]:
        """What came from `since` (included) to `until`, of each distributor for each table."""
        found = self._sql.arrivals(self._raw, since=since, until=until, dist_pattern=dist_pattern)
        return tuple(
            Arrival(dist_id, table_name, bool(loaded), bool(refused), int(last_job), int(files))
            for dist_id, table_name, loaded, refused, last_job, files in found
        )
