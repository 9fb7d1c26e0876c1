"""Claiming: each file is won once, nothing is overwritten, and nothing that changed after it was seen is taken."""

import json
import multiprocessing
import os
import tempfile
import uuid
from datetime import datetime
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from import_export.archive import drop_folder
from import_export.archive.drop_folder import (
    Claimed,
    Thing,
    check_same_filesystem,
    claim,
    claims,
    thing_from_event,
)
from import_export.archive.settling import scan
from import_export.errors import SettingsError

NOON = datetime(2026, 11, 21, 12, 0, 0)


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    return folder


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def put(path: Path, content: str = "a;b\n1;2\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def things(drop: Path) -> list[Thing]:
    """What lies in the drop folder, as the claiming process gets it: through the trigger's event, as JSON."""
    return [
        thing_from_event(json.loads(json.dumps(seen.thing.to_event(), ensure_ascii=False).encode()))
        for seen in scan(drop).seen
    ]


def take(drop: Path, thing: Thing, work: Path, batch_id: str = "b1") -> Claimed | None:
    return claim(drop, thing, work, batch_id, clock=lambda: NOON)


def below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def test_a_claimed_file_lies_in_the_work_folder_beside_the_facts_of_its_batch(drop: Path, work: Path) -> None:
    put(drop / "sales.csv", "content")
    (thing,) = things(drop)
    assert take(drop, thing, work) == Claimed("b1", None, ("sales.csv",), NOON)
    assert below(drop) == []
    assert (work / "b1" / "claimed" / "sales.csv").read_text() == "content"
    assert json.loads((work / "b1" / "batch.json").read_text()) == {
        "batch_id": "b1",
        "dist_id": None,
        "names": ["sales.csv"],
        "received_at": "2026-11-21T12:00:00",
    }


def test_a_folder_is_claimed_without_its_name_and_stays_for_the_next_files(drop: Path, work: Path) -> None:
    put(drop / "0112" / "sales.csv")
    put(drop / "0112" / "2026" / "11" / "stocks.csv")
    (thing,) = things(drop)
    claimed = take(drop, thing, work)
    assert claimed == Claimed("b1", "0112", ("2026/11/stocks.csv", "sales.csv"), NOON)
    assert below(work / "b1" / "claimed") == ["2026/11/stocks.csv", "sales.csv"]
    assert list((drop / "0112").iterdir()) == []


def test_a_nested_folder_that_holds_something_else_stays(drop: Path, work: Path) -> None:
    put(drop / "0112" / "new" / "sales.csv")
    put(drop / "0112" / "new" / "stocks.csv.part")
    take(drop, things(drop)[0], work)
    assert below(drop) == ["0112/new/stocks.csv.part"]


def test_markers_go_with_what_they_are_for(drop: Path, work: Path) -> None:
    for name in (
        "sales.csv",
        "sales.csv.done",
        "stocks.csv.done",
        "0112/a.csv",
        "0112/a.csv.DONE",
        "0112.done",
    ):
        put(drop / name)
    for number, thing in enumerate(things(drop)):
        assert take(drop, thing, work, f"b{number}") is not None
    assert below(drop) == ["stocks.csv.done"]


def test_what_somebody_else_has_taken_gives_none_and_leaves_nothing_behind(drop: Path, work: Path) -> None:
    path = put(drop / "sales.csv")
    (thing,) = things(drop)
    path.unlink()
    assert take(drop, thing, work) is None
    assert list(work.iterdir()) == []


def test_a_file_that_was_written_to_after_it_was_seen_is_left_to_settle(drop: Path, work: Path) -> None:
    path = put(drop / "0112" / "sales.csv")
    put(drop / "0112" / "stocks.csv")
    (thing,) = things(drop)
    with path.open("a") as file:
        file.write("more\n")
    assert take(drop, thing, work) is None
    assert below(drop) == ["0112/sales.csv", "0112/stocks.csv"]
    assert list(work.iterdir()) == []


def test_a_new_file_under_the_name_of_the_one_that_was_seen_is_left_to_settle(drop: Path, work: Path) -> None:
    path = put(drop / "sales.csv", "aaaa")
    os.utime(path, ns=(10**18, 10**18))
    (thing,) = things(drop)
    path.rename(work / "elsewhere")
    put(drop / "sales.csv", "bbbb")
    os.utime(path, ns=(10**18, 10**18))
    assert take(drop, thing, work) is None
    assert path.read_text() == "bbbb"


def test_a_link_that_replaced_the_file_or_its_folder_is_not_followed(
    drop: Path, work: Path, tmp_path: Path
) -> None:
    secret = put(tmp_path / "secret" / "sales.csv", "secret")
    put(drop / "0112" / "sales.csv")
    put(drop / "stocks.csv")
    seen = things(drop)
    (drop / "stocks.csv").unlink()
    (drop / "stocks.csv").symlink_to(secret)
    (drop / "0112" / "sales.csv").unlink()
    (drop / "0112").rmdir()
    (drop / "0112").symlink_to(secret.parent)
    assert [take(drop, thing, work, f"b{number}") for number, thing in enumerate(seen)] == [None, None]
    assert secret.read_text() == "secret"


def test_a_folder_that_became_a_link_to_itself_elsewhere_is_not_followed(
    drop: Path, work: Path, tmp_path: Path
) -> None:
    put(drop / "0112" / "sales.csv")
    (thing,) = things(drop)
    (drop / "0112").rename(tmp_path / "moved")
    (drop / "0112").symlink_to(tmp_path / "moved")
    assert take(drop, thing, work) is None
    assert below(tmp_path / "moved") == ["sales.csv"]


def test_a_batch_folder_that_is_there_already_is_never_written_into(drop: Path, work: Path) -> None:
    put(drop / "sales.csv", "new")
    put(work / "b1" / "claimed" / "sales.csv", "old")
    with pytest.raises(FileExistsError):
        take(drop, things(drop)[0], work)
    assert (drop / "sales.csv").read_text() == "new"
    assert (work / "b1" / "claimed" / "sales.csv").read_text() == "old"


def test_a_name_in_any_bytes_is_claimed_and_shown_readably(drop: Path, work: Path) -> None:
    Path(os.fsdecode(os.fsencode(drop) + b"/Gr\xf6\xdfe %41.csv")).write_text("windows")
    put(drop / "ündir" / "a\nb.csv")
    found = [take(drop, thing, work, f"b{number}") for number, thing in enumerate(things(drop))]
    assert {(each.dist_id, each.names) for each in found if each is not None} == {
        (None, ("Größe %41.csv",)),
        ("ündir", ("a_b.csv",)),
    }
    assert below(drop) == []


def test_claims_are_found_again_after_a_crash(drop: Path, work: Path) -> None:
    put(drop / "sales.csv")
    put(drop / "0112" / "stocks.csv")
    made = [take(drop, thing, work, str(uuid.uuid4())) for thing in things(drop)]
    assert {each.batch_id: each for each in claims(work)} == {each.batch_id: each for each in made if each}


def test_a_claim_that_broke_off_before_its_first_file_is_no_batch(drop: Path, work: Path) -> None:
    (work / "b1" / "claimed").mkdir(parents=True)
    put(work / "b1" / "batch.json", '{"batch_id": "b1", "dist_id": null, "names": ["sales.csv"]')
    (work / "b2" / "claimed").mkdir(parents=True)
    put(work / "b3" / "claimed" / "of_a_runs_form.csv")
    assert list(claims(work)) == []


def test_a_claim_that_broke_off_in_the_middle_is_found_and_the_rest_is_the_next_batch(
    drop: Path, work: Path
) -> None:
    put(drop / "0112" / "a.csv")
    put(drop / "0112" / "b.csv")
    (thing,) = things(drop)
    take(drop, thing, work)
    # As a kill between the two renames leaves it.
    (work / "b1" / "claimed" / "b.csv").rename(drop / "0112" / "b.csv")
    assert [each.batch_id for each in claims(work)] == ["b1"]
    second = take(drop, things(drop)[0], work, "b2")
    assert second is not None
    assert second.names == ("b.csv",)


def _race(drop: Path, work: Path, seen: list[Thing], start: Barrier, won: "Queue[list[str]]") -> None:
    start.wait()
    mine = []
    for thing in seen:
        claimed = claim(drop, thing, work, str(uuid.uuid4()))
        if claimed is not None:
            mine += [f"{claimed.dist_id}/{name}" for name in claimed.names]
    won.put(mine)


def test_of_eight_racing_watchers_each_file_is_won_by_one(drop: Path, work: Path) -> None:
    for number in range(400):
        put(drop / f"file_{number:03d}.csv", str(number))
    for number in range(100):
        put(drop / f"{number % 10:04d}" / f"file_{number:03d}.csv", str(number))
    seen = things(drop)
    processes = multiprocessing.get_context("spawn")
    start, won = processes.Barrier(8), processes.Queue()
    racers = [processes.Process(target=_race, args=(drop, work, seen, start, won)) for _ in range(8)]
    for racer in racers:
        racer.start()
    names = [name for _ in racers for name in won.get()]
    for racer in racers:
        racer.join()
        assert racer.exitcode == 0
    assert len(names) == len(set(names)) == 500
    assert below(drop) == []
    assert sum(len(below(folder / "claimed")) for folder in work.iterdir()) == 500
    assert len(list(claims(work))) == len(list(work.iterdir()))


def test_folders_between_which_a_rename_works_are_fine_and_stay_clean(drop: Path, work: Path) -> None:
    check_same_filesystem(drop, work)
    assert list(drop.iterdir()) == []
    assert list(work.iterdir()) == []


def test_a_work_folder_on_another_disk_is_refused_by_name(drop: Path) -> None:
    # Shared memory is a filesystem of its own.
    with tempfile.TemporaryDirectory(dir="/dev/shm") as other:
        assert Path(other).stat().st_dev != drop.stat().st_dev
        with pytest.raises(SettingsError, match=r"drop_folder .* and work_folder .* are on different disks"):
            check_same_filesystem(drop, Path(other))
        assert list(Path(other).iterdir()) == []
    assert list(drop.iterdir()) == []


@pytest.mark.parametrize("swap", ["written", "replaced", "link", "pipe"])
def test_what_changed_in_the_last_moment_is_put_back(drop: Path, work: Path, swap: str) -> None:
    path = put(drop / "0112" / "sales.csv")
    (file,) = things(drop)[0].files
    if swap == "written":
        put(path, "longer than it was when it was seen")
    elif swap == "replaced":
        status, content = path.stat(), path.read_text()
        path.rename(drop / ".away")
        put(path, content)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    else:
        path.unlink()
        path.symlink_to("/etc/passwd") if swap == "link" else os.mkfifo(path)
    before = path.lstat()
    assert not drop_folder._take(drop, file, work / "b1" / "sales.csv")
    assert below(work) == []
    assert (path.lstat().st_ino, path.lstat().st_mode) == (before.st_ino, before.st_mode)


def test_a_drop_folder_that_is_missing_is_told_and_not_made(tmp_path: Path, work: Path) -> None:
    with pytest.raises(SettingsError, match="no file can be moved from drop_folder"):
        check_same_filesystem(tmp_path / "unmounted", work)
    assert not (tmp_path / "unmounted").exists()
