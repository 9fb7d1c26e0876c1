"""Every message's texts in English and Indonesian; those of the maintenance are in `maintenance_texts.py`.

The English texts of the seven stages are those of the system this project replaces, to the letter
(source: the import page, "quick validation").
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from import_export.maintenance_texts import MAINTENANCE_TEXTS
from import_export.message_codes import Message, Phrase

PHRASES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        Phrase.ABSOLUTE_PATH: ("is an absolute path", "adalah path absolut"),
        Phrase.BACKSLASH: ("has a backslash in its name", "memiliki garis miring terbalik pada namanya"),
        Phrase.LEADS_OUT: ("leads out of its folder", "mengarah ke luar foldernya"),
        Phrase.CONTROL_CHARACTERS: (
            "has invisible control characters in its name",
            "memiliki karakter kontrol tersembunyi pada namanya",
        ),
        Phrase.NAME_TOO_LONG: ("has a name that is too long", "memiliki nama yang terlalu panjang"),
        Phrase.LINK: ("is a link", "adalah tautan"),
        Phrase.NO_FILE: ("is neither a file nor a folder", "bukan file maupun folder"),
        Phrase.NESTED: ("is an archive inside the archive", "adalah arsip di dalam arsip"),
        Phrase.METHOD: (
            "is packed by a method that is not supported; pack it with the usual one (deflate)",
            "dikompresi dengan metode yang tidak didukung; gunakan metode biasa (deflate)",
        ),
        Phrase.OVERLAPS: (
            "overlaps another part of the archive",
            "tumpang tindih dengan bagian lain dari arsip",
        ),
        Phrase.UNPACKED_BYTES: ("its unpacked size in bytes", "ukuran isinya dalam byte"),
        Phrase.NUMBER_OF_FILES: ("its number of files", "jumlah filenya"),
        Phrase.DIRECTORY_BYTES: (
            "the size of its table of contents in bytes",
            "ukuran daftar isinya dalam byte",
        ),
        Phrase.HARD_LINK: ("is one file under several names", "adalah satu file dengan beberapa nama"),
        Phrase.PIPE: ("is a pipe", "adalah pipe"),
        Phrase.SOCKET: ("is a socket", "adalah socket"),
        Phrase.DEVICE: ("is a device", "adalah perangkat"),
        Phrase.UNREADABLE: (
            "may not be read by the service's user",
            "tidak boleh dibaca oleh pengguna layanan",
        ),
        Phrase.CLOSED_FOLDER: (
            "is a folder that the service's user may not change",
            "adalah folder yang tidak boleh diubah oleh pengguna layanan",
        ),
        Phrase.LONG_FOLDER: (
            "is a folder whose name is too long for a distributor",
            "adalah folder yang namanya terlalu panjang untuk distributor",
        ),
        Phrase.TOO_DEEP: ("lies too many folders deep", "berada terlalu dalam di dalam folder"),
        Phrase.NAMELESS_FOLDER: ("lies in a folder without a name", "berada di dalam folder tanpa nama"),
        Phrase.ALSO_A_FOLDER: (
            "has the name of a folder beside it",
            "bernama sama dengan folder di sebelahnya",
        ),
    }
)

TEXTS: Mapping[Message, tuple[str, str]] = MappingProxyType(
    {
        **MAINTENANCE_TEXTS,
        Message.NO_FILES: ("No files provided.", "Tidak ada file yang dikirim."),
        Message.NO_VALID_DATA_FILES: (
            "No valid data files to process.",
            "Tidak ada file data yang dapat diproses.",
        ),
        Message.ALL_INVALID: ("All files failed validation.", "Semua file gagal validasi."),
        Message.UNSUPPORTED_TYPE: (
            "{name}: Unsupported file type '{extension}'. Skipped.",
            "{name}: Jenis file '{extension}' tidak didukung. Dilewati.",
        ),
        Message.NOT_A_REGULAR_FILE: (
            "{name}: Not taken, because it {kind}.",
            "{name}: Tidak diambil karena {kind}.",
        ),
        Message.REPLACED_BEFORE_READ: (
            "{name}: Replaced or removed in the bucket before it could be read. What replaced it is a batch of its own.",
            "{name}: Diganti atau dihapus di bucket sebelum sempat dibaca. Penggantinya menjadi batch tersendiri.",
        ),
        Message.ZIP_NO_DATA_FILE: (
            "{name}: Invalid ZIP or no data files found inside.",
            "{name}: ZIP tidak valid atau tidak berisi file data.",
        ),
        Message.ZIP_UNSAFE: (
            "{name}: The ZIP is refused because it is not safe to unpack: '{member}' {why}.",
            "{name}: ZIP ditolak karena tidak aman untuk dibuka: '{member}' {why}.",
        ),
        Message.ZIP_RATIO: (
            "{name}: The ZIP is refused: '{member}' would unpack to more than {limit} times its packed size.",
            "{name}: ZIP ditolak: '{member}' akan menjadi lebih dari {limit} kali ukuran terkompresinya.",
        ),
        Message.ZIP_TOO_LARGE: (
            "{name}: The ZIP is refused: {what} is more than the limit of {limit}.",
            "{name}: ZIP ditolak: {what} melebihi batas {limit}.",
        ),
        Message.ZIP_ENCRYPTED: (
            "{name}: The ZIP is protected by a password. Send it without one.",
            "{name}: ZIP dilindungi kata sandi. Kirim tanpa kata sandi.",
        ),
        Message.FILE_NOT_FOUND: ("File not found.", "File tidak ditemukan."),
        Message.UNSUPPORTED_EXTENSION: (
            "Unsupported file extension '{extension}'. Only .csv and .txt are allowed.",
            "Ekstensi file '{extension}' tidak didukung. Hanya .csv dan .txt yang diperbolehkan.",
        ),
        Message.EMPTY_FILE: ("File is empty.", "File kosong."),
        Message.NO_DATA_ROWS: ("File is empty.", "File kosong."),
        Message.NOT_TEXT: (
            "This is not a text file: it looks like {what}. Save it as CSV and send it again.",
            "Ini bukan file teks: tampaknya {what}. Simpan sebagai CSV lalu kirim lagi.",
        ),
        Message.NO_HEADER: (
            "No header line was found in the first {lines} lines.",
            "Baris judul kolom tidak ditemukan di {lines} baris pertama.",
        ),
        Message.DUPLICATE_HEADER: (
            "Duplicate headers: {names}",
            "Judul kolom ganda: {names}",
        ),
        Message.NOT_RECOGNIZED: (
            "Filename '{name}' not recognized.",
            "Nama file '{name}' tidak dikenali.",
        ),
        Message.NO_CONFIG: (
            "No column configuration found for table '{table}'.",
            "Konfigurasi kolom untuk tabel '{table}' tidak ditemukan.",
        ),
        Message.MANDATORY_MISSING: (
            "Missing mandatory columns: {columns}",
            "Kolom wajib tidak ada: {columns}",
        ),
        Message.AMBIGUOUS_COLUMN: (
            "More than one header stands for column '{column}': {headers}",
            "Lebih dari satu judul kolom untuk kolom '{column}': {headers}",
        ),
        Message.DIST_ID_MISMATCH: (
            "DistID value does not match expected prefix '{prefix}' for dist_id '{dist_id}'. "
            "Found value: '{value}'",
            "Nilai DistID tidak sesuai awalan '{prefix}' untuk dist_id '{dist_id}'. "
            "Nilai yang ditemukan: '{value}'",
        ),
        Message.SAMPLE_INVALID: (
            "Validation errors in sample rows: {errors}",
            "Kesalahan validasi pada baris contoh: {errors}",
        ),
        Message.PROGRAM_FAULT: (
            "This file could not be validated because of a fault in the program ({why}); the task's log has the details. "
            "Please tell your administrator.",
            "File ini tidak dapat divalidasi karena kesalahan program ({why}); rinciannya ada di log tugas. "
            "Mohon beri tahu administrator Anda.",
        ),
        Message.ROW_TOO_SHORT: (
            "row has {found} cells, expected {expected}",
            "baris berisi {found} sel, seharusnya {expected}",
        ),
        Message.ROW_TOO_LONG: (
            "row has {found} cells, expected {expected}",
            "baris berisi {found} sel, seharusnya {expected}",
        ),
        Message.UNCLOSED_QUOTE: (
            "a quote opened on line {line} is never closed",
            "tanda kutip yang dibuka di baris {line} tidak pernah ditutup",
        ),
        Message.BAD_ENCODING: (
            "cell {cell} holds bytes that are not valid {encoding} (shown as �)",
            "sel {cell} berisi byte yang bukan {encoding} yang valid (ditampilkan sebagai �)",
        ),
        Message.MANDATORY_EMPTY: ("{column} must not be empty", "{column} tidak boleh kosong"),
        Message.NOT_AN_INTEGER: (
            "{column} must be integer, got '{value}'",
            "{column} harus bilangan bulat, ditemukan '{value}'",
        ),
        Message.NOT_A_NUMBER: (
            "{column} must be a number, got '{value}'",
            "{column} harus angka, ditemukan '{value}'",
        ),
        Message.OUT_OF_RANGE: (
            "{column} must be between {low} and {high}, got '{value}'",
            "{column} harus antara {low} dan {high}, ditemukan '{value}'",
        ),
        Message.BAD_DATE: (
            "{column} must be a date like {expected}, got '{value}'",
            "{column} harus tanggal seperti {expected}, ditemukan '{value}'",
        ),
        Message.TOO_LONG: (
            "{column} may have {limit} characters at most, got {found}",
            "{column} paling banyak {limit} karakter, ditemukan {found}",
        ),
        Message.NOT_ALLOWED: (
            "{column} must be {expected}, got '{value}'",
            "{column} harus {expected}, ditemukan '{value}'",
        ),
        Message.PRECISION_LOST: (
            "{column} was rounded by a spreadsheet and its digits are lost, got '{value}'",
            "{column} dibulatkan oleh spreadsheet dan angkanya hilang, ditemukan '{value}'",
        ),
        Message.WRONG_DISTRIBUTOR: (
            "{column} must be of distributor '{dist_id}', got '{value}'",
            "{column} harus milik distributor '{dist_id}', ditemukan '{value}'",
        ),
        Message.UNSTORABLE: (
            "{column} holds '{sign}', which MySQL's column cannot store",
            "{column} berisi '{sign}', yang tidak dapat disimpan di kolom MySQL",
        ),
        Message.DUPLICATE_KEY: (
            "{columns} stand also on line {lines}",
            "{columns} juga ada di baris {lines}",
        ),
        Message.TOO_MANY_REJECTS: (
            "Nothing was loaded: {rejected} of {rows} rows were rejected, and the limit is {limit}.",
            "Tidak ada yang dimuat: {rejected} dari {rows} baris ditolak, batasnya {limit}.",
        ),
        Message.SLICE_REPLACED: (
            "replaced {slices}: {count} rows that are not in the file were removed",
            "mengganti {slices}: {count} baris yang tidak ada di file dihapus",
        ),
        Message.REPEATS_JOB: (
            "the same file as job {job} of {date}, all of whose rows are there; it was not read again",
            "file yang sama dengan tugas {job} tanggal {date}, semua barisnya sudah ada; tidak dibaca lagi",
        ),
        Message.NO_VALID_ROWS: ("No valid rows to insert.", "Tidak ada baris valid untuk disimpan."),
        Message.TABLE_GONE: (
            "Table '{table}' does not fit its configuration: {why}",
            "Tabel '{table}' tidak sesuai konfigurasinya: {why}",
        ),
        Message.ROWS_REFUSED: (
            "Nothing was loaded: a rule of MySQL's table '{table}' refuses a row: {why}",
            "Tidak ada yang dimuat: aturan tabel MySQL '{table}' menolak sebuah baris: {why}",
        ),
        Message.USER_SKIPPED: ("User skipped this step", "Pengguna melewati langkah ini"),
        Message.WORKER_LOST: (
            "The worker that loaded this file ended without a word; the import is taken up again.",
            "Proses yang memuat file ini berhenti tanpa pesan; impor dilanjutkan kembali.",
        ),
        Message.CANCELLED: ("Cancelled by {who}", "Dibatalkan oleh {who}"),
        Message.STARTS_LATER: (
            "The files were kept, but the import could not be started yet; it is started later, within about an "
            "hour. There is no need to send them again.",
            "File telah disimpan, tetapi impor belum dapat dimulai; impor akan dimulai nanti, dalam waktu sekitar "
            "satu jam. File tidak perlu dikirim lagi.",
        ),
        Message.BROKE_OFF: (
            "The import broke off and will be tried again: {why}",
            "Impor terputus dan akan dicoba lagi: {why}",
        ),
        Message.NUL_REMOVED: (
            "{count} NUL bytes were removed",
            "{count} byte NUL dihapus",
        ),
        Message.TITLE_LINES: (
            "title lines {first}–{last} left out",
            "baris judul {first}–{last} dilewati",
        ),
        Message.HEADERS_SKIPPED: (
            "{count} repeated header lines left out",
            "{count} baris judul kolom berulang dilewati",
        ),
        Message.HEADER_SPREAD: (
            "the header is spread over lines {first}–{last} and was read as: {names}",
            "judul kolom tersebar di baris {first}–{last} dan dibaca sebagai: {names}",
        ),
        Message.QUOTE_LEFT_OPEN: (
            "quotes that open and never close were taken as text: {count} (line {lines})",
            "tanda kutip yang dibuka tetapi tidak ditutup dianggap teks: {count} (baris {lines})",
        ),
        Message.TRAILING_DELIMITERS: (
            "each line ends with a delimiter, which was left out",
            "setiap baris diakhiri pemisah, yang dilewati",
        ),
        Message.TOTALS_SKIPPED: (
            "totals lines left out: {count} (line {lines})",
            "baris total yang dilewati: {count} (baris {lines})",
        ),
        Message.TOTALS_AGREE: (
            "totals lines left out: {count} (line {lines}), their sum agrees",
            "baris total yang dilewati: {count} (baris {lines}), jumlahnya sesuai",
        ),
        Message.TOTAL_MISMATCH: (
            "the total on line {line} is {says}, but the rows add up to {rows}; please check that no row is missing",
            "total di baris {line} adalah {says}, tetapi jumlah barisnya {rows}; mohon periksa apakah ada baris yang hilang",
        ),
        Message.SECOND_TABLE: (
            "a second table begins on line {line}; it was left out. Send it as a file of its own",
            "tabel kedua dimulai di baris {line}; tabel itu dilewati. Kirim sebagai file tersendiri",
        ),
        Message.AMBIGUOUS_DATES: (
            "dates in {column} could be day first or month first; read as day first",
            "tanggal di {column} bisa hari dahulu atau bulan dahulu; dibaca hari dahulu",
        ),
        Message.READ_AS: (
            "read as {encoding}, delimiter {delimiter}",
            "dibaca sebagai {encoding}, pemisah {delimiter}",
        ),
        Message.DUPLICATES_REPLACED: (
            "{count} rows have the same {columns} as a later row, which was taken instead (lines {lines})",
            "{count} baris memiliki {columns} yang sama dengan baris sesudahnya, yang dipakai (baris {lines})",
        ),
        Message.SERIAL_DATES: (
            "{column} holds day numbers of a spreadsheet; they were read as dates",
            "{column} berisi nomor hari dari spreadsheet; dibaca sebagai tanggal",
        ),
        Message.SUMMARY_ROWS: ("{count} rows processed", "Berhasil memproses {count} data"),
        Message.SUMMARY_PERIOD: ("DO period: {first} to {last}", "Periode DO: {first} s/d {last}"),
        Message.SUMMARY_AMOUNT: ("Total sales: Rp {amount}", "Total Penjualan: Rp {amount}"),
        Message.SUMMARY_EXPORT: ("Export date: {first} to {last}", "Export Date: {first} s/d {last}"),
        Message.REPORT_HEAD: (
            "Batch {batch_id}: {status}",
            "Batch {batch_id}: {status}",
        ),
        Message.REPORT_FROM: (
            "Received {received} UTC, distributor {dist_id}: {names}",
            "Diterima {received} UTC, distributor {dist_id}: {names}",
        ),
        Message.REPORT_JOB: ("job {job}", "tugas {job}"),
        Message.REPORT_COUNTS: (
            "{total} rows: {inserted} inserted, {updated} updated, {unchanged} unchanged, {rejected} rejected, "
            "{skipped} skipped",
            "{total} baris: {inserted} ditambahkan, {updated} diperbarui, {unchanged} tidak berubah, "
            "{rejected} ditolak, {skipped} dilewati",
        ),
        Message.REPORT_REJECTS: (
            "All rejected rows, ready to be corrected and dropped again: {name}",
            "Semua baris yang ditolak, siap diperbaiki dan dikirim lagi: {name}",
        ),
        Message.REPORT_ARCHIVED: ("Archived: {url}", "Diarsipkan: {url}"),
        Message.REPORT_NOT_ARCHIVED: (
            "Not archived yet: {why}",
            "Belum diarsipkan: {why}",
        ),
        Message.COLUMNS_IGNORED: (
            "columns that no configuration knows were left out: {columns}",
            "kolom yang tidak dikenal konfigurasi dilewati: {columns}",
        ),
    }
)
