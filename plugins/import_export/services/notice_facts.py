"""What a message tells, read when it is sent: the batch, deadline or export as it is then, nothing of any row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from import_export.exports.runs import ExportState
from import_export.imports.jobs import ImportBatch, ImportJob
from import_export.messages import Language, Message, Told
from import_export.notices.facts import BatchFacts, ExportFacts, Facts, FileFacts, MissingFacts
from import_export.notices.kinds import Kind
from import_export.notices.letters import Letter, write
from import_export.services.context import Context
from import_export.services.report import reject_from_entry
from import_export.stores.exports import ExportStore
from import_export.stores.notifications import Notification

FILES_SHOWN = 20
REASONS_SHOWN = 3
NAMES_SHOWN = 5
DISTRIBUTORS_SHOWN = 100
LONGEST_TEXT = 300
PAGES = "/import-export"

_HIDDEN = frozenset({"value", "errors", "why", "sign"})
"""Values of messages that quote cells of the file, or what MySQL said of them."""

_STATES: Mapping[ExportState, Mapping[Language, str]] = {
    ExportState.COMPLETE: {"id": "selesai", "en": "complete"},
    ExportState.COMPLETE_WITH_ERRORS: {"id": "selesai dengan kesalahan", "en": "complete with errors"},
    ExportState.FAILED: {"id": "gagal", "en": "failed"},
    ExportState.RUNNING: {"id": "sedang berjalan", "en": "running"},
    ExportState.WAITING: {"id": "menunggu", "en": "waiting"},
}


def letter_of(context: Context, notification: Notification, base_url: str) -> Letter:
    """The message in words; raises `NotFound` when what it is about is gone."""
    if notification.kind is Kind.MISSING:
        facts: Facts = _missing(context, notification)
        page = f"missing?day={notification.details['last']}"
    elif notification.kind is Kind.EXPORT:
        facts, page = _export(context, notification), "exports"
    else:
        facts = _batch(context, notification)
        page = f"batches/{facts.batch_id}"
    return write(facts, notification.language, f"{base_url}{PAGES}/{page}")


def _batch(context: Context, notification: Notification) -> BatchFacts:
    details, language = notification.details, notification.language
    with context.jobs() as store:
        batch = store.batch(str(details["batch_id"]))
        jobs = store.jobs(batch.batch_id)
    wanted = set(details["jobs"])
    files = [job for job in jobs if job.id in wanted]
    return BatchFacts(
        kind=notification.kind,
        batch_id=batch.batch_id,
        names=_names(batch),
        dist_id=_short(batch.dist_id) if batch.dist_id else None,
        received=_moment(context, batch.received_at),
        all_files=sum(job.stored_name is not None for job in jobs),
        warnings=[_short(told.text(language)) for told in batch.warnings] if details["warnings"] else (),
        files=[_file(job, language) for job in files[:FILES_SHOWN]],
        more=max(0, len(files) - FILES_SHOWN),
    )


def _names(batch: ImportBatch) -> Sequence[str]:
    names = [_short(name) for name in batch.names[:NAMES_SHOWN]]
    return names if len(batch.names) <= NAMES_SHOWN else [*names, "…"]


def _file(job: ImportJob, language: Language) -> FileFacts:
    return FileFacts(
        name=_short(job.filename),
        table=job.table_name,
        status=job.status.label_id if language == "id" else job.status.label,
        message=_words(job.message, language) if job.message else None,
        total=job.counts.total,
        loaded=job.counts.success,
        unchanged=job.counts.unchanged,
        rejected=job.counts.rejected,
        reasons=[_reason(entry, language) for entry in job.errors[:REASONS_SHOWN]],
    )


def _reason(entry: Mapping[str, object], language: Language) -> str:
    """A rejected row's line and what is wrong with it, without the cell."""
    reject = reject_from_entry(entry)
    return _short(replace(reject, value=None, told=_without_cells(reject.told)).text(language))


def _words(told: Told, language: Language) -> str:
    return _short(_without_cells(told).text(language))


def _without_cells(told: Told) -> Told:
    hidden = _HIDDEN - {"why"} if told.code is Message.PROGRAM_FAULT else _HIDDEN
    return Told(told.code, {key: "…" if key in hidden else value for key, value in told.params.items()})


def _missing(context: Context, notification: Notification) -> MissingFacts:
    details = notification.details
    distributors = [_short(each) for each in details["distributors"]]
    return MissingFacts(
        table=details["table"],
        deadline=f"{datetime.fromisoformat(details['deadline']).astimezone(context.settings.zone):%d/%m/%Y %H:%M}",
        first=f"{date.fromisoformat(details['first']):%d/%m/%Y}",
        last=f"{date.fromisoformat(details['last']):%d/%m/%Y}",
        distributors=distributors[:DISTRIBUTORS_SHOWN],
        more=max(0, len(distributors) - DISTRIBUTORS_SHOWN),
    )


def _export(context: Context, notification: Notification) -> ExportFacts:
    with context.database.session() as session:
        line = ExportStore(session).line(str(notification.details["export_id"]))
    counts = line.progress
    return ExportFacts(
        folder=line.export.folder,
        state=_STATES[line.state][notification.language],
        accounts=counts.accounts,
        done=counts.done,
        failed=counts.failed,
        files=counts.files,
    )


def _moment(context: Context, at: datetime) -> str:
    return f"{at.replace(tzinfo=UTC).astimezone(context.settings.zone):%d/%m/%Y %H:%M}"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
