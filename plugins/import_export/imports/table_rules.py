"""Rules of a whole table: duplicates of a key, how many rejects are too many, which slice a file replaces."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from import_export.errors import BadRequest


class Duplicates(StrEnum):
    """What becomes of rows of one file that have the same unique key."""

    LAST = "last"
    """The last one wins; the others are told."""
    REJECT = "reject"
    """All of them are rejects."""


@dataclass(frozen=True, slots=True)
class RejectLimit:
    """How many rejects of a file are too many: then nothing of it is loaded."""

    number: int | None = None
    share: Decimal | None = None
    """Per cent of the file's data rows."""

    @classmethod
    def parse(cls, text: str) -> RejectLimit:
        """Read `100` or `2.5%`; empty is no limit. Raises `BadRequest`."""
        match = re.fullmatch(r"\s*(?:(\d{1,12})|(\d{1,3}(?:\.\d{1,4})?)\s*%)?\s*", text, re.ASCII)
        if match is None or (match[2] and Decimal(match[2]) > 100):
            raise BadRequest(f"max_rejects '{text}' is neither a number (100) nor a share (5%)")
        return cls(int(match[1]) if match[1] else None, Decimal(match[2]) if match[2] else None)

    def exceeded(self, rejected: int, rows: int) -> bool:
        """Whether so many rejects of so many rows are too many."""
        if self.number is not None:
            return rejected > self.number
        return self.share is not None and rejected * 100 > self.share * rows

    def __str__(self) -> str:
        if self.number is not None:
            return str(self.number)
        return "" if self.share is None else f"{self.share}%"


@dataclass(frozen=True, slots=True)
class SlicePart:
    """One column of a slice: rows of equal values (or of one month, one year) are replaced together."""

    column: str
    unit: str | None = None
    """`month` or `year` of a date; None: the value itself."""

    @classmethod
    def parse_all(cls, text: str) -> tuple[SlicePart, ...]:
        """Read `distid, month(dotanggal)`. Raises `BadRequest`."""
        parts = []
        for part in (part.strip() for part in text.split(",") if part.strip()):
            match = re.fullmatch(r"(?:(month|year)\s*\(\s*([^()]+?)\s*\)|([^()]+))", part, re.IGNORECASE)
            if match is None:
                raise BadRequest(f"replace '{part}' is none of: column, month(column), year(column)")
            parts.append(cls(match[2] or match[3], match[1].lower() if match[1] else None))
        return tuple(parts)

    def __str__(self) -> str:
        return f"{self.unit}({self.column})" if self.unit else self.column
