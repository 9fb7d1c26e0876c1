"""What a file looks like: encoding, dialect, where its header is. Found from its start, without being told anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from import_export.imports.dialect import DELIMITERS, find_dialect
from import_export.imports.encoding import SAMPLE, UTF16, find_encoding, what_it_is
from import_export.imports.header import TITLE_LINES, find_header, trailing_cells, usual_width
from import_export.imports.records import BLANKS, LINE_END, Dialect, Record, split_records
from import_export.imports.tables import ImportTable
from import_export.messages import Message, Told, tell

_RECORDS = 200
_NAMED = 12
"""Names of a header that a note shows."""
MOST_COLUMNS = 5000
_MOST_HEADER = 1 << 20
"""Characters of a header: a longer line is none, and no parser sees it (source: the reliability page, header ≤ 1 MB)."""
_MOST_SAMPLE = 2 * _MOST_HEADER
"""UTF-16 takes two bytes a character."""
_BOMS = {"utf-8-sig": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is to be read."""

    encoding: str
    dialect: Dialect
    header_line: int
    """Physical line of the header, from 1."""
    data_line: int
    """Physical line after the header, from 1."""
    header: tuple[str, ...]
    """As in the file, without blanks around; made up when the file has none."""
    bom: int
    """Bytes at the start that belong to no line."""
    notes: tuple[Told, ...]
    header_rows: int = 1
    """Lines of the table that the header is spread over; 0: the file has none."""
    header_parts: tuple[tuple[str, ...], ...] = ()
    """What each of these lines says of each column, where there are several; `header` has them joined."""
    trailing: int = 0
    """Empty cells that (nearly) all rows have behind the last header: each line ends with a delimiter."""


def find_layout(path: Path, tables: Sequence[ImportTable] = ()) -> Layout | Told:
    """The file's layout, or why it cannot be imported: `EMPTY_FILE`, `NOT_TEXT`, `NO_HEADER`.

    `tables`: those that the file may belong to; their names help to find the header.
    """
    layout = read_layout(path, tables)
    if isinstance(layout, Layout) and not layout.header_rows:
        return tell(Message.NO_HEADER, lines=TITLE_LINES)
    return layout


def read_layout(path: Path, tables: Sequence[ImportTable] = ()) -> Layout | Told:
    """The same for any file of text, also for one without a header: `EMPTY_FILE`, `NOT_TEXT`, too long a header."""
    sample, whole = _sample(path)
    if not sample.strip(b"\0\r\n\t \x1a\xef\xbb\xbf\xff\xfe"):
        return tell(Message.EMPTY_FILE)
    if (what := what_it_is(sample)) is not None:
        return tell(Message.NOT_TEXT, what=what)
    encoding = find_encoding(path, sample)
    bom = _BOMS.get(encoding, b"")
    bom_size = len(bom) if sample.startswith(bom) else 0
    text = _whole_lines(decoded(sample[bom_size:], encoding), whole=whole)
    if _longest_start(text) > _MOST_HEADER:
        return tell(Message.NO_HEADER, lines=TITLE_LINES)
    declared = _declared_delimiter(text)
    body = text if declared is None else LINE_END.split(text, maxsplit=1)[-1]
    first = 1 if declared is None else 2
    dialect = (
        find_dialect(body, *_delimiters(tables))
        if declared is None
        else find_dialect(body, (declared,), only=True)
    )
    records = _records(body, dialect, whole=whole)
    header = find_header(
        records, frozenset(name for table in tables for column in table.columns for name in column.names)
    )
    if header is None or len(header.names) > MOST_COLUMNS:
        return tell(Message.NO_HEADER, lines=TITLE_LINES)
    start = records[header.first]
    last = records[header.after - 1] if header.rows else None
    layout = Layout(
        encoding=encoding,
        dialect=dialect,
        header_line=first + start.line if header.rows else 0,
        data_line=first + (last.line + last.lines if last else start.line),
        header=header.names,
        bom=bom_size,
        notes=(),
        header_rows=header.rows,
        header_parts=header.parts,
        trailing=trailing_cells(records, header),
    )
    return replace(layout, notes=tuple(_notes(layout, first + records[0].line, first + start.line)))


def _sample(path: Path) -> tuple[bytes, bool]:
    """The start of a file, with a line end in it where there is one, and whether that is all of it."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
        if sample.count(b"\n") + sample.count(b"\r") < 3:
            sample += file.read(_MOST_SAMPLE - len(sample))
        return sample, not file.read(1)


def _records(text: str, dialect: Dialect, *, whole: bool) -> list[Record]:
    """The first records that are not blank; with the width of most, where a stray quote leaves one in doubt."""

    def split(width: int | None) -> list[Record]:
        records = split_records(text, dialect, width=width, last=whole)
        return [each for each in islice(records, _RECORDS) if any(cell.strip(BLANKS) for cell in each.cells)]

    records = split(None)
    if any(record.mended or record.unclosed for record in records):
        return split(usual_width(records))
    return records


def _delimiters(tables: Sequence[ImportTable]) -> tuple[tuple[str, ...]]:
    """The usual delimiters and those that the tables' configurations name."""
    own = {table.delimiter for table in tables if table.delimiter and len(table.delimiter) == 1}
    return ((*DELIMITERS, *sorted(own - set(DELIMITERS))),)


def _notes(layout: Layout, first_line: int, header_line: int) -> Iterator[Told]:
    """What was found and assumed, in words."""
    yield tell(Message.READ_AS, encoding=layout.encoding, delimiter=delimiter_name(layout.dialect.delimiter))
    if first_line < header_line:
        yield tell(Message.TITLE_LINES, first=first_line, last=header_line - 1)
    if layout.header_rows > 1:
        names = ", ".join(layout.header[:_NAMED])
        yield tell(Message.HEADER_SPREAD, first=header_line, last=layout.data_line - 1, names=names)
    if layout.trailing:
        yield tell(Message.TRAILING_DELIMITERS)


def decoded(octets: bytes, encoding: str) -> str:
    """Text of a sample; bytes that do not fit are shown as U+FFFD."""
    plain = "utf-8" if encoding == "utf-8-sig" else encoding
    if plain in UTF16 and len(octets) % 2:
        octets = octets[:-1]
    return octets.decode(plain, errors="replace").replace("\0", "")


def _whole_lines(text: str, *, whole: bool) -> str:
    """The sample without its last, cut line; Ctrl-Z at the end of a file is no text."""
    if whole:
        return text.rstrip("\x1a\r\n")
    ends = [match.end() for match in LINE_END.finditer(text)]
    return text[: ends[-1]] if ends else text


def _longest_start(text: str) -> int:
    """Characters of the longest of those lines among which the header is looked for."""
    if len(text) <= _MOST_HEADER:
        return len(text)
    return max(map(len, islice(_lines_of(text), TITLE_LINES)))


def _lines_of(text: str) -> Iterator[str]:
    start = 0
    for end in LINE_END.finditer(text):
        yield text[start : end.start()]
        start = end.end()
    yield text[start:]


def _declared_delimiter(text: str) -> str | None:
    """The delimiter that an Excel line `sep=;` declares."""
    line = LINE_END.split(text, maxsplit=1)[0].strip().strip('"')
    return line[4] if len(line) == 5 and line.lower().startswith("sep=") else None


def delimiter_name(delimiter: str) -> str:
    """A delimiter in words."""
    return {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", " ": "blank", ":": "colon"}.get(
        delimiter, repr(delimiter)
    )
