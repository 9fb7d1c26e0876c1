"""Real database servers for the tests: a private MariaDB, and MySQL 9."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import MySQLdb

from devtools.local import REPOSITORY, Local
from devtools.mysql import start_mysql

OFFERED = "IMPORT_EXPORT_TEST_MYSQL_URI"
WANTED = "IMPORT_EXPORT_TEST_SERVERS"
MEMORY = Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server on which databases may be made."""

    name: str
    root_uri: str
    """With the right to make databases; ends with `/`."""

    @contextmanager
    def fresh_database(self) -> Iterator[str]:
        """The URI of an empty database, which is gone afterwards, as is that of its statistics."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        try:
            yield f"{self.root_uri}{name}"
        finally:
            self.execute(f"DROP DATABASE {name}")
            self.execute(f"DROP DATABASE IF EXISTS {name}_statistics")

    def hurry(self) -> None:
        """Leave it to the operating system when commits reach the disk: tests end servers, but never the machine."""
        self.execute("SET GLOBAL innodb_flush_log_at_trx_commit = 2")
        self.execute("SET GLOBAL sync_binlog = 0")

    def execute(self, statement: str) -> None:
        """Run one statement with all rights."""
        parts = urlsplit(self.root_uri)
        connection = MySQLdb.connect(
            host=parts.hostname or "127.0.0.1",
            port=parts.port or 3306,
            user=unquote(parts.username or "root"),
            password=unquote(parts.password or ""),
        )
        try:
            connection.query(statement)
        finally:
            connection.close()


def wanted_servers() -> list[str]:
    """`mariadb` always; `mysql9` when one is offered or can be set up here (its chroot needs root)."""
    default = "mariadb,mysql9" if os.environ.get(OFFERED) or os.geteuid() == 0 else "mariadb"
    return [name.strip() for name in os.environ.get(WANTED, default).split(",") if name.strip()]


@contextmanager
def running_server(name: str, folder: Path) -> Iterator[Server]:
    """The server of that name, for as long as the block runs; its data in the folder, or in memory where that is."""
    if name == "mariadb":
        local = Local(folder)
        running = start_mysql(local, local.remembered()["mysql_port"], "test", "test")
        try:
            yield Server(name, running.root_uri(""))
        finally:
            running.child.stop(30)
        return
    offered = os.environ.get(OFFERED)
    if offered:
        yield Server(name, offered.rstrip("/") + "/")
        return
    port = Local(folder).remembered()["mysql_port"]
    script = str(REPOSITORY / "devtools" / "mysql9.sh")
    where = ["memory"] if folder.is_relative_to(MEMORY) else []
    subprocess.run([script, "start", str(port), *where], check=True)
    try:
        yield Server(name, f"mysql://root@127.0.0.1:{port}/")
    finally:
        subprocess.run([script, "stop", str(port)], check=True)
