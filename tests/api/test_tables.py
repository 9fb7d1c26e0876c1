"""Tables over HTTP: configuration, templates, content as CSV and XLSX, replay, suggestion."""

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import httpx
import openpyxl
import pytest

from import_export.services import table_files
from import_export.stores import content
from tests.api.house import House, customers, data, imported, only_file, refused, sales, stocks, upload

HOSTILE = [
    "=cmd()",
    "+1",
    "-1",
    "@SUM(A1)",
    'say "hi"; now, please',
    "two\nlines",
    "emoji 😀 é",
    "'quoted'",
    '=HYPERLINK("http://evil.test","x")',
    "<b>&amp;</b>",
    "007",
    "1e5",
    "_x0041_",
]
TABLE = {
    "table_name": "offers",
    "allowed_filename": "offers",
    "columns": [
        {"name": "code", "type": "str(30)", "is_mandatory": True, "is_unique": True},
        {"name": "price", "type": "decimal(20,8)", "number_format": "1.234,56", "minimum": "0"},
        {"name": "large", "type": "int"},
        {"name": "seen", "type": "datetime", "date_formats": ["yyyy-mm-dd"]},
        {"name": "day", "type": "date", "date_formats": ["mm/dd/yyyy"], "minimum": "2027-01-01"},
        {"name": "kind", "type": "str(5)", "allowed_values": ["new", "old"]},
        {"name": "open", "type": "bool"},
    ],
}


