"""Computes the hashes of a table's rows anew when its columns change: rows that come again must be known."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from import_export.errors import BadRequest
from import_export.imports.tables import Column, ImportTable, Kind
from import_export.stores.database import Session, quoted
from import_export.stores.staging_table import row_hashes

MOST_ROWS = 2_000_000
"""More are not done while somebody waits."""
_PIECE = 20_000
_TEMPORARY = "import_export_hashes"


def new_hashes(session: Session, table: ImportTable, there: frozenset[str]) -> pl.DataFrame:
    """What `row_hash` is to be under a configuration, by `id`, computed before MySQL's table is changed.

    `there`: the columns that MySQL's table has now; all others will have their defaults. Raises `BadRequest` when two
    rows would be equal, or there are too many rows.
    """
    [(rows,)] = session.rows(f"SELECT COUNT(*) FROM {quoted(table.table_name)}")
    if rows > MOST_ROWS:
        raise BadRequest(
            f"table '{table.table_name}' has {rows:,} rows, which are known by the columns that you change; "
            f"such a change can be made up to {MOST_ROWS:,} rows"
        )
    empty = pl.DataFrame(schema={"id": pl.Int64, "row_hash": pl.Binary})
    hashes = pl.concat([empty, *_pieces(session, table, there)])
    if hashes["row_hash"].n_unique() < hashes.height:
        raise BadRequest(
            f"table '{table.table_name}' would have rows that are equal after this change; remove them first"
        )
    return hashes


def store_hashes(session: Session, table: ImportTable, hashes: pl.DataFrame) -> None:
    """Write new hashes, inside of the caller's transaction."""
    name = quoted(table.table_name)
    session.execute(f"DROP TEMPORARY TABLE IF EXISTS {_TEMPORARY}")
    session.execute(
        f"CREATE TEMPORARY TABLE {_TEMPORARY} "
        "(id BIGINT NOT NULL PRIMARY KEY, row_hash BINARY(16) NOT NULL, UNIQUE KEY (row_hash)) ENGINE = InnoDB"
    )
    with session.raw.cursor() as cursor:
        for piece in hashes.iter_slices(_PIECE):
            cursor.executemany(f"INSERT INTO {_TEMPORARY} (id, row_hash) VALUES (%s, %s)", piece.rows())
    # A row's new hash may be another row's old one (two columns change places), and the key is looked at row by row.
    session.execute(
        f"UPDATE {name} AS t INNER JOIN {_TEMPORARY} AS n ON t.row_hash = n.row_hash "
        "SET t.row_hash = UNHEX(LEFT(SHA2(CONCAT('makes room ', t.id), 256), 32)) WHERE t.id <> n.id"
    )
    session.execute(
        f"UPDATE {name} AS t INNER JOIN {_TEMPORARY} AS n ON t.id = n.id SET t.row_hash = n.row_hash "
        "WHERE t.row_hash <> n.row_hash"
    )
    session.execute(f"DROP TEMPORARY TABLE {_TEMPORARY}")


def _pieces(session: Session, table: ImportTable, there: frozenset[str]) -> Iterator[pl.DataFrame]:
    """Ids and new hashes, some thousand at a time, in the order of the ids."""
    columns = [column for column in table.columns if column.name in there]
    texts = "".join(f", {_text(column)}" for column in columns)
    schema = {"id": pl.Int64, **{column.name: pl.String for column in columns}}
    last = 0
    while True:
        rows = session.rows(
            f"SELECT id{texts} FROM {quoted(table.table_name)} WHERE id > %s ORDER BY id LIMIT %s",
            (last, _PIECE),
        )
        if not rows:
            return
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        # The ids stay in the frame: without a column it would have no rows.
        hashes = row_hashes(frame, table.columns).str.decode("hex")
        yield pl.DataFrame([frame["id"], hashes])
        last = rows[-1][0]


def _text(column: Column) -> str:
    """The value as it will be written, which is what hashes are made of."""
    kind, name = column.type.kind, quoted(column.name)
    if kind is Kind.STR:
        return f"CAST({name} AS CHAR)"
    made = {
        Kind.INT: "SIGNED",
        Kind.BOOL: "SIGNED",
        Kind.DATE: "DATE",
        Kind.DATETIME: "DATETIME",
        Kind.DECIMAL: f"DECIMAL({column.type.precision}, {column.type.scale})",
    }[kind]
    return f"CAST(CAST({name} AS {made}) AS CHAR)"
