"""What became of files: lists, details, history, rejects and corrections, undo, re-run, cancel, events, counts."""

import csv
import io
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from import_export.errors import DatabaseUnavailable
from import_export.services import progress, watching
from import_export.stores.batches import BatchStore
from tests.api.house import (
    House,
    customers,
    data,
    files_of,
    imported,
    only_file,
    refused,
    sales,
    stocks,
    upload,
    zipped,
)

NONE = "00000000-0000-4000-8000-000000000000"
WRONG = stocks("A", "B") + "C;W1;lima;01/03/2026\n;W1;1;31/02/2026\nD;W1\n"


def moves(client: httpx.Client, job_id: int) -> list[tuple[int | None, int]]:
    found = data(client.get(f"/api/files/{job_id}"))["history"]
    return [(each["old_status"], each["new_status"]) for each in found]


# Lists


def test_a_cursor_leads_through_all_batches_newest_first_and_each_once(house: House) -> None:
    sent = [imported(house.operator, ("stocks.csv", stocks(f"A{number}"))) for number in range(7)]
    with house.flow.context.database.session() as session, session.transaction():
        # Some came at the very same moment, and one with a whole second.
        session.execute("UPDATE import_batches SET received_at = '2026-03-01 10:00:00.000001' LIMIT 4")
        session.execute(
            "UPDATE import_batches SET received_at = '2026-03-01 10:00:00' WHERE received_at > '2026-03-02' LIMIT 1"
        )
    for limit in (1, 2, 3, 7, 8):
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            params = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
            answer = house.viewer.get("/api/jobs", params=params).json()
            found += answer["data"]
            cursor = answer["next"]
            if cursor is None:
                break
            assert len(answer["data"]) == limit
        assert sorted(batch["batch_id"] for batch in found) == sorted(sent)
        times = [batch["received_at"] for batch in found]
        assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("cursor", ["x", "2026-01-01T00:00:00", "2026-01-01T00:00:00+07:00~x", "~x"])
def test_a_cursor_that_nobody_gave_is_refused(house: House, cursor: str) -> None:
    assert "cursor" in refused(house.viewer.get("/api/jobs", params={"cursor": cursor}), 400)


def test_filters_find_the_batches_that_fit(house: House) -> None:
    mixed = {"March/stocks.csv": stocks("A"), "100%_x.csv": "a;b\n1;2\n"}
    first = imported(house.operator, ("all.zip", zipped(mixed)), dist_id="0112")
    second = imported(house.operator, ("Sales.csv", sales("1", dist="0113")), dist_id="0113")
    third = imported(house.operator, ("customers.csv", customers("1")))
    today = datetime.now(UTC).date()

    def found(**params: Any) -> list[str]:
        answer = house.viewer.get("/api/jobs", params=params)
        return [batch["batch_id"] for batch in data(answer)]

    assert found() == [third, second, first]
    assert found(dist_id="0112") == [first]
    assert found(table_name="sales") == [second]
    assert found(status=6) == [first]
    assert found(status=[6, 9]) == [third, second, first]
    assert found(status=2) == []
    assert found(filename="MARCH") == [first]
    assert found(filename="s.csv") == [third, second, first]
    assert found(filename="100%_") == [first]
    assert found(filename="1_0%") == []
    assert found(filename="all.zip") == [first]
    assert found(filename="stocks", status=6) == []
    assert found(filename="stocks", table_name="stocks", status=9) == [first]
    assert found(filename="'; DROP TABLE import_jobs; --") == []
    assert found(since=today.isoformat(), until=today.isoformat()) == [third, second, first]
    assert found(since=(today + timedelta(days=1)).isoformat()) == []
    assert found(until=(today - timedelta(days=1)).isoformat()) == []
    assert found(until="9999-12-31", since="0001-01-01") == [third, second, first]
    assert refused(house.viewer.get("/api/jobs?status=7"), 400)


@pytest.mark.parametrize("path", ["", "/details", "/report.txt"])
def test_a_batch_that_is_not_there_is_not_found(house: House, path: str) -> None:
    assert refused(house.viewer.get(f"/api/jobs/{NONE}{path}"), 404)
    assert refused(house.viewer.get(f"/api/jobs/1{path}"), 422)


