"""Addresses and the notifiers of the settings: what is understood, what is refused and in which words."""

import pytest

from import_export.addresses import parse_address, parse_addresses
from import_export.errors import SettingsError
from import_export.settings import load
from tests.unit.test_settings import COMPLETE

TEAMS = '{"teams": {"class": "some.package.Notifier", "kwargs": {"message": "{subject}", "retries": 3}}}'


def test_an_address_is_an_email_or_a_notifier_with_or_without_more() -> None:
    assert (parse_address(" ani@brand.co.id ").notifier, parse_address("ani@brand.co.id").rest) == (
        None,
        "ani@brand.co.id",
    )
    assert (parse_address("slack:sales_channel").notifier, parse_address("slack:sales_channel").rest) == (
        "slack",
        "sales_channel",
    )
    assert parse_address("teams").notifier == "teams"
    assert [each.text for each in parse_addresses("a@b.test, ,slack")] == ["a@b.test", "slack"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ani <ani@brand.test>",
        "ani@brand",
        "ani@brand.test\nBcc: x@y.test",
        "a@b.test;c@d.test",
        "SLACK",
        "slack:two words",
        "x" * 200 + "@brand.test",
    ],
)
def test_what_is_no_address_is_told(text: str) -> None:
    with pytest.raises(
        ValueError, match="is neither an e-mail address nor a notifier such as slack:CONNECTION"
    ):
        parse_address(text)


def test_notifiers_are_named_in_the_settings() -> None:
    [teams] = load((COMPLETE | {"notifiers": TEAMS}).get).notifiers
    assert (teams.name, teams.path, teams.kwargs) == (
        "teams",
        "some.package.Notifier",
        {"message": "{subject}", "retries": 3},
    )


@pytest.mark.parametrize(
    ("key", "text", "told"),
    [
        ("notifiers", "teams", "is no JSON"),
        ("notifiers", "[1]", "must be an object like"),
        ("notifiers", '{"slack": {"class": "a.B"}}', "'slack' is no name for a notifier"),
        ("notifiers", '{"Teams": {"class": "a.B"}}', "'Teams' is no name for a notifier"),
        ("notifiers", '{"teams": {"path": "a.B"}}', "'teams' needs a \"class\""),
        ("notifiers", '{"teams": {"class": "a.B", "kwargs": []}}', "the kwargs of 'teams' must be an object"),
        ("notifiers", '{"teams": {"class": "Notifier"}}', "'Notifier' is no import path of a class"),
        ("notify_to", "ani@brand", "'ani@brand' is neither an e-mail address"),
        ("notify_stuck_minutes", "-1", "must be at least 0"),
    ],
)
def test_a_wrong_setting_is_told_by_its_name(key: str, text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=rf"\[import_export\] {key} = .*: {told}"):
        load((COMPLETE | {key: text}).get)
