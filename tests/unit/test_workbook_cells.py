"""Cells of workbooks: what other programs read back out of them, for any text and any number."""

import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape
from python_calamine import load_workbook

from import_export.exports.contents import Content
from import_export.exports.sheet_rows import CUT, LONGEST_TEXT
from import_export.messages import Language
from tests.sample_contents import workbook
from tests.sample_rows import rows_of

POSTED = datetime(2022, 10, 23, 10, 0)
LINK = "https://www.instagram.com/p/Ck1/"
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
AWKWARD = st.lists(
    st.sampled_from(
        ["_x0041_", "_x005F_", "_x", "005F_", "\r\n", "\r", "\n", "\x07", "&", "<", "]]>", " ", "🇮🇩"]
    )
).map("".join)
COUNTS = st.none() | st.integers(-(2**53), 2**53)
RATES = st.none() | st.integers(-(10**9), 10**9).map(lambda units: units / 10_000)
Cells = Sequence[Sequence[Any]]


def kept(text: str | None) -> str:
    """A text as the documentation says that it is changed."""
    return NOT_IN_XML.sub("", text or "").replace("\r\n", "\n").replace("\r", "\n")


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def by_openpyxl(path: Path, *, data_only: bool = True) -> Cells:
    [sheet] = openpyxl.load_workbook(path, data_only=data_only).worksheets
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    # It leaves `_x005F_` in texts for us to read.
    return [[unescape(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]


def by_calamine(path: Path) -> Cells:
    rows = load_workbook(str(path)).get_sheet_by_index(0).to_python()[1:]
    return [[None if cell == "" else cell for cell in row] for row in rows]


def text_in(path: Path) -> str:
    [[found, *_], *_] = by_calamine(path)
    assert by_openpyxl(path)[0][0] == found
    return str(found)


def written(folder: Path, text: str, language: Language = "id") -> str:
    return text_in(workbook(folder / "x.xlsx", rows_of(Content.GENDER, [[text, 1, 1.0]]), language=language))


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(TEXTS | AWKWARD | st.none(), COUNTS, RATES)))
@example(rows=[("_x_x0041_x0042_", 0, 0.0), ("\x00", None, None), ("\r\r\n\n", -1, -0.0001)])
def test_any_row_comes_back_as_it_was(rows: list[tuple[str | None, int | None, float | None]]) -> None:
    rows = [*rows, ("end", 1, 100.0)]
    expected = [
        [kept(text) or None, count, None if rate is None else pytest.approx(rate / 100, abs=1e-9)]
        for text, count, rate in rows
    ]
    with TemporaryDirectory() as folder:
        path = workbook(Path(folder, "x.xlsx"), rows_of(Content.GENDER, rows))
        for found in (by_openpyxl(path), by_calamine(path)):
            assert [[row[0] or None, *row[1:]] for row in found[:-1]] == expected


@settings(max_examples=60, deadline=None)
@given(moments=st.lists(st.datetimes(datetime(2010, 1, 1), datetime(2100, 12, 31)), min_size=1))
def test_any_moment_comes_back_to_the_second(moments: list[datetime]) -> None:
    moments = [moment.replace(microsecond=0) for moment in moments]
    with TemporaryDirectory() as folder:
        path = workbook(Path(folder, "x.xlsx"), rows_of(Content.MEDIA, [[moment] for moment in moments]))
        for found in (by_openpyxl(path), by_calamine(path)):
            assert [as_moment(row[0]) for row in found] == moments


def as_moment(cell: Any) -> datetime:
    """Calamine gives a midnight as a day."""
    return cell if isinstance(cell, datetime) else datetime.combine(cell, time())


