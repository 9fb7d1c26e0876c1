"""The command `export`: files of accounts into a folder, without a run of Airflow."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path

from import_export.errors import BadRequest, TerminalError
from import_export.exports.account_folders import folders_of
from import_export.exports.contents import Content
from import_export.exports.periods import FRAMES
from import_export.exports.report import Page
from import_export.exports.requests import ALL, Format, read_request


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("accounts", nargs="*", metavar="ACCOUNT", help="ids or usernames, with or without @")
    parser.add_argument("--all", action="store_true", help="every account")
    parser.add_argument(
        "--format", action="append", choices=[*Format], help="csv, xlsx, pdf; again for more; all without"
    )
    parser.add_argument(
        "--content", action="append", choices=[*Content], help="of CSV; again for more; all without"
    )
    parser.add_argument(
        "--page", action="append", choices=[*Page], help="of PDF; again for more; all without"
    )
    parser.add_argument(
        "--frame", type=int, choices=FRAMES, help="days back from the newest data; 28 without"
    )
    parser.add_argument("--start", metavar="DAY", help="the first day, such as 2026-11-01, with --end")
    parser.add_argument("--end", metavar="DAY", help="the last day")
    parser.add_argument("--lang", choices=["id", "en"], help="language of the files")
    parser.add_argument(
        "--to", type=Path, default=Path(), metavar="FOLDER", help="where to put them; here without"
    )


def run(chosen: argparse.Namespace) -> int:
    """Make the files, a folder for each account, and print them; 1 when an account failed."""
    # Airflow is loaded only by what needs it.
    from import_export.airflow_tasks import setting
    from import_export.archive.local_folder import LocalFolder
    from import_export.services.assembly import assemble
    from import_export.services.export_files import make_files, wanted_of
    from import_export.services.exporting import accounts_of

    context = assemble(setting, actor=f"command line: {getpass.getuser()}")
    if chosen.all and chosen.accounts:
        raise BadRequest("name accounts or say --all, not both")
    request = read_request(
        {
            "accounts": ALL if chosen.all else chosen.accounts,
            "formats": chosen.format or [*Format],
            "contents": chosen.content,
            "pages": chosen.page,
            "start": chosen.start,
            "end": chosen.end,
            "date_frame": chosen.frame,
            "language": chosen.lang,
        },
        context.settings.file_language,
    )
    accounts, status = accounts_of(context, request), 0
    for account, name in zip(accounts, folders_of(accounts), strict=True):
        try:
            wanted = wanted_of(context, account, request, context.clock())
            files = make_files(context, wanted, request, LocalFolder(chosen.to), name, room=chosen.to)
        except TerminalError as fault:
            print(f"@{account.username}: {fault}", file=sys.stderr)
            status = 1
            continue
        for file in files:
            print(chosen.to / name / file.name)
    return status
