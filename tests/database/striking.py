"""A whole installation in which processes are struck: each path in a process of its own, and what follows when it fails.

The processes are forked from one that has imported everything, so that a strike costs what the path itself does.
"""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import os
import signal
import uuid
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import Connection as AirflowConnection
from MySQLdb.connections import Connection

from import_export import failpoints
from import_export.archive.object_storage import ObjectStorageArchive
from import_export.archive.protocol import Archived, ArchiveItem
from import_export.errors import ImportExportError
from import_export.exports.runs import ExportState
from import_export.imports.jobs import ArchiveState, ImportJob, JobStatus
from import_export.scopes import Scope
from import_export.services.archiving import archive_lane
from import_export.services.context import Context, utc_now
from import_export.services.export_delivery import deliver_export
from import_export.services.export_retention import remove_old_exports
from import_export.services.exporting import Run as ExportRun
from import_export.services.exporting import close_export, export_lane, exports_of, plan_export
from import_export.services.finishing import finish_batch
from import_export.services.invariants import violations
from import_export.services.leftovers import tidy_up
from import_export.services.loading import load_lane
from import_export.services.maintenance import Life, Run
from import_export.services.receiving import batch_id_of, extract_batch
from import_export.services.recovering import recover
from import_export.services.rerunning import rerun_job
from import_export.services.retention import remove_old
from import_export.services.retrying import retry_archives
from import_export.services.undoing import undo_job
from import_export.services.uploading import take_upload, upload_form
from import_export.services.validating import validate_lane
from import_export.stores.database import Database
from tests.database.flow import STOCKS_HEADER, Flow, eventually, is_alone
from tests.s3_stand_in import Store

SALES_HEADER = "Kode Distributor;No DO;Tanggal DO;Kode Toko;Kode Barang;Qty;Total Penjualan\n"
LATER = timedelta(minutes=31)
"""So long nothing is heard of a batch before the maintenance takes it up, an upload's server included."""
ROWS = 1000
"""Enough for LOAD DATA: fewer bytes are sent as one statement."""


class Impatient(Database):
    """Waits for nobody's lock: whoever holds it is stopped until this one is through."""

    def open(self, *, loader: bool = False) -> Any:
        raw = super().open(loader=loader)
        raw.query("SET SESSION innodb_lock_wait_timeout = 1")
        return raw


class Unlocked(Database):
    """As if `FOR UPDATE` had been forgotten where a job is taken up."""

    def open(self, *, loader: bool = False) -> Any:
        raw = super().open(loader=loader)
        raw.__class__ = _UnlockedConnection
        return raw


class _UnlockedConnection(Connection):
    def query(self, query: bytes | str) -> None:
        octets = query.encode() if isinstance(query, str) else bytes(query)
        super().query(octets.replace(b"FOR UPDATE NOWAIT", b""))


class Autocommitting(Database):
    """As if autocommit were on, and nothing began a transaction."""

    def open(self, *, loader: bool = False) -> Any:
        raw = super().open(loader=loader)
        raw.autocommit(True)
        raw.__class__ = _AutocommittingConnection
        return raw


class _AutocommittingConnection(Connection):
    def begin(self) -> None:
        pass


class NumberedArchive(ObjectStorageArchive):
    """A folder whose files have ids that are set aside before the upload, as Drive's have."""

    def reserve_id(self) -> str:  # type: ignore[override]
        return str(uuid.uuid4())

    def store(self, item: ArchiveItem) -> Archived:
        assert item.reserved_id is not None
        return replace(super().store(item), file_id=item.reserved_id)


def installation(database: Database, root: Path, **others: Any) -> Flow:
    """The folders below `root`, and archives that give out ids."""
    flow = Flow.make(database, root, **others)
    context = replace(
        flow.context,
        open_archive=lambda: NumberedArchive(str(root / "archive")),
        open_delivery=lambda: NumberedArchive(str(root / "delivered")),
    )
    return Flow(context, root)


