"""What a number of distributors, files and rows a night needs: `make sizing ARGS="--distributors 1000 --new 0.05"`.

Arithmetic on measured figures; docs/sizing.md has its tables, and tells what is measured and what is not.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass, fields

# Measured with `make bench` on two cores that also ran everything else, see docs/sizing.md.
ROWS_PER_S = 54_000
"""New rows that two cores bring all the way: worker, MySQL, object store and Airflow, from the first batch to the last COMMIT.
Of two measurements the slower."""
UNCHANGED_COST = 1.8
"""How long a row that is there already takes, in new rows: assumed, not measured."""
FILES_PER_S = 70
"""Files of a few rows that one lane validates and loads in a second: what a file costs besides its rows."""
TASK_S = 0.2
"""Seconds of a scheduler's throughput for each task of Airflow."""
ROW_BYTES = 150
"""Of a row of sales in a CSV file."""

# Not measured here: taken from how InnoDB stores rows.
STORED = 1.6
"""Bytes on the disk for a byte of the file: the row, its keys, pages that are not full."""
WRITTEN = 4.0
"""Bytes that MySQL writes for a byte that it stores: redo log, doublewrite buffer, pages, binary log."""
KEY_BYTES = 40
"""Of a row in the unique key that tells whether it is there."""
STEADY = 2.0
"""Room above the arithmetic: nights with repeats, a worker that is away, keys that grow."""
STEPS_COPIED = 5
"""How often a file goes through the bucket: received, to the work files, back to a worker, to `done_folder`, to the archive."""

TASKS_OF_A_BATCH, TASKS_OF_A_LANE = 3, 3
"""extract, finish, notify; and in each lane quick_validate, load, archive."""
CONNECTIONS_OF_A_TASK, CONNECTIONS_OF_AN_API_SERVER = 2, 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What comes in a night, and how long it may take."""

    distributors: int = 1000
    files: int = 20
    rows: int = 100_000
    hours: float = 8.0
    new: float = 1.0
    """The share of rows that are not there already."""
    lanes: int = 1
    """The setting `lanes`."""
    concurrency: int = 4
    """Tasks of a Celery worker at once."""
    pool_gb: int = 64
    """MySQL's buffer pool."""
    kept_nights: int = 30
    """How many nights' new rows a table holds."""


def figures(night: Night) -> Iterator[tuple[str, str]]:
    """What it needs, line by line."""
    files = night.distributors * night.files
    rows = files * night.rows
    seconds = night.hours * 3600
    pair_seconds = rows * (night.new + (1 - night.new) * UNCHANGED_COST) / ROWS_PER_S + files / FILES_PER_S
    lanes = max(1, math.ceil(pair_seconds * STEADY / seconds))
    workers = math.ceil(lanes / night.concurrency)
    tasks = night.distributors * (TASKS_OF_A_BATCH + TASKS_OF_A_LANE * night.lanes)
    arriving = rows * ROW_BYTES
    stored = rows * night.new * ROW_BYTES * STORED
    keys = rows * max(night.new * night.kept_nights, 1.0) * KEY_BYTES
    missed = max(0.0, 1 - night.pool_gb * 1e9 * 0.7 / keys)
    yield "rows", f"{rows:,}"
    yield "rows a second, all night", f"{rows / seconds:,.0f}"
    yield "files arriving", _size(arriving)
    yield "hours of two cores", f"{pair_seconds / 3600:.1f}"
    yield "cores, half of them workers'", f"{2 * lanes}"
    yield "`import_load` slots", f"{lanes}"
    yield "workers", f"{workers} × {night.concurrency} tasks"
    yield "tasks of Airflow", f"{tasks:,} ({tasks * TASK_S / 60:,.0f} min of one scheduler)"
    yield (
        "through the bucket",
        f"{_size(arriving * STEPS_COPIED)} ({arriving * STEPS_COPIED / seconds / 1e6:,.0f} MB/s)",
    )
    yield "MySQL grows by", _size(stored)
    yield "MySQL writes", f"{_size(stored * WRITTEN)} ({stored * WRITTEN / seconds / 1e6:,.0f} MB/s)"
    yield "unique keys", f"{_size(keys)} after {night.kept_nights} nights"
    yield "reads of keys' pages", f"{missed * rows / seconds:,.0f} a second at worst"
    busy = workers * night.concurrency * CONNECTIONS_OF_A_TASK + CONNECTIONS_OF_AN_API_SERVER
    yield "connections to MySQL", f"at most {busy}"


def table(nights: dict[str, Night]) -> str:
    """The figures of several nights side by side, as Markdown."""
    columns = [dict(figures(night)) for night in nights.values()]
    lines = [f"| | {' | '.join(nights)} |", f"|---{'|---' * len(nights)}|"]
    lines += [f"| {name} | {' | '.join(column[name] for column in columns)} |" for name in columns[0]]
    return "\n".join(lines)


EXAMPLES = {
    "all rows new": Night(),
    "1 of 20 rows new": Night(new=0.05),
    "the same in 4 hours": Night(new=0.05, hours=4.0),
    "a tenth of it": Night(distributors=100, new=0.05),
}
"""1,000 distributors × 20 files × 100,000 rows a night, and others."""


def main() -> None:
    """Print the figures of the night that the arguments tell, or of the examples."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--examples", action="store_true", help="the table of docs/sizing.md")
    for each in fields(Night):
        assert isinstance(each.default, int | float)
        name = f"--{each.name.replace('_', '-')}"
        parser.add_argument(name, type=type(each.default), default=each.default, metavar="N", help=" ")
    chosen = vars(parser.parse_args())
    if chosen.pop("examples"):
        print(table(EXAMPLES))
        return
    for name, figure in figures(Night(**chosen)):
        print(f"{name:26}{figure}")


def _size(octets: float) -> str:
    return f"{octets / 1e12:,.1f} TB" if octets >= 1e12 else f"{octets / 1e9:,.0f} GB"


if __name__ == "__main__":
    main()
