"""Workbooks as a whole: their sheets, how they look, totals, and what becomes of very many or no rows."""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from weakref import ref
from xml.etree import ElementTree

import openpyxl
import polars as pl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import load_workbook

from import_export.exports.contents import COLUMNS, TITLES, Column, Content, Kind, Rows
from import_export.exports.workbook_sheets import SHEET_ROWS
from import_export.messages import Language
from tests.sample_contents import believable, workbook
from tests.sample_rows import frame_of, rows_of

DAY = date(2022, 10, 24)
FORMATS = {
    Kind.DAY: "dd-mm-yyyy",
    Kind.MOMENT: "dd-mm-yyyy hh:mm",
    Kind.TEXT: "General",
    Kind.LINK: "General",
    Kind.COUNT: "#,##0",
    Kind.RATE: "0.00%",
    Kind.MEAN: "#,##0.00",
}
TYPES: dict[Kind, type | tuple[type, ...]] = {
    Kind.DAY: datetime,
    Kind.MOMENT: datetime,
    Kind.TEXT: str,
    Kind.LINK: str,
    Kind.COUNT: int,
    Kind.RATE: (int, float),
    Kind.MEAN: (int, float),
}


@pytest.fixture(scope="session", params=["id", "en"])
def language(request: pytest.FixtureRequest) -> Language:
    found: Language = request.param
    return found


