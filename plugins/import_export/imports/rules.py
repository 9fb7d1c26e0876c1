"""Rules that a column's configuration adds to its type: allowed values, smallest and largest value, a pattern."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from import_export.errors import BadRequest
from import_export.imports.numerals import INT_HIGH, INT_LOW
from import_export.imports.tables import Column, Kind
from import_export.messages import Message, Told, tell

_FIRST_DAY, _LAST_DAY = "1900-01-01", "2199-12-31"
_ALLOWED_TOLD = 10


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one column. Values are texts as MySQL takes them."""

    column: Column

    def __post_init__(self) -> None:
        if self.column.pattern is not None:
            try:
                pl.Series([""]).str.contains(self._anchored)
            except pl.exceptions.ComputeError as fault:
                raise BadRequest(
                    f"column '{self.column.name}': pattern '{self.column.pattern}': {fault}"
                ) from fault

    @property
    def any(self) -> bool:
        """Whether there is anything to be checked."""
        column = self.column
        return bool(column.allowed_values or column.pattern or self._has_range)

    @property
    def _has_range(self) -> bool:
        return self.column.minimum is not None or self.column.maximum is not None

    @property
    def _anchored(self) -> str:
        return f"^(?:{self.column.pattern})$"

    def broken(self, values: pl.Series) -> dict[int, Told]:
        """What is wrong, by position; null is never wrong."""
        found: dict[int, Told] = {}
        column = self.column
        if column.allowed_values:
            shown = ", ".join(column.allowed_values[:_ALLOWED_TOLD])
            expected = f"{shown}, …" if len(column.allowed_values) > _ALLOWED_TOLD else shown
            self._add(
                found,
                values,
                values.is_in(list(column.allowed_values)),
                Message.NOT_ALLOWED,
                expected=expected,
            )
        if column.pattern:
            fits = values.str.contains(self._anchored)
            self._add(found, values, fits, Message.NOT_ALLOWED, expected=column.pattern)
        if self._has_range:
            low, high = self.range
            self._add(found, values, self._in_range(values), Message.OUT_OF_RANGE, low=low, high=high)
        return found

    @property
    def range(self) -> tuple[str, str]:
        """The smallest and the largest value, those of the type where the configuration names none."""
        kind, column_type = self.column.type.kind, self.column.type
        if kind is Kind.INT:
            low, high = str(INT_LOW), str(INT_HIGH)
        elif kind is Kind.DECIMAL:
            whole = "9" * (column_type.precision - column_type.scale) or "0"
            high = whole + (f".{'9' * column_type.scale}" if column_type.scale else "")
            low = f"-{high}"
        else:
            low, high = _FIRST_DAY, _LAST_DAY
        return self.column.minimum or low, self.column.maximum or high

    def _in_range(self, values: pl.Series) -> pl.Series:
        low, high = self.column.minimum, self.column.maximum
        compared = values
        if self.column.type.kind in (Kind.INT, Kind.DECIMAL):
            scale = max(
                self.column.type.scale if self.column.type.kind is Kind.DECIMAL else 0,
                *map(_digits, (low, high)),
            )
            number = pl.Decimal(38, scale)
            compared = values.cast(number)
            return _between(
                compared,
                *(None if each is None else pl.Series([each]).cast(number)[0] for each in (low, high)),
            )
        # Dates and times as texts sort as they follow one another; the last day is meant with all of its hours.
        return _between(
            compared, low, None if high is None else high + "\x7f" if len(high) == len(_LAST_DAY) else high
        )

    def _add(
        self, found: dict[int, Told], values: pl.Series, fits: pl.Series, code: Message, **params: str
    ) -> None:
        wrong = (~fits).fill_null(value=False).arg_true()
        for position, value in zip(wrong.to_list(), values.gather(wrong).to_list(), strict=True):
            found.setdefault(position, tell(code, column=self.column.name, value=value, **params))


def _digits(text: str | None) -> int:
    return len(text.partition(".")[2]) if text else 0


def _between(values: pl.Series, low: object, high: object) -> pl.Series:
    fits = values.is_not_null()
    if low is not None:
        fits = fits & (values >= low)
    if high is not None:
        fits = fits & (values <= high)
    return fits | values.is_null()
