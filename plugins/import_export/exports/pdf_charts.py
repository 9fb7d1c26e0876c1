"""What charts over days look like, as numbers between 0 and 1 that the templates only have to scale. No Typst here."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import pairwise

from import_export.exports.pdf_numbers import Json, day, number
from import_export.messages import Language

TICKS = 4
MOST_BARS = 100
"""With more days a line is easier to read."""


def chart(
    days: Sequence[date],
    values: Sequence[float | None],
    before: Sequence[float | None],
    language: Language,
    *,
    from_zero: bool = True,
    bars: bool = False,
    rate: bool = False,
    average: float | None = None,
) -> Json:
    """A line, or bars, over the days; `before` is drawn faintly behind it. Missing values are gaps."""
    known = [value for value in [*values, *before, average] if value is not None]
    low, high, step = nice_range(min(known), max(known), from_zero=from_zero, whole=not rate)
    bars = bars and len(days) <= MOST_BARS

    def height(value: float) -> float:
        return round((value - low) / (high - low), 4)

    def across(index: int) -> float:
        if bars or len(days) == 1:
            return round((index + 0.5) / len(days), 5)
        return round(index / (len(days) - 1), 5)

    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if rate or step < 1 else 0
    ticks = [low + step * index for index in range(round((high - low) / step) + 1)]
    return {
        "bars": [
            [across(index), height(value)] for index, value in enumerate(values) if bars and value is not None
        ],
        "bar_width": round(0.68 / len(days), 5),
        "lines": [] if bars else runs(values, across, height),
        "before": runs(before, across, height),
        "average": None if average is None else height(average),
        "y": [
            {"at": height(tick), "text": number(tick, decimals, language) + ("%" if rate else "")}
            for tick in ticks
        ],
        "x": [{"at": across(index), "text": text} for index, text in day_ticks(days, language)],
    }


def runs(
    values: Sequence[float | None], across: Callable[[int], float], height: Callable[[float], float]
) -> list[list[list[float]]]:
    """The points of each unbroken run of known values."""
    found: list[list[list[float]]] = []
    open_run = False
    for index, value in enumerate(values):
        if value is None:
            open_run = False
            continue
        if not open_run:
            found.append([])
            open_run = True
        found[-1].append([across(index), height(value)])
    return found


def nice_range(
    low: float, high: float, *, from_zero: bool = True, whole: bool = True
) -> tuple[float, float, float]:
    """The lowest and highest tick and the step between ticks: 1, 2, 2.5 or 5 times a power of ten.

    >>> nice_range(3, 87), nice_range(50_820, 53_132, from_zero=False), nice_range(0, 0)
    ((0.0, 100.0, 25.0), (50000.0, 54000.0, 1000.0), (0.0, 4.0, 1.0))
    """
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high <= low:
        high = low + (TICKS if whole else 1)
    rough = (high - low) / TICKS
    power = 10 ** math.floor(math.log10(rough))
    step = next(part * power for part in (1, 2, 2.5, 5, 10) if part * power >= rough * 0.999)
    if whole:
        step = float(max(1, math.ceil(step)))
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step


def day_ticks(days: Sequence[date], language: Language) -> list[tuple[int, str]]:
    """Which days have a label: at most about seven; whole months and years where the days are many."""
    if len(days) <= 100:
        every = max(1, math.ceil(len(days) / 7))
        return [(index, day(days[index], language, "d MMM")) for index in range(0, len(days), every)]
    firsts = [
        index for index, (earlier, later) in enumerate(pairwise([days[0] - timedelta(1), *days]))
        if later.month != earlier.month
    ]  # fmt: skip
    every = next(each for each in (1, 2, 3, 4, 6, 12, 24) if len(firsts) / each <= 8 or each == 24)
    months = [index for index in firsts if (days[index].month - 1 + 12 * (days[index].year % 2)) % every == 0]
    return [(index, day(days[index], language, "y" if every >= 12 else "MMM y")) for index in months]
