"""The command line: `python -m import_export inspect FILE`, `undo JOB`, `export ACCOUNT`, `check`, `check-archive`, `migrate`."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence

from import_export import cli_check, cli_export, cli_inspect
from import_export.errors import ImportExportError
from import_export.imports.tables import ImportTable


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status."""
    parser = argparse.ArgumentParser(prog="import_export", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="check the settings and bring the database's schema up to date")
    commands.add_parser("check-archive", help="tell whether files can be archived, before the first one is")
    inspect = commands.add_parser(
        "inspect", help="tell what a file is understood as, and why it would be refused"
    )
    cli_inspect.add_arguments(inspect)
    undo = commands.add_parser(
        "undo", help="take the rows of an import out again, when nothing came after it"
    )
    undo.add_argument("job", type=int, metavar="JOB", help="the job's number, as the report tells it")
    export = commands.add_parser("export", help="write the statistics of accounts into files")
    cli_export.add_arguments(export)
    check = commands.add_parser(
        "check", help="tell what contradicts the invariants, and pools that Airflow lacks; nothing is changed"
    )
    check.add_argument(
        "--days",
        type=int,
        default=2,
        metavar="N",
        help="look at the rows and files of jobs that ended in the last N days (2)",
    )
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "migrate":
            return _migrate()
        if chosen.command == "check-archive":
            return _check_archive()
        if chosen.command == "undo":
            return _undo(chosen.job)
        if chosen.command == "check":
            return cli_check.run(chosen.days)
        if chosen.command == "export":
            return cli_export.run(chosen)
        return cli_inspect.run(chosen, _tables_of_database)
    except ImportExportError as fault:
        print(f"import_export: {fault}", file=sys.stderr)
        return 1


def _migrate() -> int:
    # Airflow is loaded only by what needs it: inspecting a file takes a second less without.
    from import_export.airflow_tasks import setting
    from import_export.services.assembly import assemble
    from import_export.services.statistics_tables import register_statistics_tables
    from import_export.stores.migrations import migrate, migrate_statistics

    context = assemble(setting, actor=f"command line: {getpass.getuser()}")
    applied = migrate(context.database) + migrate_statistics(context.database, context.statistics)
    told = [f"applied {name}" for name in applied] + register_statistics_tables(context)
    print("\n".join(told) or "the database is up to date")
    return 0


def _check_archive() -> int:
    from import_export.airflow_tasks import setting
    from import_export.services.archiving import check_archives
    from import_export.services.assembly import assemble

    context = assemble(setting, actor=f"command line: {getpass.getuser()}")
    print("\n".join(check_archives(context)))
    return 0


def _undo(job_id: int) -> int:
    from import_export.airflow_tasks import setting
    from import_export.services.assembly import assemble
    from import_export.services.undoing import undo_job

    context = assemble(setting, actor=f"command line: {getpass.getuser()}")
    print(f"job {job_id} is undone: {undo_job(context, job_id):,} rows removed")
    return 0


def _tables_of_database() -> Sequence[ImportTable]:
    from import_export.airflow_tasks import settings
    from import_export.stores.connections import open_database
    from import_export.stores.tables import list_tables

    with open_database(settings().mysql_conn_id).session() as session:
        return list_tables(session)
