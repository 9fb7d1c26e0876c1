"""Renders the pages: templates, the reader's language, and how numbers, times and names are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_decimal
from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from import_export.api.access import Access
from import_export.api.installation import Call, call_of
from import_export.imports.jobs import JobStatus
from import_export.messages import Language
from import_export.web.words import word

FOLDER = Path(__file__).resolve().parent
LANGUAGE_COOKIE = "import_export_language"
NOTHING = "–"
"""What stands for a missing number."""
_UNITS = ("B", "kB", "MB", "GB", "TB")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        auto_reload=False,
    )


@dataclass(frozen=True, slots=True)
class PageCall:
    """A person's request of a page."""

    call: Call
    request: Request

    @property
    def language(self) -> Language:
        """The reader's language."""
        return self.call.language

    @property
    def root(self) -> str:
        """The path of the app, as the browser sees it."""
        return str(self.request.scope.get("root_path", ""))

    def page(self, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """A whole page, or a part of one."""
        language = self.language
        person = self.call.person
        shared = {
            "t": lambda key, **params: word(language, key, **params),
            "lang": language,
            "root": self.root,
            "airflow_root": self.root.removesuffix("/import-export"),
            "person": person.name,
            "may_import": person.may(Access.IMPORT),
            "may_configure": person.may(Access.CONFIGURE),
            "may_see_statistics": person.may(Access.STATISTICS),
            "may_export": person.may(Access.EXPORT),
            "sees_all": person.scope.everything,
            "n": lambda number: grouped(number, language),
            "number": lambda number, decimals=0: shown_number(number, language, decimals),
            "size": readable_size,
            "day": lambda day: short_day(day, language),
            "moment": lambda at: shown_moment(at, self.call.context.settings.zone),
            "status_name": lambda status: status.label_id if language == "id" else status.label,
            "query": with_query,
            "JobStatus": JobStatus,
        }
        text = _environment().get_template(template).render({**shared, **values})
        return HTMLResponse(text, status)


def error_page(request: Request, status: int, told: str) -> HTMLResponse:
    """What a person sees of a refusal who opened a page."""
    return _page_call(request).page("error.html", status=status, current="", code=status, told=told)


def _page_call(request: Request) -> PageCall:
    return PageCall(call_of(request, _language(request)), request)


PageDep = Annotated[PageCall, Depends(_page_call)]
"""The request of a page, for routes."""


def _language(request: Request) -> Language | None:
    """What the reader chose, else what the browser asks for, else the installation's."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in ("en", "id"):
        return cast("Language", chosen)
    for part in request.headers.get("accept-language", "").split(","):
        asked = part.split(";")[0].strip().lower()
        if asked[:2] in ("en", "id"):
            return cast("Language", asked[:2])
    return None


def grouped(number: int | None, language: Language) -> str:
    """A whole number with its thousands apart."""
    text = f"{number or 0:,}"
    return text.replace(",", ".") if language == "id" else text


def shown_number(number: float | None, language: Language, decimals: int = 0) -> str:
    """A number with its thousands apart and that many decimals; a missing one as a dash, never as 0.

    >>> shown_number(1234.5, "id", 2), shown_number(None, "en")
    ('1.234,50', '–')
    """
    if number is None:
        return NOTHING
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return str(format_decimal(number, pattern, locale=language))


def short_day(day: date, language: Language) -> str:
    """`24 Okt 2022`."""
    return str(format_date(day, "d MMM y", locale=language))


def readable_size(octets: int) -> str:
    """A number of bytes in words: `1.2 MB`."""
    size = float(octets)
    for unit in _UNITS:
        if size < 1000 or unit == _UNITS[-1]:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return ""


def shown_moment(at: datetime | None, zone: ZoneInfo) -> str:
    """A moment of the database (UTC) in the installation's time zone."""
    return "" if at is None else f"{at.replace(tzinfo=UTC).astimezone(zone):%d/%m/%Y %H:%M}"


def with_query(path: str, values: Mapping[str, object]) -> str:
    """A path with those values that are not empty."""
    asked = {name: value for name, value in values.items() if value not in (None, "", (), [])}
    return f"{path}?{urlencode(asked, doseq=True)}" if asked else path
