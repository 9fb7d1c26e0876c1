"""Fetches the JavaScript that the pages use from the npm registry: `python -m devtools.vendor`, or `make vendor`.

What is fetched is pinned by version and by the registry's own SHA-512, and is kept in the repository: neither an
installation nor a page ever needs the registry. `npm` must be installed, configured for the registry that is to be used.
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from devtools.local import REPOSITORY

TARGET = REPOSITORY / "plugins" / "import_export" / "web" / "static" / "vendor"


@dataclass(frozen=True, slots=True)
class Package:
    """A package of the registry, and which of its files are kept under which names."""

    name: str
    version: str
    sha512: str
    """Base64, as the registry tells it (`dist.integrity`)."""
    files: dict[str, str]


PACKAGES = (
    Package(
        "htmx.org",
        "2.0.11",
        "Thx/WtpeOQqSrqBCw/A1cwGJGg4UrVa3+sW0GmrM3p4gJgO89ecH4qtbnyzDDWFvBTqjnIMCgELTNt636dtamA==",
        {"dist/htmx.min.js": "htmx.js", "LICENSE": "htmx.LICENSE"},
    ),
    Package(
        "chart.js",
        "4.6.1",
        "hJyniucsFmq//EvXYvJ6c6mahPoI3kaxdjVH8awTaJ/fDNWeSqqqArixMJWkWNN6fcYvPU3HneSANFNYtRi61g==",
        {"dist/chart.umd.min.js": "chart.js", "LICENSE.md": "chart.LICENSE"},
    ),
    Package(
        "swagger-ui-dist",
        "5.35.0",
        "U06rpMtW9V3XPGOBeamTUSr0Z09jMX4IJuANpE/EZbAhw0G8CgwrzU4YmXkn/h0wCDNsXdGarTNNHC3sU8yVUQ==",
        {
            "swagger-ui-bundle.js": "swagger-ui.js",
            "swagger-ui.css": "swagger-ui.css",
            "LICENSE": "swagger-ui.LICENSE",
        },
    ),
)


def fetch(package: Package, target: Path) -> None:
    """Keep a package's files in `target`."""
    for name, content in contents(package).items():
        (target / name).write_bytes(_without_map(content))


def contents(package: Package) -> dict[str, bytes]:
    """A package's files by the names under which they are kept; fetched, and held against its hash."""
    with tempfile.TemporaryDirectory() as room:
        command = ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
        done = subprocess.run(command, cwd=room, check=True, capture_output=True, text=True)
        packed = Path(room) / done.stdout.split()[-1]
        found = base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
        if found != package.sha512:
            raise SystemExit(f"{package.name} {package.version}: the registry gave something else ({found})")
        with tarfile.open(packed) as archive:
            return {name: _member(archive, member, package) for member, name in package.files.items()}


def _member(archive: tarfile.TarFile, member: str, package: Package) -> bytes:
    try:
        content = archive.extractfile(f"package/{member}")
    except KeyError:
        content = None
    if content is None:
        raise SystemExit(f"{package.name} {package.version} has no {member}")
    return content.read()


def _without_map(content: bytes) -> bytes:
    """Without the hint to a source map, which is not kept."""
    lines = content.rstrip().splitlines(keepends=True)
    if lines and lines[-1].startswith((b"//# sourceMappingURL=", b"/*# sourceMappingURL=")):
        del lines[-1]
    return b"".join(lines).rstrip() + b"\n"


def main() -> None:
    """Fetch all packages."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        fetch(package, TARGET)
        print(f"{package.name} {package.version}")


if __name__ == "__main__":
    main()
