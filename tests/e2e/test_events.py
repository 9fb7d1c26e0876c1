"""What others learn, on a real Airflow: DAGs that wait for a table, whoever reads mails, whoever watches metrics."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import expect

from import_export.services.receiving import AGAIN
from tests.api.house import stocks, zipped
from tests.e2e.browser import Api, Visits, chromium
from tests.e2e.browser import api as api
from tests.e2e.browser import visit as visit
from tests.e2e.conftest import OFFICE, Stack, eventually
from tests.smtp_stand_in import Mailbox
from tests.statsd_stand_in import Statsd

__all__ = ["api", "chromium", "visit"]

DAG = "/api/v2/dags/import_batch"
OTHER, ANY = "/api/v2/dags/stocks_report", "/api/v2/dags/anything_report"


def test_a_batch_is_told_to_dags_that_wait_to_people_and_to_metrics_once(
    stack: Stack, api: Api, post: Mailbox, metrics: Statsd
) -> None:
    eventually(lambda: stack.call("GET", OTHER)[0] == stack.call("GET", ANY)[0] == 200)
    assert stack.call("GET", "/api/v2/importErrors")[1]["import_errors"] == []
    metrics.heard()
    content = stocks("E1", "E2") + "E3;W1;lima;01/03/2026\n"
    files = {"a/stocks.csv": content, "b/stocks.csv": stocks("E2", "E4"), "unknown.csv": "a\n1\n"}
    batch_id = api.upload("march.zip", zipped(files), dist_id="0112")
    assert ended(stack, batch_id) == "success"
    assert states(stack, batch_id)["notify"] == "success"

    # A DAG of somebody else's ran because of it, and knows what came.
    [event] = events(stack, batch_id)
    assert event["uri"] == "import_export://stocks"
    assert event["extra"]["rows"] == {"inserted": 3, "updated": 0, "unchanged": 1, "rejected": 1}
    assert (event["extra"]["batch_id"], event["extra"]["dist_id"]) == (batch_id, "0112")
    [run] = eventually(lambda: runs_of(stack, OTHER))
    told = eventually(lambda: returned(stack, run["dag_run_id"]))
    assert told == [event["extra"]]
    # So did one that waits for any table.
    assert eventually(lambda: runs_of(stack, ANY))

    [mail] = mails(post, batch_id)
    assert mail["to"] == OFFICE
    assert mail["subject"] == "Not everything was imported: march.zip (distributor 0112)"

    heard = metrics.heard()
    counted = sorted(line for line in heard if line.startswith(("files.", "rows.")))
    assert counted == [
        "files.complete:1|c",
        "files.complete:1|c",
        "files.invalid:1|c",
        "rows.inserted:1|c",
        "rows.inserted:2|c",
        "rows.rejected:1|c",
        "rows.unchanged:1|c",
    ]
    assert {line.split(":")[0] for line in heard} >= {"step.load", "step.archive", "files_waiting"}

    # The end of the batch once more: nothing is told twice.
    body = {"dry_run": False, "task_ids": ["finish", "notify"], "only_failed": False, "dag_run_id": batch_id}
    assert stack.call("POST", f"{DAG}/clearTaskInstances", body)[0] == 200
    eventually(lambda: tries(stack, batch_id, "notify") == 2)
    assert ended(stack, batch_id) == "success"
    assert len(events(stack, batch_id)) == 1
    assert len(mails(post, batch_id)) == 1


def test_a_file_that_is_loaded_when_it_is_tried_again_is_an_event_of_its_own(stack: Stack, api: Api) -> None:
    api.make_table("retold")
    files = {"retold.csv": "Code;Amount\nR1;1\n", "retold_2.csv": "Code;Amount\nR2;2\n"}
    batch_id = api.upload("retold.zip", zipped(files))
    assert ended(stack, batch_id) == "success"
    [first] = events(stack, batch_id)
    table = next(each for each in api.call("GET", "/tables") if each["table_name"] == "retold")
    api.call("PUT", f"/tables/{table['id']}/filename", json={"allowed_filename": "retold, retold_2"})
    refused = next(
        each for each in api.call("GET", f"/jobs/{batch_id}/details") if each["filename"].endswith("_2.csv")
    )
    api.call("POST", f"/files/{refused['id']}/rerun")
    again = f"{batch_id}{AGAIN}1"
    assert ended(stack, again) == "success"
    [second] = events(stack, again)
    assert first["extra"]["files"] == ["retold.zip/retold.csv"]
    assert second["extra"]["files"] == ["retold.zip/retold_2.csv"]


def test_a_mail_server_that_is_away_makes_no_import_red(stack: Stack, api: Api, post: Mailbox) -> None:
    post.refuses = "come back later"
    try:
        batch_id = api.upload("nobodys.csv", "a\n1\n", also={"stocks.csv": stocks("M1")})
        assert ended(stack, batch_id) == "success"
        assert states(stack, batch_id)["notify"] == "failed"
    finally:
        post.refuses = None
    [message] = [each for each in api.call("GET", "/notifications") if each["subject"] == batch_id]
    assert message["state"] == "waiting"
    assert "come back later" in message["error"]


def test_staff_maintain_addresses_and_deadlines_in_the_pages(visit: Visits, api: Api) -> None:
    page = visit("/notifications")
    form = page.locator("#address-form")
    form.get_by_label("Address").fill("nobody")
    form.get_by_label("Distributor").fill("0112")
    visit.allow("status of 400", "Status Error Code 400")
    form.get_by_role("button", name="Add").click()
    expect(page.get_by_role("status")).to_contain_text("there is no notifier 'nobody' (there are: slack)")
    form.get_by_label("Address").fill("ani@brand.test")
    form.get_by_label("Table").select_option("sales")
    form.get_by_label("Language of the messages").select_option("id")
    form.get_by_label("a file is missing after its deadline").uncheck()
    form.get_by_role("button", name="Add").click()
    row = page.get_by_role("row").filter(has_text="ani@brand.test")
    expect(row).to_contain_text("files or rows are refused; an import broke off and does not go on")
    [kept] = api.call("GET", "/notifications/addresses")
    assert (kept["dist_id"], kept["table_name"], kept["language"]) == ("0112", "sales", "id")
    row.get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)

    page.goto(f"{visit.root}/missing")
    form = page.locator("form[hx-post$=deadline]").first
    form.get_by_label("Table").select_option("sales")
    form.get_by_label("Deadline").fill("0 17 * * 1-5")
    form.get_by_role("button", name="Save").click()
    row = page.get_by_role("row").filter(has_text="0 17 * * 1-5")
    expect(row).to_contain_text("17:00")
    row.get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)


def ended(stack: Stack, run_id: str) -> str:
    """The state in which a run of `import_batch` ended."""

    def look() -> str | None:
        state = stack.call("GET", f"{DAG}/dagRuns/{run_id}")[1].get("state")
        return state if state in ("success", "failed") else None

    return str(eventually(look, seconds=240))


def tasks(stack: Stack, run_id: str) -> list[dict[str, Any]]:
    return list(stack.call("GET", f"{DAG}/dagRuns/{run_id}/taskInstances")[1]["task_instances"])


def states(stack: Stack, run_id: str) -> dict[str, str]:
    return {each["task_id"]: each["state"] for each in tasks(stack, run_id)}


def tries(stack: Stack, run_id: str, task_id: str) -> int:
    """Which attempt at a task has ended."""
    [found] = [each for each in tasks(stack, run_id) if each["task_id"] == task_id]
    return int(found["try_number"]) if found["state"] == "success" else 0


def events(stack: Stack, run_id: str) -> list[dict[str, Any]]:
    query = urlencode({"source_dag_id": "import_batch", "source_run_id": run_id})
    return list(stack.call("GET", f"/api/v2/assets/events?{query}")[1]["asset_events"])


def runs_of(stack: Stack, dag: str) -> list[dict[str, Any]]:
    return [each for each in stack.call("GET", f"{dag}/dagRuns")[1]["dag_runs"] if each["state"] == "success"]


def returned(stack: Stack, run_id: str) -> Any:
    """What the other DAG's task was told."""
    path = f"{OTHER}/dagRuns/{run_id}/taskInstances/report/xcomEntries/return_value"
    return stack.call("GET", path)[1].get("value")


def mails(post: Mailbox, batch_id: str) -> list[Any]:
    """The mails that lead to the batch's page."""
    return [
        mail
        for mail in post.mails
        if any(
            batch_id in part.get_content() for part in mail.walk() if part.get_content_type() == "text/html"
        )
    ]
