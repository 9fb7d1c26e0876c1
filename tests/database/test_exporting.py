"""Exports from request to files on real servers: lanes, trouble, re-runs, delivery, retention, states that are true."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from devtools.account_data import AccountPlan, fill
from import_export.addresses import parse_addresses
from import_export.archive.object_storage import ObjectStorageArchive
from import_export.cli import main
from import_export.errors import ArchiveUnavailable, BadRequest, DatabaseUnavailable, NotFound
from import_export.exports.requests import read_request
from import_export.exports.runs import AccountState, ExportLine, ExportState, Kind
from import_export.services import exporting
from import_export.services.context import Context
from import_export.services.export_delivery import deliver_export
from import_export.services.export_retention import BROKE_OFF, close_lost, remove_old_exports
from import_export.services.export_zip import zip_of
from import_export.services.exporting import (
    NO_TURN,
    NOT_PLANNED,
    Run,
    close_export,
    export_id_of,
    export_lane,
    exports_of,
    new_export,
    plan_export,
)
from import_export.services.maintenance import Life
from import_export.services.notifying import send_notifications
from import_export.settings import environment_name
from import_export.stores.database import Database
from tests.database.flow import Flow
from tests.s3_stand_in import Store
from tests.smtp_stand_in import mailbox

NIGHT = datetime(2026, 6, 30, 19, tzinfo=UTC)
"""02:00 of 1 July in Jakarta."""
PLACE = "nightly/2026-07-01"
PLAN = AccountPlan(accounts=3, days=60, media_per_account=30, competitors=1)
ID = "7d5f0d0e-7a0a-4a54-b6f6-5c5ad1b0b9d7"


STORES: dict[str, Store] = {}
"""The buckets of the tests by the settings that name them."""
anywhere = pytest.mark.parametrize("context", ["disk", "bucket"], indirect=True)
"""For what holds wherever the exports are; the other tests have them on a disk."""


@pytest.fixture
def context(
    database: Database, statistics: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> Context:
    fill(statistics, PLAN)
    if getattr(request, "param", "disk") == "disk":
        return Flow.make(database, tmp_path).context
    store = request.getfixturevalue("s3")
    STORES[store.uri("exports")] = store
    return Flow.make(database, tmp_path, exports_folder=store.uri("exports")).context


def night(at: datetime = NIGHT, run_id: str = "scheduled__1") -> Run:
    return Run(run_id=run_id, nightly=True, at=at, form={})


def made(context: Context, run: Run) -> ExportLine:
    """The tasks of the DAG in their order."""
    for lane in plan_export(context, run):
        export_lane(context, lane)
    export_id = export_id_of(context, run)
    deliver_export(context, export_id)
    return close_export(context, export_id)


def kept(context: Context) -> dict[str, str]:
    """Every file below the exports' folder, with its hash."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in contents(context).items()}


def contents(context: Context) -> dict[str, bytes]:
    root = context.settings.exports
    if isinstance(root, str):
        store = STORES[root]
        return {key.removeprefix("exports/"): store.get(key) for key in store.names("exports/")}
    paths = [path for path in root.rglob("*") if path.is_file()]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def exports_on_disk(context: Context) -> Path:
    assert isinstance(context.settings.exports, Path)
    return context.settings.exports


def put(context: Context, name: str, content: str) -> None:
    """Put something among the exports from outside."""
    root = context.settings.exports
    if isinstance(root, str):
        STORES[root].put(f"exports/{name}", content)
    else:
        (root / name).write_text(content)


def change(database: Database, statement: str, *values: Any) -> None:
    with database.session() as session, session.transaction():
        session.execute(statement, values)


def usernames(context: Context) -> list[str]:
    return [account.username for account in exporting.list_accounts(context)]


def asked(context: Context, **given: Any) -> str:
    """Start what a person asked for; its id."""
    request = read_request({"accounts": "all", "formats": ["csv"], "contents": ["profile"]} | given, "id")
    new_export(context, request, ID)
    return ID


