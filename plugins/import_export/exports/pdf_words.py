"""The words of the PDF, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from import_export.exports.report import Page, Ranking
from import_export.messages import Language

WORDS: Final[Mapping[str, Mapping[Language, str]]] = {
    "report": {"id": "Laporan Akun Instagram", "en": "Instagram Account Report"},
    "title": {"id": "Laporan {name}, {period}", "en": "Report on {name}, {period}"},
    "period": {"id": "Periode", "en": "Period"},
    "made": {"id": "Dibuat {when} ({zone})", "en": "Made {when} ({zone})"},
    "days": {"id": "{n} hari", "en": "{n} days"},
    "day": {"id": "1 hari", "en": "1 day"},
    "against": {
        "id": "Dibandingkan dengan periode sebelumnya, {period}.",
        "en": "Compared with the period before, {period}.",
    },
    "at_a_glance": {"id": "Sekilas", "en": "At a glance"},
    "contents": {"id": "Isi laporan", "en": "In this report"},
    "no_data": {
        "id": "Belum ada data untuk akun ini dalam periode ini. Begitu data terkumpul, laporan berikutnya akan menampilkannya.",
        "en": "There is no data of this account in this period yet. As soon as some is collected, the next report shows it.",
    },
    "has_problems": {
        "id": "Data akun ini sedang tidak dapat dikumpulkan; angka terbaru mungkin belum ada.",
        "en": "The data of this account cannot be collected at present; the newest numbers may be missing.",
    },
    "followers": {"id": "Followers", "en": "Followers"},
    "number_before": {"id": "sebelumnya {n}", "en": "before {n}"},
    "growth_rate": {"id": "Pertumbuhan followers", "en": "Follower growth"},
    "growth_now": {"id": "Pertumbuhan periode ini", "en": "Growth in this period"},
    "growth_before": {"id": "Pertumbuhan sebelumnya", "en": "Growth before"},
    "growth_difference": {"id": "Selisih", "en": "Difference"},
    "followers_days": {"id": "Followers per hari", "en": "Followers by day"},
    "reach": {"id": "Reach", "en": "Reach"},
    "impressions": {"id": "Impressions", "en": "Impressions"},
    "engagement": {"id": "Engagement", "en": "Engagement"},
    "engagement_rate": {"id": "Engagement rate", "en": "Engagement rate"},
    "engagement_about": {"id": "Like dan komentar yang bertambah", "en": "Likes and comments gained"},
    "reach_about": {"id": "Akun yang melihat konten", "en": "Accounts that saw content"},
    "impressions_about": {"id": "Berapa kali konten dilihat", "en": "How often content was seen"},
    "engagement_rate_about": {
        "id": "Engagement hari itu / followers hari itu",
        "en": "Engagement of the day / followers of the day",
    },
    "average_day": {"id": "rata-rata per hari", "en": "average a day"},
    "average_posts": {"id": "rata-rata per posting", "en": "average of posts"},
    "average": {"id": "Rata-rata", "en": "Average"},
    "this_period": {"id": "Periode ini", "en": "This period"},
    "period_before": {"id": "Periode sebelumnya", "en": "Period before"},
    "posts": {"id": "Posting", "en": "Posts"},
    "likes_average": {"id": "Rata-rata like", "en": "Average likes"},
    "comments_average": {"id": "Rata-rata komentar", "en": "Average comments"},
    "engagement_rate_average": {"id": "Rata-rata engagement rate", "en": "Average engagement rate"},
    "growth_section": {"id": "Pertumbuhan followers", "en": "Follower growth"},
    "performance": {"id": "Performa", "en": "Performance"},
    "audience": {"id": "Audiens", "en": "Audience"},
    "gender_age": {"id": "Jenis kelamin dan umur", "en": "Gender and age"},
    "online": {"id": "Kapan followers online", "en": "When followers are online"},
    "countries": {"id": "Negara teratas", "en": "Top countries"},
    "cities": {"id": "Kota teratas", "en": "Top cities"},
    "country": {"id": "Negara", "en": "Country"},
    "city": {"id": "Kota", "en": "City"},
    "share": {"id": "Persentase", "en": "Share"},
    "hashtags": {"id": "Hashtag", "en": "Hashtags"},
    "likes": {"id": "Like", "en": "Likes"},
    "comments": {"id": "Komentar", "en": "Comments"},
    "per_post": {"id": "Per posting", "en": "Per post"},
    "fewer": {"id": "sedikit", "en": "few"},
    "more": {"id": "banyak", "en": "many"},
    "none_chart": {
        "id": "Tidak ada angka untuk periode ini.",
        "en": "There are no numbers for this period.",
    },
    "best": {"id": "Terbaik", "en": "Best"},
    "worst": {"id": "Terendah", "en": "Lowest"},
    "no_caption": {"id": "Tanpa caption", "en": "No caption"},
    "open": {"id": "Buka di Instagram", "en": "Open on Instagram"},
    "open_short": {"id": "Buka", "en": "Open"},
    "post": {"id": "Posting", "en": "Post"},
    "posted": {"id": "Tanggal", "en": "Date"},
    "no_posts": {
        "id": "Tidak ada posting dengan angka ini dalam periode ini.",
        "en": "No post of this period has this number.",
    },
    "no_posts_at_all": {
        "id": "Tidak ada posting dalam periode ini, jadi belum ada yang bisa diperingkat.",
        "en": "There were no posts in this period, so there is nothing to rank yet.",
    },
    "no_worst": {
        "id": "Semua posting lain sudah ada di daftar terbaik.",
        "en": "All posts are among the best already.",
    },
    "ranked_by": {"id": "Menurut {what}", "en": "By {what}"},
    "overview": {"id": "Perbandingan", "en": "Comparison"},
    "side_by_side": {"id": "Berdampingan", "en": "Side by side"},
    "each_competitor": {"id": "Setiap kompetitor", "en": "Each competitor"},
    "account": {"id": "Akun", "en": "Account"},
    "no_competitors": {
        "id": "Belum ada kompetitor yang dipantau untuk akun ini.",
        "en": "No competitor is followed for this account yet.",
    },
    "best_post": {"id": "Posting terbaik", "en": "Best post"},
    "no_best": {"id": "Tidak ada posting dalam periode ini.", "en": "No posts in this period."},
    "top_hashtags": {"id": "Hashtag teratas", "en": "Top hashtags"},
    "no_hashtags": {"id": "Tidak ada hashtag.", "en": "No hashtags."},
    "first_of": {"id": "{n} teratas dari {all} akun", "en": "First {n} of {all} accounts"},
    "unknown": {"id": "Tidak diketahui", "en": "Unknown"},
    "female": {"id": "Perempuan", "en": "Female"},
    "male": {"id": "Laki-laki", "en": "Male"},
    "grew": {
        "id": "Followers naik {n} ({rate}) dari {first} ke {last}.",
        "en": "Followers rose by {n} ({rate}) from {first} to {last}.",
    },
    "shrank": {
        "id": "Followers turun {n} ({rate}) dari {first} ke {last}.",
        "en": "Followers fell by {n} ({rate}) from {first} to {last}.",
    },
    "stayed": {
        "id": "Followers tetap sama dari {first} ke {last}.",
        "en": "Followers stayed the same from {first} to {last}.",
    },
    "one_count": {"id": "Satu hari dengan data: {n}.", "en": "One day with data: {n}."},
    "best_day": {"id": "Kenaikan terbesar {day} (+{n}).", "en": "The largest gain was on {day} (+{n})."},
    "peak": {
        "id": "Tertinggi {high_day} ({high}), terendah {low_day} ({low}).",
        "en": "Highest on {high_day} ({high}), lowest on {low_day} ({low}).",
    },
    "gaps": {
        "id": "{n} dari {all} hari tanpa data.",
        "en": "No data on {n} of {all} days.",
    },
    "largest_group": {
        "id": "Kelompok terbesar: {gender} umur {age} ({share} dari followers yang diketahui).",
        "en": "The largest group: {gender}, aged {age} ({share} of the followers known).",
    },
    "gender_split": {"id": "Perempuan {f}, laki-laki {m}{u}.", "en": "Female {f}, male {m}{u}."},
    "best_hours": {
        "id": "Waktu terbaik untuk posting: {hours}, saat followers paling banyak online.",
        "en": "Best hours to post: {hours}, when most followers are online.",
    },
    "places": {
        "id": "{n} teratas mencakup {share} followers yang diketahui asalnya; terbanyak {first}.",
        "en": "The first {n} are {share} of the followers whose place is known; most are from {first}.",
    },
    "hashtag_aid": {
        "id": "{name} membawa engagement terbanyak ({n}); {per} yang terbanyak per posting ({m}).",
        "en": "{name} brought the most engagement ({n}); {per} the most per post ({m}).",
    },
    "bars": {
        "id": "Batang biru adalah akun ini. Angka di depan nama adalah urutannya.",
        "en": "The blue bar is this account. The number before a name is its place.",
    },
    "own_place": {
        "id": "@{name} berada di urutan {n} dari {all} menurut followers, dan {m} dari {known} menurut engagement rate.",
        "en": "@{name} is number {n} of {all} by followers, and {m} of {known} by engagement rate.",
    },
    "chart_alt": {
        "id": "Grafik {what} dari {first} sampai {last}. {aid}",
        "en": "Chart of {what} from {first} to {last}. {aid}",
    },
}
PAGES: Mapping[Page, Mapping[Language, str]] = {
    Page.STATISTIC: {"id": "Statistik", "en": "Statistics"},
    Page.TOP_POST: {"id": "Top Post", "en": "Top Posts"},
    Page.COMPETITOR: {"id": "Kompetitor", "en": "Competitors"},
}
ABOUT: Mapping[Page, Mapping[Language, str]] = {
    Page.STATISTIC: {
        "id": "Pertumbuhan, performa, dan audiens",
        "en": "Growth, performance, and audience",
    },
    Page.TOP_POST: {
        "id": "Posting terbaik dan terendah menurut enam ukuran",
        "en": "Best and lowest posts by six measures",
    },
    Page.COMPETITOR: {
        "id": "Kompetitor dibandingkan dengan akun ini",
        "en": "Competitors compared with this account",
    },
}
RANKINGS: Mapping[Ranking, Mapping[Language, str]] = {
    Ranking.ENGAGEMENT: {"id": "Engagement", "en": "Engagement"},
    Ranking.ENGAGEMENT_RATE: {"id": "Engagement rate", "en": "Engagement rate"},
    Ranking.REACH: {"id": "Reach", "en": "Reach"},
    Ranking.SAVED: {"id": "Saved", "en": "Saved"},
    Ranking.LIKES: {"id": "Like", "en": "Likes"},
    Ranking.COMMENTS: {"id": "Komentar", "en": "Comments"},
}


def say(word: str, language: Language, **values: object) -> str:
    """A sentence with its values."""
    return WORDS[word][language].format(**values)
