"""Step 1 of an import: what is taken, under which names, and that the copies are what was sent."""

import hashlib
import os
import socket
import tempfile
import threading
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from import_export.errors import SourceChanged
from import_export.imports.extraction import Extracted, Source, extract
from import_export.imports.zips import Limits

LIMITS = Limits(max_files=100, max_bytes=100 << 20, max_ratio=100)


def sources(folder: Path) -> list[Source]:
    return [
        Source(path.relative_to(folder).as_posix(), path)
        for path in sorted(folder.rglob("*"), reverse=True)
        if not path.is_dir()
    ]


def zipped(path: Path, members: list[tuple[str, bytes]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def told(extracted: Extracted) -> list[str]:
    return [warning.text() for warning in extracted.warnings]


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    folder = tmp_path / "claimed"
    folder.mkdir()
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "files"


def test_a_csv_becomes_a_read_only_copy_with_its_size_and_hash(sent: Path, out: Path) -> None:
    (sent / "Sales.CSV").write_bytes(b"a;b\r\n1;2\r\n")
    (file,) = extract(sources(sent), out, LIMITS).files
    assert (file.name, file.path.name, file.size) == ("Sales.CSV", "0001.csv", 10)
    assert file.sha256 == hashlib.sha256(b"a;b\r\n1;2\r\n").hexdigest()
    assert file.path.read_bytes() == b"a;b\r\n1;2\r\n"
    assert file.path.stat().st_mode & 0o222 == 0
    assert (sent / "Sales.CSV").exists()


def test_files_are_numbered_in_the_order_of_their_names(sent: Path, out: Path) -> None:
    (sent / "b.csv").write_text("b")
    zipped(sent / "a.zip", [("z.txt", b"z"), ("0112/a.csv", b"a")])
    (sent / "0113").mkdir()
    (sent / "0113" / "c.csv").write_text("c")
    found = extract(sources(sent), out, LIMITS).files
    assert [(file.name, file.path.name) for file in found] == [
        ("0113/c.csv", "0001.csv"),
        ("a.zip/0112/a.csv", "0002.csv"),
        ("a.zip/z.txt", "0003.txt"),
        ("b.csv", "0004.csv"),
    ]


def test_zip_with_same_base_names_makes_two_files(sent: Path, out: Path) -> None:
    zipped(sent / "m.zip", [("0112/stock.csv", b"one"), ("0113/stock.csv", b"two")])
    found = extract(sources(sent), out, LIMITS).files
    assert [file.path.read_bytes() for file in found] == [b"one", b"two"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_both_kept(sent: Path, out: Path) -> None:
    zipped(sent / "m.zip", [("stock.csv", b"one"), ("stock.csv", b"two")])
    found = extract(sources(sent), out, LIMITS).files
    assert [(file.name, file.path.read_bytes()) for file in found] == [
        ("m.zip/stock.csv", b"one"),
        ("m.zip/stock.csv", b"two"),
    ]


def test_what_macos_adds_and_hidden_files_are_left_out_without_a_word(sent: Path, out: Path) -> None:
    zipped(
        sent / "m.zip",
        [
            ("__MACOSX/._a.csv", b"junk"),
            ("sub/__MACOSX/b.csv", b"junk"),
            ("._a.csv", b"junk"),
            (".hidden/c.csv", b"junk"),
            ("sub/", b""),
            ("sub/a.csv", b"data"),
        ],
    )
    (sent / ".DS_Store").write_text("junk")
    (sent / "._d.csv").write_text("junk")
    extracted = extract(sources(sent), out, LIMITS)
    assert [file.name for file in extracted.files] == ["m.zip/sub/a.csv"]
    assert told(extracted) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("march.xlsx", "march.xlsx: Unsupported file type '.xlsx'. Skipped."),
        ("march.tar.gz", "march.tar.gz: Unsupported file type '.gz'. Skipped."),
        ("README", "README: Unsupported file type ''. Skipped."),
    ],
)
def test_other_types_are_skipped_and_told(sent: Path, out: Path, name: str, text: str) -> None:
    (sent / name).write_text("x")
    extracted = extract(sources(sent), out, LIMITS)
    assert told(extracted) == [text]
    assert extracted.files == ()


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04 torn off"])
def test_a_zip_that_is_none_is_told(sent: Path, out: Path, content: bytes) -> None:
    (sent / "bad.zip").write_bytes(content)
    extracted = extract(sources(sent), out, LIMITS)
    assert told(extracted) == ["bad.zip: Invalid ZIP or no data files found inside."]
    assert list(out.iterdir()) == []


def test_a_zip_without_data_files_is_told(sent: Path, out: Path) -> None:
    zipped(sent / "empty.zip", [("readme.md", b"x"), ("sub/", b"")])
    assert told(extract(sources(sent), out, LIMITS)) == [
        "empty.zip: Invalid ZIP or no data files found inside."
    ]


def test_one_refused_zip_stops_no_other_file(sent: Path, out: Path) -> None:
    (sent / "a.zip").write_text("no zip")
    zipped(sent / "b.zip", [("../x.csv", b"evil"), ("y.csv", b"fine")])
    (sent / "c.csv").write_text("good")
    extracted = extract(sources(sent), out, LIMITS)
    assert [(file.name, file.path.name) for file in extracted.files] == [("c.csv", "0001.csv")]
    assert len(extracted.warnings) == 2


def test_a_zip_under_a_csv_name_is_left_to_the_reader(sent: Path, out: Path) -> None:
    zipped(sent / "m.zip", [("a.csv", b"x")]).rename(sent / "m.csv")
    extracted = extract(sources(sent), out, LIMITS)
    assert [file.name for file in extracted.files] == ["m.csv"]
    assert extracted.files[0].path.read_bytes() == (sent / "m.csv").read_bytes()


def test_a_repeat_after_a_crash_gives_the_same_and_clears_what_was_left(sent: Path, out: Path) -> None:
    zipped(sent / "m.zip", [("a.csv", b"a"), ("b.txt", b"b")])
    (sent / "z.csv").write_text("z")
    first = extract(sources(sent), out, LIMITS)
    (out / "0002.txt").unlink()
    (out / "0003.csv.part").write_text("half a fi")
    (out / "0001.zip").write_text("half a ZIP")
    (out / "0099.csv").write_text("of an attempt that saw more")
    assert extract(sources(sent), out, LIMITS) == first
    assert sorted(path.name for path in out.iterdir()) == ["0001.csv", "0002.txt", "0003.csv"]


def test_a_repeat_leaves_a_reader_of_the_first_copy_undisturbed(sent: Path, out: Path) -> None:
    (sent / "a.csv").write_bytes(b"a" * 100)
    (file,) = extract(sources(sent), out, LIMITS).files
    with file.path.open("rb") as reader:
        start = reader.read(10)
        extract(sources(sent), out, LIMITS)
        assert start + reader.read() == b"a" * 100


def test_a_file_that_grows_while_it_is_copied_is_a_fault_to_be_retried(sent: Path, out: Path) -> None:
    path = sent / "big.csv"
    path.write_bytes(b"x" * (64 << 20))
    began, over = threading.Event(), threading.Event()

    def go_on_writing() -> None:
        with path.open("ab", buffering=0) as file:
            while not over.is_set():
                file.write(b"1;2;3\r\n")
                began.set()

    writer = threading.Thread(target=go_on_writing)
    writer.start()
    try:
        began.wait()
        with pytest.raises(SourceChanged, match=r"big\.csv is still being written"):
            extract(sources(sent), out, LIMITS)
    finally:
        over.set()
        writer.join()
    assert list(out.iterdir()) == []
    assert len(extract(sources(sent), out, LIMITS).files) == 1


def test_links_and_pipes_are_never_opened(sent: Path, out: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("secret")
    (sent / "link.csv").symlink_to(tmp_path / "secret.csv")
    (sent / "link.zip").symlink_to(zipped(tmp_path / "secret.zip", [("a.csv", b"secret")]))
    os.mkfifo(sent / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(sent / "s.csv"))
        extracted = extract(sources(sent), out, LIMITS)
    assert extracted.files == ()
    assert told(extracted) == [
        f"{name}: Not taken, because it is neither a file nor a folder."
        for name in ("link.csv", "link.zip", "pipe.csv", "s.csv")
    ]


def test_names_that_are_not_utf_8_or_hide_something_are_shown_readably(sent: Path, out: Path) -> None:
    (sent / "a\nb\u202ecsv.csv").write_text("tricky")
    Path(os.fsdecode(os.fsencode(sent) + b"/Gr\xf6\xdfe.csv")).write_text("windows")
    found = extract(sources(sent), out, LIMITS).files
    assert {file.name: file.path.read_text() for file in found} == {
        "a_b_csv.csv": "tricky",
        "Größe.csv": "windows",
    }


def test_a_very_long_path_is_shown_by_its_end(sent: Path, out: Path) -> None:
    folder = sent.joinpath(*["f" * 200] * 6)
    folder.mkdir(parents=True)
    (folder / "sales.csv").write_text("x")
    (file,) = extract(sources(sent), out, LIMITS).files
    assert len(file.name) == 1000
    assert file.name.startswith("…f")
    assert file.name.endswith("/sales.csv")


MEMBER_NAMES = st.lists(
    st.text(
        st.characters(exclude_categories=["Cc", "Cs", "Cf"], exclude_characters="/\\:"), min_size=1
    ).filter(lambda part: not part.startswith(".")),
    min_size=1,
    max_size=3,
).map(lambda parts: "/".join(parts) + ".csv")


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(MEMBER_NAMES, st.binary(max_size=3000), max_size=5))
def test_any_zip_gives_back_what_was_put_in(members: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = zipped(Path(folder, "m.zip"), list(members.items()))
        found = extract([Source("m.zip", path)], Path(folder, "out"), LIMITS).files
        assert [(file.name, file.path.read_bytes()) for file in found] == [
            (f"m.zip/{name}", members[name]) for name in sorted(members)
        ]


def test_the_dirty_zip_of_a_mac_gives_its_two_files(data: Path, out: Path) -> None:
    path = data / "77_zip_two_plus_macosx.zip"
    found = extract([Source(path.name, path)], out, LIMITS).files
    assert [file.name for file in found] == [f"{path.name}/a.csv", f"{path.name}/sub/b.csv"]


@pytest.fixture
def data() -> Path:
    return Path(__file__).parent.parent / "data" / "dirty"
