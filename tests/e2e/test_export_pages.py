"""The exports page in a real browser, on a real Airflow: from an account's numbers to the downloaded file."""

import csv
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Download, Locator, Page, expect
from pypdf import PdfReader

from import_export.web.rendering import grouped, shown_number
from tests.e2e.browser import IMPORTED, Api, Visits, chromium
from tests.e2e.browser import api as api
from tests.e2e.browser import visit as visit
from tests.e2e.conftest import TROUBLED, Stack

__all__ = ["api", "chromium", "visit"]

CAPTION = "<script>alert(1)</script> {{7*7}} =cmd()|x"
NAME = "<img src=x onerror=alert(1)> & Co."


@pytest.fixture(scope="module")
def names(exporting: Stack, api: Api) -> list[str]:
    """The usernames of the accounts that can be exported; the first has a hostile name and captions."""
    found = [each for each in api.call("GET", "/accounts") if each["id"] != TROUBLED]
    statistics = exporting.database.sibling(f"{exporting.database.name}_statistics")
    with statistics.session() as session, session.transaction():
        session.execute("UPDATE `user` SET name = %s WHERE id = %s", (NAME, found[0]["id"]))
        session.execute("UPDATE media SET caption = %s WHERE user_id = %s", (CAPTION, found[0]["id"]))
    return [str(each["username"]) for each in found]


def account(page: Page, username: str) -> Locator:
    return page.locator("#accounts li").filter(has_text=f"@{username}").get_by_role("checkbox")


def only(page: Page, username: str) -> None:
    """Choose one account, and no other."""
    for box in page.locator("#accounts input:checked").all():
        box.uncheck()
    account(page, username).check()
    expect(page.locator("#preview h2")).to_contain_text(f"@{username}")


def press(page: Page) -> None:
    page.get_by_role("button", name="Export", exact=True).click()


def downloaded(page: Page) -> Download:
    with page.expect_download() as waiting:
        press(page)
    return waiting.value


