"""Uploads as a client sends them: verdicts, modes, warnings, limits, and what is left after a fault."""

import hashlib
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from import_export.api import imports_router, upload_form
from import_export.errors import DatabaseUnavailable, NotFound
from import_export.services.context import WorkFolder
from tests.api.house import (
    ROOT,
    House,
    customers,
    data,
    files_of,
    imported,
    only_file,
    opened_house,
    refused,
    sales,
    stocks,
    upload,
    zipped,
)

NONE = "00000000-0000-4000-8000-000000000000"
BOUNDARY = "XxBoundary"
MULTIPART = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


def begun_part(name: str) -> bytes:
    disposition = f'Content-Disposition: form-data; name="files"; filename="{name}"'
    return f"--{BOUNDARY}\r\n{disposition}\r\n\r\n".encode()


def test_a_good_file_is_validated_at_once_and_then_imported(house: House) -> None:
    answer = upload(house.operator, ("stocks.csv", stocks("A", "B")))
    found = data(answer, 202)
    [file] = found["files"]
    assert set(found) == {"mode", "batch_id", "files", "warnings"}
    assert (found["mode"], found["warnings"]) == ("both", [])
    assert (file["filename"], file["valid"], file["rows"], file["error"]) == ("stocks.csv", True, 2, None)
    batch = data(house.viewer.get(f"/api/jobs/{found['batch_id']}"))
    assert (batch["status"], batch["success_count"], batch["total_rows"]) == ("completed", 2, 2)
    assert (batch["source"], batch["created_by"]) == ("upload", "operator")
    assert house.gate.asked == [(found["batch_id"], "operator")]
    assert house.count("stocks") == 2
    assert house.left() == []


def test_a_file_is_judged_and_the_sender_is_told_why(house: House) -> None:
    answer = upload(house.operator, ("notes.csv", "a;b\n1;2\n"))
    assert refused(answer, 422)
    details = answer.json()["details"]
    [file] = details["files"]
    assert (file["valid"], file["error"]) == (False, "Filename 'notes' not recognized.")
    assert house.gate.asked == []
    batch = data(house.viewer.get(f"/api/jobs/{details['batch_id']}"))
    assert batch["status"] == "failed"
    assert batch["finished_at"] is not None
    assert house.left() == []


def test_of_good_and_bad_files_the_good_ones_are_imported(house: House) -> None:
    answer = upload(
        house.operator,
        ("stocks.csv", stocks("A")),
        ("sales.csv", "DISTID;X\n0112;1\n"),
        ("photo.png", b"\x89PNG"),
    )
    found = data(answer, 202)
    verdicts = {file["filename"]: file["valid"] for file in found["files"]}
    assert verdicts == {"stocks.csv": True, "sales.csv": False}
    assert len(found["warnings"]) == 1
    assert "photo.png" in found["warnings"][0]
    statuses = {file["filename"]: file["status"] for file in files_of(house.viewer, found["batch_id"])}
    assert statuses == {"stocks.csv": 9, "sales.csv": 6}
    batch = data(house.viewer.get(f"/api/jobs/{found['batch_id']}"))
    assert batch["status"] == "completed_with_errors"


def test_the_files_of_a_zip_have_a_verdict_each(house: House) -> None:
    both = zipped({"a/stocks.csv": stocks("A"), "b/customers.csv": "x;y\n1;2\n", "sales.csv": sales("1")})
    found = data(upload(house.operator, ("both.zip", both)), 202)
    assert {file["filename"]: file["valid"] for file in found["files"]} == {
        "both.zip/a/stocks.csv": True,
        "both.zip/b/customers.csv": False,
        "both.zip/sales.csv": True,
    }
    assert (house.count("stocks"), house.count("sales"), house.count("customers")) == (1, 1, 0)


