"""What a batch loaded, by table: the asset events that other DAGs wait for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from import_export.imports.jobs import ImportBatch, ImportJob, JobStatus
from import_export.services.context import Context
from import_export.stores.jobs import JobStore

SCHEME = "import_export"


@dataclass(frozen=True, slots=True)
class LoadedTable:
    """A table, and the files of one batch that were loaded into it."""

    batch: ImportBatch
    table_name: str
    jobs: tuple[ImportJob, ...]

    @property
    def uri(self) -> str:
        """The asset's name and URI: `import_export://stocks`."""
        return f"{SCHEME}://{self.table_name}"

    @property
    def extra(self) -> dict[str, Any]:
        """What the event tells."""
        kinds = ("inserted", "updated", "unchanged", "rejected")
        return {
            "batch_id": self.batch.batch_id,
            "dist_id": self.batch.dist_id,
            "table_name": self.table_name,
            "rows": {kind: sum(getattr(job.counts, kind) for job in self.jobs) for kind in kinds},
            "files": [job.filename for job in self.jobs],
            "jobs": [job.id for job in self.jobs],
        }


def loaded_tables(context: Context, batch_id: str, told: Collection[int] = ()) -> list[LoadedTable]:
    """The tables into which files of the batch were loaded; without the jobs that were `told` before."""
    found: dict[str, list[ImportJob]] = defaultdict(list)
    with context.database.session() as session:
        jobs = JobStore(session)
        batch = jobs.batch(batch_id)
        for job in jobs.jobs(batch_id):
            if job.status is JobStatus.COMPLETE and job.undone_at is None and job.id not in told:
                found[job.table_name or ""].append(job)
    return [LoadedTable(batch, name, tuple(of_table)) for name, of_table in sorted(found.items())]
