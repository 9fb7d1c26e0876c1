"""Airflow behind the app: its login, its permissions, and the runs it starts."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from airflow.api.common.trigger_dag import trigger_dag
from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.exceptions import DagNotFound, DagRunAlreadyExists
from airflow.utils.types import DagRunTriggeredByType
from anyio import to_thread
from jwt import InvalidTokenError
from sqlalchemy.exc import SQLAlchemyError

from import_export.api.access import IMPORT_DAG_ID, Access, Person
from import_export.errors import DatabaseUnavailable, NotFound
from import_export.scopes import ScopeRule, scope_of

log = logging.getLogger(__name__)

_READ: dict[str, Any] = {"method": "GET"}
_TRIGGER: dict[str, Any] = {"method": "POST", "access_entity": DagAccessEntity.RUN}
_ASKED: dict[Access, dict[str, Any]] = {
    Access.READ: _READ,
    Access.IMPORT: _TRIGGER,
    Access.CONFIGURE: {"method": "PUT"},
    Access.STATISTICS: _READ,
    Access.EXPORT: _TRIGGER,
}


class AirflowGate:
    """Asks the auth manager of this Airflow, whichever it is."""

    def __init__(self, rules: tuple[ScopeRule, ...]) -> None:
        self._rules = rules

    async def person(self, token: str) -> Person | None:
        """Who has this token, with what Airflow grants; None when the token is not (or no longer) good."""
        manager = get_auth_manager()
        try:
            user: Any = await manager.get_user_from_token(token)
        except InvalidTokenError:
            return None
        except SQLAlchemyError as fault:
            raise DatabaseUnavailable("Airflow's own database does not answer") from fault
        # An auth manager may look its permissions up in a database.
        grants = await to_thread.run_sync(_grants, manager, user)
        name = str(user.get_name())
        return Person(name, scope_of(self._rules, name, _roles(user)), grants)

    def start_run(
        self, run_id: str, by: str, dag_id: str = IMPORT_DAG_ID, form: Mapping[str, Any] | None = None
    ) -> None:
        """Start a run; raises `NotFound` while Airflow does not know the DAG, `DatabaseUnavailable`."""
        try:
            trigger_dag(
                dag_id,
                run_id=run_id,
                conf=None if form is None else dict(form),
                triggered_by=DagRunTriggeredByType.REST_API,
                triggering_user_name=by[:250],
            )
        except DagRunAlreadyExists:
            log.info("run %s is there already", run_id)
        except DagNotFound as fault:
            raise NotFound(
                f"Airflow does not know the DAG {dag_id} (yet); an import is started when it does"
            ) from fault
        except SQLAlchemyError as fault:
            raise DatabaseUnavailable("Airflow's own database does not answer") from fault


def _grants(manager: Any, user: Any) -> frozenset[Access]:
    return frozenset(
        {Access.LOGIN}
        | {
            access
            for access, asked in _ASKED.items()
            if manager.is_authorized_dag(details=DagDetails(id=access.dag_id), user=user, **asked)
        }
    )


def _roles(user: Any) -> list[str]:
    """The names of a user's roles: SimpleAuthManager's user has one, FAB's has several."""
    one = getattr(user, "role", None)
    many = getattr(user, "roles", None) or ()
    return [str(one)] * bool(one) + [str(getattr(role, "name", role)) for role in many]
