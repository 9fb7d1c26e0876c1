"""Failpoints: each is where the list says, once; and nothing but the tests' two variables reaches one."""

import ast
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from import_export import failpoints
from import_export.failpoints import GUARD, POINTS, VARIABLE, Struck, arm, hit

PACKAGE = Path(failpoints.__file__).parent
POINT = "load.commit.before"


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    arm({})


def test_each_point_of_the_list_is_in_its_module_once_and_no_other_is_anywhere() -> None:
    found = [
        (argument.value, path.relative_to(PACKAGE).as_posix())
        for path in sorted(PACKAGE.rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "hit"
        for argument in call.args
        if isinstance(argument, ast.Constant)
    ]
    assert sorted(found) == sorted(POINTS.items())
    assert all(path.read_text().count("hit(") >= 1 for path in {PACKAGE / name for name in POINTS.values()})


@pytest.mark.parametrize(
    "environment",
    [{}, {VARIABLE: f"{POINT}=raise"}, {VARIABLE: f"{POINT}=raise", GUARD: ""}, {GUARD: "1"}],
)
def test_nothing_happens_without_both_variables(environment: dict[str, str]) -> None:
    arm(environment)
    for point in POINTS:
        hit(point)


def test_a_point_strikes_once_and_leaves_the_others_alone() -> None:
    arm({GUARD: "1", VARIABLE: f"{POINT}=raise"})
    hit("load.commit.after")
    with pytest.raises(Struck, match=POINT):
        hit(POINT)
    hit(POINT)


@pytest.mark.parametrize("entry", ["load.commit=kill", f"{POINT}=explode", POINT])
def test_what_is_no_point_or_no_action_is_told(entry: str) -> None:
    with pytest.raises(ValueError, match=VARIABLE):
        arm({GUARD: "1", VARIABLE: entry})


@pytest.mark.parametrize(("action", "signalled"), [("kill", signal.SIGKILL), ("sleep", signal.SIGSTOP)])
def test_a_process_takes_the_variables_from_its_environment(action: str, signalled: int) -> None:
    code = f"from import_export.failpoints import hit; hit('{POINT}')"
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent), GUARD: "1", VARIABLE: f"{POINT}={action}"}
    process = subprocess.Popen([sys.executable, "-c", code], env=environment)
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    if action == "sleep":
        assert os.WSTOPSIG(status) == signalled
        process.send_signal(signal.SIGCONT)
        assert process.wait() == 0
    else:
        assert os.WTERMSIG(status) == signalled
        process.returncode = -signalled


def test_dropping_cuts_network_connections_and_nothing_else() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as ours,
    ):
        theirs, _ = server.accept()
        beside, other = socket.socketpair()
        with theirs, beside, other:
            arm({GUARD: "1", VARIABLE: f"{POINT}=drop"})
            hit(POINT)
            assert theirs.recv(1) == b""
            with pytest.raises(OSError, match=r"pipe|shutdown"):
                ours.sendall(b"x")
            beside.sendall(b"x")
            assert other.recv(1) == b"x"
