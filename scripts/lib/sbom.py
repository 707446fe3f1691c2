# SPDX-License-Identifier: MIT
"""
What an installation is made of, as CycloneDX: ``sbom.py LOCK WHEELS PACKAGES VERSION`` prints it.

LOCK pins the packages, WHEELS is the folder of the files they were installed from, PACKAGES the site-packages folder they were
installed into. Where a wheel says what was compiled into it, that is part of the list, as are npm packages.
"""

import base64
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from scripts.lib.assets import Asset, placed
from scripts.lib.licences import description, expression
from scripts.lib.wheels import PIN, digest, package

SPECIFICATION = "1.6"
VENDOR = Path("decnet/web/static/vendor")
# what a wheel says about a part that this list repeats
KEPT = ("type", "author", "name", "version", "hashes", "licenses", "purl")


def bill(lock: Path, wheels: Path, packages: Path, version: str) -> dict[str, Any]:
    """Return the whole document; the same input gives the same document."""
    installed = {canonical(found.metadata["Name"]): found for found in distributions(path=[str(packages)])}
    sums = {package(wheel)[0]: digest(wheel) for wheel in wheels.glob("*.whl")}
    names = [name for name, _ in PIN.findall(lock.read_text(encoding="utf-8")) if name in installed]
    wheels_of = [component(installed[name], sums[name]) for name in names]
    components = wheels_of + [script(asset) for asset, _ in placed(packages / VENDOR)]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": SPECIFICATION,
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, json.dumps([version, components]))}",
        "version": 1,
        "metadata": {"timestamp": made_at(), "component": product(version)},
        "components": components,
        "dependencies": [
            {"ref": product(version)["bom-ref"], "dependsOn": [found["bom-ref"] for found in components]},
            *({"ref": found["bom-ref"], "dependsOn": needs(installed[found["name"]], components)} for found in wheels_of),
        ],
    }


def canonical(name: str) -> str:
    """Write a name as a lock does."""
    return name.lower().replace("_", "-").replace(".", "-")


def made_at() -> str:
    """Return the moment that the changelog names, so that two builds agree."""
    moment = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def product(version: str) -> dict[str, Any]:
    """Describe decnet itself."""
    return {
        "type": "application",
        "bom-ref": f"decnet@{version}",
        "name": "decnet",
        "version": version,
        "licenses": [{"license": {"id": "MIT"}}],
    }


def component(found: Distribution, sum_of_wheel: str) -> dict[str, Any]:
    """Describe one package with what was compiled into it."""
    name = canonical(found.metadata["Name"])
    purl = f"pkg:pypi/{name}@{found.version}"
    described: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": found.version,
        "hashes": [{"alg": "SHA-256", "content": sum_of_wheel}],
        "licenses": [{"expression": expression(found.metadata)}],
        "purl": purl,
    }
    if parts := [{**part, "bom-ref": f"{purl}#{number}"} for number, part in enumerate(compiled_in(found))]:
        described["components"] = parts
    return described


def script(asset: Asset) -> dict[str, Any]:
    """Describe one npm package, by the hash of its archive."""
    purl = f"pkg:npm/{asset.name.replace('@', '%40')}@{asset.version}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": asset.name,
        "version": asset.version,
        "hashes": [{"alg": "SHA-512", "content": base64.b64decode(asset.integrity.partition("-")[2]).hex()}],
        "licenses": [{"expression": asset.licence}],
        "purl": purl,
    }


def compiled_in(found: Distribution) -> Iterator[dict[str, Any]]:
    """Yield what the wheel's own lists say, less what tells where its maker's files were."""
    for file in sorted((description(found) / "sboms").glob("*.json")):
        for part in json.loads(file.read_text(encoding="utf-8")).get("components", []):
            yield {key: part[key] for key in KEPT if key in part}


def needs(found: Distribution, components: list[dict[str, Any]]) -> list[str]:
    """Return the references of the packages that one of them asks for."""
    words = {
        canonical(line.split(";")[0].split()[0].split("[")[0].rstrip("<>=!~0123456789.,*")) for line in found.requires or ()
    }
    return [other["bom-ref"] for other in components if other["name"] in words]


if __name__ == "__main__":
    document = bill(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
    print(json.dumps(document, indent=1, ensure_ascii=False))