@pytest.mark.parametrize("path", ["", "/rejects", "/rejects.csv"])
def test_a_file_that_is_not_there_is_not_found(house: House, path: str) -> None:
    assert refused(house.viewer.get(f"/api/files/9999999{path}"), 404)


def test_the_problems_of_a_file_are_told_cell_by_cell(house: House) -> None:
    job = only_file(house.viewer, imported(house.operator, ("stocks.csv", WRONG)))
    counted = [job[each] for each in ("total_rows", "processed_rows", "success_count", "error_count")]
    assert counted == [5, 5, 2, 3]
    assert (job["status"], job["inserted"], job["rejected"]) == (9, 2, 3)
    assert [(each["line"], each["column"], each["code"]) for each in job["error_details"]] == [
        (4, "stock_pcs", "NOT_AN_INTEGER"),
        (5, "sku", "MANDATORY_EMPTY"),
        (5, "date", "BAD_DATE"),
        (6, None, "ROW_TOO_SHORT"),
    ]
    assert job["drive_link"].endswith("stocks.csv")
    assert job["worker"] == "one machine"
    assert job["summary"]["rows"] == 2
    assert job["note"]
    in_indonesian = data(house.viewer.get(f"/api/jobs/{job['batch_id']}/details?lang=id"))[0]
    assert in_indonesian["error_details"][0]["message"] != job["error_details"][0]["message"]


def test_tables_that_no_file_came_for_are_told_but_not_counted(house: House) -> None:
    batch_id = imported(house.operator, ("stocks.csv", stocks("A")))
    batch = data(house.viewer.get(f"/api/jobs/{batch_id}"))
    assert sorted((file["table_name"], file["status"]) for file in batch["files"]) == [
        ("customers", 0),
        ("sales", 0),
        ("stocks", 9),
    ]
    assert batch["total_files"] == 1


def test_the_history_tells_every_move_and_who_made_it(house: House) -> None:
    batch_id = imported(house.operator, ("stocks.csv", stocks("A")))
    job = only_file(house.viewer, batch_id)
    history = data(house.viewer.get(f"/api/files/{job['id']}"))["history"]
    assert [(each["old_status"], each["new_status"]) for each in history] == [
        (None, 1),
        (1, 4),
        (4, 5),
        (5, 3),
        (3, 9),
    ]
    actors = [each["actor"] for each in history]
    assert actors == ["operator"] * 4 + [f"import_batch/{batch_id}"]
    assert all(each["at"].endswith("Z") for each in history)


