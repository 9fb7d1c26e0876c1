"""The SHA-512 of each file of others that is kept in the repository: `make vendor` writes them.

What is fetched is pinned in `vendor.py` and `fonts.py`; this pins what became of it, so that no edit of a minified file
goes unseen. The list can be checked without us: `sha512sum -c devtools/vendored.sha512`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from devtools import fonts, vendor
from devtools.local import REPOSITORY

PINS = REPOSITORY / "devtools" / "vendored.sha512"


def found_pins() -> dict[str, str]:
    """Each file that is there, with its hash in hex."""
    return {
        path.relative_to(REPOSITORY).as_posix(): hashlib.sha512(path.read_bytes()).hexdigest()
        for folder in (vendor.TARGET, fonts.TARGET)
        for path in sorted(folder.iterdir())
    }


def kept_pins() -> dict[str, str]:
    """Each file that was pinned, with its hash."""
    lines = (line.split(maxsplit=1) for line in PINS.read_text().splitlines())
    return {name: digest for digest, name in lines}


def write_pins(pins: Mapping[str, str]) -> None:
    """Pin files, in the form that `sha512sum -c` reads."""
    PINS.write_text("".join(f"{digest}  {name}\n" for name, digest in pins.items()))


if __name__ == "__main__":
    write_pins(found_pins())