@pytest.fixture(scope="session")
def path(language: Language, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ninety believable days, all contents."""
    folder = tmp_path_factory.mktemp("workbook")
    return workbook(folder / "made.xlsx", *believable(language), language=language)


@pytest.fixture
def book(path: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(path)


def only_sheet(path: Path, *, data_only: bool = False) -> Worksheet:
    [sheet] = openpyxl.load_workbook(path, data_only=data_only).worksheets
    return sheet


def columns_of(sheet: Worksheet, content: Content) -> list[tuple[Column, list[Any]]]:
    """Each column with its cells, without header and totals."""
    last = sheet.max_row - (content is not Content.HASHTAG)
    cells = sheet.iter_cols(min_row=2, max_row=last)
    return list(zip(COLUMNS[content], map(list, cells), strict=True))


def test_sheets_have_the_names_of_the_domain_in_its_order(tmp_path: Path) -> None:
    assert openpyxl.load_workbook(workbook(tmp_path / "x.xlsx", *believable())).sheetnames == [
        *("Performa Akun", "Konten", "Kota Asal Followers", "Negara Asal Followers"),
        *("Jenis Kelamin", "Umur", "Hashtag"),
    ]


def test_headers_and_sheets_are_in_the_readers_language(book: openpyxl.Workbook, language: Language) -> None:
    for content in Content:
        header = next(book[TITLES[content][language]].iter_rows(max_row=1, values_only=True))
        assert header == tuple(column.labels[language] for column in COLUMNS[content])


def test_two_readers_find_the_same_cells(path: Path) -> None:
    other = load_workbook(str(path))
    for sheet in openpyxl.load_workbook(path, data_only=True).worksheets:
        mine = [["" if cell is None else cell for cell in row] for row in sheet.iter_rows(values_only=True)]
        theirs = other.get_sheet_by_name(sheet.title).to_python()
        assert [[_comparable(cell) for cell in row] for row in mine] == [
            [_comparable(cell) for cell in row] for row in theirs
        ]


def _comparable(cell: Any) -> Any:
    """Calamine gives floats, and days without a time."""
    if isinstance(cell, datetime):
        return cell.replace(microsecond=0)
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day)
    return pytest.approx(cell) if isinstance(cell, int | float) else cell


def test_cells_are_real_numbers_and_dates_with_their_formats(path: Path, language: Language) -> None:
    book = openpyxl.load_workbook(path, data_only=True)
    for content in Content:
        for column, cells in columns_of(book[TITLES[content][language]], content):
            known = [cell for cell in cells if cell.value is not None]
            assert known
            assert {cell.number_format for cell in known} == {FORMATS[column.kind]}
            assert all(isinstance(cell.value, TYPES[column.kind]) for cell in known), column.key


def test_a_rate_of_a_third_of_a_percent_is_0_0033(tmp_path: Path) -> None:
    sheet = only_sheet(workbook(tmp_path / "x.xlsx", rows_of(Content.GENDER, [["x", 3, 0.33]])))
    assert (sheet["C2"].value, sheet["C2"].number_format) == (0.0033, "0.00%")


def test_every_part_is_xml_and_the_dimension_tells_all_cells(path: Path) -> None:
    main = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            root = ElementTree.fromstring(archive.read(name))
            if not name.startswith("xl/worksheets/sheet"):
                continue
            cells = [cell.attrib["r"] for cell in root.iter(f"{main}c")]
            assert len(cells) == len(set(cells))
            numbers = [int(row.attrib["r"]) for row in root.iter(f"{main}row")]
            assert numbers == list(range(1, len(numbers) + 1))
            [dimension] = root.iter(f"{main}dimension")
            assert dimension.attrib["ref"].endswith(str(numbers[-1]))


def test_the_header_stays_and_filters_and_repeats_on_paper(book: openpyxl.Workbook) -> None:
    for sheet in book.worksheets:
        totals = sheet.title not in ("Hashtag", "Hashtags")
        assert sheet.freeze_panes == "A2"
        assert (
            sheet.auto_filter.ref == f"A1:{sheet.cell(sheet.max_row - totals, sheet.max_column).coordinate}"
        )
        assert sheet.print_title_rows == "$1:$1"
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.fitToHeight == 0  # as many pages as it takes, each as wide as the sheet
        assert all(cell.font.bold and cell.alignment.wrap_text for cell in sheet[1])


def widths_of(sheet: Worksheet) -> list[float]:
    groups = sheet.column_dimensions.values()  # equal neighbours are one
    return [group.width for group in groups for _ in range(group.min, group.max + 1)]


def test_widths_suit_headers_and_cells(book: openpyxl.Workbook) -> None:
    for sheet in book.worksheets:
        widths = widths_of(sheet)
        for width, column in zip(widths, sheet.iter_cols(), strict=True):
            assert 9 <= width <= 51
            words = str(column[0].value).split()
            assert width >= max(map(len, words)) + 4
            if column[1].number_format == "#,##0":
                assert width > max(len(f"{cell.value or 0:,}") for cell in column[1:-1])


def test_a_total_that_is_longer_than_all_cells_has_room(tmp_path: Path) -> None:
    rows = rows_of(Content.GENDER, [["x", 999_999_999, 1.0]] * 200)
    sheet = only_sheet(workbook(tmp_path / "x.xlsx", rows))
    assert widths_of(sheet)[1] >= len("199,999,999,800") + 2


def test_totals_add_up_what_the_filter_leaves(tmp_path: Path) -> None:
    day = datetime(2022, 10, 24, 10)
    posts = [
        [day, "a", "", "Gambar", 10, 1, 100, None, 11.0, 3],
        [day, "b", "", "Video", 20, None, 50, None, 4.5, 4],
    ]
    path = workbook(tmp_path / "x.xlsx", rows_of(Content.MEDIA, posts))
    written, shown = only_sheet(path)[4], only_sheet(path, data_only=True)[4]
    assert [cell.value for cell in written[:7]] == [
        *("Total / rata-rata", None, None, None),
        *("=SUBTOTAL(109,E2:E3)", "=SUBTOTAL(109,F2:F3)", "=SUBTOTAL(109,G2:G3)"),
    ]
    assert written[8].value == '=IFERROR(SUBTOTAL(101,I2:I3),"")'
    # Of impressions nothing is known, so there is no total, not 0.
    assert [cell.value for cell in shown[4:]] == [30, 1, 150, None, 0.0775, 7, None]
    assert shown[8].number_format == "0.00%"
    assert only_sheet(path).auto_filter.ref == "A1:K3"


def test_hashtags_have_no_totals_because_a_post_has_several(book: openpyxl.Workbook) -> None:
    last = book.worksheets[-1].max_row
    assert last == 31
    assert not str(book.worksheets[-1].cell(last, 1).value).startswith("Total")


@pytest.mark.parametrize("content", Content)
def test_a_content_without_rows_says_so(content: Content, tmp_path: Path) -> None:
    for name, words in (("id", "Tidak ada data dalam periode ini"), ("en", "No data in this period")):
        path = workbook(tmp_path / f"{name}.xlsx", rows_of(content, []), language=name)  # type: ignore[arg-type]
        sheet = only_sheet(path)
        assert [cell.value for cell in sheet[1]] == [
            column.labels[name]
            for column in COLUMNS[content]  # type: ignore[index]
        ]
        assert (sheet.max_row, sheet["A2"].value, sheet._charts) == (2, words, [])
        assert sheet.auto_filter.ref is None
        assert len(load_workbook(str(path)).get_sheet_by_index(0).to_python()) == 2


def test_a_single_row_has_its_total_and_its_charts(tmp_path: Path) -> None:
    sheet = only_sheet(workbook(tmp_path / "x.xlsx", rows_of(Content.PROFILE, [[DAY, 100, 7, 8, 0.5]])))
    assert [cell.value for cell in sheet[2]] == [datetime(2022, 10, 24), 100, 7, 8, 0.005]
    assert sheet["C3"].value == "=SUBTOTAL(109,C2)"
    assert len(sheet._charts) == 4


def test_a_missing_number_is_an_empty_cell_and_0_is_0(tmp_path: Path) -> None:
    rows = rows_of(Content.GENDER, [["x", None, None], ["y", 0, 0.0], ["", None, None]])
    path = workbook(tmp_path / "x.xlsx", rows)
    assert [[cell.value for cell in row] for row in only_sheet(path)["A2:C4"]] == [
        *(["x", None, None], ["y", 0, 0], [None, None, None]),
    ]
    assert load_workbook(str(path)).get_sheet_by_index(0).to_python()[1] == ["x", "", ""]


def test_pieces_follow_one_another(tmp_path: Path) -> None:
    rows = rows_of(Content.GENDER, [["a", 1, 1.0], ["b", 2, 2.0]], [], [["c", 3, 3.0]])
    sheet = only_sheet(workbook(tmp_path / "x.xlsx", rows))
    assert [cell.value for cell in sheet["A"]] == ["Jenis Kelamin", "a", "b", "c", "Total"]


def test_the_same_data_gives_the_same_bytes(tmp_path: Path, path: Path, language: Language) -> None:
    again = workbook(tmp_path / "again.xlsx", *believable(language), language=language)
    assert again.read_bytes() == path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_properties_tell_whose_it_is_and_when_it_was_made(
    book: openpyxl.Workbook, language: Language
) -> None:
    word = "Data" if language == "id" else "Statistics of"
    month = "Oktober" if language == "id" else "October"
    assert book.properties.title.startswith(f"{word} @kopi.senja.id, 27 Jul")
    assert book.properties.title.endswith(f" - 24 {month} 2022")
    assert book.properties.subject == "Kopi Senja ☕"
    assert book.properties.created == datetime(2022, 10, 25, 2)


def test_more_rows_than_a_sheet_holds_go_on_on_another(tmp_path: Path) -> None:
    piece = frame_of(Content.GENDER, [[None, 1, None]] * 50_000)
    pieces = [*[piece] * 21, piece.head(3)]
    surplus = sum(frame.height for frame in pieces) - SHEET_ROWS
    path = workbook(tmp_path / "x.xlsx", Rows(Content.GENDER, lambda: pieces))
    book = load_workbook(str(path))
    assert book.sheet_names == ["Jenis Kelamin", "Jenis Kelamin 2"]
    assert book.get_sheet_by_index(1).to_python() == [
        *[["Jenis Kelamin", "Jumlah Followers", "Persentase"]],
        *[["", 1.0, ""]] * surplus,
        *[["Total", float(surplus), ""]],
    ]
    with zipfile.ZipFile(path) as archive, archive.open("xl/worksheets/sheet1.xml") as sheet:
        xml = sheet.read()
    assert xml.count(b"</row>") == 1_048_576
    assert b'<c r="B1048575"' in xml
    assert f"<f>SUBTOTAL(109,B2:B1048575)</f><v>{SHEET_ROWS}</v>".encode() in xml


def test_no_more_than_a_piece_or_two_of_the_rows_is_held(tmp_path: Path) -> None:
    alive: list[ref[pl.DataFrame]] = []

    def pieces() -> Iterator[pl.DataFrame]:
        for number in range(20):
            frame = frame_of(Content.MEDIA, [[datetime(2022, 10, 24, 10), f"{number}", None, "x", 1]] * 10)
            alive.append(ref(frame))
            assert sum(each() is not None for each in alive) <= 2
            yield frame

    path = workbook(tmp_path / "x.xlsx", Rows(Content.MEDIA, pieces))
    assert only_sheet(path).max_row == 202
    assert [file.name for file in tmp_path.iterdir()] == ["x.xlsx"]
