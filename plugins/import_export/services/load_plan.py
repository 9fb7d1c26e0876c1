"""How a file is to be loaded: its table as narrow as MySQL's own, its layout, and where its columns go."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from import_export.errors import LayoutChanged
from import_export.imports.jobs import ImportBatch, ImportJob
from import_export.imports.layout import Layout, find_layout
from import_export.imports.mapping import HeaderMap, map_headers
from import_export.imports.tables import ImportTable
from import_export.messages import Message, Told, tell
from import_export.stores.database import Session
from import_export.stores.mysql_layout import fitted
from import_export.stores.tables import configuration_versions, list_tables


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file is read and where its columns go."""

    path: Path
    table: ImportTable
    """As narrow as MySQL's own columns are."""
    layout: Layout
    headers: HeaderMap
    version: int
    """Which of its saved configurations the table is."""


def tables_for(session: Session, batch: ImportBatch) -> tuple[ImportTable, ...]:
    """The tables' configurations, with what the batch's sender may send."""
    tables = list_tables(session)
    if not batch.exact_distributor:
        return tables
    return tuple(replace(table, distributor_check="exact") for table in tables)


@dataclass(slots=True)
class LaneTables:
    """The tables' configurations as a lane found them; each MySQL table is looked at once."""

    configured: Mapping[str, ImportTable]
    versions: Mapping[str, int]
    """Which of its saved configurations each table has."""
    _fitted: dict[str, ImportTable | LayoutChanged] = field(default_factory=dict)

    @classmethod
    def read(cls, session: Session, batch: ImportBatch) -> LaneTables:
        """The configurations as they are now, for files of a batch."""
        # Before the configurations: one that changes in between is then found out.
        versions = configuration_versions(session)
        return cls({table.table_name: table for table in tables_for(session, batch)}, versions)

    def digest(self, table_name: str | None, dist_id: str | None) -> str | None:
        """What a file's rows become depends on its bytes and on this: the configuration, and the distributor."""
        table = self.configured.get(table_name or "")
        return None if table is None else hashlib.sha256(repr((table, dist_id)).encode()).hexdigest()

    def plan(self, session: Session, job: ImportJob, path: Path) -> Plan | Told:
        """Look again at table and file: the configuration may have changed since the validation."""
        table = self.configured.get(job.table_name or "")
        if table is None or not table.columns:
            return tell(Message.NO_CONFIG, table=job.table_name)
        fitting = self._fit(session, table)
        if isinstance(fitting, LayoutChanged):
            return tell(Message.TABLE_GONE, table=table.table_name, why=str(fitting))
        layout = find_layout(path, [table])
        if isinstance(layout, Told):
            return layout
        headers = map_headers(layout.header, fitting, layout.header_parts)
        if isinstance(headers, Told):
            return headers
        return Plan(path, fitting, layout, headers, self.versions.get(table.table_name, 0))

    def _fit(self, session: Session, table: ImportTable) -> ImportTable | LayoutChanged:
        if table.table_name not in self._fitted:
            try:
                self._fitted[table.table_name] = fitted(session, table)
            except LayoutChanged as fault:
                self._fitted[table.table_name] = fault
        return self._fitted[table.table_name]
