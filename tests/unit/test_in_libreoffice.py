"""CSV files and workbooks as LibreOffice opens them, and what it prints."""

from __future__ import annotations

import csv
import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader

from import_export.exports.contents import TITLES, Content
from import_export.exports.csv_file import csv_pieces
from tests.sample_contents import believable, workbook
from tests.sample_rows import rows_of
from tests.unit.test_harmless import ATTACKS

POSTED = datetime(2022, 10, 23, 10, 0)
CAPTION = 'Kopi ☕ "enak",\nmampir 👩‍👩‍👧 ya; 50%'
LINK = "https://www.instagram.com/p/Ck1/"
POST = [POSTED, CAPTION, LINK, "Gambar", 3000, None, 900, 0, 0.33, 7, "=1+1"]
ALL_SHEETS_AS_SHOWN = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true,false,false,-1"
Convert = Callable[..., Path]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("office")


@pytest.fixture(scope="session")
def convert(folder: Path) -> Convert:
    """Have LibreOffice open files and save them in another format, in a folder that is named after it."""
    profile = (folder / "profile").as_uri()
    assert shutil.which("soffice"), "LibreOffice is needed; `make install-dev` installs it"

    def converted(form: str, *files: Path, options: tuple[str, ...] = ()) -> Path:
        target = folder / form.split(":")[0]
        command = [
            "soffice",
            f"-env:UserInstallation={profile}",
            "--headless",
            *options,
            "--convert-to",
            form,
        ]
        subprocess.run(
            [*command, "--outdir", target, *files], check=True, capture_output=True, timeout=120, cwd=folder
        )
        return target

    return converted


@pytest.fixture(scope="session")
def shown(folder: Path, convert: Convert) -> Path:
    """Each sheet of a small and of a believable workbook as CSV, with cells as they are shown."""
    small = workbook(folder / "small.xlsx", rows_of(Content.MEDIA, [POST]), rows_of(Content.CITY, []))
    whole = workbook(folder / "whole.xlsx", *believable())
    return convert(ALL_SHEETS_AS_SHOWN, small, whole)


@pytest.fixture(scope="session")
def printed(folder: Path, convert: Convert) -> PdfReader:
    workbook(folder / "printed.xlsx", *believable("en"), language="en")
    return PdfReader(convert("pdf", folder / "printed.xlsx") / "printed.pdf")


@pytest.fixture(scope="session")
def opened(folder: Path, convert: Convert) -> dict[str, openpyxl.worksheet.worksheet.Worksheet]:
    """CSV files as LibreOffice understands them: UTF-8 and comma are what its dialog proposes."""
    media = rows_of(Content.MEDIA, [POST])
    attacks = rows_of(Content.GENDER, [[attack, -5, -0.5] for attack in ATTACKS])
    made = {
        "post.csv": csv_pieces(media, "id"),
        "plain.csv": csv_pieces(media, "id", bom=False, guard=False),
        "attacks.csv": csv_pieces(attacks, "id"),
    }
    for name, pieces in made.items():
        (folder / name).write_bytes(b"".join(pieces))
    target = convert("xlsx", *(folder / name for name in made), options=("--infilter=CSV:44,34,76,1",))
    return {name: openpyxl.load_workbook((target / name).with_suffix(".xlsx")).worksheets[0] for name in made}


def rows_in(path: Path) -> list[list[str]]:
    return list(csv.reader(path.open(encoding="utf-8", newline="")))


def test_a_post_in_a_workbook_is_shown_as_the_documentation_says(shown: Path) -> None:
    assert rows_in(shown / "small-Konten.csv")[1:] == [
        ["23-10-2022 10:00", CAPTION, LINK, "Gambar", "3,000", "", "900", "0", "0.33%", "7", "=1+1"],
        ["Total / rata-rata", "", "", "", "3,000", "", "900", "0", "0.33%", "7", ""],
    ]


def test_a_content_without_rows_is_shown_as_such(shown: Path) -> None:
    rows = rows_in(shown / "small-Kota Asal Followers.csv")
    assert rows == [
        ["Kota", "Provinsi", "Jumlah Followers", "Persentase"],
        ["Tidak ada data dalam periode ini", "", "", ""],
    ]


def test_all_sheets_are_there_without_errors(shown: Path) -> None:
    for content in Content:
        rows = rows_in(shown / f"whole-{TITLES[content]['id']}.csv")
        assert len(rows) > 3
        assert not any(cell.startswith(("Err:", "#N", "#VAL", "#REF")) for row in rows for cell in row)
    assert rows_in(shown / "whole-Jenis Kelamin.csv")[-1] == ["Total", "129,175", "100.00%"]


def test_it_prints_each_sheet_with_its_charts(printed: PdfReader) -> None:
    text = "\n".join(page.extract_text() for page in printed.pages)
    for title in (
        "Account Performance",
        "Content",
        "Hashtags",
        "Top 10 cities",
        "Followers by age and gender",
    ):
        assert title in text
    assert "###" not in text  # that is what a number looks like that lacks room
    assert all(page.mediabox.width > page.mediabox.height for page in printed.pages)


def test_links_can_be_clicked_in_it(printed: PdfReader) -> None:
    annotations = [each.get_object() for page in printed.pages for each in page.get("/Annots", [])]
    addresses = [each["/A"]["/URI"] for each in annotations if "/A" in each]
    assert len(addresses) > 50
    assert all(address.startswith("https://www.instagram.com/p/") for address in addresses)


@pytest.mark.parametrize("name", ["post.csv", "plain.csv"])
def test_a_post_in_a_csv_is_read_with_its_numbers_and_signs(
    opened: dict[str, openpyxl.worksheet.worksheet.Worksheet], name: str
) -> None:
    sheet = opened[name]
    assert (sheet["A1"].value, sheet.max_row) == ("Tanggal dan Jam Posting", 2)
    cells = [cell.value for cell in sheet[2]]
    assert cells[:10] == ["23-10-2022 10:00", CAPTION, LINK, "Gambar", 3000, None, 900, 0, 0.33, 7]
    # What the guard is for.
    assert sheet["K2"].data_type == ("s" if name == "post.csv" else "f")


def test_no_attack_is_run_and_numbers_below_zero_stay_numbers(
    opened: dict[str, openpyxl.worksheet.worksheet.Worksheet],
) -> None:
    rows = list(opened["attacks.csv"].iter_rows(min_row=2))
    assert len(rows) == len(ATTACKS)
    assert {row[0].data_type for row in rows} == {"s"}
    assert {(row[1].value, row[2].value) for row in rows} == {(-5, -0.5)}
