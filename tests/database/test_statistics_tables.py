"""The tables of the accounts' statistics are import tables, in a database of their own; and their demo data is loaded whole."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import polars as pl
import pytest

from devtools.account_data import AccountPlan, fill, is_filled
from devtools.account_rows import frames_of
from import_export.errors import BadRequest, CountsDisagree, LayoutChanged, NotFound
from import_export.imports.jobs import ImportJob, JobStatus
from import_export.imports.table_changes import with_column, with_config, without_column
from import_export.imports.tables import ImportTable, match_filename
from import_export.scopes import Scope
from import_export.services.configuring import (
    all_tables,
    audit_log,
    change_table,
    create_table,
    find_table,
    register_table,
    registrable_tables,
    remove_table,
    versions,
)
from import_export.services.statistics_tables import TITLES, register_statistics_tables
from import_export.services.table_files import export_csv, template_csv
from import_export.stores.database import Database
from import_export.stores.migrations import migrate_statistics
from import_export.stores.mysql_layout import fitted
from tests.database.flow import STOCKS_HEADER, Flow
from tests.database.test_loading_rules import counts, execute, imported

PLAN = AccountPlan(accounts=2, days=40, media_per_account=30, competitors=2, until=date(2026, 3, 31))
USERS = "id,username,name\n1,kopi,Kopi ☕️\n2,teh,\n"


@pytest.fixture
def flow(database: Database, statistics: Database, tmp_path: Any) -> Flow:
    made = Flow.make(database, tmp_path)
    register_statistics_tables(made.context)
    return made


def told(flow: Flow, statement: str) -> list[tuple[Any, ...]]:
    with flow.context.statistics.session() as session:
        return list(session.rows(statement))


def table(flow: Flow, name: str) -> ImportTable:
    return find_table(all_tables(flow.context), name)


def errors(job: ImportJob) -> list[tuple[Any, ...]]:
    return [(each["line"], each.get("column"), each["code"], each.get("value")) for each in job.errors]


# registration


def test_they_are_registered_once_behind_those_of_staff(
    database: Database, statistics: Database, tmp_path: Any
) -> None:
    flow = Flow.make(database, tmp_path)
    assert len(register_statistics_tables(flow.context)) == len(TITLES) == 14
    assert register_statistics_tables(flow.context) == []
    create_table(flow.context, {"table_name": "loot", "columns": [{"name": "code", "type": "str(5)"}]})
    names = [each.table_name for each in all_tables(flow.context)]
    assert names == ["stocks", "sales", "customers", "loot", *TITLES]
    with database.session() as session:
        for name in TITLES:
            found = table(flow, name)
            assert (found.database, found.has_helpers) == (statistics.name, False)
            assert found.unique_columns
            assert fitted(session, found).columns


def test_columns_are_typed_and_known_by_their_natural_key(flow: Flow) -> None:
    data = table(flow, "user_data")
    assert [column.name for column in data.unique_columns] == ["user_id", "datestamp"]
    assert [column.name for column in data.columns if column.is_mandatory] == ["user_id", "datestamp"]
    assert {column.name: str(column.type) for column in data.columns} == {
        "user_id": "str(50)",
        "followers_count": "int",
        "follows_count": "int",
        "media_count": "int",
        "followers_count_growth": "int",
        "media_count_growth": "int",
        "updated_timestamp": "datetime",
        "datestamp": "date",
    }
    assert str(table(flow, "media").column("is_archived").type) == "bool"
    assert str(table(flow, "user_hashtag_metrics").column("engagement_per_post").type) == "decimal(18,4)"


@pytest.mark.parametrize("name", TITLES)
def test_a_files_name_says_its_table_and_no_other(flow: Flow, name: str) -> None:
    tables = all_tables(flow.context)
    for filename in (f"{name}.csv", f"0112/{name.upper()}_20260331.csv"):
        found = match_filename(filename, tables)
        assert found is not None
        assert found.table_name == name
    assert match_filename(f"{name}_lama.csv", tables) is None


@pytest.mark.parametrize(("filename", "name"), [("sales.csv", "sales"), ("stok_gudang.csv", "stocks")])
def test_files_of_distributors_still_find_their_tables(flow: Flow, filename: str, name: str) -> None:
    found = match_filename(filename, all_tables(flow.context))
    assert found is not None
    assert found.table_name == name


def test_names_that_are_another_tables_already_are_left_to_it(
    database: Database, statistics: Database, tmp_path: Any
) -> None:
    flow = Flow.make(database, tmp_path)
    code = {"name": "code", "type": "str(5)"}
    create_table(flow.context, {"table_name": "media", "columns": [code]})
    create_table(
        flow.context, {"table_name": "loot", "allowed_filename": "user_data, us*", "columns": [code]}
    )
    for _ in range(2):
        assert register_statistics_tables(flow.context)[-1] == (
            f"table media of {statistics.name} is no import table: one of this name is there already"
        )
    assert table(flow, "media").database is None
    assert table(flow, "user").allowed_filename == "user"
    assert table(flow, "user_data").allowed_filename == ""
    assert table(flow, "media_insight").allowed_filename == "media_insight, media_insight_[0-9]*"


def test_they_follow_when_the_statistics_are_elsewhere(flow: Flow, server: Any) -> None:
    with server.fresh_database() as uri:
        context = flow.context
        elsewhere = context.database.sibling(uri.rsplit("/", 1)[1])
        migrate_statistics(context.database, elsewhere)
        moved = replace(context, statistics=elsewhere)
        assert len(register_statistics_tables(moved)) == 14
        assert register_statistics_tables(moved) == []
        assert {each.database for each in all_tables(context)} == {None, elsewhere.name}
        assert versions(context, "user")[0].config["database"] == elsewhere.name
        assert audit_log(context, subject="user", before=None, most=1)[0].action == "database changed"
        assert counts(imported(flow, USERS, "user.csv")) == (2, 0, 0, 0, 0)
        assert told(flow, "SELECT * FROM user") == []
        with elsewhere.session() as session:
            assert session.rows("SELECT COUNT(*) FROM user") == [(2,)]


def test_staffs_changes_are_left_alone(flow: Flow) -> None:
    change_table(flow.context, "media", with_config({"allowed_filename": "posting"}))
    remove_table(flow.context, "user_time_zone")
    assert register_statistics_tables(flow.context) == []
    assert table(flow, "media").allowed_filename == "posting"
    with pytest.raises(NotFound):
        table(flow, "user_time_zone")


def test_one_that_was_removed_can_be_registered_again_as_it_was(flow: Flow) -> None:
    before = change_table(flow.context, "media", with_config({"display_name": "Postingan"}))
    remove_table(flow.context, "media")
    assert registrable_tables(flow.context) == ["media"]
    again = register_table(flow.context, {"table_name": "media"})
    assert (again.database, again.display_name) == (before.database, "Postingan")
    assert [column.name for column in again.columns] == [column.name for column in before.columns]
    assert str(again.column("is_archived").type) == "bool"


def test_nothing_of_the_statistics_can_be_dropped_or_altered(flow: Flow) -> None:
    imported(flow, USERS, "user.csv")
    name = table(flow, "user").column("name").id or 0
    with pytest.raises(BadRequest, match="not the product's to drop"):
        remove_table(flow.context, "user", drop=True)
    with pytest.raises(BadRequest, match="whose data is not the product's to drop"):
        change_table(flow.context, "user", without_column(name), drop=True)
    with pytest.raises(LayoutChanged, match="lacks the columns more"):
        change_table(flow.context, "user", with_column({"name": "more", "type": "int"}))
    change_table(flow.context, "user", without_column(name))
    remove_table(flow.context, "user")
    assert told(flow, "SELECT id, name FROM user ORDER BY id") == [("1", "Kopi ☕️"), ("2", None)]


# files


def test_profile_numbers_are_loaded_and_a_second_file_updates_them(flow: Flow) -> None:
    header = "user_id,followers_count,datestamp,updated_timestamp\n"
    first = "1,1000,2026-03-30,2026-03-30 16:10:00\n1,,2026-03-31,2026-03-31T16:10:00\n"
    assert counts(imported(flow, header + first, "0112/user_data_20260331.csv")) == (2, 0, 0, 0, 0)
    second = "1,1000,2026-03-30,2026-03-30 16:10:00\n1,1010,2026-03-31,2026-03-31 16:10:00\n1,5,2026-04-01,\n1,1020,2026-04-01,\n"
    job = imported(flow, header + second, "user_data.csv")
    assert counts(job) == (1, 1, 1, 0, 1)
    assert told(
        flow, "SELECT datestamp, followers_count, follows_count, updated_timestamp FROM user_data"
    ) == [
        (date(2026, 3, 30), 1000, None, datetime(2026, 3, 30, 16, 10)),
        (date(2026, 3, 31), 1010, None, datetime(2026, 3, 31, 16, 10)),
        (date(2026, 4, 1), 1020, None, None),
    ]


def test_captions_come_through_letter_by_letter(flow: Flow) -> None:
    captions = [
        " Selamat pagi ☀️\n\n\"Rasanya seperti pulang\"; kata 'mereka'\r\n#kopi #قهوة \n",
        '=HYPERLINK("https://example.com";"klik")',
        "+62 812, -5%\t@sahabat \\n ‘kutip’ 新品 สวัสดี 👩‍🍳",
        "panjang " * 270,
    ]
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(["id", "user_id", "media_type", "timestamp", "caption", "is_archived", "like_count"])
    for number, caption in enumerate(captions):
        writer.writerow([f"m{number}", "1", "IMAGE", "2026-03-30 02:00:00", caption, "", number or ""])
    job = imported(flow, file.getvalue(), "media.csv")
    assert counts(job) == (4, 0, 0, 0, 0)
    stored = told(flow, "SELECT caption, is_archived, like_count FROM media ORDER BY id")
    assert [row[0] for row in stored] == captions
    assert [row[1:] for row in stored] == [(0, None), (0, 1), (0, 2), (0, 3)]


def test_bad_rows_are_told_by_line_and_column(flow: Flow) -> None:
    good = "".join(f"m{number},1,IMAGE,2026-03-30 02:00:00,{number}\n" for number in range(8))
    bad = "m8,1,IMAGE,2026-02-31 02:00:00,8\nm9,1,IMAGE,2026-03-30 02:00:00,banyak\n,1,IMAGE,2026-03-30,1\n"
    job = imported(flow, "id,user_id,media_type,timestamp,like_count\n" + good + bad, "media.csv")
    assert counts(job) == (8, 0, 0, 3, 0)
    assert errors(job) == [
        (10, "timestamp", "BAD_DATE", "2026-02-31 02:00:00"),
        (11, "like_count", "NOT_AN_INTEGER", "banyak"),
        (12, "id", "MANDATORY_EMPTY", ""),
    ]
    assert told(flow, "SELECT COUNT(*) FROM media") == [(8,)]


def test_a_competitor_that_is_no_account_is_refused_and_nothing_is_lost(flow: Flow) -> None:
    imported(flow, USERS, "user.csv")
    assert counts(imported(flow, "user_id,competitor_id\n1,2\n", "user_competitor.csv")) == (1, 0, 0, 0, 0)
    job = imported(flow, "user_id,competitor_id\n2,1\n2,77\n", "user_competitor_2.csv")
    assert job.status is JobStatus.FAILED
    assert job.message is not None
    assert "fk_user_competitor_competitor" in job.message.text()
    assert told(flow, "SELECT user_id, competitor_id FROM user_competitor") == [("1", "2")]
    assert counts(imported(flow, "user_id,competitor_id\n1,2\n2,1\n", "user_competitor.csv")) == (
        1,
        0,
        1,
        0,
        0,
    )


def test_the_same_name_of_a_table_of_ours_is_not_touched(flow: Flow) -> None:
    execute(flow, "CREATE TABLE user (id INT PRIMARY KEY)")
    assert counts(imported(flow, USERS, "user.csv")) == (2, 0, 0, 0, 0)
    assert flow.rows("user") == 0
    assert "user" not in registrable_tables(flow.context)


def test_their_rows_are_exported_and_their_template_can_be_sent(flow: Flow) -> None:
    imported(flow, USERS, "user.csv")
    user = table(flow, "user")
    everything = b"".join(export_csv(flow.context, user, Scope(), for_people=False)).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(everything)))
    assert [(row["id"], row["name"]) for row in rows] == [("1", "Kopi ☕️"), ("2", "")]
    job = imported(flow, template_csv(user, None), "user.csv")
    assert (job.status, job.counts.inserted) == (JobStatus.COMPLETE, 1)


def test_a_file_without_a_distributor_column_is_taken_from_any_folder(flow: Flow) -> None:
    job = imported(flow, USERS, "0112/user.csv")
    assert job.status is JobStatus.COMPLETE
    assert counts(job) == (2, 0, 0, 0, 0)


def test_a_distributors_batch_is_not_told_to_lack_them(flow: Flow) -> None:
    flow.drop("0112/stocks.csv", f"{STOCKS_HEADER}A;G1;5;31/03/2026\n")
    jobs = flow.run()
    assert [(job.table_name, job.status) for job in jobs] == [
        ("stocks", JobStatus.COMPLETE),
        ("customers", JobStatus.SKIPPED),
        ("sales", JobStatus.SKIPPED),
    ]


# demo data


def test_demo_data_is_stored_row_by_row(flow: Flow) -> None:
    statistics = flow.context.statistics
    assert not is_filled(statistics)
    rows = fill(statistics, PLAN)
    assert is_filled(statistics)
    assert {name: told(flow, f"SELECT COUNT(*) FROM `{name}`") for name in rows} == {
        name: [(count,)] for name, count in rows.items()
    }
    assert set(rows) == set(TITLES)
    media = pl.concat([frame for name, frame in frames_of(PLAN) if name == "media"]).sort("id")
    stored = told(flow, "SELECT id, timestamp, caption, like_count, datestamp FROM media ORDER BY id")
    assert stored == media.select("id", "timestamp", "caption", "like_count", "datestamp").rows()


def test_demo_data_is_never_mixed_with_rows_that_are_there(flow: Flow) -> None:
    rows = fill(flow.context.statistics, PLAN)
    with pytest.raises(CountsDisagree):
        fill(flow.context.statistics, replace(PLAN, accounts=3))
    assert told(flow, "SELECT COUNT(*) FROM user") == [(rows["user"],)]


@pytest.mark.parametrize("name", TITLES)
def test_demo_data_can_be_dropped_as_files_as_well(flow: Flow, name: str) -> None:
    frames = [frame for table_name, frame in frames_of(PLAN) if table_name == name]
    if name == "user_competitor":
        users = pl.concat([frame for table_name, frame in frames_of(PLAN) if table_name == "user"])
        imported(flow, users.write_csv(), "user.csv")
    content = pl.concat(frames)
    job = imported(flow, content.write_csv(datetime_format="%Y-%m-%d %H:%M:%S"), f"{name}.csv")
    assert counts(job) == (content.height, 0, 0, 0, 0)
