"""The REST API serves the tables of the accounts' statistics like any other import table, and never harms them."""

from __future__ import annotations

import csv
import io

import pytest

from import_export.services.statistics_tables import TITLES, register_statistics_tables
from tests.api.house import House, data, imported, only_file, refused

USERS = "id,username,name\n1,kopi,Kopi ☕️\n2,teh,\n"


@pytest.fixture
def house(own_house: House) -> House:
    context = own_house.flow.context
    register_statistics_tables(context)
    return own_house


def test_they_are_listed_behind_the_others_and_can_be_filled_and_read(house: House) -> None:
    listed = data(house.viewer.get("/api/tables"))
    assert [each["table_name"] for each in listed] == ["stocks", "sales", "customers", *TITLES]
    assert listed[3]["display_name"] == "Account statistics: accounts"
    job = only_file(house.viewer, imported(house.operator, ("user_20260331.csv", USERS)))
    assert (job["table_name"], job["status"], job["inserted"]) == ("user", 9, 2)
    answer = house.viewer.get("/api/tables/user/export.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["username"], row["name"]) for row in rows] == [("kopi", "Kopi ☕️"), ("teh", "")]
    assert house.viewer.get("/api/tables/user/export.xlsx").content.startswith(b"PK")
    template = house.viewer.get("/api/tables/user/template.csv").content.decode("utf-8-sig")
    assert template.splitlines()[0].startswith("id;username;name;biography;")


def test_changes_that_mysql_does_not_allow_for_are_refused_in_words(house: House) -> None:
    imported(house.operator, ("user.csv", USERS))
    columns = data(house.viewer.get("/api/tables/user/columns"))
    name = next(each["id"] for each in columns if each["name"] == "name")
    more = house.admin.post("/api/tables/user/columns", json={"name": "more", "data_type": "int"})
    assert "lacks the columns more" in refused(more, 409)
    dropped = house.admin.delete(f"/api/columns/{name}", params={"drop_data": "true"})
    assert "not the product's to drop" in refused(dropped, 400)
    removed = house.admin.delete("/api/tables/user", params={"drop_data": "true"})
    assert "not the product's to drop" in refused(removed, 400)
    assert data(house.admin.delete("/api/tables/user")) == {"removed": "user"}
    assert data(house.admin.get("/api/tables/registrable")) == ["user"]
    again = data(house.admin.post("/api/tables/register", json={"table_name": "user"}), 201)
    assert (again["has_helpers"], len(again["columns"])) == (False, 10)
    with house.flow.context.statistics.session() as session:
        assert session.rows("SELECT id, name FROM user ORDER BY id") == [("1", "Kopi ☕️"), ("2", None)]
