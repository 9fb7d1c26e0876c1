"""What is refused of a table's configuration, the one way it is written in, and which filename patterns can meet."""

from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from import_export.errors import BadRequest
from import_export.imports.config_checks import check_identifier, check_table, fits_filename, plain
from import_export.imports.globs import overlap
from import_export.imports.table_config import column_to_config, table_from_config, table_to_config
from import_export.imports.table_rules import Duplicates, RejectLimit, SlicePart
from import_export.imports.tables import Column, ColumnType, ImportTable, Kind, NumberFormat, Role

CODE = {"name": "code", "type": "str(10)"}


def table(*columns: dict[str, Any], **more: Any) -> ImportTable:
    config = {"table_name": "loot", "columns": list(columns) or [CODE], **more}
    return plain(table_from_config(config))


def checked(*columns: dict[str, Any], **more: Any) -> ImportTable:
    made = table(*columns, **more)
    check_table(made, [], new_names=[column.name for column in made.columns])
    return made


# names


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Loot",
        "1loot",
        "_loot",
        "loot\n",
        "loot ",
        "lo-ot",
        "lööt",
        "loot`",
        "loot; DROP TABLE stocks",
        "loot AS SELECT * FROM stocks",
        "import_export.loot",
        "loot%s",
        "l" * 49,
    ],
)
def test_names_that_are_not_plain_are_refused(name: str) -> None:
    with pytest.raises(BadRequest, match="must begin with a letter"):
        check_identifier("table", name)


@pytest.mark.parametrize("name", ["id", "import_job_id", "row_hash"])
def test_columns_that_the_product_fills_are_refused_in_its_own_tables_only(name: str) -> None:
    with pytest.raises(BadRequest, match="the product itself fills"):
        checked({"name": name})
    check_table(table({"name": name}, has_helpers=False), [])


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ([CODE, CODE], "'code' is there twice"),
        ([{"name": "a_b"}, {"name": "a__b"}], "'a_b' and 'a__b' are the same header"),
        ([{**CODE, "aliases": ["Kode"]}, {"name": "b", "aliases": ["KODE"]}], "stands for column 'code'"),
        ([{**CODE, "aliases": ["B"]}, {"name": "b"}], "alias 'B' of column 'code' stands for column 'b'"),
        ([{**CODE, "aliases": [" "]}], "an alias needs 1–255"),
        ([{**CODE, "aliases": ["x" * 256]}], "an alias needs 1–255"),
        ([{"name": "a", "role": "date"}, {"name": "b", "role": "date"}], "given to 2 columns"),
    ],
)
def test_a_header_can_stand_for_one_column_only(columns: list[dict[str, Any]], told: str) -> None:
    with pytest.raises(BadRequest, match=told):
        checked(*columns)


# values


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ({"type": "str(0)"}, "1–16000 characters"),
        ({"type": "str(16001)"}, "1–16000 characters"),
        ({"type": "decimal(38,31)"}, "30 digits after the point"),
        ({"type": "int", "default": "x"}, "default 'x' is not a whole number"),
        ({"type": "int", "default": ""}, "is not a whole number"),
        ({"type": "int", "default": 2**63}, "is not a whole number"),
        ({"type": "int", "minimum": "1.5"}, "minimum '1.5' is not"),
        ({"type": "int", "minimum": 5, "maximum": 4}, "minimum '5' is more than maximum '4'"),
        ({"type": "decimal(4,2)", "default": "100"}, r"that decimal\(4,2\) holds"),
        ({"type": "decimal(4,2)", "default": "1.005"}, r"that decimal\(4,2\) holds"),
        ({"type": "decimal(4,2)", "default": "NaN"}, r"that decimal\(4,2\) holds"),
        ({"type": "decimal", "maximum": "1e999999"}, "is not a number"),
        ({"type": "decimal", "maximum": "1e37"}, "is not a number"),
        ({"type": "date", "minimum": "31/01/2026"}, "is not a date like 2026-01-31"),
        ({"type": "date", "minimum": "2026-02-30"}, "is not a date like"),
        ({"type": "datetime", "maximum": "2026-01-31T10:00:00+07:00"}, "is not a moment"),
        (
            {"type": "datetime", "minimum": "2026-02-01", "maximum": "2026-01-31 10:00:00"},
            "is more than maximum",
        ),
        ({"type": "bool", "default": "yes"}, "is not 0 or 1"),
        ({"type": "str(3)", "default": "long"}, "is longer than the column"),
        ({"type": "str(3)", "allowed_values": ["abc", "abcd"]}, "is longer than the column"),
        ({"type": "str(5000)", "default": "x"}, "takes no default"),
        ({"type": "str(50)", "minimum": "x" * 41}, "40 characters at most"),
        ({"type": "str", "default": "\ud800"}, "half characters"),
        ({"type": "date", "date_formats": ["yesterday"]}, "date format 'yesterday' is none"),
        ({"type": "date", "date_formats": ["dd/mm"]}, "is none"),
        ({"type": "date", "date_formats": ["dd/mm/yyyy, yyyy"]}, "is none"),
        ({"type": "date", "date_formats": ["dd/mm/yyyy"] * 30}, "255 characters at most"),
        ({"type": "str", "pattern": "["}, "is no regular expression"),
        ({"type": "str", "pattern": "(?<=a)b"}, "pattern"),
        ({"type": "str", "pattern": "(?:a{1000}){1000}"}, "pattern"),
        ({"type": "str", "pattern": "x" * 501}, "500 characters"),
        ({"type": "text"}, "data type 'text' is none of"),
        ({"type": "str", "role": "boss"}, "role 'boss' is none of"),
        ({"type": "str(769)", "is_unique": True}, "too long for a key"),
    ],
)
def test_columns_whose_values_cannot_be_are_refused(column: dict[str, Any], told: str) -> None:
    with pytest.raises(BadRequest, match=told):
        checked({"name": "value", **column})


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"columns": []}, "at least one column"),
        ({"columns": [{"name": f"c{number}"} for number in range(501)]}, "500 columns at most"),
        (
            {"columns": [{"name": f"c{number}", "type": "int", "is_unique": True} for number in range(17)]},
            "16 columns at most",
        ),
        ({"display_name": "x" * 256}, "display_name"),
        ({"allowed_filename": "x" * 2001}, "allowed_filename"),
        ({"delimiter": "a"}, "delimiter 'a'"),
        ({"delimiter": "^\n"}, "delimiter"),
        ({"delimiter": '"'}, "delimiter"),
        ({"replaces": "other"}, "has no column 'other'"),
        ({"replaces": "month(code)"}, "column 'code' is no date"),
        ({"replaces": ", ".join(["code"] * 200)}, "1,000 characters"),
        ({"max_rejects": "many"}, "max_rejects 'many'"),
        ({"duplicates": "first"}, "duplicates 'first' is none of"),
        ({"distributor_check": "none"}, "distributor_check 'none'"),
    ],
)
def test_tables_that_cannot_be_are_refused(more: dict[str, Any], told: str) -> None:
    with pytest.raises(BadRequest, match=told):
        checked(**more)


