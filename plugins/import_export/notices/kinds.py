"""The kinds of messages, and which address gets which of them for which distributor and table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from import_export.messages import Language


class Kind(StrEnum):
    """What a message is about."""

    REFUSED = "refused"
    """A batch ended with refused files or rows."""
    MISSING = "missing"
    """Files did not come until their table's deadline."""
    STUCK = "stuck"
    """The import of files broke off, and was not taken up for too long."""
    EXPORT = "export"
    """An export is made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who gets which kinds, in which language; None: of any distributor, of any table."""

    id: int = 0
    dist_id: str | None = None
    table_name: str | None = None
    address: str
    kinds: tuple[Kind, ...]
    language: Language

    def fits(self, kind: Kind, dist_id: str | None, table_name: str | None) -> bool:
        """Whether it is about a file of that distributor for that table; one that is not known is nobody's in particular."""
        return (
            kind in self.kinds and self.dist_id in (None, dist_id) and self.table_name in (None, table_name)
        )


@dataclass(frozen=True, slots=True)
class Recipient:
    """An address, and the language in which it is told."""

    address: str
    language: Language


def recipients(
    subscriptions: Iterable[Subscription],
    others: Iterable[Recipient],
    kind: Kind,
    dist_id: str | None,
    table_name: str | None,
) -> list[Recipient]:
    """Who is told of a file: those whose subscription fits, each once; `others` when there is none."""
    found: dict[str, Recipient] = {}
    for each in subscriptions:
        if each.fits(kind, dist_id, table_name):
            found.setdefault(each.address, Recipient(each.address, each.language))
    return list(found.values()) or list(others)