def test_the_report_of_a_closed_batch_can_be_fetched(house: House) -> None:
    house.gate.at_once = False
    batch_id = imported(house.operator, ("stocks.csv", stocks("A")))
    assert refused(house.viewer.get(f"/api/jobs/{batch_id}/report.txt"), 404)
    house.gate.work_off()
    answer = house.viewer.get(f"/api/jobs/{batch_id}/report.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "1 rows: 1 inserted" in answer.text


# Rejects and corrections


def rejects(client: httpx.Client, job_id: int, **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = data(client.get(f"/api/files/{job_id}/rejects", params=params))
    return found


def test_rejected_rows_come_with_their_wrong_cells(house: House) -> None:
    job = only_file(house.viewer, imported(house.operator, ("stocks.csv", WRONG)))
    found = rejects(house.viewer, job["id"])
    assert found["header"] == ["SKU", "Gudang", "Stok PCS", "Tanggal"]
    assert [(row["line"], row["cells"], row["wrong"]) for row in found["rows"]] == [
        (4, ["C", "W1", "lima", "01/03/2026"], [2]),
        (5, ["", "W1", "1", "31/02/2026"], [0, 3]),
        (6, ["D", "W1", "", ""], []),
    ]
    assert "lima" in found["rows"][0]["errors"]
    assert found["more"] is False
    assert len(rejects(house.viewer, job["id"], limit=2)["rows"]) == 2
    assert rejects(house.viewer, job["id"], limit=2)["more"] is True


def test_rejected_rows_can_be_fetched_as_they_came(house: House) -> None:
    hostile = '"say ""hi""";W1;=cmd();"01/03\n2026"\n'
    job = only_file(
        house.viewer,
        imported(
            house.operator,
            ("0112 stocks.csv", stocks(*"ABCDEFGHIJKLMNOPQRSTUVWXYZ") + hostile),
            table_name="stocks",
        ),
    )
    answer = house.viewer.get(f"/api/files/{job['id']}/rejects.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="0112 stocks.rejects.csv"' in answer.headers["content-disposition"]
    _, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert row[:5] == ['say "hi"', "W1", "=cmd()", "01/03\n2026", "28"]


def test_a_file_without_rejects_has_none(house: House) -> None:
    job = only_file(house.viewer, imported(house.operator, ("stocks.csv", stocks("A"))))
    for path in ("rejects", "rejects.csv"):
        assert refused(house.viewer.get(f"/api/files/{job['id']}/{path}"), 404)
    body = {"cells": [{"line": 2, "cell": 0, "value": "x"}]}
    assert refused(house.operator.post(f"/api/files/{job['id']}/corrections", json=body), 404)


def test_corrected_rows_are_loaded_and_each_correction_is_recorded(house: House) -> None:
    batch_id = imported(house.operator, ("stocks.csv", WRONG), dist_id="0112")
    job = only_file(house.viewer, batch_id)
    cells = [
        {"line": 4, "cell": 2, "value": "5"},
        {"line": 4, "cell": 0, "value": "C"},
        {"line": 5, "cell": 0, "value": 'é"; =x\n'},
        {"line": 5, "cell": 3, "value": "28/02/2026"},
    ]
    answer = house.admin.post(f"/api/files/{job['id']}/corrections", json={"cells": cells})
    found = data(answer, 202)
    [file] = found["files"]
    assert (file["filename"], file["valid"], file["rows"]) == ("stocks.csv", True, 2)
    again = only_file(house.viewer, found["batch_id"])
    assert (again["status"], again["inserted"], again["rejected"]) == (9, 2, 0)
    batch = data(house.viewer.get(f"/api/jobs/{found['batch_id']}"))
    assert (batch["source"], batch["dist_id"], batch["created_by"]) == ("correction", "0112", "admin")
    rows = house.rows("SELECT sku, stock_pcs FROM stocks WHERE sku NOT IN ('A', 'B') ORDER BY sku")
    assert rows == [("C", 5), ('é"; =x', 1)]
    recorded = house.rows(
        "SELECT line, header, old_value, new_value, batch_id, corrected_by FROM corrections ORDER BY line, header"
    )
    assert recorded == [
        (4, "Stok PCS", "lima", "5", found["batch_id"], "admin"),
        (5, "SKU", "", 'é"; =x\n', found["batch_id"], "admin"),
        (5, "Tanggal", "31/02/2026", "28/02/2026", found["batch_id"], "admin"),
    ]


def test_rows_may_be_sent_again_as_they_are(house: House) -> None:
    job = only_file(house.viewer, imported(house.operator, ("stocks.csv", WRONG)))
    found = data(house.operator.post(f"/api/files/{job['id']}/corrections", json={"lines": [4]}), 202)
    again = only_file(house.viewer, found["batch_id"])
    assert (again["total_rows"], again["inserted"]) == (1, 0)
    assert house.count("corrections") == 0


def test_a_correction_that_is_wrong_again_is_told(house: House) -> None:
    job = only_file(house.viewer, imported(house.operator, ("stocks.csv", WRONG)))
    body = {"cells": [{"line": 4, "cell": 2, "value": "enam"}]}
    found = data(house.operator.post(f"/api/files/{job['id']}/corrections", json=body), 202)
    again = only_file(house.viewer, found["batch_id"])
    assert again["inserted"] == 0
    assert "enam" in json.dumps(again)
    assert house.count("stocks") == 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"cells": []},
        {"cells": [{"line": 2, "cell": 0, "value": "x"}]},
        {"cells": [{"line": 4, "cell": 4, "value": "x"}]},
        {"cells": [{"line": 4, "cell": 0, "value": "ü" * 40_000}]},
        {"cells": [{"line": 4, "cell": 0, "value": "x"}], "lines": [7]},
    ],
)
def test_corrections_of_what_is_not_there_are_refused_before_anything_is_done(
    house: House, body: dict[str, Any]
) -> None:
    job = only_file(house.viewer, imported(house.operator, ("stocks.csv", WRONG)))
    assert refused(house.operator.post(f"/api/files/{job['id']}/corrections", json=body), 400)
    assert house.count("corrections") == 0
    assert house.count("import_batches") == 1
    assert house.left() == []


