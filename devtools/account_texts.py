"""What the demo's accounts are called and what they write: pools of names, captions, hashtags and places."""

from __future__ import annotations

BRANDS = (
    *(
        "Kopi Senja",
        "Batik Larasati",
        "Warung Bu Sri",
        "Rumah Jamu",
        "Sepatu Langkah",
        "Teh Telaga",
        "Nusa Travel",
    ),
    *(
        "Kebun Raya Coffee",
        "Dapur Nenek",
        "Cahaya Skincare",
        "Toko Buku Aksara",
        "Roti Gembong",
        "Sate Pak Kumis",
    ),
    *("Ombak Surf School", "Tenun Sumba", "Lensa Kota", "Sambal Meledak", "Kriya Rotan", "Gelato Manggis"),
)
ORNAMENTS = ("☕️", "🌿", "✨", "🌶️", "📚", "🏄‍♀️", "🇮🇩", "👟", "🍞", "🧵")
BIOGRAPHIES = (
    "Sejak 1998 📍 Bandung\nBuka setiap hari 08.00–22.00",
    'Handmade with love 💛\n"Small batch, big heart"',
    "DM untuk order 📩 | COD & kirim ke seluruh Indonesia",
    None,
)

OPENINGS = (
    *("Selamat pagi, teman-teman! ☀️", "Good morning from our kitchen 👩‍🍳", "Sudah coba yang ini belum? 😋"),
    *(
        "Yang ditunggu-tunggu akhirnya datang juga! 🎉",
        "New drop is live now 🔥",
        "Weekend = waktunya santai 🌴",
    ),
    *(
        '"Rasanya seperti pulang ke rumah" – kata pelanggan kami 🥹',
        "PROMO AKHIR BULAN ‼️",
        "Behind the scenes 🎬",
    ),
    *(
        "Siapa tim pedas? 🌶️🌶️🌶️",
        "Throwback to last summer 🏝️",
        "Ramadan kareem 🌙",
        "Selamat Hari Batik Nasional 🇮🇩",
    ),
    *(
        "新品上市,数量有限!🧧",
        "今日のおすすめ ☕️",
        "مرحبا بكم في متجرنا الجديد 🌟",
        "สวัสดีค่ะ วันนี้มีเมนูใหม่มาแนะนำ 🍜",
    ),
    *("¡Hola! Gracias por 10K 🥳", "Tahukah kamu? 🤔", "Swipe 👉 untuk lihat semuanya"),
)
FORMULAS = (
    "=SUM(kopi;susu) = bahagia ☕️",
    "+62 812-0000-0000 untuk pemesanan 📲",
    "- stok terbatas -",
    "@sahabat kamu wajib coba ini!",
    '=HYPERLINK("https://example.com";"klik")',
)
"""Captions that a spreadsheet would take for formulas."""

BODIES = (
    "Dibuat dari biji pilihan petani lokal,\ndipanggang setiap pagi, diantar hangat ke mejamu.",
    "Diskon 20% untuk pembelian kedua; berlaku s/d Minggu ini saja.\n\n📍 Jl. Braga No. 12, Bandung\n⏰ 08.00–21.00",
    'We asked, you answered: "more colours, please". So here they are, in five new shades, \'cause you asked nicely.',
    "Tag 3 teman dan menangkan hadiah 🎁\n1️⃣ Follow akun ini\n2️⃣ Like & save\n3️⃣ Komentar sebanyak-banyaknya",
    "Resep rahasia dari nenek; tidak dijual, hanya dibagikan.",
    "Bahan 100% katun, nyaman dipakai seharian, tersedia ukuran S–XXL.",
    "Our team spent three months in Sumba learning from the weavers. This is what they taught us. 🧵",
    "Cuaca hujan begini enaknya ngapain? Jawab di kolom komentar 👇",
    "限时优惠,满三百减五十。欢迎转发给朋友!",
    "خصم ٢٠٪ على جميع المنتجات حتى نهاية الأسبوع",
    "ลดราคาพิเศษ 20% เฉพาะสุดสัปดาห์นี้เท่านั้น 💕",
    "Terima kasih untuk 10.000 followers! 🙏❤️",
)
CLOSINGS = (
    *(
        "",
        "",
        "",
        "\n\nLink di bio 🔗",
        "\n\nOrder via WhatsApp, ya! 💬",
        "\n.\n.\n.",
        "\n\n📸 oleh @lensa.kota",
    ),
    *(
        "\n\nSee you there 👋🏽",
        "\n\nSave dulu, baca nanti 🔖",
        "\n\n(c) semua hak dilindungi; 'jangan' disalin",
    ),
)
LONG = "Ceritanya panjang. Kami mulai dari garasi kecil dengan satu mesin tua, dua orang, dan banyak sekali keberanian. 💪 "
"""Repeated, it makes the captions that nobody reads to the end."""

TAGS = (
    *(
        "kopi",
        "kopilokal",
        "kopisusu",
        "ngopi",
        "kuliner",
        "kulinerbandung",
        "jajanan",
        "makanenak",
        "foodie",
    ),
    *("ootd", "batik", "batikindonesia", "fashionlokal", "produklokal", "umkm", "umkmindonesia", "handmade"),
    *("travel", "explorebali", "jalanjalan", "wonderfulindonesia", "weekend", "promo", "diskon", "giveaway"),
    *(
        "skincare",
        "glowing",
        "beauty",
        "review",
        "bookstagram",
        "sunset",
        "love",
        "instagood",
        "photooftheday",
    ),
    *(
        "ramadan",
        "lebaran",
        "akhirpekan",
        "resep",
        "pedas",
        "sambal",
        "teh",
        "roti",
        "sarapan",
        "咖啡",
        "قهوة",
    ),
)

CITIES = (
    *(
        ("Jakarta", "Jakarta"),
        ("Surabaya", "East Java"),
        ("Bandung", "West Java"),
        ("Medan", "North Sumatra"),
    ),
    *(("Bekasi", "West Java"), ("Depok", "West Java"), ("Tangerang", "Banten"), ("Semarang", "Central Java")),
    *(
        ("Makassar", "South Sulawesi"),
        ("Palembang", "South Sumatra"),
        ("Denpasar", "Bali"),
        ("Malang", "East Java"),
    ),
    *(
        ("Yogyakarta", "Special Region of Yogyakarta"),
        ("Bogor", "West Java"),
        ("Balikpapan", "East Kalimantan"),
    ),
    *(
        ("Batam", "Riau Islands"),
        ("Pekanbaru", "Riau"),
        ("Padang", "West Sumatra"),
        ("Manado", "North Sulawesi"),
    ),
    *(("Surakarta", "Central Java"), ("Singapore", ""), ("Kuala Lumpur", "Kuala Lumpur"), ("Hong Kong", "")),
    *(("Jayapura", "Papua"), ("São Paulo", "São Paulo (state)"), ("New York", "New York")),
)
COUNTRIES = (
    *(
        "ID",
        "MY",
        "SG",
        "US",
        "AU",
        "JP",
        "IN",
        "TW",
        "HK",
        "SA",
        "AE",
        "NL",
        "GB",
        "DE",
        "BR",
        "TH",
        "PH",
        "KR",
    ),
    *("TR", "FR", "CN", "QA", "TL", "VN", "CA"),
)
GENDERS = ("F", "M", "U")
AGES = ("13-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65+")
OTHER_ZONES = (
    "Asia/Makassar",
    "America/New_York",
    "Asia/Jayapura",
    "Asia/Kolkata",
    "Europe/Berlin",
    "Asia/Tokyo",
)
