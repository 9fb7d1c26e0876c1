"""Writes contents of an account as one workbook.

XlsxWriter makes the workbook with styles, headers, totals and charts, but without the rows; these are written as XML by
`sheet_rows` into a temporary file while they come, and put into the sheets when the workbook is packed. So a million rows
need neither much time nor memory, and there is one way for small and large ones.
"""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from xlsxwriter import Workbook

from import_export.exports.contents import Rows
from import_export.exports.periods import Period
from import_export.exports.workbook_sheets import Part, SheetMaker, spooled
from import_export.exports.workbook_styles import Styles
from import_export.messages import Language

_LEVEL = 4
"""Of 200,000 rows: level 1 packs in 0.4 s to 20 MB, 4 in 0.6 s to 18 MB, 6 in 1.4 s to 16 MB."""
_IN_MEMORY = 1 << 20
"""Bytes of a sheet's rows that are not worth a file."""
_LARGE = 1 << 31
_DIMENSION = re.compile(rb'<dimension ref="[^"]*"/>')


@dataclass(frozen=True, slots=True)
class About:
    """Whose workbook it is."""

    username: str
    name: str | None
    period: Period
    made_at: datetime
    """Without a zone; part of the data, so that the same data gives the same bytes."""


def write_workbook(path: Path, contents: Sequence[Rows], about: About, language: Language) -> None:
    """Write a file with a sheet for each content, in the order given; large ones go on on further sheets.

    A temporary file beside `path` holds rows meanwhile. An error leaves an unfinished file behind: let `path` be a
    temporary name.
    """
    skeleton = io.BytesIO()
    with ExitStack() as files:

        def spool() -> IO[bytes]:
            return files.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(path.parent)))

        book = Workbook(skeleton, {"in_memory": True})
        book.set_properties(_properties(about, language))
        maker = SheetMaker(book, Styles.of(book), language)
        parts: list[Part] = []
        for rows in contents:
            of_content = spooled(rows, maker.styles, language, spool)
            for number, part in enumerate(of_content, start=1):
                maker.add(part, number)
            parts += of_content
        book.close()
        _pack(path, skeleton, parts)


def _properties(about: About, language: Language) -> dict[str, object]:
    word = "Data" if language == "id" else "Statistics of"
    return {
        "title": f"{word} @{about.username}, {about.period.label(language)}",
        "subject": about.name or f"@{about.username}",
        "created": about.made_at,
    }


def _pack(path: Path, skeleton: IO[bytes], parts: Sequence[Part]) -> None:
    sheets = {f"xl/worksheets/sheet{number}.xml": part for number, part in enumerate(parts, start=1)}
    with ZipFile(skeleton) as source, ZipFile(path, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as target:
        for name in source.namelist():
            part = sheets.get(name)
            size = part.rows_xml.tell() if part else 0
            # By name, not by `ZipInfo`: then the time of each member is 1980, whenever it is written.
            with target.open(name, "w", force_zip64=size > _LARGE - (1 << 20)) as member:
                for piece in _with_rows(source.read(name), part) if part else [source.read(name)]:
                    member.write(piece)


def _with_rows(sheet: bytes, part: Part) -> Iterator[bytes]:
    """The sheet's XML with the rows after that of the header."""
    sized = _DIMENSION.sub(f'<dimension ref="{part.cells}"/>'.encode(), sheet, count=1)
    head, end, tail = sized.partition(b"</row>")
    yield head + end
    part.rows_xml.seek(0)
    while piece := part.rows_xml.read(1 << 20):
        yield piece
    yield tail
