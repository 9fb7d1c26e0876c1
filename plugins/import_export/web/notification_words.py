"""The words of the page of notifications, and of the deadlines on the page of who is missing."""

from __future__ import annotations

NOTIFICATION_WORDS = {
    "notifications_title": ("Notifications", "Notifikasi"),
    "notifications_intro": (
        "Who is told what went wrong. One message a batch, however many of its files were refused.",
        "Siapa yang diberi tahu bila ada masalah. Satu pesan per batch, berapa pun file yang ditolak.",
    ),
    "addresses": ("Addresses", "Alamat"),
    "address": ("Address", "Alamat"),
    "address_help": (
        "An e-mail address, slack:CONNECTION, or a notifier of the settings: {names}.",
        "Alamat email, slack:CONNECTION, atau notifier dari pengaturan: {names}.",
    ),
    "kinds": ("Told when", "Diberi tahu bila"),
    "kind_refused": ("files or rows are refused", "file atau baris ditolak"),
    "kind_missing": ("a file is missing after its deadline", "file belum ada setelah batas waktu"),
    "kind_stuck": ("an import broke off and does not go on", "impor terputus dan tidak berlanjut"),
    "kind_export": ("an export is made", "ekspor selesai dibuat"),
    "all_distributors": ("all distributors", "semua distributor"),
    "all_tables": ("all tables", "semua tabel"),
    "empty_all": ("Empty: all.", "Kosong: semua."),
    "its_language": ("Language of the messages", "Bahasa pesan"),
    "nobody_told": (
        "No address yet. Messages go to the setting notify_to: {names}.",
        "Belum ada alamat. Pesan dikirim ke pengaturan notify_to: {names}.",
    ),
    "messages": ("Messages", "Pesan"),
    "about": ("About", "Tentang"),
    "no_messages": ("Nothing had to be told yet.", "Belum ada yang perlu diberitahukan."),
    "send_again": ("Send again", "Kirim lagi"),
    "send_again_ask": (
        "This message may have gone out already. Send it again?",
        "Pesan ini mungkin sudah terkirim. Kirim lagi?",
    ),
    "message_waiting": ("waiting", "menunggu"),
    "message_sending": ("being sent", "sedang dikirim"),
    "message_sent": ("sent", "terkirim"),
    "message_unknown": ("not known whether it was sent", "tidak diketahui apakah terkirim"),
    "message_given_up": ("given up", "tidak jadi dikirim"),
    # deadlines
    "deadlines": ("Deadlines", "Batas waktu"),
    "deadlines_help": (
        "What is missing at a table's deadline is told (see Notifications): files that were expected on the days since the "
        "deadline before.",
        "Yang belum ada pada batas waktu tabel akan diberitahukan (lihat Notifikasi): file yang diharapkan pada hari-hari "
        "sejak batas waktu sebelumnya.",
    ),
    "deadline": ("Deadline", "Batas waktu"),
    "deadline_help": (
        "Cron: minute hour day month weekday. 0 17 * * 1-5: at 17:00, Monday to Friday.",
        "Cron: menit jam tanggal bulan hari. 0 17 * * 1-5: pukul 17.00, Senin sampai Jumat.",
    ),
    "next_time": ("Next", "Berikutnya"),
    "action_deadline_set": ("deadline set", "batas waktu ditetapkan"),
    "action_deadline_removed": ("deadline removed", "batas waktu dihapus"),
    "action_address_told": ("address told", "alamat diberi tahu"),
    "action_address_told_no_more": ("address told no more", "alamat tidak diberi tahu lagi"),
    "action_message_sent_again": ("message sent again", "pesan dikirim lagi"),
}
