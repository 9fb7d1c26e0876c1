"""Numbers for whoever watches the installation, through Airflow's own metrics: docs/events.md lists their names.

Where Airflow's configuration switches no metrics on, nothing is sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from airflow.sdk.observability import stats

from import_export.imports.jobs import ImportJob

PREFIX = "import_export"
_ROWS = ("inserted", "updated", "unchanged", "rejected", "skipped")


def count_files(jobs: Iterable[ImportJob]) -> None:
    """Files that came to their end, by their status, and their rows by what became of them."""
    for job in jobs:
        tags = {"table": job.table_name or "unknown"}
        stats.incr(f"{PREFIX}.files.{job.status.name.lower()}", tags=tags)
        for kind in _ROWS:
            if rows := getattr(job.counts, kind):
                stats.incr(f"{PREFIX}.rows.{kind}", rows, tags=tags)


def seconds(step: str) -> Any:
    """Measure a step (`validate`, `load`, `archive`) on one lane: for use in `with`."""
    return stats.timer(f"{PREFIX}.step.{step}")


def tell_waiting(files: int) -> None:
    """How many files of open batches are not at their end."""
    stats.gauge(f"{PREFIX}.files_waiting", files)
