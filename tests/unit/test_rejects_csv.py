"""Rejects that are written thousands at once are what they would be one by one: the row as it came, its line, what is wrong."""

import csv
import io
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from import_export.imports.bad_rows import BadRow, BadRows
from import_export.imports.blocks import Block
from import_export.imports.checks import check_columns
from import_export.imports.layout import Layout
from import_export.imports.line_reading import read_lines
from import_export.imports.problems import Reject
from import_export.imports.reading import RowBatch
from import_export.imports.records import Dialect
from import_export.imports.staging import column_check
from import_export.imports.table_config import table_from_config
from import_export.imports.tables import Column
from import_export.messages import Language, Told

TABLE = table_from_config(
    {
        "table_name": "t_rejects",
        "display_name": "rejects",
        "allowed_filename": "rejects",
        "columns": [
            {"name": "a", "type": "int", "is_mandatory": True},
            {"name": "b", "type": "date"},
            {"name": "c", "type": "str(3)"},
        ],
    }
)
CELL = st.sampled_from(
    ["", "1", "x", "x,y", '"q"', "01/03/2026", "31/02/2026", "long", "é", "\ufffd", " ", "y" * 120, "9" * 30]
)
LINE = st.lists(CELL, max_size=5).map(";".join) | st.sampled_from(
    ['"a;b', '"a"b;c', '"1";"2"', '"x""y";;;', "a; b; c; d", '"two', 'lines";x', '"', ";" * 9]
)


def layout(escape: str | None, skips: bool) -> Layout:
    return Layout("utf-8", Dialect(";", '"', escape, skips_blank=skips), 1, 2, ("a", "b", "c"), 0, ())


def bad_rows(text: str, how: Layout, *, damaged: bool) -> BadRows:
    block = Block(text.encode(), how, damaged=damaged, removed_nuls=0, bytes_read=0)
    found = read_lines(block, how, 7)
    batch = RowBatch(found.frame, found.lines, found.broken, 0, (), 0, 0)
    checks = [column_check(column, TABLE, None) for column in TABLE.columns]
    checked = check_columns(checks, [found.frame.get_column(name) for name in found.frame.columns])
    problems = [(check.column, each.problems) for check, each in zip(checks, checked, strict=True)]

    def reject(line: int, cells: tuple[str, ...], column: Column, told: Told) -> Reject:
        return Reject(line, column.name, column.name, None, told)

    return BadRows(batch, problems, reject)


def one_by_one(rows: Sequence[BadRow], language: Language) -> list[str]:
    written = []
    for row in rows:
        text = io.StringIO()
        errors = "; ".join(reject.told.text(language) for reject in row.rejects)
        filled = [*row.cells[:3], *[""] * (3 - len(row.cells))]
        csv.writer(text, lineterminator="\r\n").writerow([*filled, row.line, errors, *row.cells[3:]])
        written.append(text.getvalue().removesuffix("\r\n"))
    return written


@example(lines=["x;;", "1"] * 3, escape=None, skips=False, damaged=False, language="id")
@settings(max_examples=500, deadline=None)
@given(
    lines=st.lists(LINE, min_size=1, max_size=12),
    escape=st.sampled_from([None, "\\"]),
    skips=st.booleans(),
    damaged=st.booleans(),
    language=st.sampled_from(["en", "id"]),
)
def test_rejects_are_written_at_once_as_one_by_one(
    lines: list[str], escape: str | None, skips: bool, damaged: bool, language: Language
) -> None:
    text = "\n".join(lines)
    if not text:
        return
    bad = bad_rows(text, layout(escape, skips), damaged=damaged)
    rows = list(bad.rows(np.arange(len(bad))))
    assert bad.csv(np.arange(len(bad)), 3, language).to_list() == one_by_one(rows, language)


@pytest.mark.parametrize("language", ["en", "id"])
def test_many_different_wrong_values_are_told_as_few_are(language: Language) -> None:
    lines = [f"x{number};{number}/13/2026;code{number}" for number in range(1500)]
    lines += [f"{10**20 + number};no {'day' * 40};" for number in range(1500)]
    bad = bad_rows("\n".join(lines), layout(None, False), damaged=False)
    rows = list(bad.rows(np.arange(len(bad))))
    assert len(rows) == 3000
    assert bad.csv(np.arange(len(bad)), 3, language).to_list() == one_by_one(rows, language)
