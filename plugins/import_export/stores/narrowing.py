"""Narrows a configured column to what MySQL's column can hold: out of range is a reject, never a truncation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from import_export.errors import LayoutChanged
from import_export.imports.tables import Column, ColumnType, Kind

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
_FLOATS = frozenset({"float", "double"})
_MOMENTS = frozenset({"datetime", "timestamp"})
_HOLD: Mapping[Kind, frozenset[str]] = {
    Kind.INT: frozenset({*_INTEGERS, *_TEXTS, *_FLOATS, "decimal", "year"}),
    Kind.BOOL: frozenset({*_INTEGERS, *_TEXTS, *_FLOATS, "decimal", "bit"}),
    Kind.DECIMAL: frozenset({*_TEXTS, *_FLOATS, "decimal"}),
    Kind.DATE: frozenset({*_TEXTS, *_MOMENTS, "date"}),
    Kind.DATETIME: frozenset({*_TEXTS, *_MOMENTS, "date"}),
}
"""Which of MySQL's types hold values of a kind."""
_WRITTEN: Mapping[Kind, int] = {Kind.DATE: len("2026-01-31"), Kind.DATETIME: len("2026-01-31 10:00:00")}
_MAY_BE_TEXT = _TEXTS | {"enum", "set", "json", "time"}
_CODECS: Mapping[str, str | None] = {
    "utf8mb4": None,
    "utf8mb3": "bmp",
    "utf8": "bmp",
    "latin1": "cp1252",
    "ascii": "ascii",
}
"""What MySQL's character sets can hold."""
_BYTES_A_CHARACTER = 4
_YEARS = (1901, 2155)
_TIMESTAMPS = ("1970-01-01 00:00:01", "2038-01-19 03:14:07")
_FLOAT = ColumnType(Kind.DECIMAL, precision=38, scale=15)


@dataclass(frozen=True, slots=True)
class MysqlColumn:
    """A column as MySQL has it."""

    name: str
    data_type: str
    column_type: str
    """With lengths and values, as it was declared."""
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
        return self.nullable or self.default is not None or "auto_increment" in self.extra or self.computed

    @property
    def computed(self) -> bool:
        """Whether its values are made of other columns'; MySQL says DEFAULT_GENERATED of a mere default."""
        return self.extra.upper().endswith((" GENERATED", "PERSISTENT"))

    @property
    def unsigned(self) -> bool:
        """Whether it holds no negative numbers."""
        return "unsigned" in self.column_type.lower()


def narrowed(column: Column, real: MysqlColumn) -> Column:
    """The column with a type, range and values that MySQL's holds; raises `LayoutChanged` where the two cannot agree."""
    if real.computed:
        raise LayoutChanged(f"column {column.name} is computed by MySQL")
    changes = _text(column, real) if column.type.kind is Kind.STR else _typed(column, real)
    if not real.nullable:
        changes["not_null"] = True
        if not real.fills_itself and column.filler is None:
            changes["is_mandatory"] = True
    return replace(column, **changes)


def _disagree(column: Column, real: MysqlColumn) -> LayoutChanged:
    return LayoutChanged(
        f"column {column.name} is configured as {column.type}, but MySQL's is {real.column_type.lower()}"
    )


def _text(column: Column, real: MysqlColumn) -> dict[str, Any]:
    """Texts go into any column; where it holds numbers or dates, they must be such."""
    kind = real.data_type
    if kind == "enum":
        return _listed(column, real)
    if kind in _TEXTS and real.length is not None and real.charset is not None:
        return {"type": _narrow_text(column.type, real)}
    held: Mapping[str, ColumnType] = {
        **dict.fromkeys((*_INTEGERS, "year"), ColumnType(Kind.INT)),
        **dict.fromkeys(_FLOATS, _FLOAT),
        **dict.fromkeys(_MOMENTS, ColumnType(Kind.DATETIME)),
        "decimal": ColumnType(Kind.DECIMAL, precision=int(real.precision or 0), scale=int(real.scale or 0)),
        "date": ColumnType(Kind.DATE),
    }
    if kind in held:
        return {"type": held[kind], **_typed(replace(column, type=held[kind]), real)}
    if kind not in _MAY_BE_TEXT:
        raise _disagree(column, real)
    return {}


def _listed(column: Column, real: MysqlColumn) -> dict[str, Any]:
    values = tuple(value.replace("''", "'") for value in re.findall(r"'((?:[^']|'')*)'", real.column_type))
    wanted = column.allowed_values or values
    return {"allowed_values": tuple(value for value in wanted if value in values) or values}


def _narrow_text(column_type: ColumnType, real: MysqlColumn) -> ColumnType:
    if real.charset is None or real.charset not in _CODECS:
        raise LayoutChanged(f"column {real.name} has the character set {real.charset}; make it utf8mb4")
    length = int(real.length or 0)
    binary = bool(real.collation and real.collation.endswith("_bin"))
    if real.data_type.endswith("text"):
        length //= _BYTES_A_CHARACTER  # told in octets
    return replace(
        column_type, length=min(column_type.length, length), codec=_CODECS[real.charset], binary=binary
    )


def _typed(column: Column, real: MysqlColumn) -> dict[str, Any]:
    kind, held = column.type.kind, real.data_type
    if held not in _HOLD[kind] or (held in _TEXTS and int(real.length or 0) < _WRITTEN.get(kind, 1)):
        raise _disagree(column, real)
    if kind is Kind.BOOL:
        return {}
    if kind is Kind.INT:
        return _range(column, *_whole_numbers(real))
    if kind is Kind.DECIMAL:
        return _narrow_decimal(column, real) if held == "decimal" else {}
    if held == "timestamp":
        return _moments(column)
    return {"type": replace(column.type, kind=Kind.DATE)} if held == "date" else {}


def _whole_numbers(real: MysqlColumn) -> tuple[int, int]:
    """The smallest and the largest whole number that the column holds; a double's are all of them."""
    if real.data_type in _INTEGERS:
        bits = 8 * _INTEGERS[real.data_type]
        return (0, 2**bits - 1) if real.unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    if real.data_type == "decimal":
        most = 10 ** (int(real.precision or 0) - int(real.scale or 0)) - 1
        return (0 if real.unsigned else -most), most
    if real.data_type == "year":
        return _YEARS
    if real.data_type in _TEXTS:
        digits = min(int(real.length or 0), 20)
        return -(10 ** (digits - 1)) + 1, 10**digits - 1
    return -(2**63), 2**63 - 1


def _range(column: Column, low: int, high: int) -> dict[str, Any]:
    """The narrower of the configured range and MySQL's; nothing where that is all that a whole number can be."""
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


def _narrow_decimal(column: Column, real: MysqlColumn) -> dict[str, Any]:
    precision, scale = int(real.precision or 0), int(real.scale or 0)
    whole = min(column.type.precision - column.type.scale, precision - scale)
    digits = min(column.type.scale, scale)
    changes: dict[str, Any] = {"type": replace(column.type, precision=whole + digits, scale=digits)}
    if real.unsigned and Decimal(column.minimum or "-1") < 0:
        changes["minimum"] = "0"
    return changes


def _moments(column: Column) -> dict[str, Any]:
    """A TIMESTAMP is a number of seconds of 32 bits."""
    first, last = _TIMESTAMPS
    day = len(first) if column.type.kind is Kind.DATETIME else len("2026-01-31")
    low, high = ("1970-01-02" if column.type.kind is Kind.DATE else first), last[:day]
    return {"minimum": max(low, column.minimum or low), "maximum": min(high, column.maximum or high)}