@anywhere
def test_a_night_makes_all_formats_of_all_accounts_at_a_place_of_its_date(context: Context) -> None:
    line = made(context, night())
    assert (line.state, line.export.kind) == (ExportState.COMPLETE, Kind.NIGHTLY)
    assert (line.progress.accounts, line.progress.done, line.progress.files) == (3, 3, 27)
    files = kept(context)
    assert len(files) == 27
    first = usernames(context)[0]
    days = "Tanggal 3 Juni 2026 - 30 Juni 2026"
    assert f"{PLACE}/@{first}/Data Performa Konten {days}.csv" in files
    assert f"{PLACE}/@{first}/Data @{first} {days}.xlsx" in files
    pdf = contents(context)[f"{PLACE}/@{first}/Laporan @{first} {days}.pdf"]
    assert len(PdfReader(io.BytesIO(pdf)).pages) > 2
    with exports_of(context) as exports:
        found = exports.files(line.export.export_id)
    assert {f"{PLACE}/{file.folder}/{file.made.name}": file.made.sha256 for file in found} == files
    assert sum(file.made.size for file in found) == line.progress.size
    assert not list(context.settings.work_folder.iterdir())


@anywhere
def test_a_night_that_is_made_again_has_the_same_bytes_in_the_same_place(context: Context) -> None:
    made(context, night())
    before = kept(context)
    # What was collected since then does not count.
    later = (
        "INSERT INTO user_data (user_id, followers_count, datestamp) SELECT id, 7, '2026-07-05' FROM `user`"
    )
    change(context.statistics, later)
    again = replace(context, clock=lambda: datetime(2027, 1, 1))
    line = made(again, night(run_id="manual__2"))
    assert kept(context) == before
    assert (line.export.run_id, line.progress.files) == ("manual__2", 27)


def test_what_came_later_than_the_night_is_not_in_it(context: Context) -> None:
    made(context, night(NIGHT - timedelta(days=3)))
    [folder] = {path.split("/")[1] for path in kept(context)}
    assert folder == "2026-06-28"
    assert any("31 Mei 2026 - 27 Juni 2026" in path for path in kept(context))


@anywhere
def test_files_of_an_earlier_run_that_this_one_does_not_make_are_gone(context: Context) -> None:
    made(context, night())
    fewer = replace(context, settings=replace(context.settings, export_nightly_formats="pdf"))
    put(context, f"{PLACE}/@{usernames(context)[0]}/Laporan.pdf", "made by an earlier version")
    line = made(fewer, night())
    assert len(kept(context)) == line.progress.files == 3
    assert all(path.endswith(".pdf") for path in kept(context))


def test_an_account_that_is_called_otherwise_by_now_leaves_nothing_at_its_old_place(context: Context) -> None:
    made(context, night())
    old = usernames(context)[0]
    change(context.statistics, "UPDATE `user` SET username = 'nama.baru' WHERE username = %s", old)
    line = made(context, night())
    folders = {path.split("/")[2] for path in kept(context)}
    assert "@nama.baru" in folders
    assert f"@{old}" not in folders
    assert (len(kept(context)), line.progress.files, line.progress.accounts) == (27, 27, 3)


def test_accounts_whose_names_are_the_same_folder_do_not_overwrite_each_other(context: Context) -> None:
    first, second, _ = [account.id for account in exporting.list_accounts(context)]
    change(context.statistics, "UPDATE `user` SET username = 'a/b' WHERE id = %s", first)
    change(context.statistics, "UPDATE `user` SET username = 'A:B' WHERE id = %s", second)
    line = made(context, night())
    folders = {path.split("/")[2] for path in kept(context)}
    assert {f"@a_b {first}", f"@A_B {second}"} < folders
    assert len(kept(context)) == line.progress.files == 27


def trouble(context: Context) -> str:
    """One account's only data lies before anything can; its name."""
    [account, *_] = exporting.list_accounts(context)
    change(context.statistics, "DELETE FROM user_data WHERE user_id = %s", account.id)
    change(
        context.statistics,
        "INSERT INTO user_data (user_id, datestamp) VALUES (%s, '2001-01-01')",
        account.id,
    )
    return account.username


