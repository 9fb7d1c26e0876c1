"""The demo on the cluster: files of several distributors, dropped into the bucket, are imported by two workers.

It tells which host did what, and fails unless both worked and all is as it should be.
"""

from __future__ import annotations

import sys
import time
from datetime import datetime
from typing import Any

import boto3

from devtools.cluster import cluster_local, tell, up
from devtools.demo_data import DISTRIBUTOR, EXPECTED, Expected, make_zip
from devtools.demo_jobs import Row, differences, print_table, say_differences, wait_for_jobs

PATIENCE_SECONDS = 180
OTHERS = 8
"""Other distributors' files: with the ZIP's, enough that one worker is not done before the other one begins."""
ROWS = 20_000

_SHOWN = ("file", "table", "status", "rows", "inserted", "unchanged", "rejected", "host")


def main() -> int:
    """Run the demo; 0 only when both workers worked and every job ended as it should."""
    local = cluster_local()
    began = time.monotonic()
    print("starting MariaDB or MySQL, PostgreSQL, Redis, an object store and Airflow's hosts …", flush=True)
    facts = up(local)
    print(f"ready after {time.monotonic() - began:.0f} s", flush=True)
    dropped = time.monotonic()
    name, others = _drop(client(facts), facts["bucket"])
    rows = wait_for_jobs(facts["mysql_uri"], [name, *others], local, PATIENCE_SECONDS)
    took = time.monotonic() - dropped
    rows = _without_repeats(rows)
    print_table(rows, _SHOWN)
    expected = {**EXPECTED, **{other: Expected("stocks", 9, ROWS) for other in others}}
    wrong = differences(rows, expected) + _idle(rows, facts["workers"].split())
    say_differences(wrong, rows)
    loaded = sum(row["rows"] for row in rows if row["status"] == 9)
    print(f"{loaded:,} rows after {took:.0f} s from the drop to the last report.")
    print(f"{'FAILED' if wrong else 'Done'} after {time.monotonic() - began:.0f} s.\n")
    tell(facts)
    print(f"reports      s3://{facts['bucket']}/done\n\n`make cluster-stop` ends it.")
    return 1 if wrong else 0


def client(facts: dict[str, str]) -> Any:
    """The stock client of the cluster's object store."""
    return boto3.client(
        "s3",
        endpoint_url=facts["s3_url"],
        region_name="us-east-1",
        aws_access_key_id=facts["s3_key"],
        aws_secret_access_key=facts["s3_secret"],
    )


def stocks(number: int, rows: int = ROWS) -> bytes:
    """A file of stocks like no other number's."""
    lines = (f"{number:02d}{row:06d};G01;{row};31/03/2026\r\n" for row in range(rows))
    return ("Kode Barang;Gudang;Stok PCS;Tanggal\r\n" + "".join(lines)).encode()


def _drop(store: Any, bucket: str) -> tuple[str, list[str]]:
    """Put the ZIP and the others' files into the distributors' folders; gives their names."""
    stamp = f"{datetime.now():%Y%m%d_%H%M%S_%f}"  # noqa: DTZ005 - a name
    name = f"kiriman_{stamp}.zip"
    others = [f"stocks_{stamp}_{number}.csv" for number in range(1, OTHERS + 1)]
    store.put_object(Bucket=bucket, Key=f"drop/{DISTRIBUTOR}/{name}", Body=make_zip())
    for number, other in enumerate(others, start=1):
        store.put_object(Bucket=bucket, Key=f"drop/02{number:02d}/{other}", Body=stocks(number))
    print(f"dropped {name} and {len(others)} files of other distributors", flush=True)
    return name, others


def _without_repeats(rows: list[Row]) -> list[Row]:
    """Each batch has jobs of the tables for which no file came; the others' say nothing new."""
    kept = [row for row in rows if row["status"] or row["file"] in EXPECTED]
    return list({row["file"]: row for row in kept}.values())


def _idle(rows: list[Row], workers: list[str]) -> list[str]:
    did = {worker: sum(row["host"] == worker for row in rows) for worker in workers}
    print("\n" + ", ".join(f"{worker} did {count} files" for worker, count in did.items()))
    return [f"the worker {worker} did nothing" for worker, count in did.items() if not count]


if __name__ == "__main__":
    sys.exit(main())
