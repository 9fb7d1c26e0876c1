"""Originals are moved to done/ or failed/, also to another disk, and nothing there is overwritten."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from import_export.archive.putting_away import put_away


@pytest.fixture
def claimed(tmp_path: Path) -> Path:
    folder = tmp_path / "work" / "b1" / "claimed"
    put(folder / "sales.csv", "sales")
    put(folder / "2026" / "stocks.csv", "stocks")
    return folder


@pytest.fixture(params=["same disk", "another disk"])
def done(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    if request.param == "same disk":
        yield tmp_path / "done" / "2026-11-21" / "b1"
        return
    # Shared memory is a filesystem of its own.
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        assert Path(folder).stat().st_dev != tmp_path.stat().st_dev
        yield Path(folder) / "2026-11-21" / "b1"


def put(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_originals_keep_their_folders(claimed: Path, done: Path) -> None:
    put_away(claimed, done)
    assert contents(done) == {"sales.csv": "sales", "2026/stocks.csv": "stocks"}
    assert not claimed.exists()


def test_a_repeat_does_nothing(claimed: Path, done: Path) -> None:
    put_away(claimed, done)
    put_away(claimed, done)
    assert contents(done) == {"sales.csv": "sales", "2026/stocks.csv": "stocks"}


def test_a_repeat_after_a_crash_between_copy_and_removal_makes_no_second_one(
    claimed: Path, done: Path
) -> None:
    put(done / "sales.csv", "sales")
    put(done / "2026" / ".put-away.part", "half a fi")
    put_away(claimed, done)
    assert contents(done) | {"2026/.put-away.part": ""} == {
        "sales.csv": "sales",
        "2026/stocks.csv": "stocks",
        "2026/.put-away.part": "",
    }
    assert not claimed.exists()


def test_what_lies_there_already_is_not_overwritten(claimed: Path, done: Path) -> None:
    put(claimed / "report.txt", "a data file of that name")
    put(done / "report.txt", "our report")
    put(done / "sales.csv", "another")
    put(done / "sales (2).csv", "one more")
    put_away(claimed, done)
    assert contents(done) == {
        "report.txt": "our report",
        "report (2).txt": "a data file of that name",
        "sales.csv": "another",
        "sales (2).csv": "one more",
        "sales (3).csv": "sales",
        "2026/stocks.csv": "stocks",
    }


def test_a_name_as_long_as_names_can_be_is_put_away(claimed: Path, done: Path) -> None:
    name = "n" * 251 + ".csv"
    put(claimed / name, "x")
    put_away(claimed, done)
    assert contents(done)[name] == "x"


def test_a_link_is_not_followed(claimed: Path, done: Path, tmp_path: Path) -> None:
    (claimed / "link.csv").symlink_to(put(tmp_path / "secret.csv", "secret"))
    put_away(claimed, done)
    assert contents(done) == {"sales.csv": "sales", "2026/stocks.csv": "stocks"}
    assert (tmp_path / "secret.csv").read_text() == "secret"