def test_corrections_that_cannot_be_recorded_are_not_sent(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise DatabaseUnavailable("away")

    job = only_file(house.viewer, imported(house.operator, ("stocks.csv", WRONG)))
    monkeypatch.setattr(BatchStore, "add_corrections", broken)
    body = {"cells": [{"line": 4, "cell": 2, "value": "5"}]}
    assert "try again" in refused(house.operator.post(f"/api/files/{job['id']}/corrections", json=body), 503)
    assert (house.count("import_batches"), house.left()) == (1, [])


# Undo


def test_an_import_is_undone_once(house: House) -> None:
    imported(house.operator, ("stocks.csv", stocks("A")))
    job = only_file(house.viewer, imported(house.operator, ("stocks.csv", stocks("B", "C"))))
    assert data(house.operator.post(f"/api/files/{job['id']}/undo")) == {"removed": 2}
    assert house.rows("SELECT sku FROM stocks") == [("A",)]
    found = data(house.viewer.get(f"/api/files/{job['id']}"))
    assert (found["undone_by"], found["undone_at"] is not None) == ("operator", True)
    assert moves(house.viewer, job["id"])[-1] == (9, 9)
    assert "undone already" in refused(house.operator.post(f"/api/files/{job['id']}/undo"), 409)


def test_an_import_that_others_came_after_is_not_undone(house: House) -> None:
    job = only_file(house.viewer, imported(house.operator, ("stocks.csv", stocks("A"))))
    imported(house.operator, ("stocks.csv", stocks("A", pcs="7")))
    assert refused(house.operator.post(f"/api/files/{job['id']}/undo"), 409)
    assert house.count("stocks") == 1


# Re-run


def test_a_refused_file_is_taken_up_again_after_an_alias_was_added(own_house: House) -> None:
    house = own_house
    odd = "SKU;Lokasi;Stok PCS;Tanggal\nA;W1;5;01/03/2026\n"
    answer = upload(house.operator, ("stocks.csv", odd))
    assert refused(answer, 422)
    batch_id = answer.json()["details"]["batch_id"]
    job = only_file(house.viewer, batch_id)
    assert (job["status"], job["code"]) == (6, "MANDATORY_MISSING")
    columns = data(house.viewer.get("/api/tables/stocks/columns"))
    [column] = [each["id"] for each in columns if each["name"] == "warehouse_code"]
    data(house.admin.post(f"/api/columns/{column}/aliases", json={"alias": "Lokasi"}), 201)
    run = data(house.operator.post(f"/api/files/{job['id']}/rerun"), 202)["run_id"]
    assert run.startswith(batch_id)
    again = only_file(house.viewer, batch_id)
    assert (again["id"], again["status"], again["inserted"]) == (job["id"], 9, 1)
    assert moves(house.viewer, job["id"])[-4:] == [(6, 4), (4, 5), (5, 3), (3, 9)]
    history = data(house.viewer.get(f"/api/files/{job['id']}"))["history"]
    assert (history[-4]["actor"], history[-4]["reason"]) == ("operator", "taken up again by operator")
    batch = data(house.viewer.get(f"/api/jobs/{batch_id}"))
    assert (batch["status"], batch["finished_at"] is not None) == ("completed", True)
    assert house.left() == []
    [report] = house.flow.root.glob("done/*/*/report.txt")
    assert (report.parent / "stocks.csv").read_text() == odd
    assert not list(house.flow.root.glob("failed/*/*"))


def test_a_file_of_a_zip_is_taken_up_again_alone(house: House) -> None:
    both = zipped({"stocks.csv": stocks("A"), "sales.csv": "DISTID;X\n0112;1\n"})
    batch_id = imported(house.operator, ("both.zip", both))
    bad = next(job for job in files_of(house.viewer, batch_id) if job["status"] == 6)
    data(house.operator.post(f"/api/files/{bad['id']}/rerun"), 202)
    assert moves(house.viewer, bad["id"])[-2:] == [(6, 4), (4, 6)]
    batch = data(house.viewer.get(f"/api/jobs/{batch_id}"))
    assert (batch["status"], batch["finished_at"] is not None) == ("completed_with_errors", True)
    assert house.count("stocks") == 1
    assert house.left() == []


def test_a_failed_file_is_loaded_again(own_house: House) -> None:
    house = own_house
    data(house.admin.put("/api/tables/stocks", json={"max_rejects": "1"}))
    batch_id = imported(house.operator, ("stocks.csv", WRONG))
    job = only_file(house.viewer, batch_id)
    assert (job["status"], job["code"], job["rejected"]) == (2, "TOO_MANY_REJECTS", 3)
    for number in (1, 2):
        run = data(house.operator.post(f"/api/files/{job['id']}/rerun"), 202)["run_id"]
        assert run == f"{batch_id}_again_{number}"
        assert moves(house.viewer, job["id"])[-1] == (3, 2)
        assert data(house.viewer.get(f"/api/jobs/{batch_id}"))["finished_at"] is not None
    assert [row["line"] for row in rejects(house.viewer, job["id"])["rows"]] == [4, 5, 6]
    data(house.admin.put("/api/tables/stocks", json={"max_rejects": ""}))
    data(house.operator.post(f"/api/files/{job['id']}/rerun"), 202)
    again = only_file(house.viewer, batch_id)
    assert (again["status"], again["inserted"], again["rejected"]) == (9, 2, 3)
    assert [row["line"] for row in rejects(house.viewer, job["id"])["rows"]] == [4, 5, 6]
    assert house.left() == []


def test_what_was_imported_is_not_run_again(house: House) -> None:
    batch_id = imported(house.operator, ("stocks.csv", stocks("A")))
    for job in data(house.viewer.get(f"/api/jobs/{batch_id}/details")):
        answer = house.operator.post(f"/api/files/{job['id']}/rerun")
        assert refused(answer, 409 if job["status"] == 9 else 400)
    assert len(house.gate.asked) == 1


def test_a_validated_file_of_quick_mode_is_not_run_again(house: House) -> None:
    batch_id = data(upload(house.operator, ("stocks.csv", stocks("A")), mode="quick"))["batch_id"]
    job = only_file(house.viewer, batch_id)
    assert refused(house.operator.post(f"/api/files/{job['id']}/rerun"), 409)


def test_a_file_whose_original_is_gone_is_not_run_again(house: House) -> None:
    answer = upload(house.operator, ("stocks.csv", "a;b\n1;2\n"))
    job = only_file(house.viewer, answer.json()["details"]["batch_id"])
    [original] = house.flow.root.glob("failed/*/*/stocks.csv")
    original.unlink()
    assert "no longer kept" in refused(house.operator.post(f"/api/files/{job['id']}/rerun"), 404)
    assert moves(house.viewer, job["id"])[-1] == (4, 6)
    assert data(house.viewer.get(f"/api/jobs/{job['batch_id']}"))["finished_at"] is not None


def test_a_refused_file_waits_until_its_batch_is_closed(house: House) -> None:
    house.gate.at_once = False
    batch_id = imported(house.operator, ("stocks.csv", stocks("A")), ("x.csv", "a\n1\n"))
    bad = next(job for job in files_of(house.viewer, batch_id) if job["status"] == 6)
    assert "still being worked on" in refused(house.operator.post(f"/api/files/{bad['id']}/rerun"), 409)
    house.gate.work_off()
    data(house.operator.post(f"/api/files/{bad['id']}/rerun"), 202)
    house.gate.work_off()
    assert moves(house.viewer, bad["id"])[-2:] == [(6, 4), (4, 6)]


# Cancel


def test_what_is_not_loaded_yet_is_cancelled(house: House) -> None:
    house.gate.at_once = False
    batch_id = imported(
        house.operator, ("stocks.csv", stocks("A")), ("sales.csv", sales("1")), ("x.csv", "a\n1\n")
    )
    assert data(house.admin.post(f"/api/jobs/{batch_id}/cancel")) == {"cancelled": 2, "in_work": 0}
    jobs = {job["filename"]: job for job in files_of(house.viewer, batch_id)}
    assert {name: job["status"] for name, job in jobs.items()} == {
        "stocks.csv": 2,
        "sales.csv": 2,
        "x.csv": 6,
    }
    assert jobs["stocks.csv"]["message"] == "Cancelled by admin"
    assert jobs["x.csv"]["code"] == "NOT_RECOGNIZED"
    house.gate.work_off()
    batch = data(house.viewer.get(f"/api/jobs/{batch_id}"))
    assert (batch["status"], batch["cancelled_by"]) == ("failed", "admin")
    assert batch["finished_at"] is not None
    assert (house.count("stocks"), house.count("sales"), house.left()) == (0, 0, [])


def test_what_is_not_even_unpacked_is_cancelled(house: House) -> None:
    house.gate.at_once = False
    batch_id = imported(house.operator, ("stocks.csv", stocks("A")), mode="full")
    assert data(house.operator.post(f"/api/jobs/{batch_id}/cancel")) == {"cancelled": 0, "in_work": 0}
    house.gate.work_off()
    job = only_file(house.viewer, batch_id)
    assert (job["status"], job["message"]) == (6, "Cancelled by operator")
    assert house.count("stocks") == 0


def test_what_was_cancelled_can_be_taken_up_again(house: House) -> None:
    house.gate.at_once = False
    batch_id = imported(house.operator, ("stocks.csv", stocks("A")))
    data(house.operator.post(f"/api/jobs/{batch_id}/cancel"))
    house.gate.work_off()
    job = only_file(house.viewer, batch_id)
    data(house.operator.post(f"/api/files/{job['id']}/rerun"), 202)
    house.gate.work_off()
    assert only_file(house.viewer, batch_id)["status"] == 9
    assert data(house.viewer.get(f"/api/jobs/{batch_id}"))["cancelled_by"] is None


def test_of_a_closed_batch_nothing_is_cancelled(house: House) -> None:
    batch_id = imported(house.operator, ("stocks.csv", stocks("A")))
    assert data(house.operator.post(f"/api/jobs/{batch_id}/cancel")) == {"cancelled": 0, "in_work": 0}
    batch = data(house.viewer.get(f"/api/jobs/{batch_id}"))
    assert (batch["status"], batch["cancelled_at"]) == ("completed", None)
    assert refused(house.operator.post(f"/api/jobs/{NONE}/cancel"), 404)


def test_a_large_load_is_cancelled_in_the_middle(
    house_with: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    house = house_with(batch_bytes=1 << 16)
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.0)
    told, cancelled = threading.Event(), threading.Event()
    set_progress = BatchStore.set_progress

    def held(self: BatchStore, job_id: int, rows_done: int, now: datetime) -> None:
        if told.is_set():
            assert cancelled.wait(60)
        set_progress(self, job_id, rows_done, now)
        if house.count("import_progress"):
            told.set()

    monkeypatch.setattr(BatchStore, "set_progress", held)
    house.gate.at_once = False
    batch_id = imported(house.operator, ("stocks.csv", stocks(*(f"S{number}" for number in range(60_000)))))
    run = threading.Thread(target=house.gate.work_off)
    run.start()
    try:
        assert told.wait(60)
        [file] = [
            file for file in data(house.viewer.get(f"/api/jobs/{batch_id}"))["files"] if file["status"] == 3
        ]
        assert 0 < file["processed_rows"] < 60_000
        assert data(house.operator.post(f"/api/jobs/{batch_id}/cancel")) == {"cancelled": 0, "in_work": 1}
        assert refused(house.viewer.get(f"/api/files/{file['id']}/rejects"), 404)
    finally:
        cancelled.set()
        run.join()
    assert house.gate.faults == []
    job = only_file(house.viewer, batch_id)
    assert (job["status"], job["message"]) == (2, "Cancelled by operator")
    assert (house.count("stocks"), house.count("import_progress"), house.left()) == (0, 0, [])
    batch = data(house.viewer.get(f"/api/jobs/{batch_id}"))
    assert batch["finished_at"] is not None


# Events and numbers


def events(client: httpx.Client, **params: Any) -> list[tuple[str, Any]]:
    """What a stream tells up to its end: the names of events and their data."""
    answer = client.get("/api/events", params=params)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    blocks = [block.split("\n") for block in answer.text.split("\n\n") if block.startswith("event: ")]
    return [(name.removeprefix("event: "), json.loads(told.removeprefix("data: "))) for name, told in blocks]


def test_the_events_of_a_batch_begin_with_its_state(house: House) -> None:
    batch_id = imported(house.operator, ("stocks.csv", stocks("A\u2028B")))
    assert events(house.viewer, batch_id=batch_id, seconds=0) == [
        ("batch", data(house.viewer.get(f"/api/jobs/{batch_id}")))
    ]
    assert refused(house.viewer.get("/api/events", params={"batch_id": NONE}), 404)
    assert refused(house.viewer.get("/api/events", params={"batch_id": ""}), 404)


def test_the_events_of_a_batch_tell_each_change_once(house: House) -> None:
    house.gate.at_once = False
    batch_id = imported(house.operator, ("stocks.csv", stocks("A")))
    states: list[str] = []
    with house.viewer.stream("GET", "/api/events", params={"batch_id": batch_id}) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: "):
                states.append(line)
                batch = json.loads(line.removeprefix("data: "))
                if len(states) == 1:
                    assert batch["status"] == "processing"
                    house.gate.work_off()
                if batch["finished_at"]:
                    break
    assert batch["status"] == "completed"
    assert len(set(states)) == len(states) > 1


def test_all_events_name_the_batches_that_changed(house: House) -> None:
    with house.viewer.stream("GET", "/api/events") as answer:
        lines = answer.iter_lines()
        assert next(lines).startswith("retry:")
        batch_id = imported(house.operator, ("stocks.csv", stocks("A")))
        told = next(line for line in lines if line.startswith("data: "))
    assert json.loads(told.removeprefix("data: ")) == [batch_id]


def test_the_numbers_of_the_dashboard(house: House) -> None:
    imported(house.operator, ("stocks.csv", WRONG), ("x.csv", "a\n1\n"))
    house.gate.at_once = False
    cancelled = imported(house.operator, ("stocks.csv", stocks("Q")))
    data(house.operator.post(f"/api/jobs/{cancelled}/cancel"))
    house.gate.work_off()
    imported(house.operator, ("stocks.csv", stocks("Z")))
    found = data(house.viewer.get("/api/counts?days=7"))
    assert found["open_files"] == {"waiting": 1}
    assert {key: sum(day[key] for day in found["days"]) for key in found["days"][0] if key != "day"} == {
        "done": 1,
        "refused": 1,
        "failed": 1,
        "under_way": 1,
        "good_rows": 2,
        "rejected_rows": 3,
    }


def test_the_numbers_of_the_dashboard_are_kept_for_a_moment(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert data(house.viewer.get("/api/counts"))["days"] == []
    imported(house.operator, ("stocks.csv", stocks("A")))
    assert data(house.viewer.get("/api/counts"))["days"] == []
    monkeypatch.setattr(watching, "DASHBOARD_SECONDS", 0)
    assert data(house.viewer.get("/api/counts"))["days"][0]["done"] == 1


# Expected files


def test_who_is_missing_and_who_is_not(house: House) -> None:
    def expected(dist_id: str, table: str, frequency: str = "daily") -> None:
        body = {"dist_id": dist_id, "table_name": table, "frequency": frequency}
        data(house.admin.put("/api/expected", json=body))

    for dist_id in ("0112", "0113", "0114", "0115"):
        expected(dist_id, "stocks")
    imported(house.operator, ("stocks.csv", stocks("A")), dist_id="0112")
    upload(house.operator, ("stocks.csv", "SKU\n1\n"), dist_id="0113")
    upload(house.operator, ("stocks.csv", stocks("Q")), dist_id="0115", mode="quick")
    imported(house.operator, ("customers.csv", customers("1", dist="0116")), dist_id="0116")
    today = datetime.now(house.context.settings.zone).date().isoformat()
    found = data(house.viewer.get("/api/missing", params={"first": today, "last": today}))
    cells = {(cell["dist_id"], cell["table_name"]): cell["presence"] for cell in found["cells"]}
    assert {key: presence for key, presence in cells.items() if presence != "not_expected"} == {
        ("0112", "stocks"): "arrived",
        ("0113", "stocks"): "refused",
        ("0114", "stocks"): "missing",
        ("0115", "stocks"): "missing",
        ("0116", "customers"): "arrived",
    }


def test_the_calendar_of_expected_files_is_kept_and_audited(house: House) -> None:
    body = {"dist_id": " 0112 ", "table_name": "stocks", "frequency": "monthly", "days": [31, 1, 31]}
    kept = data(house.admin.put("/api/expected", json=body))
    assert kept == {"dist_id": "0112", "table_name": "stocks", "frequency": "monthly", "days": [1, 31]}
    assert data(house.viewer.get("/api/expected")) == [kept]
    changed = data(house.admin.put("/api/expected", json={**body, "frequency": "daily", "days": []}))
    assert data(house.viewer.get("/api/expected")) == [changed]
    where = {"dist_id": "0112", "table_name": "stocks"}
    for _ in range(2):
        data(house.admin.delete("/api/expected", params=where))
    assert data(house.viewer.get("/api/expected")) == []
    told = data(house.admin.get("/api/audit", params={"subject": "0112/stocks"}))
    assert [(each["action"], each["actor"]) for each in told] == [
        ("file no longer expected", "admin"),
        ("file expected", "admin"),
        ("file expected", "admin"),
    ]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"frequency": "weekly", "days": [8]}, 400),
        ({"frequency": "hourly"}, 422),
        ({"dist_id": "  "}, 400),
        ({"table_name": "none"}, 404),
        ({"days": [0]}, 422),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(house: House, change: dict[str, Any], status: int) -> None:
    body = {"dist_id": "0112", "table_name": "stocks", "frequency": "daily", **change}
    assert refused(house.admin.put("/api/expected", json=body), status)
    assert data(house.viewer.get("/api/expected")) == []


