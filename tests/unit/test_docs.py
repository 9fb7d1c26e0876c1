"""The documentation says what the code does."""

from dataclasses import MISSING, fields

from fastapi.routing import APIRoute

from devtools.local import REPOSITORY
from import_export.api.access import needed_access
from import_export.api.app import ROUTERS
from import_export.settings import Settings, environment_name
from tests.backups import DUMP, DUMPS


def test_every_setting_is_documented_as_it_is() -> None:
    page = (REPOSITORY / "docs" / "settings.md").read_text()
    for each in fields(Settings):
        default = "–" if each.default in (MISSING, None, "", ()) else f"`{each.default}`"
        line = f"| `{each.name}` | {default} | {each.metadata['doc']} |"
        assert line in page, f"docs/settings.md lacks this line, or has another one:\n{line}"


def test_no_setting_is_documented_that_does_not_exist() -> None:
    page = (REPOSITORY / "docs" / "settings.md").read_text()
    documented = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}
    assert documented == {each.name for each in fields(Settings)}


def test_the_page_shows_how_a_setting_is_given_in_the_environment() -> None:
    assert environment_name("drop_folder") in (REPOSITORY / "docs" / "settings.md").read_text()


def test_every_endpoint_is_documented_with_what_it_needs() -> None:
    documented = {
        (method, path.strip("`"), needed)
        for line in (REPOSITORY / "docs" / "rest-api.md").read_text().splitlines()
        if line.startswith(("| GET", "| POST", "| PUT", "| DELETE"))
        for method, path, needed in [[part.strip() for part in line.split("|")[1:4]]]
    }
    served = {
        (method, route.path, access.value)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and (access := needed_access(route.endpoint)) is not None
        for method in route.methods or ()
    }
    assert documented == served


def test_backups_are_documented_as_they_are_tested() -> None:
    page = " ".join((REPOSITORY / "docs" / "upgrades.md").read_text().replace("\\\n", " ").split())
    for program, *more in DUMPS.values():
        assert " ".join([program, *DUMP, *more, "--databases"]) in page
