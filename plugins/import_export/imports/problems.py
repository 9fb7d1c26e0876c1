"""What is wrong with a file or a row, as values; nothing here is ever raised."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np
import polars as pl

from import_export.messages import Language, Told


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
        self._tell: Callable[[str], Told] | None = None

    def tell_later(self, positions: pl.Series, texts: pl.Series, tell: Callable[[str], Told]) -> None:
        """What is wrong with some cells, at positions in order, is told by their texts."""
        self._later, self._texts, self._tell = positions.to_numpy().astype(np.int64), texts, tell

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
