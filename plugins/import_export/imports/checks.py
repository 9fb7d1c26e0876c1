"""Checks a column of text against its configuration and turns it into the texts that MySQL takes.

Whole columns at once: a cheap native test takes the cells that are plainly right, and only the values that fail it
are looked at one by one, each distinct value once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import polars as pl

from import_export.imports.cheap_tests import Cells, Tested, cheaply_tested
from import_export.imports.dates import NUMERIC_DATE, day_first, parse_moment
from import_export.imports.many_values import convert_many
from import_export.imports.numerals import (
    INT_HIGH,
    INT_LOW,
    decimal_text,
    parse_number,
    whole_text,
)
from import_export.imports.problems import CellProblems, shown
from import_export.imports.records import BLANKS
from import_export.imports.rules import Rules
from import_export.imports.tables import Column, Kind
from import_export.imports.texts import unspoiled, unstorable_sign
from import_export.messages import Message, Told, tell

Converted = str | Told
"""What one value became: the text that MySQL takes, or what is wrong with it."""

_TRUE = frozenset({"1", "true", "t", "yes", "y", "ya", "benar"})
_FALSE = frozenset({"0", "false", "f", "no", "n", "tidak", "salah"})
_MONTHS = 12
_MANY = 1000
"""From so many distinct values on, native calls cost less than Python."""
_REMEMBERED = 100_000
"""Distinct values whose conversion is kept from one batch of rows to the next."""


@dataclass(frozen=True, slots=True)
class CheckedColumn:
    """A checked column of some rows."""

    values: pl.Series
    """Texts as MySQL takes them, null for NULL; null where there is a problem."""
    problems: Mapping[int, Told]
    """What is wrong, by the row's position."""


@dataclass(frozen=True, slots=True)
class DayOrder:
    """What the dates of a column, as far as they were seen, tell about their order."""

    dates: bool = False
    over_first: bool = False
    """A first number is larger than 12, and so a day."""
    over_second: bool = False

    def with_cells(self, cells: pl.Series) -> DayOrder:
        """With some more cells."""
        parts = cells.str.strip_chars().str.extract_groups(NUMERIC_DATE)
        first, second = (parts.struct.field(name).cast(pl.Int8, strict=False) for name in ("a", "b"))
        return DayOrder(
            dates=self.dates or bool(first.is_not_null().any()),
            over_first=self.over_first or bool((first > _MONTHS).any()),
            over_second=self.over_second or bool((second > _MONTHS).any()),
        )

    @property
    def first_is_day(self) -> bool:
        """Day first, unless that is impossible and month first is not."""
        return self.over_first or not self.over_second

    @property
    def is_guess(self) -> bool:
        """Whether the dates could be read both ways."""
        return self.dates and not self.over_first and not self.over_second


