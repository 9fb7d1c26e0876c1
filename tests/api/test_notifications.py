"""Addresses, messages and deadlines over HTTP: what staff maintain and see, and who may."""

from datetime import timedelta
from typing import Any

import pytest

from import_export.addresses import NotifierSpec
from import_export.notices.kinds import Kind, Recipient
from import_export.services.noticing import find_due_notifications
from import_export.services.notifying import IN_HAND
from import_export.stores.notifications import NotificationStore
from tests.api.house import House, data, imported, refused, stocks

ADDRESSES = "/api/notifications/addresses"
ANI = {"address": "ani@brand.test", "kinds": ["missing", "refused"], "dist_id": "0112", "language": "id"}


def test_addresses_are_kept_changed_removed_and_audited(house: House) -> None:
    kept = data(house.admin.put(ADDRESSES, json=ANI))
    assert kept == {**ANI, "kinds": ["refused", "missing"], "id": kept["id"], "table_name": None}
    changed = data(house.admin.put(ADDRESSES, json=ANI | {"kinds": ["stuck"], "language": "en"}))
    assert changed["id"] == kept["id"]
    other = data(house.admin.put(ADDRESSES, json=ANI | {"table_name": "sales"}))
    assert data(house.admin.get(ADDRESSES)) == [changed, other]
    assert data(house.admin.delete(f"{ADDRESSES}/{kept['id']}")) == {"removed": "ani@brand.test"}
    assert refused(house.admin.delete(f"{ADDRESSES}/{kept['id']}"), 404)
    assert data(house.admin.get(ADDRESSES)) == [other]
    changes = data(house.admin.get("/api/audit", params={"subject": "ani@brand.test 0112/*"}))
    assert [(each["action"], each["actor"]) for each in changes] == [
        ("address told no more", "admin"),
        ("address told", "admin"),
        ("address told", "admin"),
    ]


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"address": "Ani <ani@brand.test>"}, 400, "is neither an e-mail address nor a notifier"),
        ({"address": "teams"}, 400, "there is no notifier 'teams' (there are: slack)"),
        ({"kinds": []}, 422, "kinds"),
        ({"kinds": ["everything"]}, 422, "kinds"),
        ({"table_name": "loot"}, 404, "there is no import table 'loot'"),
        ({"language": "fr"}, 422, "language"),
    ],
)
def test_a_wrong_address_is_told(house: House, change: dict[str, Any], status: int, told: str) -> None:
    assert told in refused(house.admin.put(ADDRESSES, json=ANI | change), status)
    assert data(house.admin.get(ADDRESSES)) == []


def test_a_notifier_of_the_settings_is_an_address(house_with: Any) -> None:
    spec = NotifierSpec(name="teams", path="tests.notifiers.KeepingNotifier", kwargs={})
    house: House = house_with(notifiers=(spec,))
    assert data(house.admin.put(ADDRESSES, json=ANI | {"address": "teams:sales"}))["address"] == "teams:sales"


def test_who_is_kept_to_some_distributors_maintains_and_sees_theirs_only(house: House) -> None:
    chief = house.client("chief")
    ours = data(chief.put(ADDRESSES, json=ANI))
    for other in ("0113", None):
        assert "is not yours" in refused(chief.put(ADDRESSES, json=ANI | {"dist_id": other}), 403)
    everybody = data(house.admin.put(ADDRESSES, json=ANI | {"dist_id": None}))
    assert data(chief.get(ADDRESSES)) == [ours]
    assert refused(chief.delete(f"{ADDRESSES}/{everybody['id']}"), 404)
    imported(house.operator, ("stocks.csv", stocks("A", "B") + "BB;W1;lima;01/03/2026\n"), dist_id="0112")
    imported(house.operator, ("stocks.csv", stocks("C", "D") + "DD;W1;lima;01/03/2026\n"), dist_id="0113")
    assert [each["dist_id"] for each in data(house.admin.get("/api/notifications"))] == ["0113", "0112"]
    [seen] = data(chief.get("/api/notifications"))
    assert (seen["dist_id"], seen["kind"], seen["state"]) == ("0112", "refused", "waiting")
    [hidden] = [each for each in data(house.admin.get("/api/notifications")) if each["dist_id"] == "0113"]
    assert "is not yours" in refused(chief.post(f"/api/notifications/{hidden['id']}/again"), 403)


def test_messages_are_listed_newest_first_in_pages(house: House) -> None:
    now = house.context.clock()
    with house.flow.context.database.session() as session, session.transaction():
        store = NotificationStore(session)
        for number in range(3):
            to = Recipient(f"a{number}@brand.test", "en")
            store.add(Kind.EXPORT, "x", to, {"export_id": "x"}, dist_id=None, now=now)
    first = house.admin.get("/api/notifications", params={"limit": 2})
    assert [each["address"] for each in data(first)] == ["a2@brand.test", "a1@brand.test"]
    rest = house.admin.get("/api/notifications", params={"limit": 2, "cursor": first.json()["next"]})
    assert [each["address"] for each in data(rest)] == ["a0@brand.test"]
    assert rest.json()["next"] is None


def test_a_message_whose_sending_broke_off_is_sent_again_when_a_person_says_so(house: House) -> None:
    now = house.context.clock()
    with house.flow.context.database.session() as session, session.transaction():
        store = NotificationStore(session)
        store.add(
            Kind.EXPORT, "x", Recipient("a@brand.test", "en"), {"export_id": "x"}, dist_id=None, now=now
        )
        [message] = store.due(now - timedelta(days=1), None, 10)
        store.claim(message.id, now - IN_HAND)
    [told] = data(house.admin.get("/api/notifications"))
    assert told["state"] == "unknown"
    assert data(house.admin.post(f"/api/notifications/{told['id']}/again"))["state"] == "waiting"
    assert "nothing to send again" in refused(house.admin.post(f"/api/notifications/{told['id']}/again"), 400)
    assert refused(house.admin.post("/api/notifications/999999/again"), 404)


def test_a_tables_deadline_is_set_seen_and_removed(house: House) -> None:
    kept = data(house.admin.put("/api/deadlines", json={"table_name": "stocks", "cron": "0 17 * * 1-5"}))
    assert data(house.viewer.get("/api/deadlines")) == [kept]
    assert kept["next_at"].endswith("T10:00:00.000Z")  # 17:00 in Jakarta
    house.admin.put(
        "/api/expected", json={"dist_id": "0112", "table_name": "stocks", "frequency": "daily", "days": []}
    )
    assert find_due_notifications(house.context, house.context.clock() + timedelta(days=4)) == 1
    assert data(house.admin.delete("/api/deadlines", params={"table_name": "stocks"})) == {
        "removed": "stocks"
    }
    assert refused(house.admin.delete("/api/deadlines", params={"table_name": "stocks"}), 404)
    assert data(house.viewer.get("/api/deadlines")) == []
    changes = data(house.admin.get("/api/audit", params={"subject": "stocks"}))
    assert [each["action"] for each in changes] == ["deadline removed", "deadline set"]


def test_deadlines_are_everybodys_and_need_who_sees_everybody(house: House) -> None:
    chief = house.client("chief")
    body = {"table_name": "stocks", "cron": "0 17 * * *"}
    assert "all distributors" in refused(chief.put("/api/deadlines", json=body), 403)
    assert "all distributors" in refused(chief.delete("/api/deadlines", params={"table_name": "stocks"}), 403)
    assert "is no cron" in refused(house.admin.put("/api/deadlines", json=body | {"cron": "at five"}), 400)
    assert refused(house.admin.put("/api/deadlines", json=body | {"table_name": "loot"}), 404)
