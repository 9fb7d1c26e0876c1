"""Account reports for tests: believable numbers, many scripts and emoji, gaps; the same for the same arguments."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from import_export.exports.numbers import mean, mean_rate, rate, ratio
from import_export.exports.periods import Period
from import_export.exports.report import (
    RANKED,
    Account,
    AccountReport,
    AgeGroup,
    Change,
    Day,
    Hashtag,
    Media,
    Place,
    PublicNumbers,
    Ranked,
    Ranking,
)

ZONE = ZoneInfo("Asia/Jakarta")
UNTIL = date(2022, 10, 24)
NOTHING = Change(None, None)
CAPTIONS = (
    "Selamat pagi, Jakarta! ☀️ Kopi susu gula aren kembali hadir minggu ini.\n\nTag teman ngopimu 👇\n#kopi #jakarta",
    "New season, same love 💛 Our autumn collection is in stores now. Which colour is yours?\n#newin #ootd",
    "👩‍👩‍👧‍👦 Keluarga besar kami bertambah! 🇮🇩🇯🇵 Terima kasih 🙏🏽 untuk semua yang datang ke pembukaan toko Bandung ❤️‍🔥",
    "Diskon s.d. 50% — hanya hari ini! Rp 149.000 → Rp 74.500 ‼️ Kode: HEMAT*50_",
    "今日のコーヒーはエチオピア産です☕️ 週末のご来店をお待ちしています。新しい豆も入荷しました！",
    "新店开业啦！欢迎来我们位于雅加达的门店，品尝手冲咖啡和新鲜蛋糕。繁體中文也可以：歡迎光臨",
    "오늘의 커피를 만나보세요 ✨ 주말 한정 메뉴가 준비되어 있습니다 #커피 #카페",
    "رمضان كريم 🌙 عروض خاصة طوال الشهر الكريم، زورونا في متجرنا الجديد وشاركونا صوركم",
    "กาแฟแก้วใหม่พร้อมเสิร์ฟแล้ววันนี้ แวะมาชิมกันได้ที่ร้านทุกสาขา ☕️ น้ำผึ้งป่าแท้จากเชียงใหม่",
    "Tết này uống gì? Cà phê sữa đá truyền thống với hương vị đậm đà – ưu đãi đặc biệt cho bạn bè!",
    "नमस्ते भारत! हमारी नई कॉफ़ी अब आपके शहर में उपलब्ध है।",
    "Behind the scenes 🎬 Satu hari bersama barista kami: dari biji sampai cangkir.\n.\n.\n.\n#barista #kopilokal",
    "𝓗𝓪𝓹𝓹𝔂 𝗪𝗲𝗲𝗸𝗲𝗻𝗱 ♡ ★ ✦ giveaway time: follow, like, dan mention 3 teman!",
    None,
)
"""Captions as people write them; the last post has none."""
HASHTAGS = (
    "#kopi", "#jakarta", "#ootd", "#kopilokal", "#barista",
    "#newin", "#커피", "#コーヒー", "#ngopi", "#promo",
)  # fmt: skip
CITIES = (
    ("Jakarta", "Jakarta"), ("Surabaya", "East Java"), ("Bandung", "West Java"), ("Bekasi", "West Java"),
    ("Medan", "North Sumatra"), ("Yogyakarta", "Special Region of Yogyakarta"), ("Semarang", "Central Java"),
    ("Tangerang", "Banten"), ("Makassar", "South Sulawesi"), ("Denpasar", "Bali"), ("Malang", "East Java"),
    ("Palembang", "South Sumatra"), ("Singapore", "Singapore"), ("Kuala Lumpur", "Kuala Lumpur"),
)  # fmt: skip
COUNTRIES = ("ID", "MY", "SG", "JP", "US", "AU", "NL", "TW", "KR", "SA", "TH", "VN")
AGES = ("13-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65+")
_RANKED_BY: dict[Ranking, Callable[[Media], float | None]] = {
    Ranking.ENGAGEMENT: lambda post: post.engagement,
    Ranking.ENGAGEMENT_RATE: lambda post: post.engagement_rate,
    Ranking.REACH: lambda post: post.reach,
    Ranking.SAVED: lambda post: post.saved,
    Ranking.LIKES: lambda post: post.likes,
    Ranking.COMMENTS: lambda post: post.comments,
}


def sample_account(
    username: str = "kopi.nusantara",
    name: str | None = "Kopi Nusantara ☕️",
    biography: str
    | None = "Kopi lokal, rasa dunia 🌏\nBuka tiap hari 07.00–22.00 · Jakarta · Bandung · 東京",
    website: str | None = "https://kopinusantara.example/menu",
    newest: date | None = UNTIL,
) -> Account:
    """A believable account, or any other."""
    return Account(
        "1784140" + str(sum(username.encode())), username, name, biography, website, None, ZONE, newest
    )


def sample_report(
    days: int = 28,
    posts: int = 40,
    competitors: int = 5,
    *,
    empty: bool = False,
    seed: int = 1,
    gaps: bool = True,
    account: Account | None = None,
    captions: Sequence[str | None] = CAPTIONS,
) -> AccountReport:
    """A report; with `empty` nothing is known at all, without `gaps` nothing is missing."""
    chance = random.Random(seed)
    account = account or sample_account()
    period = Period(UNTIL - timedelta(days=days - 1), UNTIL)
    if empty:
        return _empty(replace(account, newest=None), period)
    every = _days(chance, period.before, 48_000, gaps=False) + _days(chance, period, 51_000, gaps=gaps)
    before, now = every[:days], every[days:]
    media = _media(chance, period, posts, 51_000, captions, gaps)
    ages = tuple(AgeGroup(age, *_people(chance, number)) for number, age in enumerate(AGES))
    own = _public(chance, account, 51_000, media, now, before)
    return AccountReport(
        account=account,
        period=period,
        made_at=datetime(2022, 10, 25, 2, 0, 5),
        days=now,
        days_before=before,
        followers_growth_rate=own.followers_growth_rate,
        reach_average=_means(now, before, lambda day: day.reach),
        impressions_average=_means(now, before, lambda day: day.impressions),
        engagement_average=_means(now, before, lambda day: day.engagement),
        engagement_rate_average=own.engagement_rate_average,
        likes_average=own.likes_average,
        comments_average=own.comments_average,
        posts=own.posts,
        ages=ages,
        genders={
            "F": sum(each.female or 0 for each in ages),
            "M": sum(each.male or 0 for each in ages),
            "U": sum(each.unknown or 0 for each in ages),
        },
        online=_online(chance, gaps),
        countries=_places([(code, "") for code in COUNTRIES], 30_000),
        cities=_places(list(CITIES), 9_000),
        hashtags=_hashtags(chance, 10),
        rankings={ranking: _ranked(media, by) for ranking, by in _RANKED_BY.items()},
        own=own,
        competitors=tuple(_competitor(chance, period, number) for number in range(competitors)),
    )


def _empty(account: Account, period: Period) -> AccountReport:
    own = PublicNumbers(account, *(NOTHING,) * 2, Change(0, 0), *(NOTHING,) * 3, None, ())
    return AccountReport(
        account, period, datetime(2022, 10, 25, 2, 0, 5),
        tuple(Day(day) for day in period.all_days()), tuple(Day(day) for day in period.before.all_days()),
        *(NOTHING,) * 7, Change(0, 0), (), {}, (), (), (), (), {each: Ranked((), ()) for each in Ranking}, own, (),
    )  # fmt: skip


def _days(chance: random.Random, period: Period, followers: int, *, gaps: bool) -> tuple[Day, ...]:
    found, growth_before = [], 0
    for number, day in enumerate(period.all_days()):
        weekend = 1.25 if day.weekday() >= 5 else 1.0
        growth = round(chance.gauss(60, 45) * weekend)
        followers += growth
        reach = round(followers * chance.uniform(0.08, 0.14) * weekend)
        engagement = round(followers * chance.uniform(0.006, 0.02) * weekend)
        full = Day(
            day, followers, 312, 1_200 + number, growth if number else growth_before, 1, reach,
            round(reach * chance.uniform(1.2, 1.7)), engagement, rate(engagement, followers),
        )  # fmt: skip
        if gaps and number % 9 == 5:
            full = Day(day)
        elif gaps and number % 9 == 7:
            full = replace(full, reach=None, engagement=None, engagement_rate=None)
        found.append(full)
    return tuple(found)


def _media(
    chance: random.Random,
    period: Period,
    posts: int,
    followers: int,
    captions: Sequence[str | None],
    gaps: bool,
) -> tuple[Media, ...]:
    found = []
    for number in range(posts):
        day = period.start + timedelta(days=number * period.days // posts)
        likes, comments = round(chance.lognormvariate(6.5, 0.7)), round(chance.lognormvariate(3.2, 0.9))
        reach = round(likes * chance.uniform(5, 9))
        caption = captions[number % len(captions)]
        missing = gaps and number % 13 == 7
        found.append(
            Media(
                id=f"179{number:012d}",
                posted_at=datetime.combine(day, time(chance.randint(7, 21), chance.choice((0, 15, 30, 42)))),
                media_type=("IMAGE", "VIDEO", "CAROUSEL_ALBUM")[number % 3],
                caption=caption,
                permalink=f"https://www.instagram.com/p/C{number:05d}abc/",
                likes=likes,
                comments=None if missing else comments,
                reach=None if missing else reach,
                impressions=round(reach * 1.3),
                saved=None if missing else round(reach * 0.013),
                hashtags=" ".join(word for word in (caption or "").split() if word.startswith("#")) or None,
                engagement=None if missing else likes + comments,
                engagement_rate=None if missing else rate(likes + comments, followers),
            )
        )
    return tuple(found)


def _ranked(media: Sequence[Media], by: Callable[[Media], float | None]) -> Ranked:
    known = [post for post in media if by(post) is not None]
    known.sort(key=lambda post: (-(by(post) or 0), post.id))
    best = known[:RANKED]
    return Ranked(tuple(best), tuple(reversed(known[len(best) :][-RANKED:])))


def _public(
    chance: random.Random,
    account: Account,
    followers: int,
    media: Sequence[Media],
    now: Sequence[Day],
    before: Sequence[Day],
) -> PublicNumbers:
    rates = [post.engagement_rate for post in media if post.engagement_rate is not None]
    likes = mean([post.likes for post in media if post.likes is not None])
    comments = mean([post.comments for post in media if post.comments is not None])
    average = mean_rate(rates)

    def earlier(value: float | None, decimals: int) -> Change:
        return Change(value, None if value is None else round(value * chance.uniform(0.7, 1.3), decimals))

    return PublicNumbers(
        account=account,
        followers=Change(_last(now), _last(before)),
        followers_growth_rate=Change(_growth(now), _growth(before)),
        posts=Change(len(media), max(0, len(media) + chance.randint(-6, 6))),
        likes_average=earlier(likes, 2),
        comments_average=earlier(comments, 2),
        engagement_rate_average=earlier(average, 4),
        best=max(media, key=lambda post: post.engagement or 0, default=None),
        hashtags=_hashtags(chance, 5),
    )


def _competitor(chance: random.Random, period: Period, number: int) -> PublicNumbers:
    names = ("Kedai Senja 🌅", "星咖啡 Star Coffee", "Cà Phê Việt", "قهوة الصباح", "Toko Kue Bu Ani", None)
    account = sample_account(f"kompetitor_{number + 1:02d}", names[number % len(names)], None, None)
    followers = round(180_000 / (number + 1))
    days = _days(chance, period, followers, gaps=False)
    before = _days(chance, period.before, round(followers * 0.97), gaps=False)
    known = _media(chance, period, chance.randint(4, 20), followers, CAPTIONS, gaps=False)
    # As the service tells them: of a competitor only what everybody can see.
    media = [replace(post, reach=None, impressions=None, saved=None) for post in known]
    return _public(chance, account, followers, media, days, before)


def _last(days: Sequence[Day]) -> float | None:
    return next((day.followers for day in reversed(days) if day.followers is not None), None)


def _growth(days: Sequence[Day]) -> float | None:
    known = [day.followers for day in days if day.followers is not None]
    return rate(known[-1] - known[0], known[0]) if known else None


def _means(now: Sequence[Day], before: Sequence[Day], of: Callable[[Day], int | None]) -> Change:
    def average(days: Sequence[Day]) -> float | None:
        return mean([value for day in days if (value := of(day)) is not None])

    return Change(average(now), average(before))


def _people(chance: random.Random, number: int) -> tuple[int, int, int]:
    size = (900, 11_000, 14_500, 5_200, 1_900, 700, 300)[number]
    return tuple(round(size * part * chance.uniform(0.9, 1.1)) for part in (0.58, 0.38, 0.04))  # type: ignore[return-value]


def _online(chance: random.Random, gaps: bool) -> tuple[tuple[float | None, ...], ...]:
    def followers(weekday: int, hour: int) -> float | None:
        if gaps and weekday == 2 and hour in {3, 4}:
            return None
        evening = math.exp(-((hour - 19.5) ** 2) / 9) + 0.6 * math.exp(-((hour - 11.5) ** 2) / 6)
        return round(
            (3_000 + 14_000 * evening * (1.1 if weekday < 5 else 0.9)) * chance.uniform(0.94, 1.06), 2
        )

    return tuple(tuple(followers(weekday, hour) for hour in range(24)) for weekday in range(7))


def _places(names: Sequence[tuple[str, str]], largest: int) -> tuple[Place, ...]:
    sizes = [round(largest / (number + 1) ** 1.3) for number in range(len(names))]
    return tuple(
        Place(name, size, rate(size, sum(sizes)), province)
        for (name, province), size in zip(names, sizes, strict=True)
    )


def _hashtags(chance: random.Random, count: int) -> tuple[Hashtag, ...]:
    found = []
    for name in chance.sample(HASHTAGS, count):
        posts, likes = chance.randint(1, 12), chance.randint(500, 9_000)
        comments = likes // 30
        found.append(
            Hashtag(name, posts, likes, comments, likes + comments, ratio(likes + comments, posts, 2))
        )
    return tuple(sorted(found, key=lambda each: (-(each.engagement or 0), each.hashtag)))
