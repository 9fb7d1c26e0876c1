"""What is to be exported: accounts, formats, contents or pages, and the period; checked, and kept as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from import_export.errors import BadRequest
from import_export.exports.contents import Content
from import_export.exports.periods import FRAMES, Period
from import_export.exports.report import Page
from import_export.messages import Language

ALL = "all"
"""In the place of accounts: every account."""
USUAL_FRAME = 28
"""The days of a request that says nothing about its period."""
MOST_ACCOUNTS = 1000
_LONGEST_ACCOUNT = 101
"""A username of the longest kind, and its `@`."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?=T|$)", re.ASCII)

Choice = TypeVar("Choice", bound=StrEnum)


class Format(StrEnum):
    """A kind of file."""

    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """A request, in the words of the page, the form and the API; made by `read_request`."""

    accounts: tuple[str, ...] | None
    """Ids or usernames as they were given; None is all accounts."""
    formats: tuple[Format, ...]
    contents: tuple[Content, ...]
    """Of CSV: a file for each. Empty without CSV."""
    pages: tuple[Page, ...]
    """Of PDF. Empty without PDF."""
    start: date | None = None
    end: date | None = None
    frame: int | None = None
    """So many days back from the newest data, when there are no `start` and `end`."""
    until: date | None = None
    """No day after this one, where `frame` counts back from; None: whatever there is."""
    language: Language

    def to_json(self) -> dict[str, Any]:
        """In plain values, which `read_request` reads."""
        return {
            "accounts": ALL if self.accounts is None else list(self.accounts),
            "formats": [each.value for each in self.formats],
            "contents": [each.value for each in self.contents],
            "pages": [each.value for each in self.pages],
            "start": _text(self.start),
            "end": _text(self.end),
            "date_frame": self.frame,
            "until": _text(self.until),
            "language": self.language,
        }


def read_request(plain: Mapping[str, Any], language: Language) -> ExportRequest:
    """The request that plain values stand for; `language` where they name none.

    What is left out is everything there is: all contents, all pages, 28 days. Raises `BadRequest` that says what is wrong.
    """
    formats = _choices("formats", Format, plain.get("formats"), every=())
    if not formats:
        raise BadRequest(f"formats are missing: choose among {', '.join(Format)}")
    start, end = _day("start", plain.get("start")), _day("end", plain.get("end"))
    frame = _frame(plain.get("date_frame"))
    if (start is None) != (end is None):
        raise BadRequest("a period needs both start and end")
    if start is not None and end is not None:
        if frame is not None:
            raise BadRequest("give either start and end or date_frame, not both")
        Period(start, end)
    return ExportRequest(
        accounts=_accounts(plain.get("accounts")),
        formats=formats,
        contents=_choices("contents", Content, plain.get("contents"), every=tuple(Content))
        if Format.CSV in formats
        else (),
        pages=_choices("pages", Page, plain.get("pages"), every=tuple(Page)) if Format.PDF in formats else (),
        start=start,
        end=end,
        frame=frame if start else frame or USUAL_FRAME,
        until=_day("until", plain.get("until")),
        language=_language(plain.get("language"), language),
    )


def _accounts(given: Any) -> tuple[str, ...] | None:
    """The accounts in the order in which they were given, each once."""
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, Sequence) or not all(isinstance(each, str) for each in given):
        raise BadRequest(f"accounts must be a list of ids or usernames, or '{ALL}'")
    found = tuple(dict.fromkeys(each.strip() for each in given if each.strip()))
    if found == (ALL,):
        return None
    if not found:
        raise BadRequest(f"accounts are missing: give ids or usernames, or '{ALL}'")
    if len(found) > MOST_ACCOUNTS:
        raise BadRequest(f"at most {MOST_ACCOUNTS:,} accounts can be named; '{ALL}' is all of them")
    for each in found:
        if len(each) > _LONGEST_ACCOUNT:
            raise BadRequest(f"'{each[:30]}…' is no account: ids and usernames are shorter")
    return found


def _choices(name: str, kind: type[Choice], given: Any, every: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """The chosen ones in their own order, each once; `every` when none is named."""
    if isinstance(given, str):
        given = given.split(",")
    if not isinstance(given, Iterable | None):
        raise BadRequest(f"{name} must be a list among: {', '.join(kind)}")
    wanted = {str(each).strip() for each in given or ()} - {""}
    if unknown := sorted(wanted - set(kind)):
        raise BadRequest(f"{name}: '{unknown[0]}' is none of: {', '.join(kind)}")
    return tuple(each for each in kind if each in wanted) or every


def _day(name: str, given: Any) -> date | None:
    """A day of ISO 8601; of a moment its day, as it is written."""
    text = str(given).strip() if given is not None else ""
    if not text:
        return None
    found = _DAY.match(text)
    try:
        return date.fromisoformat(found[0]) if found else _no_day(name, text)
    except ValueError:
        return _no_day(name, text)


def _no_day(name: str, text: str) -> NoReturn:
    raise BadRequest(f"{name} '{text}' is no day such as 2026-11-20")


def _frame(given: Any) -> int | None:
    text = str(given).strip() if given is not None else ""
    if not text:
        return None
    if text not in map(str, FRAMES):
        raise BadRequest(f"date_frame '{text}' is none of: {', '.join(map(str, FRAMES))}")
    return int(text)


def _language(given: Any, usual: Language) -> Language:
    if given in (None, ""):
        return usual
    if given not in ("id", "en"):
        raise BadRequest(f"language '{given}' is none of: id, en")
    return "en" if given == "en" else "id"


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