def read_csv(answer: httpx.Response) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def read_xlsx(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return openpyxl.load_workbook(io.BytesIO(answer.content)).active


# Templates


@pytest.mark.parametrize("table", ["stocks", "sales", "customers"])
def test_a_template_is_imported_as_it_is(house: House, table: str) -> None:
    answer = house.viewer.get(f"/api/tables/{table}/template.csv", params={"dist_id": "0112"})
    assert len(read_csv(answer)) == 2
    assert f'filename="{table}.template.csv"' in answer.headers["content-disposition"]
    assert data(upload(house.operator, (f"{table}.csv", answer.content), mode="quick", dist_id="0112"))
    job = only_file(house.viewer, imported(house.operator, (f"{table}.csv", answer.content), dist_id="0112"))
    assert (job["status"], job["inserted"], job["rejected"]) == (9, 1, 0)


def test_a_template_of_any_configuration_is_imported_as_it_is(own_house: House) -> None:
    house = own_house
    data(house.admin.post("/api/tables", json=TABLE), 201)
    template = house.viewer.get("/api/tables/offers/template.csv")
    job = only_file(house.viewer, imported(house.operator, ("offers.csv", template.content)))
    assert (job["status"], job["inserted"], job["rejected"]) == (9, 1, 0), job
    assert house.rows("SELECT code, kind, `day` FROM offers") == [("ABC", "new", date(2027, 1, 1))]


@pytest.mark.parametrize("path", ["template.csv", "export.csv", "export.xlsx", "versions", "columns"])
def test_of_a_table_that_is_not_there_nothing_is_found(house: House, path: str) -> None:
    answer = house.viewer.get(f"/api/tables/none/{path}")
    if path == "versions":
        assert data(answer) == []
    else:
        assert "none" in refused(answer, 404)


# Content


def hostile_sales() -> str:
    lines = io.StringIO()
    writer = csv.writer(lines, delimiter=";", lineterminator="\r\n")
    writer.writerow(sales().strip().split(";"))
    for number, text in enumerate(HOSTILE):
        writer.writerow(
            ["0112", f"D{number:02}", "02/03/2026", "T1", "B1", "3", "1.000,50", "3.001,50", text]
        )
    return lines.getvalue()


def test_an_export_has_each_cell_to_the_letter(house: House) -> None:
    imported(house.operator, ("sales.csv", hostile_sales()))
    header, *rows = read_csv(house.viewer.get("/api/tables/sales/export.csv"))
    found = [dict(zip(header, row, strict=True)) for row in rows]
    assert [row["keterangan"] for row in sorted(found, key=lambda row: row["dono"])] == HOSTILE
    first = found[0]
    assert (first["dotanggal"], first["qty_pcs"], first["harga"], first["nama_outlet"]) == (
        "2026-03-02",
        "3",
        "1000.50",
        "",
    )
    assert datetime.fromisoformat(first["ImportDate"])


def test_an_export_for_people_has_nothing_that_a_spreadsheet_would_run(house: House) -> None:
    imported(house.operator, ("sales.csv", hostile_sales()))
    header, *rows = read_csv(house.viewer.get("/api/tables/sales/export.csv?for_people=true"))
    found = {row[header.index("dono")]: row[header.index("keterangan")] for row in rows}
    texts = [found[f"D{number:02}"] for number in range(len(HOSTILE))]
    runs = ("=", "+", "-", "@")
    assert texts == [f"'{text}" if text.startswith(runs) else text for text in HOSTILE]


def test_a_workbook_has_each_cell_to_the_letter_and_texts_as_texts(house: House) -> None:
    imported(house.operator, ("sales.csv", hostile_sales()))
    answer = house.viewer.get("/api/tables/sales/export.xlsx")
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert 'filename="sales.xlsx"' in answer.headers["content-disposition"]
    header, *rows = read_xlsx(answer).iter_rows()
    names = [cell.value for cell in header]
    cells = {row[names.index("dono")].value: row for row in rows}
    found = [cells[f"D{number:02}"][names.index("keterangan")] for number in range(len(HOSTILE))]
    assert [cell.value for cell in found] == HOSTILE
    assert {cell.data_type for cell in found} == {"s"}
    first = dict(zip(names, cells["D00"], strict=True))
    assert (first["distid"].value, first["distid"].data_type) == ("0112", "s")
    assert (first["qty_pcs"].value, first["qty_pcs"].data_type) == (3, "n")
    assert first["harga"].value == pytest.approx(1000.5)
    assert first["dotanggal"].value == datetime(2026, 3, 2)
    assert first["nama_outlet"].value is None
    assert house.left() == []


def test_an_export_of_nothing_has_a_header(house: House) -> None:
    [header] = read_csv(house.viewer.get("/api/tables/stocks/export.csv"))
    assert header == ["sku", "warehouse_code", "stock_pcs", "stock_box", "stock_cs", "date", "ImportDate"]
    [row] = read_xlsx(house.viewer.get("/api/tables/stocks/export.xlsx")).iter_rows(values_only=True)
    assert list(row) == header


def test_an_export_has_all_rows_of_all_pieces(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "PIECE", 7)
    imported(house.operator, ("stocks.csv", stocks(*(f"S{number:03}" for number in range(100)))))
    _, *rows = read_csv(house.viewer.get("/api/tables/stocks/export.csv"))
    assert sorted(row[0] for row in rows) == [f"S{number:03}" for number in range(100)]
    sheet = read_xlsx(house.viewer.get("/api/tables/stocks/export.xlsx"))
    assert sheet.max_row == 101


def test_more_rows_than_a_sheet_holds_are_refused(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_files, "XLSX_ROWS", 2)
    imported(house.operator, ("stocks.csv", stocks("A", "B", "C")))
    assert "take the CSV" in refused(house.viewer.get("/api/tables/stocks/export.xlsx"), 400)
    assert house.left() == []


def test_numbers_and_moments_are_exported_without_loss(own_house: House) -> None:
    house = own_house
    data(house.admin.post("/api/tables", json=TABLE), 201)
    with house.flow.context.database.session() as session, session.transaction():
        values = "(code, price, large, seen, `day`, kind, open, ImportDate, import_job_id)"
        session.execute(
            f"INSERT INTO offers {values} VALUES "
            "('a', 0, 9007199254740993, '1899-12-31 23:59:58', '0101-01-01', NULL, TRUE, '2026-03-02 01:02:03.000004', 1), "
            "('b', 123456789012.12345678, -5, '2026-03-02 14:30:00', '2026-03-02', 'x\x01\ufffey', FALSE, '2026-03-02', 1)"
        )
    rows = {row[0]: row for row in read_csv(house.viewer.get("/api/tables/offers/export.csv"))}
    assert rows["a"] == [
        "a",
        "0.00000000",
        "9007199254740993",
        "1899-12-31 23:59:58",
        "0101-01-01",
        "",
        "1",
        "2026-03-02 01:02:03.000004",
    ]
    assert rows["b"][1:4] == ["123456789012.12345678", "-5", "2026-03-02 14:30:00"]
    sheet = read_xlsx(house.viewer.get("/api/tables/offers/export.xlsx"))
    cells = {row[0]: row for row in sheet.iter_rows(values_only=True)}
    assert cells["a"][2:5] == ("9007199254740993", "1899-12-31 23:59:58", "0101-01-01")
    assert cells["b"][1:4] == ("123456789012.12345678", -5, datetime(2026, 3, 2, 14, 30))
    assert Decimal(str(cells["a"][1])) == 0


def test_an_export_of_a_table_that_mysql_has_no_more_is_told_by_a_status(own_house: House) -> None:
    house = own_house
    with house.flow.context.database.session() as session:
        session.execute("ALTER TABLE stocks DROP COLUMN stock_cs")
        session.execute("DROP TABLE customers")
    for table in ("stocks", "customers"):
        for kind in ("csv", "xlsx"):
            assert table in refused(house.viewer.get(f"/api/tables/{table}/export.{kind}"), 409)
    assert house.left() == []


def test_a_download_that_is_broken_off_gives_its_connection_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content, "PIECE", 10)
    imported(house.operator, ("sales.csv", sales(*map(str, range(20_000)), note="x" * 200)))
    for _ in range(40):
        with house.client("viewer").stream("GET", "/api/tables/sales/export.csv") as answer:
            assert next(answer.iter_bytes(100))
    # More were broken off than there are connections.
    assert data(house.viewer.get("/api/jobs"))


