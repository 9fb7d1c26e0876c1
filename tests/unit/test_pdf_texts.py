"""Users' text in the PDF: every script, nothing interpreted, nothing that stops a report."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devtools.fonts import FONTS as MADE
from import_export.exports.pdf import pdf
from import_export.exports.pdf_engine import FONTS, TEMPLATES
from import_export.exports.pdf_text import (
    BREAK,
    MARK,
    _coverage,
    clean,
    initials,
    is_right_to_left,
    shorten,
)
from import_export.exports.report import AccountReport, Hashtag, Page
from tests.sample_reports import CAPTIONS, sample_account, sample_report
from tests.unit.pdf_reading import glyphs_of, opened, squeezed, text_of

SCRIPTS = {
    "Arabic": "قهوة الصباح",
    "Bengali": "শুভ সকাল",
    "Burmese": "မြန်မာ",
    "Cantonese": "咗喺啲嘅冇",
    "Cyrillic": "Доброе утро",
    "emoji": "👩‍👩‍👧‍👦 🇮🇩 ❤️‍🔥 🙏🏽 ☕️",
    "Greek": "Καλημέρα",
    "Hebrew": "בוקר טוב",
    "Hindi": "नमस्ते कॉफ़ी",
    "Japanese": "今日のコーヒー働く込む髙﨑",
    "Khmer": "កាហ្វេ",
    "Korean": "오늘의 커피 뷁",
    "Lao": "ກາເຟ",
    "simplified Chinese": "新店开业啦！欢迎光临",
    "symbols": "①⑩⑴★♡✦─│∀∞→‼№℃▶",
    "Tamil": "காபி",
    "Thai": "น้ำผึ้งป่าแท้",
    "traditional Chinese": "歡迎光臨臺灣",
    "Vietnamese": "Cà phê sữa đá",
}
MARKUP = (
    '#read("/etc/passwd")',
    '#{ panic("run") }',
    "$x^2$",
    "*bold* _italic_ `code`",
    "@ref <label> \\ [ ] // comment /* more */",
    '"}]},{"',
    "= Heading",
    "https://a.example/b",
    "{{ jinja }} %s {0}",
)


def plain(text: str) -> str:
    """Letters and signs that have a width of their own, in any order: what a PDF's text can be held against."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(each for each in folded if unicodedata.category(each)[0] in "LNPS" and each not in "…◌")


def with_captions(*captions: str | None) -> AccountReport:
    return sample_report(posts=len(captions), competitors=0, captions=captions)


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_has_a_font(script: str) -> None:
    assert MARK not in clean(SCRIPTS[script])
    assert squeezed(clean(SCRIPTS[script])) == squeezed(unicodedata.normalize("NFC", SCRIPTS[script]))


def test_no_glyph_is_missing_in_captions_of_all_scripts_and_all_can_be_copied() -> None:
    words = list(SCRIPTS.values())
    for captions in (words[:10], words[10:]):
        document = opened(with_captions(*captions), "id", [Page.TOP_POST])
        glyphs = list(glyphs_of(document))
        assert len(glyphs) > 1_000
        assert 0 not in glyphs
        found = set(plain(text_of(document)))
        assert set(plain("".join(captions))) - found == set()


def test_captions_as_people_write_them_are_shown() -> None:
    for captions in (CAPTIONS[:10], CAPTIONS[4:]):
        document = opened(with_captions(*captions), "en", [Page.TOP_POST])
        assert 0 not in glyphs_of(document)
    assert "No caption" in text_of(document)


@pytest.mark.parametrize("encoding", ["gb2312", "big5", "shift_jis", "euc_kr"])
def test_the_characters_of_east_asias_encodings_are_there(encoding: str) -> None:
    codes = (code for code in range(0xA1, 0x10000) if not 0xE000 <= code < 0xF900)
    letters = [letter for letter in map(chr, codes) if letter.isprintable() and _encodes(letter, encoding)]
    assert len(letters) > 6_000
    assert {letter for letter in letters if clean(letter) == MARK} <= set("∼≒"), (
        "no font of the set has these"
    )


