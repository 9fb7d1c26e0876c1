"""The words of the pages in English and Indonesian. What is told about files and rows is in `message_texts.py`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from import_export.messages import Language
from import_export.web.export_words import EXPORT_WORDS
from import_export.web.import_words import IMPORT_WORDS
from import_export.web.maintenance_words import MAINTENANCE_WORDS
from import_export.web.notification_words import NOTIFICATION_WORDS
from import_export.web.table_words import TABLE_WORDS

SHARED_WORDS = {
    "app": ("Import/Export", "Impor/Ekspor"),
    "skip_to_content": ("Skip to content", "Langsung ke isi"),
    "language": ("Language", "Bahasa"),
    "nav_upload": ("Upload", "Unggah"),
    "nav_batches": ("Batches", "Batch"),
    "nav_missing": ("Who is missing", "Yang belum kirim"),
    "nav_tables": ("Tables", "Tabel"),
    "nav_exports": ("Exports", "Ekspor"),
    "nav_notifications": ("Notifications", "Notifikasi"),
    "nav_audit": ("Changes", "Perubahan"),
    "nav_maintenance": ("Maintenance", "Pemeliharaan"),
    "nav_api": ("REST API", "REST API"),
    "close": ("Close", "Tutup"),
    "cancel": ("Cancel", "Batal"),
    "do_it": ("Yes, do it", "Ya, lakukan"),
    "save": ("Save", "Simpan"),
    "remove": ("Remove", "Hapus"),
    "add": ("Add", "Tambah"),
    "none": ("none", "tidak ada"),
    "more": ("Show more", "Tampilkan lagi"),
    "yes": ("yes", "ya"),
    "no": ("no", "tidak"),
    "loading": ("Loading …", "Memuat …"),
    "needs_script": (
        "This page needs JavaScript.",
        "Halaman ini memerlukan JavaScript.",
    ),
    # errors
    "not_found_title": ("Not there", "Tidak ada"),
    "error_title": ("That did not work", "Tidak berhasil"),
    "read_only": ("You may look, but not change this.", "Anda boleh melihat, tetapi tidak mengubah."),
    "offline": (
        "The server does not answer; the page tries again by itself.",
        "Server tidak menjawab; halaman mencoba lagi dengan sendirinya.",
    ),
}

WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        **SHARED_WORDS,
        **IMPORT_WORDS,
        **TABLE_WORDS,
        **EXPORT_WORDS,
        **NOTIFICATION_WORDS,
        **MAINTENANCE_WORDS,
    }
)
"""By key: English, Indonesian."""


def word(language: Language, key: str, **values: object) -> str:
    """A text of the pages in the reader's language."""
    text = WORDS[key][1 if language == "id" else 0]
    return text.format(**values) if values else text
