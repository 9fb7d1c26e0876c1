"""What a closed batch keeps, in a bucket as on disk: nothing is overwritten, repeats make no second copy."""

import time
from contextlib import suppress
from pathlib import Path

import pytest

from import_export.archive.bucket_folder import BucketFolder
from import_export.archive.buckets import Bucket
from import_export.archive.kept_folder import KeptFolder, move_all
from import_export.archive.local_folder import LocalFolder
from import_export.errors import ArchiveRefused, ArchiveUnavailable
from tests.s3_stand_in import Store


def put(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


@pytest.fixture(params=["disk", "bucket"])
def kept(request: pytest.FixtureRequest, s3: Store, tmp_path: Path) -> KeptFolder:
    if request.param == "disk":
        return LocalFolder(tmp_path / "done" / "2026-11-21" / "b1")
    return BucketFolder(Bucket(s3.uri("done")) / "2026-11-21/b1", tmp_path / "room")


@pytest.fixture
def claimed(tmp_path: Path) -> Path:
    folder = tmp_path / "work" / "claimed"
    put(folder / "sales.csv", "sales")
    put(folder / "2026" / "stocks.csv", "stocks")
    return folder


def contents(folder: KeptFolder) -> dict[str, str]:
    found = {}
    for name in folder.names():
        with folder.reading(name) as path:
            found[name] = path.read_text()
    return found


def test_originals_keep_their_folders_and_leave_the_machine(kept: KeptFolder, claimed: Path) -> None:
    kept.put_away(claimed)
    kept.put_away(claimed)
    assert contents(kept) == {"sales.csv": "sales", "2026/stocks.csv": "stocks"}
    assert not claimed.exists()


def test_a_repeat_after_a_crash_between_copy_and_removal_makes_no_second_one(
    kept: KeptFolder, claimed: Path
) -> None:
    kept.copy_in(claimed / "sales.csv", "sales.csv")
    kept.put_away(claimed)
    assert contents(kept) == {"sales.csv": "sales", "2026/stocks.csv": "stocks"}


def test_what_lies_there_already_is_not_overwritten(kept: KeptFolder, claimed: Path) -> None:
    put(claimed / "report.txt", "a data file of that name")
    kept.write("our report", "report.txt")
    # Of the same length as what comes.
    kept.write("SALES", "sales.csv")
    kept.write("one more", "sales (2).csv")
    kept.put_away(claimed)
    assert contents(kept) == {
        "report.txt": "our report",
        "report (2).txt": "a data file of that name",
        "sales.csv": "SALES",
        "sales (2).csv": "one more",
        "sales (3).csv": "sales",
        "2026/stocks.csv": "stocks",
    }


def test_a_link_is_not_followed(kept: KeptFolder, claimed: Path, tmp_path: Path) -> None:
    (claimed / "link.csv").symlink_to(put(tmp_path / "secret.csv", "secret"))
    kept.put_away(claimed)
    assert set(contents(kept)) == {"sales.csv", "2026/stocks.csv"}


def test_single_files_come_and_go(kept: KeptFolder, claimed: Path) -> None:
    assert (kept.names(), kept.has("a.csv")) == ([], False)
    kept.copy_in(claimed / "sales.csv", "a.csv")
    kept.write("tulis ü", "report.txt")
    assert contents(kept) == {"a.csv": "sales", "report.txt": "tulis ü"}
    kept.remove("a.csv")
    kept.remove("a.csv")
    assert (kept.names(), kept.has("a.csv"), kept.has("report.txt")) == (["report.txt"], False, True)


@pytest.mark.parametrize("there_already", [False, True])
@pytest.mark.parametrize("ways", ["bucket to disk", "disk to bucket", "disk to disk", "bucket to bucket"])
def test_all_of_it_moves_between_any_two_places(
    s3: Store, claimed: Path, tmp_path: Path, ways: str, there_already: bool
) -> None:
    def place(kind: str, name: str) -> KeptFolder:
        if kind == "disk":
            return LocalFolder(tmp_path / name / "b1")
        return BucketFolder(Bucket(s3.uri(name)), tmp_path / "room")

    here, there = (
        place(kind, name) for kind, name in zip(ways.split(" to "), ("failed", "done"), strict=True)
    )
    here.put_away(claimed)
    if there_already:
        # As a move that was killed leaves it.
        there.write("sales", "sales.csv")
    move_all(here, there)
    assert contents(there) == {"sales.csv": "sales", "2026/stocks.csv": "stocks"}
    assert here.names() == []


def test_a_file_that_is_open_is_read_to_its_end(s3: Store, tmp_path: Path) -> None:
    folder = BucketFolder(Bucket(s3.uri("done")), tmp_path)
    folder.write("rejects", "a.csv")
    with folder.reading("a.csv") as path:
        file = path.open()
    with file:
        assert file.read() == "rejects"
    assert list(tmp_path.iterdir()) == []


def test_files_are_put_together_over_those_that_are_there(kept: KeptFolder, tmp_path: Path) -> None:
    (kept / "@kopi").write("old", "a.csv")
    kept.put_together({f"@kopi/{name}": put(tmp_path / name, name) for name in ("a.csv", "b ü.csv")})
    assert contents(kept) == {"@kopi/a.csv": "a.csv", "@kopi/b ü.csv": "b ü.csv"}
    assert contents(kept / "@kopi") == {"a.csv": "a.csv", "b ü.csv": "b ü.csv"}
    assert kept.tidy(time.time() + 60, dry_run=False) == 0


def test_when_one_cannot_be_put_there_none_is_and_nothing_is_left(kept: KeptFolder, tmp_path: Path) -> None:
    kept.write("old", "a.csv")
    with pytest.raises((OSError, ArchiveRefused)):
        kept.put_together({"a.csv": put(tmp_path / "new.csv", "new"), "b.csv": tmp_path / "gone.csv"})
    assert contents(kept) == {"a.csv": "old"}


def test_what_a_killed_process_did_not_put_together_is_tidied_when_it_is_old(kept: KeptFolder) -> None:
    kept.write("whole", "a.csv")
    half = ".making-x1y2/0" if isinstance(kept, LocalFolder) else ".making/0f3a/0"
    if isinstance(kept, LocalFolder):
        put(kept.root / half, "half")
    else:
        kept.write("half", half)
    assert kept.tidy(time.time() - 60, dry_run=False) == 0
    assert [kept.tidy(time.time() + 60, dry_run=dry_run) for dry_run in (True, False, False)] == [1, 1, 0]
    assert kept.names() == ["a.csv"]


def test_any_part_of_a_file_is_read(kept: KeptFolder) -> None:
    text = "0123456789" * 1000
    kept.write(text, "a.csv")
    seen = kept.look("a.csv")
    assert seen is not None
    assert seen == kept.files()["a.csv"]
    assert b"".join(kept.read("a.csv", seen)) == text.encode()
    assert b"".join(kept.read("a.csv", seen, 5, 12)) == b"5678901"
    assert b"".join(kept.read("a.csv", seen, 9998)) == b"89"
    kept.write("", "empty.csv")
    empty = kept.look("empty.csv")
    assert empty is not None
    assert list(kept.read("empty.csv", empty)) == []


def test_a_file_that_was_made_anew_is_not_read_as_the_one_that_was_seen(kept: KeptFolder) -> None:
    kept.write("old", "a.csv")
    seen = kept.look("a.csv")
    assert seen is not None
    kept.remove("a.csv")
    kept.write("newer", "a.csv")
    with pytest.raises(ArchiveUnavailable, match=r"a\.csv was made anew just now"):
        list(kept.read("a.csv", seen))


def test_what_is_replaced_while_it_is_read_is_never_mixed(kept: KeptFolder, tmp_path: Path) -> None:
    size = 9 << 20
    kept.put_together({"a.csv": put(tmp_path / "old", "o" * size)})
    seen = kept.look("a.csv")
    assert seen is not None
    reading = kept.read("a.csv", seen)
    read = next(reading)
    kept.put_together({"a.csv": put(tmp_path / "new", "n" * size)})
    with suppress(ArchiveUnavailable):
        read += b"".join(reading)
    assert set(read) == set(b"o")
