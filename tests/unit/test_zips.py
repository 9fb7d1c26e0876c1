"""ZIPs that mean harm are refused as a whole, with the reason; damaged ones never break the import."""

import io
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from import_export.imports.extraction import Extracted, Source, extract
from import_export.imports.freezing import write_frozen
from import_export.imports.zips import Count, Limits, Member, Refused
from import_export.messages import Message
from tests.zip_builder import Entry, archive

LIMITS = Limits(max_files=100, max_bytes=64 << 20, max_ratio=100)
DATA = Path(__file__).parent.parent / "data" / "dirty"


def unzip(folder: Path, content: bytes, limits: Limits = LIMITS) -> Extracted:
    (folder / "m.zip").write_bytes(content)
    return extract([Source("m.zip", folder / "m.zip")], folder / "out", limits)


def refusal(folder: Path, content: bytes, limits: Limits = LIMITS) -> tuple[Message, str]:
    """Why a ZIP is refused; that nothing of it is left is checked with every refusal."""
    extracted = unzip(folder, content, limits)
    assert extracted.files == ()
    assert list((folder / "out").iterdir()) == []
    (told,) = extracted.warnings
    return told.code, told.text()


def test_the_builder_of_these_tests_makes_good_zips(tmp_path: Path) -> None:
    content = archive(Entry(b"a.csv"), Entry(b"sub/b.csv", b"x" * 5000, zipfile.ZIP_DEFLATED))
    found = unzip(tmp_path, content).files
    assert [(file.name, file.path.read_bytes()) for file in found] == [
        ("m.zip/a.csv", b"a;b\n1;2\n"),
        ("m.zip/sub/b.csv", b"x" * 5000),
    ]


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (Entry(b"../a.csv"), "'../a.csv' leads out of its folder"),
        (Entry(b"sub/../../a.csv"), "'sub/../../a.csv' leads out of its folder"),
        (Entry(b"/etc/a.csv"), "'/etc/a.csv' is an absolute path"),
        (Entry(b"C:/a.csv"), "'C:/a.csv' is an absolute path"),
        (Entry(b"c:a.csv"), "'c:a.csv' is an absolute path"),
        (Entry(b"sub\\a.csv"), "'sub\\a.csv' has a backslash in its name"),
        (Entry(b"a\0b.csv"), "'a_b.csv' has invisible control characters in its name"),
        (Entry(b"a\x1b[2J.csv"), "'a_[2J.csv' has invisible control characters in its name"),
        (
            Entry("a\u202evsc.exe.csv".encode(), flags=0x800),
            "'a_vsc.exe.csv' has invisible control characters in its name",
        ),
        (Entry(b"a.csv", b"/etc/passwd", attributes=0o120777 << 16, made_by=3), "'a.csv' is a link"),
        (Entry(b"a.csv", attributes=0o010644 << 16, made_by=3), "'a.csv' is neither a file nor a folder"),
        (Entry(b"inner.zip"), "'inner.zip' is an archive inside the archive"),
        (Entry(b"sub/inner.TAR.GZ"), "'sub/inner.TAR.GZ' is an archive inside the archive"),
        (Entry(b"f" * 1001 + b".csv"), "has a name that is too long"),
        (Entry(b"a.csv", method=zipfile.ZIP_BZIP2), "is packed by a method that is not supported"),
        (Entry(b"a.csv", method=zipfile.ZIP_LZMA), "is packed by a method that is not supported"),
        (Entry(b"a.csv", method=9), "is packed by a method that is not supported"),
    ],
)
def test_one_unsafe_member_refuses_the_whole_zip(tmp_path: Path, entry: Entry, why: str) -> None:
    code, text = refusal(tmp_path, archive(Entry(b"good.csv"), entry))
    assert code is Message.ZIP_UNSAFE
    assert text.startswith("m.zip: The ZIP is refused because it is not safe to unpack: ")
    assert why in text


