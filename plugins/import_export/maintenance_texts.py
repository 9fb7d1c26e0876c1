"""Texts of what the maintenance tells, in English and Indonesian."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from import_export.message_codes import Message

MAINTENANCE_TEXTS: Mapping[Message, tuple[str, str]] = MappingProxyType(
    {
        Message.BATCH_GIVEN_UP: (
            "batch {batch} was taken up {count} times in vain and is left alone now; the log of its last run tells why. "
            "Remove the cause, then press Try again on its page, or cancel it",
            "batch {batch} sudah {count} kali dicoba tanpa hasil dan kini dibiarkan; log run terakhirnya memuat alasannya. "
            "Hilangkan penyebabnya, lalu tekan Coba lagi di halamannya, atau batalkan",
        ),
        Message.ARCHIVES_GIVEN_UP: (
            "{count} files are not sent to the archive any more after {attempts} attempts; the reasons stand below. Remove "
            "the cause, then press Try again now",
            "{count} file tidak dikirim lagi ke arsip setelah {attempts} percobaan; alasannya ada di bawah. Hilangkan "
            "penyebabnya, lalu tekan Coba lagi sekarang",
        ),
        Message.DELIVERY_GIVEN_UP: (
            "export {export} is not delivered any more after {attempts} attempts; the reasons stand with its files. Remove "
            "the cause, then press Try again now",
            "ekspor {export} tidak dikirim lagi setelah {attempts} percobaan; alasannya ada pada file-filenya. Hilangkan "
            "penyebabnya, lalu tekan Coba lagi sekarang",
        ),
        Message.SET_ASIDE: (
            "work folder {folder} belonged to no batch; its files were put to {place}. Drop them again if they are wanted",
            "folder kerja {folder} tidak dimiliki batch mana pun; file-filenya dipindahkan ke {place}. Letakkan lagi di "
            "folder pantauan jika diperlukan",
        ),
        Message.LITTLE_SPACE: (
            "{folder}: only {free} of {total} GB are free",
            "{folder}: hanya {free} dari {total} GB yang kosong",
        ),
        Message.LARGE_TABLE: ("table {table} takes {size} GB", "tabel {table} memakai {size} GB"),
        Message.OPEN_IN_CLOSED: (
            "I1: job {job} has status {status} although its batch is closed",
            "I1: tugas {job} berstatus {status} padahal batch-nya sudah ditutup",
        ),
        Message.BATCH_WITHOUT_FILES: (
            "I1: batch {batch} was extracted, and has neither a file nor a reason",
            "I1: batch {batch} sudah diekstrak, tetapi tidak ada file maupun alasannya",
        ),
        Message.UNTRUE_HISTORY: (
            "I1: job {job} has status {status}, but its history ends with {end}",
            "I1: tugas {job} berstatus {status}, tetapi riwayatnya berakhir dengan {end}",
        ),
        Message.WRONG_ROWS: (
            "I2: table {table} holds {rows} rows of job {job}, which tells {wanted}",
            "I2: tabel {table} memuat {rows} baris dari tugas {job}, yang menyebut {wanted}",
        ),
        Message.NO_UNIQUE_KEY: (
            "I3: table {table} has no unique key over {columns}; rows may be there twice",
            "I3: tabel {table} tidak memiliki kunci unik atas {columns}; baris bisa ganda",
        ),
        Message.LOADED_TWICE: (
            "I3: jobs {jobs} brought the same {lines} lines, and table {table} holds {rows} rows of them",
            "I3: tugas {jobs} membawa {lines} baris yang sama, dan tabel {table} memuat {rows} baris darinya",
        ),
        Message.OTHER_BYTES: (
            "I4: {path} is not what was received as job {job}",
            "I4: {path} bukan lagi yang diterima sebagai tugas {job}",
        ),
        Message.LEFT_BEHIND: (
            "I5: {path} belongs to no batch, and nobody works on it",
            "I5: {path} tidak dimiliki batch mana pun, dan tidak ada yang mengerjakannya",
        ),
        Message.OLD_PROGRESS: (
            "I5: the progress of {count} files was told more than an hour ago",
            "I5: kemajuan {count} file terakhir disampaikan lebih dari satu jam lalu",
        ),
        Message.NOT_IN_ARCHIVE: (
            "I6: job {job} was imported, and neither lies in the archive nor waits for it",
            "I6: tugas {job} sudah diimpor, tetapi tidak ada di arsip dan tidak menunggu diarsipkan",
        ),
        Message.NOTHING_TO_ARCHIVE: (
            "I6: job {job} waits for the archive, but its file is gone",
            "I6: tugas {job} menunggu diarsipkan, tetapi filenya sudah tidak ada",
        ),
        Message.WRONG_COUNTS: (
            "I7: the counts of job {job} do not add up to its lines",
            "I7: hitungan tugas {job} tidak sama dengan jumlah barisnya",
        ),
        Message.NOT_AUDITED: (
            "I8: {subject} was changed at {at} (UTC), and the audit log has no entry of it",
            "I8: {subject} diubah pada {at} (UTC), tetapi tidak tercatat di log perubahan",
        ),
        Message.BROKEN_HISTORY: (
            "I8: the history of job {job} leaves out a move",
            "I8: riwayat tugas {job} tidak lengkap",
        ),
    }
)
