"""What `make` does before Python packages are there: the shell script, run for real with few programs on its path."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.local import REPOSITORY

NEEDED = (
    "bash",
    "sh",
    "dirname",
    "cut",
    "sha256sum",
    "grep",
    "env",
    "sort",
    "awk",
    "mktemp",
    "tail",
    "sed",
    "rm",
)
ORDINARY_USER = "#!/bin/sh\necho 1000\n"
REFUSES = "#!/bin/sh\nexit 1\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a lock file, and a folder `bin` with what a bare system has."""
    (tmp_path / "devtools").mkdir()
    shutil.copy(REPOSITORY / "devtools" / "bootstrap.sh", tmp_path / "devtools")
    (tmp_path / "requirements.txt").write_text("uv==1.0\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in NEEDED:
        (programs / name).symlink_to(shutil.which(name) or pytest.fail(f"{name} is needed"))
    (programs / "python3").symlink_to(sys.executable)
    for name, script in (("id", ORDINARY_USER), ("sudo", REFUSES), ("apt-cache", REFUSES)):
        (programs / name).write_text(script)
        (programs / name).chmod(0o755)
    return tmp_path


def _bootstrap(checkout: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "devtools" / "bootstrap.sh", "requirements.txt"],
        env={"PATH": str(checkout / "bin"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_user_without_sudo_is_told_the_one_command(checkout: Path) -> None:
    done = _bootstrap(checkout, IMPORT_EXPORT_MYSQL_URI="mysql://u:p@db/d")
    assert done.returncode == 1
    commands = [line.strip() for line in done.stdout.splitlines() if "apt-get" in line]
    assert len(commands) == 1
    assert commands[0].startswith("sudo apt-get update && sudo apt-get install -y --no-install-recommends ")
    assert {"gcc", "pkg-config", "libmariadb-dev"} <= set(commands[0].split())
    assert "mariadb-server-core" not in commands[0], "a database was given"
    assert not (checkout / ".venv").exists()


def test_the_version_in_a_packages_name_is_found_out(checkout: Path) -> None:
    listed = "mariadb-server-core-10.6 - server\nmariadb-server-core-10.11 - server\n"
    (checkout / "bin" / "apt-cache").write_text(
        f'#!/bin/sh\n[ "$1" = search ] || exit 100\ncase "$3" in *server*) printf %s "{listed}" ;; esac\n'
    )
    # The whole script would find the server that the tests use, so only its function is asked.
    text = (checkout / "devtools" / "bootstrap.sh").read_text()
    begin = text.index("available() {")
    function = text[begin : text.index("\n}\n", begin) + 3]
    done = subprocess.run(
        ["bash", "-c", f"set -euo pipefail\n{function}available mariadb-server-core gcc mariadb-client-core"],
        env={"PATH": str(checkout / "bin")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["mariadb-server-core-10.11", "gcc", "mariadb-client-core"]


def test_nothing_is_done_when_all_is_installed(checkout: Path) -> None:
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").symlink_to(sys.executable)
    state = hashlib.sha256((checkout / "requirements.txt").read_bytes()).hexdigest()
    (checkout / ".venv" / ".installed").write_text(f"requirements.txt {state}\n")
    done = _bootstrap(checkout, IMPORT_EXPORT_MYSQL_URI="mysql://u:p@db/d")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_python_that_is_too_old_is_told(checkout: Path) -> None:
    (checkout / "bin" / "python3").unlink()
    (checkout / "bin" / "python3").write_text(REFUSES)
    (checkout / "bin" / "python3").chmod(0o755)
    done = _bootstrap(checkout)
    assert done.returncode == 1
    assert "Python 3.11 to 3.14 is needed" in done.stdout
