"""What the real MySQL table can hold, held against its configuration: out of range is a reject, never a truncation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from import_export.errors import LayoutChanged
from import_export.imports.tables import HELPER_COLUMNS, Column, ColumnType, ImportTable, Kind
from import_export.stores.database import Session
from import_export.stores.queries import queries

_INTEGERS: Mapping[str, int] = {
    "tinyint": 1,
    "smallint": 2,
    "mediumint": 3,
    "int": 4,
    "integer": 4,
    "bigint": 8,
}
"""Octets of MySQL's whole numbers."""

_TEXTS = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})
_CODECS: Mapping[str, str | None] = {
    "utf8mb4": None,
    "utf8mb3": "bmp",
    "utf8": "bmp",
    "latin1": "cp1252",
    "ascii": "ascii",
}
"""What MySQL's character sets can hold."""
_BYTES_A_CHARACTER = 4


@dataclass(frozen=True, slots=True)
class MysqlColumn:
    """A column as MySQL has it."""

    name: str
    data_type: str
    column_type: str
    length: int | None
    precision: int | None
    scale: int | None
    nullable: bool
    default: str | None
    extra: str
    charset: str | None
    collation: str | None

    @property
    def fills_itself(self) -> bool:
        """Whether a row can do without a value for it."""
        return (
            self.nullable
            or self.default is not None
            or "auto_increment" in self.extra
            or "GENERATED" in self.extra.upper()
        )


def fitted(session: Session, table: ImportTable) -> ImportTable:
    """The table with each column's type as narrow as MySQL's; raises `LayoutChanged` where the two cannot agree."""
    sql = queries("tables")
    rows = sql.mysql_columns(session.raw, table_name=table.table_name)
    found = {column.name: column for column in map(_column, rows)}
    if not found:
        raise LayoutChanged("it does not exist in MySQL")
    _check_columns(table, found)
    if table.unique_columns:
        _check_key(table, list(sql.mysql_unique_keys(session.raw, table_name=table.table_name)))
    return replace(table, columns=tuple(_narrowed(column, found[column.name]) for column in table.columns))


def _column(row: tuple[Any, ...]) -> MysqlColumn:
    name, data_type, column_type, length, precision, scale, nullable, default, extra, charset, collation = row
    return MysqlColumn(
        name=name,
        data_type=str(data_type).lower(),
        column_type=str(column_type).lower(),
        length=length,
        precision=precision,
        scale=scale,
        nullable=nullable == "YES",
        default=default,
        extra=extra or "",
        charset=charset,
        collation=collation,
    )


def _check_columns(table: ImportTable, found: Mapping[str, MysqlColumn]) -> None:
    wanted = [column.name for column in table.columns]
    if table.has_helpers:
        wanted += [name for name in HELPER_COLUMNS if name != "row_hash" or not table.unique_columns]
    missing = [name for name in wanted if name not in found]
    if missing:
        raise LayoutChanged(f"MySQL's table lacks the columns {', '.join(missing)}")
    needy = [name for name, column in found.items() if name not in wanted and not column.fills_itself]
    if needy:
        raise LayoutChanged(
            f"MySQL's table has columns that need a value, but no configuration knows them: {', '.join(needy)}"
        )


def _check_key(table: ImportTable, rows: list[tuple[Any, ...]]) -> None:
    """Rows are found again by the unique columns; without a unique key on just these, MySQL would not find them."""
    keys: dict[str, set[str]] = defaultdict(set)
    for index, column, part, _ in rows:
        keys[index].add(column if part is None else "")
    names = {column.name for column in table.unique_columns}
    if names not in keys.values():
        listed = ", ".join(column.name for column in table.unique_columns)
        raise LayoutChanged(
            f"MySQL's table has no unique key on ({listed}); add one, or choose other unique columns"
        )


def _narrowed(column: Column, real: MysqlColumn) -> Column:
    kind = column.type.kind
    changes: dict[str, Any] = {}
    if kind is Kind.STR:
        changes["type"] = _narrow_text(column.type, real)
    elif kind in (Kind.INT, Kind.BOOL) and real.data_type in _INTEGERS:
        changes |= _range(column, *_limits(real))
    elif kind in (Kind.INT, Kind.DECIMAL) and real.data_type == "decimal":
        changes |= _narrow_decimal(column, real)
    elif kind is Kind.DECIMAL and real.data_type in _INTEGERS:
        raise LayoutChanged(
            f"column {column.name} is configured as {column.type}, but MySQL's is {real.column_type}"
        )
    if not real.nullable:
        changes["not_null"] = True
        if real.default is None and column.filler is None:
            changes["is_mandatory"] = True
    return replace(column, **changes)


def _narrow_text(column_type: ColumnType, real: MysqlColumn) -> ColumnType:
    if real.data_type not in _TEXTS or real.length is None or real.charset is None:
        return column_type
    if real.charset not in _CODECS:
        raise LayoutChanged(f"column {real.name} has the character set {real.charset}; make it utf8mb4")
    length = int(real.length)
    binary = bool(real.collation and real.collation.endswith("_bin"))
    if real.data_type.endswith("text"):
        length //= _BYTES_A_CHARACTER  # told in octets
    return replace(
        column_type, length=min(column_type.length, length), codec=_CODECS[real.charset], binary=binary
    )


def _narrow_decimal(column: Column, real: MysqlColumn) -> dict[str, Any]:
    precision, scale = int(real.precision or 0), int(real.scale or 0)
    if column.type.kind is Kind.INT:
        most = 10 ** (precision - scale) - 1
        return _range(column, 0 if "unsigned" in real.column_type else -most, most)
    whole = min(column.type.precision - column.type.scale, precision - scale)
    digits = min(column.type.scale, scale)
    changes: dict[str, Any] = {"type": replace(column.type, precision=whole + digits, scale=digits)}
    if "unsigned" in real.column_type and Decimal(column.minimum or "-1") < 0:
        changes["minimum"] = "0"
    return changes


def _limits(real: MysqlColumn) -> tuple[int, int]:
    bits = 8 * _INTEGERS[real.data_type]
    return (0, 2**bits - 1) if "unsigned" in real.column_type else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _range(column: Column, low: int, high: int) -> dict[str, Any]:
    """The narrower of the configured range and MySQL's; nothing where that is all that a whole number can be."""
    if column.type.kind is Kind.BOOL:
        return {}
    changes = {}
    if low > -(2**63):
        changes["minimum"] = str(
            max(low, int(Decimal(column.minimum)) if column.minimum is not None else low)
        )
    if high < 2**63 - 1:
        changes["maximum"] = str(
            min(high, int(Decimal(column.maximum)) if column.maximum is not None else high)
        )
    return changes
