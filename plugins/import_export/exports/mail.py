"""The e-mail that tells that an export is made: a link to it, and nothing of what is in its files."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from import_export.exports.runs import ExportLine, ExportState
from import_export.messages import Language

_STATES: Mapping[ExportState, Mapping[Language, str]] = {
    ExportState.COMPLETE: {"id": "selesai", "en": "complete"},
    ExportState.COMPLETE_WITH_ERRORS: {"id": "selesai dengan kesalahan", "en": "complete with errors"},
    ExportState.FAILED: {"id": "gagal", "en": "failed"},
    ExportState.RUNNING: {"id": "sedang berjalan", "en": "running"},
    ExportState.WAITING: {"id": "menunggu", "en": "waiting"},
}


def subject_of(line: ExportLine, language: Language) -> str:
    """`Ekspor statistik nightly/2026-11-20: selesai`."""
    title = "Ekspor statistik" if language == "id" else "Statistics export"
    return f"{title} {line.export.folder}: {_STATES[line.state][language]}"


def html_of(line: ExportLine, link: str, language: Language) -> str:
    """The mail itself; `link` leads to the page of the exports, which asks for a login."""
    counts = line.progress
    if language == "id":
        told = f"{counts.done} dari {counts.accounts} akun diekspor, {counts.failed} gagal; {counts.files} berkas."
        words = "Buka halaman Ekspor untuk mengunduhnya"
    else:
        told = f"{counts.done} of {counts.accounts} accounts exported, {counts.failed} failed; {counts.files} files."
        words = "Open the Exports page to download them"
    title = escape(subject_of(line, language))
    return f'<p><b>{title}</b></p><p>{told}</p><p><a href="{escape(link)}">{words}</a></p>'
