"""What is wrong with a file or a row, as values; nothing here is ever raised."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np
import polars as pl

from import_export.imports.broken_rows import Numbers
from import_export.imports.told_to_many import in_words, looked_up, with_each
from import_export.messages import Language, Told

_SHOWN = 100
"""Characters of a wrong value that are told."""


@dataclass(frozen=True, slots=True)
class Reject:
    """One problem of one row. A row with several problems has several of these."""

    line: int
    """Physical line of the file on which the row begins, from 1, as an editor shows it."""
    header: str | None
    """The file's header of the column, None where the row as a whole is wrong."""
    column: str | None
    """The table's name of the column."""
    value: str | None
    """The cell as it was."""
    told: Told

    def text(self, language: Language = "en") -> str:
        """The problem in words, with its line."""
        word = "Baris" if language == "id" else "Line"
        return f"{word} {self.line}: {self.told.text(language)}"


class CellProblems(Mapping[int, Told]):
    """What is wrong with the cells of a column, by the row's position.

    A hostile file has millions of wrong cells, of which a thousand are told: some are made words of only when asked for.
    """

    def __init__(self) -> None:
        self.told: dict[int, Told] = {}
        self._later = np.empty(0, np.int64)
        self._texts: pl.Series = pl.Series([], dtype=pl.String)
        self._alike: pl.Series = pl.Series([], dtype=pl.Boolean)
        self._tell: Callable[[str], Told] | None = None

    def tell_later(
        self, positions: pl.Series, texts: pl.Series, alike: pl.Series, tell: Callable[[str], Told]
    ) -> None:
        """What is wrong with some cells, at positions in order, is told by their texts.

        `alike`: of which the same is told but for their own value.
        """
        self._later, self._texts, self._alike = positions.to_numpy().astype(np.int64), texts, alike
        self._tell = tell

    def in_words(self, positions: Numbers, language: Language) -> pl.Series:
        """What is wrong with the cells at some positions; null where nothing is."""
        words = in_words([self.told.get(position) for position in positions.tolist()], language)
        if self._tell is None:
            return words
        place = np.minimum(np.searchsorted(self._later, positions), len(self._later) - 1)
        found = np.flatnonzero(self._later[place] == positions)
        texts, alike = self._texts[place[found]], self._alike[place[found]]
        told = pl.Series([None], dtype=pl.String).new_from_index(0, len(texts))
        others = texts.filter(~alike)
        if len(others):
            each = {text: self._tell(text).text(language) for text in others.unique()}
            told = told.scatter((~alike).arg_true(), looked_up(others, each))
        if len(others) < len(texts):
            same = texts.filter(alike)
            told = told.scatter(
                alike.arg_true(), with_each(self._tell(same[0]), "value", shown_each(same), language)
            )
        return words.scatter(found, told)

    def __getitem__(self, position: int) -> Told:
        if position in self.told:
            return self.told[position]
        place = int(np.searchsorted(self._later, position))
        if self._tell is None or place == len(self._later) or self._later[place] != position:
            raise KeyError(position)
        return self._tell(self._texts[place])

    def __iter__(self) -> Iterator[int]:
        return chain(self.told, self._later.tolist())

    def __len__(self) -> int:
        return len(self.told) + len(self._later)


def shown(text: str) -> str:
    """A wrong value as it is told."""
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def shown_each(texts: pl.Series) -> pl.Series:
    """Wrong values as they are told."""
    return texts.zip_with(texts.str.len_chars() <= _SHOWN, texts.str.slice(0, _SHOWN) + "…")
