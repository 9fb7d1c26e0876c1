"""CSV files: what other programs read back out of them."""

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from weakref import ref

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from import_export.exports.contents import COLUMNS, Content, Rows
from import_export.exports.csv_file import csv_pieces
from import_export.exports.harmless import harmless
from import_export.messages import Language
from tests.sample_rows import frame_of, rows_of

POSTED = datetime(2022, 10, 23, 10, 0)
CAPTION = 'Kopi ☕ "enak",\nmampir 👩‍👩‍👧 ya\\n; 50%'
LINK = "https://www.instagram.com/p/Ck1/"
MEDIA = [POSTED, CAPTION, LINK, "Gambar", 30, 3, 900, 1200, 0.33, 7, "#kopi,#pagi"]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def written(rows: Rows, language: Language = "id", *, bom: bool = True, guard: bool = True) -> bytes:
    return b"".join(csv_pieces(rows, language, bom=bom, guard=guard))


def read_back(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))


def test_a_post_is_written_as_the_documentation_shows_it() -> None:
    assert read_back(written(rows_of(Content.MEDIA, [MEDIA]))) == [
        [
            *("Tanggal dan Jam Posting", "Caption", "Link ke Instagram", "Tipe Konten", "Like", "Comment"),
            *("Reach", "Impressions", "Engagement Rate", "Saved", "Hashtag"),
        ],
        ["23-10-2022 10:00", CAPTION, LINK, "Gambar", "30", "3", "900", "1200", "0.33", "7", "#kopi,#pagi"],
    ]


def test_bytes_are_utf8_with_a_mark_and_lines_end_as_the_rfc_wants() -> None:
    rows = rows_of(Content.PROFILE, [[date(2022, 10, 23), 1000, None, 5, 12.5]])
    expected = "\ufeffDate,Followers,Reach,Impressions,Avg. Engagement Rate\r\n23-10-2022,1000,,5,12.5\r\n"
    assert written(rows, "en") == expected.encode()
    assert written(rows, "en", bom=False) == expected.removeprefix("\ufeff").encode()


def test_cells_are_quoted_where_the_rfc_wants_it_and_nowhere_else() -> None:
    texts = ['a"b', "a,b", "a\nb", "a\rb", "a\r\nb", "a;b", " a ", "a'b"]
    lines = ['"a""b"', '"a,b"', '"a\nb"', '"a\rb"', '"a\r\nb"', "a;b", " a ", "a'b"]
    data = written(rows_of(Content.GENDER, [[text, 1, 2.0] for text in texts]), guard=False, bom=False)
    assert data.decode() == "Jenis Kelamin,Jumlah Followers,Persentase\r\n" + "".join(
        f"{line},1,2\r\n" for line in lines
    )


def test_semicolons_come_with_decimal_commas() -> None:
    pieces = csv_pieces(rows_of(Content.MEDIA, [MEDIA]), "id", delimiter=";")
    text = b"".join(pieces).decode("utf-8-sig")
    [header, row] = csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True)
    assert (header[8], row[1], row[8]) == ("Engagement Rate", CAPTION, "0,33")


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("content", Content)
def test_a_content_without_rows_has_its_header(content: Content, language: Language) -> None:
    assert read_back(written(rows_of(content), language)) == [
        [column.labels[language] for column in COLUMNS[content]]
    ]


def test_pieces_follow_one_another_under_one_header() -> None:
    rows = rows_of(Content.GENDER, [["Perempuan", 2, 66.6667]], [], [["Laki-laki", 1, 33.3333]])
    pieces = list(csv_pieces(rows, "id"))
    assert len(pieces) == 3
    assert read_back(b"".join(pieces))[1:] == [["Perempuan", "2", "66.6667"], ["Laki-laki", "1", "33.3333"]]


def test_each_piece_is_given_before_the_next_rows_are_asked_for() -> None:
    alive: list[ref[pl.DataFrame]] = []

    def frames() -> Iterator[pl.DataFrame]:
        for number in range(5):
            frame = frame_of(Content.GENDER, [[f"{number}", 1, 1.0]])
            alive.append(ref(frame))
            yield frame

    for taken, piece in enumerate(csv_pieces(Rows(Content.GENDER, frames), "id")):
        assert len(alive) == taken
        assert sum(each() is not None for each in alive) <= 1
        assert piece.count(b"\r\n") == 1


@pytest.mark.parametrize("value", [0.0001, 0.33, 5.0, 123456.7891, -2.5, 10.0**16])
def test_a_rate_is_a_plain_number(value: float) -> None:
    [_, [_, _, cell]] = read_back(written(rows_of(Content.GENDER, [["x", None, value]])))
    assert float(cell) == value
    assert "e" not in cell.lower()
    assert "%" not in cell


@given(texts=st.lists(TEXTS))
def test_any_text_comes_back_as_it_was(texts: list[str]) -> None:
    rows = rows_of(Content.GENDER, [[text, 1, 1.0] for text in texts])
    assert [row[0] for row in read_back(written(rows, guard=False))[1:]] == texts
    assert [row[0] for row in read_back(written(rows))[1:]] == [harmless(text) for text in texts]


@given(blanks=st.text(" \n'\"\xa0\u3000\ufeff"), sign=st.sampled_from("=+-@\t\r＝＋－＠"), rest=TEXTS)
def test_whatever_a_spreadsheet_would_run_gets_an_apostrophe(blanks: str, sign: str, rest: str) -> None:
    assert harmless(blanks + sign + rest) == "'" + blanks + sign + rest


def test_numbers_below_zero_stay_numbers_and_links_are_guarded() -> None:
    rows = rows_of(Content.MEDIA, [[POSTED, "-5", "=HYPERLINK(1)", "x", -5, None, None, None, -0.5]])
    [_, row] = read_back(written(rows))
    assert row[1:9] == ["'-5", "'=HYPERLINK(1)", "x", "-5", "", "", "", "-0.5"]


def test_an_empty_text_is_written_as_what_is_missing() -> None:
    assert written(rows_of(Content.GENDER, [["", None, None]])).endswith(b"\r\n,,\r\n")


def test_duckdb_reads_the_types_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "media.csv"
    path.write_bytes(written(rows_of(Content.MEDIA, [MEDIA, [POSTED, None, LINK, "Video"]])))
    found = duckdb.connect().execute(
        "SELECT * FROM read_csv(?, header = true, timestampformat = '%d-%m-%Y %H:%M')", [str(path)]
    )
    assert [name for name, *_ in found.description] == [
        column.labels["id"] for column in COLUMNS[Content.MEDIA]
    ]
    assert found.fetchall() == [tuple(MEDIA), (POSTED, None, LINK, "Video", *[None] * 7)]


def test_a_frame_may_have_its_columns_in_another_order() -> None:
    frame = pl.DataFrame({"share": [50.0], "followers": [1], "gender": ["Laki-laki"]})
    assert read_back(written(Rows(Content.GENDER, lambda: [frame])))[1] == ["Laki-laki", "1", "50"]
