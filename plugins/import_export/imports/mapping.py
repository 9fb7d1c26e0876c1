"""Which column of the table each header of a file stands for."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from import_export.imports.tables import ImportTable, normalise_header
from import_export.messages import Message, Told, tell

_LIKELY = 0.75


@dataclass(frozen=True, slots=True)
class HeaderMap:
    """A file's headers and a table's columns."""

    positions: Mapping[str, int]
    """Column name → position in the file, from 0; only columns that the file has."""
    ignored: tuple[str, ...]
    """Headers that no configuration knows, in the file's order."""
    suggested: Mapping[str, str]
    """Unknown header → the column that was likely meant."""


def map_headers(
    header: Sequence[str], table: ImportTable, parts: Sequence[Sequence[str]] = ()
) -> HeaderMap | Told:
    """Map by name or alias; `MANDATORY_MISSING`, `DUPLICATE_HEADER`, `AMBIGUOUS_COLUMN` when that fails.

    `parts`: the lines of a header that is spread over several; one of them may be a name by itself.
    """
    by_name: dict[str, list[int]] = defaultdict(list)
    for position, text in enumerate(header):
        by_name[normalise_header(text)].append(position)
    for position, names in enumerate(parts):
        for name in {normalise_header(text) for text in names if text} - {normalise_header(header[position])}:
            by_name[name].append(position)
    positions: dict[str, int] = {}
    taken: set[int] = set()
    for column in table.columns:
        # A column's own name wins over its aliases; so a file may have both `date` and `tanggal`.
        own = by_name.get(normalise_header(column.name), [])
        found = own or [position for name in sorted(column.names) for position in by_name.get(name, [])]
        if len(found) > 1:
            headers = ", ".join(header[position] for position in found)
            if len({normalise_header(header[position]) for position in found}) == 1:
                return tell(Message.DUPLICATE_HEADER, names=headers)
            return tell(Message.AMBIGUOUS_COLUMN, column=column.name, headers=headers)
        if found:
            positions[column.name] = found[0]
            taken.update(found)
    unknown = tuple(text for position, text in enumerate(header) if position not in taken)
    missing = [
        column.name for column in table.columns if column.is_mandatory and column.name not in positions
    ]
    suggested = _suggest(unknown, table, positions)
    if missing:
        return tell(
            Message.MANDATORY_MISSING,
            columns=", ".join(missing),
            suggested=dict(suggested),
            unknown=list(unknown),
        )
    return HeaderMap(positions, unknown, suggested)


def _suggest(unknown: Sequence[str], table: ImportTable, positions: Mapping[str, int]) -> dict[str, str]:
    free = {
        name: column.name for column in table.columns if column.name not in positions for name in column.names
    }
    found = {}
    for text in unknown:
        close = difflib.get_close_matches(normalise_header(text), free, n=1, cutoff=_LIKELY)
        if close:
            found[text] = free[close[0]]
    return found
