"""The setting `archive_folders`, and where object storage puts files by it."""

import hashlib
import re
from datetime import datetime
from pathlib import Path

import pytest

from import_export.archive.object_storage import ObjectStorageArchive
from import_export.archive.protocol import ArchiveItem
from import_export.folder_patterns import parse_folders


@pytest.mark.parametrize("text", ["{dist_id}/{yyyy}/{mm}", "arsip {table}", "{yyyy}-{mm}-{dd}/{dist_id}"])
def test_a_pattern_is_names_with_placeholders(text: str) -> None:
    assert str(parse_folders(text)) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{dist}/{yyyy}", "{dist} is none of: {dist_id}, {table}, {yyyy}, {mm}, {dd}"),
        ("/{dist_id}", "none may be empty"),
        ("{dist_id}//{mm}", "none may be empty"),
        ("{dist_id}/../{mm}", "none may be empty"),
        ("{dist_id}/", "none may be empty"),
        ("{dist_id", "'{' cannot be in a folder's name"),
        ("a:b", "':' cannot be in a folder's name"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_told(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        parse_folders(text)


def test_object_storage_keeps_files_by_the_same_pattern(tmp_path: Path) -> None:
    source = tmp_path / "0001.csv"
    source.write_bytes(b"x")
    item = ArchiveItem(
        path=source, name="stok:a.csv", batch_id="b1", job_id=7, dist_id="01/12", sha256=hashlib.sha256(b"x").hexdigest(), size=1,
        received_at=datetime(2026, 3, 9), description="", reserved_id=None, table_name="stocks",
    )  # fmt: skip
    for pattern, wanted in (
        ("{dist_id}/{yyyy}/{mm}", "01_12/2026/03/7_stok_a.csv"),
        ("{table}/{yyyy}{mm}{dd}", "stocks/20260309/7_stok_a.csv"),
    ):
        root = tmp_path / "archive"
        ObjectStorageArchive(str(root), parse_folders(pattern)).store(item)
        assert (root / wanted).read_bytes() == b"x"
