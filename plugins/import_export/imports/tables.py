"""What staff configure: import tables, their columns, header aliases, and which file belongs to which table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cached_property

import polars as pl

from import_export.errors import BadRequest
from import_export.imports.table_rules import Duplicates, RejectLimit, SlicePart

IDENTIFIER = re.compile(r"^[a-z][a-z0-9_]{0,47}$")
"""Names of what we create in MySQL (source: the reliability page)."""

HELPER_COLUMNS = ("id", "ImportDate", "import_job_id", "row_hash")
"""Columns the product adds to the tables it creates; a file cannot fill them."""


class Kind(StrEnum):
    """The kinds of values a column can hold."""

    STR = "str"
    INT = "int"
    DECIMAL = "decimal"
    DATE = "date"
    DATETIME = "datetime"
    BOOL = "bool"


class Role(StrEnum):
    """Parts that columns play in checks and in the summary."""

    DISTRIBUTOR = "distributor"
    DATE = "date"
    AMOUNT = "amount"
    EXPORT_DATE = "export_date"


class NumberFormat(StrEnum):
    """How a column writes numbers. The column decides what `1.250` means, never the value."""

    PLAIN = "plain"
    """`1234.56`"""
    COMMA_DECIMAL = "1.234,56"
    POINT_DECIMAL = "1,234.56"


_TYPE = re.compile(r"^(str|int|decimal|date|datetime|bool)(?:\((\d+)(?:\s*,\s*(\d+))?\))?$")


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A parsed data type: `str(50)`, `int`, `decimal(18,2)`, `date`, `datetime`, `bool`."""

    kind: Kind
    length: int = 255
    """Characters, for `str`."""
    precision: int = 18
    scale: int = 2
    codec: str | None = None
    """What can be stored of a text: `bmp` (no emoji), or a codec's name; None: all of it."""
    binary: bool = False
    """Whether MySQL compares the column's texts by their codes: case and accents tell them apart."""

    @classmethod
    def parse(cls, text: str) -> ColumnType:
        """Read `decimal(18,2)` and its like; raise `BadRequest` for anything else."""
        match = _TYPE.match(text.strip().lower())
        if match is None:
            raise BadRequest(
                f"data type '{text}' is none of: str, str(N), int, decimal(P,S), date, datetime, bool"
            )
        kind, first, second = Kind(match[1]), match[2], match[3]
        if kind is Kind.STR and second is None:
            return cls(kind, length=int(first or 255))
        if kind is Kind.DECIMAL:
            precision, scale = int(first or 18), int(second or 0 if first else 2)
            if not (1 <= precision <= 38 and 0 <= scale <= precision):
                raise BadRequest(
                    f"data type '{text}': a decimal has 1–38 digits, at most all of them after the point"
                )
            return cls(kind, precision=precision, scale=scale)
        if first is not None:
            raise BadRequest(f"data type '{text}': {kind.value} takes no length")
        return cls(kind)

    def __str__(self) -> str:
        if self.kind is Kind.STR:
            return f"str({self.length})"
        if self.kind is Kind.DECIMAL:
            return f"decimal({self.precision},{self.scale})"
        return self.kind.value


@dataclass(frozen=True)
class Column:
    """The configuration of one column of an import table."""

    name: str
    type: ColumnType
    is_mandatory: bool = False
    is_unique: bool = False
    default: str | None = None
    """Canonical text (`0`, `2026-01-31`), or None for NULL."""
    number_format: NumberFormat = NumberFormat.PLAIN
    date_formats: tuple[str, ...] = ()
    """Such as `dd/mm/yyyy`; empty: the whole column of the file decides, day first where it cannot."""
    role: Role | None = None
    aliases: tuple[str, ...] = ()
    allowed_values: tuple[str, ...] = ()
    """The only values, as canonical text; empty: any."""
    minimum: str | None = None
    """The smallest number or date, as canonical text."""
    maximum: str | None = None
    pattern: str | None = None
    """A regular expression that the whole of a text must match."""
    trim: bool = True
    """Whether blanks around a text are taken off."""
    not_null: bool = False
    """Whether MySQL's column takes no NULL, so that an empty cell without a default is a reject."""
    id: int | None = None

    @property
    def needs_value(self) -> bool:
        """Whether an empty cell is a reject: mandatory columns, and keys and the like for which no default can stand in."""
        return self.is_mandatory or ((self.is_unique or self.not_null) and self.filler is None)

    @property
    def filler(self) -> str | None:
        """What an empty cell becomes: nothing for dates, else the default; a key is never NULL, or it would not be a key."""
        if self.type.kind in (Kind.DATE, Kind.DATETIME):
            return None
        if self.default is None and self.is_unique:
            return "" if self.type.kind is Kind.STR else "0"
        return self.default

    @cached_property
    def names(self) -> frozenset[str]:
        """Normalised headers under which this column may appear."""
        return frozenset(normalise_header(name) for name in (self.name, *self.aliases))


