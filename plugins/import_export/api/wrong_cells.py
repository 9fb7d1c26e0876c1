"""Which cells of rejected rows are wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from import_export.imports.jobs import ImportJob


def wrong_cells(job: ImportJob, header: Sequence[str]) -> Mapping[int, list[int]]:
    """Line → positions of its wrong cells, as far as the problems are kept with the job; rows wrong as a whole have none."""
    positions = {name: position for position, name in reversed(list(enumerate(header)))}
    found: dict[int, list[int]] = defaultdict(list)
    for entry in job.errors:
        position = positions.get(str(entry["header"]))
        if entry["header"] is not None and position is not None:
            found[int(str(entry["line"]))].append(position)
    return found