@pytest.mark.parametrize(
    ("column_type", "given_value", "kept"),
    [
        ("int", " 007 ", "7"),
        ("int", 5, "5"),
        ("decimal(18,2)", "0", "0.00"),
        ("decimal(18,2)", 1.5, "1.50"),
        ("decimal(18,2)", "-0", "0.00"),
        ("decimal(18,2)", "1e3", "1000.00"),
        ("decimal(5,0)", "7.00", "7"),
        ("bool", True, "1"),
        ("date", "20260131", "2026-01-31"),
        ("datetime", "2026-01-31", "2026-01-31 00:00:00"),
        ("str", " x ", " x "),
    ],
)
def test_values_are_kept_as_mysql_tells_them(column_type: str, given_value: Any, kept: str) -> None:
    """The hash of a row is made of texts: `0` for an empty cell and `0.00` for a zero would be two rows."""
    [column] = checked(
        {
            "name": "value",
            "type": column_type,
            "default": None if "date" in column_type else given_value,
            "allowed_values": [given_value],
        }
    ).columns
    assert column.allowed_values == (kept,)
    assert column.default == (None if "date" in column_type else kept)


def test_a_date_has_no_default() -> None:
    with pytest.raises(BadRequest, match="an empty one is NULL"):
        checked({"name": "day", "type": "date", "default": "2026-01-31"})


def test_a_largest_day_of_a_moment_stays_a_day_with_all_of_its_hours() -> None:
    [column] = checked({"name": "at", "type": "datetime", "maximum": "2026-01-31"}).columns
    assert column.maximum == "2026-01-31"


def test_aliases_that_are_the_same_header_are_kept_once() -> None:
    [column] = checked({**CODE, "aliases": ["Kode ", "kode", "KODE_", "Kode Toko"]}).columns
    assert column.aliases == ("Kode", "Kode Toko")


@pytest.mark.parametrize("text", ["dd/mm/yyyy", "DD-MM-YYYY", "yyyy-mm-dd hh:mi:ss", " d.m.yy "])
def test_dates_are_described_as_people_do(text: str) -> None:
    [column] = checked({"name": "day", "type": "date", "date_formats": [text]}).columns
    assert column.date_formats == (text.strip(),)


def test_no_rejects_at_all_can_be_asked_for_by_a_number() -> None:
    assert table(max_rejects=0).max_rejects == RejectLimit(0)


# filenames


@pytest.mark.parametrize(
    ("mine", "theirs", "refused"),
    [
        ("sales", "sales", True),
        ("SALES", "stock, sales", True),
        ("sales_*", "sales_2026*", True),
        ("sales_*", "*_2026", True),
        ("sales_?", "sales_??", False),
        ("sales_[0-9]", "sales_[a-z]", False),
        ("sales_*", "sales_2026", False),
        ("sales_*", "stock_*", False),
        ("", "", False),
    ],
)
def test_two_tables_cannot_wait_for_the_same_file_but_an_exact_name_wins(
    mine: str, theirs: str, refused: bool
) -> None:
    made, other = table(allowed_filename=mine), table(table_name="other", allowed_filename=theirs)
    if refused:
        with pytest.raises(BadRequest, match=r"of table 'loot' and '.*' of table 'other' fit the same file"):
            check_table(made, [other])
    else:
        check_table(made, [other])


