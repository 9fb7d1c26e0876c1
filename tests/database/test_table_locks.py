"""Who may write into an import table at the same time as whom."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import polars as pl
import pytest

from import_export.errors import JobBusy
from import_export.services.loading import load_lane
from import_export.services.undoing import undo_job
from import_export.services.validating import validate_lane
from import_export.stores import tables
from import_export.stores.database import Database, Session
from import_export.stores.loader import Merged, load_rows
from import_export.stores.staging_table import Target
from import_export.stores.tables import list_tables, own_table
from tests.database.flow import Flow, eventually
from tests.database.test_loader import FIRST
from tests.database.test_loader import stocks as frame
from tests.database.test_loading_rules import execute, imported, register, stocks, table

ROWS = {"stocks": frame([("A", "1")]), "theirs": pl.DataFrame({"line": [2], "code": ["A"]})}


@pytest.fixture
def flow(database: Database, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Flow:
    monkeypatch.setattr(tables, "ALONE_SECONDS", 1)
    return Flow.make(database, tmp_path)


def load(session: Session, name: str, job_id: int) -> Merged:
    found = next(each for each in list_tables(session) if each.table_name == name)
    return load_rows(session, Target(found, tuple(ROWS[name].columns[1:]), job_id, FIRST), [ROWS[name]])


def test_rows_of_a_table_without_any_key_are_not_doubled_by_loads_side_by_side(flow: Flow) -> None:
    register(flow, "CREATE TABLE theirs (code VARCHAR(5))", [{"name": "code", "type": "str"}])
    with (
        flow.context.database.session(loader=True) as one,
        flow.context.database.session(loader=True) as other,
    ):
        with one.transaction():
            assert load(one, "theirs", 1).inserted == 1
            with pytest.raises(JobBusy), other.transaction():
                load(other, "theirs", 2)
        with other.transaction():
            assert load(other, "theirs", 2).unchanged == 1
    assert table(flow, "code", "theirs") == [("A",)]


def test_a_slice_is_replaced_by_one_file_at_a_time(flow: Flow) -> None:
    execute(flow, "UPDATE import_tables SET replaces = 'warehouse_code' WHERE table_name = 'stocks'")
    with (
        flow.context.database.session(loader=True) as one,
        flow.context.database.session(loader=True) as other,
        one.transaction(),
    ):
        load(one, "stocks", 1)
        with pytest.raises(JobBusy), other.transaction():
            load(other, "stocks", 2)


def test_an_undo_waits_for_loads_that_may_have_met_its_rows(flow: Flow) -> None:
    job = imported(flow, stocks(("A", "1", "01/03/2026")))
    database = flow.context.database
    with (
        database.session(loader=True) as one,
        database.session(loader=True) as other,
        one.transaction(),
        other.transaction(),
    ):
        # Loads do not wait for each other.
        assert load(one, "stocks", 8).unchanged == 1
        assert load(other, "stocks", 9).unchanged == 1
        with pytest.raises(JobBusy):
            undo_job(flow.context, job.id)
    assert undo_job(flow.context, job.id) == 1


def test_a_lane_that_began_before_a_change_of_the_table_loads_by_the_new_configuration(flow: Flow) -> None:
    flow.drop("sales.csv", SALES)
    _, [lane] = flow.take()
    validate_lane(flow.context, lane)
    with ThreadPoolExecutor() as pool, flow.context.database.session() as session:
        with session.transaction():
            own_table(session, "sales")
            loading = pool.submit(load_lane, flow.context, lane)
            # It has read the configuration, and now waits for us.
            eventually(lambda: waiting_for_tables(flow))
            session.execute("UPDATE import_columns SET maximum = '5' WHERE name = 'qty_pcs'")
            session.execute(
                "INSERT INTO table_versions (table_name, version, config, saved_at, saved_by) "
                "VALUES ('sales', 1, '{}', NOW(), 'test')"
            )
        loading.result(60)
    [job] = [job for job in flow.jobs(lane.batch_id) if job.stored_name]
    assert (job.counts.inserted, job.counts.rejected) == (1, 1)
    assert job.errors[0]["code"] == "OUT_OF_RANGE"


SALES = (
    "DISTID;DONO;DOTANGGAL;KODE_OUTLET;KODE_BARANG;QTY_PCS;AMOUNT_JUAL\n"
    "0112;D1;01/03/2026;O1;B1;5;1\n0112;D2;01/03/2026;O1;B1;6;1\n"
)


def waiting_for_tables(flow: Flow) -> bool:
    """Whether a load waits for the row of its table's configuration."""
    with flow.context.database.session() as session:
        found = session.rows(
            "SELECT info FROM information_schema.processlist WHERE info LIKE '%LOCK IN SHARE MODE%'"
        )
        return any("processlist" not in info for (info,) in found)
