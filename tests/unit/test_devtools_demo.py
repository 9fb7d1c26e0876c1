"""The demo's ZIP holds what the demo says it holds."""

import csv
import io
import zipfile
from datetime import datetime
from pathlib import PurePosixPath

import pytest

from devtools.demo_data import DISTRIBUTOR, EXPECTED, make_zip


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(make_zip())) as archive:
        return {name: archive.read(name).decode("cp1252") for name in archive.namelist()}


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def _is_bad(row: dict[str, str]) -> bool:
    try:
        datetime.strptime(row["DOTANGGAL"], "%d/%m/%Y")  # noqa: DTZ007 - only whether it is a day
        int(row["QTY_PCS"].replace(".", ""))
    except ValueError:
        return True
    return not row["KODE_OUTLET"].strip()


def test_the_zip_is_the_same_each_time() -> None:
    assert make_zip() == make_zip()


def test_mistakes_are_where_the_demo_expects_rejects(files: dict[str, str]) -> None:
    sales = _rows(files["penjualan/2026/maret/sales.csv"])
    bad = [number for number, row in enumerate(sales) if _is_bad(row)]
    assert (len(sales), len(bad)) == (EXPECTED["sales.csv"].rows, EXPECTED["sales.csv"].rejected)
    assert bad[0] >= 5, "the quick validation looks at the first rows and would refuse the whole file"


def test_all_other_counts_are_those_of_the_files(files: dict[str, str]) -> None:
    by_name = {PurePosixPath(name).name: _rows(text) for name, text in files.items() if name.endswith(".csv")}
    for name in ("stocks.csv", "sales_9912.csv", "catatan.csv"):
        assert len(by_name[name]) == EXPECTED[name].rows
    assert {row["DISTID"] for row in by_name["sales_9912.csv"]} == {"9912"}
    assert {row["DISTID"] for row in by_name["sales.csv"]} == {DISTRIBUTOR}


def test_it_looks_like_what_distributors_send(files: dict[str, str]) -> None:
    assert any(name.startswith("__MACOSX/") for name in files)
    assert any(name.endswith("/.DS_Store") for name in files)
    stocks = _rows(files["stocks.csv"])
    assert stocks[7]["Kode Barang"] == "00007"
    assert any("." in row["Stok PCS"] for row in stocks)
    assert any(";" in row["NAMA_OUTLET"] for row in _rows(files["penjualan/2026/maret/sales.csv"]))
