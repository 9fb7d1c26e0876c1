"""What the pages ask about many batches at once, and what belongs to a batch beside its jobs: progress, corrections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from import_export.imports.jobs import ImportBatch, JobOutcome, JobStatus, batch_status
from import_export.stores.database import Session
from import_export.stores.job_rows import batch_of
from import_export.stores.jobs import Event
from import_export.stores.queries import queries


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFilter:
    """Which batches are wanted; None is any. Those on files (table, statuses, file name) hold for one and the same file."""

    dist_pattern: str | None = None
    """A regular expression that the distributors must match whom the asking person may see; None: all batches."""
    dist_id: str | None = None
    table_name: str | None = None
    statuses: Sequence[JobStatus] = ()
    filename: str | None = None
    """Any part of the name of a file, or of what was handed over."""
    since: datetime | None = None
    until: datetime | None = None
    before: tuple[datetime, str] | None = None
    """Go on behind this batch: when it was received, and its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Files of a batch that have one status, and their rows."""

    status: JobStatus
    files: int
    with_rejects: int
    total: int
    success: int
    unchanged: int
    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLine:
    """A batch and what became of its files so far."""

    batch: ImportBatch
    outcomes: tuple[Outcome, ...]

    @property
    def status(self) -> str:
        """The batch's derived status."""
        jobs: list[JobOutcome] = []
        for each in self.outcomes:
            jobs += [JobOutcome(each.status, 1)] * each.with_rejects
            jobs += [JobOutcome(each.status)] * (each.files - each.with_rejects)
        return batch_status(jobs, refused=self.batch.refused).value

    def files(self, *statuses: JobStatus) -> int:
        """How many files have one of some statuses; without any, how many files there are (skipped tables are none)."""
        if not statuses:
            return sum(each.files for each in self.outcomes if each.status is not JobStatus.SKIPPED)
        return sum(each.files for each in self.outcomes if each.status in statuses)

    def rows(self, kind: str) -> int:
        """The rows of one kind over all files: `total`, `success`, `unchanged`, `rejected`."""
        return sum(getattr(each, kind) for each in self.outcomes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What happened on one day (UTC): files that were loaded, refused, failed or are under way, and their rows."""

    day: date
    done: int = 0
    refused: int = 0
    failed: int = 0
    under_way: int = 0
    good_rows: int = 0
    rejected_rows: int = 0


_KINDS: Mapping[JobStatus, str] = {
    JobStatus.COMPLETE: "done",
    JobStatus.VALID: "done",
    JobStatus.INVALID: "refused",
    JobStatus.FAILED: "failed",
    JobStatus.PROCESSING_FAILED: "failed",
}


class BatchStore:
    """Batches as seen through one session; the caller owns the transaction."""

    def __init__(self, session: Session) -> None:
        self._raw = session.raw
        self._sql = queries("batches")

    def newest(self, wanted: BatchFilter, most: int) -> list[BatchLine]:
        """Batches newest first, each with what became of its files; two queries, whatever their number."""
        like = None if wanted.filename is None else f"%{_literal(wanted.filename)}%"
        only_name = not wanted.table_name and not wanted.statuses
        batches = [
            batch_of(row)
            for row in self._sql.list_batches(
                self._raw,
                dist_pattern=wanted.dist_pattern,
                dist_id=wanted.dist_id,
                since=wanted.since,
                until=wanted.until,
                before_at=wanted.before[0] if wanted.before else None,
                before_id=wanted.before[1] if wanted.before else None,
                name=like if only_name else None,
                by_name=like is not None,
                by_state=like is None and not only_name,
                table_name=wanted.table_name,
                statuses=tuple(status.value for status in wanted.statuses or JobStatus),
                filename=like,
                most=most,
            )
        ]
        outcomes = self.outcomes([batch.batch_id for batch in batches])
        return [BatchLine(batch=batch, outcomes=outcomes[batch.batch_id]) for batch in batches]

    def outcomes(self, batch_ids: Sequence[str]) -> Mapping[str, tuple[Outcome, ...]]:
        """What became of the files of some batches."""
        found: dict[str, list[Outcome]] = defaultdict(list)
        if batch_ids:
            for row in self._sql.outcomes(self._raw, batch_ids=tuple(batch_ids)):
                batch_id, status, *numbers = row
                files, with_rejects, total, success, unchanged, rejected = (int(number) for number in numbers)
                found[batch_id].append(
                    Outcome(
                        status=JobStatus(status),
                        files=files,
                        with_rejects=with_rejects,
                        total=total,
                        success=success,
                        unchanged=unchanged,
                        rejected=rejected,
                    )
                )
        return defaultdict(tuple, {batch_id: tuple(each) for batch_id, each in found.items()})

    def days(self, since: datetime, dist_pattern: str | None) -> list[Day]:
        """What happened on each day since then, days without any file left out."""
        numbers: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for day, status, files, good, rejected in self._sql.days(
            self._raw, since=since, dist_pattern=dist_pattern
        ):
            of_day = numbers[day]
            of_day[_KINDS.get(JobStatus(status), "under_way")] += int(files)
            of_day["good_rows"] += int(good or 0)
            of_day["rejected_rows"] += int(rejected or 0)
        return [Day(day=day, **values) for day, values in sorted(numbers.items())]

    def open_files(self, dist_pattern: str | None) -> dict[JobStatus, int]:
        """Files of batches that are not closed, by status."""
        found = self._sql.open_counts(self._raw, dist_pattern=dist_pattern)
        return {JobStatus(status): int(files) for status, files in found}

    def changed_since(self, since: datetime, dist_pattern: str | None) -> list[str]:
        """Batches some of whose files changed after that moment."""
        found = self._sql.changed_since(self._raw, since=since, dist_pattern=dist_pattern)
        return [batch_id for (batch_id,) in found]

    def distributors(self, dist_pattern: str | None) -> list[str]:
        """All distributors that ever sent something or are expected to."""
        return [dist_id for (dist_id,) in self._sql.distributors(self._raw, dist_pattern=dist_pattern)]

    def cancel(self, batch_id: str, *, by: str, now: datetime) -> bool:
        """Remember that the batch was cancelled; False when it was already."""
        return bool(self._sql.cancel_batch(self._raw, batch_id=batch_id, cancelled_by=by[:255], now=now))

    def events_of(self, batch_id: str) -> Mapping[int, list[Event]]:
        """The histories of all jobs of a batch, each oldest first."""
        found: dict[int, list[Event]] = defaultdict(list)
        for job_id, old, new, actor, reason, at in self._sql.events_of_batch(self._raw, batch_id=batch_id):
            before = None if old is None else JobStatus(old)
            found[job_id].append(Event(old=before, new=JobStatus(new), actor=actor, reason=reason, at=at))
        return found

    def is_cancelled(self, batch_id: str) -> bool:
        """Whether a person cancelled the batch."""
        return bool(self._sql.is_cancelled(self._raw, batch_id=batch_id))

    def reopen(self, batch_id: str, now: datetime) -> None:
        """The batch is worked on again, by a run that is asked for now; whatever it was tried in vain before."""
        self._sql.reopen_batch(self._raw, batch_id=batch_id, now=now)

    def last_jobs(self, table_name: str, most: int, dist_pattern: str | None = None) -> list[int]:
        """The newest files of a table, newest first, by their jobs' ids."""
        found = self._sql.last_jobs(self._raw, table_name=table_name, dist_pattern=dist_pattern, most=most)
        return [job_id for (job_id,) in found]

    def set_progress(self, job_id: int, rows_done: int, now: datetime) -> None:
        """Tell how many rows of a file were read."""
        self._sql.set_progress(self._raw, job_id=job_id, rows_done=rows_done, now=now)

    def clear_progress(self, job_id: int) -> None:
        """The load has ended: its job tells the rows."""
        self._sql.clear_progress(self._raw, job_id=job_id)

    def progress_of(self, batch_id: str) -> dict[int, int]:
        """Rows read so far of the files that are being loaded, by job."""
        return {job_id: int(rows) for job_id, rows in self._sql.progress_of(self._raw, batch_id=batch_id)}

    def add_corrections(self, corrections: Iterable[Correction]) -> None:
        """Keep what a person corrected."""
        rows = [
            {
                "job_id": each.job_id,
                "line": each.line,
                "header": each.header[:1000],
                "old_value": each.old_value,
                "new_value": each.new_value,
                "batch_id": each.batch_id,
                "corrected_by": each.corrected_by[:255],
                "corrected_at": each.corrected_at,
            }
            for each in corrections
        ]
        if rows:
            self._sql.add_corrections(self._raw, rows)

    def corrections_of(self, job_id: int) -> list[Correction]:
        """What was corrected in rejected rows of a job, oldest first."""
        return [Correction(job_id, *row) for row in self._sql.corrections_of(self._raw, job_id=job_id)]


@dataclass(frozen=True, slots=True)
class Correction:
    """One cell of a rejected row that a person corrected, and the batch by which its row was sent again."""

    job_id: int
    line: int
    header: str
    old_value: str
    new_value: str
    batch_id: str
    corrected_by: str
    corrected_at: datetime


def _literal(text: str) -> str:
    """A text for LIKE that stands for itself."""
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
