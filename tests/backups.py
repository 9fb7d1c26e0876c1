"""Backups and their restoration, with the servers' own programs."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from devtools.local import REPOSITORY
from import_export.stores.database import Database
from tests.servers import Server

# As docs/upgrades.md tells it.
DUMP = ("--single-transaction", "--hex-blob", "--routines", "--triggers", "--no-tablespaces")
DUMPS = {"mariadb": ("mariadb-dump",), "mysql9": ("mysqldump", "--set-gtid-purged=OFF")}


def command(server: Server, program: str, *arguments: str) -> list[str]:
    """A client of the server's own, as its administrator."""
    own = [str(REPOSITORY / "devtools" / "mysql9.sh"), "client"] if server.name == "mysql9" else []
    parts = urlsplit(server.root_uri)
    login = [f"--user={parts.username}", f"--password={unquote(parts.password or '')}"]
    return [
        *own,
        program,
        f"--host={parts.hostname}",
        f"--port={parts.port}",
        "--protocol=TCP",
        *login,
        *arguments,
    ]


def dump(server: Server, databases: Sequence[Database], target: Path) -> None:
    program, *more = DUMPS[server.name]
    names = [database.name for database in databases]
    with target.open("wb") as output:
        subprocess.run(
            command(server, program, *more, *DUMP, "--databases", *names), stdout=output, check=True
        )


def restore(source: Path, server: Server) -> None:
    with source.open("rb") as dumped:
        program = {"mariadb": "mariadb", "mysql9": "mysql"}[server.name]
        subprocess.run(command(server, program), stdin=dumped, check=True)
