"""What a file looks like: encoding, dialect, where its header is. Found from its start, without being told anything."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from import_export.imports.dialect import DELIMITERS, find_dialect
from import_export.imports.encoding import SAMPLE, UTF16, find_encoding, what_it_is
from import_export.imports.records import LINE_END, Dialect, Record, split_records
from import_export.messages import Message, Told, tell

MOST_COLUMNS = 5000
_TITLE_LINES = 30
_VALUE = re.compile(r"^[-+(]?[\d.,/: -]+[)%]?$")
"""A number or a date, which no column is called."""
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
    """As in the file, without blanks around."""
    bom: int
    """Bytes at the start that belong to no line."""
    notes: tuple[Told, ...]


def find_layout(path: Path, delimiters: Sequence[str] = DELIMITERS) -> Layout | Told:
    """The file's layout, or why it cannot be read: `EMPTY_FILE`, `NOT_TEXT`, `NO_HEADER`."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
        whole = not file.read(1)
    if not sample.strip(b"\0\r\n\t \x1a\xef\xbb\xbf\xff\xfe"):
        return tell(Message.EMPTY_FILE)
    if (what := what_it_is(sample)) is not None:
        return tell(Message.NOT_TEXT, what=what)
    encoding = find_encoding(path, sample)
    bom = _BOMS.get(encoding, b"")
    bom_size = len(bom) if sample.startswith(bom) else 0
    text = _whole_lines(decoded(sample[bom_size:], encoding), whole=whole)
    declared = _declared_delimiter(text)
    body = text if declared is None else text[text.index("\n") + 1 :] if "\n" in text else ""
    first = 1 if declared is None else 2
    dialect = find_dialect(body, delimiters if declared is None else (declared,))
    records = list(split_records(body, dialect, width=None, last=whole))
    header = _find_header(records)
    if header is None or len(header.cells) > MOST_COLUMNS:
        return tell(Message.NO_HEADER, lines=_TITLE_LINES)
    line = first + header.line
    notes = [tell(Message.READ_AS, encoding=encoding, delimiter=_delimiter_name(dialect.delimiter))]
    if records and records[0] is not header:
        notes.append(tell(Message.TITLE_LINES, first=first + records[0].line, last=line - 1))
    return Layout(
        encoding=encoding,
        dialect=dialect,
        header_line=line,
        data_line=line + header.lines,
        header=tuple(_trimmed(cell) for cell in header.cells),
        bom=bom_size,
        notes=tuple(notes),
    )


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


def _declared_delimiter(text: str) -> str | None:
    """The delimiter that an Excel line `sep=;` declares."""
    line = LINE_END.split(text, maxsplit=1)[0].strip().strip('"')
    return line[4] if len(line) == 5 and line.lower().startswith("sep=") else None


def _find_header(records: Sequence[Record]) -> Record | None:
    """The first record about as wide as most rows are; what stands above it is a title."""
    if not records:
        return None
    widths = Counter(len(record.cells) for record in records[: _TITLE_LINES * 4])
    usual = max(widths, key=lambda width: (widths[width], width))
    for record in records[:_TITLE_LINES]:
        filled = [cell.strip() for cell in record.cells if cell.strip()]
        if len(filled) * 2 <= usual:
            continue
        # Rows may have a delimiter too many at their end, or a cell too few: a line of names is the header all the same.
        near = abs(len(record.cells) - usual) <= max(1, usual // 5) and not any(map(_VALUE.match, filled))
        if near or len(record.cells) == usual:
            return record
    for record in records[:_TITLE_LINES]:
        if any(cell.strip() for cell in record.cells):
            return record
    return None


def _trimmed(cell: str) -> str:
    return cell.strip().strip("\ufeff\u00a0").strip()


def _delimiter_name(delimiter: str) -> str:
    return {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}.get(delimiter, repr(delimiter))
