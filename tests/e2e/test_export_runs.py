"""Exports on a real Airflow: a night and its repetition, what a person asks for, trouble of one account, the asset's event."""

import hashlib
import json
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.e2e.conftest import TROUBLED, Stack, eventually

DAG = "/api/v2/dags/export_statistics"
NIGHT = {"logical_date": "2026-06-30T19:00:00Z", "conf": {"nightly": True}}
"""02:00 of 1 July in Jakarta."""
PLACE = "nightly/2026-07-01"


def ended(stack: Stack, run_id: str) -> str:
    """The state in which a run ended."""

    def look() -> str | None:
        state = stack.call("GET", f"{DAG}/dagRuns/{run_id}")[1].get("state")
        return state if state in ("success", "failed") else None

    return str(eventually(look, seconds=240))


def files_below(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def events(stack: Stack, run_id: str) -> list[dict[str, Any]]:
    """What the asset told of a run."""
    query = urlencode({"source_dag_id": "export_statistics", "source_run_id": run_id})
    return list(stack.call("GET", f"/api/v2/assets/events?{query}")[1]["asset_events"])


def started(stack: Stack, body: Any) -> str:
    status, run = stack.call("POST", f"{DAG}/dagRuns", body)
    assert status == 200, run
    return str(run["dag_run_id"])


def ours(stack: Stack, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    return stack.call(method, f"/import-export/api{path}", body)


def test_the_dags_are_read_without_errors(exporting: Stack) -> None:
    eventually(lambda: exporting.call("GET", DAG)[0] == 200)
    assert exporting.call("GET", "/api/v2/importErrors")[1]["import_errors"] == []


def test_a_night_and_its_repetition_make_the_same_bytes_in_the_same_place(exporting: Stack) -> None:
    run_id = started(exporting, NIGHT)
    assert ended(exporting, run_id) == "success"
    folder = exporting.local / "exports" / PLACE
    first = files_below(folder)
    assert len(first) == 27
    assert all("3 Juni 2026 - 30 Juni 2026" in path for path in first)
    assert not any("troubled" in path for path in first)
    [night] = [each for each in ours(exporting, "GET", "/exports")[1]["data"] if each["kind"] == "nightly"]
    assert (night["state"], night["done"], night["failed"]) == ("complete_with_errors", 3, 1)
    detail = ours(exporting, "GET", f"/exports/{night['id']}?account_id={TROUBLED}")[1]["data"]
    assert "must lie between" in detail["of_accounts"][0]["reason"]
    [event] = eventually(lambda: events(exporting, run_id))
    assert (event["extra"]["export_id"], event["extra"]["state"]) == (night["id"], "complete_with_errors")
    assert set(event["extra"]["files"]) == {(folder / path).as_uri() for path in first}

    status, _ = exporting.call(
        "POST", f"{DAG}/dagRuns/{run_id}/clear", {"dry_run": False, "only_failed": False}
    )
    assert status == 200
    eventually(lambda: len(events(exporting, run_id)) == 2, seconds=240)
    assert ended(exporting, run_id) == "success"
    assert files_below(folder) == first
    [again] = [each for each in ours(exporting, "GET", "/exports")[1]["data"] if each["kind"] == "nightly"]
    assert again["id"] == night["id"]
    assert again["finished_at"] > night["finished_at"]


def test_what_a_person_asks_for_is_a_run_in_his_name_and_files(exporting: Stack) -> None:
    body = {"accounts": "all", "formats": ["csv", "xlsx"], "contents": ["media"], "date_frame": 7}
    status, answer = ours(exporting, "POST", "/exports", body)
    assert status == 202, answer
    export_id = answer["data"]["id"]
    assert ended(exporting, export_id) == "success"
    run = exporting.call("GET", f"{DAG}/dagRuns/{export_id}")[1]
    assert (run["triggering_user_name"], run["conf"]["formats"]) == ("admin", ["csv", "xlsx"])
    found = ours(exporting, "GET", f"/exports/{export_id}")[1]["data"]
    assert (found["state"], found["files"], found["failed"]) == ("complete_with_errors", 6, 1)
    on_disk = files_below(exporting.local / "exports" / "on_demand" / export_id)
    assert sorted(on_disk.values()) == sorted(file["sha256"] for file in found["of_files"])
    file = found["of_files"][0]
    request = urllib.request.Request(
        f"{exporting.facts['url']}/import-export/api/exports/{export_id}/files/{file['id']}",
        headers={"Authorization": f"Bearer {exporting.token('viewer')}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answered:
        assert hashlib.sha256(answered.read()).hexdigest() == file["sha256"]


def test_the_form_offers_what_there_is(exporting: Stack) -> None:
    def offered() -> dict[str, Any] | None:
        details = exporting.call("GET", f"{DAG}/details")[1]
        schemas = {name: param["schema"] for name, param in details.get("params", {}).items()}
        return schemas if "@troubled" in schemas.get("accounts", {}).get("examples", ()) else None

    schemas = eventually(offered, seconds=120)
    assert schemas["accounts"]["examples"][0] == "all"
    assert schemas["formats"]["examples"] == ["csv", "xlsx", "pdf"]
    assert schemas["contents"]["examples"] == [
        "profile",
        "media",
        "city",
        "country",
        "gender",
        "age",
        "hashtag",
    ]
    assert schemas["pages"]["examples"] == ["statistic", "top_post", "competitor"]
    assert schemas["date_frame"]["enum"] == [None, 7, 28, 60, 90]


def test_a_run_of_the_form_exports_what_it_says(exporting: Stack) -> None:
    conf = {"more_accounts": "@troubled", "formats": ["csv"], "start": "2026-06-01", "end": "2026-06-02"}
    run_id = started(exporting, {"logical_date": None, "conf": conf})
    assert ended(exporting, run_id) == "success"
    newest = ours(exporting, "GET", "/exports")[1]["data"][0]
    assert (newest["state"], newest["files"], newest["request"]["start"]) == ("complete", 7, "2026-06-01")


def test_errors_in_the_form_are_told(exporting: Stack) -> None:
    for conf, told in (({"formats": ["doc"]}, "doc"), ({"date_frame": 5}, "5")):
        status, answer = exporting.call("POST", f"{DAG}/dagRuns", {"logical_date": None, "conf": conf})
        assert status == 400
        assert told in json.dumps(answer["detail"])
    run_id = started(exporting, {"logical_date": None, "conf": {"formats": ["csv"]}})
    assert ended(exporting, run_id) == "failed"
