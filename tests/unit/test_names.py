"""Names of files: those of the original service, and safe wherever they are unpacked."""

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from import_export.exports.contents import TITLES, Content
from import_export.exports.names import (
    LONGEST_NAME,
    csv_name,
    folder_name,
    pdf_name,
    safe_name,
    xlsx_name,
    zip_name,
)
from import_export.exports.periods import Period
from import_export.messages import Language

WEEK = Period(date(2022, 10, 18), date(2022, 10, 24))
LONGEST_PERIOD = Period(date(2022, 9, 10), date(2022, 9, 30))
LANGUAGES: list[Language] = ["id", "en"]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
NEARLY = st.text('conaux1¹lpt. \t\\/:*?<>|"\x00\x7f\xa0é👍')
DEVICES = {
    "con",
    "prn",
    "aux",
    "nul",
    "conin$",
    "conout$",
    *(f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³"),
}


def is_device(name: str) -> bool:
    """As Windows decides it: without what comes after the first dot, and without blanks."""
    return name.split(".")[0].rstrip(" ").lower() in DEVICES


def test_names_are_those_of_the_original_service() -> None:
    assert (
        csv_name(Content.MEDIA, WEEK, "id")
        == "Data Performa Konten Tanggal 18 Oktober 2022 - 24 Oktober 2022.csv"
    )
    assert (
        xlsx_name("kopi.senja", WEEK, "id")
        == "Data @kopi.senja Tanggal 18 Oktober 2022 - 24 Oktober 2022.xlsx"
    )


def test_names_are_in_the_readers_language() -> None:
    assert csv_name(Content.MEDIA, WEEK, "en") == "Content Performance 18 October 2022 - 24 October 2022.csv"
    assert xlsx_name("kopi", WEEK, "en") == "Data @kopi 18 October 2022 - 24 October 2022.xlsx"
    assert pdf_name("kopi", WEEK, "id") == "Laporan @kopi Tanggal 18 Oktober 2022 - 24 Oktober 2022.pdf"
    assert pdf_name("kopi", WEEK, "en") == "Report @kopi 18 October 2022 - 24 October 2022.pdf"


def test_a_zip_tells_whose_and_which_days_or_when_it_was_made() -> None:
    made = date(2022, 10, 25)
    assert zip_name("kopi", WEEK, made, "id") == "Ekspor @kopi Tanggal 18 Oktober 2022 - 24 Oktober 2022.zip"
    assert zip_name("kopi", WEEK, made, "en") == "Export @kopi 18 October 2022 - 24 October 2022.zip"
    assert zip_name(None, WEEK, made, "en") == "Export 18 October 2022 - 24 October 2022.zip"
    assert zip_name(None, None, made, "id") == "Ekspor 25 Oktober 2022.zip"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_content_has_a_name_of_its_own(language: Language) -> None:
    assert len({csv_name(content, WEEK, language) for content in Content}) == len(Content)


@pytest.mark.parametrize("language", LANGUAGES)
def test_titles_are_what_excel_takes_for_a_sheet_also_for_the_hundredth(language: Language) -> None:
    titles = [TITLES[content][language] for content in Content]
    assert len(set(titles)) == len(titles)
    assert all(len(f"{title} 100") <= 31 and not re.search(r"[\[\]:*?/\\]", title) for title in titles)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("kopi.senja_id", "kopi.senja_id"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("a\\b:c*d?e", "a_b_c_d_e"),
        ("a\r\nb\x00c", "a__b_c"),
        (" con.. ", "_con"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("nul .txt", "_nul .txt"),
        ("CONIN$", "_CONIN$"),
        ("com¹", "_com¹"),
        ("console", "console"),
        ("titik...", "titik"),
        ("", "_"),
        (" . ", "_"),
        ("👩‍👩‍👧 kopi", "👩‍👩‍👧 kopi"),
    ],
)
def test_a_users_text_becomes_a_name(text: str, name: str) -> None:
    assert safe_name(text) == name


@given(text=TEXTS | NEARLY)
@example(text="con." + "x" * 200)
@example(text="👍" * 50)
@example(text="con" + " " * 116 + "x")
@example(text="x" * 118 + " . y")
def test_any_text_becomes_a_name_that_every_system_takes(text: str) -> None:
    name = safe_name(text)
    assert not re.search(r'[\x00-\x1f\x7f<>:"/\\|?*]', name)
    assert name == name.strip(" ").rstrip(".")
    assert name not in ("", ".", "..")
    assert not is_device(name)
    assert len(name.encode()) <= LONGEST_NAME
    assert safe_name(name) == name


@given(text=TEXTS | NEARLY)
@example(text="x" * 300)
@example(text="👍" * 100)
def test_whole_names_are_short_enough_and_one_part_of_a_path(text: str) -> None:
    made = LONGEST_PERIOD.end
    for language in LANGUAGES:
        for name in (
            xlsx_name(text, LONGEST_PERIOD, language),
            pdf_name(text, LONGEST_PERIOD, language),
            zip_name(text, LONGEST_PERIOD, made, language),
            folder_name(text),
        ):
            assert len(name.encode()) <= 255
            assert Path(name).name == name


def test_a_name_can_be_written(tmp_path: Path) -> None:
    (tmp_path / folder_name("👍" * 200)).mkdir()
    (tmp_path / xlsx_name("é" * 200, LONGEST_PERIOD, "id")).write_bytes(b"")
    assert len(list(tmp_path.iterdir())) == 2
