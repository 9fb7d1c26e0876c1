"""How many times faster the import is than what people write by hand, on 20,000 rows."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy

from benchmarks.data import write_sales
from benchmarks.installation import Installation

ROWS = 20_000
_COLUMNS = (
    "distid",
    "dono",
    "dotanggal",
    "kode_outlet",
    "nama_outlet",
    "kota",
    "kode_barang",
    "nama_barang",
    "qty_pcs",
    "qty_box",
    "harga",
    "diskon",
    "amount_jual",
    "salesman",
    "exportdate",
    "keterangan",
)


def compare(installation: Installation, folder: Path) -> dict[str, float]:
    """How many times faster, by what it is compared with."""
    path = folder / "sales_5.csv"
    write_sales(path, ROWS)
    installation.empty("sales")
    ours = installation.load(path, validate=True)
    installation.run("CREATE TABLE plain_sales LIKE sales")
    installation.run(
        "ALTER TABLE plain_sales DROP KEY uq_sales_row, DROP COLUMN row_hash, DROP COLUMN import_job_id, "
        "ADD UNIQUE KEY (dono, kode_barang)"
    )
    found = {}
    ways: tuple[tuple[str, Callable[[Installation, Path], None]], ...] = (
        ("times_faster_than_to_sql", _to_sql),
        ("times_faster_than_executemany", _executemany),
        ("times_faster_than_not_exists", _not_exists),
    )
    for name, way in ways:
        installation.run("TRUNCATE TABLE plain_sales")
        began = time.monotonic()
        way(installation, path)
        found[name] = (time.monotonic() - began) / ours
    installation.run("DROP TABLE plain_sales")
    return found


def _to_sql(installation: Installation, path: Path) -> None:
    frame = pd.read_csv(path, sep=";", dtype=str, names=_COLUMNS, skiprows=1)
    for name in ("dotanggal", "exportdate"):
        frame[name] = pd.to_datetime(frame[name], format="%d/%m/%Y")
    for name in ("harga", "diskon", "amount_jual"):
        frame[name] = frame[name].str.replace(".", "").str.replace(",", ".").astype(float)
    frame["ImportDate"] = pd.Timestamp.now()
    engine = sqlalchemy.create_engine(installation.uri.replace("mysql://", "mysql+mysqldb://"))
    frame.to_sql("plain_sales", engine, if_exists="append", index=False)
    engine.dispose()


def _executemany(installation: Installation, path: Path) -> None:
    places = ", ".join(["%s"] * len(_COLUMNS))
    statement = f"INSERT INTO plain_sales ({', '.join(_COLUMNS)}, ImportDate) VALUES ({places}, NOW())"
    with closing(installation.connect()) as connection, connection.cursor() as cursor:
        cursor.executemany(statement, _rows(path))
        connection.commit()


def _not_exists(installation: Installation, path: Path) -> None:
    """One INSERT a row, only when no row equals it: what the replaced system did. Without a key it needs many minutes."""
    places = ", ".join(["%s"] * len(_COLUMNS))
    same = " AND ".join(f"{name} <=> %s" for name in _COLUMNS)
    statement = (
        f"INSERT INTO plain_sales ({', '.join(_COLUMNS)}, ImportDate) SELECT {places}, NOW() FROM DUAL "
        f"WHERE NOT EXISTS (SELECT 1 FROM plain_sales WHERE {same})"
    )
    with closing(installation.connect()) as connection, connection.cursor() as cursor:
        for row in _rows(path):
            cursor.execute(statement, (*row, *row))
        connection.commit()


def _rows(path: Path) -> list[tuple[Any, ...]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, delimiter=";")
        next(reader)
        return [
            tuple(
                _date(cell) if number in (2, 14) else _number(cell) if number in (10, 11, 12) else cell
                for number, cell in enumerate(row)
            )
            for row in reader
        ]


def _date(text: str) -> str:
    day, month, year = text.split("/")
    return f"{year}-{month}-{day}"


def _number(text: str) -> Decimal:
    return Decimal(text.replace(".", "").replace(",", "."))
