"""The command line: `python -m import_export migrate`."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

from import_export.airflow_tasks import settings
from import_export.errors import ImportExportError
from import_export.stores.connections import open_database
from import_export.stores.migrations import migrate


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status."""
    parser = argparse.ArgumentParser(prog="import_export", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="check the settings and bring the database's schema up to date")
    parser.parse_args(arguments)
    # The libraries' own progress is noise on a command line; what was applied is told below.
    logging.getLogger("yoyo").setLevel(logging.WARNING)
    try:
        applied = migrate(open_database(settings().mysql_conn_id))
    except ImportExportError as fault:
        print(f"import_export: {fault}", file=sys.stderr)
        return 1
    print("\n".join(f"applied {name}" for name in applied) or "the database is up to date")
    return 0
