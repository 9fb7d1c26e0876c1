"""Reading: any table of text comes back exactly, whatever the dialect and the size of the blocks."""

import csv
import io
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from import_export.imports import reading
from import_export.imports.counting import count_rows
from import_export.imports.layout import Layout, find_layout
from import_export.imports.plain_csv import write_plain_csv
from import_export.imports.reading import RowBatch, read_batches
from import_export.imports.records import BLANKS, Dialect
from import_export.messages import Message

# What a cell can hold: anything but what the reader removes (NUL, Ctrl-Z) and what no encoding can write.
CELL = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\x1a\r\ufeff", exclude_categories=["Cs", "Co", "Cn"]),
    max_size=12,
)


def layout_of(header: list[str], delimiter: str, encoding: str = "utf-8", quote: str = '"') -> Layout:
    return Layout(encoding, Dialect(delimiter, quote, None), 1, 2, tuple(header), 0, ())


def written(rows: list[list[str]], delimiter: str, line_end: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue()


def cells(batches: list[RowBatch]) -> list[list[str]]:
    return [list(row) for batch in batches for row in batch.frame.rows()]


@example(rows=[["\x1f", "", ""], ["", "\x1f", ""]], delimiter=",", line_end="\n", size=16)
@example(rows=[["\x1f", "", ""], ["", "\x1f", ""]], delimiter=",", line_end="\n", size=1 << 20)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=30),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    size=st.sampled_from([16, 64, 1 << 20]),
)
def test_any_table_of_text_is_read_back_exactly(
    tmp_path: Path, rows: list[list[str]], delimiter: str, line_end: str, size: int
) -> None:
    header = ["first", "second", "third"]
    path = tmp_path / "t.csv"
    path.write_bytes(written([header, *rows], delimiter, line_end).encode())
    layout = layout_of(header, delimiter)
    batches = list(read_batches(path, layout, batch_bytes=size))
    kept = [row for row in rows if any(cell.strip(BLANKS) for cell in row)]
    assert cells(batches) == kept
    assert not [broken for batch in batches for broken in batch.broken]
    assert count_rows(path, layout) == len(kept)


LATIN = st.text(
    st.characters(codec="cp1252", exclude_characters="\0\x1a\r", exclude_categories=["Cc", "Cs", "Co", "Cn"])
    | st.sampled_from(["\n", '"', "'", "\\", ";", ","]),
    max_size=8,
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(LATIN, min_size=3, max_size=3), min_size=1, max_size=12),
    delimiter=st.sampled_from([",", ";", "\t", "|", " ", "^"]),
    quote=st.sampled_from(['"', "'"]),
    escape=st.sampled_from([None, "\\"]),
    encoding=st.sampled_from(["utf-8", "utf-16-le", "utf-16-be", "cp1252"]),
    size=st.sampled_from([32, 1 << 20]),
)
def test_any_table_is_read_back_exactly_in_any_dialect_and_encoding(
    tmp_path: Path,
    rows: list[list[str]],
    delimiter: str,
    quote: str,
    escape: str | None,
    encoding: str,
    size: int,
) -> None:
    text = io.StringIO()
    writer = csv.writer(
        text,
        delimiter=delimiter,
        quotechar=quote,
        escapechar=escape,
        doublequote=escape is None,
        quoting=csv.QUOTE_ALL,
        lineterminator="\n",
    )
    header = ["first", "second", "third"]
    writer.writerows([header, *rows])
    path = tmp_path / "t.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    layout = Layout(encoding, Dialect(delimiter, quote, escape), 1, 2, tuple(header), 0, ())
    batches = list(read_batches(path, layout, batch_bytes=size))
    assert cells(batches) == [row for row in rows if any(cell.strip(BLANKS) for cell in row)]
    assert not [broken for batch in batches for broken in batch.broken]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "cp1252"])
def test_encodings_are_found_and_read(tmp_path: Path, encoding: str) -> None:
    rows = [["kode", "nama"], *([f"{number:05d}", f"CAFÉ {number} ß"] for number in range(300))]
    octets = written(rows, ";", "\r\n").encode(encoding)
    if encoding.startswith("utf-16"):
        octets = (b"\xff\xfe" if encoding.endswith("le") else b"\xfe\xff") + octets
    path = tmp_path / "t.csv"
    path.write_bytes(octets)
    layout = find_layout(path)
    assert isinstance(layout, Layout)
    assert (layout.encoding, layout.dialect.delimiter, layout.header) == (encoding, ";", ("kode", "nama"))
    assert cells(list(read_batches(path, layout, batch_bytes=1000))) == rows[1:]


