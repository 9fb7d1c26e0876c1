"""The archive in a bucket: the real client against a real server; and the same archive in a folder."""

import hashlib
import json
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from import_export.archive.buckets import Bucket
from import_export.archive.object_storage import ObjectStorageArchive
from import_export.archive.protocol import ArchiveItem
from import_export.errors import ArchiveRefused, ArchiveUnavailable, SettingsError
from tests.s3_stand_in import Store, connection_uri


@pytest.fixture
def item(tmp_path: Path) -> ArchiveItem:
    path = tmp_path / "0001.csv"
    path.write_bytes(b"a;b\n1;2\n")
    return ArchiveItem(
        path=path,
        name="stok's %41 ?#ü.csv",
        batch_id="b1",
        job_id=7,
        dist_id="0112",
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        size=path.stat().st_size,
        received_at=datetime(2026, 11, 21),
        description="",
        reserved_id=None,
    )


def test_a_file_is_kept_in_the_bucket_by_distributor_and_month(s3: Store, item: ArchiveItem) -> None:
    kept = ObjectStorageArchive(s3.uri("archive")).store(item)
    assert s3.names() == ["archive/0112/2026/11/7_stok's %41 _#ü.csv"]
    assert s3.get(s3.names()[0]) == b"a;b\n1;2\n"
    assert kept.url == s3.uri("archive/0112/2026/11/7_stok's %41 _#ü.csv")


def test_a_repeat_leaves_what_is_there_and_mends_what_differs(s3: Store, item: ArchiveItem) -> None:
    archive = ObjectStorageArchive(s3.uri("archive"))
    archive.store(item)
    [key] = s3.names()
    first = s3.client.head_object(Bucket=s3.bucket, Key=key)["LastModified"]
    archive.store(item)
    assert s3.client.head_object(Bucket=s3.bucket, Key=key)["LastModified"] == first
    s3.put(key, b"other; bytes of another size")
    archive.store(item)
    s3.put(key, b"X;b\n1;2\n")
    archive.store(item)
    assert (s3.names(), s3.get(key)) == ([key], b"a;b\n1;2\n")


def test_an_export_is_delivered_to_its_own_folder_of_the_bucket(s3: Store, item: ArchiveItem) -> None:
    export = replace(item, folder="nightly/2026-11-20/@agus", name="posts.csv")
    ObjectStorageArchive(s3.uri("exports/")).store(export)
    assert s3.names() == ["exports/nightly/2026-11-20/@agus/posts.csv"]


def test_a_large_file_is_sent_in_parts_and_is_whole(s3: Store, item: ArchiveItem) -> None:
    content = os.urandom(1 << 20) * 40
    item.path.write_bytes(content)
    large = replace(item, size=len(content), sha256=hashlib.sha256(content).hexdigest())
    ObjectStorageArchive(s3.uri("archive")).store(large)
    [key] = s3.names()
    assert s3.get(key) == content
    # An ETag with a dash is that of an upload in parts.
    assert "-" in s3.client.head_object(Bucket=s3.bucket, Key=key)["ETag"]


def test_a_refusal_says_which_place_and_which_rights(s3: Store, item: ArchiveItem) -> None:
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{s3.bucket}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    s3.client.put_bucket_policy(Bucket=s3.bucket, Policy=policy)
    with pytest.raises(
        ArchiveRefused, match=r"archive/0112.*: no permission; .*list, read, write and remove"
    ):
        ObjectStorageArchive(s3.uri("archive")).store(item)
    assert s3.names() == []


def test_a_bucket_that_is_not_there_is_told_with_what_to_do(s3: Store, item: ArchiveItem) -> None:
    uri = s3.uri("archive").replace(s3.bucket, "no-such-bucket")
    with pytest.raises(ArchiveRefused, match=r"no-such-bucket.*make the bucket, or correct its name"):
        ObjectStorageArchive(uri).store(item)


def test_a_missing_connection_is_told_by_its_name_and_never_goes_elsewhere(item: ArchiveItem) -> None:
    with pytest.raises(SettingsError, match="there is no Airflow connection 'no_such_connection'"):
        ObjectStorageArchive("s3://no_such_connection@bucket/archive").store(item)


@pytest.mark.parametrize("scheme", ["abfs", "ftpfoo"])
def test_a_scheme_that_nothing_here_reads_is_told_with_where_to_look(scheme: str, item: ArchiveItem) -> None:
    with pytest.raises(SettingsError, match=rf"{scheme}://.*docs/object-storage.md"):
        ObjectStorageArchive(f"{scheme}://bucket/archive").store(item)


def test_a_server_that_is_away_is_worth_a_retry(item: ArchiveItem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_AWAY_S3", connection_uri("http://127.0.0.1:9"))
    with pytest.raises(ArchiveUnavailable, match=r"s3://away_s3@bucket/archive.*Could not connect"):
        ObjectStorageArchive("s3://away_s3@bucket/archive").store(item)


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_a_folder_of_this_machine_is_an_archive_by_path_and_by_uri(
    prefix: str, item: ArchiveItem, tmp_path: Path
) -> None:
    kept = ObjectStorageArchive(f"{prefix}{tmp_path}/archive").store(item)
    assert Path(kept.url).read_bytes() == b"a;b\n1;2\n"
    assert not list((tmp_path / "archive").rglob("*.part"))


def test_a_listing_is_never_an_old_one(s3: Store) -> None:
    bucket = Bucket(s3.uri("folder"))
    assert bucket.objects() == {}
    s3.put("folder/a/b.csv", "1")
    s3.put("folderless.csv", "1")
    s3.client.put_object(Bucket=s3.bucket, Key="folder/empty/")
    assert list(bucket.objects()) == ["a/b.csv"]
    assert bucket.objects()["a/b.csv"] == bucket.look("a/b.csv")
    s3.put("folder/a/b.csv", "2")
    assert bucket.look("a/b.csv") == bucket.objects()["a/b.csv"]
    assert b"".join(bucket.read("a/b.csv")) == b"2"
    s3.client.delete_object(Bucket=s3.bucket, Key="folder/a/b.csv")
    assert bucket.look("a/b.csv") is None
    bucket.remove("a/b.csv")