def test_a_zip_without_data_has_nothing_to_process(house: House) -> None:
    answer = upload(house.operator, ("photos.zip", zipped({"a.png": "x"})))
    assert refused(answer, 400) == "No valid data files to process."
    assert answer.json()["details"]["warnings"]
    assert house.gate.asked == []
    assert house.left() == []


@pytest.mark.parametrize("fields", [{}, {"mode": "quick"}, {"mode": "full"}])
def test_without_a_file_nothing_is_registered(house: House, fields: dict[str, str]) -> None:
    assert refused(house.operator.post("/api/import", data=fields), 400)
    assert house.count("import_batches") == 0
    assert house.left() == []


@pytest.mark.parametrize("mode", ["both", "full", "quick"])
def test_files_that_cannot_be_data_are_refused_with_a_warning_each(house: House, mode: str) -> None:
    answer = upload(house.operator, ("a.png", "x"), ("b.pdf", "x"), mode=mode)
    assert refused(answer, 400) == "No valid data files to process."
    warnings = answer.json()["details"]["warnings"]
    assert ["a.png" in warnings[0], "b.pdf" in warnings[1]] == [True, True]
    assert house.count("import_batches") == 0
    assert house.left() == []


def test_quick_mode_only_validates(house: House) -> None:
    found = data(upload(house.operator, ("stocks.csv", stocks("A")), ("x.csv", "a\n1\n"), mode="quick"), 200)
    assert found["mode"] == "quick"
    assert sorted(file["valid"] for file in found["files"]) == [False, True]
    assert house.gate.asked == []
    assert house.count("stocks") == 0
    batch = data(house.viewer.get(f"/api/jobs/{found['batch_id']}"))
    assert batch["finished_at"] is not None
    assert house.left() == []


def test_quick_mode_with_bad_files_only_is_refused(house: House) -> None:
    assert refused(upload(house.operator, ("x.csv", "a\n1\n"), mode="quick"), 422)


def test_full_mode_answers_before_the_verdicts_are_known(house: House) -> None:
    house.gate.at_once = False
    found = data(upload(house.operator, ("stocks.csv", stocks("A")), ("x.csv", "a\n1\n"), mode="full"), 202)
    assert [(file["filename"], file["valid"], file["rows"]) for file in found["files"]] == [
        ("stocks.csv", None, None),
        ("x.csv", None, None),
    ]
    batch = data(house.viewer.get(f"/api/jobs/{found['batch_id']}"))
    assert (batch["status"], batch["total_files"]) == ("pending", 0)
    house.gate.work_off()
    assert {file["filename"]: file["status"] for file in files_of(house.viewer, found["batch_id"])} == {
        "stocks.csv": 9,
        "x.csv": 6,
    }


def test_mode_and_table_are_taken_with_blanks_and_capitals(house: House) -> None:
    found = data(upload(house.operator, ("x.csv", stocks("A")), mode=" QUICK ", table_name=" stocks "), 200)
    assert found["files"][0]["valid"] is True


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"mode": "fast"}, "mode 'fast'"),
        ({"table_name": "none"}, "table_name 'none'"),
        ({"dist_id": "x" * 65}, "64 characters"),
    ],
)
def test_a_wrong_form_leaves_nothing_behind(house: House, fields: dict[str, str], words: str) -> None:
    assert words in refused(upload(house.operator, ("stocks.csv", stocks("A")), **fields), 400)
    assert house.count("import_batches") == 0
    assert house.left() == []


def test_messages_come_in_the_language_that_was_asked_for(house: House) -> None:
    sent = {"files": [("files", ("notes.csv", "a;b\n1;2\n"))]}
    english = house.operator.post("/api/import?lang=en", **sent).json()
    indonesian = house.operator.post("/api/import?lang=id", **sent).json()
    assert english["error"] != indonesian["error"]
    assert english["details"]["files"][0]["error"] != indonesian["details"]["files"][0]["error"]


