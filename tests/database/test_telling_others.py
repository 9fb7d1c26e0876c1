"""What others learn of an import without being asked: metrics, and what the assets' events tell."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.local import REPOSITORY
from import_export.announcing.metrics import seconds
from import_export.services.finishing import finish_batch
from import_export.services.loaded import loaded_tables
from import_export.services.noticing import find_due_notifications
from import_export.services.undoing import undo_job
from import_export.services.validating import validate_lane
from import_export.stores.database import Database
from tests.api.house import sales, stocks, zipped
from tests.database.flow import Flow
from tests.statsd_stand_in import Statsd, metrics_on


@pytest.fixture
def flow(database: Database, tmp_path: Path) -> Flow:
    return Flow.make(database, tmp_path)


@pytest.fixture
def statsd(monkeypatch: pytest.MonkeyPatch) -> Iterator[Statsd]:
    with metrics_on(monkeypatch) as hearing:
        yield hearing


BAD = "C;W1;lima;01/03/2026\n"


def test_a_batchs_files_and_rows_are_counted_once(flow: Flow, statsd: Statsd) -> None:
    files = {"stocks.csv": stocks("A", "B") + BAD, "sales.csv": sales("1", "2"), "unknown.csv": "a\n1\n"}
    flow.drop("0112/march.zip", zipped(files))
    job = flow.run()[0]
    heard = statsd.heard()
    assert sorted(heard) == [
        "files.complete:1|c",
        "files.complete:1|c",
        "files.invalid:1|c",
        "files_waiting:0|g",
        "rows.inserted:2|c",
        "rows.inserted:2|c",
        "rows.rejected:1|c",
    ]
    finish_batch(flow.context, job.batch_id)
    assert statsd.heard() == ["files_waiting:0|g"]


def test_of_a_batch_that_is_worked_on_again_only_what_ended_since_is_counted(
    flow: Flow, statsd: Statsd
) -> None:
    flow.drop("both.zip", zipped({"stocks.csv": stocks("A"), "unknown.csv": "a\n1\n"}))
    jobs = flow.run()
    statsd.heard()
    with flow.context.database.session() as session, session.transaction():
        session.execute("UPDATE import_batches SET finished_at = NULL, reruns = 1")
        began = flow.context.clock()
        session.execute(
            "UPDATE import_jobs SET finished_at = %s WHERE filename = 'both.zip/unknown.csv'", (began,)
        )
    finish_batch(flow.context, jobs[0].batch_id, began)
    assert sorted(statsd.heard()) == ["files.invalid:1|c", "files_waiting:0|g"]


def test_waiting_files_and_the_seconds_of_a_step_are_told(flow: Flow, statsd: Statsd) -> None:
    flow.drop("stocks.csv", stocks("A"))
    _, [lane] = flow.take()
    with seconds("validate"):
        validate_lane(flow.context, lane)
    find_due_notifications(flow.context, flow.context.clock())
    timed, waiting = statsd.heard()
    assert timed.startswith("step.validate:")
    assert timed.endswith("|ms")
    assert waiting == "files_waiting:1|g"


def test_without_metrics_nothing_is_sent_and_nothing_fails(flow: Flow) -> None:
    flow.drop("stocks.csv", stocks("A"))
    assert flow.run()[0].counts.inserted == 1


def test_the_metrics_are_documented() -> None:
    page = (REPOSITORY / "docs" / "events.md").read_text()
    for name in (
        *(f"files.{status}" for status in ("complete", "failed", "invalid", "valid")),
        *(f"rows.{kind}" for kind in ("inserted", "updated", "unchanged", "rejected", "skipped")),
        *(f"step.{step}" for step in ("validate", "load", "archive")),
        "files_waiting",
    ):
        assert f"`import_export.{name}`" in page


def test_each_table_that_was_loaded_is_told_with_its_rows_and_files(flow: Flow) -> None:
    files = {
        "a/stocks.csv": stocks("A", "B") + BAD,
        "b/stocks.csv": stocks("A", "D"),
        "sales.csv": sales("1"),
        "unknown.csv": "a\n1\n",
    }
    flow.drop("0112/march.zip", zipped(files))
    batch_id = flow.run()[0].batch_id
    of_sales, of_stocks = loaded_tables(flow.context, batch_id)
    assert (of_sales.uri, of_stocks.uri) == ("import_export://sales", "import_export://stocks")
    assert of_stocks.extra["rows"] == {"inserted": 3, "updated": 0, "unchanged": 1, "rejected": 1}
    assert of_stocks.extra["files"] == ["march.zip/a/stocks.csv", "march.zip/b/stocks.csv"]
    assert {key: of_sales.extra[key] for key in ("batch_id", "dist_id", "table_name", "files")} == {
        "batch_id": batch_id,
        "dist_id": "0112",
        "table_name": "sales",
        "files": ["march.zip/sales.csv"],
    }
    told = of_stocks.extra["jobs"]
    assert [each.table_name for each in loaded_tables(flow.context, batch_id, told)] == ["sales"]


def test_a_table_whose_import_was_undone_is_not_told(flow: Flow) -> None:
    flow.drop("stocks.csv", stocks("A"))
    job = flow.run()[0]
    undo_job(flow.context, job.id)
    assert loaded_tables(flow.context, job.batch_id) == []
