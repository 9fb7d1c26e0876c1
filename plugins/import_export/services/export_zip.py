"""All files of an export as one ZIP, made while it is read: the files are kept once only, and none is held as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from import_export.errors import NotFound
from import_export.exports.names import zip_name
from import_export.exports.periods import Period, day_of, local
from import_export.exports.runs import Export, ExportAccount
from import_export.exports.zips import zip_pieces
from import_export.services.context import Context
from import_export.services.export_place import find_files
from import_export.services.exporting import exports_of


def zip_of(context: Context, export_id: str, account_id: str | None = None) -> tuple[str, Iterator[bytes]]:
    """Name and pieces of the ZIP of an export, or of one account of it; raises `NotFound` when a file is not there.

    Where there are several accounts, each has a folder in it.
    """
    with exports_of(context) as exports:
        export = exports.export(export_id)
        files = exports.files(export_id, account_id=account_id)
        with_files = {file.account_id for file in files}
        accounts = [each for each in exports.accounts(export_id) if each.account_id in with_files]
    if not files:
        raise NotFound(f"export {export_id} has no files")
    found = find_files(context, export, files)
    several = len(accounts) > 1
    names = [f"{file.folder}/{file.made.name}" if several else file.made.name for file in files]
    members = ((name, each.read()) for name, each in zip(names, found, strict=True))
    pieces = zip_pieces(members, local(export.made_at, context.settings.zone))
    return _name(context, export, accounts), pieces


def _name(context: Context, export: Export, accounts: Sequence[ExportAccount]) -> str:
    periods = {Period(each.start, each.end) for each in accounts if each.start and each.end}
    username = accounts[0].username if len(accounts) == 1 else None
    period = periods.pop() if len(periods) == 1 else None
    return zip_name(username, period, day_of(export.made_at, context.settings.zone), export.request.language)
