"""Reading a block line by line gives what reading it record by record with care gives, whatever stands in it."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from import_export.imports import quoted_lines
from import_export.imports.blocks import Block
from import_export.imports.layout import Layout
from import_export.imports.line_reading import read_lines
from import_export.imports.repair import Effort
from import_export.messages import Message
from tests.two_readings import LAYOUTS, assert_read_alike

LINES = st.lists(
    st.sampled_from(
        [
            *(
                "a;b;c",
                "a;b",
                "a;b;c;",
                "a;b;c; ",
                "a;b;c;d",
                "",
                " ",
                ";;",
                ";;;",
                " ; \t;",
                "\xa0;\u3000",
                "total;1",
            ),
            *(
                '"a";"b";c',
                '"a;b";c;d',
                '"a""b";b;c',
                '"";"";""',
                'a"b;c;d',
                'a";b;c',
                '"a;b;c',
                '"a',
                'b";c;d',
            ),
            *(' "a";b;c', '"a" ;b;c', '"a"b;c;d', '""a"";b;c', '"";b', '"""";b;c', "a; b; c", 'a; "b"; c'),
            *("\\;b;c", '"a\\"b";c;d', '"a\\', "ñ;b;c", "\ufffd;b;c", 'a;"\ufffd";c', "\ufffd;b", "'a';b;c"),
        ]
    )
    | st.text(st.sampled_from('ab;;;""\\ \tñ\ufffd\u3000'), max_size=12),
    max_size=14,
)


@example(lines=['""', '"";"\u3000"', '""""', '";"', '"\xa0";;;'], end="\n", layout=LAYOUTS[0], damaged=False)
@example(lines=["a;b"] * 3 + ['"a";b;c'], end="\r", layout=LAYOUTS[0], damaged=False)
@settings(max_examples=1500, deadline=None)
@given(
    lines=LINES,
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    layout=st.sampled_from(LAYOUTS),
    damaged=st.booleans(),
)
def test_lines_are_read_as_records_are(lines: list[str], end: str, layout: Layout, damaged: bool) -> None:
    text = end.join(lines).replace(";", layout.dialect.delimiter)
    if text:
        assert_read_alike(text, layout, damaged=damaged)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_of_many_blanks_before_a_quote_is_looked_at_closely(end: str) -> None:
    text = end.join(["a;b;c", " " * 500 + '"a;b";c;d', " " * 500 + 'a"b;c;d'])
    block = Block(text.encode(), LAYOUTS[0], damaged=False, removed_nuls=0, bytes_read=0)
    found = read_lines(block, LAYOUTS[0], 2)
    assert found.frame.rows()[1] == ("a;b", "c", "d")
    assert len(found.frame) == 3


def test_a_line_of_quotes_without_end_takes_nothing_from_the_others() -> None:
    text = '"x" y;b;c\n' * 50 + '"";' * 300_000 + '"x\n' + '"a" b;c;d\n' * 50
    block = Block(text.encode(), LAYOUTS[0], damaged=False, removed_nuls=0, bytes_read=0)
    found = read_lines(block, LAYOUTS[0], 1)
    assert found.frame.rows() == [('"x" y', "b", "c")] * 50 + [('"a" b', "c", "d")] * 50
    assert [(row.line, row.told.code) for row in found.broken] == [(51, Message.UNCLOSED_QUOTE)]


@st.composite
def sound_lines(
    draw: st.DrawFn, inside: str = "ab; ñ", cells: tuple[int, int] = (1, 5)
) -> tuple[str, Layout]:
    """Lines whose quotes are all where they belong."""
    layout = draw(st.sampled_from([each for each in LAYOUTS if each.dialect.quote]))
    quote, escape = layout.dialect.quote, layout.dialect.escape or layout.dialect.quote
    text = st.text(st.sampled_from(inside), max_size=6)
    quoted = st.lists(text, min_size=1, max_size=4).map(f"{escape}{quote}".join)
    blanks = st.sampled_from(["", "", " ", "   "])
    cell = st.one_of(
        st.builds(lambda before, text, after: f"{before}{quote}{text}{quote}{after}", blanks, quoted, blanks),
        st.text(st.sampled_from("ab ñ"), max_size=4),
    )
    least, most = cells
    line = st.lists(cell, min_size=least, max_size=most).map(";".join)
    lines = draw(st.lists(line, min_size=1, max_size=12))
    return "\n".join(lines).replace(";", layout.dialect.delimiter), layout


@settings(max_examples=1000, deadline=None)
@given(case=sound_lines() | sound_lines("ab; ñ\n", (3, 3)))
def test_lines_of_sound_quotes_are_read_without_any_effort(case: tuple[str, Layout]) -> None:
    text, layout = case
    if not text:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quoted_lines, "Effort", lambda left: Effort(0))
        assert_read_alike(text, layout, damaged=False, broken_cells=False)
