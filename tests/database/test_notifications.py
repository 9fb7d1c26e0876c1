"""Messages: who is told of what, once, whatever breaks off; to a real mail server, Slack's client, and any notifier."""

import http.server
import json
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import Connection

from import_export.addresses import NotifierSpec, parse_addresses
from import_export.errors import BadRequest, NotSent, Unfinished
from import_export.imports.jobs import JobStatus
from import_export.scopes import Scope
from import_export.services.archiving import archive_lane
from import_export.services.cancelling import cancel_batch
from import_export.services.context import Context
from import_export.services.deadlines import remove_deadline, set_deadline
from import_export.services.expecting import expect
from import_export.services.finishing import finish_batch
from import_export.services.lanes import Lane
from import_export.services.loading import load_lane
from import_export.services.maintenance import Run
from import_export.services.noticing import find_due_notifications
from import_export.services.notifying import (
    IN_HAND,
    OF_USE,
    State,
    list_notifications,
    send_again,
    send_notifications,
    state_of,
    tell_what_is_due,
)
from import_export.services.subscribing import subscribe
from import_export.services.validating import validate_lane
from import_export.stores.database import Database
from import_export.stores.jobs import Step
from tests.api.house import sales, stocks, zipped
from tests.database.flow import Flow, eventually
from tests.notifiers import KeepingNotifier
from tests.smtp_stand_in import Mailbox, mailbox

AIRFLOW = "https://airflow.brand.test"
BAD = stocks("A", "B") + "SECRET-SKU;W1;SECRET-lima;01/03/2026\n"
"""Two good rows and one that is refused, whose cells are nobody's business."""


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with mailbox() as opened:
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", opened.uri)
        monkeypatch.setenv("AIRFLOW__API__BASE_URL", f"{AIRFLOW}/")
        yield opened


@pytest.fixture
def flow(database: Database, tmp_path: Path) -> Flow:
    """An installation in which the office gets what nobody else does."""
    flow = Flow.make(database, tmp_path)
    return with_settings(flow, notify_to=parse_addresses("office@brand.test"))


def with_settings(flow: Flow, **settings: Any) -> Flow:
    return replace(flow, context=replace(flow.context, settings=replace(flow.context.settings, **settings)))


def at(flow: Flow, now: datetime) -> Context:
    return replace(flow.context, clock=lambda: now)


def tell(flow: Flow, address: str, *kinds: str, **of: Any) -> None:
    of = {"dist_id": None, "table_name": None, "language": "en"} | of
    subscribe(flow.context, Scope(), address, kinds or ("refused", "missing", "stuck"), **of)


def html_of(mail: EmailMessage) -> str:
    [html] = [part.get_content() for part in mail.walk() if part.get_content_type() == "text/html"]
    return str(html)


def batch_of(flow: Flow) -> str:
    [(batch_id,)] = rows(flow, "SELECT batch_id FROM import_batches ORDER BY received_at DESC LIMIT 1")
    return str(batch_id)


def rows(flow: Flow, statement: str) -> list[tuple[Any, ...]]:
    with flow.context.database.session() as session:
        return session.rows(statement)


def states(flow: Flow, now: datetime | None = None) -> dict[str, State]:
    found = list_notifications(flow.context, Scope(), before=None, most=100)
    return {each.address: state_of(each, now or flow.context.clock()) for each in found}


# What is told, and to whom


def test_a_batch_with_refused_files_is_told_in_one_message_with_a_link_and_no_cell_of_any_row(
    flow: Flow, box: Mailbox
) -> None:
    files = {"stocks.csv": BAD, "unknown.csv": "a;b\n1;2\n", "sales.csv": "no;such;header\n1;2;3\n"}
    flow.drop("0112/march.zip", zipped(files))
    flow.run()
    batch_id = batch_of(flow)
    assert send_notifications(flow.context, batch_id) == 1
    [mail] = box.mails
    assert (mail["from"], mail["to"]) == ("airflow@brand.test", "office@brand.test")
    assert mail["subject"] == "Not everything was imported: march.zip (distributor 0112)"
    assert mail["message-id"].endswith("@airflow.brand.test>")
    html = html_of(mail)
    assert f'href="{AIRFLOW}/import-export/batches/{batch_id}"' in html
    assert "3 rows: 2 loaded, 0 unchanged, 1 rejected" in html
    assert "Line 4: stock_pcs must be integer, got &#39;…&#39;" in html
    assert "Filename &#39;unknown&#39; not recognized." in html
    assert "Missing mandatory columns" in html
    assert "SECRET" not in html


