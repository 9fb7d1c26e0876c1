"""Messages in words: both languages, text and HTML, and names that try to be more than names."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from import_export.messages import Language
from import_export.notices.facts import BatchFacts, ExportFacts, Facts, FileFacts, MissingFacts
from import_export.notices.kinds import Kind, Recipient, Subscription, recipients
from import_export.notices.letters import FOLDER, write

LINK = "https://airflow.test/import-export/batches/b1?a=1&b=2"
HOSTILE = '<script>alert("x")</script>{{ 7 * 7 }}.csv'
BATCH = BatchFacts(
    kind=Kind.REFUSED,
    batch_id="b1",
    names=["march.zip"],
    dist_id="0112",
    received="01/03/2026 10:00",
    all_files=1234,
    warnings=[f"{HOSTILE}: Invalid ZIP"],
    files=[
        FileFacts(
            name=HOSTILE,
            table="stocks",
            status="Complete",
            message=None,
            total=12345,
            loaded=12340,
            unchanged=2,
            rejected=3,
            reasons=["Line 7: qty must be integer, got '…' & more"],
        )
    ],
    more=4,
)
MISSING = MissingFacts(
    table="stocks",
    deadline="01/03/2026 17:00",
    first="27/02/2026",
    last="01/03/2026",
    distributors=["0112"],
    more=1,
)
EXPORT = ExportFacts(folder="nightly/2026-11-21", state="complete", accounts=3, done=2, failed=1, files=18)
FACTS: dict[str, Facts] = {
    "refused": BATCH,
    "stuck": BatchFacts(
        **{name: getattr(BATCH, name) for name in BatchFacts.__dataclass_fields__} | {"kind": Kind.STUCK}
    ),
    "missing": MISSING,
    "export": EXPORT,
}


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def test_there_is_a_template_for_each_kind_and_language() -> None:
    assert set(FACTS) == set(Kind)
    wanted = {
        f"{kind}.{language}.{suffix}"
        for kind in [*Kind, "_files"]
        for language in ("en", "id")
        for suffix in ("txt", "html")
    }
    assert {path.name for path in Path(FOLDER).iterdir()} == wanted


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("kind", list(Kind))
def test_every_message_has_a_subject_a_text_and_the_same_as_html(kind: Kind, language: Language) -> None:
    letter = write(FACTS[kind], language, LINK)
    assert letter.subject
    assert "\n" not in letter.subject
    assert LINK in letter.text
    tags = Tags(letter.html)
    assert ("a", {"href": LINK}) in tags.seen
    assert {tag for tag, _ in tags.seen} <= {"p", "b", "br", "ul", "li", "a"}
    for line in letter.text.splitlines():
        for word in line.replace(LINK, "").split():
            if word[0].isdigit() and kind is not Kind.EXPORT:
                assert word.strip(":,().") in tags.words, word
    assert letter.subject != write(FACTS[kind], "id" if language == "en" else "en", LINK).subject


def test_a_refused_batch_is_told_with_counts_files_and_reasons() -> None:
    letter = write(BATCH, "en", LINK)
    assert letter.subject == "Not everything was imported: march.zip (distributor 0112)"
    assert "12,345 rows: 12,340 loaded, 2 unchanged, 3 rejected" in letter.text
    assert "  - Line 7: qty must be integer, got '…' & more" in letter.text
    assert "And 4 more files." in letter.text
    assert "12.345 baris: 12.340 dimuat" in write(BATCH, "id", LINK).text


def test_names_are_text_and_neither_markup_nor_template() -> None:
    letter = write(BATCH, "en", LINK)
    assert HOSTILE in letter.text
    assert HOSTILE in Tags(letter.html).words
    assert "script" not in {tag for tag, _ in Tags(letter.html).seen}
    assert "49.csv" not in letter.text + letter.html


def test_a_subject_is_one_line_of_some_length_whatever_names_hold() -> None:
    names = ["x\r\nBcc: a@b.test\u2028" + "y" * 500]
    hostile = BatchFacts(
        **{name: getattr(BATCH, name) for name in BatchFacts.__dataclass_fields__} | {"names": names}
    )
    subject = write(hostile, "en", LINK).subject
    assert subject.splitlines() == [subject]
    assert len(subject) == 200


def test_who_is_told_is_whose_subscription_fits_or_else_the_others() -> None:
    def told(kind: Kind, dist_id: str | None, table: str | None) -> list[str]:
        return [each.address for each in recipients(subscriptions, others, kind, dist_id, table)]

    others = [Recipient("office", "en")]
    subscriptions = [
        Subscription(address="all", kinds=(Kind.STUCK,), language="id"),
        Subscription(address="ani", dist_id="0112", kinds=(Kind.REFUSED, Kind.MISSING), language="id"),
        Subscription(address="ani", table_name="sales", kinds=(Kind.REFUSED,), language="en"),
        Subscription(
            address="budi", dist_id="0112", table_name="sales", kinds=(Kind.REFUSED,), language="en"
        ),
    ]
    assert told(Kind.REFUSED, "0112", "sales") == ["ani", "budi"]
    assert told(Kind.REFUSED, "0113", "sales") == ["ani"]
    assert told(Kind.REFUSED, "0112", None) == ["ani"]
    assert told(Kind.REFUSED, None, None) == ["office"]
    assert told(Kind.STUCK, None, None) == ["all"]
    assert told(Kind.MISSING, "0112", "stocks") == ["ani"]
