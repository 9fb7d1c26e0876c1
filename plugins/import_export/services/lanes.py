"""Deals the files of a batch into lanes of about equal bytes; each lane is worked on by tasks of its own.

A task of Airflow costs 0.2 s of throughput and 1.5–2 s of latency, so there is none for each file and step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from import_export.imports.jobs import ImportJob

_NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Lane:
    """Some jobs of one batch, and the words by which a person knows the lane in Airflow's grid."""

    batch_id: str
    label: str
    jobs: tuple[int, ...]

    def to_xcom(self) -> dict[str, Any]:
        """As the tasks hand it on."""
        return asdict(self)

    @classmethod
    def from_xcom(cls, value: dict[str, Any]) -> Lane:
        """The lane that `to_xcom` wrote down."""
        return cls(value["batch_id"], value["label"], tuple(value["jobs"]))


def deal(batch_id: str, jobs: Sequence[ImportJob], lanes: int) -> list[Lane]:
    """Largest file first, always into the lane with the fewest bytes; no more lanes than files.

    >>> deal("b", [], 4)
    []
    """
    heaps: list[list[ImportJob]] = [[] for _ in range(min(lanes, len(jobs)))]
    for job in sorted(jobs, key=lambda job: (-job.size, job.id)):
        min(heaps, key=lambda heap: (sum(each.size for each in heap), len(heap))).append(job)
    return [
        Lane(batch_id, _label(number, heap), tuple(sorted(job.id for job in heap)))
        for number, heap in enumerate(heaps, start=1)
    ]


def _label(number: int, jobs: Sequence[ImportJob]) -> str:
    names = [job.filename.rsplit("/", 1)[-1] for job in jobs]
    more = len(names) - _NAMES_SHOWN
    return f"lane {number}: {', '.join(names[:_NAMES_SHOWN])}" + (f" +{more} more" if more > 0 else "")
