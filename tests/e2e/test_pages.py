"""The pages in a real browser, on a real Airflow: what people do there, and what they see."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Download, Locator, Page, Route, expect

from import_export.imports.jobs import JobStatus
from import_export.web.words import WORDS
from tests.e2e.browser import IMPORTED, Api, Visits, chromium, texts, violations
from tests.e2e.browser import api as api
from tests.e2e.browser import visit as visit
from tests.e2e.conftest import Stack, eventually

__all__ = ["api", "chromium", "visit"]

DAG = "/api/v2/dags/import_batch"


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return octets.getvalue()


def choose(page: Page | Locator, name: str, content: str | bytes) -> None:
    octets = content.encode() if isinstance(content, str) else content
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": octets}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]


def file_of(page: Page, name: str) -> Locator:
    """A file's part of its batch's page."""
    return page.get_by_role("article").filter(has=page.get_by_role("heading", name=name, exact=True))


def read(download: Download) -> list[list[str]]:
    text = Path(download.path()).read_text("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def state(page: Page) -> Locator:
    """What is said of the batch as a whole."""
    return page.locator("#batch > .head .state")


def test_in_airflows_frame_a_zip_is_uploaded_and_watched_and_leads_to_its_run(
    visit: Visits, api: Api, stack: Stack
) -> None:
    api.make_table("framed")
    # Airflow itself asks whether somebody is logged in before it shows its login.
    visit.allow("status of 401 .*/ui/config")
    page = visit("/../", who=None)
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(stack.password("admin"))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Import/Export").click()
    shown = page.frame_locator("iframe")
    expect(shown.get_by_role("heading", name="Upload files")).to_be_visible()
    good = "Code;Amount\n" + "".join(f"F{number};{number}\n" for number in range(7))
    padding = random.Random(1).randbytes(600_000)
    files = {"in/framed.csv": good, "readme.bin": padding, "notes.csv": "a;b\n1;2\n", "framed2.txt": "x\n1\n"}
    choose(shown.locator("#upload"), "frame.zip", zipped(files))
    expect(shown.locator("#chosen")).to_contain_text(re.compile(r"frame\.zip.*60\d\.\d kB"))
    line = page.context.new_cdp_session(page)
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1}
    line.send("Network.emulateNetworkConditions", {**conditions, "uploadThroughput": 300_000})
    shown.get_by_role("button", name="Start").click()
    expect(shown.get_by_role("heading", name="Uploading")).to_be_visible()
    bar = shown.locator("#sent").element_handle()
    frame = next(frame for frame in page.frames if frame is not page.main_frame)
    frame.wait_for_function("bar => bar.value > 0 && bar.value < bar.max", arg=bar)
    expect(shown.get_by_role("heading", name="Uploaded")).to_be_visible()
    line.send("Network.emulateNetworkConditions", {**conditions, "uploadThroughput": -1})
    expect(shown.locator("#sent-text")).to_have_text(re.compile(r"^(60\d\.\d kB) of \1$"))
    batch = shown.locator("#arrived-batch")
    expect(batch.locator(".state").first).to_have_text("complete, with errors", timeout=IMPORTED)
    told = {
        "framed.csv": ("Complete", "7 rows: 7 inserted"),
        "notes.csv": ("Invalid", "'notes' not recognized"),
        "framed2.txt": ("Invalid", "'framed2' not recognized"),
    }
    for name, words in told.items():
        for text in words:
            expect(batch.get_by_role("article").filter(has_text=name)).to_contain_text(text)
    batch.get_by_role("link", name="Run and logs in Airflow").click()
    expect(page).to_have_url(re.compile(r"/dags/import_batch/runs/[0-9a-f-]{36}"))
    run = urlsplit(page.url).path.split("/")[-1]
    names = stack.scalar(f"SELECT names FROM import_batches WHERE run_id = '{run}'")
    assert json.loads(names) == ["frame.zip"]
    expect(page.get_by_text("finish", exact=True).first).to_be_visible()
    expect(page.locator("iframe")).to_have_count(0)


def test_a_header_that_nobody_knew_becomes_an_alias_and_the_file_is_tried_again(
    visit: Visits, api: Api
) -> None:
    api.make_table("aliased")
    batch_id = api.upload("aliased.csv", "Kode Ajaib;Amount\nA1;5\nA2;6\n")
    page = visit(f"/batches/{batch_id}")
    file = file_of(page, "aliased.csv")
    expect(file).to_contain_text("code")
    expect(state(page)).to_have_text("failed")
    file.get_by_label("Header for column 'code'").select_option("Kode Ajaib")
    file.get_by_role("button", name="Add alias and try again").click()
    expect(state(page)).to_have_text("complete", timeout=IMPORTED)
    expect(page.get_by_role("article")).to_have_count(1)
    expect(file.locator(".state")).to_have_text("Complete")
    expect(file).to_contain_text("2 rows: 2 inserted")
    file.get_by_text("History").click()
    expect(file.locator(".history")).to_contain_text("taken up again by admin")
    page.goto(f"{visit.root}/tables/aliased")
    column = page.locator(".column").filter(has=page.locator("input[data-key=name][value=code]"))
    expect(column.get_by_label("Also called")).to_have_value("Kode Ajaib")


def test_rejected_rows_are_shown_downloaded_corrected_and_sent_again(visit: Visits, api: Api) -> None:
    api.make_table("mended")
    content = "Code;Amount\nM1;1\nM2;2\nM3;lima\n;4\nM5;5\n"
    batch_id = api.upload("mended.csv", content)
    api.finished(batch_id)
    page = visit(f"/batches/{batch_id}")
    file = file_of(page, "mended.csv")
    expect(file).to_contain_text("5 rows: 3 inserted, 0 updated, 0 unchanged, 2 rejected")
    file.get_by_text("Rejected rows (2)").click()
    lines = file.locator("tr[data-line]")
    expect(lines).to_have_count(2)
    wrong = file.locator("td.wrong input")
    expect(wrong).to_have_count(2)
    expect(wrong.nth(0)).to_have_value("lima")
    expect(wrong.nth(1)).to_have_value("")
    expect(lines.nth(0).locator("td:not(.wrong) bdi").last).to_have_text("M3")
    with page.expect_download() as downloaded:
        file.get_by_role("link", name="All as CSV").click()
    assert read(downloaded.value) == [
        ["Code", "Amount", "line", "errors"],
        ["M3", "lima", "4", "amount must be integer, got 'lima'"],
        ["", "4", "5", "code must not be empty"],
    ]
    file.get_by_role("button", name="Send the chosen rows again").click()
    expect(file.get_by_role("status")).to_have_text("Choose at least one row.")
    wrong.nth(0).fill("25")
    expect(lines.nth(0).get_by_role("checkbox")).to_be_checked()
    expect(lines.nth(1).get_by_role("checkbox")).not_to_be_checked()
    file.get_by_role("button", name="Send the chosen rows again").click()
    expect(file.get_by_role("status")).to_contain_text("Sent again.")
    file.get_by_role("status").get_by_role("link").click()
    expect(page).not_to_have_url(re.compile(batch_id))
    expect(state(page)).to_have_text("complete", timeout=IMPORTED)
    expect(page.get_by_role("article")).to_contain_text("1 rows: 1 inserted")
    page.goto(f"{visit.root}/batches/{batch_id}")
    file.get_by_text("Rejected rows (2)").click()
    expect(file.get_by_role("listitem").filter(has_text="line 4, Amount: 'lima' → '25'")).to_contain_text(
        "admin"
    )


def test_a_refused_file_is_tried_again_and_its_import_undone_when_the_question_is_answered_with_yes(
    visit: Visits, api: Api, stack: Stack
) -> None:
    batch_id = api.upload("undone.csv", "Code;Amount\nU1;1\nU2;2\n")
    page = visit(f"/batches/{batch_id}")
    expect(state(page)).to_have_text("failed")
    file = file_of(page, "undone.csv")
    expect(file).to_contain_text("'undone' not recognized")
    api.make_table("undone")
    page.get_by_role("button", name="Try again").click()
    expect(state(page)).to_have_text("complete", timeout=IMPORTED)
    expect(file).to_contain_text("2 rows: 2 inserted")
    question = page.get_by_role("dialog")
    file.get_by_role("button", name="Undo").click()
    expect(question).to_contain_text("Takes the rows of this import out of the table again.")
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_have_count(0)
    assert stack.scalar("SELECT COUNT(*) FROM undone") == 2
    file.get_by_role("button", name="Undo").click()
    question.get_by_role("button", name="Yes, do it").click()
    expect(file).to_contain_text(re.compile(r"Undone \d\d/\d\d/\d{4} \d\d:\d\d by admin"))
    expect(file.get_by_role("button", name="Undo")).to_have_count(0)
    assert stack.scalar("SELECT COUNT(*) FROM undone") == 0


def test_a_batch_that_waits_is_cancelled_and_nothing_of_it_is_loaded(
    visit: Visits, api: Api, stack: Stack
) -> None:
    api.make_table("stopped")
    assert stack.call("PATCH", DAG, {"is_paused": True})[0] == 200
    try:
        batch_id = api.upload("stopped.csv", "Code;Amount\nS1;1\n")
        page = visit(f"/batches/{batch_id}")
        expect(page.get_by_role("article").locator(".state")).to_have_text("Waiting")
        page.get_by_role("button", name="Cancel the batch").click()
        question = page.get_by_role("dialog")
        expect(question).to_contain_text("What is not loaded yet will not be.")
        question.get_by_role("button", name="Yes, do it").click()
        expect(page.get_by_text("Cancelled by admin").first).to_be_visible()
        expect(page.get_by_role("button", name="Cancel the batch")).to_have_count(0)
    finally:
        assert stack.call("PATCH", DAG, {"is_paused": False})[0] == 200
    expect(page.get_by_role("link", name="Report")).to_be_visible(timeout=IMPORTED)
    expect(state(page)).to_have_text("cancelled")
    assert stack.scalar("SELECT COUNT(*) FROM stopped") == 0


SAMPLE = (
    "Kode Promo;Nama Promo;Diskon;Mulai\nP01;Ramadan;1.500,50;13/03/2026\nP02;Lebaran;2.250,00;25/03/2026\n"
)


def test_a_table_is_made_of_a_sample_and_used_and_changed_and_removed(
    visit: Visits, api: Api, stack: Stack
) -> None:
    page = visit("/tables")
    page.get_by_role("link", name="New table from a sample file").click()
    choose(page, "promo_2026.csv", SAMPLE)
    page.get_by_role("button", name="Read it").click()
    form = page.locator("#table-form")
    expect(form).to_contain_text("Suggested from 2 rows.")
    columns = form.locator("#columns > .column")
    expect(columns).to_have_count(4)
    found = [columns.nth(number).get_by_label("Type").input_value() for number in range(4)]
    assert found[2].startswith("decimal")
    assert found[3] == "date"

    # What is wrong is told in the form, and nothing is lost of what was typed.
    form.get_by_label("Name in MySQL").fill("stocks")
    form.get_by_label("Name as people see it").fill("Promo & Diskon")
    form.get_by_label("Files called").fill("promo, promo_*")
    columns.nth(0).get_by_label("Key").check()
    columns.nth(1).get_by_label("Also called").fill("Judul")
    visit.allow("status of 4")
    form.get_by_role("button", name="Create the table").click()
    expect(form.get_by_role("alert")).to_contain_text("stocks")
    expect(form.get_by_label("Name as people see it")).to_have_value("Promo & Diskon")
    expect(columns.nth(1).get_by_label("Also called")).to_have_value("Judul")
    form.get_by_label("Name in MySQL").fill("promo")
    form.get_by_label("Try a file name").press_sequentially("PROMO_maret.csv")
    expect(form.locator("#form-filename-answer")).to_have_text(
        "'PROMO_maret.csv' goes into table 'promo' (by 'promo_*')"
    )
    form.get_by_role("button", name="Create the table").click()
    expect(page.get_by_role("heading", name="Promo & Diskon")).to_be_visible()
    expect(page.locator(".history li")).to_have_count(1)
    expect(page.locator(".history li")).to_contain_text("admin: first version")

    page.goto(f"{visit.root}/upload")
    choose(page, "promo_maret.csv", f"{SAMPLE}P03;Imlek;gratis;17/02/2026\nP04;Natal;1.000,00;25/12/2026\n")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#arrived-batch .state").first).to_have_text(
        "complete, with errors", timeout=IMPORTED
    )
    page.goto(f"{visit.root}/tables")
    row = page.get_by_role("row").filter(has_text="Promo & Diskon")
    with page.expect_download() as downloaded:
        row.get_by_role("link", name="CSV").last.click()
    header, *rows = read(downloaded.value)
    assert header[:4] == ["kode_promo", "nama_promo", "diskon", "mulai"]
    assert [row[:4] for row in rows] == [
        ["P01", "Ramadan", "1500.50", "2026-03-13"],
        ["P02", "Lebaran", "2250.00", "2026-03-25"],
        ["P04", "Natal", "1000.00", "2026-12-25"],
    ]

    row.get_by_role("link", name="Promo & Diskon").click()
    page.get_by_text("How files are loaded").click()
    page.get_by_label("Too many rejects").fill("50%")
    columns.nth(2).get_by_text("More", exact=True).click()
    columns.nth(2).get_by_label("At least").fill("1200")
    page.get_by_role("button", name="Try with past files").click()
    outcome = page.locator("#replayed")
    expect(outcome).to_contain_text("promo_maret.csv")
    expect(outcome.locator("td.differs")).to_have_text("valid, 2 good, 2 rejected")
    assert stack.scalar("SELECT max_rejects FROM import_tables WHERE table_name = 'promo'") in (None, "")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.locator(".history li")).to_have_count(2)
    expect(page.locator(".history li").first).to_contain_text(
        re.compile(r"version 2, .*admin: changed: max_rejects, diskon \(minimum\)")
    )

    page.get_by_label("Drop MySQL's table with all rows, too").check()
    page.get_by_role("button", name="Remove this table").click()
    page.get_by_role("dialog").get_by_role("button", name="Yes, do it").click()
    expect(page.get_by_role("heading", name="Tables")).to_be_visible()
    expect(page.get_by_role("link", name="Stocks")).to_be_visible()
    expect(page.get_by_role("link", name="Promo & Diskon")).to_have_count(0)
    assert stack.scalar("SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'promo'") == 0


def test_who_is_missing_is_seen_until_the_file_arrives(visit: Visits, api: Api) -> None:
    api.make_table("awaited")
    page = visit("/missing")
    form = page.locator("form[hx-post$=expect]")
    form.get_by_label("Distributor").fill("0777, 0778")
    form.get_by_label("Table").select_option("awaited")
    form.get_by_label("Days").fill("9")
    visit.allow("status of 400", "Status Error Code 400")
    form.get_by_role("button", name="Add").click()
    expect(page.get_by_role("status")).to_contain_text("days of a daily file are numbers from 1 to 7")
    expect(form.get_by_label("Distributor")).to_have_value("0777, 0778")
    form.get_by_label("Days").fill("")
    form.get_by_role("button", name="Add").click()
    seen = page.locator("table.matrix").get_by_role("row")
    expect(seen.filter(has_text="0777")).to_contain_text("missing")
    expect(seen.filter(has_text="0778")).to_contain_text("missing")
    batch_id = api.upload("awaited.csv", "Code;Amount\nW1;1\n", dist_id="0777")
    assert api.finished(batch_id)["status"] == "completed"
    page.reload()
    expect(seen.filter(has_text="0777")).to_contain_text("arrived")
    expect(seen.filter(has_text="0778")).to_contain_text("missing")
    page.get_by_label("Only who is missing something").check()
    page.get_by_role("button", name="Show").click()
    expect(seen.filter(has_text="0777")).to_have_count(0)
    expect(seen.filter(has_text="0778")).to_contain_text("missing")
    seen.filter(has_text="0778").get_by_role("link").click()
    expect(page.get_by_role("heading", name="Batches")).to_be_visible()
    page.goto(f"{visit.root}/missing")
    for number in ("0777", "0778"):
        page.get_by_role("button", name=f"Remove {number} awaited").click()
        expect(page.get_by_role("button", name=f"Remove {number} awaited")).to_have_count(0)


def test_what_is_pressed_before_the_scripts_are_there_is_done_when_they_are(visit: Visits) -> None:
    page = visit("/tables")
    held: list[Route] = []
    page.route("**/static/app.js", lambda route: held.append(route))
    page.goto(f"{visit.root}/tables/new", wait_until="commit")
    choose(page, "promo_2026.csv", SAMPLE)
    page.get_by_role("button", name="Read it").click()
    assert page.locator("#table-form").count() == 0
    held[0].continue_()
    expect(page.locator("#table-form")).to_contain_text("Suggested from 2 rows.")


SCRIPT = "<script>alert(1)</script>"
PICTURE = "<img src=x onerror=alert(1)>"
TURNED = "\u05d0\u05d1 \u200fgpj\u061c"
"""With Hebrew letters and marks that turn the direction of what follows."""

HOSTILE_NAMES = (f"{SCRIPT}.csv", "'; DROP TABLE--.csv", "😀 \u05d0\u05d1.csv", "=cmd()|x.csv")
HOSTILE_TITLE = f"\"'>{SCRIPT} {{{{7*7}}}}"
HOSTILE_ALIAS = "</textarea><svg onload=alert(1)>"


@dataclass(frozen=True, slots=True)
class Content:
    """A table and a batch with something of everything, and the pages that show it."""

    batch_id: str
    zip_name: str
    export_id: str

    @property
    def pages(self) -> tuple[str, ...]:
        """Each of our pages."""
        return (
            "/upload",
            "/batches",
            f"/batches/{self.batch_id}",
            "/missing?by=month",
            "/tables",
            "/tables/new",
            "/tables/filled",
            "/exports",
            f"/exports/{self.export_id}",
            "/notifications",
            "/audit",
            "/batches/00000000-0000-4000-8000-000000000000",
        )


@pytest.fixture(scope="module")
def content(api: Api, exporting: Stack) -> Content:
    columns = (
        {
            "name": "code",
            "type": "str(50)",
            "is_mandatory": True,
            "is_unique": True,
            "aliases": [HOSTILE_ALIAS],
        },
        {"name": "amount", "type": "int", "number_format": "1.234,56"},
    )
    api.make_table("filled", *columns, display_name=HOSTILE_TITLE)
    rows = f'A1;1;x;y\nA2;2;x;y\n{SCRIPT};{PICTURE};=cmd()|x;😀\n{TURNED};"\'; DROP TABLE--";x;y\n'
    files = dict.fromkeys(HOSTILE_NAMES, "Code;Amount\nB1;1\n")
    files[HOSTILE_NAMES[0]] = f"Code;Amount;{PICTURE};=cmd()|x\n{rows}"
    files[HOSTILE_NAMES[1]] = f"{SCRIPT};Amount\nB1;1\n"
    name = f"{PICTURE} =cmd()|x.zip"
    turned = {f"{TURNED}.csv": "Code;Amount\nT1;1\n"}
    batch_id = api.upload(name, zipped(files), also=turned, table_name="filled")
    expected = {"dist_id": "<u>0900</u>", "table_name": "filled", "frequency": "daily", "days": []}
    api.call("PUT", "/expected", json=expected)
    export = {"accounts": "all", "formats": ["csv"], "contents": ["city"]}
    export_id = api.call("POST", "/exports", json=export)["id"]
    api.finished(batch_id)
    eventually(lambda: api.call("GET", f"/exports/{export_id}")["finished_at"], seconds=IMPORTED / 1000)
    return Content(batch_id, name, export_id)


def open_all(page: Page, path: str) -> None:
    """Go there, and unfold everything once it is there."""
    page.goto(f"{page.url.split('/import-export')[0]}/import-export{path}")
    if path == "/batches":
        expect(page.locator("canvas")).to_be_visible()
    if path == "/exports":
        expect(page.locator("#preview canvas")).to_have_count(5)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    for rejects in page.locator("details.rejects").all():
        expect(rejects.locator("table")).to_be_visible()


def test_hostile_names_and_cells_are_shown_as_they_are(visit: Visits, content: Content) -> None:
    page = visit("/batches")
    expect(page.get_by_role("cell", name=content.zip_name).first).to_be_visible()
    open_all(page, f"/batches/{content.batch_id}")
    for name in HOSTILE_NAMES:
        expect(page.get_by_role("heading", name=f"{content.zip_name}/{name}", exact=True)).to_be_visible()
    # Marks that nobody sees would hide what a name is; they are made visible.
    expect(page.get_by_role("heading", name="\u05d0\u05d1 _gpj_.csv", exact=True)).to_be_visible()
    first = file_of(page, f"{content.zip_name}/{HOSTILE_NAMES[0]}")
    expect(first.locator("td bdi").get_by_text(SCRIPT, exact=True)).to_be_visible()
    assert first.locator("td.wrong input").evaluate_all("all => all.map((each) => each.value)") == [
        PICTURE,
        "'; DROP TABLE--",
    ]
    expect(first.locator("thead")).to_contain_text(PICTURE)
    second = file_of(page, f"{content.zip_name}/{HOSTILE_NAMES[1]}")
    expect(second.get_by_label("Header for column 'code'")).to_contain_text(SCRIPT)
    open_all(page, "/tables")
    expect(page.get_by_role("link", name=HOSTILE_TITLE)).to_be_visible()
    page.locator("#filename-test").fill(PICTURE)
    expect(page.locator("#filename-answer")).to_have_text(f"'{PICTURE}' is not recognized")
    open_all(page, "/tables/filled")
    expect(page.get_by_role("heading", name=HOSTILE_TITLE)).to_be_visible()
    expect(page.locator("textarea[data-key=aliases]").first).to_have_value(HOSTILE_ALIAS)
    open_all(page, "/missing")
    expect(page.locator("table.matrix")).to_contain_text("<u>0900</u>")
    open_all(page, "/audit")
    expect(page.locator("main")).to_contain_text(SCRIPT)
    open_all(page, "/upload")
    expect(page.locator("select[name=table_name]")).to_contain_text(HOSTILE_TITLE)
    choose(page, PICTURE, "x")
    expect(page.locator("#chosen")).to_contain_text(PICTURE)
    visit.allow("status of 404")
    for path in content.pages:
        open_all(page, path)
        assert page.locator("main :is(script, img, u, [onload], [onerror])").count() == 0


def test_every_page_is_wholly_in_the_language_that_was_chosen(visit: Visits, content: Content) -> None:
    page = visit("/upload")
    visit.allow("status of 404")
    english = {}
    for path in content.pages:
        open_all(page, path)
        english[path] = texts(page)
    page.get_by_label("Language").select_option("Bahasa Indonesia")
    expect(page.get_by_label("Bahasa")).to_have_value("id")
    # The names of the three statuses are the same in both, as the import page of old has them.
    same = {en for en, other in WORDS.values() if en == other} | {each.label for each in JobStatus}
    left = {}
    for path in content.pages:
        open_all(page, path)
        expect(page.locator("html")).to_have_attribute("lang", "id")
        left[path] = (english[path] & texts(page)) - same - {HOSTILE_TITLE}
    assert {path: found for path, found in left.items() if found} == {}


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_everybody_can_read_and_use_every_page(
    visit: Visits, content: Content, theme: str, width: int
) -> None:
    page = visit("/upload", theme=theme, width=width)
    visit.allow("status of 404")
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    back = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert (max(back) < 50) is (theme == "dark")
    found = []
    for path in content.pages:
        open_all(page, path)
        if path == "/tables/new":
            choose(page, "promo_2026.csv", SAMPLE)
            page.get_by_role("button", name="Read it").click()
            expect(page.locator("#table-form")).to_be_visible()
        found += violations(page)
        if (needed := page.evaluate("document.documentElement.scrollWidth")) > width:
            found.append(f"{path} is {needed} wide, not {width}")
    assert not found, "\n".join(found)


def test_the_rest_api_is_described_on_a_page(visit: Visits) -> None:
    page = visit("/api/docs")
    expect(page.get_by_text("/api/import", exact=True)).to_be_visible()


def test_a_file_is_sent_by_the_keyboard_alone(visit: Visits, api: Api) -> None:
    api.make_table("typed")
    page = visit("/upload")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    passed = []
    for _ in range(12):
        page.keyboard.press("Tab")
        name = page.evaluate(
            "document.activeElement.id || document.activeElement.name || document.activeElement.textContent"
        )
        passed.append(name)
        shown = page.evaluate(
            "getComputedStyle(document.activeElement.closest('.drop') ?? document.activeElement).outlineStyle"
        )
        assert shown != "none", name
        if name == "files":
            choose(page, "typed.csv", "Code;Amount\nT1;1\n")
        elif name == "mode":
            page.keyboard.press("ArrowDown")
        elif name == "dist_id":
            page.keyboard.type("0112")
        elif name == "Start":
            break
    assert passed == ["files", "✕", "mode", "table_name", "dist_id", "force", "Start"]
    page.keyboard.press("Enter")
    expect(page.locator("#arrived-batch .state").first).to_have_text("complete")
    expect(page.get_by_role("article")).to_contain_text("Valid")
    expect(page.locator(".facts")).to_contain_text("Only check")
    expect(page.locator(".facts")).to_contain_text("0112")


def test_who_may_only_look_finds_nothing_to_press_and_is_refused(visit: Visits, content: Content) -> None:
    page = visit("/upload", who="viewer")
    expect(page.get_by_text("You may look, but not change this.")).to_be_visible()
    for path in content.pages:
        # Downloads of one file are for everybody.
        if path in ("/tables/new", "/audit", "/exports", "/notifications") or path.startswith("/batches/0"):
            continue
        open_all(page, path)
        pressable = page.locator("main :is(button, input, select, textarea):enabled:not(form.filter *)")
        assert pressable.count() == 0, pressable.first.evaluate("each => each.outerHTML")
    visit.allow("status of 403")
    for path in ("/tables/new", "/audit", "/notifications"):
        open_all(page, path)
        expect(page.get_by_text("You may not do this")).to_be_visible()
    for path in ("/api/import", f"/api/jobs/{content.batch_id}/cancel", "/missing/expect", "/tables/new"):
        status = page.evaluate(
            "path => fetch(path, {method: 'POST'}).then((answer) => answer.status)", f"/import-export{path}"
        )
        assert (path, status) == (path, 403)


def test_an_operator_sends_files_and_is_named_as_their_sender(visit: Visits, api: Api) -> None:
    api.make_table("sent")
    page = visit("/upload", who="operator")
    choose(page, "sent.csv", "Code;Amount\nO1;1\n")
    page.get_by_label("What to do").select_option("Only check")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#arrived-batch .state").first).to_have_text("complete")
    expect(page.locator(".facts")).to_contain_text("operator")


def test_who_is_not_logged_in_logs_in_and_comes_to_the_page_he_wanted(visit: Visits, stack: Stack) -> None:
    page = visit("/batches?name=frame&state=refused", who=None)
    page.get_by_label("Username").fill("operator")
    page.get_by_label("Password").fill(stack.password("operator"))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Batches")).to_be_visible()
    expect(page.get_by_label("Part of a file name")).to_have_value("frame")
    expect(page.get_by_label("Status")).to_have_value("refused")