def test_a_refusal_is_told_in_indonesian_too(tmp_path: Path) -> None:
    (told,) = unzip(tmp_path, archive(Entry(b"../a.csv"))).warnings
    assert told.text("id") == (
        "m.zip: ZIP ditolak karena tidak aman untuk dibuka: '../a.csv' mengarah ke luar foldernya."
    )


@pytest.mark.parametrize("flags", [0x1, 0x41, 0x2000])
def test_an_encrypted_zip_asks_for_one_without_password(tmp_path: Path, flags: int) -> None:
    code, text = refusal(tmp_path, archive(Entry(b"good.csv"), Entry(b"a.csv", flags=flags)))
    assert code is Message.ZIP_ENCRYPTED
    assert text == "m.zip: The ZIP is protected by a password. Send it without one."


def test_more_files_than_the_limit_are_refused_and_junk_does_not_count(tmp_path: Path) -> None:
    limits = Limits(max_files=3, max_bytes=1 << 20, max_ratio=100)
    three = [Entry(f"{number}.csv".encode()) for number in range(3)]
    junk = [Entry(b"__MACOSX/._0.csv"), Entry(b".hidden"), Entry(b"sub/", b"")]
    assert len(unzip(tmp_path, archive(*three, *junk), limits).files) == 3
    code, text = refusal(tmp_path, archive(*three, Entry(b"more.txt")), limits)
    assert code is Message.ZIP_TOO_LARGE
    assert text == "m.zip: The ZIP is refused: its number of files is more than the limit of 3."


def test_a_huge_directory_is_refused_before_it_is_read(tmp_path: Path) -> None:
    limits = Limits(max_files=1, max_bytes=1 << 20, max_ratio=100)
    content = archive(*(Entry(b"__MACOSX/" + b"j" * 60000, b"") for _ in range(100)))
    code, text = refusal(tmp_path, content, limits)
    assert code is Message.ZIP_TOO_LARGE
    assert "the size of its table of contents in bytes" in text


def test_the_dirty_bomb_is_refused_by_its_ratio(tmp_path: Path) -> None:
    code, text = refusal(tmp_path, (DATA / "79_zip_bomb.zip").read_bytes())
    assert code is Message.ZIP_RATIO
    assert text == "m.zip: The ZIP is refused: 'a.csv' would unpack to more than 100 times its packed size."


def test_a_small_file_may_be_packed_as_well_as_it_can(tmp_path: Path) -> None:
    (file,) = unzip(tmp_path, archive(Entry(b"a.csv", b"0" * (1 << 20), zipfile.ZIP_DEFLATED))).files
    assert file.size == 1 << 20


def test_a_bomb_that_understates_its_size_is_refused(tmp_path: Path) -> None:
    bomb = Entry(b"a.csv", b"0" * (30 << 20), zipfile.ZIP_DEFLATED, size=1000)
    assert refusal(tmp_path, archive(bomb))[0] is Message.ZIP_NO_DATA_FILE


def test_a_bomb_that_overstates_its_packed_size_is_refused(tmp_path: Path) -> None:
    bomb = Entry(b"a.csv", b"0" * (30 << 20), zipfile.ZIP_DEFLATED, packed_size=20 << 20)
    code, text = refusal(tmp_path, archive(bomb))
    assert code is Message.ZIP_UNSAFE
    assert "'a.csv' overlaps another part of the archive" in text


def test_declared_sizes_count_together(tmp_path: Path) -> None:
    limits = Limits(max_files=10, max_bytes=10_000, max_ratio=100)
    code, text = refusal(
        tmp_path, archive(Entry(b"a.csv", b"x" * 6000), Entry(b"b.csv", b"x" * 6000)), limits
    )
    assert code is Message.ZIP_TOO_LARGE
    assert text == "m.zip: The ZIP is refused: its unpacked size in bytes is more than the limit of 10,000."


