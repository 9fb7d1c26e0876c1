"""Takes an upload of the page or the REST API: registers it, validates it at once, and has the rest done by a run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from import_export.errors import ArchiveRefused, BadRequest, Forbidden, NotFound, TransientError
from import_export.failpoints import hit
from import_export.imports.extraction import DATA_EXTENSIONS
from import_export.imports.jobs import ImportBatch, ImportJob, JobStatus, Mode
from import_export.imports.names import readable
from import_export.imports.validation import AUTO
from import_export.messages import Message, Told, tell
from import_export.scopes import LONGEST_DIST_ID, Scope
from import_export.services.context import Context
from import_export.services.finishing import finish_batch
from import_export.services.receiving import check_table_name, checked_mode, extract_batch
from import_export.services.rerunning import StartRun
from import_export.services.sharing import CLAIMED, share
from import_export.services.validating import validate_lane

log = logging.getLogger(__name__)

UPLOAD = "upload"
CORRECTION = "correction"

Later = Callable[[Callable[[], object]], object]
"""Has something done by and by, in the same process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadForm:
    """What was handed over with the files: the parameters of the import page."""

    mode: Mode
    table_name: str
    dist_id: str | None
    force: bool
    exact: bool = False
    """Whether rows of any other distributor are refused, because the sender may send for some only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of an upload so far."""

    batch: ImportBatch
    jobs: tuple[ImportJob, ...]
    validated: bool
    """Whether the files' verdicts are known; else the run finds them out."""
    started: bool
    """Whether a run imports what is valid."""
    postponed: bool = False
    """Whether the files are kept, but Airflow or the database was away: the maintenance starts the run."""


def upload_form(
    context: Context,
    scope: Scope,
    *,
    mode: str = "",
    table_name: str = "",
    dist_id: str = "",
    force: bool = False,
) -> UploadForm:
    """The checked form; raises `BadRequest`, or `Forbidden` for another's distributor."""
    wanted = dist_id.strip() or scope.only
    if wanted is None and not scope.everything:
        raise BadRequest("dist_id is needed: you may send for some distributors only")
    if wanted is not None and len(wanted) > LONGEST_DIST_ID:
        raise BadRequest(f"dist_id has {LONGEST_DIST_ID} characters at most")
    if not scope.sees(wanted):
        raise Forbidden(f"you may not send files of distributor '{wanted}'")
    checked = checked_mode(mode.strip().lower())
    check_table_name(context, table_name.strip())
    return UploadForm(
        mode=checked,
        table_name=table_name.strip() or AUTO,
        dist_id=wanted,
        force=force,
        exact=not scope.everything,
    )


def take_upload(
    context: Context,
    batch_id: str,
    names: Sequence[str],
    form: UploadForm,
    start_run: StartRun,
    *,
    source: str = UPLOAD,
    later: Later | None = None,
) -> Received:
    """Register the files that lie in the batch's spool, and set them on their way.

    Mode `full` answers as soon as the run is started; else the files are validated here, so that the sender learns the
    verdicts. A batch that brings nothing to import is closed at once. With `later` they are validated by and by, and the
    answer is given at once. Raises `BadRequest` when no file can be data.
    What is registered is imported, so nothing transient is raised after that: the sender would send it again.
    """
    _check_names(names)
    batch = ImportBatch(
        batch_id=batch_id,
        source=source,
        run_id=batch_id,
        mode=form.mode,
        table_name=form.table_name,
        dist_id=form.dist_id,
        force_again=form.force,
        names=tuple(names),
        received_at=context.clock(),
        created_by=context.actor,
        exact_distributor=form.exact,
    )
    work = context.work(batch_id)
    # First: what is registered is imported, by whatever machine.
    share(context, batch_id, work.spool, CLAIMED)
    with context.jobs() as jobs:
        jobs.add_batch(batch)
        hit("upload.commit.before")
    hit("upload.commit.after")
    work.spool.rename(work.claimed)
    hit("upload.rename.after")
    log.info("batch %s: %s", batch_id, ", ".join(names))
    if form.mode is Mode.FULL:
        postponed = not _started(context, batch_id, start_run)
        return Received(batch=batch, jobs=(), validated=False, started=True, postponed=postponed)
    if later is not None:
        later(lambda: _validated(context, batch, start_run))
        return Received(batch=batch, jobs=(), validated=False, started=form.mode.imports)
    return _validated(context, batch, start_run)


def _validated(context: Context, batch: ImportBatch, start_run: StartRun) -> Received:
    batch_id = batch.batch_id
    try:
        for lane in extract_batch(context, batch_id):
            validate_lane(context, lane)
        with context.jobs() as store:
            batch, found = store.batch(batch_id), tuple(store.jobs(batch_id))
        started = any(job.status is JobStatus.WAITING for job in found)
        if not started:
            finish_batch(context, batch_id)
    except (TransientError, ArchiveRefused):
        log.exception("batch %s: registered, but not validated; a run does that later", batch_id)
        return Received(batch=batch, jobs=(), validated=False, started=batch.mode.imports, postponed=True)
    postponed = started and not _started(context, batch_id, start_run)
    return Received(batch=batch, jobs=found, validated=True, started=started, postponed=postponed)


def _started(context: Context, batch_id: str, start_run: StartRun) -> bool:
    """Whether a run could be started; else the maintenance does it."""
    try:
        start_run(batch_id)
        with context.jobs() as jobs:
            jobs.set_run_asked(batch_id, context.clock())
    except (NotFound, TransientError):
        log.exception("batch %s: registered, but no run could be started; that is done later", batch_id)
        return False
    return True


def _check_names(names: Sequence[str]) -> None:
    """Raise `BadRequest` when no name can be one of a data file, as step 1 of the import page has it."""
    if not names:
        raise BadRequest(tell(Message.NO_FILES).text())
    if not any(Path(name).suffix.lower() in (*DATA_EXTENSIONS, ".zip") for name in names):
        told = tell(Message.NO_VALID_DATA_FILES).text()
        raise NoDataFiles(told, [_unsupported(name) for name in names])


class NoDataFiles(BadRequest):
    """Nothing of what was sent can be data; `warnings` tells why, for each thing."""

    def __init__(self, told: str, warnings: Sequence[Told]) -> None:
        super().__init__(told)
        self.warnings = tuple(warnings)


def _unsupported(name: str) -> Told:
    return tell(Message.UNSUPPORTED_TYPE, name=readable(name), extension=readable(Path(name).suffix))