# Configuration


def test_a_table_is_made_filled_changed_and_removed(own_house: House) -> None:
    house = own_house
    made = data(house.admin.post("/api/tables", json=TABLE), 201)
    assert [column["name"] for column in made["columns"]] == [column["name"] for column in TABLE["columns"]]  # type: ignore[index]
    assert data(house.viewer.get("/api/tables/offers")) == made
    assert refused(house.admin.post("/api/tables", json=TABLE), 400)
    assert "already" in refused(house.admin.post("/api/tables", json={**TABLE, "allowed_filename": "x"}), 400)
    imported(house.operator, ("offers.csv", "code;price\nA;1,5\n"))
    changed = data(
        house.admin.put("/api/tables/offers", json={"display_name": "Offers!", "duplicates": "reject"})
    )
    assert (changed["display_name"], changed["duplicates"], len(changed["columns"])) == (
        "Offers!",
        "reject",
        7,
    )
    named = data(
        house.admin.put(f"/api/tables/{made['id']}/filename", json={"allowed_filename": "offers, angebote"})
    )
    assert named["allowed_filename"] == "offers, angebote"
    imported(house.operator, ("angebote.csv", "code;price\nB;2,5\n"))
    assert house.count("offers") == 2
    versions = data(house.viewer.get("/api/tables/offers/versions"))
    assert [each["version"] for each in versions] == sorted(
        (each["version"] for each in versions), reverse=True
    )
    assert {each["saved_by"] for each in versions} == {"admin"}
    assert data(house.admin.delete("/api/tables/offers", params={"drop_data": "true"})) == {
        "removed": "offers"
    }
    assert refused(house.viewer.get("/api/tables/offers"), 404)
    told = [each["action"] for each in data(house.admin.get("/api/audit?subject=offers"))]
    assert (told[0], told[-1]) == ("table removed with its data", "table created")


def test_columns_and_aliases_are_added_changed_and_removed(own_house: House) -> None:
    house = own_house
    added = data(
        house.admin.post("/api/tables/stocks/columns", json={"name": "note", "data_type": "str(20)"}), 201
    )
    assert (added["data_type"], added["aliases"]) == ("str(20)", [])
    changed = data(house.admin.put(f"/api/columns/{added['id']}", json={"data_type": "str(40)"}))
    assert changed["data_type"] == "str(40)"
    alias = data(house.admin.post(f"/api/columns/{added['id']}/aliases", json={"alias": " Catatan "}), 201)
    assert alias["alias"] == "Catatan"
    file = "SKU;Gudang;Stok PCS;Tanggal;catatan\nA;W1;1;01/03/2026;hello\n"
    imported(house.operator, ("stocks.csv", file))
    assert house.rows("SELECT note FROM stocks") == [("hello",)]
    assert data(house.admin.delete(f"/api/aliases/{alias['id']}")) == {"removed": "Catatan"}
    assert refused(house.admin.delete(f"/api/aliases/{alias['id']}"), 404)
    assert data(house.admin.delete(f"/api/columns/{added['id']}")) == {"removed": "note"}
    assert refused(house.admin.put(f"/api/columns/{added['id']}", json={"is_unique": False}), 404)
    names = [column["name"] for column in data(house.viewer.get("/api/tables/stocks/columns"))]
    assert "note" not in names


