"""In which folder of the archive a file belongs, and names that are good in every archive."""

from __future__ import annotations

import re

from import_export.archive.protocol import ArchiveItem
from import_export.folder_patterns import FolderPattern

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]+')


def folder_of(item: ArchiveItem, pattern: FolderPattern) -> str:
    """The folder below the archive's root: the item's own, else as the pattern says."""
    if item.folder is not None:
        return item.folder
    return pattern.filled(
        {
            "dist_id": safe_name(item.dist_id or "no-distributor"),
            "table": safe_name(item.table_name or "no-table"),
            "yyyy": f"{item.received_at:%Y}",
            "mm": f"{item.received_at:%m}",
            "dd": f"{item.received_at:%d}",
        }
    )


def safe_name(name: str) -> str:
    """A name that is one path component everywhere, also on Windows.

    >>> safe_name("../a:b.csv")
    '.._a_b.csv'
    >>> safe_name("..")
    '_'
    """
    cleaned = _UNSAFE.sub("_", name).strip(" ")[-150:]
    return cleaned if cleaned.strip(".") else "_"
