"""Requests for exports: what is understood, what is refused and in which words; folders and states of exports."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from import_export.errors import BadRequest
from import_export.exports.account_folders import folders_of
from import_export.exports.contents import Content
from import_export.exports.names import xlsx_name
from import_export.exports.periods import FRAMES, Period
from import_export.exports.report import Account, Page
from import_export.exports.requests import Format, read_request
from import_export.exports.runs import Export, ExportLine, ExportState, Kind, Progress


def request(**given: Any) -> Any:
    return read_request({"accounts": ["@kopi"], "formats": ["csv"]} | given, "id")


def test_what_is_left_out_is_everything_there_is_and_28_days() -> None:
    found = read_request({"accounts": "all", "formats": "csv,xlsx,pdf"}, "id")
    assert found.accounts is None
    assert (found.formats, found.contents, found.pages) == (tuple(Format), tuple(Content), tuple(Page))
    assert (found.frame, found.start, found.end, found.until, found.language) == (28, None, None, None, "id")


def test_choices_come_in_their_own_order_each_once() -> None:
    found = request(formats=["pdf", "csv", "csv"], contents="age,media", pages=["top_post", "statistic"])
    assert found.formats == (Format.CSV, Format.PDF)
    assert found.contents == (Content.MEDIA, Content.AGE)
    assert found.pages == (Page.STATISTIC, Page.TOP_POST)


def test_contents_are_those_of_csv_and_pages_those_of_pdf() -> None:
    found = request(formats=["xlsx"], contents=["media"], pages=["top_post"])
    assert (found.contents, found.pages) == ((), ())


def test_accounts_are_taken_as_given_each_once() -> None:
    assert request(accounts=[" @kopi ", "17841", "@kopi"]).accounts == ("@kopi", "17841")
    assert request(accounts="@kopi").accounts == ("@kopi",)


def test_a_period_is_two_days_or_moments_whose_days_are_meant_as_they_are_written() -> None:
    found = request(start="2026-11-01", end="2026-11-20T23:59:59+07:00")
    assert (found.start, found.end, found.frame) == (date(2026, 11, 1), date(2026, 11, 20), None)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"accounts": []}, "accounts are missing: give ids or usernames, or 'all'"),
        ({"accounts": None}, "accounts must be a list"),
        ({"accounts": ["x" * 200]}, "is no account"),
        ({"accounts": [17841]}, "accounts must be a list"),
        ({"formats": []}, "formats are missing: choose among csv, xlsx, pdf"),
        ({"formats": ["doc"]}, "formats: 'doc' is none of: csv, xlsx, pdf"),
        ({"formats": 7}, "formats must be a list among"),
        ({"contents": ["cities"]}, "contents: 'cities' is none of: profile"),
        ({"formats": ["pdf"], "pages": ["cover"]}, "pages: 'cover' is none of: statistic"),
        ({"start": "2026-11-01"}, "needs both start and end"),
        ({"end": "2026-11-01"}, "needs both start and end"),
        ({"start": "2026-11-02", "end": "2026-11-01"}, "ends .* before it begins"),
        ({"start": "2026-11-01", "end": "2026-11-20", "date_frame": 7}, "not both"),
        ({"start": "1 November", "end": "2026-11-20"}, "start '1 November' is no day such as 2026-11-20"),
        ({"start": "2026-02-30", "end": "2026-11-20"}, "start '2026-02-30' is no day"),
        ({"start": "2026-11-011", "end": "2026-11-20"}, "is no day"),
        ({"date_frame": 30}, "date_frame '30' is none of: 7, 28, 60, 90"),
        ({"date_frame": True}, "date_frame 'True'"),
        ({"language": "fr"}, "language 'fr' is none of: id, en"),
    ],
)
def test_what_is_wrong_is_told_in_words(given: dict[str, Any], told: str) -> None:
    with pytest.raises(BadRequest, match=told):
        request(**given)


names = st.text(min_size=1, max_size=50).filter(lambda text: text.strip() not in ("", "all"))
days = st.dates(date(2010, 1, 1), date(2019, 12, 31))


@given(
    accounts=st.one_of(st.just("all"), st.lists(names, min_size=1, max_size=5)),
    formats=st.lists(st.sampled_from(Format), min_size=1),
    contents=st.lists(st.sampled_from(Content)),
    pages=st.lists(st.sampled_from(Page)),
    period=st.one_of(
        st.tuples(days, days).map(
            lambda pair: {"start": min(pair).isoformat(), "end": max(pair).isoformat()}
        ),
        st.sampled_from(FRAMES).map(lambda frame: {"date_frame": frame}),
    ),
    until=st.one_of(st.none(), days.map(date.isoformat)),
    language=st.sampled_from(["id", "en"]),
)
def test_a_request_survives_being_kept_as_json(**given: Any) -> None:
    plain = given | given.pop("period")
    found = read_request(plain, "id")
    assert read_request(found.to_json(), "en" if found.language == "id" else "id") == found


def account(account_id: str, username: str) -> Account:
    return Account(account_id, username, None, None, None, None, ZoneInfo("Asia/Jakarta"), None)


def test_an_account_has_a_folder_of_its_name() -> None:
    assert folders_of([account("1", "kopi"), account("2", "teh")]) == ["@kopi", "@teh"]


def test_accounts_whose_names_would_share_a_folder_get_their_ids_behind_it() -> None:
    accounts = [account("1", "a/b"), account("2", "a:b"), account("3", "A?B"), account("4", "teh")]
    assert folders_of(accounts) == ["@a_b 1", "@a_b 2", "@A_B 3", "@teh"]
    # Whoever comes first: the places are the same.
    assert folders_of(accounts[::-1]) == ["@teh", "@A_B 3", "@a_b 2", "@a_b 1"]


def test_a_folder_of_an_account_that_is_gone_is_not_taken() -> None:
    assert folders_of([account("1", "Kopi")], taken=["@kopi"]) == ["@Kopi 1"]


@given(st.lists(st.text(alphabet="aAbB/:? 12.", min_size=1, max_size=4), max_size=12))
def test_no_two_accounts_ever_share_a_folder(usernames: list[str]) -> None:
    accounts = [account(str(number), name) for number, name in enumerate(usernames)]
    found = [folder.casefold() for folder in folders_of(accounts, taken=["@a", "@b 1"])]
    assert len({*found, "@a", "@b 1"}) == len(found) + 2
    assert all("/" not in folder and ":" not in folder and "?" not in folder for folder in found)


AT = datetime(2026, 11, 20, 19)
EXPORT = Export(
    export_id="7d5f0d0e-7a0a-4a54-b6f6-5c5ad1b0b9d7",
    kind=Kind.NIGHTLY,
    request=read_request({"accounts": "all", "formats": "csv"}, "id"),
    folder="nightly/2026-11-21",
    made_at=AT,
    run_id="scheduled__2026-11-20",
    created_by=None,
    created_at=AT,
)
PLANNED = replace(EXPORT, planned_at=AT)
FINISHED = replace(PLANNED, finished_at=AT)


@pytest.mark.parametrize(
    ("export", "progress", "state"),
    [
        (EXPORT, Progress(), ExportState.WAITING),
        (PLANNED, Progress(accounts=2, done=2), ExportState.RUNNING),
        (FINISHED, Progress(accounts=2, done=2), ExportState.COMPLETE),
        (FINISHED, Progress(), ExportState.COMPLETE),
        (FINISHED, Progress(accounts=2, done=1, failed=1), ExportState.COMPLETE_WITH_ERRORS),
        (FINISHED, Progress(accounts=2, done=2, files=2, undelivered=1), ExportState.COMPLETE_WITH_ERRORS),
        (FINISHED, Progress(accounts=2, failed=2), ExportState.FAILED),
        (replace(FINISHED, failure="why"), Progress(), ExportState.FAILED),
    ],
)
def test_a_state_is_what_became_of_the_accounts(
    export: Export, progress: Progress, state: ExportState
) -> None:
    assert ExportLine(export, progress).state is state


def test_the_longest_username_is_still_a_file_name() -> None:
    period = Period(date(2022, 9, 18), date(2022, 9, 24))
    name = xlsx_name("🌶" * 100, period, "id")
    assert len(name.encode()) < 255
    assert name.endswith(" Tanggal 18 September 2022 - 24 September 2022.xlsx")
