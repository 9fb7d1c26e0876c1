"""Rounding, in one place: every rate and mean that anybody sees is made here, so that all files and endpoints agree."""

from __future__ import annotations

RATE_DECIMALS = 4
"""Rates are percent with four decimals."""
MEAN_DECIMALS = 2
"""Means of counts."""


def ratio(numerator: int, denominator: int, decimals: int) -> float | None:
    """A quotient of whole numbers, rounded half up (away from 0) in whole numbers; None when divided by 0.

    >>> ratio(1, 3, 4), ratio(-5, 2, 0), ratio(1, 0, 2)
    (0.3333, -3.0, None)
    """
    if denominator == 0:
        return None
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    scale: int = 10**decimals
    doubled = 2 * abs(numerator) * scale + denominator
    whole = doubled // (2 * denominator)
    return (whole if numerator >= 0 else -whole) / scale


def rate(part: int | None, whole: int | None) -> float | None:
    """Percent; None when a number is missing or the whole is 0."""
    if part is None or whole is None:
        return None
    return ratio(part * 100, whole, RATE_DECIMALS)


def mean(numbers: list[int]) -> float | None:
    """The mean of counts that are known; None of none."""
    return ratio(sum(numbers), len(numbers), MEAN_DECIMALS)


def mean_rate(rates: list[float]) -> float | None:
    """The mean of rates that are known; None of none."""
    scale = 10**RATE_DECIMALS
    return ratio(sum(round(each * scale) for each in rates), len(rates) * scale, RATE_DECIMALS)
