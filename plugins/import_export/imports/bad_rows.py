"""The bad rows of a batch: where they are as arrays, and each as an object only for what is told or looked at closely."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from import_export.imports.broken_rows import Numbers
from import_export.imports.problems import CellProblems, Reject
from import_export.imports.reading import RowBatch
from import_export.imports.rejects_csv import of_frame
from import_export.imports.tables import Column
from import_export.imports.told_to_many import in_words, joined
from import_export.messages import Language, Told

ColumnProblems = tuple[Column, Mapping[int, Told]]
"""A column, and what is wrong with it, by the row's position in the batch's frame."""
Cells = tuple[str, ...]
_AT_ONCE = 1024


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row with problems."""

    line: int
    cells: Cells
    position: int | None
    """Its position in the batch's frame; None for a row that could not be put into columns."""
    rejects: tuple[Reject, ...]


class BadRows:
    """The bad rows of a batch, in the file's order."""

    def __init__(
        self,
        batch: RowBatch,
        problems: Sequence[ColumnProblems],
        reject: Callable[[int, Cells, Column, Told], Reject],
    ) -> None:
        """`problems`: by columns, in the order in which those of a row are told; `reject` makes a reject of one."""
        self.batch, self._problems, self._reject = batch, problems, reject
        wrong = np.zeros(batch.frame.height, dtype=bool)
        for _, found in problems:
            wrong[np.fromiter(found, np.int64, len(found))] = True
        self.in_frame: Numbers = np.flatnonzero(wrong)
        """Positions in the batch's frame."""
        lines = np.concatenate((batch.broken.lines, self.frame_lines[self.in_frame]))
        order = np.argsort(lines, kind="stable")
        self.lines: Numbers = lines[order]
        """The physical line of each."""
        broken = len(batch.broken)
        self.positions: Numbers = np.concatenate((np.full(broken, -1), self.in_frame))[order]
        """The position of each in the batch's frame; -1 for a row that could not be put into columns."""
        self._broken: Numbers = np.concatenate((np.arange(broken), np.full(len(self.in_frame), -1)))[order]

    def __len__(self) -> int:
        return len(self.lines)

    @cached_property
    def frame_lines(self) -> Numbers:
        """The physical line of each row of the batch's frame, good and bad."""
        return self.batch.lines.to_numpy().astype(np.int64, copy=False)

    def of_broken(self, values: Numbers, fill: int) -> Numbers:
        """Values of the batch's broken rows as those of the bad rows; `fill` for rows of the frame."""
        if not len(values):
            return np.full(len(self), fill)
        return np.where(self._broken >= 0, values[self._broken], fill)

    def frame(self) -> pl.DataFrame:
        """The cells of those bad rows that could be put into columns, in the order of `in_frame`."""
        return self.batch.frame[self.in_frame]

    def rows(self, numbers: Numbers) -> Iterator[BadRow]:
        """Some of the rows, in the order in which they are asked for."""
        for start in range(0, len(numbers), _AT_ONCE):
            some = numbers[start : start + _AT_ONCE]
            positions = self.positions[some]
            inside = positions[positions >= 0]
            cells = iter(self.batch.frame[inside].rows() if len(inside) else ())
            for line, position, broken in zip(
                self.lines[some].tolist(), positions.tolist(), self._broken[some].tolist(), strict=True
            ):
                yield (
                    self._of_frame(line, position, next(cells)) if position >= 0 else self._of_broken(broken)
                )

    def csv(self, numbers: Numbers, width: int, language: Language) -> pl.Series:
        """Some of the rows as lines of CSV, below a header of `width` cells, with line and errors."""
        positions, broken = self.positions[numbers], self._broken[numbers]
        inside, outside = np.flatnonzero(positions >= 0), np.flatnonzero(positions < 0)
        found = pl.Series([""], dtype=pl.String).new_from_index(0, len(numbers))
        if len(outside):
            found = found.scatter(outside, self.batch.broken.csv(broken[outside], width, language))
        if len(inside):
            at = positions[inside]
            lines = pl.Series(self.lines[numbers[inside]])
            errors = joined([_words(told, at, language) for _, told in self._problems], len(at))
            found = found.scatter(inside, of_frame(self.batch.frame[at], lines, errors))
        return found

    def _of_broken(self, number: int) -> BadRow:
        row = self.batch.broken[number]
        return BadRow(row.line, row.cells, None, (Reject(row.line, None, None, None, row.told),))

    def _of_frame(self, line: int, position: int, cells: Cells) -> BadRow:
        found = ((column, told.get(position)) for column, told in self._problems)
        rejects = tuple(self._reject(line, cells, column, told) for column, told in found if told is not None)
        return BadRow(line, cells, position, rejects)


def _words(problems: Mapping[int, Told], positions: Numbers, language: Language) -> pl.Series:
    """What is wrong with a column's cells at some positions, in words; null where nothing is."""
    if isinstance(problems, CellProblems):
        return problems.in_words(positions, language)
    return in_words([problems.get(position) for position in positions.tolist()], language)
