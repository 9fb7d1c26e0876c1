"""The whole app over HTTP without Airflow: its login and its runs are stood in for, everything else is real."""

from __future__ import annotations

import io
import socket
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from airflow.sdk import Connection
from fastapi import FastAPI

from import_export.api.access import EXPORT_DAG_ID, IMPORT_DAG_ID, MAINTENANCE_DAG_ID, Access, Person
from import_export.api.app import create_app
from import_export.api.installation import Installation
from import_export.errors import DatabaseUnavailable
from import_export.scopes import Scope
from import_export.services.archiving import archive_lane
from import_export.services.context import Context
from import_export.services.export_delivery import deliver_export
from import_export.services.exporting import Run, close_export, export_id_of, export_lane, plan_export
from import_export.services.finishing import finish_batch
from import_export.services.loading import load_lane
from import_export.services.receiving import batch_id_of, extract_batch
from import_export.services.validating import validate_lane
from import_export.stores.database import Database
from import_export.stores.pool import PooledDatabase
from import_export.web.pages import page_routes
from import_export.web.rendering import error_page
from tests.database.flow import STOCKS_HEADER, Flow

ROOT = "/import-export"
ORIGIN = "http://airflow.test:8080"
NOBODY = frozenset({Access.LOGIN})
VIEWER = NOBODY | {Access.READ, Access.STATISTICS}
OPERATOR = VIEWER | {Access.IMPORT, Access.EXPORT}
ADMIN = OPERATOR | {Access.CONFIGURE}
PEOPLE: Mapping[str, Person] = {
    "nobody": Person("nobody", Scope(), NOBODY),
    "viewer": Person("viewer", Scope(), VIEWER),
    "operator": Person("operator", Scope(), OPERATOR),
    "admin": Person("admin", Scope(), ADMIN),
    "agus": Person("agus", Scope(("0112",)), OPERATOR),
    "chief": Person("chief", Scope(("0112",)), ADMIN),
}
"""Token → who has it."""
SALES_HEADER = (
    "Kode Distributor;No DO;Tanggal DO;Kode Toko;Kode Barang;Qty;Harga;Total Penjualan;Keterangan\n"
)


class StandIn:
    """Airflow's login, and its runs: worked off at once, or kept until they are asked for."""

    def __init__(self, context: Context | None = None) -> None:
        self._context = context
        self.at_once = True
        self.asked: list[tuple[str, str]] = []
        """Each run that was started: its id, and who started it."""
        self.forms: dict[str, Mapping[str, Any]] = {}
        """The forms of runs of exports and of the maintenance, as they were filled in."""
        self.waiting: list[str] = []
        self.faults: list[Exception] = []
        self.refuses: Exception | None = None
        """What starting a run raises, while Airflow is away."""

    async def person(self, token: str) -> Person | None:
        return PEOPLE.get(token)

    def start_run(
        self, run_id: str, by: str, dag_id: str = IMPORT_DAG_ID, form: Mapping[str, Any] | None = None
    ) -> None:
        if self.refuses is not None:
            raise self.refuses
        if any(run_id == each for each, _ in self.asked):
            return
        self.asked.append((run_id, by))
        if dag_id == MAINTENANCE_DAG_ID:
            self.forms[run_id] = form or {}
            return
        if dag_id == EXPORT_DAG_ID:
            self.forms[run_id] = form or {}
        if self.at_once:
            self.run(run_id)
        else:
            self.waiting.append(run_id)

    def work_off(self) -> None:
        """Run what waits."""
        while self.waiting:
            self.run(self.waiting.pop(0))

    def run(self, run_id: str) -> None:
        """The tasks of `import_batch` in their order; as there, a step that fails keeps no other from its turn."""
        assert self._context is not None
        if run_id in self.forms:
            self.export(self._context, run_id)
            return
        context = replace(self._context, actor=f"import_batch/{run_id}")
        batch_id = batch_id_of(run_id)
        lanes = extract_batch(context, batch_id)
        for step in (validate_lane, load_lane, archive_lane):
            for lane in lanes:
                self._tried(step, context, lane)
        self._tried(finish_batch, context, batch_id)

    def export(self, context: Context, run_id: str) -> None:
        """The tasks of `export_statistics` in their order."""
        run = Run(run_id=run_id, nightly=False, at=datetime.now(UTC), form=self.forms[run_id])
        context = replace(context, actor=f"export_statistics/{run_id}")
        for lane in plan_export(context, run):
            self._tried(export_lane, context, lane)
        self._tried(deliver_export, context, export_id_of(context, run))
        self._tried(close_export, context, export_id_of(context, run))

    def _tried(self, step: Callable[..., object], *arguments: object) -> None:
        try:
            step(*arguments)
        except Exception as fault:
            self.faults.append(fault)


