"""What a route asks of a person, and who a person is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol, TypeVar

from import_export.errors import Forbidden
from import_export.scopes import Scope

IMPORT_DAG_ID, EXPORT_DAG_ID = "import_batch", "export_statistics"
MAINTENANCE_DAG_ID = "maintenance"
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


class Access(Enum):
    """Each but the first is a permission on one of our DAGs, asked of Airflow's auth manager."""

    LOGIN = "login"
    """Being logged in is enough: static files."""
    READ = "read"
    """To read the DAG `import_batch`."""
    IMPORT = "import"
    """To trigger it."""
    CONFIGURE = "configure"
    """To edit it."""
    STATISTICS = "statistics"
    """To read the DAG `export_statistics`: the accounts' numbers, and what was exported."""
    EXPORT = "export"
    """To trigger it."""

    @property
    def dag_id(self) -> str:
        """The DAG that is asked about."""
        return EXPORT_DAG_ID if self in (Access.STATISTICS, Access.EXPORT) else IMPORT_DAG_ID


@dataclass(frozen=True, slots=True)
class Person:
    """Who is logged in."""

    name: str
    scope: Scope
    grants: frozenset[Access]

    def may(self, access: Access) -> bool:
        """Whether Airflow grants it."""
        return access in self.grants


class Gate(Protocol):
    """Airflow, as the app needs it; raises nothing: who is not known is None."""

    async def person(self, token: str) -> Person | None:
        """Who has this token of Airflow's login."""

    def start_run(
        self, run_id: str, by: str, dag_id: str = IMPORT_DAG_ID, form: Mapping[str, Any] | None = None
    ) -> None:
        """Start a run, with its form filled in; one of that id that is there already is left alone."""


def needs(access: Access) -> Callable[[Endpoint], Endpoint]:
    """Mark what an endpoint asks; the guard lets nobody through to one without a mark."""

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.needed_access = access  # type: ignore[attr-defined]
        return endpoint

    return mark


def check_sees_all(person: Person) -> None:
    """Raise `Forbidden` when something is kept from the person that the answer would tell."""
    if not person.scope.everything:
        raise Forbidden("only who may see all distributors may see this")


def needed_access(endpoint: object) -> Access | None:
    """What an endpoint asks, None when nobody said."""
    found = getattr(endpoint, "needed_access", None)
    return found if isinstance(found, Access) else None
