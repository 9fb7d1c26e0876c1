"""The report that lies beside a batch's originals: what became of each file, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from import_export.imports.jobs import ArchiveState, BatchStatus, Counts, ImportBatch, ImportJob, JobStatus
from import_export.imports.problems import Reject
from import_export.imports.summary import Summary
from import_export.messages import Language, Message, Told, tell

PROBLEMS_SHOWN = 20


def write_report(
    batch: ImportBatch,
    status: BatchStatus,
    jobs: Sequence[ImportJob],
    rejects_names: Mapping[int, str],
    language: Language,
) -> str:
    """The report's text. `rejects_names` gives the name of each job's rejects file, by the job's id."""
    lines = [
        tell(Message.REPORT_HEAD, batch_id=batch.batch_id, status=status.value.replace("_", " ")).text(
            language
        ),
        tell(
            Message.REPORT_FROM,
            received=f"{batch.received_at:%Y-%m-%d %H:%M:%S}",
            dist_id=batch.dist_id or "-",
            names=", ".join(batch.names),
        ).text(language),
        *(f"! {warning.text(language)}" for warning in batch.warnings),
    ]
    for job in jobs:
        lines += ["", *_job_lines(job, rejects_names.get(job.id), language)]
    return "\n".join(lines) + "\n"


def reject_from_entry(entry: Mapping[str, object]) -> Reject:
    """A reject as it was kept with its job."""
    params = entry["params"]
    return Reject(
        line=int(str(entry["line"])),
        header=_text(entry["header"]),
        column=_text(entry["column"]),
        value=_text(entry["value"]),
        told=Told(Message(str(entry["code"])), params if isinstance(params, Mapping) else {}),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _job_lines(job: ImportJob, rejects_name: str | None, language: Language) -> Iterator[str]:
    label = job.status.label_id if language == "id" else job.status.label
    target = f" → {job.table_name}" if job.table_name else ""
    number = tell(Message.REPORT_JOB, job=job.id).text(language)
    yield f"{job.filename}{target}: {label} ({job.status.value}), {number}"
    if job.message is not None:
        yield f"  {job.message.text(language)}"
    if job.status in (JobStatus.COMPLETE, JobStatus.FAILED):
        yield f"  {_counts(job.counts, language)}"
    if job.summary is not None:
        yield f"  {Summary.from_json(job.summary).note(language)}"
    for note in job.notes:
        yield f"  - {note.text(language)}"
    if job.ignored_columns:
        yield f"  - {tell(Message.COLUMNS_IGNORED, columns=', '.join(job.ignored_columns)).text(language)}"
    for entry in job.errors[:PROBLEMS_SHOWN]:
        yield f"  {reject_from_entry(entry).text(language)}"
    if len(job.errors) > PROBLEMS_SHOWN:
        yield "  …"
    if rejects_name is not None:
        yield f"  {tell(Message.REPORT_REJECTS, name=rejects_name).text(language)}"
    if job.archive_state is ArchiveState.DONE:
        yield f"  {tell(Message.REPORT_ARCHIVED, url=job.archive_url).text(language)}"
    elif job.archive_state is ArchiveState.PENDING:
        yield f"  {tell(Message.REPORT_NOT_ARCHIVED, why=job.archive_error or '-').text(language)}"


def _counts(counts: Counts, language: Language) -> str:
    return tell(
        Message.REPORT_COUNTS,
        total=counts.total,
        inserted=counts.inserted,
        updated=counts.updated,
        unchanged=counts.unchanged,
        rejected=counts.rejected,
        skipped=counts.skipped,
    ).text(language)
