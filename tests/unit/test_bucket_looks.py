"""A drop folder that is a bucket's prefix: what has settled there, and what is left alone. The clock is handed in."""

import asyncio
import json

import pytest

from import_export.archive.bucket_drop import are_as_seen, identity, scan_bucket
from import_export.archive.buckets import Bucket
from import_export.archive.drop_folder import Thing, thing_from_event
from import_export.archive.drop_trigger import DropFolderTrigger
from import_export.archive.settling import Settling
from import_export.errors import SettingsError
from tests.s3_stand_in import Store


@pytest.fixture
def drop(s3: Store) -> Bucket:
    return Bucket(s3.uri("drop"))


class Watch:
    """Looks at a drop folder at given seconds."""

    def __init__(self, drop: Bucket) -> None:
        self.drop = drop
        self.settling = Settling(5)

    def at(self, now: float) -> list[str]:
        return [thing.name for thing in self.settling.look(scan_bucket(self.drop), now)]


def things(drop: Bucket) -> list[Thing]:
    return [seen.thing for seen in scan_bucket(drop).seen]


def left(drop: Bucket) -> list[str]:
    return sorted(told.text() for told in scan_bucket(drop).left)


def test_a_prefix_that_is_not_there_yet_is_an_empty_folder(drop: Bucket) -> None:
    assert scan_bucket(drop).seen == ()


def test_an_object_settles_when_etag_size_and_time_stayed_the_same(s3: Store, drop: Bucket) -> None:
    s3.put("drop/sales.csv", "aaaa")
    watch = Watch(drop)
    assert watch.at(0) == []
    assert watch.at(4.9) == []
    assert watch.at(5) == ["sales.csv"]


def test_an_object_of_equal_size_that_replaces_one_settles_anew(s3: Store, drop: Bucket) -> None:
    s3.put("drop/sales.csv", "aaaa")
    watch = Watch(drop)
    watch.at(0)
    s3.put("drop/sales.csv", "bbbb")
    assert watch.at(5) == []
    assert watch.at(9) == []
    assert watch.at(10) == ["sales.csv"]


def test_a_folder_is_one_thing_of_its_distributor_and_waits_for_its_last_object(
    s3: Store, drop: Bucket
) -> None:
    s3.put("drop/0112/sales.csv", "1")
    s3.put("drop/0112/2026/11/stocks.csv", "1")
    s3.put("drop/other.csv", "1")
    watch = Watch(drop)
    watch.at(0)
    s3.put("drop/0112/customers.csv.part", "half")
    assert watch.at(5) == ["other.csv"]
    assert watch.at(10) == ["0112", "other.csv"]
    thing = things(drop)[0]
    assert (thing.dist_id, [file.path for file in thing.files]) == (
        "0112",
        ["0112/2026/11/stocks.csv", "0112/sales.csv"],
    )


@pytest.mark.parametrize(
    "name", [".hidden.csv", "a.csv.part", "a.TMP", "a.csv.crdownload", "0112/.a/b.csv", "a.csv.done", "0112/"]
)
def test_hidden_unfinished_and_marker_names_are_left_alone(s3: Store, drop: Bucket, name: str) -> None:
    s3.put(f"drop/{name}", "1")
    assert things(drop) == []
    assert left(drop) == []


def test_a_marker_of_its_sender_settles_an_object_at_once(s3: Store, drop: Bucket) -> None:
    s3.put("drop/sales.csv", "1")
    s3.put("drop/sales.csv.done", "")
    assert Watch(drop).at(0) == ["sales.csv"]
    assert things(drop)[0].markers == ("sales.csv.done",)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("0112//sales.csv", "lies in a folder without a name"),
        ("0112/../sales.csv", "leads out of its folder"),
        ("0112", "has the name of a folder beside it"),
        (f"{'n' * 260}.csv", "has a name that is too long"),
        (f"{'d' * 65}/sales.csv", "is a folder whose name is too long for a distributor"),
        ("a/" * 22 + "b.csv", "lies too many folders deep"),
    ],
)
def test_names_that_no_file_can_have_are_left_and_told(s3: Store, drop: Bucket, name: str, told: str) -> None:
    # As raw requests send them: the stock client tidies paths.
    s3.put("drop/0112/good.csv", "1")
    s3.put(f"drop/{name}", "1")
    assert [thing.name for thing in things(drop)] == ["0112"]
    assert [file.path for file in things(drop)[0].files] == ["0112/good.csv"]
    [text] = left(drop)
    assert told in text


def test_what_is_claimed_is_left_alone_until_it_is_replaced(s3: Store, drop: Bucket) -> None:
    s3.put("drop/sales.csv", "1")
    [file] = things(drop)[0].files
    taken = {identity(drop, file)}
    assert scan_bucket(drop, taken).seen == ()
    s3.put("drop/sales.csv", "2")
    assert [seen.thing.name for seen in scan_bucket(drop, taken).seen] == ["sales.csv"]


def test_things_are_known_again_after_their_way_through_the_trigger(s3: Store, drop: Bucket) -> None:
    s3.put("drop/ü %41?.csv", "1")
    s3.put("drop/0112/a.csv", "1")
    found = things(drop)
    again = [thing_from_event(json.loads(json.dumps(thing.to_event()))) for thing in found]
    assert again == found
    assert all(are_as_seen(drop, thing) for thing in again)
    s3.put("drop/0112/a.csv", "2")
    assert [are_as_seen(drop, thing) for thing in again] == [False, True]


def test_the_trigger_fires_with_what_has_settled_in_the_bucket(s3: Store, drop: Bucket) -> None:
    s3.put("drop/claimed.csv", "1")
    taken = [identity(drop, things(drop)[0].files[0])]
    s3.put("drop/sales.csv", "1")
    path, arguments = DropFolderTrigger(drop.uri, 0, 0.01, taken).serialize()
    assert path.endswith("DropFolderTrigger")
    again = DropFolderTrigger(**json.loads(json.dumps(arguments)))

    async def fire() -> list[str]:
        return [thing_from_event(entry).name for entry in (await anext(again.run())).payload]

    assert asyncio.run(fire()) == ["sales.csv"]


def test_a_bucket_that_is_not_there_fails_the_trigger_with_the_name_of_the_setting(s3: Store) -> None:
    uri = s3.uri("drop").replace(s3.bucket, "no-such-bucket")
    with pytest.raises(
        SettingsError, match=r"\[import_export\] drop_folder .*no-such-bucket.* cannot be read"
    ):
        asyncio.run(anext(DropFolderTrigger(uri, 0, 0.01).run()))
