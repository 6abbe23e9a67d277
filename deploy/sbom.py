"""Says what an image is made of: a CycloneDX list of every package in a lock, with the hashes that pip insists on.

    python deploy/sbom.py deploy/requirements.lock > sbom.cdx.json

The same lock gives the same bytes. It needs the standard library alone, for it runs where an image is built. Packages
of the base image are not in it: ask a scanner of images for those.
"""

import hashlib
import json
import re
import sys
import uuid
from pathlib import Path
from typing import Any

PACKAGE = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^ ;\\]+)(?: *; *(?P<marker>[^\\]*?))? *\\?$"
)
HASH = re.compile(r"^ +--hash=sha256:([0-9a-f]{64})")


def components(lock: str) -> list[dict[str, Any]]:
    """Return every package, by its name. A line that is none is an error: what is left out seems not to be there."""
    found: list[dict[str, Any]] = []
    for line in lock.splitlines():
        package, hashed = PACKAGE.match(line), HASH.match(line)
        if package:
            found.append(component(package["name"].lower(), package["version"], package["marker"]))
        elif hashed and found:
            found[-1]["hashes"].append({"alg": "SHA-256", "content": hashed[1]})
        elif line.strip() and not line.lstrip().startswith("#"):
            raise ValueError(f"not a line of a lock: {line[:80]}")
    return sorted(found, key=lambda each: str(each["bom-ref"]))


def component(name: str, version: str, marker: str | None) -> dict[str, Any]:
    """Return one package. Where a marker says on what machines it is installed, that is a property."""
    purl = f"pkg:pypi/{name.replace('_', '-').replace('.', '-')}@{version}"
    made = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl, "hashes": []}
    return made | ({"properties": [{"name": "ringfence:marker", "value": marker}]} if marker else {})


def document(lock: str) -> dict[str, Any]:
    """Return the list, named by the hash of the lock."""
    digest = hashlib.sha256(lock.encode()).hexdigest()
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, f"sha256:{digest}").urn,
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": "ringfence", "name": "ringfence"},
            "properties": [{"name": "ringfence:lock", "value": f"sha256:{digest}"}],
        },
        "components": components(lock),
    }


if __name__ == "__main__":
    print(json.dumps(document(Path(sys.argv[1]).read_text(encoding="utf-8")), indent=1))
