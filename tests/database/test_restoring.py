"""A backup is a dump of both databases and a copy of the folders: restored on a fresh server, it is what it was, and goes on."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from airflow.sdk import Connection

from devtools.account_data import AccountPlan, fill
from import_export.imports.jobs import JobStatus
from import_export.imports.table_changes import with_alias
from import_export.services.configuring import all_tables, change_table, find_table
from import_export.services.finishing import finish_batch
from import_export.services.invariants import violations
from import_export.services.loading import load_lane
from import_export.services.statistics_tables import register_statistics_tables
from import_export.services.validating import validate_lane
from import_export.stores.database import Database, quoted
from import_export.stores.migrations import STATISTICS, migrate
from tests.backups import dump, restore
from tests.database.flow import STOCKS_HEADER, Flow
from tests.servers import OFFERED, Server, running_server

ALL_TIME = timedelta(days=36_500)


@pytest.fixture
def elsewhere(server: Server, tmp_path: Path) -> Iterator[Server]:
    """Another server of the same kind, with nothing on it."""
    with running_server(server.name, tmp_path / "another server") as running:
        if running == server:
            pytest.skip(f"a second server is needed, and {OFFERED} offers one")
        yield running


def content(database: Database) -> dict[str, tuple[str, list[tuple[object, ...]]]]:
    """Each table's definition, its next number included, and its rows."""
    with database.session() as session:
        names = [name for (name,) in session.rows("SHOW TABLES")]
        return {
            name: (
                # A character set that the collation implies is shown by MySQL, or not.
                session.rows(f"SHOW CREATE TABLE {quoted(name)}")[0][1].replace(" CHARACTER SET utf8mb4", ""),
                sorted(session.rows(f"SELECT * FROM {quoted(name)}"), key=str),
            )
            for name in names
        }


def test_a_dump_that_is_restored_on_a_fresh_server_has_all_jobs_and_rows_and_its_imports_go_on(
    server: Server, database: Database, statistics: Database, elsewhere: Server, tmp_path: Path
) -> None:
    flow = Flow.make(database, tmp_path / "files", lanes=1)
    fill(statistics, AccountPlan(accounts=2, days=30, media_per_account=10, competitors=1))
    register_statistics_tables(flow.context)
    flow.drop(
        "0112/stocks.csv", STOCKS_HEADER + "A;W1;1;01/03/2026\nB;W1;2;01/03/2026\nC;W1;lima;01/03/2026\n"
    )
    flow.run()
    flow.drop("0112/stocks.csv", STOCKS_HEADER.replace("SKU", "Artikelnya") + "D;W1;1;01/03/2026\n")
    assert JobStatus.INVALID in {job.status for job in flow.run()}
    stocks = find_table(all_tables(flow.context), "stocks")
    change_table(flow.context, "stocks", with_alias(stocks.column("sku").id, "Artikelnya"))
    flow.drop("0113/stocks.csv", STOCKS_HEADER + "E;W1;5;01/03/2026\n")
    batch_id, [lane] = flow.take()
    validate_lane(flow.context, lane)
    before = content(database), content(statistics)

    dumped = tmp_path / "backup.sql"
    # In the middle of a load: its rows and its status are not committed, so neither is in the dump.
    with database.session() as loading, loading.transaction():
        loading.execute("UPDATE import_jobs SET attempts = attempts + 1 WHERE batch_id = %s", (batch_id,))
        loading.execute("DELETE FROM stocks")
        dump(server, (database, statistics), dumped)
        loading.raw.rollback()
    shutil.copytree(flow.root, tmp_path / "copied")

    restore(dumped, elsewhere)
    uri = f"{elsewhere.root_uri}{database.name}"
    restored = Database(Connection.from_uri(uri, conn_id="import_export_mysql"))
    restored_statistics = restored.sibling(statistics.name)
    for old, new in zip(before, (content(restored), content(restored_statistics)), strict=True):
        assert new.keys() == old.keys()
        for name, there in old.items():
            assert new[name] == there, name
    assert migrate(restored) == migrate(restored_statistics, STATISTICS) == []
    again = Flow.make(restored, tmp_path / "copied", lanes=1)
    assert list(violations(again.context, again.context.clock() - ALL_TIME)) == []

    load_lane(again.context, lane)
    finish_batch(again.context, batch_id)
    assert [job.counts.inserted for job in again.jobs(batch_id) if job.status is JobStatus.COMPLETE] == [1]
    again.drop("0112/stocks.csv", STOCKS_HEADER.replace("SKU", "Artikelnya") + "D;W1;1;01/03/2026\n")
    assert [job.counts.inserted for job in again.run() if job.status is JobStatus.COMPLETE] == [1]
    assert again.rows("stocks") == 4
    assert list(violations(again.context, again.context.clock() - ALL_TIME)) == []
