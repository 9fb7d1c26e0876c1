"""Makes the demo's ZIP: what a distributor really sends, with mistakes in known places. Same seed, same bytes."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

DISTRIBUTOR = "0112"
SALES_ROWS = 50_000
STOCK_ROWS = 2_000

_FIRST_DAY = date(2026, 3, 1)
_CITIES = ("Bandung", "Surabaya", "Medan", "Semarang", "Makassar", "Denpasar", "Balikpapan")
_STREETS = ("MAJU JAYA", "SUMBER REJEKI", "BERKAH", "CAHAYA ABADI", "MAKMUR", "SINAR TERANG")
_SALESMEN = ("Budi Santoso", "Siti Aminah", "Agus Wijaya", "Dewi Lestari")
_GOODS = (
    "Kopi Bubuk 165 g",
    "Teh Celup isi 25",
    "Gula Pasir 1 kg",
    'Pipa PVC 1/2"',
    "Sabun Mandi 80 g",
    "Mie Instan Goreng",
)

# Rows of the sales file (from 0) that hold a mistake, well behind the first two, which the quick validation looks at.
_TEXT_IN_NUMBER = range(1_000, 13_000, 1_000)
_WRONG_DATE = range(14_500, 21_500, 1_000)
_EMPTY_MANDATORY = range(30_250, 35_250, 1_000)


@dataclass(frozen=True, slots=True)
class Expected:
    """How one job of the demo ends."""

    table: str | None
    status: int
    rows: int = 0
    rejected: int = 0


EXPECTED: dict[str, Expected] = {
    "stocks.csv": Expected("stocks", 9, STOCK_ROWS),
    "sales.csv": Expected(
        "sales", 9, SALES_ROWS, len(_TEXT_IN_NUMBER) + len(_WRONG_DATE) + len(_EMPTY_MANDATORY)
    ),
    "sales_9912.csv": Expected("sales", 6, 40),
    "catatan.csv": Expected(None, 6, 2),
    "Customers": Expected("customers", 0),
}


def make_zip() -> bytes:
    """The ZIP: folders in folders, what macOS adds, and the five kinds of files."""
    chance = random.Random(112)
    files = {
        "stocks.csv": _lines(_stocks(chance)),
        "penjualan/2026/maret/sales.csv": _lines(_sales(chance, DISTRIBUTOR, SALES_ROWS, mistakes=True)),
        "penjualan/2026/maret/sales_9912.csv": _lines(_sales(chance, "9912", 40, mistakes=False)),
        "catatan.csv": _lines(iter(["Catatan;Tanggal", "Gudang libur;01/04/2026", "Stok opname;02/04/2026"])),
        "__MACOSX/penjualan/._sales.csv": b"\0\5\x16\7",
        "penjualan/.DS_Store": b"\0\0\0\1Bud1",
    }
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 4, 1, 8, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return octets.getvalue()


def _lines(lines: Iterator[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("cp1252")


def _stocks(chance: random.Random) -> Iterator[str]:
    yield "Kode Barang;Gudang;Stok PCS;Stok Box;Stok CS;Tanggal"
    for number in range(STOCK_ROWS):
        pieces = _amount(chance.randrange(0, 25_000), decimals=False)
        day = f"{_FIRST_DAY + timedelta(days=30):%d/%m/%Y}"
        yield f"{number:05d};G{number % 3 + 1:02d};{pieces};{chance.randrange(500)};{chance.randrange(50)};{day}"


def _sales(chance: random.Random, distributor: str, rows: int, *, mistakes: bool) -> Iterator[str]:
    yield (
        "DISTID;DONO;DOTANGGAL;KODE_OUTLET;NAMA_OUTLET;KOTA;KODE_BARANG;NAMA_BARANG;QTY_PCS;QTY_BOX;HARGA;DISKON;"
        "AMOUNT_JUAL;SALESMAN;EXPORTDATE;KETERANGAN"
    )
    for number in range(rows):
        goods = chance.randrange(len(_GOODS))
        pieces, price = chance.randrange(1, 500), chance.randrange(1_000, 250_000)
        discount = chance.choice((0, 0, 0, price * pieces // 20))
        cells = [
            distributor,
            f"DO{distributor}{number // 5:07d}",
            f"{_FIRST_DAY + timedelta(days=number * 31 // rows):%d/%m/%Y}",
            f"{chance.randrange(1, 900):05d}",
            f'"TOKO {chance.choice(_STREETS)}; {chance.choice(_CITIES).upper()}"',
            chance.choice(_CITIES),
            f"{number % 5 * 100 + goods:05d}",
            '"' + _GOODS[goods].replace('"', '""') + '"',
            _amount(pieces, decimals=False),
            str(chance.randrange(20)),
            _amount(price, decimals=True),
            _amount(discount, decimals=True),
            _amount(price * pieces - discount, decimals=True),
            chance.choice(_SALESMEN),
            "01/04/2026",
            chance.choice(("", "", "retur", "café", "promo Ramadan")),
        ]
        if mistakes and number in _TEXT_IN_NUMBER:
            cells[8] = "lima"
        if mistakes and number in _WRONG_DATE:
            cells[2] = "31/02/2026"
        if mistakes and number in _EMPTY_MANDATORY:
            cells[3] = " "
        yield ";".join(cells)


def _amount(number: int, *, decimals: bool) -> str:
    """A number as Indonesian spreadsheets write it: `1.250.000,00`."""
    return f"{number:,}".replace(",", ".") + (",00" if decimals else "")
