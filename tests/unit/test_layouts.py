"""Files as they come: what is their header, how are their cells told apart, which rows are there."""

import csv
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from import_export.imports.layout import Layout, read_layout
from import_export.imports.plain_csv import write_plain_csv
from import_export.imports.table_config import table_from_config

Rows = list[list[str]]
CHANCE = random.Random(5)

HEADER = ["Date", "Code", "Article", "Description", "Price", "Remark"]
ARTICLES = [
    "Sofa",
    "Men's Boots",
    'Boxer, 5" Inseam',
    'Bike 24"',
    "Cap; blue",
    "9' Leader",
    "Tee, Short-Sleeve",
]
TEXTS = [
    "Light, warm and dry: it won't let you down.",
    "Just right for a day on the flats",
    "In our 8'9\" length, impeccably designed; really.",
]
BODY = [
    [
        f"{number % 28 + 1:02d}/03/2026",
        f"AB-{number}",
        ARTICLES[number % 7],
        TEXTS[number % 3],
        f"${number}.50",
        "",
    ]
    for number in range(40)
]
TABLE = [HEADER, *BODY]


def line(row: list[str], delimiter: str = ",", quote: str = '"', escape: str = '"') -> str:
    special = (delimiter, quote, "\n")
    return delimiter.join(
        quote + cell.replace(quote, escape + quote) + quote
        if number == 3 or any(s in cell for s in special)
        else cell
        for number, cell in enumerate(row)
    )


def text(rows: Rows, delimiter: str = ",", quote: str = '"', escape: str = '"', end: str = "\r\n") -> str:
    return "".join(line(row, delimiter, quote, escape) + end for row in rows)


def read(path: Path, content: str) -> tuple[Layout, Rows]:
    """The layout of a text, and its rows as `inspect --to-csv` writes them."""
    path.write_bytes(content.encode())
    layout = read_layout(path)
    assert isinstance(layout, Layout)
    write_plain_csv(path, layout, path.with_suffix(".out"))
    with path.with_suffix(".out").open(encoding="utf-8", newline="") as file:
        return layout, list(csv.reader(file))


def numbers(width: int, count: int = 30) -> Rows:
    return [[f"{CHANCE.random() * 100:.3f}" for _ in range(width)] for _ in range(count)]


def made_up(width: int) -> list[str]:
    return [f"col_{number}" for number in range(width)]


def dialects() -> Iterator[tuple[str, str]]:
    for name, delimiter in (("semicolon", ";"), ("tab", "\t"), ("pipe", "|"), ("blank", " "), ("colon", ":")):
        yield name, text(TABLE, delimiter)
    yield (
        "comma and blank",
        "".join(
            ", ".join(line([cell]) if "," in cell or '"' in cell else cell for cell in row) + "\n"
            for row in TABLE
        ),
    )
    yield "apostrophe", text(TABLE, quote="'", escape="'")
    yield "backslash", text(TABLE, escape="\\")
    yield "no escape", text(TABLE, escape="")
    for name, end in (("LF", "\n"), ("CR", "\r")):
        yield name, text(TABLE, end=end)
    yield (
        "mixed line ends",
        "".join(line(row) + ("\n", "\r\n")[number % 2] for number, row in enumerate(TABLE)),
    )
    yield "no line end", text(TABLE)[:-2]
    yield "blank lines", text(TABLE) + "\r\n\r\n"
    yield "title", "Shop of things\r\nExported 2026-08-01, by Jo\r\n\r\n" + text(TABLE)
    yield "title with delimiters", "Report,,,,,\r\n,,,,,\r\n" + text(TABLE)
    yield "empty rows", text(TABLE) + ",,,,,\r\n" * 3


@pytest.mark.parametrize(
    ("name", "content"), list(dialects()), ids=lambda value: value if len(value) < 30 else ""
)
def test_one_table_in_many_dialects_is_one_table(name: str, content: str, tmp_path: Path) -> None:
    assert read(tmp_path / "t.csv", content)[1] == TABLE


