"""What once crashed a target of `make fuzz` does so no more."""

from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

CASES = sorted(
    path for path in (Path(__file__).parents[1] / "data" / "fuzz").iterdir() if path.suffix != ".md"
)


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_takes_anything(name: str) -> None:
    for octets in (
        b"",
        b"\0",
        b"PK\x05\x06" + bytes(18),
        b"SKU;Tanggal\nA;1\n",
        bytes(range(256)),
        b"--x\r\n\r\n--x--",
    ):
        TARGETS[name](octets)


def test_what_once_crashed_is_read_or_refused() -> None:
    for path in CASES:
        TARGETS[path.name.partition("-")[0]](path.read_bytes())