def test_a_file_that_the_quick_validation_refuses_for_its_cells_is_told_without_them(
    flow: Flow, box: Mailbox
) -> None:
    flow.drop("stocks.csv", "SKU;Gudang;Stok PCS;Tanggal\nA;W1;SECRET;01/03/2026\n")
    flow.run()
    assert send_notifications(flow.context) == 1
    html = html_of(box.mails[0])
    assert "Validation errors in sample rows: …" in html
    assert "SECRET" not in html


def test_a_batch_of_which_all_was_imported_is_not_told(flow: Flow, box: Mailbox) -> None:
    flow.drop("stocks.csv", stocks("A"))
    flow.run()
    assert send_notifications(flow.context) == 0
    assert rows(flow, "SELECT COUNT(*) FROM notifications") == [(0,)]


def test_what_could_not_even_become_a_file_is_told(flow: Flow, box: Mailbox) -> None:
    flow.drop("broken.zip", b"PK\x03\x04 no zip")
    flow.run()
    assert send_notifications(flow.context) == 1
    assert "broken.zip: Invalid ZIP or no data files found inside." in html_of(box.mails[0])


def test_a_cancelled_batch_is_not_told_who_cancelled_it_knows(flow: Flow, box: Mailbox) -> None:
    flow.drop("stocks.csv", BAD)
    batch_id, [lane] = flow.take()
    cancel_batch(flow.context, batch_id)
    for step in (validate_lane, load_lane, archive_lane):
        step(flow.context, lane)
    finish_batch(flow.context, batch_id)
    assert send_notifications(flow.context) == 0


def test_each_address_gets_its_distributors_and_tables_files_in_its_language_in_one_message(
    flow: Flow, box: Mailbox
) -> None:
    tell(flow, "ani@brand.test", dist_id="0112", language="id")
    tell(flow, "sales@brand.test", table_name="sales")
    tell(flow, "sales@brand.test", dist_id="0112", table_name="sales", language="id")
    tell(flow, "budi@brand.test", dist_id="0113")
    tell(flow, "missing@brand.test", "missing", dist_id="0112")
    flow.drop("0112/march.zip", zipped({"stocks.csv": BAD, "sales.csv": sales("1") + "short\n"}))
    flow.run()
    assert send_notifications(flow.context) == 2
    told = {mail["to"]: mail for mail in box.mails}
    assert set(told) == {"ani@brand.test", "sales@brand.test"}
    assert told["ani@brand.test"]["subject"] == "Tidak semuanya diimpor: march.zip (distributor 0112)"
    assert "stocks.csv" in html_of(told["ani@brand.test"])
    assert "sales.csv" in html_of(told["ani@brand.test"])
    assert "stocks.csv" not in html_of(told["sales@brand.test"])


def test_files_that_are_nobodys_in_particular_go_to_the_addresses_of_the_settings(
    flow: Flow, box: Mailbox
) -> None:
    tell(flow, "sales@brand.test", table_name="sales")
    flow.drop("march.zip", zipped({"stocks.csv": BAD, "sales.csv": sales("1") + "short\n"}))
    flow.run()
    send_notifications(flow.context)
    told = {mail["to"]: html_of(mail) for mail in box.mails}
    assert set(told) == {"sales@brand.test", "office@brand.test"}
    assert "sales.csv" not in told["office@brand.test"]


def test_of_very_many_files_the_first_are_told_in_one_message(flow: Flow, box: Mailbox) -> None:
    flow.drop("many.zip", zipped({f"what{number:03d}.csv": "a\n1\n" for number in range(60)}))
    flow.run()
    assert send_notifications(flow.context) == 1
    html = html_of(box.mails[0])
    assert "what019.csv" in html
    assert "what020.csv" not in html
    assert "And 40 more files." in html


# Once


