"""Each part that reads what strangers send, as a function of bytes that raises nothing but what it says it raises."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from python_multipart.exceptions import FormParserError

from import_export.api.upload_form import Form, UploadLimits
from import_export.api.upload_names import disposition_parameters, stored_name
from import_export.errors import BadRequest
from import_export.imports.dates import parse_moment
from import_export.imports.extraction import Source, extract
from import_export.imports.inspection import Question, inspect_file
from import_export.imports.names import readable
from import_export.imports.numerals import parse_number
from import_export.imports.table_config import table_from_config
from import_export.imports.tables import NumberFormat, normalise_header
from import_export.imports.zips import Limits
from import_export.scopes import Scope, parse_rules
from tests.hostile import TABLE
from tests.two_readings import LAYOUTS, assert_read_alike

_FEW, _HALF = 300, 127
LIMITS = Limits(max_files=50, max_bytes=8 << 20, max_ratio=100)


def reader(octets: bytes) -> None:
    """A file: encoding, dialect, header, rows, values."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stocks.csv"
        path.write_bytes(octets)
        inspect_file(
            path,
            Question(tables=[table_from_config(TABLE)], table_name="stocks", dist_id="0112", all_rows=True),
        )


def lines(octets: bytes) -> None:
    """Lines of a few signs, which are read the same in both ways."""
    text = octets[1:_FEW].decode("utf-8", "replace").replace("\0", "")
    if text:
        assert_read_alike(text, LAYOUTS[octets[0] % len(LAYOUTS)], damaged=octets[0] > _HALF)


def archive(octets: bytes) -> None:
    """A ZIP."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.zip"
        path.write_bytes(octets)
        extract([Source("a.zip", path)], Path(folder) / "out", LIMITS)


def values(octets: bytes) -> None:
    """Numbers, dates, headers, names of files."""
    text = octets.decode("utf-8", "replace")
    for style in NumberFormat:
        parse_number(text, style)
    for first_is_day in (True, False):
        parse_moment(text, first_is_day=first_is_day)
    normalise_header(text)
    readable(text)
    stored_name(text)
    disposition_parameters(octets)


def distributors(octets: bytes) -> None:
    """Rules of who may see which distributors, and a distributor's id."""
    rules, _, dist_id = octets.decode("utf-8", "replace").partition("\0")
    try:
        parsed = parse_rules(rules)
    except ValueError:
        return
    for rule in parsed:
        Scope(rule.patterns).sees(dist_id)


def multipart(octets: bytes) -> None:
    """A form."""
    with tempfile.TemporaryDirectory() as folder:
        form = Form(b"x", Path(folder) / "spool", UploadLimits(max_bytes=1 << 20, max_files=5))
        (Path(folder) / "spool").mkdir()
        try:
            form.finish(octets)
        except (BadRequest, FormParserError):
            form.discard()


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    each.__name__: each for each in (reader, lines, archive, values, distributors, multipart)
}