def _encodes(letter: str, encoding: str) -> bool:
    try:
        return bool(letter.encode(encoding))
    except UnicodeEncodeError:
        return False


def test_the_templates_name_exactly_the_fonts_that_are_there() -> None:
    style = (TEMPLATES / "style.typ").read_text()
    named = re.search(r"#let fonts = \((.*?)\)", style, re.DOTALL)
    assert named is not None
    families = {each.lower().replace(" ", "-") for each in re.findall(r'"([^"]+)"', named[1])}
    assert families == {re.sub(r"-\d{3}$", "", path.stem) for path in FONTS.glob("*.ttf")}
    assert families == {path.stem for path in FONTS.glob("*.LICENSE")}, "each with its licence"
    assert {each.family for each in MADE} == families, "all of them can be made again"


def test_what_no_font_has_becomes_one_mark() -> None:
    assert clean("a\U00013000\U00013001b") == f"a{MARK}b"
    assert clean("\x00\u202e\u2066evil\ud800") == "evil"


def test_decorated_letters_become_plain_ones() -> None:
    assert clean("𝓗𝓮𝓵𝓵𝓸 𝗪𝗼𝗿𝗹𝗱 ﬁ") == "Hello World ﬁ"


@pytest.mark.parametrize("markup", MARKUP)
def test_text_that_looks_like_a_program_is_shown_as_it_is(markup: str) -> None:
    report = sample_report(
        posts=1, competitors=0, captions=[markup], account=sample_account("x", markup, markup)
    )
    text = squeezed(text_of(opened(report, "en", [Page.TOP_POST])))
    assert text.count(squeezed(markup)) >= 3


def test_long_words_may_be_broken_and_text_is_cut_between_characters() -> None:
    assert clean("x" * 40) == BREAK.join(["x" * 8] * 5)
    assert BREAK in clean("ก" * 40)
    assert shorten("satu dua tiga", 100) == "satu dua tiga"
    assert shorten("satu dua tiga empat", 8) == "satu dua tiga…"
    family = "👩‍👩‍👧‍👦"
    assert shorten(family * 5, 3) == family * 2 + "…"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Kopi Nusantara", "KN"),
        ("kopi.senja.id", "KS"),
        ("قهوة الصباح", "ق"),
        ("星咖啡 Star", "星"),
        ("👩‍👩‍👧‍👦", "@"),
        ("", "@"),
        ("éa", "É"),
    ],
)
def test_initials_stand_for_a_picture(name: str, expected: str) -> None:
    assert initials(name) == expected


def test_the_direction_is_that_of_the_first_letter() -> None:
    assert is_right_to_left("🌙 رمضان kareem")
    assert not is_right_to_left("kareem رمضان")
    assert not is_right_to_left("123 🌙")


TEXT = st.one_of(
    st.text(max_size=80),
    st.text(
        st.characters(min_codepoint=0x300, max_codepoint=0x1FFFF, exclude_categories=["Cs"]), max_size=40
    ),
    st.lists(st.sampled_from([*SCRIPTS.values(), *MARKUP, "\u202e", "\u200d", "\ufe0f", "\U000e0067"])).map(
        "".join
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(username=TEXT, name=TEXT, biography=TEXT, caption=TEXT, website=TEXT)
def test_any_text_makes_a_report(
    username: str, name: str, biography: str, caption: str, website: str
) -> None:
    account = sample_account(username, name, biography, website)
    report = sample_report(days=1, posts=1, competitors=0, captions=[caption], account=account)
    report = replace(report, hashtags=(Hashtag(caption, 1, 1, 1, 2, 2.0),))
    assert pdf(report, [Page.TOP_POST, Page.COMPETITOR], "id").startswith(b"%PDF-1.7")


@settings(max_examples=300, deadline=None)
@given(TEXT)
def test_cleaning_twice_changes_nothing_and_leaves_only_what_fonts_have(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    every = set().union(*_coverage())
    assert [
        each for each in once if ord(each) not in every and each not in "\u200b\u200c\u200d\ufe0e\ufe0f"
    ] == []