def test_the_first_umlaut_may_stand_on_the_last_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a;b\n" + b"1;x\n" * 100_000 + "2;caf\u00e9\n".encode("cp1252"))
    layout = find_layout(path)
    assert isinstance(layout, Layout)
    assert layout.encoding == "cp1252"
    assert cells(list(read_batches(path, layout)))[-1] == ["2", "café"]


@pytest.mark.parametrize("size", [8, 20, 1 << 20])
def test_rows_are_numbered_as_an_editor_shows_them(tmp_path: Path, size: int) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b'a;b\r\n1;"two\r\nlines"\r\n\r\n2;x\r\n3\r\n4;y;z\r\n5;"last\nline"\r\n')
    batches = list(read_batches(path, layout_of(["a", "b"], ";"), batch_bytes=size))
    assert [line for batch in batches for line in batch.lines] == [2, 5, 8]
    broken = [(each.line, each.told.code, each.cells) for batch in batches for each in batch.broken]
    assert broken == [(6, Message.ROW_TOO_SHORT, ("3",)), (7, Message.ROW_TOO_LONG, ("4", "y", "z"))]


def test_a_quote_inside_a_cell_is_text(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a;b\nPIPA PVC 1/2" AW;1\nPIPA 3/4";2\n"12"" LAYAR";3\n"1/2" PVC";4\n')
    found = cells(list(read_batches(path, layout_of(["a", "b"], ";"))))
    assert found == [['PIPA PVC 1/2" AW', "1"], ['PIPA 3/4"', "2"], ['12" LAYAR', "3"], ['1/2" PVC', "4"]]


def test_a_quote_that_never_closes_does_not_swallow_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a;b\n1;x\n"2;y;z\n' + "".join(f"{number};x\n" for number in range(3, 500)))
    batches = list(read_batches(path, layout_of(["a", "b"], ";")))
    assert [(each.line, each.told.code) for batch in batches for each in batch.broken] == [
        (3, Message.UNCLOSED_QUOTE)
    ]
    assert len(cells(batches)) == 498


def test_bytes_that_do_not_fit_the_encoding_are_rejects_with_their_place(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("a;b\n1;é\n2;ü\n3;ö\n".encode() + b"4;\xff\n" + "5;ß\n".encode())
    layout = find_layout(path)
    assert isinstance(layout, Layout)
    assert layout.encoding == "utf-8"
    batches = list(read_batches(path, layout))
    assert [(each.line, each.told.code) for batch in batches for each in batch.broken] == [
        (5, Message.BAD_ENCODING)
    ]
    assert cells(batches) == [["1", "é"], ["2", "ü"], ["3", "ö"], ["5", "ß"]]


def test_nul_bytes_and_a_final_ctrl_z_are_removed(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a;b\n1;x\0y\n2;z\n\x1a")
    batches = list(read_batches(path, layout_of(["a", "b"], ";")))
    assert cells(batches) == [["1", "xy"], ["2", "z"]]
    assert sum(batch.removed_nuls for batch in batches) == 1


def test_excel_says_its_delimiter_and_titles_stand_above_the_header(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("sep=;\nLAPORAN PENJUALAN\n\nkode;nama;jumlah\n1;a,b;2\n2;c,d;3\n3;e,f;4\n")
    layout = find_layout(path)
    assert isinstance(layout, Layout)
    assert (layout.dialect.delimiter, layout.header_line, layout.header) == (
        ";",
        4,
        ("kode", "nama", "jumlah"),
    )
    assert "title lines 2–3 left out" in [note.text() for note in layout.notes]


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "EMPTY_FILE"), (b"\r\n\r\n ", "EMPTY_FILE"), (b"\xef\xbb\xbf", "EMPTY_FILE")]
)
def test_an_empty_file_is_told(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    layout = find_layout(path)
    assert not isinstance(layout, Layout)
    assert layout.code == code


def test_well_quoted_cells_over_several_lines_are_never_refused_however_different_they_are(
    tmp_path: Path,
) -> None:
    chance = random.Random(1)

    def words() -> str:
        return "".join(
            chance.choice(["good", "bad", '""so""']) + chance.choice([" ", ", "]) for _ in range(60)
        )

    text = "id,comment,stars\n" + "".join(
        f'{row},"{words()}end\n{words()}end",{row % 5}\n' for row in range(400)
    )
    path = tmp_path / "t.csv"
    path.write_text(text)
    layout = find_layout(path)
    assert isinstance(layout, Layout)
    batches = list(read_batches(path, layout))
    assert cells(batches) == list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert [each for batch in batches for each in batch.broken] == []


def test_a_cell_over_two_lines_stands_before_a_trailing_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('id;name\n1;"x\ny";\n2;z;\n3;w;\n4;v;\n')
    layout = find_layout(path)
    assert isinstance(layout, Layout)
    assert cells(list(read_batches(path, layout))) == [["1", "x\ny"], ["2", "z"], ["3", "w"], ["4", "v"]]
    assert count_rows(path, layout) == 4
    write_plain_csv(path, layout, target := tmp_path / "plain.csv")
    plain = list(csv.reader(io.StringIO(target.read_text(), newline="")))
    assert [row[:2] for row in plain[1:]] == [["1", "x\ny"], ["2", "z"], ["3", "w"], ["4", "v"]]


@pytest.mark.parametrize("content", ["a;b", "a;b\n", "LAPORAN\n\na;b"])
def test_a_header_alone_has_no_rows(tmp_path: Path, content: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(content)
    layout = find_layout(path)
    assert isinstance(layout, Layout)
    assert (count_rows(path, layout), list(read_batches(path, layout))) == (0, [])


@pytest.mark.parametrize("rows", [5, 4000])
def test_rows_of_nothing_are_none_however_many_cells_they_have(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "t.csv"
    path.write_text("id;name;stars\n" + "12;abc;5\n" * rows + ";;;;;;\n;;;;;;\n")
    batches = list(read_batches(path, layout_of(["id", "name", "stars"], ";")))
    assert (len(cells(batches)), [len(batch.broken) for batch in batches]) == (rows, [0])


def test_a_byte_order_mark_within_a_file_is_text_of_its_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("name\n\ufeff\n" + "12\n" * 20_000)
    layout = layout_of(["name"], ";")
    assert count_rows(path, layout) == len(cells(list(read_batches(path, layout)))) == 20_001


def test_octets_that_cp1252_does_not_have_are_counted_as_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"id;name;stars\n" + b"12;a\x81c;5\n" * 4000 + b";;;;;;\n;;;;;;\n")
    layout = Layout("cp1252", Dialect(";", '"', None), 1, 2, ("id", "name", "stars"), 0, ())
    assert count_rows(path, layout) == sum(batch.rows for batch in read_batches(path, layout)) == 4000


def test_a_quoted_cell_without_end_is_counted_as_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('id;name\n1;"' + "x\n\n" * 150 + 'y"\n3;4\n')
    layout = layout_of(["id", "name"], ";")
    assert count_rows(path, layout) == sum(batch.rows for batch in read_batches(path, layout))


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.text(st.sampled_from('ab;;;"\n\n\r \tñ\xa0\u3000'), max_size=60),
    lines=st.lists(
        st.sampled_from(
            [
                *("a;b;", '"a";b;ñ', "a;b;ñ", " a;b;ñ", '" a ";b;ñ', "\xa0a;b;ñ", "\ufeffa;b;ñ", "A;B;Ñ"),
                *(";;", '"";"";', '"";"";"\xa0"', "ab;1;2", 'a"b;1;2', '"a";"b";"c"', "  ", "b;a;ñ"),
                *(";;;;;;", '";";;', "\ufeff;;", ";b;ñ", "_;b;ñ", '1;2;"\n";', '1;2;"x\n";y', '"\n"'),
            ]
        ),
        max_size=4,
    ),
    line_end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "cp1252"]),
    name=st.sampled_from(["a", 'a"b', "ab", "", "_"]),
    few=st.sampled_from([0, 32 << 10]),
    delimiter=st.sampled_from([";", "\t"]),
    trailing=st.integers(0, 2),
)
def test_rows_are_counted_as_they_are_read(
    tmp_path: Path,
    content: str,
    lines: list[str],
    line_end: str,
    encoding: str,
    name: str,
    few: int,
    delimiter: str,
    trailing: int,
) -> None:
    path = tmp_path / "t.csv"
    text = (content + line_end + line_end.join(lines)).replace(";", delimiter)
    path.write_bytes(text.encode(encoding, errors="ignore"))
    dialect = Dialect(delimiter, '"', None)
    layout = Layout(encoding, dialect, 0, 1, (name, "b", "ñ"), 0, (), trailing=trailing)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_FEW_BYTES", few)
        assert count_rows(path, layout) == sum(batch.rows for batch in read_batches(path, layout))
