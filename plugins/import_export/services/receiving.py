"""Takes files in, whichever way they come, and makes jobs of them: claim, register, freeze and extract."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path

from import_export.archive.buckets import Bucket
from import_export.archive.drop_folder import Claimed, Thing, check_same_filesystem, claim
from import_export.archive.sources import copy_sources
from import_export.errors import BadRequest
from import_export.failpoints import hit
from import_export.imports.extraction import Source, extract
from import_export.imports.jobs import ImportBatch, Mode
from import_export.imports.validation import AUTO
from import_export.imports.zips import Limits
from import_export.messages import Message, tell
from import_export.services.context import Context
from import_export.services.dropping import batch_of_claim, claim_objects, fetch_objects
from import_export.services.lanes import Lane, deal
from import_export.services.sharing import CLAIMED, FILES, fetch_claimed, share, tidy_machine
from import_export.stores.jobs import JobStore, NewJob
from import_export.stores.tables import list_tables

log = logging.getLogger(__name__)

RUN = "run"
AGAIN = "_again_"
"""Between a batch's id and a number: the id of a run that works on it once more."""
MOST_CLAIMS = 500
"""Things that are claimed at once: Airflow maps about a thousand tasks."""
LOST_AFTER = timedelta(minutes=30)
"""An upload is validated by its server before a run is started; one that took so long has lost its server."""