def test_two_files_of_one_name_are_two_files(house: House) -> None:
    found = data(upload(house.operator, ("stocks.csv", stocks("A")), ("stocks.csv", stocks("B", "C"))), 202)
    assert [(file["filename"], file["rows"]) for file in found["files"]] == [
        ("2/stocks.csv", 2),
        ("stocks.csv", 1),
    ]
    assert house.count("stocks") == 3


def test_bytes_that_were_imported_before_are_read_again_only_by_force(house: House) -> None:
    first = only_file(house.viewer, imported(house.operator, ("stocks.csv", stocks("A"))))
    again = only_file(house.viewer, imported(house.operator, ("stocks.csv", stocks("A"))))
    forced = only_file(house.viewer, imported(house.operator, ("stocks.csv", stocks("A")), force="true"))
    assert (again["repeats_job_id"], again["unchanged"]) == (first["id"], 1)
    assert (forced["repeats_job_id"], forced["unchanged"]) == (None, 1)


def test_a_file_arrives_byte_by_byte(house: House) -> None:
    content = (stocks("Ä", "€") * 2000).encode("cp1252")
    found = data(upload(house.operator, ("stocks.csv", content), mode="quick"))
    job = only_file(house.viewer, found["batch_id"])
    assert (job["size"], job["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())


# Sent again with a key


def test_an_upload_with_a_key_is_imported_once(house: House) -> None:
    key = {"idempotency-key": "monday"}
    first, second = (upload(house.operator, ("stocks.csv", stocks("A")), headers=key) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert house.count("import_batches") == 1
    assert len(house.gate.asked) == 1
    assert house.left() == []


def test_an_answer_that_refused_is_repeated_too(house: House) -> None:
    key = {"idempotency-key": "monday"}
    first, second = (upload(house.operator, ("x.csv", "a\n1\n"), headers=key) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json()) == (422, first.json())
    assert house.count("import_batches") == 1


def test_a_key_is_for_one_upload(house: House) -> None:
    key = {"idempotency-key": "monday"}
    imported_once = upload(house.operator, ("stocks.csv", stocks("A")), headers=key)
    assert imported_once.status_code == 202
    assert "Idempotency-Key" in refused(upload(house.operator, ("stocks.csv", stocks("B")), headers=key), 422)
    assert house.count("import_batches") == 1
    assert house.left() == []


def test_a_key_is_the_person_s_own(house: House) -> None:
    key = {"idempotency-key": "monday"}
    for client in (house.operator, house.admin):
        assert upload(client, ("stocks.csv", stocks("A")), headers=key).status_code == 202
    assert house.count("import_batches") == 2


@pytest.mark.parametrize("key", ["", "x" * 192])
def test_a_key_that_is_none_is_refused(house: House, key: str) -> None:
    assert refused(upload(house.operator, ("stocks.csv", stocks("A")), headers={"idempotency-key": key}), 400)
    assert house.left() == []


def test_a_key_is_held_while_its_first_upload_is_worked_on(house: House) -> None:
    key = {"idempotency-key": "monday"}
    running, go_on = threading.Event(), threading.Event()
    run = house.gate.run

    def held(run_id: str) -> None:
        running.set()
        assert go_on.wait(60)
        run(run_id)

    house.gate.run = held  # type: ignore[method-assign]
    answers: list[httpx.Response] = []
    first = threading.Thread(
        target=lambda: answers.append(upload(house.operator, ("stocks.csv", stocks("A")), headers=key))
    )
    first.start()
    try:
        assert running.wait(60)
        second = upload(house.client("operator"), ("stocks.csv", stocks("A")), headers=key)
        assert "still being worked on" in refused(second, 409)
    finally:
        go_on.set()
        first.join()
    assert answers[0].status_code == 202
    assert house.count("import_batches") == 1
    third = upload(house.operator, ("stocks.csv", stocks("A")), headers=key)
    assert third.json() == answers[0].json()


def test_after_a_refusal_a_key_is_free_again(house: House) -> None:
    key = {"idempotency-key": "monday"}
    assert refused(upload(house.operator, ("stocks.csv", stocks("A")), headers=key, mode="fast"), 400)
    assert upload(house.operator, ("stocks.csv", stocks("A")), headers=key).status_code == 202


def reserved(house: House, batch_id: str, minutes: int) -> None:
    """The server of an upload with the key `monday` ended so many minutes ago."""
    with house.flow.context.database.session() as session, session.transaction():
        session.execute(
            "INSERT INTO idempotency_keys (owner, idempotency_key, fingerprint, batch_id, created_at) "
            "VALUES ('operator', 'monday', 'x', %s, UTC_TIMESTAMP(6) - INTERVAL %s MINUTE)",
            (batch_id, minutes),
        )


def test_a_key_whose_server_ended_before_it_did_anything_is_free_after_a_while(house: House) -> None:
    key = {"idempotency-key": "monday"}
    reserved(house, NONE, 29)
    assert refused(upload(house.operator, ("stocks.csv", stocks("A")), headers=key), 409)
    with house.flow.context.database.session() as session, session.transaction():
        session.execute("UPDATE idempotency_keys SET created_at = created_at - INTERVAL 2 MINUTE")
    first, second = (upload(house.operator, ("stocks.csv", stocks("A")), headers=key) for _ in range(2))
    assert data(first, 202) == data(second, 202)
    assert house.count("import_batches") == 1


def test_a_key_whose_server_ended_after_it_registered_a_batch_names_that(house: House) -> None:
    batch_id = imported(house.operator, ("stocks.csv", stocks("A")))
    reserved(house, batch_id, 90)
    answer = upload(house.operator, ("stocks.csv", stocks("A")), headers={"idempotency-key": "monday"})
    assert batch_id in refused(answer, 409)
    assert house.count("import_batches") == 1


# Too much, malformed, cut off


def test_more_bytes_than_allowed_are_refused(house_with: Callable[..., House]) -> None:
    house = house_with(upload_max_bytes=1 << 16)
    answer = upload(house.operator, ("stocks.csv", b"x" * (1 << 17)))
    assert "65,536 bytes" in refused(answer, 413)
    assert house.left() == []


def test_more_bytes_than_allowed_are_refused_when_nobody_said_how_many(
    house_with: Callable[..., House],
) -> None:
    house = house_with(upload_max_bytes=1 << 16)

    def body() -> Iterator[bytes]:
        yield begun_part("stocks.csv")
        yield b"x" * (1 << 17)

    answer = house.operator.post("/api/import", content=body(), headers=MULTIPART)
    assert "65,536 bytes" in refused(answer, 413)
    assert house.left() == []


@pytest.mark.parametrize(("token", "status"), [("operator", 413), ("viewer", 403), ("bad", 401)])
def test_an_upload_that_is_not_accepted_is_cut_off_while_it_comes(
    house_with: Callable[..., House], token: str, status: int
) -> None:
    house = house_with(upload_max_bytes=1 << 20)
    address = urlsplit(house.url)
    piece = b"%x\r\n%s\r\n" % (1 << 16, b"x" * (1 << 16))
    head = (
        f"POST {ROOT}/api/import HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: {MULTIPART['content-type']}\r\nTransfer-Encoding: chunked\r\n\r\n"
    ).encode()
    begun = begun_part("stocks.csv")
    sent = 0
    with socket.create_connection((address.hostname or "", address.port or 0)) as raw:
        raw.settimeout(60)
        raw.sendall(head + b"%x\r\n%s\r\n" % (len(begun), begun))
        # Until the server takes no more: what it did not read stays in the sockets' own room.
        with suppress(ConnectionError):
            while sent < 256 << 20:
                raw.sendall(piece)
                sent += len(piece)
        answer = raw.recv(1 << 16)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"connection: close" in answer.lower()
    assert sent < 32 << 20
    assert house.left() == []
    assert house.count("import_batches") == 0


def test_more_files_than_allowed_are_refused(house_with: Callable[..., House]) -> None:
    house = house_with(upload_max_files=2)
    assert "2 files" in refused(upload(house.operator, *[("stocks.csv", stocks("A"))] * 3), 413)
    assert house.left() == []
    assert house.count("import_batches") == 0


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"no form at all", MULTIPART),
        (begun_part("stocks.csv") + b"SKU;Gud", MULTIPART),
        (b"", {"content-type": "multipart/form-data"}),
        (b"{}", {"content-type": "application/json"}),
    ],
)
@pytest.mark.parametrize("path", ["/api/import", "/api/preview", "/api/tables/suggest"])
def test_a_malformed_body_is_refused_and_leaves_nothing(
    house: House, path: str, body: bytes, headers: dict[str, str]
) -> None:
    assert refused(house.admin.post(path, content=body, headers=headers), 400)
    assert house.left() == []