def rows_of(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def test_the_preview_tells_the_numbers_of_the_rest_api(visit: Visits, api: Api, names: list[str]) -> None:
    page = visit("/exports")
    only(page, names[1])
    page.get_by_label("7 days").check()
    expect(page.locator("#preview")).to_contain_text("24 Jun 2026 – 30 Jun 2026")
    expect(page.locator("#preview")).to_contain_text("Compared with 17 Jun 2026 – 23 Jun 2026")
    base = f"/accounts/{names[1]}"
    growth = api.call("GET", f"{base}/user-data/summary", params={"date_frame": 7})
    reach = api.call("GET", f"{base}/insights/reach/average/summary", params={"date_frame": 7})
    averages = api.call("GET", f"{base}/media/engagement/average/summary", params={"date_frame": 7})
    cards = {
        card.locator(".label").inner_text(): card.locator("strong").inner_text()
        for card in page.locator(".number-card").all()
    }
    assert cards["Followers"] == grouped(growth["followers"], "en")
    assert cards["Follower growth rate"] == f"{shown_number(growth['followers_growth_rate'], 'en', 2)} %"
    assert cards["Reach a day"] == shown_number(reach["average"], "en")
    assert cards["Engagement rate"] == f"{shown_number(averages['engagement_rate_average'], 'en', 2)} %"
    assert cards["Posts"] == str(averages["posts"])
    drawn = page.evaluate(
        "() => [...document.querySelectorAll('#preview canvas')].map((each) => Boolean(window.Chart?.getChart(each)))"
    )
    assert drawn == [True] * 5


def test_one_csv_of_one_account_is_downloaded_at_once(visit: Visits, api: Api, names: list[str]) -> None:
    page = visit("/exports")
    only(page, names[0])
    page.get_by_label("CSV").check()
    page.get_by_label("Language of the files").select_option("Bahasa Indonesia")
    download = downloaded(page)
    assert download.suggested_filename == "Data Performa Konten Tanggal 3 Juni 2026 - 30 Juni 2026.csv"
    header, *rows = rows_of(download.path())
    assert header[:4] == ["Tanggal dan Jam Posting", "Caption", "Link ke Instagram", "Tipe Konten"]
    posts = api.call("GET", f"/accounts/{names[0]}/media", params={"date_frame": 28})
    assert [int(row[4]) if row[4] else None for row in rows] == [post["likes"] for post in posts]
    assert {row[1] for row in rows} == {CAPTION}
    expect(page.locator("#export-told")).to_have_text(f"Downloaded: {download.suggested_filename}")


def test_a_workbook_and_a_report_are_downloaded_at_once(visit: Visits, names: list[str]) -> None:
    page = visit("/exports")
    only(page, names[1])
    page.get_by_label("Excel").check()
    download = downloaded(page)
    assert download.suggested_filename == f"Data @{names[1]} 3 June 2026 - 30 June 2026.xlsx"
    assert (
        openpyxl.load_workbook(io.BytesIO(download.path().read_bytes())).sheetnames[0]
        == "Account Performance"
    )
    page.get_by_label("Excel").uncheck()
    page.get_by_label("PDF").check()
    page.get_by_label("Competitors").uncheck()
    download = downloaded(page)
    assert download.suggested_filename == f"Report @{names[1]} 3 June 2026 - 30 June 2026.pdf"
    text = "".join(sheet.extract_text() for sheet in PdfReader(download.path()).pages)
    assert "Top Posts" in text
    assert "Side by side" not in text


def test_several_accounts_are_a_run_that_is_watched_and_its_files_one_zip(
    visit: Visits, names: list[str]
) -> None:
    page = visit("/exports")
    page.get_by_label("All accounts (4)").check()
    expect(page.locator("#chosen-count")).to_have_text("4 chosen")
    expect(page.locator("#each-period")).to_have_text("Each account has its own: its last 28 days with data.")
    page.get_by_label("CSV").check()
    page.get_by_label("Countries").check()
    page.get_by_label("PDF").check()
    press(page)
    made = page.locator("#export-one")
    expect(made).to_contain_text("ready, with errors", timeout=IMPORTED)
    # One account has no number that can be exported; it is told, and the others are there.
    expect(made).to_contain_text("the period must lie between")
    expect(made.get_by_role("link", name="Download all")).to_be_visible()
    expect(page.locator("#export-list tbody tr").first).to_contain_text("all accounts (4)")
    expect(page.locator("#export-list tbody tr").first).to_contain_text("CSV (Media, Countries), PDF")
    with page.expect_download() as waiting:
        made.get_by_role("link", name="Download all").click()
    with zipfile.ZipFile(waiting.value.path()) as archive:
        assert archive.testzip() is None
        inside = archive.namelist()
    for name in names:
        assert {each.rpartition(".")[2] for each in inside if each.startswith(f"@{name}/")} == {"csv", "pdf"}
    assert len(inside) == 3 * len(names)


def test_one_file_of_an_earlier_export_is_downloaded_from_its_own_page(
    visit: Visits, api: Api, names: list[str]
) -> None:
    body = {"accounts": [names[0], names[2]], "formats": ["xlsx"], "language": "id"}
    export_id = api.call("POST", "/exports", json=body)["id"]
    page = visit(f"/exports/{export_id}")
    expect(page.locator("#export-one .state")).to_contain_text("ready", timeout=IMPORTED)
    expect(page.locator("#export-one")).to_contain_text("2 accounts")
    expect(page.locator("#export-one")).to_contain_text("3 Jun 2026 – 30 Jun 2026")
    link = page.get_by_role("link", name=f"Data @{names[2]}")
    with page.expect_download() as waiting:
        link.click()
    assert waiting.value.suggested_filename == f"Data @{names[2]} Tanggal 3 Juni 2026 - 30 Juni 2026.xlsx"
    expect(page.get_by_role("link", name="Airflow")).to_have_attribute(
        "href", f"/dags/export_statistics/runs/{export_id}"
    )


def test_days_of_ones_own_are_chosen_in_a_calendar(visit: Visits, names: list[str]) -> None:
    page = visit("/exports")
    only(page, names[1])
    page.get_by_label("Choose days").check()
    page.get_by_label("From").fill("2026-06-20")
    page.get_by_label("To", exact=True).fill("2026-06-10")
    expect(page.get_by_role("alert")).to_have_text("The last day lies before the first.")
    page.get_by_label("To", exact=True).fill("2026-06-21")
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(page.locator("#preview")).to_contain_text("20 Jun 2026 – 21 Jun 2026")
    page.get_by_label("CSV").check()
    page.get_by_label("Media").uncheck()
    page.get_by_label("Profile").check()
    download = downloaded(page)
    assert download.suggested_filename == "Account Performance 20 June 2026 - 21 June 2026.csv"
    assert [row[0] for row in rows_of(download.path())[1:]] == ["21-06-2026", "20-06-2026"]


def test_what_is_missing_is_told_before_anything_is_started(
    visit: Visits, api: Api, names: list[str]
) -> None:
    before = api.call("GET", "/exports")
    page = visit("/exports")
    only(page, names[0])
    alert = page.get_by_role("alert")
    press(page)
    expect(alert).to_have_text("Choose at least one kind of file.")
    page.get_by_label("CSV").check()
    page.get_by_label("Media").uncheck()
    press(page)
    expect(alert).to_have_text("Choose at least one content of the CSV files.")
    page.get_by_label("PDF").check()
    page.get_by_label("Media").check()
    for each in ("Competitors", "Statistics", "Top posts"):
        page.get_by_label(each).uncheck()
    press(page)
    expect(alert).to_have_text("Choose at least one page of the PDF.")
    account(page, names[0]).uncheck()
    expect(page.locator("#preview")).to_have_text("Choose an account to see its numbers.")
    press(page)
    expect(alert).to_have_text("Choose at least one account.")
    assert api.call("GET", "/exports") == before


def test_accounts_are_found_by_their_names(visit: Visits, names: list[str]) -> None:
    page = visit("/exports")
    search = page.get_by_label("Search accounts")
    search.fill(f"@{names[1].upper()}")
    expect(page.locator("#accounts li:visible")).to_have_count(1)
    search.fill("no such account")
    expect(page.get_by_text("No account fits.")).to_be_visible()
    search.fill("& co.")
    expect(page.locator("#accounts li:visible")).to_contain_text([NAME])


def test_hostile_names_and_captions_are_shown_as_they_are(visit: Visits, names: list[str]) -> None:
    page = visit("/exports")
    only(page, names[0])
    expect(page.locator("#preview .caption").first).to_have_text(CAPTION)
    expect(page.locator("#accounts")).to_contain_text(NAME)
    assert page.locator("main :is(script, img, [onerror])").count() == 0


def test_who_may_only_look_downloads_one_file_at_a_time(visit: Visits, names: list[str]) -> None:
    page = visit("/exports", who="viewer")
    told = "You may download one file of one account at a time."
    expect(page.locator("form .box").filter(has_text=told).first).to_be_visible()
    only(page, names[1])
    page.get_by_label("CSV").check()
    assert downloaded(page).suggested_filename.endswith(".csv")
    page.get_by_label("Excel").check()
    press(page)
    expect(page.get_by_role("alert")).to_contain_text(told)
    visit.allow("status of 403")
    status = page.evaluate(
        "() => fetch('/import-export/api/exports', {method: 'POST', headers: {'content-type': 'application/json'}, "
        "body: JSON.stringify({accounts: 'all', formats: ['csv']})}).then((answer) => answer.status)"
    )
    assert status == 403
