"""The page of the maintenance: warnings, what waits for the archive, the last runs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from import_export.api.access import Access, check_sees_all, needs
from import_export.services.maintenance import overview
from import_export.stores.maintenance import StepDone
from import_export.web.rendering import PageCall, PageDep
from import_export.web.words import WORDS, word

router = APIRouter(include_in_schema=False)

RUNS_SHOWN = 20
PENDING_SHOWN = 100


@router.get("/maintenance", response_class=HTMLResponse)
@needs(Access.CONFIGURE)
def maintenance(page: PageDep, part: bool = False) -> HTMLResponse:
    """What it did and found. `part`: without the page around it."""
    check_sees_all(page.call.person)
    found = overview(page.call.context, runs=RUNS_SHOWN, most=PENDING_SHOWN)
    runs = [list(steps) for _, steps in groupby(found.steps, key=lambda step: step.run_id)]
    return page.page(
        "_maintenance.html" if part else "maintenance.html",
        current="maintenance",
        found=found,
        warnings=[told.text(page.language) for told in found.warnings],
        runs=runs,
        counts_of=lambda steps: counts_of(page, steps),
    )


def counts_of(page: PageCall, steps: Sequence[StepDone]) -> list[tuple[str, int]]:
    """The counts of a run that are not 0, with their names in words; one without a word as it is kept."""
    return [
        (word(page.language, f"count_{name}") if f"count_{name}" in WORDS else name, number)
        for step in steps
        for name, number in step.counts.items()
        if number and name not in NOT_TOLD
    ]


NOT_TOLD = frozenset({"due", "pending", "given_up", "batches_given_up", "least_free_gb", "tables_gb"})
"""Counts that say nothing of what was done; what is bad of them is a warning."""
