"""Who may see one distributor only sees and sends nothing of any other, and does not even learn that there is more."""

import csv
import io
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.api.access_map import NOT_THERE, endpoints, filled
from tests.api.house import (
    House,
    customers,
    data,
    imported,
    only_file,
    refused,
    sales,
    stocks,
    upload,
    zipped,
)

NONE = "00000000-0000-4000-8000-000000000000"
WRONG = "".join(stocks("A", "B", "C")) + "D;W1;lima;01/03/2026\n"


KEPT = "RAHASIA"
"""What stands in the other distributor's files only."""


@dataclass
class Two:
    """A house with files of agus' distributor, of another, and of nobody."""

    house: House
    own: str
    other: str
    nobody: str

    def job(self, batch_id: str) -> int:
        files = data(self.house.viewer.get(f"/api/jobs/{batch_id}"))["files"]
        return next(int(file["id"]) for file in files if file["error_count"] == 1)


@pytest.fixture
def two(house: House) -> Two:
    return Two(
        house,
        own=imported(house.operator, ("stocks.csv", WRONG), ("sales.csv", sales("1")), dist_id="0112"),
        other=imported(
            house.operator, ("stocks.csv", WRONG), ("sales.csv", sales("2", dist="0113")), dist_id="0113"
        ),
        nobody=imported(house.operator, ("stocks.csv", WRONG), force="true"),
    )


def test_the_list_has_his_own_batches_only(two: Two) -> None:
    def listed(**params: str) -> list[str]:
        return [batch["batch_id"] for batch in data(two.house.agus.get("/api/jobs", params=params))]

    assert listed() == [two.own]
    assert listed(dist_id="0113") == []
    assert listed(filename="stocks", table_name="stocks", status="9") == [two.own]
    assert two.house.agus.get("/api/jobs?limit=1").json()["next"] is None


def test_others_batches_are_not_found_as_if_there_were_none(two: Two) -> None:
    asked = [
        ("GET", "/api/jobs/{}"),
        ("GET", "/api/jobs/{}/details"),
        ("GET", "/api/jobs/{}/report.txt"),
        ("POST", "/api/jobs/{}/cancel"),
        ("GET", "/api/events?seconds=0&batch_id={}"),
    ]
    for method, path in asked:
        assert two.house.agus.request(method, path.format(two.own)).status_code == 200
        of_none = two.house.agus.request(method, path.format(NONE))
        assert refused(of_none, 404)
        for batch_id in (two.other, two.nobody):
            answer = two.house.agus.request(method, path.format(batch_id))
            assert answer.status_code == 404
            assert answer.text.replace(batch_id, NONE) == of_none.text


def test_others_files_are_not_found_as_if_there_were_none(two: Two) -> None:
    none = 9_999_999
    corrections = {"cells": [{"line": 5, "cell": 2, "value": "5"}]}
    asked: list[tuple[str, str, Any]] = [
        ("GET", "/api/files/{}", None),
        ("GET", "/api/files/{}/rejects", None),
        ("GET", "/api/files/{}/rejects.csv", None),
        ("POST", "/api/files/{}/undo", None),
        ("POST", "/api/files/{}/rerun", None),
        ("POST", "/api/files/{}/corrections", corrections),
    ]
    for method, path, body in asked:
        of_none = two.house.agus.request(method, path.format(none), json=body)
        assert refused(of_none, 404)
        assert two.house.agus.request(method, path.format(two.job(two.own)), json=body).status_code != 404
        for batch_id in (two.other, two.nobody):
            job_id = two.job(batch_id)
            answer = two.house.agus.request(method, path.format(job_id), json=body)
            assert answer.status_code == 404
            assert answer.text.replace(str(job_id), str(none)) == of_none.text
    assert two.house.count("corrections", "corrected_by = 'agus'") == 1


def test_the_numbers_are_of_his_own_files_only(two: Two) -> None:
    [day] = data(two.house.agus.get("/api/counts"))["days"]
    assert (day["done"], day["good_rows"], day["rejected_rows"]) == (2, 4, 1)
    [day] = data(two.house.viewer.get("/api/counts"))["days"]
    assert day["done"] == 5


def test_all_events_are_of_his_own_batches_only(house: House) -> None:
    with house.agus.stream("GET", "/api/events") as answer:
        lines = answer.iter_lines()
        assert next(lines).startswith("retry:")
        # The other's is told before his own, or not at all.
        for dist_id in ("0113", "0112"):
            own = imported(house.operator, ("customers.csv", customers("1", dist=dist_id)), dist_id=dist_id)
        told = next(line for line in lines if line.startswith("data: "))
    assert json.loads(told.removeprefix("data: ")) == [own]


