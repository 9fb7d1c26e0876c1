"""Files that a run's form names are copied, from this machine or an object store, and only from where it is allowed."""

import os
from pathlib import Path

import pytest
from airflow.sdk import ObjectStoragePath
from airflow.sdk.io import attach
from fsspec.implementations.memory import MemoryFileSystem

from import_export.archive.sources import copy_sources
from import_export.errors import BadRequest
from tests.s3_stand_in import Store


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    put(folder / "sales.csv", "sales")
    put(folder / "0112" / "stocks.csv", "stocks")
    return folder


@pytest.fixture
def claimed(tmp_path: Path) -> Path:
    return tmp_path / "work" / "b1" / "claimed"


@pytest.fixture
def bucket() -> str:
    """An object store in memory, with two files."""
    filesystem = MemoryFileSystem()
    attach("memory", fs=filesystem)
    filesystem.store.clear()
    for name, content in (("in/a.csv", b"a"), ("in/sub/b.csv", b"b"), ("other/c.csv", b"c")):
        with ObjectStoragePath(f"memory://bucket/{name}").open("wb") as file:
            file.write(content)
    return "memory://bucket"


def put(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_a_file_is_copied_and_stays_where_it_is(source: Path, claimed: Path) -> None:
    copy_sources([f" {source}/sales.csv "], claimed, roots=())
    assert contents(claimed) == {"sales.csv": "sales"}
    assert (source / "sales.csv").exists()


def test_a_folder_brings_all_files_below_it(source: Path, claimed: Path) -> None:
    copy_sources([f"{source}/"], claimed, roots=())
    assert contents(claimed) == {"sales.csv": "sales", "0112/stocks.csv": "stocks"}


def test_a_file_uri_is_a_path(source: Path, claimed: Path) -> None:
    copy_sources([f"file://{source}/sales.csv"], claimed, roots=(str(source),))
    assert contents(claimed) == {"sales.csv": "sales"}


def test_objects_and_folders_of_a_bucket_are_copied(bucket: str, claimed: Path) -> None:
    copy_sources([f"{bucket}/in", f"{bucket}/other/c.csv"], claimed, roots=(f"{bucket}/",))
    assert contents(claimed) == {"a.csv": "a", "sub/b.csv": "b", "c.csv": "c"}


def test_files_of_one_name_from_two_folders_are_both_taken(
    source: Path, claimed: Path, tmp_path: Path
) -> None:
    put(tmp_path / "more" / "sales.csv", "more sales")
    put(tmp_path / "more" / "0112", "a file named like a folder")
    copy_sources([str(source), str(tmp_path / "more")], claimed, roots=())
    assert sorted(contents(claimed).values()) == [
        "a file named like a folder",
        "more sales",
        "sales",
        "stocks",
    ]


def test_a_file_that_is_named_twice_is_taken_once(source: Path, claimed: Path) -> None:
    copy_sources([f"{source}/sales.csv", str(source), f"{source}/sales.csv"], claimed, roots=())
    assert contents(claimed) == {"sales.csv": "sales", "0112/stocks.csv": "stocks"}


def test_a_repeat_after_a_crash_gives_what_is_there_now(source: Path, claimed: Path) -> None:
    put(claimed / "gone.csv", "of the attempt before")
    put(claimed / "sales.csv", "half a")
    copy_sources([str(source)], claimed, roots=())
    assert contents(claimed) == {"sales.csv": "sales", "0112/stocks.csv": "stocks"}


@pytest.mark.parametrize("names", [[], [""], ["  ", "\n"]])
def test_an_empty_form_is_told(claimed: Path, names: list[str]) -> None:
    with pytest.raises(BadRequest, match=r"^No files provided\.$"):
        copy_sources(names, claimed, roots=())
    assert not claimed.exists()


def test_a_folder_without_files_is_told(claimed: Path, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"^No files provided\.$"):
        copy_sources([str(tmp_path)], claimed, roots=())


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/nowhere/a.csv", "files: '/nowhere/a.csv' cannot be read: it does not exist"),
        ("sales.csv", "files: 'sales.csv' is neither an absolute path nor a URI"),
        ("memory://bucket/nothing", "files: 'memory://bucket/nothing' cannot be read: it does not exist"),
        ("nosuch://bucket/a.csv", "nothing is installed here that reads nosuch://"),
        ("s3://no_such@bucket/a.csv", "there is no Airflow connection 'no_such'"),
        ("/a\0b.csv", "files: a name holds a NUL character"),
        ("simplecache::file:///etc/passwd", "chains two addresses"),
    ],
)
def test_what_cannot_be_read_is_told_before_anything_is_copied(
    source: Path, claimed: Path, bucket: str, name: str, reason: str
) -> None:
    with pytest.raises(BadRequest) as told:
        copy_sources([str(source), name], claimed, roots=())
    assert reason in str(told.value)
    assert not claimed.exists()


def test_a_pipe_is_not_waited_for(tmp_path: Path, claimed: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(BadRequest, match="no ordinary file"):
        copy_sources([str(tmp_path / "pipe.csv")], claimed, roots=())


def test_links_in_a_folder_are_left_out(source: Path, claimed: Path, tmp_path: Path) -> None:
    put(tmp_path / "secret" / "a.csv", "secret")
    (source / "link.csv").symlink_to(tmp_path / "secret" / "a.csv")
    (source / "linked").symlink_to(tmp_path / "secret")
    copy_sources([str(source)], claimed, roots=())
    assert contents(claimed) == {"sales.csv": "sales", "0112/stocks.csv": "stocks"}


def test_roots_that_are_links_themselves_hold_what_lies_below_them(
    source: Path, claimed: Path, tmp_path: Path
) -> None:
    (tmp_path / "root").symlink_to(source)
    copy_sources([str(tmp_path / "root" / "sales.csv")], claimed, roots=(str(tmp_path / "root"),))
    assert contents(claimed) == {"sales.csv": "sales"}


def test_nothing_outside_the_roots_is_taken(source: Path, claimed: Path, bucket: str, tmp_path: Path) -> None:
    put(tmp_path / "source-secret" / "a.csv", "secret")
    (source / "link.csv").symlink_to(tmp_path / "source-secret" / "a.csv")
    for name in (
        f"{tmp_path}/source-secret/a.csv",
        f"{source}/../source-secret/a.csv",
        f"{source}/link.csv",
        f"file://{tmp_path}/source-secret/a.csv",
        f"{bucket}/other/c.csv",
        f"{bucket}/in/../other/c.csv",
        f"{bucket}/in-side/c.csv",
        f"{bucket}/in::file:///etc/passwd",
        "memory://conn@bucket/in/a.csv",
        "/",
    ):
        with pytest.raises(BadRequest, match="files: "):
            copy_sources([name], claimed, roots=(str(source), f"{bucket}/in"))
    assert not claimed.exists()


def test_objects_of_a_real_bucket_are_copied_whatever_their_names(s3: Store, claimed: Path) -> None:
    for name in ("in/ü %41?#.csv", "in/sub/b.csv", "in-side/c.csv", "d.csv"):
        s3.put(name, name)
    copy_sources([s3.uri("in"), s3.uri("d.csv")], claimed, roots=(s3.uri("").rstrip("/"),))
    assert contents(claimed) == {
        "ü %41?#.csv": "in/ü %41?#.csv",
        "sub/b.csv": "in/sub/b.csv",
        "d.csv": "d.csv",
    }
    with pytest.raises(BadRequest, match=r"no-such-bucket.*make the bucket"):
        copy_sources([s3.uri("in").replace(s3.bucket, "no-such-bucket")], claimed, roots=())
