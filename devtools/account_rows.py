"""All rows of the demo's statistics, a piece at a time."""

from __future__ import annotations

from devtools.account_days import Frames, day_frames
from devtools.account_media import media_frames
from devtools.account_people import AccountPlan, life_of, people, user_frames


def frames_of(plan: AccountPlan) -> Frames:
    """Pieces of tables: (table, some of its rows). Nothing refers to a row that comes later."""
    yield from user_frames(plan)
    for person in people(plan):
        if not person.empty:
            life = life_of(plan, person)
            yield from day_frames(plan, person, life)
            yield from media_frames(plan, person, life)
