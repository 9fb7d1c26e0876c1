"""The bodies of answers about the maintenance."""

from __future__ import annotations

from pydantic import Field

from import_export.api.bodies import Body, Moment
from import_export.messages import Language
from import_export.services.maintenance import Overview
from import_export.stores.maintenance import StepDone


class StepOut(Body):
    """What a step of a run did."""

    run_id: str
    step: str
    dry_run: bool = Field(description="Whether it only told what would be done.")
    started_at: Moment
    finished_at: Moment
    counts: dict[str, int]
    warnings: list[str]
    failure: str | None = Field(description="Why it broke off.")


class PendingArchiveOut(Body):
    """A file that waits for the archive."""

    job_id: int
    batch_id: str
    filename: str
    dist_id: str | None
    error: str | None
    retries: int = Field(description="How often the maintenance tried it in vain.")
    retry_at: Moment | None = Field(description="When its next turn is; null: in the next run.")
    given_up: bool = Field(description="Whether it is tried no more by itself.")


class MaintenanceOut(Body):
    """What the maintenance did and found."""

    warnings: list[str] = Field(description="What the last look of each step found wrong.")
    pending_count: int = Field(description="All files that wait for the archive.")
    pending: list[PendingArchiveOut]
    steps: list[StepOut] = Field(description="Of the last runs, newest run first.")


class MaintenanceStarted(Body):
    """A run that was started."""

    run_id: str


def overview_out(found: Overview, language: Language) -> MaintenanceOut:
    """As it is answered."""
    return MaintenanceOut(
        warnings=[told.text(language) for told in found.warnings],
        pending_count=found.pending_count,
        pending=[
            PendingArchiveOut(
                job_id=each.job_id,
                batch_id=each.batch_id,
                filename=each.filename,
                dist_id=each.dist_id,
                error=each.error,
                retries=each.retries,
                retry_at=each.retry_at,
                given_up=each.retries >= found.most_attempts,
            )
            for each in found.pending
        ],
        steps=[_step_out(step, language) for step in found.steps],
    )


def _step_out(step: StepDone, language: Language) -> StepOut:
    return StepOut(
        run_id=step.run_id,
        step=step.step,
        dry_run=step.dry_run,
        started_at=step.started_at,
        finished_at=step.finished_at,
        counts=dict(step.counts),
        warnings=[told.text(language) for told in step.warnings],
        failure=step.failure,
    )
