"""The PDF report as a reader and a reading machine see it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from import_export.exports.pdf import pdf
from import_export.exports.report import Page
from import_export.messages import Language
from tests.sample_reports import NOTHING, sample_account, sample_report
from tests.unit.pdf_reading import fonts_of, links_of, opened, squeezed, tags_of, text_of, titles_of

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def indonesian() -> PdfReader:
    return opened(sample_report(), "id")


@pytest.fixture(scope="module")
def english() -> PdfReader:
    return opened(sample_report(), "en")


@pytest.fixture(params=["id", "en"])
def document(request: pytest.FixtureRequest, indonesian: PdfReader, english: PdfReader) -> PdfReader:
    return indonesian if request.param == "id" else english


def test_the_cover_tells_account_period_and_when_it_was_made(indonesian: PdfReader) -> None:
    cover = indonesian.pages[0].extract_text()
    assert "Kopi Nusantara" in cover
    assert "@kopi.nusantara" in cover
    assert "27 September 2022 – 24 Oktober 2022" in cover
    assert "30 Agustus 2022 – 26 September 2022" in cover
    assert "Dibuat 25 Oktober 2022, 02.00 (Asia/Jakarta)" in cover
    assert "KN" in cover.split(), "initials stand for the picture"


def test_all_words_are_in_the_readers_language(indonesian: PdfReader, english: PdfReader) -> None:
    for document, words, others in (
        (indonesian, ("Pertumbuhan followers", "Terbaik", "Kota teratas"), ("Follower growth", "Lowest")),
        (english, ("Follower growth", "Best", "Top cities"), ("Pertumbuhan", "Terendah")),
    ):
        text = text_of(document)
        assert all(word in text for word in words)
        assert not any(word in text for word in others)


def test_numbers_are_those_of_the_report_in_both_ways_of_writing(
    indonesian: PdfReader, english: PdfReader
) -> None:
    report = sample_report()
    followers, growth = report.own.followers.now, report.followers_growth_rate.now
    assert followers is not None
    assert growth is not None
    best = report.rankings[next(iter(report.rankings))].best[0]
    expected = {
        f"{followers:,.0f}",
        f"{growth:.2f}%",
        f"{round(report.reach_average.now or 0):,}",
        f"{best.engagement:,}",
        f"{best.reach:,}",
        f"{report.countries[0].followers:,}",
        f"{report.competitors[0].followers.now:,.0f}",
        f"{report.competitors[2].engagement_rate_average.now:.2f}%",
    }
    text, swap = text_of(english), str.maketrans(",.", ".,")
    assert [each for each in expected if each not in text] == []
    text = text_of(indonesian)
    assert [each for each in expected if each.translate(swap) not in text] == []


def test_every_chart_has_a_sentence_that_says_what_it_shows(english: PdfReader) -> None:
    text = squeezed(text_of(english))
    for sentence in (
        "Followers rose by 2,040 (3.99%) from 27 September to 24 October 2022.",
        "Highest on Saturday, 15 October (8,679), lowest on Friday, 30 September (4,154).",
        "No data on 6 of 28 days.",
        "Best hours to post: Mon 19:00–21:00, Tue 19:00–21:00, Fri 19:00–21:00",
        "@kopi.nusantara is number 4 of 6 by followers, and 2 of 6 by engagement rate.",
        "The blue bar is this account.",
    ):
        assert squeezed(sentence) in text


def test_pages_are_a4_and_numbered(document: PdfReader) -> None:
    for number, page in enumerate(document.pages, 1):
        assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)
        assert f"{number} / {len(document.pages)}" in page.extract_text()


def test_no_page_is_wasted(document: PdfReader) -> None:
    starts = [
        document.get_destination_page_number(each) for each in document.outline if not isinstance(each, list)
    ]
    assert starts == [1, 4, 7], "a cover, three pages of statistics, and two rankings on each page"
    assert len(document.pages) == 9


def test_title_and_author_are_told(indonesian: PdfReader) -> None:
    assert indonesian.metadata is not None
    assert indonesian.metadata.title == "Laporan @kopi.nusantara, 27 September 2022 – 24 Oktober 2022"
    assert indonesian.metadata.author == "@kopi.nusantara"
    assert indonesian.trailer["/Root"]["/ViewerPreferences"]["/DisplayDocTitle"].value is True


@pytest.mark.parametrize("language", ["id", "en"])
def test_reading_machines_get_tags_and_a_language(
    language: Language, indonesian: PdfReader, english: PdfReader
) -> None:
    document = indonesian if language == "id" else english
    root = document.trailer["/Root"]
    assert root["/Lang"] == language
    assert root["/MarkInfo"]["/Marked"].value is True
    kinds = [each["/S"] for each in tags_of(document)]
    assert {"/H1", "/H2", "/H3", "/Table", "/TH", "/TD", "/Figure", "/Link"} <= set(kinds)
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()


def test_every_chart_has_an_alternative_text(document: PdfReader) -> None:
    figures = [each for each in tags_of(document) if each["/S"] == "/Figure"]
    assert len(figures) >= 7
    assert all(str(each.get("/Alt", "")) for each in figures)


def test_bookmarks_lead_to_the_parts(english: PdfReader) -> None:
    titles = titles_of(english)
    assert [each for each in titles if each in {"Statistics", "Top Posts", "Competitors"}] == [
        "Statistics",
        "Top Posts",
        "Competitors",
    ]
    assert {"Audience", "By engagement", "Side by side"} <= set(titles)


def test_charts_are_vectors_and_fonts_are_inside(document: PdfReader) -> None:
    for page in document.pages:
        kinds = {each.get_object()["/Subtype"] for each in page["/Resources"].get("/XObject", {}).values()}
        assert "/Image" not in kinds
    assert fonts_of(document)
    for font in fonts_of(document).values():
        assert "/ToUnicode" in font, "its text can be copied"
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert "/FontFile2" in descriptor


def test_links_open_posts_and_the_website(document: PdfReader) -> None:
    links = links_of(document)
    assert "https://kopinusantara.example/menu" in links
    assert any(each.startswith("https://www.instagram.com/p/") for each in links)


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "file:///etc/passwd", "ftp://a.example/b", "//a.example", "https://[", ""]
)
def test_only_addresses_of_the_web_can_be_clicked(link: str) -> None:
    report = sample_report(posts=1, competitors=0, account=sample_account(website=link))
    posts = {
        key: replace(each, best=tuple(replace(post, permalink=link) for post in each.best))
        for key, each in report.rankings.items()
    }
    own = replace(report.own, best=None)
    assert links_of(opened(replace(report, rankings=posts, own=own), pages=[Page.TOP_POST])) == []


def test_the_same_data_gives_the_same_bytes_in_other_processes_and_after_a_fork() -> None:
    program = (
        "import hashlib, os, sys\n"
        "from import_export.exports.pdf import pdf\n"
        "from import_export.exports.report import Page\n"
        "from tests.sample_reports import sample_report\n"
        "made = lambda: print(hashlib.sha256(pdf(sample_report(), list(Page), 'id')).hexdigest(), flush=True)\n"
        "made()\n"
        "child = os.fork()\n"
        "made() if child == 0 else sys.exit(os.waitpid(child, 0)[1])\n"
    )
    path = f"{REPOSITORY / 'plugins'}:{REPOSITORY}"
    environment = {"PYTHONPATH": path, "TZ": "America/New_York", "PYTHONHASHSEED": "7"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd="/", check=True, capture_output=True, text=True
    )
    first, second = (pdf(sample_report(), list(Page), "id") for _ in range(2))
    assert first == second
    assert done.stdout.split() == [hashlib.sha256(first).hexdigest()] * 2


def test_threads_make_reports_at_once() -> None:
    made: dict[int, bytes] = {}

    def make(number: int) -> None:
        made[number] = pdf(sample_report(posts=5, seed=number % 2), [Page.TOP_POST], "id")

    threads = [threading.Thread(target=make, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert made[0] == made[2]
    assert made[1] == made[3]


def test_only_the_pages_asked_for_are_there_and_in_the_reports_order() -> None:
    document = opened(sample_report(posts=4), "en", [Page.COMPETITOR, Page.TOP_POST])
    parts = [each for each in titles_of(document) if each in {"Statistics", "Top Posts", "Competitors"}]
    assert parts == ["Top Posts", "Competitors"]


def test_an_account_without_data_gets_notes_instead_of_charts() -> None:
    document = opened(sample_report(empty=True), "en")
    text = squeezed(text_of(document))
    assert squeezed("There is no data of this account in this period yet.") in text
    assert squeezed("No competitor is followed for this account yet.") in text
    assert len(document.pages) == 2
    assert not [each for each in tags_of(document) if each["/S"] == "/Figure"]


def test_a_missing_number_is_a_dash_and_never_0() -> None:
    report = replace(sample_report(posts=2), reach_average=NOTHING, impressions_average=NOTHING)
    cover = opened(report, "en", [Page.STATISTIC]).pages[0].extract_text()
    reach = cover[cover.index("Reach") :].split()
    assert reach[1] == "–"


@pytest.mark.parametrize(("days", "posts"), [(1, 1), (7, 3), (60, 40), (1826, 200)])
def test_any_period_makes_a_report(days: int, posts: int) -> None:
    document = opened(sample_report(days=days, posts=posts, competitors=0), "en")
    last = len(document.pages)
    assert f"{last} / {last}" in document.pages[-1].extract_text()
    assert "No competitor is followed" in document.pages[-1].extract_text()


def test_each_of_fifty_competitors_is_told_and_the_tables_head_is_repeated() -> None:
    document = opened(sample_report(posts=5, competitors=50), "en", [Page.COMPETITOR])
    text = text_of(document)
    assert [number for number in range(50) if text.count(f"kompetitor_{number + 1:02d}") < 2] == []
    assert squeezed(text).count("AccountFollowersFollowergrowth") >= 2
    assert text.count("First 10 of 51 accounts") == 4


def test_an_account_that_cannot_be_collected_says_so_on_the_cover() -> None:
    report = sample_report(posts=1, account=replace(sample_account(), has_problems=True))
    cover = opened(report, "en", []).pages[0].extract_text()
    assert squeezed("The data of this account cannot be collected at present") in squeezed(cover)


def test_competitors_posts_are_told_with_public_numbers_only() -> None:
    report = sample_report(posts=1, competitors=1)
    best = report.competitors[0].best
    assert best is not None
    told = replace(report.competitors[0], best=replace(best, reach=987_654, saved=876_543))
    text = text_of(opened(replace(report, competitors=(told,)), "en", [Page.COMPETITOR]))
    assert "987,654" not in text
    assert "876,543" not in text


def test_the_moment_when_it_was_made_is_the_reports_own() -> None:
    report = replace(sample_report(posts=1), made_at=datetime(2023, 2, 3, 4, 5))
    metadata = opened(report, "id", []).metadata
    assert metadata is not None
    assert metadata.creation_date is not None
    assert metadata.creation_date.astimezone(report.account.zone).replace(tzinfo=None) == report.made_at
