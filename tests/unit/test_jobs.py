"""Statuses of jobs and batches."""

import itertools

import pytest

from import_export.errors import InvalidMove
from import_export.imports.jobs import (
    FINAL,
    BatchStatus,
    Counts,
    JobOutcome,
    JobStatus,
    batch_status,
    check_move,
)

ALLOWED = {(1, 4), (4, 5), (5, 3), (3, 9), (4, 6), (3, 2), (3, 8), (8, 3)}


@pytest.mark.parametrize(("old", "new"), list(itertools.product(JobStatus, JobStatus)))
def test_only_the_moves_of_the_domain_page_are_allowed(old: JobStatus, new: JobStatus) -> None:
    if (old, new) in ALLOWED:
        check_move(1, old, new)
    else:
        with pytest.raises(InvalidMove, match=f"job 1 cannot move from status {old.value} to {new.value}"):
            check_move(1, old, new)


def test_a_failed_job_is_taken_up_again_only_by_a_rerun() -> None:
    check_move(1, JobStatus.FAILED, JobStatus.WAITING, by_hand=True)
    with pytest.raises(InvalidMove):
        check_move(1, JobStatus.INVALID, JobStatus.WAITING, by_hand=True)


def test_final_statuses_lead_nowhere() -> None:
    for old, new in itertools.product(FINAL, JobStatus):
        with pytest.raises(InvalidMove):
            check_move(1, old, new)


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], BatchStatus.PENDING),
        ([1, 1], BatchStatus.PENDING),
        ([1, 4], BatchStatus.PROCESSING),
        ([9, 3], BatchStatus.PROCESSING),
        ([9, 8], BatchStatus.PROCESSING),
        ([9, 9, 0], BatchStatus.COMPLETED),
        ([5, 5, 0], BatchStatus.COMPLETED),
        ([9, 6], BatchStatus.COMPLETED_WITH_ERRORS),
        ([9, 2], BatchStatus.COMPLETED_WITH_ERRORS),
        ([6, 2, 0], BatchStatus.FAILED),
    ],
)
def test_a_batch_tells_what_its_jobs_tell(statuses: list[int], expected: BatchStatus) -> None:
    assert batch_status(JobOutcome(JobStatus(status)) for status in statuses) is expected


def test_rejected_rows_make_a_batch_one_with_errors() -> None:
    assert batch_status([JobOutcome(JobStatus.COMPLETE, rejected=1)]) is BatchStatus.COMPLETED_WITH_ERRORS


def test_a_refused_zip_beside_good_files_makes_a_batch_one_with_errors() -> None:
    assert batch_status([JobOutcome(JobStatus.COMPLETE)], refused=True) is BatchStatus.COMPLETED_WITH_ERRORS


def test_a_batch_of_which_nothing_could_become_a_job_is_failed() -> None:
    assert batch_status([JobOutcome(JobStatus.SKIPPED)], refused=True) is BatchStatus.FAILED


def test_counts_add_up_only_when_every_line_is_counted_once() -> None:
    assert Counts(total=15, inserted=1, updated=2, unchanged=3, rejected=4, skipped=5).adds_up
    assert not Counts(total=15, inserted=2, updated=2, unchanged=3, rejected=4, skipped=5).adds_up