class ColumnCheck:
    """The check of one column for a whole file."""

    def __init__(self, column: Column, *, dist_id: str | None = None, exact: bool = False) -> None:
        """`dist_id`: given when this is the distributor's column; `exact` compares all of it, else two characters."""
        self.column = column
        self.notes: list[Told] = []
        self._dist_id = dist_id
        self._exact = exact
        self._first_is_day = day_first(column.date_formats)
        self._known: dict[str, str] = {}
        self._rules = Rules(column)

    @property
    def needs_day_order(self) -> bool:
        """Whether the whole column must be looked at to know which number of a date is the day."""
        return self.column.type.kind in (Kind.DATE, Kind.DATETIME) and self._first_is_day is None

    def set_day_order(self, order: DayOrder) -> None:
        """Decide for the whole column."""
        self._first_is_day, guessed = order.first_is_day, order.is_guess
        if guessed:
            self.notes.append(tell(Message.AMBIGUOUS_DATES, column=self.column.name))

    def check(self, cells: pl.Series) -> CheckedColumn:
        """Check some cells; their order is kept."""
        [checked] = check_columns([self], [cells])
        return checked

    def problems_of(self, cells: pl.Series) -> Mapping[int, Told]:
        """What is wrong with a handful of cells, found one by one: native calls would take longer."""
        if self._rules.any:
            return self.check(cells).problems
        trims = self.column.trim or self.column.type.kind is not Kind.STR
        texts = [cell.strip(BLANKS) if trims else cell for cell in cells.to_list()]
        convert = self._converter(pl.Series(texts, dtype=pl.String))
        problems = {}
        for position, text in enumerate(texts):
            if text.strip(BLANKS):
                converted = convert(text)
                if isinstance(converted, Told):
                    problems[position] = converted
            elif self.column.needs_value:
                problems[position] = tell(Message.MANDATORY_EMPTY, column=self.column.name)
        return problems

    def cells(self, series: pl.Series) -> Cells:
        """The column's cells, with what is plainly right among them."""
        return Cells(self.column, series, self._dist_id)

    def finished(self, tested: Tested) -> CheckedColumn:
        """Fill what is empty, and look closer at what the cheap test did not take."""
        values, problems = tested.values, CellProblems()
        some_empty = bool(tested.empty.any())
        if some_empty:
            if self.column.needs_value:
                told = tell(Message.MANDATORY_EMPTY, column=self.column.name)
                problems.told |= dict.fromkeys(tested.empty.arg_true().to_list(), told)
                values = values.set(tested.empty, None)
            else:
                values = values.set(tested.empty, self.column.filler)
        if tested.failed.any():
            values = self._one_by_one(tested.texts, values, tested.failed, problems)
        if self._rules.any:
            broken = self._rules.broken(values.set(tested.empty, None) if some_empty else values)
            if broken:
                problems.told |= broken
                values = values.scatter(list(broken), None)
        return CheckedColumn(values, problems)

    def _one_by_one(
        self, texts: pl.Series, values: pl.Series, failed: pl.Series, problems: CellProblems
    ) -> pl.Series:
        """Convert what the cheap test did not take, each distinct value once."""
        every = bool(failed.all())
        positions = pl.int_range(len(failed), eager=True) if every else failed.arg_true()
        left = texts if every else texts.gather(positions)
        convert = self._converter(left)
        distinct = left.unique()
        sure, converted, hopeless = distinct.clear(), distinct.clear(), distinct.clear()
        if len(distinct) > _MANY:
            many = convert_many(distinct, self.column, first_is_day=self._first_is_day is not False)
            done = many.values.is_not_null()
            sure, converted = distinct.filter(done), many.values.filter(done)
            hopeless = distinct.filter(~done & many.hopeless)
            distinct = distinct.filter(~done & ~many.hopeless)
        results = {text: self._known.get(text) or convert(text) for text in distinct.to_list()}
        good = {text: result for text, result in results.items() if not isinstance(result, Told)}
        if len(self._known) < _REMEMBERED:
            self._known.update(islice(good.items(), _REMEMBERED - len(self._known)))
        sure = pl.concat([sure, pl.Series(list(good), dtype=pl.String)])
        converted = pl.concat([converted, pl.Series(list(good.values()), dtype=pl.String)])
        taken = left.replace_strict(sure, converted, default=None, return_dtype=pl.String)
        wrong = taken.is_null()
        if wrong.any():
            wrong_texts = left.filter(wrong)
            problems.tell_later(
                positions.filter(wrong),
                wrong_texts,
                wrong_texts.is_in(hopeless.implode()),
                lambda text: _told(results[text] if text in results else convert(text)),
            )
        return taken if every else values.scatter(positions, taken)

    def _converter(self, left: pl.Series) -> Callable[[str], Converted]:
        kind = self.column.type.kind
        if kind is Kind.INT:
            return self._whole_number
        if kind is Kind.DECIMAL:
            return self._decimal
        if kind is Kind.BOOL:
            return self._truth
        if kind is Kind.STR:
            return self._text
        if self.needs_day_order:
            self.set_day_order(DayOrder().with_cells(left))
        return self._moment

    def _whole_number(self, text: str) -> Converted:
        number = parse_number(text, self.column.number_format)
        whole = None if number is None else whole_text(number) if number.adjusted() < 40 else ""
        if whole is None:
            return tell(Message.NOT_AN_INTEGER, column=self.column.name, value=shown(text))
        if not whole or not INT_LOW <= int(whole) <= INT_HIGH:
            return self._out_of_range(text, INT_LOW, INT_HIGH)
        return whole

    def _decimal(self, text: str) -> Converted:
        number = parse_number(text, self.column.number_format)
        if number is None:
            return tell(Message.NOT_A_NUMBER, column=self.column.name, value=shown(text))
        column_type = self.column.type
        written = decimal_text(number, column_type.precision, column_type.scale)
        if written is None:
            most = "9" * (column_type.precision - column_type.scale) + ("." + "9" * column_type.scale).rstrip(
                "."
            )
            return self._out_of_range(text, f"-{most}", most)
        return written

    def _out_of_range(self, text: str, low: object, high: object) -> Told:
        return tell(Message.OUT_OF_RANGE, column=self.column.name, value=shown(text), low=low, high=high)

    def _truth(self, text: str) -> Converted:
        word = text.lower()
        if word in _TRUE or word in _FALSE:
            return "1" if word in _TRUE else "0"
        return tell(Message.NOT_ALLOWED, column=self.column.name, expected="1 / 0", value=shown(text))

    def _text(self, text: str) -> Converted:
        code = unspoiled(text)
        if code is None:
            return tell(Message.PRECISION_LOST, column=self.column.name, value=shown(text))
        limit = self.column.type.length
        if len(code) > limit:
            return tell(Message.TOO_LONG, column=self.column.name, limit=limit, found=len(code))
        unstorable = unstorable_sign(code, self.column.type.codec)
        if unstorable is not None:
            return tell(Message.UNSTORABLE, column=self.column.name, sign=unstorable)
        if self._dist_id is None:
            return code
        return self._distributor(code)

    def _distributor(self, code: str) -> Converted:
        """The distributor of a row: all of it, or its first two characters, whatever their case."""
        wanted = self._dist_id or ""
        if self._exact:
            if code.casefold() == wanted.casefold():
                return wanted
        elif code[:2].casefold() == wanted[:2].casefold():
            return code
        return tell(Message.WRONG_DISTRIBUTOR, column=self.column.name, dist_id=wanted, value=shown(code))

    def _moment(self, text: str) -> Converted:
        moment = parse_moment(text, first_is_day=self._first_is_day is not False)
        # MySQL's DATE begins with the year 1000; a year before 1900 in a distributor's file is a slip of the pen.
        if moment is None or not 1900 <= moment.at.year <= 2199:
            expected = (self.column.date_formats or ("dd/mm/yyyy",))[0]
            return tell(Message.BAD_DATE, column=self.column.name, expected=expected, value=shown(text))
        if moment.from_serial and not any(note.code is Message.SERIAL_DATES for note in self.notes):
            self.notes.append(tell(Message.SERIAL_DATES, column=self.column.name))
        return (
            f"{moment.at:%Y-%m-%d}"
            if self.column.type.kind is Kind.DATE
            else f"{moment.at:%Y-%m-%d %H:%M:%S}"
        )


def _told(result: Converted) -> Told:
    if not isinstance(result, Told):
        raise TypeError(f"{result!r} is a value")
    return result


def check_columns(checks: Sequence[ColumnCheck], cells: Sequence[pl.Series]) -> list[CheckedColumn]:
    """Check the columns of some rows together."""
    tested = cheaply_tested([check.cells(series) for check, series in zip(checks, cells, strict=True)])
    return [check.finished(each) for check, each in zip(checks, tested, strict=True)]
