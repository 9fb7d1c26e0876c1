"""Many different values are converted at once to what a look at each of them gives."""

import string
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from import_export.imports.checks import Column, ColumnCheck
from import_export.imports.many_values import convert_many
from import_export.imports.table_config import table_from_config
from import_export.messages import Told

DIGITS = st.text(string.digits, min_size=1, max_size=4)
NUMBERS = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "Rp ", "rp.", "IDR", "(", "-", "- Rp ", "Rp -", "(Rp ", "+", "x", "\x1f", "--"]),
        st.lists(DIGITS | st.sampled_from([".", ",", " ", "e", "-", ".000", ".250"]), max_size=5).map(
            "".join
        ),
        st.sampled_from(["", "-", ")", " ", "-)", "%"]),
    ),
)
SIGNS = st.sampled_from("-/. ")
MOMENTS = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["1", "01", "31", "13", "2026", "1899", "99", "Mei", "mars"]),
        SIGNS,
        st.sampled_from(["1", "02", "12", "13", "31", "des", "Agustus"]),
        SIGNS,
        st.sampled_from(["2026", "26", "1", "29", "2200", "31", ""]),
        st.sampled_from(
            [
                "",
                " ",
                "T",
                " 7:05",
                " 24:00",
                " 10:15:60",
                "T09.30.59",
                " 1:2",
                " 11:59 PM",
                "Z",
                " 00:00:00.5",
            ]
        ),
    ),
)
TEXTS = (
    NUMBERS
    | MOMENTS
    | st.text(max_size=8)
    | st.sampled_from(["", "20260301", "45000", "45000,5", "-0", "0-", "(0)", "-", "Rp -", "1e5", "9" * 20])
)


def columns() -> list[Column]:
    kinds: list[dict[str, Any]] = [
        {"type": kind, "number_format": number_format}
        for kind in ("int", "decimal(8,2)")
        for number_format in ("plain", "1.234,56", "1,234.56")
    ]
    kinds += [{"type": "date"}, {"type": "datetime"}, {"type": "bool"}, {"type": "str(5)"}]
    config = {
        "table_name": "t_many",
        "display_name": "many",
        "allowed_filename": "many",
        "columns": [{"name": f"c{number}", **kind} for number, kind in enumerate(kinds)],
    }
    return list(table_from_config(config).columns)


COLUMNS = columns()


@settings(max_examples=600, deadline=None)
@given(
    texts=st.lists(TEXTS.map(str.strip).filter(bool), min_size=1, max_size=20, unique=True),
    column=st.sampled_from(COLUMNS),
    first_is_day=st.booleans(),
)
def test_many_values_are_what_each_of_them_is(texts: list[str], column: Column, first_is_day: bool) -> None:
    check = ColumnCheck(column)
    check._first_is_day = first_is_day
    series = pl.Series(texts, dtype=pl.String)
    convert = check._converter(series)
    many = convert_many(series, column, first_is_day=first_is_day)
    for text, value, hopeless in zip(texts, many.values, many.hopeless, strict=True):
        wanted = convert(text)
        if value is not None:
            assert (text, value) == (text, wanted)
        if hopeless:
            assert isinstance(wanted, Told), text


def test_a_column_of_many_values_is_checked_as_a_column_of_few() -> None:
    column = next(each for each in COLUMNS if each.type.kind == "datetime")
    times = [f"01/03/2026 {hour}:{minute:02}" for hour in range(24) for minute in range(60)]
    texts = [*times, "x1", "31/02/2026", "1 Mei 2026", "", "x2"]
    found = ColumnCheck(column).check(pl.Series(texts))
    few = [ColumnCheck(column).check(pl.Series(texts[at : at + 500])) for at in range(0, len(texts), 500)]
    assert found.values.to_list() == [value for each in few for value in each.values]
    told = {
        500 * number + at: each.problems[at].text() for number, each in enumerate(few) for at in each.problems
    }
    assert {at: found.problems[at].text() for at in found.problems} == told
    assert sorted(found.problems) == [1440, 1441, 1444]
    assert len(found.problems) == 3
    assert found.problems.get(1439) is None
    assert found.problems.get(1442) is None
