"""Folders of accounts' files: each account has its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from import_export.exports.names import folder_name, safe_name
from import_export.exports.report import Account


def folders_of(accounts: Sequence[Account], taken: Iterable[str] = ()) -> list[str]:
    """A folder for each account, none of which is another's or taken; also not where capitals do not count.

    Accounts whose names would give the same folder get their ids behind it, whichever comes first.
    """
    usual = [folder_name(account.username) for account in accounts]
    keys = [each.casefold() for each in usual]
    used = {each.casefold() for each in taken}
    found = []
    for account, folder, key in zip(accounts, usual, keys, strict=True):
        name = folder if keys.count(key) == 1 and key not in used else f"{folder} {safe_name(account.id)}"
        number = 1
        while name.casefold() in used or (name != folder and name.casefold() in keys):
            number += 1
            name = f"{folder} {safe_name(account.id)} {number}"
        used.add(name.casefold())
        found.append(name)
    return found
