"""CSV against the database's own client, XLSX against openpyxl, reports in a second, a night of exports, and their memory.

`BENCH_RUNS` (5), `BENCH_EXPORT_POSTS` (1,000,000) and `NIGHTLY_ACCOUNTS` (1,000) make it shorter. Each part runs in a
process of its own, whose peak of memory is above what it had when it began.
"""

from __future__ import annotations

import json
import logging
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

import openpyxl
import polars as pl
from pypdf import PdfReader

from benchmarks import nightly
from benchmarks.loads import RUNS
from benchmarks.memory import idle_mb, peak_mb
from devtools.account_data import fill
from devtools.account_people import AccountPlan
from devtools.local import REPOSITORY
from import_export.exports.contents import COLUMNS, Content, Rows
from import_export.exports.pdf import pdf
from import_export.exports.periods import Period
from import_export.exports.report import Page
from import_export.exports.workbook import write_workbook
from import_export.messages import Language
from import_export.services.account_rows import rows_of
from import_export.services.accounts import list_accounts
from import_export.services.context import Context
from import_export.services.export_files import Wanted, csv_of, report_bytes
from import_export.stores.account_posts import Wanted as WantedPosts
from import_export.stores.migrations import migrate_statistics
from import_export.stores.queries import queries
from tests.sample_reports import sample_account, sample_report
from tests.servers import Server, running_server

POSTS = int(os.environ.get("BENCH_EXPORT_POSTS", "1000000"))
SHEET_ROWS = min(POSTS, 200_000)
REPORTS = 20
"""In each run, no two of which are of the same numbers: Typst remembers what it has set."""

LIMITS = {"csv_vs_select": 2, "export_peak_mb": 300, **nightly.LIMITS}
LEAST = {"xlsx_vs_openpyxl": 3, "pdf_reports_per_s": 4}

# One account with all the posts, for five years. Their insights are written down once: the less the server has to look
# for them, the more does it matter what is done with the rows.
_LARGE = AccountPlan(
    accounts=1, days=1826, media_per_account=POSTS, competitors=0, history_days=0, snapshots=1, online_days=0
)
_MANY = AccountPlan(accounts=REPORTS * RUNS, days=90, media_per_account=60)
_MADE_AT = datetime(2026, 7, 1, 2)  # noqa: DTZ001 - UTC, as the product keeps moments
_LANGUAGE: Language = "id"

T = TypeVar("T")
Found = dict[str, list[float]]
"""What was measured, a number for each run."""


def measure(folder: Path) -> dict[str, float]:
    """All figures; medians, and the least and the most of those that have a limit."""
    folder.mkdir(parents=True)
    found: dict[str, float] = {"posts": POSTS, "sheet_rows": SHEET_ROWS}
    with running_server("mariadb", folder / "server") as server:
        with _filled(server, folder / "large", _LARGE) as (uri, facts):
            found |= facts | _part("csv", uri, folder / "large") | _part("xlsx", uri, folder / "large")
        with _filled(server, folder / "many", _MANY) as (uri, _):
            found |= _part("pdf", uri, folder / "many")
    found |= nightly.measure(folder / "nightly")
    found["export_peak_mb"] = max(figure for name, figure in found.items() if name.endswith("_peak_mb"))
    return found


def _part(name: str, uri: str, folder: Path) -> dict[str, float]:
    told = json.dumps({"part": name, "uri": uri, "folder": str(folder)})
    command = [sys.executable, "-m", "benchmarks.exports", told]
    done = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True)
    found: Found = json.loads(done.stdout.splitlines()[-1])  # before it come the lines of the log
    figures: dict[str, float] = {}
    for key, numbers in found.items():
        figures[key] = statistics.median(numbers)
        if key in LIMITS | LEAST:
            figures |= {f"{key}_least": min(numbers), f"{key}_most": max(numbers)}
    return figures


@contextmanager
def _filled(server: Server, folder: Path, plan: AccountPlan) -> Iterator[tuple[str, dict[str, float]]]:
    """A database with that plan's rows, and how fast they came in."""
    with server.fresh_database() as uri:
        context = nightly.context_at(uri, folder)
        migrate_statistics(context.database, context.statistics)
        began = time.perf_counter()
        rows = sum(fill(context.statistics, plan).values())
        seconds = time.perf_counter() - began
        yield uri, {"fill_s": seconds, "fill_rows_per_s": rows / seconds}


def _csv(context: Context, uri: str, folder: Path) -> Found:
    """The posts of one account: by the product, and the same rows by the same SELECT by the client of the database."""
    wanted = _wanted(context)[0]
    query, plain, file = _select(context, wanted), folder / "posts.tsv", folder / "posts.csv"
    idle, found = idle_mb(), _nothing("csv_vs_select", "csv_s", "csv_select_s")
    for _ in range(RUNS):
        select = _seconds(lambda: _by_client(uri, query, plain))
        csv = _seconds(lambda: _write(file, csv_of(context, wanted, Content.MEDIA)))
        _append(found, csv / select, csv, select)
    found["csv_peak_mb"] = [peak_mb() - idle]
    with plain.open("rb") as lines:
        rows = sum(1 for _ in lines) - 1
    written = pl.scan_csv(file).select(pl.len()).collect().item()
    if rows != written:
        raise RuntimeError(f"the client gave {rows} rows, and there are {written} in the CSV")
    found["csv_rows_per_s"] = [rows / seconds for seconds in found["csv_s"]]
    return found


