"""Files to measure with: made from a seed, like real exports (semicolons, CRLF, day-first dates, quoted names)."""

from __future__ import annotations

import random
from pathlib import Path

SALES_HEADER = (
    "DISTID;DONO;DOTANGGAL;KODE_OUTLET;NAMA_OUTLET;KOTA;KODE_BARANG;NAMA_BARANG;QTY_PCS;QTY_BOX;HARGA;DISKON;"
    "AMOUNT_JUAL;SALESMAN;EXPORTDATE;KETERANGAN"
)
STOCKS_HEADER = "SKU;GUDANG;STOK PCS;STOK BOX;STOK CS;TANGGAL"
_CHUNK = 500_000


def write_sales(path: Path, rows: int, *, bad_share: float = 0.0) -> None:
    """A sales file of about 150 bytes a row; some quoted names hold a line break.

    Rows beyond the first 500,000 repeat them under other numbers.
    """
    first = "".join(
        _sales_row(number, random.Random(number), bad_share) for number in range(min(rows, _CHUNK))
    )
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(SALES_HEADER + "\r\n")
        for number in range(rows // _CHUNK or 1):
            file.write(first.replace(";DO0", f";DO{number}"))


def _sales_row(number: int, chance: random.Random, bad_share: float) -> str:
    name = f"TOKO {chance.randrange(100_000)}" + ("\r\nLANTAI 2" if number % 1000 == 7 else "; JAYA")
    price, pieces = chance.randrange(1_000, 250_000), chance.randrange(1, 500)
    quantity = "lima" if chance.random() < bad_share else str(pieces)
    return (
        f'0112;DO{number // 5:09d};{number % 28 + 1:02d}/03/2026;{chance.randrange(900):05d};"{name}";Bandung;'
        f'{number % 5:05d};"Kopi Bubuk {chance.randrange(100)} g";{quantity};{chance.randrange(20)};'
        f"{_amount(price)};{_amount(0)};{_amount(price * pieces)};Budi Santoso;01/04/2026;promo Ramadan\r\n"
    )


def write_stocks(path: Path, first: int, rows: int) -> None:
    """A small stocks file; `first` makes its keys its own."""
    lines = [STOCKS_HEADER]
    lines += [
        f"{number:08d};G{number % 3};{number % 977};{number % 91};0;31/03/2026"
        for number in range(first, first + rows)
    ]
    path.write_text("\r\n".join(lines) + "\r\n", newline="")


def _amount(number: int) -> str:
    return f"{number:,}".replace(",", ".") + ",00"
