"""Files of an export as one ZIP, made while it is read."""

import io
import zipfile
from collections.abc import Iterator
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from import_export.exports.zips import zip_pieces

AT = datetime(2026, 7, 1, 2, 0)
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=60)


def zipped(files: dict[str, list[bytes]], at: datetime = AT) -> bytes:
    return b"".join(zip_pieces(((name, iter(pieces)) for name, pieces in files.items()), at))


@given(st.dictionaries(NAMES, st.lists(st.binary(max_size=300), max_size=4), max_size=5))
def test_any_files_are_read_back(files: dict[str, list[bytes]]) -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(files))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == list(files)
        for name, pieces in files.items():
            assert archive.read(name) == b"".join(pieces)


def test_what_is_packed_already_is_stored_and_all_have_the_exports_time() -> None:
    with zipfile.ZipFile(io.BytesIO(zipped({"a.csv": [b"x" * 999], "b.PDF": [b"x" * 999]}))) as archive:
        csv, pdf = archive.infolist()
    assert (csv.compress_type, pdf.compress_type) == (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED)
    assert {csv.date_time, pdf.date_time} == {(2026, 7, 1, 2, 0, 0)}


def test_the_same_files_give_the_same_bytes_and_times_before_zips_were_are_1980() -> None:
    assert zipped({"a.csv": [b"1", b"2"]}) == zipped({"a.csv": [b"12"]})
    with zipfile.ZipFile(io.BytesIO(zipped({"a.csv": [b"1"]}, datetime(1970, 1, 1)))) as archive:
        assert archive.infolist()[0].date_time == (1980, 1, 1, 0, 0, 0)


def test_no_more_is_read_than_was_taken() -> None:
    read: list[int] = []

    def pieces() -> Iterator[bytes]:
        for number in range(50):
            read.append(number)
            yield bytes([number]) * 1000

    taken = zip_pieces(iter([("a.pdf", pieces())]), AT)
    for _ in range(3):
        next(taken)
    assert len(read) <= 3


def test_a_file_may_be_larger_than_4_gb() -> None:
    local_header = zipped({"a.pdf": [b"x"]})[: 30 + 5 + 20]
    # The extra field that has room for sizes of 64 bits (APPNOTE.TXT 4.5.3).
    assert local_header[35:39] == b"\x01\x00\x10\x00"