def _select(context: Context, wanted: Wanted) -> str:
    """The SELECT of the posts with all values in it."""
    since, until = wanted.period.moments(wanted.account.zone)
    posts = WantedPosts(
        account_ids=(wanted.account.id,), since=since, until=until, insights_from=since, with_texts=True
    )
    with context.statistics.session() as session, closing(session.raw.cursor()) as cursor:
        query: str | bytes = cursor.mogrify(queries("statistics_posts").posts.sql, asdict(posts))
    return query if isinstance(query, str) else query.decode()


def _by_client(uri: str, query: str, target: Path) -> None:
    parts = urlsplit(uri)
    command = [
        *("mariadb", "--no-defaults", "--quick", "--batch", "--default-character-set=utf8mb4"),
        *(f"--host={parts.hostname}", f"--port={parts.port}", f"--user={unquote(parts.username or 'root')}"),
        f"{parts.path.lstrip('/')}_statistics",
    ]
    environment = {**os.environ, "MYSQL_PWD": unquote(parts.password or "")}
    with target.open("wb") as file:
        subprocess.run(command, input=query.encode(), stdout=file, env=environment, check=True)


def _xlsx(context: Context, _: str, folder: Path) -> Found:
    """A sheet of posts that are in memory already: by the product, and cell by cell by openpyxl."""
    wanted, file = _wanted(context)[0], folder / "posts.xlsx"
    posts = rows_of(context, wanted.account, Content.MEDIA, wanted.period, _LANGUAGE)
    frames = list(_first(posts.frames(), SHEET_ROWS))
    count = sum(frame.height for frame in frames)
    rows = Rows(Content.MEDIA, lambda: frames)
    idle, found = idle_mb(), _nothing("xlsx_vs_openpyxl", "xlsx_rows_per_s", "xlsx_openpyxl_rows_per_s")
    for run in range(RUNS):
        ours = count / _seconds(lambda: write_workbook(file, [rows], wanted.about, _LANGUAGE))
        if not run:  # what openpyxl took would count from then on
            found["xlsx_peak_mb"] = [peak_mb() - idle]
        theirs = count / _seconds(lambda: _by_openpyxl(folder / "openpyxl.xlsx", frames))
        _append(found, ours / theirs, ours, theirs)
    return found


def _first(frames: Iterable[pl.DataFrame], rows: int) -> Iterator[pl.DataFrame]:
    for frame in frames:
        yield frame.head(rows)
        rows -= frame.height
        if rows <= 0:
            return


def _by_openpyxl(target: Path, frames: Iterable[pl.DataFrame]) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([column.labels[_LANGUAGE] for column in COLUMNS[Content.MEDIA]])
    for frame in frames:
        for row in frame.iter_rows():
            sheet.append(row)
    book.save(target)


def _pdf(context: Context, _: str, __: Path) -> Found:
    """Full reports of 28 days: of numbers that are there, and with reading them."""
    everybody = _wanted(context, days=28)
    # Fonts and templates are read once in a process.
    idle, first = idle_mb(), pdf(sample_report(), tuple(Page), _LANGUAGE)
    found = _nothing("pdf_reports_per_s", "pdf_pages_per_s", "pdf_read_reports_per_s") | {
        "pdf_pages": [_pages(first)]
    }
    for run in range(RUNS):
        numbers = range(run * REPORTS, (run + 1) * REPORTS)
        samples = [sample_report(seed=each, account=sample_account(f"kopi_{each}")) for each in numbers]
        reports, made = _each(samples, lambda sample: pdf(sample, tuple(Page), _LANGUAGE))
        accounts = [everybody[each] for each in numbers]
        read = _each(accounts, lambda wanted: report_bytes(context, wanted, tuple(Page)))[1]
        found["pdf_peak_mb"] = [peak_mb() - idle]
        _append(found, REPORTS / made, sum(map(_pages, reports)) / made, REPORTS / read)
    return found


def _each(given: Iterable[T], work: Callable[[T], bytes]) -> tuple[list[bytes], float]:
    """What is made of each, and the seconds of all."""
    began = time.perf_counter()
    made = [work(each) for each in given]
    return made, time.perf_counter() - began


def _pages(report: bytes) -> int:
    return len(PdfReader(BytesIO(report)).pages)


def _wanted(context: Context, days: int | None = None) -> list[Wanted]:
    """All accounts, with the last days or all days that there are."""
    found = []
    for account in list_accounts(context):
        end = account.newest or _LARGE.until
        start = _LARGE.first if days is None else end - timedelta(days=days - 1)
        found.append(Wanted(account, Period(start, end), _LANGUAGE, _MADE_AT))
    return found


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(pieces)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _nothing(*keys: str) -> Found:
    return {key: [] for key in keys}


def _append(found: Found, *numbers: float) -> None:
    """Add a run's numbers to the first keys, in order; what follows them is not of each run."""
    for key, number in zip(list(found), numbers, strict=False):
        found[key].append(number)


_PARTS: Mapping[str, Callable[[Context, str, Path], Found]] = {"csv": _csv, "xlsx": _xlsx, "pdf": _pdf}


def main() -> None:
    """One part, in a process of its own."""
    logging.getLogger("import_export").setLevel(logging.WARNING)
    told = json.loads(sys.argv[1])
    folder = Path(told["folder"])
    context = nightly.context_at(told["uri"], folder)
    print(json.dumps(_PARTS[told["part"]](context, told["uri"], folder)))


if __name__ == "__main__":
    main()
