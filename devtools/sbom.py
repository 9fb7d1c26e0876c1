"""The product's bill of materials: `make sbom` writes build/sbom.json (CycloneDX 1.6).

Locked packages with the hashes that an installation insists on and their licences, and what others made that lies in the
repository: JavaScript and fonts, with each file's own hash.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from devtools import fonts, vendor
from devtools.licences import licence_of
from devtools.local import REPOSITORY
from devtools.pins import kept_pins

TARGET = REPOSITORY / "build" / "sbom.json"
VENDORED_LICENCES: Mapping[str, str] = {
    "htmx.org": "0BSD",
    "chart.js": "MIT",
    "swagger-ui-dist": "Apache-2.0",
}
"""Of the JavaScript; all fonts have the Open Font License."""


def bill() -> dict[str, Any]:
    """The whole document."""
    tool = Path(sys.executable).with_name("cyclonedx-py")
    command = [
        tool,
        "requirements",
        "--output-reproducible",
        "--no-validate",
        "--sv",
        "1.6",
        "requirements.txt",
    ]
    done = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    root = {
        "bom-ref": "import_export",
        "type": "application",
        "name": project["name"],
        "version": project["version"],
    }
    found["metadata"]["component"] = root
    found["components"] = [_locked(each) for each in found["components"]] + [
        *(_vendored(package, vendor.TARGET, VENDORED_LICENCES[package.name]) for package in vendor.PACKAGES),
        *(_vendored(font.package, fonts.TARGET, "OFL-1.1") for font in fonts.FONTS),
    ]
    found["dependencies"] = [
        {"ref": root["bom-ref"], "dependsOn": sorted(each["bom-ref"] for each in found["components"])}
    ]
    return found


def _locked(component: dict[str, Any]) -> dict[str, Any]:
    """A package of the lock, without the lines that it stands in, with its licence."""
    component.pop("description", None)
    return component | {"licenses": [{"expression": _expression(licence_of(component["name"]))}]}


def _expression(licence: str) -> str:
    """As SPDX allows it: what has no identifier of its own gets one of ours."""
    own = {"BSD", "GPL", "LGPL", "Artistic"}
    return " ".join(f"LicenseRef-{word}" if word in own else word for word in licence.split())


def _vendored(package: vendor.Package, folder: Path, licence: str) -> dict[str, Any]:
    pins = kept_pins()
    files = {name: (folder / name).relative_to(REPOSITORY).as_posix() for name in package.files.values()}
    purl = f"pkg:npm/{package.name.replace('@', '%40')}@{package.version}"
    return {
        "bom-ref": purl,
        "type": "library",
        "name": package.name,
        "version": package.version,
        "purl": purl,
        "licenses": [{"license": {"id": licence}}],
        "components": [
            {
                "bom-ref": path,
                "type": "file",
                "name": path,
                "hashes": [{"alg": "SHA-512", "content": pins[path]}],
            }
            for path in files.values()
        ],
    }


def check(document: dict[str, Any]) -> None:
    """Raise `ValueError` when a document is not as its schema has it."""
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(document)):
        raise ValueError(f"not a CycloneDX document: {wrong}")


def main() -> None:
    """Write it."""
    TARGET.parent.mkdir(exist_ok=True)
    made = bill()
    check(made)
    TARGET.write_text(json.dumps(made, indent=1) + "\n")
    print(f"{TARGET.relative_to(REPOSITORY)}: {len(made['components'])} components")


if __name__ == "__main__":
    main()
