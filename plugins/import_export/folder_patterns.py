"""The pattern of the archive's folders, as the setting `archive_folders` tells it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

PLACEHOLDERS = ("dist_id", "table", "yyyy", "mm", "dd")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"\\|?*{}]')


@dataclass(frozen=True, slots=True)
class FolderPattern:
    """Folders in folders, with placeholders: `{dist_id}/{yyyy}/{mm}`."""

    text: str

    def __str__(self) -> str:
        """As it was written."""
        return self.text

    def filled(self, values: Mapping[str, str]) -> str:
        """The folders of one file; each value must be one name, without a slash.

        >>> FolderPattern("{dist_id}/{yyyy}-{mm}").filled({"dist_id": "0112", "yyyy": "2026", "mm": "03"})
        '0112/2026-03'
        """
        return _PLACEHOLDER.sub(lambda found: values[found[1]], self.text)


FOLDERS = FolderPattern("{dist_id}/{yyyy}/{mm}")
"""What holds when the settings say nothing else."""


def parse_folders(text: str) -> FolderPattern:
    """Read a pattern; raise `ValueError` that tells what is wrong with it."""
    names = text.split("/")
    if unknown := [name for name in _PLACEHOLDER.findall(text) if name not in PLACEHOLDERS]:
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        raise ValueError(f"{{{unknown[0]}}} is none of: {known}")
    if any(name.strip(" .") == "" or name != name.strip() for name in names):
        raise ValueError(
            "must be names with / between them, such as {dist_id}/{yyyy}/{mm}; none may be empty"
        )
    if wrong := _FORBIDDEN.search(_PLACEHOLDER.sub("", text)):
        raise ValueError(f"{wrong[0]!r} cannot be in a folder's name")
    return FolderPattern(text)