def test_what_streams_is_counted_whatever_was_declared(tmp_path: Path) -> None:
    limits = Limits(max_files=1, max_bytes=3 << 20, max_ratio=100)
    zeros = io.BytesIO(b"0" * (4 << 20))
    honest = Member("a.csv", zeros, Count("m.zip", limits), packed=4 << 20)
    with pytest.raises(Refused, match="its unpacked size in bytes is more than the limit"):
        write_frozen(honest.read, tmp_path / "a.csv")
    zeros.seek(0)
    squeezed = Member("a.csv", zeros, Count("m.zip", limits), packed=1000)
    with pytest.raises(Refused, match=r"'a\.csv' would unpack to more than 100 times"):
        write_frozen(squeezed.read, tmp_path / "a.csv")
    assert list(tmp_path.iterdir()) == []


def test_two_entries_that_share_one_members_bytes_are_refused(tmp_path: Path) -> None:
    first = Entry(b"a.csv")
    code, text = refusal(tmp_path, archive(first, Entry(b"a.csv", offset=0)))
    assert code is Message.ZIP_UNSAFE
    assert "'a.csv' overlaps another part of the archive" in text


def test_a_member_hidden_in_another_ones_bytes_is_refused(tmp_path: Path) -> None:
    inner = Entry(b"inner.csv")
    outer = Entry(b"outer.csv", b"head\n" + inner.local() + b"tail\n")
    inner.offset = 30 + len(outer.name) + len(b"head\n")
    content = archive(outer, inner, members=outer.local())
    assert "'inner.csv' overlaps another part of the archive" in refusal(tmp_path, content)[1]


def test_a_member_whose_checksum_is_wrong_refuses_all_of_the_zip(tmp_path: Path) -> None:
    content = archive(Entry(b"a.csv"), Entry(b"b.csv", crc=1))
    assert refusal(tmp_path, content) == (
        Message.ZIP_NO_DATA_FILE,
        "m.zip: Invalid ZIP or no data files found inside.",
    )


@pytest.mark.parametrize(
    ("raw", "flags", "shown"),
    [
        ("Größe.csv".encode(), 0x800, "Größe.csv"),
        ("Größe.csv".encode(), 0, "Größe.csv"),
        ("Größe.csv".encode("cp437"), 0, "Größe.csv"),
        ("Größe.csv".encode("cp1252"), 0, "Größe.csv"),
        (b"penjualan.csv", 0, "penjualan.csv"),
    ],
)
def test_names_of_other_code_pages_are_shown_as_they_were_meant(
    tmp_path: Path, raw: bytes, flags: int, shown: str
) -> None:
    (file,) = unzip(tmp_path, archive(Entry(raw, flags=flags))).files
    assert file.name == f"m.zip/{shown}"


def test_a_zip_behind_other_bytes_is_read(tmp_path: Path) -> None:
    (file,) = unzip(tmp_path, b"#!/bin/sh\n" + archive(Entry(b"a.csv"))).files
    assert file.path.read_bytes() == b"a;b\n1;2\n"


GOOD = archive(
    Entry(b"a.csv", bytes(range(256))),
    Entry(b"sub/b.txt", b"0123456789" * 400, zipfile.ZIP_DEFLATED),
    Entry("größe.csv".encode(), flags=0x800),
)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=6),
    st.integers(0, len(GOOD)),
)
def test_a_damaged_zip_is_refused_or_read_but_never_a_fault(changes: list[tuple[int, int]], cut: int) -> None:
    content = bytearray(GOOD)
    for position, octet in changes:
        content[position] = octet
    with tempfile.TemporaryDirectory() as folder:
        for damaged in (bytes(content), bytes(content[:cut])):
            extracted = unzip(Path(folder), damaged)
            kept = sorted(path.name for path in Path(folder, "out").iterdir())
            assert kept == sorted(file.path.name for file in extracted.files)
            assert bool(extracted.files) != bool(extracted.warnings)
