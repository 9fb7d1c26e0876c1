"""A running installation as its users and its database show it, on one machine or on several."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from airflow.sdk import Connection

from import_export.imports.jobs import ImportJob
from import_export.stores.database import Database
from import_export.stores.jobs import Event, JobStore

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Running:
    """A running installation, seen from outside."""

    local: Path
    facts: dict[str, str]

    @property
    def database(self) -> Database:
        """The product's database."""
        return Database(Connection.from_uri(self.facts["mysql_uri"], conn_id="import_export_mysql"))

    @contextmanager
    def jobs(self) -> Iterator[JobStore]:
        """The jobs as they are now."""
        with self.database.session() as session:
            yield JobStore(session)

    def batch_with(self, name: str) -> list[ImportJob]:
        """The jobs of the batch that brought a file of this name, once the batch is finished; else none."""
        with self.database.session() as session:
            found = session.rows(
                "SELECT batch_id FROM import_batches WHERE finished_at IS NOT NULL AND JSON_CONTAINS(names, JSON_QUOTE(%s))",
                (name,),
            )
            return JobStore(session).jobs(found[0][0]) if found else []

    def jobs_of_file(self, name: str) -> list[ImportJob]:
        """The jobs of files of this name, finished or not."""
        with self.database.session() as session:
            found = session.rows("SELECT id FROM import_jobs WHERE filename = %s", (name,))
            return [JobStore(session).job(job_id) for (job_id,) in found]

    def events(self, job_id: int) -> list[Event]:
        """The history of a job."""
        with self.jobs() as jobs:
            return jobs.events(job_id)

    def scalar(self, query: str) -> Any:
        """One value of the database."""
        with self.database.session() as session:
            return session.rows(query)[0][0]

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Airflow's REST API, logged in; status and answer."""
        text = None if body is None else json.dumps(body)
        token = self.token(self.facts["username"])
        return _request(method, self.facts["url"] + path, text, {"Authorization": f"Bearer {token}"})

    def password(self, who: str) -> str:
        """The password of somebody who may log in."""
        assert who == self.facts["username"]
        return self.facts["password"]

    def token(self, who: str) -> str:
        """A fresh login."""

        def look() -> str | None:
            login = json.dumps({"username": who, "password": self.password(who)})
            token: str | None = _request("POST", f"{self.facts['url']}/auth/token", login, {})[1].get(
                "access_token"
            )
            return token

        # Just after its start Airflow may still be writing its file of passwords.
        return eventually(look, seconds=30) or ""


def _request(method: str, url: str, body: str | None, headers: dict[str, str]) -> tuple[int, Any]:
    request = urllib.request.Request(
        url,
        method=method,
        data=None if body is None else body.encode(),
        headers={"Content-Type": "application/json", **headers},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def eventually(look: Callable[[], Found], seconds: float = 90) -> Found:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"nothing was found within {seconds:.0f} s")
        time.sleep(0.2)  # between two looks at another process, whose end nothing else tells
    return found