def test_an_existing_table_is_registered(own_house: House) -> None:
    house = own_house
    with house.flow.context.database.session() as session:
        session.execute(
            "CREATE TABLE legacy (code VARCHAR(10) NOT NULL PRIMARY KEY, dist VARCHAR(10), amount INT)"
        )
    # Behind it come those of the accounts' statistics, which nobody has registered here.
    assert data(house.admin.get("/api/tables/registrable"))[:2] == ["legacy", "media"]
    body = {"table_name": "legacy", "allowed_filename": "legacy"}
    made = data(house.admin.post("/api/tables/register", json=body), 201)
    assert ([column["name"] for column in made["columns"]], made["has_helpers"]) == (
        ["code", "dist", "amount"],
        False,
    )
    imported(house.operator, ("legacy.csv", "code;dist;amount\nA;0112;5\n"))
    assert read_csv(house.viewer.get("/api/tables/legacy/export.csv")) == [
        ["code", "dist", "amount"],
        ["A", "0112", "5"],
    ]
    assert refused(house.admin.post("/api/tables/register", json={"table_name": "none"}), 404)


def test_what_a_sample_suggests_makes_a_table_that_takes_the_sample(own_house: House) -> None:
    house = own_house
    sample = "Kode Toko;Jumlah;Tanggal\nT1;1.250,50;31/01/2026\nT2;2.000,00;28/02/2026\n"
    found = data(house.admin.post("/api/tables/suggest", files={"file": ("kunjungan.csv", sample)}))
    assert house.left() == []
    data(house.admin.post("/api/tables", json=found["table"]), 201)
    job = only_file(house.viewer, imported(house.operator, ("kunjungan.csv", sample)))
    assert (job["status"], job["inserted"]) == (9, 2)


def test_a_sample_that_is_none_is_refused(house: House) -> None:
    assert refused(house.admin.post("/api/tables/suggest", files={"file": ("x.csv", b"\0\1\2" * 100)}), 400)
    assert house.left() == []


# Replay


def test_a_replay_tells_what_would_come_out_differently_and_saves_nothing(house: House) -> None:
    rows = stocks("A", "B", "C", "LONGER")
    batch_id = imported(house.operator, ("stocks.csv", rows))
    imported(house.operator, ("customers.csv", customers("1")))
    before = data(house.viewer.get("/api/tables/stocks"))
    columns = [
        {key: column[key] for key in ("name", "is_mandatory", "is_unique", "number_format", "date_formats")}
        | {"type": column["data_type"], "aliases": [alias["alias"] for alias in column["aliases"]]}
        for column in before["columns"]
    ]
    columns[0]["type"] = "str(3)"
    [found] = data(house.admin.post("/api/tables/stocks/replay", json={"columns": columns}))
    assert found["job_id"] == only_file(house.viewer, batch_id)["id"]
    assert (found["good_before"], found["rejected_before"]) == (4, 0)
    assert (found["good_after"], found["rejected_after"]) == (3, 1)
    assert found["new_problems"] == ["Line 5: sku may have 3 characters at most, got 6"]
    assert data(house.viewer.get("/api/tables/stocks")) == before
    assert house.count("audit_log") == 0
    assert (house.count("stocks"), house.count("import_batches"), house.left()) == (4, 2, [])


def test_a_replay_tells_that_nothing_would_be_loaded_because_of_too_many_rejects(house: House) -> None:
    imported(house.operator, ("stocks.csv", stocks("A", "B") + "C;W1;lima;01/03/2026\n"))
    [found] = data(house.admin.post("/api/tables/stocks/replay", json={"max_rejects": "0"}))
    assert (found["valid_before"], found["valid_after"]) == (True, False)
    assert found["message_after"].startswith("Nothing was loaded: 1 of 3 rows were rejected")


def test_a_replay_of_files_that_are_gone_says_so(house: House) -> None:
    imported(house.operator, ("stocks.csv", stocks("A")))
    [original] = house.flow.root.glob("done/*/*/stocks.csv")
    original.unlink()
    [found] = data(house.admin.post("/api/tables/stocks/replay", json={}))
    assert "no longer kept" in found["skipped"]
    assert found["good_after"] is None


def test_a_replay_of_what_could_not_be_saved_is_refused(house: House) -> None:
    body = {"columns": [{"name": "sku", "type": "str(0)"}]}
    assert refused(house.admin.post("/api/tables/stocks/replay", json=body), 400)
    assert refused(house.admin.post("/api/tables/none/replay", json={}), 404)