def test_one_accounts_trouble_is_told_and_leaves_the_others_alone(context: Context) -> None:
    name = trouble(context)
    line = made(context, night())
    assert (line.state, line.progress.done, line.progress.failed) == (ExportState.COMPLETE_WITH_ERRORS, 2, 1)
    with exports_of(context) as exports:
        [failed] = exports.accounts(line.export.export_id, undone=True)
    assert (failed.username, failed.state) == (name, AccountState.FAILED)
    assert "the period must lie between 2010-01-01 and 2100-12-31" in str(failed.reason)
    assert {path.split("/")[2] for path in kept(context)}.isdisjoint({f"@{name}"})


def test_a_file_that_cannot_be_made_leaves_those_of_an_earlier_run_as_they_were(context: Context) -> None:
    made(context, night())
    before = kept(context)
    name = trouble(context)
    line = made(context, night())
    assert line.state is ExportState.COMPLETE_WITH_ERRORS
    assert {path: each for path, each in kept(context).items() if f"@{name}/" in path} == {
        path: each for path, each in before.items() if f"@{name}/" in path
    }


def test_a_place_that_cannot_be_written_is_one_accounts_trouble(context: Context) -> None:
    name = usernames(context)[0]
    folder = exports_on_disk(context) / PLACE
    folder.mkdir(parents=True)
    (folder / f"@{name}").write_text("in the way")
    line = made(context, night())
    assert (line.progress.done, line.progress.failed) == (2, 1)


def test_a_lane_that_broke_off_goes_on_where_it_was(context: Context) -> None:
    one, folder = (
        replace(context, settings=replace(context.settings, export_lanes=1)),
        exports_on_disk(context),
    )
    [lane] = plan_export(one, night())
    reads = 0

    def gone() -> Iterator[Any]:
        nonlocal reads
        reads += 1
        raise DatabaseUnavailable("gone away")

    class Away(Database):
        """A statistics server that goes away when the second account's turn comes."""

        def session(self, *, loader: bool = False) -> Any:
            with exports_of(one) as exports:
                done = [each for each in exports.accounts(lane.export_id) if each.state is AccountState.DONE]
            if done:
                gone()
            return super().session(loader=loader)

    with pytest.raises(DatabaseUnavailable):
        export_lane(replace(one, statistics=Away(one.statistics.connection)), lane)
    with exports_of(one) as exports:
        line = exports.line(lane.export_id)
        [first] = [each for each in exports.accounts(lane.export_id) if each.state is AccountState.DONE]
    assert (line.state, line.progress.done, line.progress.failed) == (ExportState.RUNNING, 1, 0)
    before = {path: (folder / path).stat().st_mtime_ns for path in kept(one)}
    export_lane(one, lane)
    assert close_export(one, lane.export_id).state is ExportState.COMPLETE
    assert {path: (folder / path).stat().st_mtime_ns for path in before} == before
    assert all(f"/{first.folder}/" in path for path in before)


def test_accounts_that_had_no_turn_are_told(context: Context) -> None:
    first, *_ = plan_export(context, night())
    export_lane(context, first)
    line = close_export(context, first.export_id)
    assert line.state is ExportState.COMPLETE_WITH_ERRORS
    with exports_of(context) as exports:
        reasons = {each.reason for each in exports.accounts(first.export_id, undone=True)}
    assert reasons == {NO_TURN}


def test_a_cleared_lane_tries_failed_accounts_again_and_the_state_is_running_meanwhile(
    context: Context,
) -> None:
    lanes = plan_export(context, night())
    line = close_export(context, lanes[0].export_id)
    assert line.state is ExportState.FAILED
    export_lane(context, lanes[0])
    with exports_of(context) as exports:
        assert exports.line(lanes[0].export_id).state is ExportState.RUNNING
    export_lane(context, lanes[1])
    assert close_export(context, lanes[0].export_id).state is ExportState.COMPLETE