def shapes() -> Iterator[tuple[str, str, Rows]]:
    plain = numbers(3)
    joined = "".join(",".join(row) + "\n" for row in plain)
    yield "numbers without a header", joined, [made_up(3), *plain]
    yield "numbers with a header", "x,y,z\n" + joined, [["x", "y", "z"], *plain]
    yield "blanks between numbers", joined.replace(",", " "), [made_up(3), *plain]
    yield (
        "rows that end with a delimiter",
        "x,y,z\n" + joined.replace("\n", ",\n"),
        [["x", "y", "z"], *([*row, ""] for row in plain)],
    )
    yield "decimal commas", "a;b\n1,5;2,25\n3,5;4,75\n", [["a", "b"], ["1,5", "2,25"], ["3,5", "4,75"]]
    yield (
        "years",
        "Region,2011,2012\nNorth,5,6\nSouth,71,8\n",
        [["Region", "2011", "2012"], ["North", "5", "6"], ["South", "71", "8"]],
    )
    yield (
        "words only",
        "Country,Capital\nPeru,Lima\nKenya,Nairobi\n",
        [["Country", "Capital"], ["Peru", "Lima"], ["Kenya", "Nairobi"]],
    )
    yield "one column", "name\nalpha\nbeta\n", [["name"], ["alpha"], ["beta"]]
    yield (
        "one column of sentences",
        '"Text"\n"Hello, you"\n"Well, me"\n',
        [["Text"], ["Hello, you"], ["Well, me"]],
    )
    yield "header only", "a,b,c\n", [["a", "b", "c"]]
    yield "one row", "a,b\n1,2\n", [["a", "b"], ["1", "2"]]
    yield (
        "units",
        "Time,Load\n(s),(N)\n0.1,5\n0.2,6\n0.3,7\n",
        [["Time (s)", "Load (N)"], ["0.1", "5"], ["0.2", "6"], ["0.3", "7"]],
    )
    yield (
        "groups",
        "Day,Place,Travel,,Total\n,,,,\n,,Air,Rail,\n1/2/2026,Solo,5,,5\n2/2/2026,Medan,,7,7\n",
        [
            ["Day", "Place", "Travel Air", "Travel Rail", "Total"],
            ["1/2/2026", "Solo", "5", "", "5"],
            ["2/2/2026", "Medan", "", "7", "7"],
        ],
    )
    yield "a row that goes on", 'a,b\n1,"x\ny"\n2,z\n', [["a", "b"], ["1", "x\ny"], ["2", "z"]]
    yield (
        "text with other delimiters",
        "Name|Note\nn1|well, yes; no\nn2|so, so; so\n",
        [["Name", "Note"], ["n1", "well, yes; no"], ["n2", "so, so; so"]],
    )
    yield (
        "links",
        "url\tn\nhttps://e.com/a:1?x=1;y=2\t1\nhttps://e.com/a:2?x=1;y=3\t2\n",
        [["url", "n"], ["https://e.com/a:1?x=1;y=2", "1"], ["https://e.com/a:2?x=1;y=3", "2"]],
    )


@pytest.mark.parametrize(("name", "content", "rows"), list(shapes()), ids=[name for name, _, _ in shapes()])
def test_files_of_all_shapes(name: str, content: str, rows: Rows, tmp_path: Path) -> None:
    assert read(tmp_path / "t.csv", content)[1] == rows


@pytest.mark.parametrize("column", range(6))
@pytest.mark.parametrize("row", [0, 1, 3, 4, 40])
def test_a_stray_quote_spoils_nothing(row: int, column: int, tmp_path: Path) -> None:
    """A quote before any cell of any row belongs to the cell, and the rows below are read as ever."""
    lines = [line(each) for each in TABLE]
    raw = [line([cell]) if any(sign in cell for sign in ',"') else cell for cell in TABLE[row]]
    raw[3] = line(["", "", "", TABLE[row][3]])[3:]
    raw[column] = f'""{raw[column][1:]}' if raw[column].startswith('"') else f'"{raw[column]}'
    lines[row] = ",".join(raw)
    wanted = [list(each) for each in TABLE]
    wanted[row][column] = '"' + wanted[row][column]
    assert read(tmp_path / "t.csv", "\r\n".join(lines) + "\r\n")[1] == wanted


@pytest.mark.parametrize("column", range(1, 6))
@pytest.mark.parametrize("row", [1, 4, 40])
def test_rows_with_a_delimiter_too_few_or_too_many_keep_the_cells_they_have(
    row: int, column: int, tmp_path: Path
) -> None:
    lines = [line(each) for each in TABLE]
    more = [*TABLE[row][:column], "", *TABLE[row][column:]]
    lines[row] = ",".join(line([cell]) if any(sign in cell for sign in ',"') else cell for cell in more)
    wanted: Rows = [list(each) for each in TABLE]
    wanted[row] = more
    assert read(tmp_path / "t.csv", "\n".join(lines))[1] == wanted


def test_known_names_find_the_header_where_its_shape_does_not(tmp_path: Path) -> None:
    table = table_from_config(
        {"table_name": "t", "columns": [{"name": "sku"}, {"name": "qty", "aliases": ["2026"]}]}
    )
    path = tmp_path / "t.csv"
    path.write_text("a;b\nc;d\nSKU;2026\n1;2\n")
    layout = read_layout(path, [table])
    assert isinstance(layout, Layout)
    assert (layout.header_line, layout.header) == (3, ("SKU", "2026"))


def test_a_delimiter_of_the_tables_configuration_is_looked_for(tmp_path: Path) -> None:
    table = table_from_config(
        {"table_name": "t", "columns": [{"name": "a"}, {"name": "b"}], "delimiter": "§"}
    )
    path = tmp_path / "t.csv"
    path.write_text("a§b\nx y, z§1\nw§2\n")
    layout = read_layout(path, [table])
    assert isinstance(layout, Layout)
    assert layout.header == ("a", "b")


def test_five_thousand_columns_are_read_and_more_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    for count, found in ((5000, True), (5001, False)):
        path.write_text(
            ";".join(f"column number {number}" for number in range(count))
            + "\n"
            + ";".join("1" * count)
            + "\n"
        )
        assert isinstance(read_layout(path), Layout) is found
