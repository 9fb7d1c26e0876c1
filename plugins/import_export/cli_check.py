"""`python -m import_export check`: what contradicts the invariants, and what the installation lacks."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from datetime import timedelta

from import_export.settings import Settings


def run(days: int) -> int:
    """Tell all violations among jobs of the last days, and pools that do not exist; 1 when there is any."""
    # Airflow is loaded only by what needs it: inspecting a file takes a second less without.
    from import_export.airflow_tasks import setting
    from import_export.services.assembly import assemble
    from import_export.services.invariants import violations

    context = assemble(setting, actor=f"command line: {getpass.getuser()}")
    found = 0
    for violation in violations(context, context.clock() - timedelta(days=days)):
        print(violation.told.text(context.settings.reader_language))
        found += 1
    print(f"{found} violations" if found else "all invariants hold", file=sys.stderr if found else sys.stdout)
    lacking = list(lacking_pools(context.settings))
    for told in lacking:
        print(told)
    return 1 if found or lacking else 0


def lacking_pools(settings: Settings) -> Iterator[str]:
    """Tell each pool of the settings that Airflow does not have: its tasks would wait for ever, and no log says why."""
    from airflow.models.pool import Pool
    from sqlalchemy.exc import SQLAlchemyError

    for key in ("load_pool", "archive_pool"):
        name = getattr(settings, key)
        if name == Pool.DEFAULT_POOL_NAME:
            continue
        try:
            if Pool.get_pool(name) is None:
                yield (
                    f"[import_export] {key} = {name!r}: Airflow has no such pool, so its tasks wait for ever; "
                    f"make it: airflow pools set {name!r} SLOTS 'import_export'"
                )
        except SQLAlchemyError as fault:
            yield (
                f"[import_export] {key} = {name!r}: whether Airflow has this pool is not known, its database does not "
                f"answer here ({type(fault).__name__}); run this where Airflow's scheduler or API server runs"
            )