_RUNS = uuid.UUID("6f1c3a52-7d0e-4b57-9a53-0c8f7b1f2d11")
"""Namespace of the batch ids of runs that people trigger, whose run ids are no UUIDs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunForm:
    """What a person fills in to import files by a run: the parameters of the import page."""

    files: tuple[str, ...]
    """Paths or object-storage URIs of files or folders."""
    mode: str = ""
    table_name: str = AUTO
    dist_id: str | None = None
    force: bool = False
    """Whether files that were imported before are read and loaded again all the same."""


def claim_things(context: Context, things: Iterable[Thing]) -> list[str]:
    """Claim what has settled in the drop folder, a batch for each thing; give the ids of the batches, for their runs.

    What breaks off here is finished by the maintenance (`recovering.py`).
    """
    # What is left stays where it is, for the next look.
    some = islice(things, MOST_CLAIMS)
    drop = context.settings.drop_folder
    return (
        claim_objects(context, Bucket(drop), some)
        if isinstance(drop, str)
        else _claim_files(context, drop, some)
    )


def _claim_files(context: Context, drop: Path, things: Iterable[Thing]) -> list[str]:
    work = context.settings.work_folder
    check_same_filesystem(drop, work)
    taken: list[str] = []
    for thing in things:
        claimed = claim(drop, thing, work, str(uuid.uuid4()))
        if claimed is not None:
            register_claim(context, claimed)
            taken.append(claimed.batch_id)
    return taken


def register_claim(context: Context, claimed: Claimed) -> bool:
    """Make a batch of what was claimed; False when it is one already."""
    with context.jobs() as jobs:
        if jobs.has_batch(claimed.batch_id):
            return False
    share(context, claimed.batch_id, context.work(claimed.batch_id).claimed, CLAIMED)
    with context.jobs() as jobs:
        jobs.add_batch(batch_of_claim(claimed))
        hit("register.commit.before")
    hit("register.commit.after")
    log.info("batch %s: %s", claimed.batch_id, ", ".join(claimed.names))
    return True


def batch_id_of(run_id: str) -> str:
    """The id of the batch that a run works on: its own id, or one made of it when a person triggered the run."""
    try:
        return str(uuid.UUID(run_id.partition(AGAIN)[0]))
    except ValueError:
        return str(uuid.uuid5(_RUNS, run_id))


def register_run(context: Context, run_id: str, form: RunForm) -> str:
    """The id of the run's batch, which is registered here when a person triggered the run.

    Raises `BadRequest` for what is wrong with the form, before anything is done.
    """
    batch_id = batch_id_of(run_id)
    with context.jobs() as jobs:
        if jobs.has_batch(batch_id):
            return batch_id
    mode = checked_mode(form.mode)
    check_table_name(context, form.table_name)
    claimed = context.work(batch_id).claimed
    copy_sources(form.files, claimed, roots=context.settings.source_roots)
    share(context, batch_id, claimed, CLAIMED)
    with context.jobs() as jobs:
        jobs.add_batch(
            ImportBatch(
                batch_id=batch_id,
                source=RUN,
                run_id=run_id,
                mode=mode,
                table_name=form.table_name or AUTO,
                dist_id=(form.dist_id or "").strip() or None,
                force_again=form.force,
                names=form.files,
                received_at=context.clock(),
            )
        )
    return batch_id


def extract_batch(context: Context, batch_id: str) -> list[Lane]:
    """Freeze and unpack what was handed over, register a job for each data file, and deal them into lanes.

    May be repeated after a crash: the same files get the same names and the same jobs. A batch that is closed keeps
    what it is; its jobs are dealt again, for an upload that still waits.
    """
    tidy_machine(context)
    work = context.work(batch_id)
    if work.spool.is_dir() and not work.claimed.exists():
        # An upload was registered, and its server ended at that moment.
        work.spool.rename(work.claimed)
    with context.jobs() as jobs:
        if jobs.batch(batch_id).started_at is not None:
            # It was extracted; a batch that is closed, or half so, has not all of what was handed over any more.
            return _dealt(context, jobs, batch_id)
    fetch_claimed(context, batch_id)
    gone = fetch_objects(context, batch_id)
    # Those of a bucket, too: they may be replaced there while other machines still need them.
    share(context, batch_id, work.claimed, CLAIMED, once=True)
    hit("extract.files.before")
    sources = [
        Source(path.relative_to(work.claimed).as_posix(), path)
        for path in sorted(work.claimed.rglob("*"))
        if path.is_file()
    ]
    settings = context.settings
    limits = Limits(settings.zip_max_files, settings.zip_max_bytes, settings.zip_max_ratio)
    extracted = extract(sources, work.files, limits)
    share(context, batch_id, work.files, FILES)
    warnings = [*gone, *extracted.warnings]
    if not extracted.files:
        warnings.append(tell(Message.NO_VALID_DATA_FILES))
    new = [
        NewJob(
            slot=f"file:{number:04d}",
            filename=file.name,
            stored_name=file.path.name,
            size=file.size,
            sha256=file.sha256,
        )
        for number, file in enumerate(extracted.files, start=1)
    ]
    with context.jobs() as jobs:
        # A worker that froze finds nothing any more when it wakes up behind another one, and has nothing to tell.
        if jobs.start_batch(batch_id, context.clock()):
            jobs.set_warnings(batch_id, warnings, refused=bool(warnings))
            jobs.add_jobs(batch_id, new, actor=context.actor, reason="received", now=context.clock())
        lanes = _dealt(context, jobs, batch_id)
        hit("extract.commit.before")
    hit("extract.commit.after")
    return lanes


def _dealt(context: Context, jobs: JobStore, batch_id: str) -> list[Lane]:
    return deal(batch_id, [job for job in jobs.jobs(batch_id) if job.stored_name], context.settings.lanes)


def table_names(context: Context) -> list[str]:
    """The names that the run's form offers: `auto`, then all import tables."""
    with context.database.session() as session:
        return [AUTO, *(table.table_name for table in list_tables(session))]


def checked_mode(text: str) -> Mode:
    """The mode of that name, `both` when empty; raises `BadRequest`."""
    try:
        return Mode(text or Mode.BOTH.value)
    except ValueError:
        raise BadRequest(f"mode '{text}' is none of: {', '.join(Mode)}") from None


def check_table_name(context: Context, name: str) -> None:
    """Raise `BadRequest` unless it is `auto`, empty, or an import table's name."""
    known: Sequence[str] = table_names(context)
    if (name or AUTO) not in known:
        raise BadRequest(f"table_name '{name}' is none of: {', '.join(known)}")