@dataclass(frozen=True, slots=True)
class Case:
    """One strike: its own distributor, whose files nobody else has."""

    number: int
    path: str

    @property
    def ahead(self) -> timedelta:
        """Each case has days of its own: what is tried again later in one is over before the next begins."""
        return timedelta(days=5 * self.number)

    @property
    def dist_id(self) -> str:
        return f"01{self.number:04d}"

    @property
    def batch_id(self) -> str:
        """Of an export."""
        return str(uuid.UUID(int=self.number + (1 << 96)))

    def stocks(self, rows: int = ROWS) -> str:
        """The first row's key is every case's: it is there already, with another value."""
        own = "".join(f"{self.dist_id}-{row};GUDANG UTAMA PUSAT;{row};01/03/2026\n" for row in range(rows))
        return f"{STOCKS_HEADER}KNOWN;W1;{self.number};01/03/2026\n{own}"

    def sales(self) -> str:
        own = "".join(f"{self.dist_id};D{row};02/03/2026;T1;B1;3;3.001,50\n" for row in range(ROWS))
        return f"{SALES_HEADER}{own}{self.dist_id};DX;31/02/2026;T1;B1;3;3.001,50\n"

    @property
    def files(self) -> Mapping[str, bytes]:
        """What is handed over."""
        if self.path == "large":
            return {"stocks.csv": self.stocks(27_000).encode()}
        if self.path in ("purge", "rerun"):
            return {"stocks.csv": STOCKS_HEADER.encode()}
        octets = io.BytesIO()
        with zipfile.ZipFile(octets, "w") as archive:
            # Always the same bytes: a member's time is the present one, else.
            archive.writestr(zipfile.ZipInfo("sales.csv"), self.sales())
        return {"stocks.csv": self.stocks().encode(), "sales.zip": octets.getvalue()}


