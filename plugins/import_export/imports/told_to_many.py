"""What is wrong with many rows or cells, in words: a message is put into words once, and then filled in for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from import_export.messages import Language, Told

_HERE = "\0"


def with_each(told: Told, name: str, values: pl.Series, language: Language) -> pl.Series:
    """The message in words for each of some values of one of its parameters."""
    before, _, after = Told(told.code, {**told.params, name: _HERE}).text(language).partition(_HERE)
    words = pl.concat_str(pl.lit(before), pl.col("value").cast(pl.String), pl.lit(after))
    return values.to_frame("value").select(words).to_series()


def in_words(told: Sequence[Told | None], language: Language) -> pl.Series:
    """Each message in words; null where there is none. Of messages that are one and the same, one is looked at."""
    words = {id(each): each.text(language) for each in {id(each): each for each in told if each}.values()}
    return pl.Series([words.get(id(each)) for each in told], dtype=pl.String)


def looked_up(keys: pl.Series, words: Mapping[int, str] | Mapping[str, str]) -> pl.Series:
    """The words for each key."""
    return keys.replace_strict(list(words), list(words.values()), return_dtype=pl.String)


def joined(words: Iterable[pl.Series], height: int) -> pl.Series:
    """What is told of each row, one problem after the other; null where there is nothing to tell of one."""
    frame = pl.DataFrame({str(number): each for number, each in enumerate(words)})
    if not frame.width:
        return pl.Series([""], dtype=pl.String).new_from_index(0, height)
    return frame.select(pl.concat_str(pl.all(), separator="; ", ignore_nulls=True)).to_series()