@pytest.mark.parametrize("day", [date(2010, 1, 1), date(2020, 2, 29), date(2100, 12, 31)])
def test_a_day_comes_back_as_it_was(day: date, tmp_path: Path) -> None:
    path = workbook(tmp_path / "x.xlsx", rows_of(Content.PROFILE, [[day, 1]]))
    assert by_openpyxl(path)[0][0] == datetime(day.year, day.month, day.day)
    assert by_calamine(path)[0][0] == day


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "=HYPERLINK(\"https://x.id\")", "+62 812", "-5", "@sahabat", "\t=1", "{=1}", "'quoted", "007"),
        *("1e5", "2022-10-23", "TRUE", "#N/A", "50%", "<b>&amp;</b>", "]]>", "  both ends  ", "\n", '"'),
        *("_x0041_", "_x005F_x0041_", "_x000D_", "_X0041_", "👩‍👩‍👧‍👦 🇮🇩 ❤️‍🔥", "مرحبا", "新品上市", "e\u0301"),
    ],
)  # fmt: skip
def test_a_text_stays_a_text(text: str, tmp_path: Path) -> None:
    path = workbook(tmp_path / "x.xlsx", rows_of(Content.GENDER, [[text, 1, 1.0]]))
    assert text_in(path) == text
    cell = openpyxl.load_workbook(path).worksheets[0]["A2"]
    assert (cell.data_type, cell.quotePrefix) == ("s", True)


def test_what_xml_forbids_is_left_out(tmp_path: Path) -> None:
    assert written(tmp_path, "a\x00b\x08c\x0b\x0c\x1f\ufffed\uffff\tz\x7f\x85") == "abcd\tz\x7f\x85"


def test_ends_of_lines_are_those_of_spreadsheets(tmp_path: Path) -> None:
    assert written(tmp_path, "a\r\nb\rc\nd") == "a\nb\nc\nd"


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("text", ["x" * 32_768, "é" * 40_000, "🎉" * 20_000, "x" + "🎉" * 20_000])
def test_a_text_that_is_too_long_is_cut_with_a_mark(text: str, language: Language, tmp_path: Path) -> None:
    found = written(tmp_path, text, language)
    assert LONGEST_TEXT - 1 <= units(found) <= LONGEST_TEXT  # one less where half an emoji would be left
    assert found.endswith(CUT[language])
    assert text.startswith(found.removesuffix(CUT[language]))


@pytest.mark.parametrize("text", ["x" * 32_767, "é" * 32_767, "🎉" * 16_383])
def test_a_text_that_just_has_room_is_kept(text: str, tmp_path: Path) -> None:
    assert written(tmp_path, text) == text


def link_cell(folder: Path, link: str) -> tuple[Any, Any, bool]:
    """What stands there, what is shown, and whether it looks like a link."""
    path = workbook(folder / "x.xlsx", rows_of(Content.MEDIA, [[POSTED, "x", link]]))
    cell = openpyxl.load_workbook(path).worksheets[0]["C2"]
    assert by_openpyxl(path)[0][2] == by_calamine(path)[0][2]
    return cell.value, by_calamine(path)[0][2], cell.font.underline == "single"


@pytest.mark.parametrize("link", [LINK, "http://x.id/?a=1&b='2'#<c>", "https://x.id/" + "y" * 235])
def test_an_address_is_clickable(link: str, tmp_path: Path) -> None:
    assert link_cell(tmp_path, link) == (f'=HYPERLINK("{link}")', link, True)


@pytest.mark.parametrize(
    "text",
    [
        *('=HYPERLINK("https://x.id")', "javascript:alert(1)", "ftp://x.id", "instagram.com/p/1", "file:///c:/x"),
        *('https://x.id/"&CMD()&"', "https://x.id/ b", "https://x.id/\n", "https://", "https://x.id/" + "y" * 300),
        # 250 signs, but more than 255 as spreadsheets count them: such a formula breaks the file.
        "https://x.id/" + "🎉" * 200,
        # Programs differ in what they read in a formula: `_x0041_`, or `A`.
        "https://x.id/p/C_x0041_z/",
    ],
)  # fmt: skip
def test_what_is_no_plain_address_is_a_text(text: str, tmp_path: Path) -> None:
    [value, shown, underlined] = link_cell(tmp_path, text)
    assert (unescape(value), shown, underlined) == (text, text, False)


def test_more_links_than_a_sheet_holds_of_the_usual_sort_stay_clickable(tmp_path: Path) -> None:
    rows = [[POSTED, "x", f"{LINK}{number}"] for number in range(65_600)]
    path = workbook(tmp_path / "x.xlsx", rows_of(Content.MEDIA, rows))
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert sheet.count(b"<f>HYPERLINK(") == 65_600
    assert b"<hyperlink" not in sheet
