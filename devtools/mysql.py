"""A private MariaDB or MySQL, whichever is installed: its data in the stack's folder, for this machine only."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devtools.local import HOST, Local, write_private
from devtools.processes import Child, start, wait_for

DATABASE = "import_export"
USER = "import_export"
SERVER = "IMPORT_EXPORT_MYSQLD"
"""Environment variable with the server's program, where several are installed."""


@dataclass(frozen=True, slots=True)
class MySQL:
    """A running server."""

    child: Child
    port: int
    password: str
    root_password: str

    @property
    def uri(self) -> str:
        """The database as Airflow and `IMPORT_EXPORT_MYSQL_URI` name it."""
        return f"mysql://{USER}:{self.password}@{HOST}:{self.port}/{DATABASE}"

    def root_uri(self, database: str) -> str:
        """The same with all rights, for tests that make databases of their own."""
        return f"mysql://root:{self.root_password}@{HOST}:{self.port}/{database}"


def start_mysql(
    local: Local,
    port: int,
    password: str,
    root_password: str,
    *,
    users: Sequence[str] = (),
    options: Sequence[str] = (),
) -> MySQL:
    """Make the data folder on first use, start the server, and wait until the database can be used.

    `users`: the statements that make database and users, where they are other ones than ours. Each is run at every start.
    `options` count more than our own.
    """
    server = _server()
    data = local.root / "mysql"
    user = [f"--user={_user()}"]
    if not data.exists():
        _make_data(server, user, data)
    first = local.root / "mysql-users.sql"
    write_private(first, "\n".join([*(users or _users(password)), *_root(root_password), ""]))
    child = start(
        local,
        "mysql",
        [
            *(
                str(server),
                "--no-defaults",
                *user,
                f"--datadir={data}",
                f"--socket={local.sockets() / 'mysql.sock'}",
            ),
            *(f"--bind-address={HOST}", f"--port={port}", "--skip-name-resolve", "--local-infile=ON"),
            *(
                f"--pid-file={local.root / 'mysql.pid'}",
                f"--init-file={first}",
                "--character-set-server=utf8mb4",
            ),
            *("--innodb-buffer-pool-size=512M", "--innodb-flush-log-at-trx-commit=1", *_own_options(server)),
            *options,
        ],
    )
    running = MySQL(child, port, password, root_password)
    wait_for("MySQL", lambda: _answers(running), child, 120)
    return running


def _make_data(server: Path, user: list[str], data: Path) -> None:
    """Fill a new data folder; it gets its name when it is whole, so that an interrupted start can be repeated."""
    part = data.with_name(data.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True, mode=0o700)
    with tempfile.TemporaryDirectory() as short:
        # mariadb-install-db is a script that fails where a folder's name has a blank.
        link = Path(short) / "data"
        link.symlink_to(part)
        if "mariadb" in server.name:
            make = ["mariadb-install-db", "--no-defaults", *user, f"--datadir={link}", "--skip-test-db"]
        else:
            make = [str(server), "--no-defaults", *user, "--initialize-insecure", f"--datadir={part}"]
        done = subprocess.run(make, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{make[0]} failed:\n{done.stdout}{done.stderr}")
    part.rename(data)


def _server() -> Path:
    if chosen := os.environ.get(SERVER):
        return Path(chosen)
    for name in ("mariadbd", "mysqld"):
        for folder in (*os.environ.get("PATH", "").split(":"), "/usr/sbin", "/usr/local/sbin"):
            path = Path(folder) / name
            if folder and path.is_file():
                return path
    raise SystemExit(
        "no MariaDB or MySQL server is installed; `apt-get install mariadb-server-core` brings one"
    )


def _user() -> str:
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name


def _own_options(server: Path) -> list[str]:
    """Room for a large transaction, which has another name on MySQL.

    And neither its second port, open to the network, nor its system-wide folder.
    """
    if "mariadb" in server.name:
        return ["--innodb-log-file-size=512M"]
    return ["--innodb-redo-log-capacity=1G", "--mysqlx=OFF", "--secure-file-priv=NULL"]


# One statement a line, as `--init-file` wants it; run at every start, so each may be repeated.
def _users(password: str) -> list[str]:
    return [
        f"CREATE DATABASE IF NOT EXISTS {DATABASE} CHARACTER SET utf8mb4;",
        f"CREATE USER IF NOT EXISTS '{USER}'@'127.0.0.1' IDENTIFIED BY '{password}';",
        f"GRANT ALL ON {DATABASE}.* TO '{USER}'@'127.0.0.1';",
        f"GRANT ALL ON {DATABASE}_statistics.* TO '{USER}'@'127.0.0.1';",
    ]


def _root(password: str) -> list[str]:
    return [
        f"ALTER USER 'root'@'localhost' IDENTIFIED BY '{password}';",
        f"CREATE USER IF NOT EXISTS 'root'@'127.0.0.1' IDENTIFIED BY '{password}';",
        "GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;",
    ]


def _answers(running: MySQL) -> bool:
    import MySQLdb

    try:
        MySQLdb.connect(
            host=HOST, port=running.port, user=USER, password=running.password, database=DATABASE
        ).close()
    except MySQLdb.OperationalError:
        return False
    return True
