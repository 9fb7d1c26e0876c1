"""What the app works with: the installation's context, and Airflow."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from fastapi import Depends, Query, Request

from import_export.api.access import EXPORT_DAG_ID, MAINTENANCE_DAG_ID, Gate, Person
from import_export.api.guard import person_of
from import_export.errors import NotFound
from import_export.imports.jobs import ImportBatch, ImportJob
from import_export.messages import Language
from import_export.services.context import Context
from import_export.stores.jobs import JobStore

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Uploads that are validated side by side while nobody waits for them."""


@dataclass(frozen=True, slots=True)
class Installation:
    """One installation, the same for all requests. Its context is made when it is first needed."""

    gate: Gate
    assemble: Callable[[], Context]
    base_url: str
    """Where Airflow is reached, as its configuration says."""
    _made: list[Context] = field(default_factory=list)
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(AT_ONCE, thread_name_prefix="uploads")
    )
    _making: threading.Lock = field(default_factory=threading.Lock)

    @property
    def pool(self) -> ThreadPoolExecutor:
        """Does what nobody waits for."""
        return self._pool

    @property
    def context(self) -> Context:
        """The context; raises `SettingsError`, and is tried again then."""
        with self._making:
            if not self._made:
                self._made.append(self.assemble())
            return self._made[0]


@dataclass(frozen=True, slots=True)
class Call:
    """A request of a person: the context in which it acts, what it may see, and how runs are started."""

    person: Person
    context: Context
    gate: Gate
    language: Language
    pool: ThreadPoolExecutor

    def start_run(self, run_id: str) -> None:
        """Start a run of `import_batch` in the person's name."""
        self.gate.start_run(run_id, self.person.name)

    def start_export(self, run_id: str, form: Mapping[str, Any]) -> None:
        """Start a run of `export_statistics` in the person's name."""
        self.gate.start_run(run_id, self.person.name, EXPORT_DAG_ID, form)

    def start_maintenance(self, run_id: str, form: Mapping[str, Any]) -> None:
        """Start a run of `maintenance` in the person's name."""
        self.gate.start_run(run_id, self.person.name, MAINTENANCE_DAG_ID, form)

    def later(self, work: Callable[[], object]) -> None:
        """Have something done by and by. A server that ends first does what it has begun; a fault is in the log."""

        def logged() -> None:
            try:
                work()
            except Exception:
                log.exception("an upload broke off; the maintenance takes it up")

        self.pool.submit(logged)

    def batch(self, batch_id: str) -> ImportBatch:
        """A batch that the person may see; raises `NotFound` for others' as for none."""
        with self.context.database.session() as session:
            batch = JobStore(session).batch(batch_id)
        if not self.person.scope.sees(batch.dist_id):
            raise NotFound(f"there is no batch {batch_id}")
        return batch

    def job(self, job_id: int) -> tuple[ImportJob, ImportBatch]:
        """A job of a batch that the person may see, and that batch; raises `NotFound`."""
        with self.context.database.session() as session:
            jobs = JobStore(session)
            job = jobs.job(job_id)
            batch = jobs.batch(job.batch_id)
        if not self.person.scope.sees(batch.dist_id):
            raise NotFound(f"there is no job {job_id}")
        return job, batch


def installation_of(request: Request) -> Installation:
    """The app's installation."""
    found = request.app.state.installation
    if not isinstance(found, Installation):
        raise TypeError("the app has no installation")
    return found


def call_of(request: Request, language: Language | None) -> Call:
    """What a request of a person works with; without a language, that of the installation."""
    installation = installation_of(request)
    person = person_of(request.scope)
    context = replace(installation.context, actor=person.name)
    return Call(
        person, context, installation.gate, language or context.settings.reader_language, installation.pool
    )


def _call(
    request: Request,
    lang: Annotated[
        Language | None, Query(description="Language of the messages; the setting `language` without.")
    ] = None,
) -> Call:
    return call_of(request, lang)


CallDep = Annotated[Call, Depends(_call)]
"""The request's call, for routes."""