def test_a_client_that_goes_away_in_the_middle_leaves_nothing(house: House) -> None:
    address = urlsplit(house.url)
    head = (
        f"POST {address.path}/api/import HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer operator\r\n"
        f"Content-Type: {MULTIPART['content-type']}\r\nContent-Length: 90000000\r\n\r\n"
    )
    arrived, gone = threading.Event(), threading.Event()
    write, tidy = upload_form._File.write, imports_router._tidy

    def watched(self: upload_form._File, octets: memoryview) -> None:
        write(self, octets)
        arrived.set()

    def tidied(work: WorkFolder) -> None:
        tidy(work)
        gone.set()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upload_form._File, "write", watched)
        patch.setattr(imports_router, "_tidy", tidied)
        with socket.create_connection((address.hostname or "", address.port or 0)) as raw:
            raw.sendall(head.encode() + begun_part("stocks.csv") + os.urandom(4 << 20))
            assert arrived.wait(60)
            assert [path.name for path in house.work.rglob("*.csv")] == ["stocks.csv"]
        assert gone.wait(60)
    assert house.left() == []
    assert house.count("import_batches") == 0


# Faults


def test_while_the_database_is_away_the_sender_is_told_to_come_again(served_url: str, tmp_path: Path) -> None:
    with opened_house(served_url, None, tmp_path) as house:
        answer = upload(house.operator, ("stocks.csv", stocks("A")))
        assert "try again" in refused(answer, 503)
        assert int(answer.headers["retry-after"]) > 0
        assert house.left() == []
        for path in (
            "/api/jobs",
            "/api/tables",
            "/api/counts",
            "/api/missing?first=2026-01-01&last=2026-01-01",
        ):
            assert "try again" in refused(house.operator.get(path), 503)