@dataclass(frozen=True)
class ImportTable:
    """A MySQL table that files are loaded into, with its columns in table order."""

    table_name: str
    display_name: str
    columns: tuple[Column, ...]
    allowed_filename: str = ""
    distributor_check: str = "prefix"
    """`prefix`: the first two characters of each DISTID equal those of dist_id; `exact`: all of it."""
    id: int | None = None
    has_helpers: bool = field(default=True)
    """Whether the product made the table, with its helper columns."""
    duplicates: Duplicates = Duplicates.LAST
    max_rejects: RejectLimit = field(default=RejectLimit())
    replaces: tuple[SlicePart, ...] = ()
    """The slice whose rows in the database are replaced by the file's; empty: rows are added and updated."""
    delimiter: str | None = None
    """A delimiter of this table's files that is looked for beside the usual ones."""
    database: str | None = None
    """Which other database of the server has the MySQL table; None: ours. The product made no table there."""

    @property
    def filenames(self) -> tuple[str, ...]:
        """Names and patterns, lower case, without extension."""
        return tuple(name.strip().lower() for name in self.allowed_filename.split(",") if name.strip())

    @property
    def may_refuse(self) -> bool:
        """Whether a file may be refused after its rows were looked at."""
        return not self.has_helpers or self.max_rejects != RejectLimit() or bool(self.replaces)

    @property
    def unique_columns(self) -> tuple[Column, ...]:
        """The columns of the unique key, or none."""
        return tuple(column for column in self.columns if column.is_unique)

    def column(self, name: str) -> Column:
        """The column of that name; `KeyError` when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def by_role(self, role: Role) -> Column | None:
        """The column that plays a part, by its configured role, else by the names of the replaced system."""
        for column in self.columns:
            if column.role is role:
                return column
        wanted = _ROLE_NAMES[role]
        for column in self.columns:
            if column.role is None and column.names & wanted:
                return column
        return None


_ROLE_NAMES: Mapping[Role, frozenset[str]] = {
    Role.DISTRIBUTOR: frozenset({"distid"}),
    Role.DATE: frozenset({"dotanggal"}),
    Role.AMOUNT: frozenset({"amount jual"}),
    Role.EXPORT_DATE: frozenset({"exportdate"}),
}

_BLANKS = re.compile(r"[\s_\-\u00a0\u200b\ufeff]+")


def normalise_header(text: str) -> str:
    """Lower case, trimmed; `_`, `-`, line breaks and runs of blanks are one blank.

    >>> normalise_header("  Kode_Barang ")
    'kode barang'
    """
    return _BLANKS.sub(" ", text).strip().lower()


def normalised(texts: pl.Expr) -> pl.Expr:
    """The same for a whole column."""
    blanks = texts.str.replace_all(r"[\s_\-\x1c-\x1f\u{a0}\u{200b}\u{feff}]+", " ")
    return blanks.str.strip_chars().str.to_lowercase()


def stem(filename: str) -> str:
    """The base name without its extension, lower case; `NAME.rejects.csv` belongs to NAME.

    >>> stem("0112/Sales.rejects.CSV")
    'sales'
    """
    base = filename.replace("\\", "/").rsplit("/", 1)[-1]
    name = base.rsplit(".", 1)[0] if "." in base.lstrip(".") else base
    return name.lower().removesuffix(".rejects").strip()


def match_filename(filename: str, tables: Iterable[ImportTable]) -> ImportTable | None:
    """The table a file belongs to by its name; an exact name wins over a pattern such as `sales_*`."""
    name = stem(filename)
    by_pattern: ImportTable | None = None
    for table in tables:
        for allowed in table.filenames:
            if allowed == name:
                return table
            if by_pattern is None and is_pattern(allowed) and fnmatchcase(name, allowed):
                by_pattern = table
    return by_pattern


def is_pattern(allowed: str) -> bool:
    """Whether an entry of `allowed_filename` is a pattern."""
    return any(sign in allowed for sign in "*?[")
