"""Names of the files that are made, as the original service gave them; safe on Windows, macOS and Linux."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from import_export.exports.contents import Content
from import_export.exports.periods import Period, day_label
from import_export.messages import Language

_CSV: Mapping[Content, Mapping[Language, str]] = {
    Content.PROFILE: {"id": "Data Performa Akun", "en": "Account Performance"},
    Content.MEDIA: {"id": "Data Performa Konten", "en": "Content Performance"},
    Content.CITY: {"id": "Data Kota Asal Followers", "en": "Cities of Followers"},
    Content.COUNTRY: {"id": "Data Negara Asal Followers", "en": "Countries of Followers"},
    Content.GENDER: {"id": "Data Jenis Kelamin Followers", "en": "Gender of Followers"},
    Content.AGE: {"id": "Data Umur Followers", "en": "Age of Followers"},
    Content.HASHTAG: {"id": "Data Hashtag", "en": "Hashtags"},
}
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_DEVICES = re.compile(r"(?i)^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?=[ .]|$)")
_AT_THE_END = re.compile(r"[\s.]+$")
LONGEST_NAME = 120
"""Bytes of a part of a name that a user gave: file systems count bytes, and allow 255 for the whole."""


def csv_name(content: Content, period: Period, language: Language) -> str:
    """`Data Performa Konten Tanggal 18 Oktober 2022 - 24 Oktober 2022.csv`."""
    return f"{_CSV[content][language]} {_dated(period, language)}.csv"


def xlsx_name(username: str, period: Period, language: Language) -> str:
    """`Data @USERNAME Tanggal 18 Oktober 2022 - 24 Oktober 2022.xlsx`."""
    return f"Data @{safe_name(username)} {_dated(period, language)}.xlsx"


def pdf_name(username: str, period: Period, language: Language) -> str:
    """`Laporan @USERNAME Tanggal 18 Oktober 2022 - 24 Oktober 2022.pdf`."""
    word = "Laporan" if language == "id" else "Report"
    return f"{word} @{safe_name(username)} {_dated(period, language)}.pdf"


def zip_name(username: str | None, period: Period | None, made: date, language: Language) -> str:
    """Of one account when it has a name, else of several; without a common period with the day when it was made."""
    word = "Ekspor" if language == "id" else "Export"
    whose = f" @{safe_name(username)}" if username else ""
    when = _dated(period, language) if period else day_label(made, language)
    return f"{word}{whose} {when}.zip"


def folder_name(username: str) -> str:
    """The folder of an account's files where there are several accounts."""
    return f"@{safe_name(username)}"


def safe_name(text: str) -> str:
    """A user's text as a part of a file name: nothing that a file system forbids, not empty, not too long.

    >>> safe_name(' con.. '), safe_name('a/b:c'), safe_name('nul.txt')
    ('_con', 'a_b_c', '_nul.txt')
    """
    clean = _AT_THE_END.sub("", _NOT_IN_NAMES.sub("_", text).lstrip())
    no_device = _DEVICES.sub(lambda found: f"_{found[0]}", clean)
    return _AT_THE_END.sub("", no_device.encode()[:LONGEST_NAME].decode(errors="ignore")) or "_"


def _dated(period: Period, language: Language) -> str:
    return f"Tanggal {period.label(language)}" if language == "id" else period.label(language)
