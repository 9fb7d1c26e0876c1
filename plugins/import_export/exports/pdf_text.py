"""Users' text as the PDF can show it: only characters that its fonts have, shortened between characters, never within."""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

import regex

from import_export.exports.pdf_engine import FONTS

MARK = "◌"
"""Stands for what no font has."""
BREAK = "\u200b"
"""Where a long word may be broken; nothing is seen of it."""
LONGEST_WORD = 16
"""Characters after which a word may be broken anywhere."""
_JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")
_UNSEEN = regex.compile(r"[\p{Cc}\p{Cf}\p{Cs}--[\u200c\u200d\U000e0020-\U000e007f]]", regex.V1)
"""Controls, marks that turn the text around them, and other things that show nothing."""
_MARKS = regex.compile(f"{MARK}+")
_OWN_BREAKS = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
"""Scripts without blanks, in which Typst finds the ends of words, if there are any."""
_LONG = regex.compile(rf"[^\s\u200b{_OWN_BREAKS}]{{{LONGEST_WORD + 1},}}|(\S)\1{{{LONGEST_WORD},}}")


def clean(text: str | None) -> str:
    """One line of text that the fonts can show; long words may be broken."""
    spaced = " ".join(unicodedata.normalize("NFC", text or "").split())
    seen = " ".join(_UNSEEN.sub("", spaced).split())
    shown = "".join(_shown(each) for each in _graphemes(seen))
    broken: str = _LONG.sub(lambda found: BREAK.join(_pieces(found[0])), _MARKS.sub(MARK, shown))
    return broken


def shorten(text: str, width: float) -> str:
    """At most `width` ems, with `…` when something is left out, at a word's end if one is near."""
    used = 0.0
    kept: list[str] = []
    for each in _graphemes(text):
        used += _ems(each)
        if used > width:
            cut = "".join(kept)
            at_word = cut.rsplit(" ", 1)[0]
            return (at_word if len(at_word) > 0.7 * len(cut) else cut).rstrip(" ,.;:-–—" + BREAK) + "…"
        kept.append(each)
    return text


def is_right_to_left(text: str) -> bool:
    """Whether the first letter is Arabic, Hebrew or the like."""
    strong = (unicodedata.bidirectional(letter) for letter in text)
    return next((each for each in strong if each in {"L", "R", "AL"}), "L") != "L"


def initials(name: str) -> str:
    """One or two letters for the circle where the picture would be."""
    words: list[str] = regex.findall(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}]*", name)
    firsts = [next(_graphemes(word)) for word in words[:2]]
    if not firsts or regex.match(r"\p{Han}|\p{Hangul}|\p{Arabic}|\p{Hiragana}|\p{Katakana}", firsts[0]):
        firsts = firsts[:1]
    return "".join(firsts).upper() or "@"


def _graphemes(text: str) -> Iterator[str]:
    return (found[0] for found in regex.finditer(r"\X", text))


def _pieces(word: str) -> Iterator[str]:
    whole = list(_graphemes(word))
    return ("".join(whole[at : at + 8]) for at in range(0, len(whole), 8))


def _ems(grapheme: str) -> float:
    """About how wide it is."""
    first = grapheme[0]
    if first == BREAK:
        return 0.0
    if unicodedata.category(first) == "So":
        return 1.3
    if unicodedata.east_asian_width(first) in "WF":
        return 1.02
    others = sum(unicodedata.category(each) in {"Lo", "Mc"} for each in grapheme[1:])
    return (0.9 if first in "MWmw@%" else 0.68 if grapheme.isupper() else 0.55) + 0.35 * others


@lru_cache(maxsize=20_000)
def _shown(grapheme: str) -> str:
    """Itself when one font has all of it, else its simpler form, else its first character, else a mark."""
    if grapheme == "\u200b":
        return grapheme
    for form in (grapheme, unicodedata.normalize("NFKC", grapheme), grapheme[0]):
        needed = {ord(each) for each in form if each not in _JOINERS}
        if any(needed <= have for have in _coverage()):
            return form
    return MARK


@cache
def _coverage() -> tuple[frozenset[int], ...]:
    """The characters of each font."""
    return tuple(_characters(path) for path in sorted(FONTS.glob("*.ttf")))


def _characters(path: Path) -> frozenset[int]:
    """The characters that a TrueType font's table of characters (`cmap`) names."""
    content = path.read_bytes()
    tables = struct.unpack_from(">H", content, 4)[0]
    records = (struct.unpack_from(">4sIII", content, 12 + 16 * number) for number in range(tables))
    start = next(offset for tag, _, offset, _ in records if tag == b"cmap")
    count = struct.unpack_from(">H", content, start + 2)[0]
    found: set[int] = set()
    for number in range(count):
        at = start + struct.unpack_from(">I", content, start + 8 + 8 * number)[0]
        form = struct.unpack_from(">H", content, at)[0]
        if form == 12:
            groups = struct.unpack_from(">I", content, at + 12)[0]
            for first, last, _ in struct.iter_unpack(">III", content[at + 16 : at + 16 + 12 * groups]):
                found.update(range(first, last + 1))
        elif form == 4:
            found |= _segments(content, at)
    return frozenset(found - {0xFFFF})


def _segments(content: bytes, at: int) -> set[int]:
    """The characters of a table of format 4; those that it maps to no glyph are left out."""
    half = struct.unpack_from(">H", content, at + 6)[0]
    segments = half // 2
    lasts, firsts, deltas, offsets = (
        struct.unpack_from(f">{segments}H", content, at + start)
        for start in (14, 16 + half, 16 + 2 * half, 16 + 3 * half)
    )
    found = set()
    for number, (first, last, delta, offset) in enumerate(zip(firsts, lasts, deltas, offsets, strict=True)):
        for code in range(first, last + 1):
            glyph = code
            if offset:
                place = at + 16 + 3 * half + 2 * number + offset + 2 * (code - first)
                glyph = struct.unpack_from(">H", content, place)[0]
            if glyph and (glyph + delta) & 0xFFFF:
                found.add(code)
    return found
