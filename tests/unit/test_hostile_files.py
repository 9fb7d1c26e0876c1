"""Files of somebody who means harm: each is refused for the right reason, or read, within bounds and without a fault."""

import json
import subprocess
import sys
from typing import Any

import pytest

from devtools.local import REPOSITORY
from tests.hostile import CASES, MOST, Case

MEGABYTES = 300
"""By how much the process may grow for one file."""
BYTES = 4_500_000
"""How much is read of files that are the same rows again and again: more than a block, as memory goes by blocks.
`make bench ARGS=hostile` reads all of them as a whole."""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What became of each file, read in a process whose time and memory are limited."""
    folder = tmp_path_factory.mktemp("hostile")
    command = [sys.executable, "-m", "tests.hostile_runner", str(folder), str(BYTES)]
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env={"PYTHONPATH": "plugins:."},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, f"{done.stdout[-300:]}\n{done.stderr[-2000:]}"
    return {each["file"]: each for each in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hostile_file_is_refused_for_its_reason_or_read_within_bounds(
    case: Case, results: dict[str, dict[str, Any]]
) -> None:
    found = results[case.name]
    refused = {code.value for code in case.refused}
    if case.good:
        assert (found["refused"], found["good"]) == ([], case.good)
    elif refused:
        assert set(found["refused"]) & refused
        assert found["good"] == 0
    assert found["adds_up"]
    assert found["bytes"] <= MOST
    assert found["megabytes"] <= MEGABYTES


@pytest.mark.parametrize("name", ["sparse_line.csv", "sparse_header.csv"])
def test_two_gigabytes_of_one_line_take_no_memory(name: str, results: dict[str, dict[str, Any]]) -> None:
    assert results[name]["refused"] != [] or results[name]["good"] == 3
    assert results[name]["megabytes"] <= MEGABYTES
