"""Dates as people and spreadsheets write them. Day first or month first is a property of the column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("januari", "january", "jan"),
            ("februari", "february", "pebruari", "feb", "peb"),
            ("maret", "march", "mar"),
            ("april", "apr"),
            ("mei", "may"),
            ("juni", "june", "jun"),
            ("juli", "july", "jul"),
            ("agustus", "august", "agt", "agu", "ags", "aug"),
            ("september", "sept", "sep"),
            ("oktober", "october", "okt", "oct"),
            ("november", "nopember", "nov", "nop"),
            ("desember", "december", "des", "dec"),
        ),
        start=1,
    )
    for name in names
}
_TIME = r"(?:[T\s]+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:\.\d{1,9})?)?\s*(?P<half>[ap]m)?Z?)?"
_ISO = re.compile(rf"^(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}}){_TIME}$", re.IGNORECASE)
_COMPACT = re.compile(r"^(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?P<hour>)(?P<minute>)(?P<second>)(?P<half>)$")
_NAMED = re.compile(
    rf"^(?P<d>\d{{1,2}})[-/. ]+(?P<m>[a-z]{{3,9}})\.?[-/., ]+(?P<y>\d{{4}}|\d{{2}}){_TIME}$", re.IGNORECASE
)
_NAMED_FIRST = re.compile(
    rf"^(?P<m>[a-z]{{3,9}})\.?[-/. ]+(?P<d>\d{{1,2}})[-/., ]+(?P<y>\d{{4}}|\d{{2}}){_TIME}$", re.IGNORECASE
)
_NUMERIC = re.compile(
    rf"^(?P<a>\d{{1,2}})[-/. ](?P<b>\d{{1,2}})[-/. ](?P<y>\d{{4}}|\d{{2}}){_TIME}$", re.IGNORECASE
)
NUMERIC_DATE = r"^(?P<a>\d{1,2})[-/. ](?P<b>\d{1,2})[-/. ](?:\d{4}|\d{2})(?:[T\s].*)?$"
"""A date of numbers only, for looking through a whole column (Rust's regular expressions and Python's)."""
_SERIAL = re.compile(r"^\d{5}(?:[.,]\d+)?$")
_EACH = (_ISO, _COMPACT, _NAMED, _NAMED_FIRST, _NUMERIC, _SERIAL)
LIKE_DATE = (
    r"(?i)[\x1c-\x1f]|^(?:" + "|".join(re.sub(r"\?P<\w+>", "?:", each.pattern)[1:-1] for each in _EACH) + ")$"
)
"""What no date is written unlike (Rust's regular expressions, for which the first signs are no blanks)."""
_SERIALS = range(20000, 80000)
"""Excel's day numbers from 1954 to 2119."""

_TWO_DIGITS_UP_TO = 69
"""Two-digit years: 00–69 are 2000–2069, as MySQL and POSIX have it."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A date that was read, and how."""

    at: datetime
    from_serial: bool = False


def day_first(formats: Sequence[str]) -> bool | None:
    """Whether a column's formats put the day before the month; None when they do not say."""
    for text in formats:
        plain = text.lower()
        if "d" in plain and "m" in plain and not plain.startswith("y"):
            return plain.index("d") < plain.index("m")
    return None


def parse_moment(text: str, *, first_is_day: bool) -> Moment | None:
    """The date (and time) that a cell means, None when it means none."""
    cell = text.strip()
    if match := _NUMERIC.match(cell):
        day, month = (match["a"], match["b"]) if first_is_day else (match["b"], match["a"])
        return _moment(match, match["y"], int(month), day)
    if match := _ISO.match(cell) or _COMPACT.match(cell):
        return _moment(match, match["y"], int(match["m"]), match["d"])
    if match := _NAMED.match(cell) or _NAMED_FIRST.match(cell):
        return _moment(match, match["y"], _MONTHS.get(match["m"].lower(), 0), match["d"])
    if _SERIAL.match(cell) and int(cell[:5]) in _SERIALS:
        days = float(cell.replace(",", "."))
        return Moment(datetime(1899, 12, 30) + timedelta(days=days), from_serial=True)  # noqa: DTZ001 - a local date
    return None


def _moment(match: re.Match[str], year: str, month: int, day: str) -> Moment | None:
    full = int(year)
    if len(year) == 2:
        full += 2000 if full <= _TWO_DIGITS_UP_TO else 1900
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    if half := (match["half"] or "").lower():
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        return Moment(datetime(full, month, int(day), hour, minute, second))  # noqa: DTZ001 - a local date
    except ValueError:
        return None
