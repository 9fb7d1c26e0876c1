"""The lanes of an export: which account is worked on in which, and how a person knows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from import_export.exports.report import Account
from import_export.exports.runs import AccountState, ExportAccount

_NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportLane:
    """Some accounts of an export, and the words by which a person knows the lane in Airflow's grid."""

    export_id: str
    lane: int
    label: str


def deal(accounts: Sequence[Account], folders: Sequence[str], lanes: int) -> list[ExportAccount]:
    """Accounts in turn: each lane has as many, and what is long of one kind is spread."""
    return [
        ExportAccount(
            account_id=account.id,
            username=account.username,
            folder=folder,
            lane=number % lanes + 1,
            state=AccountState.WAITING,
        )
        for number, (account, folder) in enumerate(zip(accounts, folders, strict=True))
    ]


def lanes_of(export_id: str, accounts: Sequence[ExportAccount]) -> list[ExportLane]:
    """The lanes of accounts that were dealt, in their order."""
    numbers = sorted({each.lane for each in accounts})
    return [
        ExportLane(
            export_id=export_id, lane=number, label=_label(number, [a for a in accounts if a.lane == number])
        )
        for number in numbers
    ]


def _label(number: int, accounts: Sequence[ExportAccount]) -> str:
    names = ", ".join(f"@{each.username}" for each in accounts[:_NAMES_SHOWN])
    more = len(accounts) - _NAMES_SHOWN
    return f"lane {number}: {names}" + (f" +{more} more" if more > 0 else "")
