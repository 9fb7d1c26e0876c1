"""Numbers, days and changes as the PDF says them, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache

from babel.dates import format_date, get_day_names

from import_export.exports.contents import Kind
from import_export.exports.numbers import RATE_DECIMALS, ratio
from import_export.exports.report import Change
from import_export.messages import Language

MISSING = "–"
_SWAP = str.maketrans(",.", ".,")
_MINUS = "\u2212"
Json = dict[str, object]


def count(value: float | None, language: Language) -> str:
    """A whole number: `12.345` in Indonesian, `12,345` in English."""
    return MISSING if value is None else number(value, 0, language)


def mean(value: float | None, language: Language) -> str:
    """A mean of counts: `33,4`, and from 100 on a whole number."""
    return MISSING if value is None else number(value, _mean_decimals(value), language)


def percent(value: float | None, language: Language) -> str:
    """`2,45%`; with four decimals when two would show next to nothing."""
    if value is None:
        return MISSING
    return f"{number(value, 2 if abs(value) >= 0.1 or not value else 4, language)}%"


def show(value: float | None, kind: Kind, language: Language) -> str:
    """A count, a mean or a rate."""
    return _SHOWN[kind](value, language)


_SHOWN: Mapping[Kind, Callable[[float | None, Language], str]] = {
    Kind.COUNT: count,
    Kind.MEAN: mean,
    Kind.RATE: percent,
}


def number(value: float, decimals: int, language: Language) -> str:
    """A number with that many decimals, rounded half up."""
    rounded = ratio(round(value * 10**RATE_DECIMALS), 10**RATE_DECIMALS, decimals) or 0.0
    text = f"{abs(rounded):,.{decimals}f}"
    return (_MINUS if rounded < 0 else "") + (text.translate(_SWAP) if language == "id" else text)


def change(values: Change, kind: Kind, language: Language) -> Json:
    """The difference between two periods: its text and whether it goes up, down or neither; `none` when unknown."""
    now, growth = values.now, values.growth
    if now is None or growth is None:
        return {"text": "", "way": "none"}
    if kind is Kind.RATE:
        text = number(abs(growth), 2, language) + (" pp" if language == "en" else " poin")
    else:
        # As many decimals as the number beside it.
        text = number(abs(growth), _mean_decimals(now) if kind is Kind.MEAN else 0, language)
    if not any(digit in text for digit in "123456789"):
        return {"text": text, "way": "flat"}
    return {"text": ("+" if growth > 0 else _MINUS) + text, "way": "up" if growth > 0 else "down"}


def _mean_decimals(value: float) -> int:
    return 0 if abs(value) >= 100 else 1


@lru_cache(maxsize=10_000)
def day(value: date, language: Language, form: str = "d MMM y") -> str:
    """A day in words."""
    return format_date(value, form, locale=language)


def moment(value: datetime, language: Language) -> str:
    """`Min, 23 Okt 2022 · 10.00`."""
    return f"{day(value.date(), language, 'EEE, d MMM y')} · {clock(value.hour, value.minute, language)}"


def clock(hour: int, minute: int, language: Language) -> str:
    """`19.00` in Indonesian, `19:00` in English."""
    return f"{hour:02d}{'.' if language == 'id' else ':'}{minute:02d}"


@lru_cache(maxsize=4)
def weekdays(language: Language) -> list[str]:
    """In short, Monday first."""
    names = get_day_names("abbreviated", locale=language)
    return [str(names[number]) for number in range(7)]