@dataclass
class House:
    """One served installation and its clients."""

    flow: Flow
    gate: StandIn
    app: FastAPI
    url: str
    context: Context
    """The app's own: its database is pooled."""
    clients: list[httpx.Client] = field(default_factory=list)

    def client(self, token: str | None, **more: Any) -> httpx.Client:
        """Somebody's client; without a token, a stranger's."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        made = httpx.Client(
            base_url=self.url,
            trust_env=False,
            timeout=60,
            headers={**headers, **more.pop("headers", {})},
            **more,
        )
        self.clients.append(made)
        return made

    @cached_property
    def admin(self) -> httpx.Client:
        return self.client("admin")

    @cached_property
    def operator(self) -> httpx.Client:
        return self.client("operator")

    @cached_property
    def viewer(self) -> httpx.Client:
        return self.client("viewer")

    @cached_property
    def agus(self) -> httpx.Client:
        return self.client("agus")

    @property
    def work(self) -> Path:
        return self.flow.root / "work"

    def left(self) -> list[str]:
        """What lies in the work folder."""
        return sorted(path.relative_to(self.work).as_posix() for path in self.work.rglob("*"))

    def count(self, table: str, where: str = "1") -> int:
        """How many rows a table has."""
        with self.flow.context.database.session() as session:
            [(count,)] = session.rows(f"SELECT COUNT(*) FROM {table} WHERE {where}")
            return int(count)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with self.flow.context.database.session() as session:
            return session.rows(statement)


class Front:
    """The app and its server, made once: each house moves in behind it in turn."""

    def __init__(self) -> None:
        self.gate = StandIn()
        self.context: Context | None = None
        installation = Installation(gate=self, assemble=self._assembled, base_url=ORIGIN)
        # With the pages, as Airflow's API server has it.
        self.app = create_app(installation, page_routes(), error_page)

    async def person(self, token: str) -> Person | None:
        return await self.gate.person(token)

    def start_run(
        self, run_id: str, by: str, dag_id: str = IMPORT_DAG_ID, form: Mapping[str, Any] | None = None
    ) -> None:
        self.gate.start_run(run_id, by, dag_id, form)

    def let(self, gate: StandIn, context: Context) -> None:
        """Put another installation behind the app."""
        self.gate, self.context = gate, context
        self.app.state.installation._made.clear()

    def _assembled(self) -> Context:
        if self.context is None:
            raise DatabaseUnavailable("nobody lives here")
        return self.context


@cache
def front() -> Front:
    return Front()


@contextmanager
def opened_house(url: str, uri: str | None, root: Path, **settings: Any) -> Iterator[House]:
    """An installation on a migrated database, behind the app that is served; without a URI its database is away."""
    connection = Connection.from_uri(uri or "mysql://nobody@127.0.0.1:1/none", conn_id="import_export_mysql")
    flow = Flow.make(Database(connection), root)
    plain = replace(flow.context, settings=replace(flow.context.settings, **settings))
    database = PooledDatabase(connection)
    pooled = replace(plain, database=database, statistics=database.sibling(plain.statistics.name))
    gate = StandIn(plain)
    front().let(gate, pooled)
    house = House(Flow(plain, root), gate, front().app, url, pooled)
    try:
        yield house
    finally:
        for client in house.clients:
            client.close()


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The app's address, for as long as a server serves it in a thread."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, lifespan="off", log_level="warning", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        # Whoever comes before the server does waits in the socket's queue.
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def zipped(files: Mapping[str, str]) -> bytes:
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return octets.getvalue()


def stocks(*skus: str, pcs: str = "1.250") -> str:
    return STOCKS_HEADER + "".join(f"{sku};W1;{pcs};01/03/2026\n" for sku in skus)


def sales(*numbers: str, dist: str = "0112", note: str = "") -> str:
    lines = (f"{dist};{number};02/03/2026;T1;B1;3;1.000,50;3.001,50;{note}\n" for number in numbers)
    return SALES_HEADER + "".join(lines)


def customers(*outlets: str, dist: str = "0112") -> str:
    return "distid;kode outlet;nama outlet\n" + "".join(f"{dist};{each};TOKO {each}\n" for each in outlets)


def upload(
    client: httpx.Client,
    *files: tuple[str, str | bytes],
    headers: Mapping[str, str] | None = None,
    **fields: str,
) -> httpx.Response:
    """Send files to be imported."""
    sent = [("files", (name, content)) for name, content in files]
    return client.post("/api/import", files=sent or None, data=fields, headers=headers)


def imported(client: httpx.Client, *files: tuple[str, str | bytes], **fields: str) -> str:
    """Import files; give the id of their batch."""
    answer = upload(client, *files, **fields)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["data"]["batch_id"])


def data(answer: httpx.Response, status: int = 200) -> Any:
    """What an answer brings, which did what was asked."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body["success"] is True
    return body["data"]


def refused(answer: httpx.Response, status: int) -> str:
    """Why nothing was done, in words."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"success", "error", "details"}
    assert body["success"] is False
    return str(body["error"])


def files_of(client: httpx.Client, batch_id: str) -> list[dict[str, Any]]:
    """The files of a batch with all details, without the tables that no file came for."""
    found: Sequence[dict[str, Any]] = data(client.get(f"/api/jobs/{batch_id}/details"))
    return [each for each in found if each["status"] != 0]


def only_file(client: httpx.Client, batch_id: str) -> dict[str, Any]:
    """The one file of a batch."""
    [found] = files_of(client, batch_id)
    return found
