"""The documentation says what the code does."""

from dataclasses import MISSING, fields

from devtools.local import REPOSITORY
from import_export.settings import Settings, environment_name


def test_every_setting_is_documented_as_it_is() -> None:
    page = (REPOSITORY / "docs" / "settings.md").read_text()
    for each in fields(Settings):
        default = "–" if each.default in (MISSING, "", ()) else f"`{each.default}`"
        line = f"| `{each.name}` | {default} | {each.metadata['doc']} |"
        assert line in page, f"docs/settings.md lacks this line, or has another one:\n{line}"


def test_no_setting_is_documented_that_does_not_exist() -> None:
    page = (REPOSITORY / "docs" / "settings.md").read_text()
    documented = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}
    assert documented == {each.name for each in fields(Settings)}


def test_the_page_shows_how_a_setting_is_given_in_the_environment() -> None:
    assert environment_name("drop_folder") in (REPOSITORY / "docs" / "settings.md").read_text()