def test_lanes_are_named_after_their_accounts(context: Context) -> None:
    first, second, third = usernames(context)
    assert [lane.label for lane in plan_export(context, night())] == [
        f"lane 1: @{first}, @{third}",
        f"lane 2: @{second}",
    ]


def test_what_a_person_asks_for_lies_at_a_place_of_its_own(context: Context) -> None:
    export_id = asked(context, accounts=[f"@{usernames(context)[1]}"], start="2026-06-01", end="2026-06-10")
    with exports_of(context) as exports:
        assert exports.line(export_id).state is ExportState.WAITING
    line = made(context, Run(run_id=export_id, nightly=False, at=NIGHT, form={}))
    assert (line.state, line.export.created_by) == (ExportState.COMPLETE, "test")
    [path] = kept(context)
    assert path.startswith(f"on_demand/{ID}/@{usernames(context)[1]}/Data Performa Akun Tanggal 1 Juni 2026")


def test_a_form_is_an_export_of_its_run(context: Context) -> None:
    first = usernames(context)[0]
    form = {"accounts": [first], "formats": ["csv"], "contents": ["city"], "language": "en"}
    line = made(context, Run(run_id="manual__2026-07-01", nightly=False, at=NIGHT, form=form))
    assert line.export.folder == f"on_demand/{line.export.export_id}"
    [path] = kept(context)
    assert path.endswith("/Cities of Followers 3 June 2026 - 30 June 2026.csv")


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ({"accounts": ["nobody"], "formats": ["csv"]}, NotFound),
        ({"accounts": [], "formats": ["csv"]}, BadRequest),
    ],
)
def test_what_is_wrong_with_a_form_is_told_before_anything_is_done(
    context: Context, form: dict[str, Any], fault: type[Exception]
) -> None:
    with pytest.raises(fault):
        plan_export(context, Run(run_id="manual__1", nightly=False, at=NIGHT, form=form))
    with exports_of(context) as exports:
        assert exports.newest(None, 10) == []


def test_a_run_that_ends_before_its_plan_is_a_failed_export(context: Context) -> None:
    line = close_export(context, asked(context))
    assert (line.state, line.export.failure) == (ExportState.FAILED, NOT_PLANNED)


@anywhere
def test_several_accounts_are_folders_in_the_zip_and_one_is_none(context: Context) -> None:
    export_id = asked(context)
    made(context, Run(run_id=export_id, nightly=False, at=NIGHT, form={}))
    name, pieces = zip_of(context, export_id)
    assert name == "Ekspor Tanggal 3 Juni 2026 - 30 Juni 2026.zip"
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        inside = {each: hashlib.sha256(archive.read(each)).hexdigest() for each in archive.namelist()}
    assert {f"on_demand/{ID}/{each}": sha for each, sha in inside.items()} == kept(context)
    with exports_of(context) as exports:
        [first, *_] = exports.accounts(export_id)
    name, pieces = zip_of(context, export_id, first.account_id)
    assert name == f"Ekspor @{first.username} Tanggal 3 Juni 2026 - 30 Juni 2026.zip"
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert archive.namelist() == ["Data Performa Akun Tanggal 3 Juni 2026 - 30 Juni 2026.csv"]


@anywhere
def test_files_are_delivered_once_and_again_only_when_they_changed(context: Context, tmp_path: Path) -> None:
    there = tmp_path / "delivered"
    sending = replace(context, open_delivery=lambda: ObjectStorageArchive(str(there)))
    line = made(sending, night())
    delivered = {path.relative_to(there).as_posix() for path in there.rglob("*") if path.is_file()}
    assert delivered == set(kept(context))
    assert set(exporting.uris_of(context, line.export.export_id)) == {str(there / path) for path in delivered}
    assert deliver_export(sending, line.export.export_id) == 0
    made(sending, night())
    assert deliver_export(sending, line.export.export_id) == 0
    change(context.statistics, "UPDATE user_data SET followers_count = followers_count + 1")
    for lane in plan_export(sending, night()):
        export_lane(sending, lane)
    changed = deliver_export(sending, line.export.export_id)
    assert 0 < changed < 27
    assert {path.relative_to(there).as_posix() for path in there.rglob("*") if path.is_file()} == delivered