@dataclass
class Striking:
    """One installation, and what is done in it by processes that fail and by those that follow."""

    flow: Flow
    store: Store | None = None
    """Of the installation whose drop folder is a bucket's."""

    def at(self, case: Case, after: timedelta = timedelta(), **settings: Any) -> Context:
        """The installation on the days of a case, some time later."""
        context = self.flow.context
        return replace(
            context,
            clock=lambda: utc_now() + case.ahead + after,
            settings=replace(context.settings, **settings),
        )

    def later(self, case: Case, after: timedelta) -> Striking:
        return replace(self, flow=replace(self.flow, context=self.at(case, after)))

    # What the processes do.

    def attempt(self, case: Case) -> None:
        """The path, as its tasks do it, in one process."""
        getattr(self, f"_{case.path}")(case)

    def _import(self, case: Case) -> None:
        for batch_id in self.flow.claim():
            self.work_off(batch_id)

    _large = _bucket = _import

    def load(self, case: Case) -> None:
        """One step of the path alone."""
        for batch_id in self.batches(case):
            for lane in extract_batch(self.flow.context, batch_id):
                load_lane(self.flow.context, lane)

    def _upload(self, case: Case) -> None:
        batch_id = str(uuid.uuid4())
        spool = self.flow.context.work(batch_id).spool
        spool.mkdir(parents=True)
        for name, octets in case.files.items():
            (spool / name).write_bytes(octets)
        form = upload_form(self.flow.context, Scope(), dist_id=case.dist_id)
        take_upload(self.flow.context, batch_id, list(case.files), form, self.work_off)

    def _undo(self, case: Case) -> None:
        for job in self.jobs(case):
            if job.status is JobStatus.COMPLETE and not job.counts.updated and job.undone_at is None:
                undo_job(self.flow.context, job.id)

    def _rerun(self, case: Case) -> None:
        [job] = [job for job in self.jobs(case) if job.stored_name]
        rerun_job(self.flow.context, job.id, self.work_off)

    def _purge(self, case: Case) -> None:
        days = {"originals_retention_days": 1, "batches_retention_days": 1}
        remove_old(self.at(case, timedelta(days=3), **days), Run(run_id="purge"))

    def _export(self, case: Case) -> None:
        form = {"accounts": "all", "formats": ["csv"], "contents": ["profile", "media"]}
        run = ExportRun(run_id=case.batch_id, nightly=False, at=datetime.now(UTC), form=form)
        for lane in plan_export(self.flow.context, run):
            export_lane(self.flow.context, lane)
        deliver_export(self.flow.context, case.batch_id)
        close_export(self.flow.context, case.batch_id)

    def _export_purge(self, case: Case) -> None:
        remove_old_exports(self.at(case, timedelta(days=3), export_retention_days=1))

    def work_off(self, run_id: str) -> None:
        """The tasks of a run, in their order; as in the DAG, a step goes on with what the one before left."""
        context, batch_id = self.flow.context, batch_id_of(run_id)
        lanes, failure = extract_batch(context, batch_id), None
        for step in (validate_lane, load_lane, archive_lane):
            for lane in lanes:
                try:
                    step(context, lane)
                except Exception as fault:
                    failure = failure or fault
        finish_batch(context, batch_id)
        if failure is not None:
            raise failure

    # Before and after.

    def prepare(self, case: Case) -> None:
        """What the path begins with; in the case's days."""
        if case.path in ("import", "large", "undo", "rerun", "purge"):
            for name, octets in case.files.items():
                self.flow.drop(f"{case.dist_id}/{name}", octets)
        if case.path == "bucket" and self.store is not None:
            for name, octets in case.files.items():
                self.store.put(f"drop/{case.dist_id}/{name}", octets)
        if case.path in ("undo", "rerun", "purge"):
            self._import(case)
        if case.path == "export_purge":
            self._export(case)

    def follow(self, case: Case) -> None:
        """What Airflow and the maintenance do afterwards: the sensor looks again, lost runs get others, and so on."""
        if case.path in ("undo", "purge", "export", "export_purge"):
            self.attempt(case)
        if case.path == "upload" and not self.batches(case):
            # Its sender was not told that anything was taken.
            self.attempt(case)
        for number in range(1, 8):
            later = self.later(case, number * LATER)
            claimed = later.flow.claim()
            found = recover(later.flow.context, Run(run_id=f"{case.number}-{number}"), self.life_of)
            for run_id in found.runs:
                later.work_off(run_id)
            if not claimed and not found.runs:
                break
        retry_archives(self.at(case, timedelta(hours=9)), Run(run_id="archives"))
        tidy_up(self.at(case, timedelta(hours=12)), Run(run_id="tidy"))
        remove_old(self.at(case, timedelta(days=2), work_retention_days=1), Run(run_id="old"))

    def life_of(self, dag_id: str, run_ids: Sequence[str]) -> Life:
        """A batch that was begun had a run."""
        with self.flow.context.database.session() as session:
            begun = session.rows(
                "SELECT 1 FROM import_batches WHERE started_at IS NOT NULL AND batch_id = %s",
                (batch_id_of(run_ids[-1]),),
            )
        return Life.ENDED if begun else Life.NONE

    def is_alone(self) -> bool:
        """Whether nobody else holds anything any more."""
        return is_alone(self.flow.context.database)

    # What must be so in the end.

    def batches(self, case: Case) -> list[str]:
        with self.flow.context.database.session() as session:
            found = session.rows("SELECT batch_id FROM import_batches WHERE dist_id = %s", (case.dist_id,))
        return [batch_id for (batch_id,) in found]

    def jobs(self, case: Case) -> list[ImportJob]:
        return [job for batch_id in self.batches(case) for job in self.flow.jobs(batch_id)]

    def told(self, case: Case) -> list[str]:
        """What contradicts the invariants, in the case's days."""
        begin = utc_now() + case.ahead - timedelta(hours=1)
        return [each.told.text() for each in violations(self.at(case, timedelta(days=2)), begin)]

    def check(self, case: Case) -> None:
        """Nothing contradicts the invariants, nothing is left, and everything is there once."""
        assert self.told(case) == []
        assert [path for path in (self.flow.root / "drop").rglob("*") if path.is_file()] == []
        assert self.store is None or self.store.names("drop/") == []
        assert list((self.flow.root / "work").iterdir()) == []
        getattr(self, f"_check_{case.path}", self._check_import)(case)

    def _check_import(self, case: Case) -> None:
        jobs = [job for job in self.jobs(case) if job.stored_name]
        wanted = {"stocks.csv": ("stocks", 1 + case.stocks().count(case.dist_id), 0)}
        if case.path == "large":
            wanted = {"stocks.csv": ("stocks", 27_001, 0)}
        else:
            wanted["sales.zip/sales.csv"] = ("sales", ROWS, 1)
        found = {job.filename: (job.table_name, job.counts.success, job.counts.rejected) for job in jobs}
        assert found == wanted
        assert len(jobs) == len(wanted), "each file is one job"
        assert {job.status for job in jobs} == {JobStatus.COMPLETE}
        assert {job.archive_state for job in jobs} == {ArchiveState.DONE}
        rows = {"stocks.csv": self.rows("stocks", "sku LIKE CONCAT(%s, '-%%')", case.dist_id)}
        if case.path != "large":
            rows["sales.zip/sales.csv"] = self.rows("sales", "distid = %s", case.dist_id)
        assert rows == {name: count - (name == "stocks.csv") for name, (_, count, _) in wanted.items()}, (
            "rows are there once"
        )
        kept = {name: self.kept(case, name) for name in case.files}
        assert kept == {name: [octets] for name, octets in case.files.items()}, "the originals are kept"
        archived = [path for path in (self.flow.root / "archive").rglob("*") if path.is_file()]
        mine = {job.archive_url for job in jobs}
        assert sum(str(path) in mine for path in archived) == len(mine) == len(jobs)
        assert not [path for path in archived if path.name.endswith(".part")]

    def _check_undo(self, case: Case) -> None:
        jobs = {job.filename: job for job in self.jobs(case) if job.stored_name}
        assert jobs["sales.zip/sales.csv"].undone_at is not None
        assert self.rows("sales", "distid = %s", case.dist_id) == 0

    def _check_rerun(self, case: Case) -> None:
        [job] = [job for job in self.jobs(case) if job.stored_name]
        assert job.status is JobStatus.INVALID
        assert self.kept(case, "stocks.csv") == [case.files["stocks.csv"]]

    def _check_purge(self, case: Case) -> None:
        assert (self.jobs(case), self.kept(case, "stocks.csv")) == ([], [])

    def _check_export(self, case: Case) -> None:
        with exports_of(self.flow.context) as exports:
            line, files = exports.line(case.batch_id), exports.files(case.batch_id)
        assert line.state is ExportState.COMPLETE
        root = self.flow.context.settings.exports / line.export.folder
        disk = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
        wanted = {f"{file.folder}/{file.made.name}": file.made.sha256 for file in files}
        assert len(wanted) == 2
        assert {name: _sha256(path) for name, path in disk.items()} == wanted
        delivered = self.flow.root / "delivered" / line.export.folder
        assert {
            path.relative_to(delivered).as_posix(): _sha256(path)
            for path in delivered.rglob("*")
            if path.is_file()
        } == wanted
        assert all(file.delivered_url for file in files)

    def _check_export_purge(self, case: Case) -> None:
        with exports_of(self.flow.context) as exports:
            files = exports.files(case.batch_id)
            folder = exports.export(case.batch_id).folder
        assert all(file.removed_at for file in files)
        assert not (self.flow.context.settings.exports / folder).exists()

    def rows(self, table: str, condition: str, *values: Any) -> int:
        with self.flow.context.database.session() as session:
            return int(session.rows(f"SELECT COUNT(*) FROM {table} WHERE {condition}", values)[0][0])

    def kept(self, case: Case, name: str) -> list[bytes]:
        """What lies under that name with the closed batches of the case."""
        mine = {job.batch_id for job in self.jobs(case)}
        paths = [*self.flow.root.glob(f"done/*/*/{name}"), *self.flow.root.glob(f"failed/*/*/{name}")]
        return [path.read_bytes() for path in paths if path.parent.name in mine]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Forks:
    """Starts processes that are struck, from one that has imported all that they need."""

    def __init__(self) -> None:
        self._start = multiprocessing.get_context("forkserver")
        self._start.set_forkserver_preload(["tests.database.warm"])

    def start(self, target: Callable[..., None], *arguments: Any, **named: Any) -> Any:
        # Whatever the process it is forked from began with, and for which tests: it is this one's environment that counts.
        told = (dict(os.environ), target, arguments, named)
        process = self._start.Process(target=_in_environment, args=told, daemon=True)
        process.start()
        return process


