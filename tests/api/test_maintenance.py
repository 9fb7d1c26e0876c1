"""The maintenance in the REST API: what it found, what waits, and a run of it now; for who may configure."""

from dataclasses import replace
from pathlib import Path

from import_export.services.finishing import finish_batch
from import_export.services.loading import load_lane
from import_export.services.maintenance import Run, Step, recorded
from import_export.services.retrying import retry_archives
from import_export.services.room import check_space
from import_export.services.validating import validate_lane
from tests.api.house import House, data, refused, stocks


def unarchived(house: House) -> str:
    """A closed batch whose file waits for the archive, where a file stands in the way."""
    (house.flow.root / "archive").write_text("in the way")
    house.flow.drop("0112/stocks.csv", stocks("A"))
    batch_id, [lane] = house.flow.take()
    validate_lane(house.flow.context, lane)
    load_lane(house.flow.context, lane)
    finish_batch(house.flow.context, batch_id)
    return batch_id


def test_before_the_first_run_there_is_nothing(house: House) -> None:
    assert data(house.admin.get("/api/maintenance")) == {
        "warnings": [],
        "pending_count": 0,
        "pending": [],
        "steps": [],
    }


def test_runs_warnings_and_what_waits_are_told_in_the_readers_language(house: House) -> None:
    batch_id = unarchived(house)
    full = replace(house.context, settings=replace(house.context.settings, warn_free_gb=10**9))
    recorded(full, Run(run_id="first"), Step.SPACE, check_space)
    recorded(house.context, Run(run_id="second"), Step.ARCHIVES, retry_archives)
    found = data(house.admin.get("/api/maintenance?lang=id"))
    assert [(step["run_id"], step["step"], step["failure"]) for step in found["steps"]] == [
        ("second", "retry_archives", None),
        ("first", "check_space", None),
    ]
    assert found["steps"][0]["counts"] == {"due": 1, "archived": 0, "failed": 1, "pending": 1, "given_up": 0}
    assert len(found["warnings"]) == 5
    assert all("yang kosong" in warning for warning in found["warnings"])
    [waiting] = found["pending"]
    assert (waiting["batch_id"], waiting["filename"], waiting["dist_id"]) == (batch_id, "stocks.csv", "0112")
    assert (waiting["retries"], waiting["given_up"], found["pending_count"]) == (1, False, 1)
    assert "archive" in waiting["error"]
    assert waiting["retry_at"].endswith("Z")
    assert len(data(house.admin.get("/api/maintenance?runs=1"))["steps"]) == 1


def test_a_run_is_started_with_what_was_chosen_and_waits_are_forgotten_when_asked_for(house: House) -> None:
    unarchived(house)
    recorded(house.context, Run(run_id="first"), Step.ARCHIVES, retry_archives)
    run_id = data(house.admin.post("/api/maintenance/runs?dry_run=true&everything=true"), 202)["run_id"]
    assert house.gate.forms[run_id] == {"dry_run": True, "everything": True}
    assert house.gate.asked[-1] == (run_id, "admin")
    [waiting] = data(house.admin.get("/api/maintenance"))["pending"]
    assert waiting["retry_at"] is not None
    again = data(house.admin.post("/api/maintenance/runs?retry=true"), 202)["run_id"]
    assert (house.gate.forms[again], again != run_id) == ({"dry_run": False, "everything": False}, True)
    [waiting] = data(house.admin.get("/api/maintenance"))["pending"]
    assert (waiting["retries"], waiting["retry_at"]) == (0, None)
    (house.flow.root / "archive").unlink()
    assert retry_archives(house.context, Run(run_id="x")).counts["archived"] == 1
    [archived] = Path(house.flow.root / "archive").rglob("*_stocks.csv")
    assert archived.read_text() == stocks("A")


def test_only_who_may_configure_and_sees_all_may_look_or_start(house: House) -> None:
    for client in (house.viewer, house.operator, house.agus):
        refused(client.get("/api/maintenance"), 403)
        refused(client.post("/api/maintenance/runs"), 403)
    chief = house.client("chief")
    assert "all distributors" in refused(chief.get("/api/maintenance"), 403)
    refused(chief.post("/api/maintenance/runs"), 403)
    assert house.gate.asked == []
