"""Dirty files as distributors send them, and what must come of each (`tests/data/dirty/cases.json`)."""

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest

from import_export.imports.layout import Layout, find_layout
from import_export.imports.staging import StagedFile, StagedResult
from import_export.imports.tables import table_from_config
from import_export.imports.validation import Verdict, quick_validate
from import_export.messages import Message

FOLDER = Path(__file__).parents[1] / "data" / "dirty"
CASES = json.loads((FOLDER / "cases.json").read_text())
TABLE = table_from_config(CASES["table"])
COLUMNS = [column.name for column in TABLE.columns]

# What stands in totals lines is told as a reject for now, and the row is not loaded; ZIPs are tested with extraction.
FILES = [case for case in CASES["cases"] if case["file"].endswith(".csv")]


def staged(path: Path, verdict: Verdict) -> tuple[list[dict[str, Any]], StagedResult]:
    assert verdict.layout is not None
    assert verdict.headers is not None
    file = StagedFile(
        path,
        verdict.layout,
        TABLE,
        verdict.headers,
        dist_id=CASES["dist_id"],
        rejects=None,
        batch_bytes=1 << 20,
        kept_rejects=100,
    )
    rows = [row for frame in file for row in frame.iter_rows(named=True)]
    return rows, file.result


@pytest.mark.parametrize("case", FILES, ids=lambda case: case["file"])
def test_a_dirty_file_is_read_or_refused_as_it_should_be(case: dict[str, Any]) -> None:
    path, expect = FOLDER / case["file"], case["expect"]
    verdict = quick_validate(path, path.name, [TABLE], dist_id=CASES["dist_id"])
    if expect.get("status") == 6:
        assert verdict.told is not None
        assert verdict.told.code == expect["code"]
        assert expect.get("message_mentions", "") in verdict.told.text()
        assert expect.get("suggest", {}) == verdict.told.params.get("suggested", {})
        return
    rows, result = staged(path, verdict)
    assert result.lines == result.good + result.rejected
    assert result.good == len(rows)
    assert result.good >= expect.get("accepted_at_least", 0)
    if "accepted" in expect:
        assert result.good == expect["accepted"]
    _check_layout(verdict.layout, verdict, expect)
    _check_rows(rows, result, expect)


def _check_layout(layout: Layout | None, verdict: Verdict, expect: dict[str, Any]) -> None:
    assert layout is not None
    assert verdict.headers is not None
    assert layout.header[0] == expect.get("header0", layout.header[0])
    assert layout.header_line == expect.get("header_line", layout.header_line)
    assert layout.encoding == expect.get("encoding", layout.encoding)
    if "ignored_columns" in expect:
        assert list(verdict.headers.ignored) == expect["ignored_columns"]


def _check_rows(rows: list[dict[str, Any]], result: StagedResult, expect: dict[str, Any]) -> None:
    if "row1" in expect:
        found = [rows[0][name] for name in COLUMNS]
        assert [_same(each, wanted) for each, wanted in zip(found, expect["row1"], strict=True)] == expect[
            "row1"
        ]
    if "name" in expect:
        assert rows[0]["name"] == expect["name"]
    if "second_row_line" in expect:
        assert rows[1]["line"] == expect["second_row_line"]
    second = expect.get("row2", {})
    if "value" in second:
        assert second["value"] in {_same(str(value), second["value"]) for value in rows[1].values()}
    code = second.get("reject") or expect.get("code")
    if code:
        [reject, *_] = result.rejects
        assert reject.told.code == code
        assert reject.header == second.get("column", reject.header)
        assert reject.line == second.get("line", expect.get("line", reject.line))
    elif not {"control_total", "skipped_total"} & set(expect) and "accepted" in expect:
        assert result.rejected == expect.get("rejected", 0)


def _same(found: str, wanted: str) -> str:
    """`wanted` where both are one number: a column of two decimals stores `2.00` for `2`."""
    try:
        return wanted if "." in found and Decimal(found) == Decimal(wanted) else found
    except InvalidOperation:
        return found


def test_a_header_that_is_misspelt_is_suggested() -> None:
    path = FOLDER / "37_header_typo.csv"
    verdict = quick_validate(path, path.name, [TABLE])
    assert verdict.told is not None
    assert verdict.told.code is Message.MANDATORY_MISSING
    assert verdict.told.text() == "Missing mandatory columns: sales_amount"


def test_what_is_no_text_at_all_says_what_it_is(tmp_path: Path) -> None:
    for octets, told in (
        (b"PK\x03\x04rest", "Excel workbook or a ZIP"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel workbook"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n", "image"),
    ):
        path = tmp_path / "x.csv"
        path.write_bytes(octets)
        layout = find_layout(path)
        assert not isinstance(layout, Layout)
        assert told in layout.text()