def test_a_delivery_that_fails_is_told_and_undoes_nothing(context: Context) -> None:
    class Away:
        def reserve_id(self) -> None:
            return None

        def store(self, item: Any) -> Any:
            raise ArchiveUnavailable("the bucket does not answer")

    export_id = asked(context)
    for lane in plan_export(context, Run(run_id=export_id, nightly=False, at=NIGHT, form={})):
        export_lane(context, lane)
    with pytest.raises(ArchiveUnavailable):
        deliver_export(replace(context, open_delivery=Away), export_id)
    line = close_export(context, export_id)
    assert (line.state, line.progress.undelivered) == (ExportState.COMPLETE_WITH_ERRORS, 3)
    assert len(kept(context)) == 3
    with exports_of(context) as exports:
        assert {file.delivery_error for file in exports.files(export_id)} == {"the bucket does not answer"}


def test_a_mail_with_a_link_goes_to_whom_the_settings_name_once_for_each_making(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = parse_addresses("dewi@brand.test, agus@brand.test")
    context = replace(context, settings=replace(context.settings, export_email_to=to))
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.brand.test/")
    with mailbox() as box:
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", box.uri)
        export_id = made(context, night()).export.export_id
        close_export(context, export_id)
        assert send_notifications(context, export_id) == 2
        assert send_notifications(context) == 0
        [mail, other] = box.mails
        made(context, night(run_id="made again"))
        assert send_notifications(context, export_id) == 2
    assert (mail["from"], mail["to"], other["to"]) == (
        "airflow@brand.test",
        "dewi@brand.test",
        "agus@brand.test",
    )
    assert mail["subject"] == f"Ekspor statistik {PLACE}: selesai"
    [html] = [part.get_content() for part in mail.walk() if part.get_content_type() == "text/html"]
    assert 'href="https://airflow.brand.test/import-export/exports"' in html
    assert "3 dari 3 akun diekspor, 0 gagal; 27 berkas." in html
    assert [part.get_content_type() for part in mail.walk() if part.get_filename()] == []


@anywhere
def test_old_files_are_removed_and_the_list_says_so(context: Context) -> None:
    made(context, night())
    line = made(context, Run(run_id=asked(context), nightly=False, at=NIGHT, form={}))
    put(context, "mine.txt", "not an export's")
    assert remove_old_exports(context) == []
    later = replace(context, clock=lambda: line.export.created_at + timedelta(days=91))
    never = replace(later, settings=replace(context.settings, export_retention_days=0))
    assert remove_old_exports(never) == []
    assert len(remove_old_exports(later)) == 2
    assert list(kept(context)) == ["mine.txt"]
    if isinstance(context.settings.exports, Path):
        assert not (context.settings.exports / PLACE).exists()
    with exports_of(context) as exports:
        found = exports.newest(None, 10)
        removed = exports.files(ID)
    assert [each.export.removed_at is not None for each in found] == [True, True]
    assert all(file.removed_at is not None for file in removed)
    with pytest.raises(NotFound, match="not there any more"):
        zip_of(context, ID)
    assert remove_old_exports(later) == []
    # Made again, they are there again.
    assert made(context, night()).progress.files == 27


def test_what_is_left_of_an_account_that_was_never_made_again_goes_with_the_others(context: Context) -> None:
    lane, other = plan_export(context, night())
    export_lane(context, lane)
    with exports_of(context) as exports:
        [undone] = exports.accounts(lane.export_id, lane=other.lane)
    half = exports_on_disk(context) / PLACE / undone.folder
    half.mkdir()
    (half / "one of nine.csv").write_text("its worker was killed before the others were there")
    (exports_on_disk(context) / PLACE / "mine.txt").write_text("a person's own")
    line = close_export(context, lane.export_id)
    remove_old_exports(replace(context, clock=lambda: line.export.created_at + timedelta(days=91)))
    assert list(kept(context)) == [f"{PLACE}/mine.txt"]


@pytest.mark.parametrize("link", ["export", "account"])
def test_nothing_is_read_or_removed_where_a_link_leads_out_of_the_exports_folder(
    context: Context, tmp_path: Path, link: str
) -> None:
    line = made(context, Run(run_id=asked(context), nightly=False, at=NIGHT, form={}))
    outside = tmp_path / "outside"
    place = exports_on_disk(context) / "on_demand" / ID
    if link == "account":
        place /= f"@{usernames(context)[0]}"
    place.rename(outside)
    place.symlink_to(outside)
    before = sorted(outside.rglob("*"))
    with pytest.raises(NotFound):
        zip_of(context, ID)
    remove_old_exports(replace(context, clock=lambda: line.export.created_at + timedelta(days=91)))
    assert sorted(outside.rglob("*")) == before
    assert place.is_symlink()


def test_an_export_whose_run_is_gone_is_closed(context: Context) -> None:
    plan_export(context, Run(run_id=asked(context), nightly=False, at=NIGHT, form={}))
    later = replace(context, clock=lambda: context.clock() + timedelta(minutes=11))
    # Whoever asked for it is about to start its run; a run that Airflow has is left to Airflow, however long it takes.
    assert close_lost(context, lambda *_: Life.NONE) == []
    assert close_lost(later, lambda *_: Life.ALIVE) == []
    assert close_lost(later, lambda *_: Life.ENDED, dry_run=True) == [ID]
    assert close_lost(later, lambda *_: Life.ENDED) == [ID]
    assert close_lost(later, lambda *_: Life.ENDED) == []
    with exports_of(context) as exports:
        line = exports.line(ID)
    assert (line.state, line.export.failure) == (ExportState.FAILED, BROKE_OFF)


def test_the_list_is_newest_first_and_goes_on_behind_a_given_one(context: Context) -> None:
    for number in range(3):
        at = datetime(2026, 7, 1 + number)
        now = replace(context, clock=lambda at=at: at)
        request = read_request({"accounts": "all", "formats": ["csv"]}, "id")
        new_export(now, request, f"7d5f0d0e-7a0a-4a54-b6f6-5c5ad1b0b9d{number}")
    with exports_of(context) as exports:
        first, second = exports.newest(None, 2)
        [third] = exports.newest((second.export.created_at, second.export.export_id), 2)
    assert [each.export.created_at.day for each in (first, second, third)] == [3, 2, 1]


def test_the_command_line_writes_files_and_prints_them(
    context: Context,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("drop_folder", "work_folder", "done_folder", "failed_folder", "archive_path"):
        monkeypatch.setenv(environment_name(name), str(getattr(context.settings, name)))
    monkeypatch.setenv("AIRFLOW_CONN_IMPORT_EXPORT_MYSQL", context.database.connection.get_uri())
    first = usernames(context)[0]
    there = tmp_path / "there"
    (there / f"@{first}").mkdir(parents=True)
    mine = there / f"@{first}" / "mine.txt"
    mine.write_text("a person's own file")
    arguments = ["export", f"@{first}", "--format", "csv", "--content", "city", "--content", "age"]
    assert main([*arguments, "--frame", "7", "--lang", "en", "--to", str(there)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert [Path(line).name for line in printed] == [
        "Cities of Followers 24 June 2026 - 30 June 2026.csv",
        "Age of Followers 24 June 2026 - 30 June 2026.csv",
    ]
    assert all(Path(line).is_file() for line in printed)
    assert mine.exists()
    name = trouble(context)
    assert main(["export", "--all", "--format", "csv", "--content", "city", "--to", str(there)]) == 1
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 2
    assert told.err.startswith(f"@{name}: the period must lie between")
    assert main(["export", "nobody", "--to", str(there)]) == 1
    assert "there is no account 'nobody'" in capsys.readouterr().err
