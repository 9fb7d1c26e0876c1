"""Pictures of all pages for the docs: `PYTHONPATH=plugins python -m tests.e2e.pictures`, on a fresh stack of `make demo`.

The stack is filled with what three distributors send on a day, through the REST API; names of pages (`exports export`) take
those pictures only. With `pngquant` (apt) on the path the pictures are a third as large, and with an emoji font
(`fonts-noto-color-emoji`) captions are as people know them.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from devtools.demo_data import make_zip
from devtools.local import REPOSITORY, Local
from tests.e2e.browser import CHROMIUM, IMPORTED, PATIENCE, Api, Visits
from tests.e2e.conftest import Stack, eventually
from tests.smtp_stand_in import Mailbox, mailbox

FOLDER = REPOSITORY / "docs" / "images"
HEIGHT = 720
MOST_BYTES = 1_500_000
"""Of all pictures together."""

SALES = "DISTID;NO DO;TANGGAL DO;KODE TOKO;SKU;QTY_PCS;HARGA;AMOUNT_JUAL;SALESMAN\n"
CUSTOMERS = "DISTID;KODE_OUTLET;NAMA_OUTLET;KOTA\n"
STOCKS = "SKU;Gudang;Stok PCS;Tanggal\n"
SAMPLE = (
    "Kode Promo;Nama Promo;Diskon;Mulai;Selesai\n"
    "P2601;Ramadan Berkah;1.500,50;13/03/2026;25/03/2026\n"
    "P2602;Lebaran Hemat;2.250,00;25/03/2026;05/04/2026\n"
    "P2603;Kemerdekaan;1.750,00;14/08/2026;20/08/2026\n"
)


def people(stack: Stack, api: Api, post: Mailbox) -> None:
    """Who is told of what, and the mail server for it."""
    connection = {
        "connection_id": "smtp_default",
        "conn_type": "smtp",
        "host": "127.0.0.1",
        "port": post.port,
        "extra": json.dumps(
            {"disable_ssl": True, "disable_tls": True, "from_email": "import-export@example.com"}
        ),
    }
    stack.call("DELETE", "/api/v2/connections/smtp_default")
    status, answer = stack.call("POST", "/api/v2/connections", connection)
    assert status == 201, answer
    for address, kinds, dist_id, table_name, language in (
        ("operasional@example.com", ["refused", "missing", "stuck"], None, None, "id"),
        ("finance@example.com", ["refused"], None, "sales", "en"),
        ("0871@example.com", ["refused", "missing"], "0871", None, "id"),
    ):
        told = {"address": address, "kinds": kinds, "dist_id": dist_id, "table_name": table_name}
        api.call("PUT", "/notifications/addresses", json={**told, "language": language})


def maintained(stack: Stack, api: Api) -> None:
    """A run of the maintenance, with what is done once a day."""
    run_id = api.call("POST", "/maintenance/runs?everything=true")["run_id"]
    run = f"/api/v2/dags/maintenance/dagRuns/{run_id}"
    eventually(lambda: stack.call("GET", run)[1]["state"] == "success", seconds=IMPORTED / 1000)


def filled(api: Api) -> Mapping[str, str]:
    """Send everything; the batches that are shown, by what they are shown for."""
    for dist_id, table_name in (
        ("0112", "sales"),
        ("0112", "stocks"),
        ("0112", "customers"),
        ("0245", "sales"),
        ("0245", "stocks"),
        ("0871", "sales"),
        ("0871", "stocks"),
    ):
        expected = {"dist_id": dist_id, "table_name": table_name, "frequency": "daily", "days": []}
        api.call("PUT", "/expected", json=expected)
    sent = {
        "zip": api.upload("0112_maret_2026.zip", make_zip(), dist_id="0112"),
        "rejects": api.upload("penjualan_0245.csv", _sales("0245"), dist_id="0245"),
        "stocks": api.upload("stok_0245.csv", STOCKS + _stocks(), dist_id="0245"),
        "customers": api.upload("pelanggan.csv", CUSTOMERS + _customers("0245"), dist_id="0245"),
        "alias": api.upload(
            "stok_0871.csv", "SKU;Lokasi Barang;Stok PCS;Tanggal\n" + _stocks(), dist_id="0871"
        ),
        "unknown": api.upload("catatan gudang.csv", "Catatan;Tanggal\nLibur;01/04/2026\n", dist_id="0871"),
    }
    for batch_id in sent.values():
        api.finished(batch_id)
    [job] = [each for each in api.call("GET", f"/jobs/{sent['rejects']}")["files"] if each["status"] == 9]
    rows = api.call("GET", f"/files/{job['id']}/rejects")["rows"]
    cells = [{"line": rows[0]["line"], "cell": 6, "value": "12.500,00"}]
    corrected = {"lines": [rows[0]["line"]], "cells": cells}
    api.finished(api.call("POST", f"/files/{job['id']}/corrections", json=corrected)["batch_id"])
    return sent


def exported(api: Api) -> str:
    """Export the demo's accounts; the id of the export."""
    export_id = str(api.call("POST", "/exports", json={"accounts": "all", "formats": ["xlsx", "pdf"]})["id"])
    eventually(lambda: api.call("GET", f"/exports/{export_id}")["finished_at"], seconds=IMPORTED / 1000)
    return export_id


