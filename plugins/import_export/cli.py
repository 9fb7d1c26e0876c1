"""The command line: `python -m import_export inspect FILE`, `python -m import_export migrate`."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

from import_export import cli_inspect
from import_export.errors import ImportExportError
from import_export.imports.tables import ImportTable


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status."""
    parser = argparse.ArgumentParser(prog="import_export", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="check the settings and bring the database's schema up to date")
    inspect = commands.add_parser(
        "inspect", help="tell what a file is understood as, and why it would be refused"
    )
    cli_inspect.add_arguments(inspect)
    chosen = parser.parse_args(arguments)
    try:
        return _migrate() if chosen.command == "migrate" else cli_inspect.run(chosen, _tables_of_database)
    except ImportExportError as fault:
        print(f"import_export: {fault}", file=sys.stderr)
        return 1


def _migrate() -> int:
    # Airflow is loaded only by what needs it: inspecting a file takes a second less without.
    from import_export.airflow_tasks import settings
    from import_export.stores.connections import open_database
    from import_export.stores.migrations import migrate

    # The libraries' own progress is noise on a command line; what was applied is told below.
    logging.getLogger("yoyo").setLevel(logging.WARNING)
    applied = migrate(open_database(settings().mysql_conn_id))
    print("\n".join(f"applied {name}" for name in applied) or "the database is up to date")
    return 0


def _tables_of_database() -> Sequence[ImportTable]:
    from import_export.airflow_tasks import settings
    from import_export.stores.connections import open_database
    from import_export.stores.tables import list_tables

    with open_database(settings().mysql_conn_id).session() as session:
        return list_tables(session)
