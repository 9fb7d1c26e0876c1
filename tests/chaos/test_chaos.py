"""Fifty kills beside cut connections, lost answers and files that come twice: nothing is lost, nothing is there twice."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.__main__ import REPORT


@pytest.mark.timeout(1500)
def test_fifty_kills_lose_nothing_and_double_nothing(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "IMPORT_EXPORT_LOCAL": str(tmp_path / "chaos"),
        "PYTHONPATH": f"{pytestconfig.rootpath}/plugins:{pytestconfig.rootpath}",
        "N": "50",
        "FILES": "30",
        "SEED": "50",
        "BROKEN": "",
    }
    REPORT.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos"],
        cwd=pytestconfig.rootpath,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert REPORT.exists(), done.stdout + done.stderr
    report = json.loads(REPORT.read_text())
    assert report["violations"] == []
    assert report["kills"] >= 50
    assert report["files"] >= 30
    assert report["rows_found"] == report["rows_expected"]
