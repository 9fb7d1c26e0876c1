"""What in the drop folder has settled, and what is never taken. The clock is handed in; nothing waits."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from import_export.archive.settling import Settling, scan


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    return folder


class Watch:
    """Looks at a drop folder at given seconds."""

    def __init__(self, drop: Path, seconds: float = 5) -> None:
        self.drop = drop
        self.settling = Settling(seconds)

    def at(self, now: float) -> list[str]:
        return [thing.name for thing in self.settling.look(scan(self.drop), now)]


def left(drop: Path) -> list[str]:
    return sorted(told.text() for told in scan(drop).left)


def put(path: Path, content: str = "a;b\n1;2\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def test_a_file_settles_when_it_stayed_the_same_for_long_enough(drop: Path) -> None:
    put(drop / "sales.csv")
    watch = Watch(drop)
    assert watch.at(100) == []
    assert watch.at(104.9) == []
    assert watch.at(105) == ["sales.csv"]


def test_a_writer_that_goes_on_keeps_its_file_from_settling(drop: Path) -> None:
    path = put(drop / "sales.csv")
    watch = Watch(drop)
    assert watch.at(0) == []
    for now in range(2, 20, 2):
        with path.open("a") as file:
            file.write("1;2\n")
        assert watch.at(now) == []
    assert watch.at(22) == []
    assert watch.at(23) == ["sales.csv"]


def test_an_old_mtime_that_came_along_with_the_copy_settles_nothing(drop: Path, tmp_path: Path) -> None:
    original = put(tmp_path / "sales.csv")
    os.utime(original, (1_000_000_000, 1_000_000_000))
    shutil.copy2(original, drop / "sales.csv")
    assert (drop / "sales.csv").stat().st_mtime == 1_000_000_000
    watch = Watch(drop)
    assert watch.at(0) == []
    assert watch.at(4) == []
    assert watch.at(5) == ["sales.csv"]


def test_a_rewrite_of_equal_size_whose_mtime_is_put_back_is_seen(drop: Path) -> None:
    path = put(drop / "sales.csv", "aaaa")
    os.utime(path, ns=(10**18, 10**18))
    watch = Watch(drop)
    watch.at(0)
    path.write_text("bbbb")
    os.utime(path, ns=(10**18, 10**18))
    assert watch.at(5) == []
    assert watch.at(10) == ["sales.csv"]


def test_a_file_that_another_one_replaced_settles_anew(drop: Path, tmp_path: Path) -> None:
    path = put(drop / "sales.csv", "aaaa")
    os.utime(path, ns=(10**18, 10**18))
    watch = Watch(drop)
    watch.at(0)
    other = put(tmp_path / "other.csv", "bbbb")
    os.utime(other, ns=(10**18, 10**18))
    other.rename(path)
    assert watch.at(5) == []


def test_a_file_that_went_and_came_again_settles_anew(drop: Path) -> None:
    path = put(drop / "sales.csv")
    watch = Watch(drop)
    watch.at(0)
    path.rename(drop / ".away")
    assert watch.at(3) == []
    (drop / ".away").rename(path)
    assert watch.at(6) == []
    assert watch.at(11) == ["sales.csv"]


def test_a_folder_settles_as_one_thing_named_after_its_distributor(drop: Path) -> None:
    put(drop / "0112" / "sales.csv")
    put(drop / "0112" / "2026" / "11" / "stocks.csv")
    watch = Watch(drop)
    watch.at(0)
    put(drop / "0112" / "customers.csv")
    assert watch.at(5) == []
    (thing,) = watch.settling.look(scan(drop), 10)
    assert (thing.name, thing.dist_id) == ("0112", "0112")
    assert [file.path for file in thing.files] == [
        "0112/2026/11/stocks.csv",
        "0112/customers.csv",
        "0112/sales.csv",
    ]


def test_one_thing_that_is_still_written_keeps_no_other_waiting(drop: Path) -> None:
    put(drop / "a.csv")
    growing = put(drop / "b.csv")
    watch = Watch(drop)
    watch.at(0)
    growing.write_text("more and more")
    assert watch.at(5) == ["a.csv"]


@pytest.mark.parametrize(
    "name",
    [".hidden.csv", "a.csv.part", "a.TMP", "a.filepart", "a.csv.crdownload", "a.csv~", "a.csv.done", ".done"],
)
def test_unfinished_hidden_and_marker_names_are_left_alone(drop: Path, name: str) -> None:
    put(drop / name)
    put(drop / "0112" / name)
    put(drop / ".hidden" / "a.csv")
    assert scan(drop).seen == ()
    assert left(drop) == []


def test_an_unfinished_file_holds_its_folder_back_while_it_grows_but_not_for_ever(drop: Path) -> None:
    put(drop / "0112" / "sales.csv")
    part = put(drop / "0112" / "stocks.csv.part")
    watch = Watch(drop)
    watch.at(0)
    part.write_text("more and more")
    assert watch.at(5) == []
    (thing,) = watch.settling.look(scan(drop), 10)
    assert [file.path for file in thing.files] == ["0112/sales.csv"]


def test_a_marker_settles_its_file_at_once(drop: Path) -> None:
    put(drop / "sales.csv")
    put(drop / "stocks.csv")
    put(drop / "sales.csv.done", "")
    assert Watch(drop).at(0) == ["sales.csv"]


def test_a_marker_in_capitals_is_one_too(drop: Path) -> None:
    put(drop / "SALES.CSV")
    put(drop / "SALES.CSV.DONE", "")
    assert Watch(drop).at(0) == ["SALES.CSV"]


def test_a_marker_that_was_there_before_its_file_says_nothing(drop: Path) -> None:
    marker = put(drop / "sales.csv.done", "")
    path = put(drop / "sales.csv")
    while path.stat().st_ctime_ns <= marker.stat().st_ctime_ns:
        path.write_text("a later moment of the filesystem's clock")
    assert Watch(drop).at(0) == []


def test_a_folder_is_done_by_its_own_marker_or_by_those_of_all_its_files(drop: Path) -> None:
    put(drop / "0112" / "sales.csv")
    put(drop / "0113" / "sales.csv")
    put(drop / "0113" / "stocks.csv")
    put(drop / "0114" / "sales.csv")
    put(drop / "0114" / "stocks.csv")
    for marker in ("0112.done", "0113/sales.csv.done", "0113/stocks.csv.done", "0114/sales.csv.done"):
        put(drop / marker, "")
    assert Watch(drop).at(0) == ["0112", "0113"]


def test_links_pipes_and_sockets_are_left_and_told(drop: Path, tmp_path: Path) -> None:
    secret = put(tmp_path / "secret" / "a.csv")
    (drop / "link.csv").symlink_to(secret)
    (drop / "0112").symlink_to(secret.parent)
    (drop / "broken.csv").symlink_to("nowhere")
    os.mkfifo(drop / "pipe.csv")
    put(drop / "0113" / "two.csv")
    os.link(drop / "0113" / "two.csv", drop / "0113" / "names.csv")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(drop / "s.csv"))
        assert scan(drop).seen == ()
        assert left(drop) == [
            "0112: Not taken, because it is a link.",
            "0113/names.csv: Not taken, because it is one file under several names.",
            "0113/two.csv: Not taken, because it is one file under several names.",
            "broken.csv: Not taken, because it is a link.",
            "link.csv: Not taken, because it is a link.",
            "pipe.csv: Not taken, because it is a pipe.",
            "s.csv: Not taken, because it is a socket.",
        ]


def test_what_could_never_become_a_batch_is_left_and_told(drop: Path) -> None:
    put(drop / ("d" * 65) / "a.csv")
    put(drop.joinpath("deep", *"abcdefghijklmnopqrst") / "a.csv")
    put(drop.joinpath("long", *["x" * 200] * 5) / "a.csv")
    assert scan(drop).seen == ()
    assert [text.split(": ")[1] for text in left(drop)] == [
        "Not taken, because it is a folder whose name is too long for a distributor.",
        "Not taken, because it lies too many folders deep.",
        "Not taken, because it has a name that is too long.",
    ]


def test_a_drop_folder_that_is_gone_is_a_fault(drop: Path) -> None:
    drop.rmdir()
    with pytest.raises(FileNotFoundError):
        scan(drop)


@pytest.fixture
def as_somebody_else() -> Iterator[Path]:
    """A folder whose files belong to another user than the one who looks, also when the tests run as root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        for path in folder.rglob("*"):
            path.chmod(0o755)


def test_what_may_not_be_read_or_moved_is_left_and_told_and_blocks_nothing(as_somebody_else: Path) -> None:
    drop = as_somebody_else
    put(drop / "sales.csv")
    put(drop / "private.csv").chmod(0)
    put(drop / "0112" / "sales.csv").parent.chmod(0o555)
    put(drop / "0113" / "sales.csv").parent.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.chown(drop, 65534, -1)
        os.chown(drop / "sales.csv", 65534, -1)
        os.seteuid(65534)
    try:
        names = [seen.thing.name for seen in scan(drop).seen]
        texts = left(drop)
    finally:
        os.seteuid(user)
    assert names == ["sales.csv"]
    assert texts == [
        "0112: Not taken, because it is a folder that the service's user may not change.",
        "0113: Not taken, because it may not be read by the service's user.",
        "private.csv: Not taken, because it may not be read by the service's user.",
    ]
