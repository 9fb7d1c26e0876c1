"""Reads PDFs in tests: their text, their tags, and the glyphs that are drawn."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from functools import lru_cache

from pypdf import PdfReader
from pypdf.generic import ArrayObject, ContentStream, DictionaryObject, IndirectObject

from import_export.exports.pdf import pdf
from import_export.exports.report import AccountReport, Page
from import_export.messages import Language


def opened(
    report: AccountReport, language: Language = "id", pages: Iterable[Page] = tuple(Page)
) -> PdfReader:
    return PdfReader(io.BytesIO(pdf(report, list(pages), language)))


@lru_cache(maxsize=8)
def text_of(document: PdfReader) -> str:
    return "\n".join(page.extract_text() for page in document.pages)


def squeezed(text: str) -> str:
    """Without blanks, line ends and what shows nothing: lines may be broken anywhere."""
    return "".join(text.split()).replace("\u200b", "")


def fonts_of(document: PdfReader) -> dict[str, DictionaryObject]:
    found = {}
    for page in document.pages:
        for font in page["/Resources"]["/Font"].values():
            found[font.get_object()["/BaseFont"]] = font.get_object()
    return found


def glyphs_of(document: PdfReader) -> Iterator[int]:
    """The number of each glyph that is drawn; 0 is the box that stands for a missing one."""
    for page in document.pages:
        for operands, operator in ContentStream(page.get_contents(), document).operations:
            if operator not in {b"Tj", b"TJ"}:
                continue
            shown = operands[0] if isinstance(operands[0], ArrayObject) else [operands[0]]
            for each in shown:
                if isinstance(each, (str, bytes)):
                    content = each if isinstance(each, bytes) else each.original_bytes  # type: ignore[attr-defined]
                    yield from (
                        int.from_bytes(content[at : at + 2], "big") for at in range(0, len(content), 2)
                    )


def links_of(document: PdfReader) -> list[str]:
    """Where links lead that leave the document."""
    found = []
    for page in document.pages:
        for each in page.get("/Annots") or []:
            action = each.get_object().get("/A")
            if action is not None and "/URI" in action:
                found.append(str(action["/URI"]))
    return found


def tags_of(document: PdfReader) -> list[DictionaryObject]:
    """All elements of the structure, as they are read aloud."""
    found: list[DictionaryObject] = []

    def visit(node: object) -> None:
        element = node.get_object() if isinstance(node, IndirectObject) else node
        if isinstance(element, ArrayObject):
            for each in element:
                visit(each)
        elif isinstance(element, DictionaryObject):
            if "/S" in element:
                found.append(element)
            visit(element.get("/K"))

    visit(document.trailer["/Root"]["/StructTreeRoot"])
    return found


def titles_of(document: PdfReader) -> list[str]:
    """The bookmarks, one after another."""

    def titles(entries: Iterable[object]) -> Iterator[str]:
        for each in entries:
            if isinstance(each, list):
                yield from titles(each)
            else:
                yield str(each.title)  # type: ignore[attr-defined]

    return list(titles(document.outline))