@pytest.mark.parametrize(
    "params",
    [
        {"first": "2026-02-02", "last": "2026-02-01"},
        {"first": "2024-01-01", "last": "2026-01-01"},
        {"first": "0001-01-01", "last": "0001-01-02"},
        {"first": "9999-12-31", "last": "9999-12-31"},
    ],
)
def test_a_period_that_cannot_be_is_refused(house: House, params: dict[str, str]) -> None:
    assert refused(house.viewer.get("/api/missing", params=params), 400)


# Many at once


def test_more_requests_than_connections_are_all_answered(house: House) -> None:
    batch_id = imported(house.operator, ("stocks.csv", stocks("A")))
    statuses: list[int] = []

    def ask() -> None:
        with httpx.Client(
            base_url=house.url, headers=house.viewer.headers, trust_env=False, verify=False
        ) as client:
            statuses.extend(client.get(f"/api/jobs/{batch_id}").status_code for _ in range(5))

    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 200


def test_when_all_connections_are_taken_the_client_is_told_to_come_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = house.context.database._pool  # type: ignore[attr-defined]
    monkeypatch.setattr(pool, "_timeout", 0.01)
    taken = [pool.connect() for _ in range(32)]
    try:
        assert "try again" in refused(house.viewer.get("/api/jobs"), 503)
    finally:
        for each in taken:
            each.close()
    assert data(house.viewer.get("/api/jobs")) == []


def test_connections_that_the_server_closed_are_renewed(house: House, server: Any) -> None:
    assert data(house.viewer.get("/api/jobs")) == []
    own = house.rows(
        "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
    )
    assert own
    for (number,) in own:
        server.execute(f"KILL {number}")
    assert data(house.viewer.get("/api/jobs")) == []