def test_a_name_fits_the_exact_entry_before_a_pattern() -> None:
    assert fits_filename("sales_1", ["sales_*", "sales_1"]) == "sales_1"
    assert fits_filename("sales_2", ["sales_*", "sales_1"]) == "sales_*"
    assert fits_filename("stock", ["sales_*", "sales_1"]) is None


SIGNS = "abc!-]["
NAMES = ["".join(signs) for length in range(5) for signs in product(SIGNS, repeat=length)]
PIECES = [
    "a",
    "b",
    "c",
    "*",
    "?",
    "[",
    "]",
    "!",
    "-",
    "[ab]",
    "[!a]",
    "[!ac]",
    "[a-c]",
    "[b-c]",
    "[]a]",
    "[!]b]",
]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=4), st.lists(st.sampled_from(PIECES), max_size=4))
def test_patterns_overlap_when_some_name_matches_both(first: list[str], second: list[str]) -> None:
    left, right = "".join(first), "".join(second)
    some = next((name for name in NAMES if fnmatchcase(name, left) and fnmatchcase(name, right)), None)
    told = overlap(left, right)
    if some is not None:
        assert told, some
    # A bracket of its own may end in a set of a later piece, and so make room for names that are longer than ours.
    elif not {"*", "["} & {*first, *second} and "!" not in left + right:
        assert not told
    assert told == overlap(right, left)


@pytest.mark.parametrize(
    ("first", "second", "meet"),
    [
        ("[!ac]", "[a-c]", True),
        ("[!abc]", "[a-c]", False),
        ("[!]a]", "]", False),
        ("[!]", "[!]", True),
        ("[", "[[]", True),
        ("a*b*c", "*bc", True),
        ("a*", "*b*a", True),
        ("a?", "*aa*a", False),
        ("*" * 900 + "a", "*" * 900 + "b", False),
    ],
)
def test_patterns_that_are_easily_misread(first: str, second: str, meet: bool) -> None:
    assert overlap(first, second) is meet


# the JSON of a configuration


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10)
TYPES = st.one_of(
    st.integers(1, 16_000).map(lambda length: ColumnType(Kind.STR, length=length)),
    st.tuples(st.integers(1, 38), st.integers(0, 38)).map(
        lambda pair: ColumnType(Kind.DECIMAL, precision=max(pair), scale=min(pair))
    ),
    st.sampled_from([Kind.INT, Kind.DATE, Kind.DATETIME, Kind.BOOL]).map(ColumnType),
)
COLUMNS = st.builds(
    Column,
    name=TEXTS,
    type=TYPES,
    is_mandatory=st.booleans(),
    is_unique=st.booleans(),
    default=st.none() | st.just("") | TEXTS,
    number_format=st.sampled_from(NumberFormat),
    date_formats=st.lists(TEXTS, max_size=2).map(tuple),
    role=st.none() | st.sampled_from(Role),
    aliases=st.lists(TEXTS, max_size=2).map(tuple),
    allowed_values=st.lists(st.just("") | TEXTS, max_size=2).map(tuple),
    minimum=st.none() | TEXTS,
    maximum=st.none() | TEXTS,
    pattern=st.none() | st.just(r"\d+"),
    trim=st.booleans(),
    not_null=st.just(False),
    id=st.none(),
)
SLICES = st.lists(
    st.builds(
        SlicePart, st.sampled_from(["code", "day", "Kode Toko"]), st.sampled_from([None, "month", "year"])
    ),
    max_size=2,
).map(tuple)
LIMITS = st.one_of(
    st.just(RejectLimit()),
    st.integers(0, 10**11).map(RejectLimit),
    st.decimals(0, 100, places=4).map(lambda share: RejectLimit(share=share)),
)
TABLES = st.builds(
    ImportTable,
    table_name=TEXTS,
    display_name=TEXTS,
    columns=st.lists(COLUMNS, max_size=3).map(tuple),
    allowed_filename=st.just("") | TEXTS,
    distributor_check=st.sampled_from(["prefix", "exact"]),
    id=st.none(),
    has_helpers=st.booleans(),
    duplicates=st.sampled_from(Duplicates),
    max_rejects=LIMITS,
    replaces=SLICES,
    delimiter=st.none() | st.sampled_from(["^", "\t"]),
)


@given(TABLES)
def test_a_configuration_comes_back_from_its_json(made: ImportTable) -> None:
    assert table_from_config(table_to_config(made)) == made


@given(TABLES)
def test_the_plain_way_of_writing_is_the_only_one(made: ImportTable) -> None:
    assert plain(plain(made)) == plain(made)


def test_what_is_as_by_default_is_left_out_of_the_json() -> None:
    column = Column("code", ColumnType(Kind.STR))
    assert column_to_config(column) == {
        "name": "code",
        "type": "str(255)",
        "is_mandatory": False,
        "is_unique": False,
    }
    assert column_to_config(replace(column, default="", trim=False))["default"] == ""
