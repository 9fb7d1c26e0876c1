"""The trigger fires with what has settled, tells what it leaves, and fails when there is nothing to look at."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from airflow.triggers.base import TriggerEvent

from import_export.archive.drop_folder import thing_from_event
from import_export.archive.drop_trigger import MOST_AT_ONCE, DropFolderTrigger
from import_export.errors import SettingsError


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    return folder


def trigger(drop: Path, settle_seconds: float = 0) -> DropFolderTrigger:
    return DropFolderTrigger(str(drop), settle_seconds, 0.01)


async def fire(found: DropFolderTrigger) -> TriggerEvent:
    return await anext(found.run())


def names(event: TriggerEvent) -> list[str]:
    # As Airflow keeps it between the triggerer and the worker.
    entries: list[dict[str, Any]] = json.loads(json.dumps(event.payload))
    return [thing_from_event(entry).name for entry in entries]


def test_it_fires_once_with_everything_that_has_settled(drop: Path) -> None:
    (drop / "sales.csv").write_text("x")
    (drop / "stocks.zip").write_text("x")
    (drop / "0112").mkdir()
    (drop / "0112" / "a.csv").write_text("x")

    async def events() -> list[TriggerEvent]:
        return [event async for event in trigger(drop).run()]

    (event,) = asyncio.run(events())
    assert names(event) == ["0112", "sales.csv", "stocks.zip"]


def test_it_waits_until_there_is_something(drop: Path) -> None:
    async def wait_and_drop() -> TriggerEvent:
        waiting = asyncio.create_task(fire(trigger(drop)))
        await asyncio.sleep(0)
        assert not waiting.done()
        (drop / "sales.csv").write_text("x")
        return await waiting

    assert names(asyncio.run(wait_and_drop())) == ["sales.csv"]


def test_it_is_made_again_in_another_process_from_what_it_serializes(drop: Path) -> None:
    path, arguments = trigger(drop, 7).serialize()
    assert path == "import_export.archive.drop_trigger.DropFolderTrigger"
    again = DropFolderTrigger(**json.loads(json.dumps(arguments)))
    assert again.serialize() == (path, arguments)


def test_what_is_left_is_told_once_in_the_log(drop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (drop / "link.csv").symlink_to("/etc/passwd")
    printed: list[str] = []

    async def look_often_then_drop() -> TriggerEvent:
        waiting = asyncio.create_task(fire(trigger(drop)))
        while not any(printed):
            printed.extend(capsys.readouterr())
            await asyncio.sleep(0)
        (drop / "sales.csv").write_text("x")
        return await waiting

    assert names(asyncio.run(look_often_then_drop())) == ["sales.csv"]
    printed.extend(capsys.readouterr())
    assert "".join(printed).count("link.csv: Not taken, because it is a link.") == 1


def test_a_missing_folder_fails_with_the_name_of_the_setting(drop: Path) -> None:
    drop.rmdir()
    with pytest.raises(SettingsError, match=r"\[import_export\] drop_folder .*drop cannot be read"):
        asyncio.run(fire(trigger(drop)))


def test_more_things_than_airflow_maps_at_once_come_in_portions(drop: Path) -> None:
    for number in range(MOST_AT_ONCE + 1):
        (drop / f"{number:04d}.csv").touch()
    assert len(names(asyncio.run(fire(trigger(drop))))) == MOST_AT_ONCE