def _in_environment(
    environment: dict[str, str],
    target: Callable[..., None],
    arguments: tuple[Any, ...],
    named: dict[str, Any],
) -> None:
    os.environ.update(environment)
    target(*arguments, **named)


def struck(
    uri: str,
    root: Path,
    case: Case,
    strike: str,
    kind: type[Database] = Database,
    only: str = "attempt",
    **others: Any,
) -> None:
    """In a process of its own: the path, with a failpoint."""
    # What breaks off is told by the process' end.
    os.environ[failpoints.GUARD], os.environ[failpoints.VARIABLE] = "1", strike
    failpoints.arm()
    database = kind(AirflowConnection.from_uri(uri, conn_id="import_export_mysql"))
    getattr(Striking(installation(database, root, **others)).later(case, timedelta()), only)(case)


def is_stopped(process: Any) -> bool:
    """Whether a process stands still; one that has ended does not."""
    with suppress(FileNotFoundError):
        return Path(f"/proc/{process.pid}/stat").read_text().rsplit(") ", 1)[1][0] == "T"
    return False


def frozen(process: Any) -> bool:
    """Wait until a process stands still, or has ended; whether it stands still."""
    eventually(lambda: is_stopped(process) or process.exitcode is not None)
    return process.exitcode is None


def woken(process: Any) -> None:
    """Let it go on."""
    os.kill(process.pid, signal.SIGCONT)


def quietly(work: Callable[[Case], None], case: Case) -> None:
    """What somebody tries meanwhile may fail."""
    with suppress(ImportExportError, OSError):
        work(case)


PATHS: Mapping[str, str] = {
    "claim.objects.": "bucket",
    "fetch.object.": "bucket",
    "remove.object.": "bucket",
    "upload.": "upload",
    "validate.large.": "large",
    "load.taken.": "large",
    "undo.": "undo",
    "rerun.": "rerun",
    "purge.": "purge",
    "export.purge.": "export_purge",
    "export.": "export",
    "deliver.": "export",
    "": "import",
}
"""By which path a point is reached: the first that fits."""


def path_of(point: str) -> str:
    """The path on which a point is."""
    return next(path for begin, path in PATHS.items() if point.startswith(begin))
