"""Fills a statistics database with demo data: `python -m devtools.account_data`. Same plan, same rows, at import speed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import polars as pl

from devtools.account_days import Frames
from devtools.account_people import AccountPlan
from devtools.account_rows import frames_of
from import_export.stores.database import Database, Session, quoted
from import_export.stores.pipe import feed
from import_export.stores.staging_table import FORMAT, disagree, loaded

TOGETHER = 500_000
"""Rows that are kept until they are sent, each table's with one statement."""


def fill(database: Database, plan: AccountPlan) -> dict[str, int]:
    """Load a plan's rows into a migrated statistics database that has none of them; give the rows of each table.

    All of them or, on any error, none. Raises `CountsDisagree` when the server did not store every row just so.
    """
    rows: dict[str, int] = {}
    with database.session(loader=True) as session, session.transaction():
        for table, frames in _together(frames_of(plan)):
            rows[table] = rows.get(table, 0) + _load(session, table, frames)
    return rows


def is_filled(database: Database) -> bool:
    """Whether there are accounts already."""
    with database.session() as session:
        return bool(session.rows("SELECT 1 FROM `user` LIMIT 1"))


def _together(pieces: Frames) -> Iterator[tuple[str, list[pl.DataFrame]]]:
    """The pieces in larger portions: a statement for each would cost more than its rows when accounts are small."""
    waiting: dict[str, list[pl.DataFrame]] = {}
    rows = 0
    for table, frame in pieces:
        waiting.setdefault(table, []).append(frame)
        rows += frame.height
        if rows >= TOGETHER:
            yield from waiting.items()  # in the order in which they came, for the tables that refer to others
            waiting, rows = {}, 0
    yield from waiting.items()


def _load(session: Session, table: str, frames: list[pl.DataFrame]) -> int:
    rows = sum(frame.height for frame in frames)
    if not rows:
        return 0
    names = ", ".join(quoted(name) for name in frames[0].columns)
    statement = f"LOAD DATA LOCAL INFILE %s INTO TABLE {quoted(table)} {FORMAT} ({names})"
    feed(frames, lambda path: session.execute(statement, (path,)))
    told = loaded(session)
    if (told.records, told.skipped, told.warnings) != (rows, 0, 0):
        raise disagree(session, f"sent {rows} rows to {table}; MySQL tells {told}")
    return rows


def main() -> None:
    """Fill the statistics database of the settings; tell in one line what was made."""
    # Only here: whoever makes data for a test has a database in hand.
    from import_export.airflow_tasks import setting
    from import_export.services.assembly import assemble

    usual = AccountPlan()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=usual.accounts)
    parser.add_argument("--days", type=int, default=usual.days)
    parser.add_argument("--media", type=int, default=usual.media_per_account, help="of each account")
    parser.add_argument("--competitors", type=int, default=usual.competitors, help="of each account")
    parser.add_argument("--empty", type=int, default=usual.empty, help="accounts without any data")
    parser.add_argument("--seed", type=int, default=usual.seed)
    chosen = parser.parse_args()
    context = assemble(setting, actor="demo data")
    database = context.statistics
    if is_filled(database):
        print(f"account statistics: `{database.name}` has accounts already; nothing was added")
        return
    plan = AccountPlan(
        accounts=chosen.accounts,
        days=chosen.days,
        media_per_account=chosen.media,
        competitors=chosen.competitors,
        empty=chosen.empty,
        seed=chosen.seed,
        until=datetime.now(UTC).date() - timedelta(days=1),
        zone=str(context.settings.time_zone),
    )
    rows = fill(database, plan)
    print(
        f"account statistics: {plan.accounts} accounts, {rows['user'] - plan.accounts} competitors, "
        f"{plan.days} days up to {plan.until}, {rows.get('media', 0):,} posts, in `{database.name}`"
    )


if __name__ == "__main__":
    main()
