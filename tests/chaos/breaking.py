"""Negative controls: the product without what keeps rows together. A judge that finds nothing then judges nothing."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from devtools.local import REPOSITORY

KINDS = ("transactions", "locks")
"""`transactions`: autocommit is on, and nothing begins a transaction. `locks`: no job's row is locked."""

_FIRST = '"""With a part taken out."""\nfrom tests.chaos.breaking import break_off\n\nbreak_off({kind!r})\n\n'


def broken_dags(kind: str, root: Path) -> Mapping[str, str]:
    """Airflow's settings for copies of the DAGs that take something out first; none, when nothing is to be broken."""
    if not kind:
        return {}
    if kind not in KINDS:
        raise SystemExit(f"BROKEN={kind} is unknown: {', '.join(KINDS)}, or nothing")
    folder = root / "broken-dags"
    shutil.copytree(REPOSITORY / "dags", folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path in folder.glob("*.py"):
        # Behind the future imports, which must be first.
        head, future, body = path.read_text().partition("from __future__ import annotations\n")
        path.write_text(head + future + _FIRST.format(kind=kind) + body)
    return {"AIRFLOW__CORE__DAGS_FOLDER": str(folder)}


def break_off(kind: str) -> None:
    """In the process of a task: open broken connections from now on."""
    from import_export.stores import connections
    from tests.database.striking import Autocommitting, Unlocked

    connections.Database = {"transactions": Autocommitting, "locks": Unlocked}[kind]  # type: ignore[misc]