@pytest.mark.parametrize(
    "fault", [DatabaseUnavailable("away"), NotFound("Airflow does not know the DAG (yet)")]
)
@pytest.mark.parametrize("mode", ["both", "full"])
def test_an_upload_that_is_registered_is_accepted_though_airflow_cannot_run_it_yet(
    house: House, mode: str, fault: Exception
) -> None:
    house.gate.refuses = fault
    key = {"idempotency-key": "monday"}
    found = data(upload(house.operator, ("stocks.csv", stocks("A")), mode=mode, headers=key), 202)
    assert any("later" in warning for warning in found["warnings"])
    assert house.rows("SELECT run_asked_at, finished_at FROM import_batches") == [(None, None)]
    house.gate.refuses = None
    again = data(upload(house.operator, ("stocks.csv", stocks("A")), mode=mode, headers=key), 202)
    assert again == found
    house.gate.run(found["batch_id"])
    assert only_file(house.viewer, found["batch_id"])["status"] == 9


@pytest.mark.parametrize("mode", ["both", "quick"])
def test_an_upload_whose_validation_the_database_broke_off_is_validated_by_a_run(
    house: House, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    def broken(*_: object) -> None:
        raise DatabaseUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr("import_export.services.uploading.validate_lane", broken)
        found = data(upload(house.operator, ("stocks.csv", stocks("A")), mode=mode), 202)
    assert [(file["filename"], file["valid"]) for file in found["files"]] == [("stocks.csv", None)]
    assert any("later" in warning for warning in found["warnings"])
    house.gate.run(found["batch_id"])
    assert only_file(house.viewer, found["batch_id"])["status"] == (9 if mode == "both" else 5)
    assert data(house.viewer.get(f"/api/jobs/{found['batch_id']}"))["finished_at"] is not None
    assert house.left() == []


def test_a_fault_of_the_program_is_told_by_a_number_only(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("import_export.api.imports_router.upload_form", broken)
    answer = upload(house.operator, ("stocks.csv", stocks("A")))
    assert "number" in refused(answer, 500)
    assert "secret" not in answer.text
    assert house.left() == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"\\ud800": 1}',
        b'{"dist_id": "\\ud800", "table_name": "stocks", "frequency": "daily"}',
        b'{"dist_id": "\\u0000", "table_name": "stocks", "frequency": "daily", "\\udfff": 1}',
        b"[" * 100_000,
        b"\xff",
        b'{"days": [1e999]}',
        b"NaN",
        b"",
    ],
)
def test_a_body_that_is_no_good_json_is_refused(house: House, body: bytes) -> None:
    answer = house.admin.put("/api/expected", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert refused(answer, answer.status_code)


@pytest.mark.parametrize("told", [True, False])
def test_a_body_that_holds_no_files_is_not_taken_in_beyond_a_limit(house: House, told: bool) -> None:
    def body() -> Iterator[bytes]:
        for _ in range(17):
            yield b" " * (1 << 20)

    content = b"".join(body()) if told else body()
    answer = house.admin.put("/api/expected", content=content, headers={"content-type": "application/json"})
    assert "16,777,216 bytes" in refused(answer, 413)


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_large_upload_needs_no_memory(house: House) -> None:
    house.gate.at_once = False
    chunk, count, most = os.urandom(1 << 18), 300 * 4, 0
    before = resident()

    def body() -> Iterator[bytes]:
        nonlocal most
        yield begun_part("stocks.csv")
        for _ in range(count):
            yield chunk
            most = max(most, resident())
        yield (
            f'\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name="mode"\r\n\r\nfull\r\n--{BOUNDARY}--\r\n'
        ).encode()

    found = data(house.operator.post("/api/import", content=body(), headers=MULTIPART), 202)
    most = max(most, resident())
    [kept] = house.work.rglob("stocks.csv")
    assert kept.parent == house.work / found["batch_id"] / "claimed"
    assert kept.stat().st_size == 300 << 20
    assert most - before < 50 << 20
    kept.unlink()


# Preview


def test_a_preview_tells_everything_and_keeps_nothing(house: House) -> None:
    sent = [("file", ("stocks.csv", stocks("A", "B") + "C;W1;lima;01/03/2026\n"))]
    found = data(house.operator.post("/api/preview", files=sent))
    assert "lima" in json.dumps(found)
    assert (house.count("import_batches"), house.count("stocks"), house.left()) == (0, 0, [])


def test_a_preview_without_a_file_is_refused(house: House) -> None:
    assert refused(house.operator.post("/api/preview", data={"table_name": "stocks"}), 400)
    assert house.left() == []


def test_customers_of_another_distributor_are_refused_with_the_reason(house: House) -> None:
    answer = upload(house.operator, ("customers.csv", customers("1", dist="0112")), dist_id="9901")
    assert refused(answer, 422)
    found = answer.json()["details"]
    assert found["files"][0]["code"] == "DIST_ID_MISMATCH"
    batch = data(house.viewer.get(f"/api/jobs/{found['batch_id']}"))
    assert batch["dist_id"] == "9901"
    assert house.count("customers") == 0
