"""Reading a block line by line gives what reading it record by record with care gives, whatever stands in it."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from import_export.imports.blocks import Block
from import_export.imports.broken_rows import BrokenRows
from import_export.imports.careful_reading import sorted_records
from import_export.imports.layout import Layout
from import_export.imports.line_reading import read_lines
from import_export.imports.records import Dialect, split_records
from import_export.messages import Message

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
LAYOUTS = [
    Layout(
        "utf-8",
        Dialect(";", quote, escape, skips_blank=skips),
        1,
        2,
        ("a", "b", "c"),
        0,
        (),
        trailing=trailing,
    )
    for quote, escape in (('"', None), ('"', "\\"), (None, None), ("'", None))
    for skips in (False, True)
    for trailing in (0, 1)
]


def rows_of(broken: BrokenRows) -> list[tuple[int, str, dict[str, object], tuple[str, ...]]]:
    assert list(broken.lines) == [row.line for row in broken]
    return [(row.line, row.told.code.value, dict(row.told.params), row.cells) for row in broken]


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
    text = end.join(lines)
    block = Block(text.encode(), layout, damaged=damaged, removed_nuls=0, bytes_read=0)
    if not text:
        return
    careful = sorted_records(split_records(text, layout.dialect, width=3), block, layout, 5)
    found = read_lines(block, layout, 5)
    kept = [
        (line, row)
        for line, row in zip(found.lines, found.frame.rows(), strict=True)
        if any(map(str.strip, row))
    ]
    assert kept == list(zip(careful.lines, careful.good, strict=True))
    assert [row[:3] for row in rows_of(found.broken)] == [
        (row.line, row.told.code.value, dict(row.told.params)) for row in careful.broken
    ]
    assert [row.cells for row in found.broken] == [row.cells for row in careful.broken]
    assert found.left_open == careful.left_open


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