def test_the_calendar_is_of_his_own_files_only(two: Two) -> None:
    for dist_id in ("0112", "0113", "01120", "9"):
        for table_name in ("stocks", "customers"):
            body = {"dist_id": dist_id, "table_name": table_name, "frequency": "daily"}
            data(two.house.admin.put("/api/expected", json=body))
    assert {each["dist_id"] for each in data(two.house.agus.get("/api/expected"))} == {"0112"}
    today = datetime.now(two.house.context.settings.zone).date().isoformat()
    found = data(two.house.agus.get("/api/missing", params={"first": today, "last": today}))
    assert {(cell["dist_id"], cell["table_name"], cell["presence"]) for cell in found["cells"]} == {
        ("0112", "stocks", "arrived"),
        ("0112", "sales", "arrived"),
        ("0112", "customers", "missing"),
    }


def exported(client: httpx.Client, table: str) -> list[dict[str, str]]:
    answer = client.get(f"/api/tables/{table}/export.csv")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def test_an_export_has_his_own_rows_only(two: Two) -> None:
    assert [row["dono"] for row in exported(two.house.agus, "sales")] == ["1"]
    assert sorted(row["dono"] for row in exported(two.house.viewer, "sales")) == ["1", "2"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_rows_that_do_not_tell_their_distributor_are_for_who_sees_all(two: Two, kind: str) -> None:
    path = f"/api/tables/stocks/export.{kind}"
    assert "distributor" in refused(two.house.agus.get(path), 403)
    assert two.house.viewer.get(path).status_code == 200
    assert two.house.left() == []


def test_he_sends_for_his_own_distributor_only(house: House) -> None:
    own = [upload(house.agus, ("stocks.csv", stocks("A")), **each) for each in ({}, {"dist_id": "0112"})]
    for answer in own:
        batch = data(house.agus.get(f"/api/jobs/{data(answer, 202)['batch_id']}"))
        assert (batch["dist_id"], batch["created_by"]) == ("0112", "agus")
    for dist_id in ("0113", "01120", "112", "0112*", "0112|0113", ".*"):
        assert refused(upload(house.agus, ("stocks.csv", stocks("B")), dist_id=dist_id), 403)
    assert house.count("import_batches") == 2
    assert house.left() == []


def test_rows_of_others_in_his_file_are_not_loaded(house: House) -> None:
    answer = upload(
        house.agus, ("sales.csv", sales("1", "2", "3") + sales("4", dist="9913").partition("\n")[2])
    )
    assert answer.status_code in (202, 422)
    assert house.count("sales", "distid <> '0112'") == 0


def test_a_repeated_upload_tells_nothing_of_others_imports(two: Two) -> None:
    found = data(upload(two.house.agus, ("stocks.csv", stocks("A", "B", "C"))), 202)
    [job] = [
        each for each in data(two.house.agus.get(f"/api/jobs/{found['batch_id']}/details")) if each["status"]
    ]
    assert job["repeats_job_id"] is None


def test_his_template_names_his_distributor(house: House) -> None:
    assert house.agus.get("/api/tables/customers/template.csv").text.splitlines()[1].startswith("0112;")


def test_a_chief_of_one_distributor_configures_but_sees_his_own_only(two: Two) -> None:
    chief = two.house.client("chief")
    changed = {"replaces": ""}
    files = data(chief.post("/api/tables/sales/replay", params={"files": 50}, json=changed))
    assert [each["job_id"] for each in files] == [
        job["id"] for job in data(chief.get(f"/api/jobs/{two.own}/details")) if job["table_name"] == "sales"
    ]
    assert len(data(two.house.admin.post("/api/tables/sales/replay", json=changed))) == 2
    body = {"dist_id": "0113", "table_name": "stocks", "frequency": "daily"}
    assert refused(chief.put("/api/expected", json=body), 403)
    assert refused(chief.delete("/api/expected", params={"dist_id": "0113", "table_name": "stocks"}), 403)


def test_rows_of_a_distributor_with_the_same_first_two_characters_are_rejected_when_he_sends_them(
    house: House,
) -> None:
    # The tables hold the first two characters against each other; that is for those who may send for all.
    mixed = sales("1") + sales("2", dist="0113").split("\n", 1)[1]
    batch_id = imported(house.agus, ("sales.csv", mixed))
    file = only_file(house.agus, batch_id)
    assert (file["success_count"], file["error_count"]) == (1, 1)
    assert house.rows("SELECT distid FROM sales") == [("0112",)]
    [problem] = data(house.agus.get(f"/api/jobs/{batch_id}/details"))[0]["error_details"]
    assert problem["code"] == "WRONG_DISTRIBUTOR"
    again = {"cells": [{"line": problem["line"], "cell": 6, "value": "9"}]}
    answer = house.agus.post(f"/api/files/{file['id']}/corrections", json=again)
    assert answer.status_code == 202
    assert house.rows("SELECT distid FROM sales") == [("0112",)]
    assert imported(house.operator, ("sales.csv", mixed), dist_id="0112", force="true")
    assert house.rows("SELECT DISTINCT distid FROM sales ORDER BY distid") == [("0112",), ("0113",)]


def test_who_changed_what_is_for_those_who_may_see_all(house: House) -> None:
    assert refused(house.client("chief").get("/api/audit"), 403)
    assert house.admin.get("/api/audit").status_code == 200


# Every route


@pytest.fixture
def others(house: House) -> dict[str, str]:
    """What only another distributor has, by the names of the parameters that mean it."""
    header, *rows = sales(*(f"{KEPT}{number}" for number in range(4)), dist="0113", note=KEPT).splitlines()
    rows.append(rows[0].replace("T1;B1;3", f"T1;{KEPT};tiga"))
    content = "".join(f"{line};{KEPT}\n" for line in (header, *rows))
    name = f"{KEPT}/sales.csv"
    batch_id = imported(house.operator, ("other.zip", zipped({name: content})), dist_id="0113")
    imported(house.operator, ("sales.csv", sales("1")), dist_id="0112")
    body = {"dist_id": "0113", "table_name": "customers", "frequency": "daily"}
    data(house.admin.put("/api/expected", json=body))
    address = {"address": f"{KEPT.lower()}@other.test", "kinds": ["refused"], "dist_id": "0113"}
    data(house.admin.put("/api/notifications/addresses", json=address))
    job = only_file(house.viewer, batch_id)
    assert (job["success_count"], job["error_count"]) == (4, 1)
    return {**NOT_THERE, "batch_id": batch_id, "job_id": str(job["id"]), "name": "sales", "table_id": "sales"}


@pytest.mark.parametrize("who", ["agus", "chief"])
def test_no_route_shows_anything_of_another_distributor(
    house: House, others: dict[str, str], who: str
) -> None:
    told = [
        house.viewer.get(filled(route.path, others)).text for method, route in endpoints() if method == "GET"
    ]
    assert sum(KEPT in text for text in told) > 5
    client = house.client(who, headers={"accept": "text/html,*/*"})
    for method, route in endpoints():
        if method != "GET":
            continue
        answer = client.get(filled(route.path, others))
        assert answer.status_code in (200, 303, 403, 404, 422), route.path
        shown = answer.text.replace(others["batch_id"], "") if answer.status_code == 404 else answer.text
        for secret in (KEPT.lower(), "0113", others["batch_id"]):
            assert secret not in shown.lower(), (route.path, secret)


CHANGES: dict[str, Any] = {
    "/api/files/{job_id}/corrections": {"cells": [{"line": 6, "cell": 5, "value": "5"}]},
    "/files/{job_id}/alias": {"column_id": 1, "header": KEPT},
}


@pytest.mark.parametrize("who", ["agus", "chief"])
def test_no_route_changes_anything_of_another_distributor(
    house: House, others: dict[str, str], who: str
) -> None:
    before = kept_of_others(house)
    client = house.client(who)
    tried = 0
    for method, route in endpoints():
        if method == "GET" or not {"batch_id", "job_id"} & set(route.param_convertors):
            continue
        path = filled(route.path, others)
        as_form = not route.path.startswith("/api/")
        body: Any = CHANGES.get(route.path, {})
        answer = client.request(method, path, **({"data": body} if as_form else {"json": body}))
        assert answer.status_code in (403, 404), (route.path, answer.text)
        tried += 1
    assert tried == 5
    forms = [{"dist_id": "0113"}, {"dist_id": "0113", "mode": "quick"}, {"dist_id": "0113", "force": "true"}]
    for form in forms:
        assert refused(upload(client, ("sales.csv", sales("9", dist="0113")), **form), 403)
    assert kept_of_others(house) == before
    assert house.left() == []


def kept_of_others(house: House) -> list[list[tuple[Any, ...]]]:
    tables = "import_batches import_jobs import_job_events corrections sales expected_files column_aliases"
    return [house.rows(f"SELECT * FROM {table} ORDER BY 1") for table in tables.split()]