def _sales(dist_id: str) -> str:
    goods = ("K0165", "T0025", "G1000", "S0080")
    lines = [
        f"{dist_id};DO{dist_id}{number:05};{1 + number % 28:02}/03/2026;{number % 90:05};{goods[number % 4]};"
        f"{1 + number % 40};12.500,00;{(1 + number % 40) * 12_500:,},00;Siti Aminah".replace(",00;", "@")
        .replace(",", ".")
        .replace("@", ",00;")
        for number in range(400)
    ]
    for number, old, new in (
        (39, "12.500,00", "dua belas"),
        (120, "/03/2026", "/02/2026x"),
        (252, "K0165", ""),
    ):
        lines[number] = lines[number].replace(old, new)
    lines[77] = lines[77].replace(";38;", ";tiga puluh;")
    return SALES + "\n".join(lines) + "\n"


def _stocks() -> str:
    return "".join(
        f"K{number:04};G{number % 3 + 1:02};{number * 7 % 950};31/03/2026\n" for number in range(300)
    )


def _customers(dist_id: str) -> str:
    return "".join(f"{dist_id};{number:05};TOKO MAKMUR {number};Bandung\n" for number in range(90))


def views(sent: Mapping[str, str], export_id: str) -> Mapping[str, str]:
    """Each picture's name and its page."""
    return {
        "upload": "/upload",
        "batches": "/batches",
        "batch": f"/batches/{sent['zip']}",
        "rejects": f"/batches/{sent['rejects']}",
        "alias": f"/batches/{sent['alias']}",
        "missing": "/missing",
        "tables": "/tables",
        "table": "/tables/sales",
        "table-new": "/tables/new",
        "exports": "/exports",
        "export": f"/exports/{export_id}",
        "notifications": "/notifications",
        "changes": "/audit",
        "maintenance": "/maintenance",
        "api": "/api/docs",
    }


def ready(page: Page, name: str) -> None:
    """Bring the page to what its picture shows."""
    if name == "upload":
        files = [
            {"name": each, "mimeType": "text/csv", "buffer": b"x" * size}
            for each, size in (("0112_maret_2026.zip", 1_843_200), ("stok_0245.csv", 8_721))
        ]
        page.locator("#files").set_input_files(files)  # type: ignore[arg-type]
        page.get_by_role("textbox", name="Distributor").or_(
            page.get_by_role("combobox", name="Distributor")
        ).fill("0112")
    elif name == "batches":
        expect(page.locator("canvas")).to_be_visible()
        page.wait_for_function("() => window.Chart && window.Chart.getChart('chart')")
    elif name == "rejects":
        page.locator("details.rejects summary").click()
        expect(page.locator("table.cells")).to_be_visible()
    elif name == "table-new":
        file = {"name": "promo_2026.csv", "mimeType": "text/csv", "buffer": SAMPLE.encode()}
        page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
        page.get_by_role("button", name="Read it").click()
        expect(page.locator("#table-form")).to_be_visible()
    elif name == "exports":
        page.wait_for_function(
            "() => [...document.querySelectorAll('#preview canvas')].filter((each) => window.Chart?.getChart(each)).length === 5"
        )
    elif name == "api":
        expect(page.get_by_text("/api/import", exact=True)).to_be_visible()


def taken(browser: Browser, stack: Stack, pages: Mapping[str, str]) -> Sequence[Path]:
    """Take all pictures."""
    visits = Visits(browser, stack)
    made = []
    for theme in ("light", "dark"):
        page = visits("/upload", theme=theme)
        for name, path in pages.items():
            if (name, theme) == ("api", "dark"):
                continue  # Swagger's page has no dark side
            page.set_viewport_size({"width": 1280, "height": HEIGHT})
            page.goto(visits.root + path)
            ready(page, name)
            made.append(FOLDER / f"page-{name}-{theme}.png")
            page.screenshot(path=made[-1])
            if name in ("batches", "batch"):
                page.set_viewport_size({"width": 390, "height": HEIGHT})
                made.append(FOLDER / f"page-{name}-phone-{theme}.png")
                page.screenshot(path=made[-1])
    assert not visits.complaints, visits.complaints
    return made


def main() -> None:
    """Fill the stack and take the pictures."""
    local = Local.of_environment()
    stack = Stack(local.root, json.loads(local.run_json.read_text()))
    api = Api(stack)
    expect.set_options(timeout=PATIENCE)
    with mailbox() as post, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        people(stack, api, post)
        wanted = views(filled(api), exported(api))
        maintained(stack, api)
        made = taken(browser, stack, {name: wanted[name] for name in sys.argv[1:] or wanted})
        browser.close()
    if shutil.which("pngquant"):
        subprocess.run(["pngquant", "--ext", ".png", "--force", "--strip", "128", "--", *made], check=True)
    size = sum(path.stat().st_size for path in FOLDER.iterdir())
    print(f"{len(made)} pictures; all: {size:,} bytes, in {FOLDER}")
    assert size < MOST_BYTES


if __name__ == "__main__":
    main()
