"""The seven contents of CSV files and XLSX sheets: their columns, in order, and what each column holds.

Rows travel as polars frames whose columns are named by `Column.key` and typed by `Column.kind`; a missing number is null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum

import polars as pl
from babel import Locale

from import_export.messages import Language


class Content(StrEnum):
    """What a CSV file or an XLSX sheet is about, in the order of the workbook."""

    PROFILE = "profile"
    MEDIA = "media"
    CITY = "city"
    COUNTRY = "country"
    GENDER = "gender"
    AGE = "age"
    HASHTAG = "hashtag"


class Kind(Enum):
    """What a column holds, and the polars type that it comes in."""

    DAY = "day"
    """`pl.Date`"""
    MOMENT = "moment"
    """`pl.Datetime("us")`, local time of the account, without a zone"""
    TEXT = "text"
    """`pl.String`"""
    LINK = "link"
    """`pl.String`, an address of a web page, or anything else that somebody wrote there"""
    COUNT = "count"
    """`pl.Int64`"""
    RATE = "rate"
    """`pl.Float64`, percent: 0.33 is 0.33 %; rounded to `numbers.RATE_DECIMALS`"""
    MEAN = "mean"
    """`pl.Float64`, a mean of counts, rounded to `numbers.MEAN_DECIMALS`"""


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `labels` are its headers."""

    key: str
    kind: Kind
    labels: Mapping[Language, str]


def _column(key: str, kind: Kind, indonesian: str, english: str) -> Column:
    return Column(key, kind, {"id": indonesian, "en": english})


_SHARE = _column("share", Kind.RATE, "Persentase", "Share")
_FOLLOWERS = _column("followers", Kind.COUNT, "Jumlah Followers", "Followers")

COLUMNS: Mapping[Content, tuple[Column, ...]] = {
    # Newest day first; a day without data is left out.
    Content.PROFILE: (
        _column("day", Kind.DAY, "Tanggal", "Date"),
        _FOLLOWERS,
        _column("reach", Kind.COUNT, "Reach", "Reach"),
        _column("impressions", Kind.COUNT, "Impressions", "Impressions"),
        _column("engagement_rate", Kind.RATE, "Avg. Engagement Rate", "Avg. Engagement Rate"),
    ),
    # Newest post first.
    Content.MEDIA: (
        _column("posted_at", Kind.MOMENT, "Tanggal dan Jam Posting", "Posted at"),
        _column("caption", Kind.TEXT, "Caption", "Caption"),
        _column("permalink", Kind.LINK, "Link ke Instagram", "Link to Instagram"),
        _column("media_type", Kind.TEXT, "Tipe Konten", "Content Type"),
        _column("likes", Kind.COUNT, "Like", "Likes"),
        _column("comments", Kind.COUNT, "Comment", "Comments"),
        _column("reach", Kind.COUNT, "Reach", "Reach"),
        _column("impressions", Kind.COUNT, "Impressions", "Impressions"),
        _column("engagement_rate", Kind.RATE, "Engagement Rate", "Engagement Rate"),
        _column("saved", Kind.COUNT, "Saved", "Saved"),
        _column("hashtags", Kind.TEXT, "Hashtag", "Hashtags"),
    ),
    # Most followers first, equal ones by name.
    Content.CITY: (
        _column("city", Kind.TEXT, "Kota", "City"),
        _column("province", Kind.TEXT, "Provinsi", "Province"),
        _FOLLOWERS,
        _SHARE,
    ),
    Content.COUNTRY: (
        _column("country_code", Kind.TEXT, "Kode Negara", "Country Code"),
        _column("country", Kind.TEXT, "Negara", "Country"),
        _FOLLOWERS,
        _SHARE,
    ),
    Content.GENDER: (
        _column("gender", Kind.TEXT, "Jenis Kelamin", "Gender"),
        _FOLLOWERS,
        _SHARE,
    ),
    # In the order of the ages. One row an age, all genders together, and each gender beside it.
    Content.AGE: (
        _column("age", Kind.TEXT, "Umur", "Age"),
        _column("female", Kind.COUNT, "Perempuan", "Female"),
        _column("male", Kind.COUNT, "Laki-laki", "Male"),
        _column("unknown", Kind.COUNT, "Tidak Diketahui", "Unknown"),
        _FOLLOWERS,
        _SHARE,
    ),
    # Most engagement first, equal ones by name.
    Content.HASHTAG: (
        _column("hashtag", Kind.TEXT, "Hashtag", "Hashtag"),
        _column("posts", Kind.COUNT, "Jumlah Posting", "Posts"),
        _column("likes", Kind.COUNT, "Like", "Likes"),
        _column("comments", Kind.COUNT, "Comment", "Comments"),
        _column("engagement", Kind.COUNT, "Total Engagement", "Total Engagement"),
        _column("engagement_per_post", Kind.MEAN, "Engagement per Posting", "Engagement per Post"),
    ),
}

TITLES: Mapping[Content, Mapping[Language, str]] = {
    Content.PROFILE: {"id": "Performa Akun", "en": "Account Performance"},
    Content.MEDIA: {"id": "Konten", "en": "Content"},
    Content.CITY: {"id": "Kota Asal Followers", "en": "Cities of Followers"},
    Content.COUNTRY: {"id": "Negara Asal Followers", "en": "Countries of Followers"},
    Content.GENDER: {"id": "Jenis Kelamin", "en": "Gender"},
    Content.AGE: {"id": "Umur", "en": "Age"},
    Content.HASHTAG: {"id": "Hashtag", "en": "Hashtags"},
}
"""The sheets' names; at most 31 characters, as Excel wants it."""

MEDIA_TYPES: Mapping[str, Mapping[Language, str]] = {
    "IMAGE": {"id": "Gambar", "en": "Image"},
    "VIDEO": {"id": "Video", "en": "Video"},
    "CAROUSEL_ALBUM": {"id": "Carousel", "en": "Carousel"},
}
GENDERS: Mapping[str, Mapping[Language, str]] = {
    "F": {"id": "Perempuan", "en": "Female"},
    "M": {"id": "Laki-laki", "en": "Male"},
    "U": {"id": "Tidak diketahui", "en": "Unknown"},
}


def type_name(media_type: str, language: Language) -> str:
    """A media type in words; one that nobody knows as it is."""
    return MEDIA_TYPES.get(media_type, {}).get(language, media_type)


def gender_name(gender: str, language: Language) -> str:
    """A gender in words; one that nobody knows as it is."""
    return GENDERS.get(gender, {}).get(language, gender)


def country_name(code: str, language: Language) -> str:
    """A country in words; one that nobody knows by its code."""
    return str(Locale(language).territories.get(code.upper(), code))


@dataclass(frozen=True, slots=True)
class Rows:
    """One content of one account, ready to be written: words are in the reader's language already."""

    content: Content
    frames: Callable[[], Iterable[pl.DataFrame]]
    """Gives the rows in pieces, anew with each call; a piece has at most some ten thousand rows. May be used once only."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """Its columns."""
        return COLUMNS[self.content]
