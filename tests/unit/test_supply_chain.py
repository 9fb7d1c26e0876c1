"""What the product is made of: pinned, hashed, licensed, and listed."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devtools import fonts, sbom, vendor
from devtools.licences import EXCEPTIONS, PAGE, is_accepted, locked_licences, refused, written_page
from devtools.local import REPOSITORY
from devtools.locked import read_lock
from devtools.pins import found_pins, kept_pins

LOCKS = ("requirements.txt", "requirements-dev.txt")


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    return sbom.bill()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_a_lock_is_pinned_with_its_hashes(lock: str) -> None:
    packages = read_lock(REPOSITORY / lock)
    assert len(packages) > 300
    assert [each.name for each in packages if not each.hashes] == []


def test_the_tests_lock_has_the_product_as_it_is_locked() -> None:
    product, tests = ({(each.name, each.version) for each in read_lock(REPOSITORY / lock)} for lock in LOCKS)
    assert product <= tests


@pytest.mark.parametrize(
    "line", ["requests", "requests>=2", "-e .", "requests @ git+ssh://x", "requests==1 --hash=md5:0"]
)
def test_a_line_that_pins_nothing_is_found(tmp_path: Path, line: str) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"# comment\n{line}\n")
    with pytest.raises(ValueError, match="not a pinned package"):
        read_lock(lock)


def installs() -> Iterator[str]:
    """Each command of ours that installs packages of Python."""
    files = [
        REPOSITORY / "Makefile",
        *(REPOSITORY / "devtools").glob("*.sh"),
        *REPOSITORY.glob("*ocker*/*ockerfile*"),
    ]
    for path in [*files, *REPOSITORY.glob("Dockerfile*")]:
        for line in path.read_text().replace("\\\n", " ").splitlines():
            if re.search(r"\bpip3? install\b", line):
                yield line.strip()


def test_nothing_is_installed_without_its_hash() -> None:
    found = list(installs())
    assert len(found) >= 2
    assert [line for line in found if "--require-hashes" not in line] == []


def test_vendored_files_are_the_ones_that_were_pinned() -> None:
    assert found_pins() == kept_pins()
    assert len(kept_pins()) > 30


def test_what_is_fetched_for_them_is_pinned_too() -> None:
    packages = [*vendor.PACKAGES, *(font.package for font in fonts.FONTS)]
    assert all(re.fullmatch(r"[A-Za-z0-9+/]{86}==", each.sha512) for each in packages)
    kept = {name for each in packages for name in each.files.values()}
    assert {Path(name).name for name in found_pins()} == kept


def test_every_locked_package_has_a_licence_that_we_accept_or_a_reason() -> None:
    assert refused(locked_licences()) == []
    assert all(len(reason) > 20 for reason in EXCEPTIONS.values())


def test_a_licence_is_accepted_when_all_its_parts_are() -> None:
    assert is_accepted("MIT OR GPL-3.0-only")
    assert is_accepted("MIT AND (BSD-3-Clause OR GPL-3.0-only)")
    assert not is_accepted("MIT AND GPL-3.0-only")
    assert not is_accepted("AGPL-3.0-or-later")
    assert refused({"thing": "SSPL-1.0"} | dict.fromkeys(EXCEPTIONS, "GPL")) == [
        "thing: SSPL-1.0 is not accepted"
    ]


def test_the_page_of_licences_is_as_they_are() -> None:
    assert PAGE.read_text() == written_page()


def test_the_bill_of_materials_has_all_that_is_locked_and_all_that_is_vendored(bill: dict[str, Any]) -> None:
    components = {(each["name"], each["version"]): each for each in bill["components"]}
    locked = {(each.name, each.version): each for each in read_lock(REPOSITORY / "requirements.txt")}
    assert locked.keys() <= components.keys()
    for key, package in locked.items():
        [told] = components[key]["externalReferences"]
        assert {f"--hash=sha256:{each['content']}" for each in told["hashes"]} == set(package.hashes)
        assert components[key]["licenses"]
    files = {
        file["name"]: file["hashes"][0]["content"]
        for each in bill["components"]
        for file in each.get("components", ())
    }
    assert files == found_pins()
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert bill["metadata"]["component"]["version"] == project["version"]


def test_the_bill_of_materials_is_held_against_the_standards_schema(bill: dict[str, Any]) -> None:
    sbom.check(bill)
    wrong = bill | {"components": [bill["components"][0] | {"unheard-of": 1}]}
    with pytest.raises(ValueError, match="unheard-of"):
        sbom.check(wrong)
