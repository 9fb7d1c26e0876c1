"""Which distributors a person may see: the setting's rules, and the person's part of them."""

import pytest

from import_export.errors import SettingsError
from import_export.scopes import Scope, ScopeRule, parse_rules, scope_of
from import_export.settings import load

RULES = parse_rules("agus = 0112, 0113; role:Agency = 02*; role:Area Manager=0112; * = 9*")


def test_rules_are_read_with_blanks_and_commas_as_people_write_them() -> None:
    assert (
        ScopeRule("agus", ("0112", "0113")),
        ScopeRule("role:Agency", ("02*",)),
        ScopeRule("role:Area Manager", ("0112",)),
        ScopeRule("*", ("9*",)),
    ) == RULES
    assert parse_rules(" ; ") == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("agus", "'agus' is not like"),
        ("= 0112", "'= 0112' is not like"),
        ("agus = 0[12]", "neither a distributor nor a pattern"),
        ("agus = 02**", "neither a distributor nor a pattern"),
        ("agus = 02*; budi = (a+)+", r"'\(a\+\)\+' is neither"),
        ("agus = 0112 | 0113", r"'\|' is neither"),
    ],
)
def test_what_is_no_rule_is_told(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_rules(text)


def test_the_setting_is_read_and_a_wrong_one_is_told_by_its_name() -> None:
    folders = dict.fromkeys(("drop_folder", "work_folder", "done_folder", "failed_folder"), "/srv")
    given = {**folders, "archive_path": "/srv", "distributor_access": "agus = 0112"}
    assert load(given.get).distributor_access == (ScopeRule("agus", ("0112",)),)
    assert load({**given, "distributor_access": " "}.get).distributor_access == ()
    with pytest.raises(SettingsError, match=r"distributor_access = 'agus': 'agus' is not like"):
        load({**given, "distributor_access": "agus"}.get)


@pytest.mark.parametrize(
    ("user", "roles", "patterns"),
    [
        ("agus", [], ("0112", "0113")),
        ("agus", ["Agency", "Area Manager"], ("0112", "0113", "02*")),
        ("budi", ["Agency"], ("02*",)),
        ("budi", ["agency"], ("9*",)),
        ("budi", [], ("9*",)),
        ("role:Agency", [], ("9*",)),
    ],
)
def test_a_persons_distributors_are_those_of_the_name_and_the_roles_else_everybodys(
    user: str, roles: list[str], patterns: tuple[str, ...]
) -> None:
    assert scope_of(RULES, user, roles).patterns == patterns


def test_without_rules_everybody_sees_all_and_with_rules_who_is_not_named_sees_nothing() -> None:
    assert scope_of((), "budi", []).everything
    nothing = scope_of(parse_rules("agus = 0112"), "budi", [])
    assert not nothing.everything
    assert not nothing.sees("0112")
    assert not nothing.sees(None)


def test_a_rule_with_a_star_is_all_of_them_and_files_without_a_distributor() -> None:
    everything = scope_of(parse_rules("role:Admin = *; agus = 0112"), "agus", ["Admin"])
    assert everything.everything
    assert everything.sees(None)
    assert everything.sees("anything")
    assert everything.regexp is None


def test_a_rule_that_lists_nobody_keeps_everything_from_that_person() -> None:
    assert scope_of(parse_rules("agus = ; * = *"), "agus", []).patterns == ()


@pytest.mark.parametrize(
    ("patterns", "only"),
    [(("0112",), "0112"), (("01*",), None), (("0112", "0113"), None), ((), None), (None, None)],
)
def test_who_has_one_distributor_can_only_mean_that_one(
    patterns: tuple[str, ...] | None, only: str | None
) -> None:
    assert Scope(patterns).only == only


@pytest.mark.parametrize(
    ("dist_id", "seen"),
    [("0112", True), ("0112 ", False), ("0112\n", False), ("02", True), ("02x\ny", True), ("A.b", False)],
)
def test_a_distributor_is_seen_when_all_of_its_id_fits(dist_id: str, seen: bool) -> None:
    assert Scope(("0112", "02*", "a.b")).sees(dist_id) is seen