def test_a_batch_is_told_once_however_often_its_end_and_the_sending_are_repeated(
    flow: Flow, box: Mailbox
) -> None:
    flow.drop("stocks.csv", BAD)
    flow.run()
    batch_id = batch_of(flow)
    for _ in range(3):
        finish_batch(flow.context, batch_id)
        send_notifications(flow.context, batch_id)
        send_notifications(flow.context)
    assert len(box.mails) == 1


def test_several_who_send_at_once_send_each_message_once(flow: Flow, box: Mailbox) -> None:
    for number in range(8):
        tell(flow, f"a{number}@brand.test")
    flow.drop("stocks.csv", BAD)
    flow.run()
    threads = [threading.Thread(target=send_notifications, args=(flow.context,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(mail["to"] for mail in box.mails) == [f"a{number}@brand.test" for number in range(8)]


def test_nothing_is_to_be_told_when_the_end_of_the_batch_is_rolled_back(flow: Flow, box: Mailbox) -> None:
    flow.drop("stocks.csv", BAD)
    batch_id, [lane] = flow.take()
    for step in (validate_lane, load_lane, archive_lane):
        step(flow.context, lane)
    with flow.context.database.session() as session:
        # A fault of the server in the same transaction, after the batch's own row.
        session.execute("RENAME TABLE notifications TO notifications_gone")
        with pytest.raises(Exception, match="notifications"):
            finish_batch(flow.context, batch_id)
        session.execute("RENAME TABLE notifications_gone TO notifications")
    assert rows(flow, "SELECT finished_at FROM import_batches") == [(None,)]
    finish_batch(flow.context, batch_id)
    assert send_notifications(flow.context) == 1


def test_a_mail_server_that_refuses_is_told_and_tried_again_for_those_only_who_got_nothing(
    flow: Flow, box: Mailbox
) -> None:
    flow = with_settings(
        flow,
        notify_to=(*flow.context.settings.notify_to, *parse_addresses("keeping")),
        notifiers=(
            NotifierSpec(name="keeping", path="tests.notifiers.KeepingNotifier", kwargs={"message": "m"}),
        ),
    )
    KeepingNotifier.told.clear()
    box.refuses = "come back later"
    flow.drop("stocks.csv", BAD)
    flow.run()
    with pytest.raises(
        NotSent, match=r"1 of 2 messages could not be sent: office@brand\.test: SMTPSenderRefused"
    ):
        send_notifications(flow.context)
    assert states(flow) == {"office@brand.test": State.WAITING, "keeping": State.SENT}
    [(error,)] = rows(flow, "SELECT error FROM notifications WHERE sent_at IS NULL")
    assert "come back later" in error
    box.refuses = None
    assert send_notifications(flow.context) == 1
    assert (len(box.mails), len(KeepingNotifier.told)) == (1, 1)


def test_what_could_not_be_sent_for_three_days_is_given_up_until_a_person_says_otherwise(
    flow: Flow, box: Mailbox
) -> None:
    flow.drop("stocks.csv", BAD)
    flow.run()
    late = at(flow, flow.context.clock() + OF_USE)
    assert send_notifications(late) == 0
    [notification] = list_notifications(late, Scope(), before=None, most=10)
    assert state_of(notification, late.clock()) is State.GIVEN_UP
    send_again(late, Scope(), notification.id)
    assert send_notifications(late) == 1
    with pytest.raises(BadRequest, match="is sent: there is nothing to send again"):
        send_again(late, Scope(), notification.id)


def send_in_a_process(uri: str, root: Path) -> None:
    flow = Flow.make(Database(Connection.from_uri(uri, conn_id="import_export_mysql")), root)
    send_notifications(flow.context)


def test_a_task_killed_while_the_mail_goes_out_never_makes_it_two(flow: Flow, box: Mailbox) -> None:
    flow.drop("stocks.csv", BAD)
    flow.run()
    box.answers.clear()
    start = multiprocessing.get_context("spawn")
    uri = flow.context.database.connection.get_uri()
    sender = start.Process(target=send_in_a_process, args=(uri, flow.root), daemon=True)
    sender.start()
    eventually(lambda: box.mails)
    assert sender.pid is not None
    os.kill(sender.pid, signal.SIGKILL)
    sender.join()
    box.answers.set()
    finish_batch(flow.context, batch_of(flow))
    assert send_notifications(flow.context) == 0
    assert len(box.mails) == 1
    assert states(flow) == {"office@brand.test": State.SENDING}
    later = flow.context.clock() + IN_HAND
    assert send_notifications(at(flow, later)) == 0
    # Whether it went out is not known, so a person decides.
    assert states(flow, later) == {"office@brand.test": State.UNKNOWN}
    [notification] = list_notifications(flow.context, Scope(), before=None, most=10)
    send_again(at(flow, later), Scope(), notification.id)
    assert send_notifications(at(flow, later)) == 1
    first, second = (mail["message-id"] for mail in box.mails)
    assert first == second


# Other notifiers


@contextmanager
def web_server() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Takes every POST and keeps its JSON, as Slack's webhooks do."""
    posted: list[dict[str, Any]] = []

    class Taking(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", posted
        finally:
            server.shutdown()
            thread.join()


def test_slack_gets_the_text_by_the_webhook_of_a_connection(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    flow = with_settings(flow, notify_to=parse_addresses("slack:sales_channel"))
    flow.drop("<!channel>.csv", "a\n1\n")
    flow.run()
    with web_server() as (url, posted):
        connection = json.dumps(
            {"conn_type": "slackwebhook", "host": url, "password": "/services/T0/B0/secret"}
        )
        monkeypatch.setenv("AIRFLOW_CONN_SALES_CHANNEL", connection)
        assert send_notifications(flow.context) == 1
    [message] = posted
    assert message["text"].startswith("*Not everything was imported: &lt;!channel&gt;.csv*\n")
    assert "<" not in message["text"]


def test_slack_without_its_package_says_what_to_install(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    # As Python has a module that is not installed.
    monkeypatch.setitem(sys.modules, "airflow.providers.slack.notifications.slack_webhook", None)
    flow = with_settings(flow, notify_to=parse_addresses("slack:sales_channel"))
    flow.drop("stocks.csv", BAD)
    flow.run()
    with pytest.raises(NotSent, match="is not there: install apache-airflow-providers-slack"):
        send_notifications(flow.context)


def test_a_secret_in_the_address_of_a_webhook_is_not_kept_with_the_failure(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = with_settings(flow, notify_to=parse_addresses("slack:sales_channel"))
    flow.drop("stocks.csv", BAD)
    flow.run()
    with pytest.raises(NotSent, match=r"sales_channel. isn't defined"):
        send_notifications(flow.context)
    connection = {
        "conn_type": "slackwebhook",
        "host": "http://127.0.0.1:1",
        "password": "/services/T0/B0/CANARY",
    }
    monkeypatch.setenv("AIRFLOW_CONN_SALES_CHANNEL", json.dumps(connection))
    with pytest.raises(NotSent) as told:
        send_notifications(flow.context)
    assert "CANARY" not in str(told.value)
    [(error,)] = rows(flow, "SELECT error FROM notifications")
    assert "CANARY" not in error


def test_any_notifier_of_the_settings_is_filled_in_and_never_takes_names_for_templates(flow: Flow) -> None:
    kwargs = {
        "message": "{subject}",
        "body": {"to": ["{address}"], "link": "{link}", "n": 3},
        "text": "{text}",
    }
    flow = with_settings(
        flow,
        notify_to=parse_addresses("teams:sales"),
        notifiers=(NotifierSpec(name="teams", path="tests.notifiers.KeepingNotifier", kwargs=kwargs),),
    )
    KeepingNotifier.told.clear()
    flow.drop("{{ 7 * 7 }} {link}.csv", "a\n1\n")
    flow.run()
    assert send_notifications(flow.context) == 1
    [told] = KeepingNotifier.told
    assert told["message"] == "Not everything was imported: {{ 7 * 7 }} {link}.csv"
    assert told["body"]["to"] == ["sales"]
    assert told["body"]["link"].endswith(f"/import-export/batches/{batch_of(flow)}")
    assert told["body"]["n"] == 3
    assert "rows: 0 loaded" in told["text"]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("no.such.Notifier", "no.such.Notifier is not there"),
        ("tests.notifiers.NoSuch", "tests.notifiers.NoSuch is not there"),
        ("tests.notifiers.KeepingNotifier", "TypeError, see the task's log"),
    ],
)
def test_a_notifier_that_cannot_be_made_is_told(flow: Flow, path: str, told: str) -> None:
    spec = NotifierSpec(name="teams", path=path, kwargs={})
    flow = with_settings(flow, notify_to=parse_addresses("teams"), notifiers=(spec,))
    flow.drop("stocks.csv", BAD)
    flow.run()
    with pytest.raises(NotSent, match=told):
        send_notifications(flow.context)


# Deadlines

FRIDAY = datetime(2026, 3, 6, 10, 0, tzinfo=UTC).replace(tzinfo=None)
"""17:00 in Jakarta."""


@pytest.fixture
def awaiting(flow: Flow) -> Flow:
    """On each day files for stocks are awaited from 0112, 0113 and 0114, until 17:00."""
    for dist_id in ("0112", "0113", "0114"):
        expect(flow.context, Scope(), dist_id, "stocks", "daily", [])
    set_deadline(at(flow, FRIDAY - timedelta(hours=5)), "stocks", "0 17 * * 1-5")
    return flow


def received(flow: Flow, dist_id: str, moment: datetime) -> None:
    """A file came at that moment."""
    flow.drop(f"{dist_id}/stocks.csv", stocks(f"{dist_id}{moment:%H%M%S}"))
    flow.run()
    with flow.context.database.session() as session, session.transaction():
        session.execute(
            "UPDATE import_batches SET received_at = %s ORDER BY received_at DESC LIMIT 1", (moment,)
        )


def test_who_is_missing_at_the_deadline_is_told_once_in_one_message(awaiting: Flow, box: Mailbox) -> None:
    received(awaiting, "0112", FRIDAY - timedelta(hours=1))
    assert find_due_notifications(awaiting.context, FRIDAY - timedelta(seconds=1)) == 0
    now = at(awaiting, FRIDAY)
    assert find_due_notifications(now, FRIDAY) == 1
    assert find_due_notifications(now, FRIDAY + timedelta(minutes=5)) == 0
    assert send_notifications(now) == 1
    [mail] = box.mails
    assert mail["subject"] == "Missing: stocks of 2 distributors"
    html = html_of(mail)
    assert "Until 06/03/2026 17:00 nothing came for table <b>stocks</b> (06/03/2026)" in html
    assert "<li>0113</li><li>0114</li>" in html
    assert f'href="{AIRFLOW}/import-export/missing?day=2026-03-06"' in html


def test_the_maintenance_finds_what_is_due_and_sends_it_and_a_dry_run_does_neither(
    awaiting: Flow, box: Mailbox
) -> None:
    now = at(awaiting, FRIDAY)
    assert tell_what_is_due(now, Run(run_id="r", dry_run=True)).counts == {"messages_due": 0}
    assert tell_what_is_due(now, Run(run_id="r")).counts == {"causes_found": 1, "messages_sent": 1}
    assert tell_what_is_due(now, Run(run_id="r")).counts == {"causes_found": 0, "messages_sent": 0}
    assert len(box.mails) == 1


def test_distributors_are_told_of_their_own_files_only(awaiting: Flow, box: Mailbox) -> None:
    tell(awaiting, "ani@brand.test", dist_id="0113", language="id")
    find_due_notifications(at(awaiting, FRIDAY), FRIDAY)
    send_notifications(at(awaiting, FRIDAY))
    told = {mail["to"]: html_of(mail) for mail in box.mails}
    assert set(told) == {"ani@brand.test", "office@brand.test"}
    assert "<li>0113</li>" in told["ani@brand.test"]
    assert "0112" not in told["ani@brand.test"]
    assert "0113" not in told["office@brand.test"]


def test_nobody_is_told_when_everything_came(awaiting: Flow, box: Mailbox) -> None:
    for dist_id in ("0112", "0113", "0114"):
        received(awaiting, dist_id, FRIDAY - timedelta(hours=3))
    assert find_due_notifications(at(awaiting, FRIDAY), FRIDAY) == 1
    assert send_notifications(at(awaiting, FRIDAY)) == 0


def test_the_days_since_the_last_deadline_are_looked_at(awaiting: Flow, box: Mailbox) -> None:
    monday = FRIDAY + timedelta(days=3)
    find_due_notifications(at(awaiting, FRIDAY), FRIDAY)
    # What came on Sunday is Monday's, because nobody looks at weekends.
    received(awaiting, "0112", monday - timedelta(days=1))
    assert find_due_notifications(at(awaiting, monday), monday) == 1
    [(subject, details)] = rows(
        awaiting, "SELECT subject, details FROM notifications ORDER BY id DESC LIMIT 1"
    )
    assert subject == "stocks 2026-03-09T17:00"
    told = json.loads(details)
    assert (told["first"], told["last"]) == ("2026-03-07", "2026-03-09")
    assert told["distributors"] == ["0113", "0114"]


def test_after_days_in_which_nobody_looked_the_last_deadline_is_told_only(
    awaiting: Flow, box: Mailbox
) -> None:
    late = FRIDAY + timedelta(days=12)
    assert find_due_notifications(at(awaiting, late), late) == 1
    assert rows(awaiting, "SELECT subject FROM notifications") == [("stocks 2026-03-18T17:00",)]


def test_a_deadline_that_is_taken_away_is_looked_at_no_more(awaiting: Flow) -> None:
    remove_deadline(awaiting.context, "stocks")
    assert find_due_notifications(at(awaiting, FRIDAY), FRIDAY) == 0


@pytest.mark.parametrize(
    ("cron", "told"),
    [
        ("17:00", "is no cron: minute hour day month weekday"),
        ("0 25 * * *", "is no cron"),
        ("0 0 30 2 *", "never comes"),
        ("* * * * * *", "is no cron: minute hour day month weekday"),
    ],
)
def test_a_wrong_deadline_is_told(flow: Flow, cron: str, told: str) -> None:
    with pytest.raises(BadRequest, match=told):
        set_deadline(flow.context, "stocks", cron)


# Imports that broke off


def broken_off(flow: Flow) -> str:
    """A file whose import broke off, and broke off again when it was tried again."""
    flow.drop("0112/stocks.csv", stocks("A"))
    batch_id, [lane] = flow.take()
    validate_lane(flow.context, lane)
    with flow.context.jobs() as jobs:
        steps = [
            Step(status, "away")
            for status in (JobStatus.PROCESSING_FAILED, JobStatus.WAITING, JobStatus.PROCESSING_FAILED)
        ]
        jobs.move_along(jobs.lock(lane.jobs[0]), steps, actor="test", now=flow.context.clock())
    return batch_id


def test_a_job_that_is_8_for_too_long_is_told_once(flow: Flow, box: Mailbox) -> None:
    batch_id = broken_off(flow)
    with flow.context.database.session() as session, session.transaction():
        session.execute(
            "UPDATE import_job_events SET happened_at = happened_at - INTERVAL 20 MINUTE "
            "WHERE new_status = 8 ORDER BY id LIMIT 1"
        )
    now = flow.context.clock()
    assert find_due_notifications(flow.context, now + timedelta(minutes=9)) == 0
    # The second time it broke off is not what counts.
    assert find_due_notifications(flow.context, now + timedelta(minutes=11)) == 1
    assert find_due_notifications(flow.context, now + timedelta(hours=5)) == 0
    assert send_notifications(flow.context) == 1
    [mail] = box.mails
    assert mail["subject"] == "An import broke off and does not go on: stocks.csv (distributor 0112)"
    assert f'href="{AIRFLOW}/import-export/batches/{batch_id}"' in html_of(mail)


def test_a_run_that_gives_up_with_files_in_8_is_told_at_once_and_not_again(flow: Flow, box: Mailbox) -> None:
    batch_id = broken_off(flow)
    with pytest.raises(Unfinished):
        finish_batch(flow.context, batch_id)
    assert send_notifications(flow.context, batch_id) == 1
    assert find_due_notifications(flow.context, flow.context.clock() + timedelta(hours=5)) == 0


def test_the_setting_switches_it_off(flow: Flow) -> None:
    broken_off(flow)
    off = with_settings(flow, notify_stuck_minutes=0)
    assert find_due_notifications(off.context, flow.context.clock() + timedelta(hours=5)) == 0


def test_a_job_that_was_taken_up_and_loaded_is_not_told(flow: Flow) -> None:
    batch_id = broken_off(flow)
    load_lane(flow.context, Lane(batch_id, "lane", tuple(job.id for job in flow.jobs(batch_id))))
    assert find_due_notifications(flow.context, flow.context.clock() + timedelta(hours=5)) == 0
