"""Says what an image is made of: a CycloneDX list of every package in a lock, with the hashes that pip insists on.

    python deploy/sbom.py deploy/requirements.lock deploy/licences.csv > sbom.cdx.json

Licences come from the list that `licences.py` makes; a package that is not on it is an error. A library that a wheel
brings is a component of its package.

The same lock gives the same bytes. It needs the standard library alone, for it runs where an image is built. Packages
of the base image are not in it: ask a scanner of images for those.
"""

import csv
import hashlib
import io
import json
import re
import sys
import uuid
from collections.abc import Iterable
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


def licensed(found: list[dict[str, Any]], listed: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    """Give each package its licence and what its wheel brings."""
    known: dict[str, list[dict[str, Any]]] = {}
    for row in listed:
        package, _, inside = row["part"].partition(": ")
        licence = [{"expression": row["licence"]}]
        known.setdefault(package if inside else f"{package}=={row['version']}", []).append(
            {"type": "library", "name": inside, "licenses": licence} if inside else {"licenses": licence}
        )
    for each in found:
        try:
            (its,) = known[f"{each['name']}=={each['version']}"]
        except KeyError:
            raise ValueError(f"{each['name']}=={each['version']} has no licence in the list: make licences") from None
        each.update(its, **({"components": known[each["name"]]} if each["name"] in known else {}))
    return found


def document(lock: str, licences: str) -> dict[str, Any]:
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
        "components": licensed(components(lock), csv.DictReader(io.StringIO(licences))),
    }


if __name__ == "__main__":
    print(json.dumps(document(*(Path(given).read_text(encoding="utf-8") for given in sys.argv[1:3])), indent=1))
