"""Builds `verify.py`: the sources of exactly those modules that verifying a pack needs, as they are, in one file.

They stand there as texts, each under its name, beside a loader of some lines, so that a person can read them, and
compare each with the one of the release. The file imports nothing but the standard library and `cryptography`, and of
what is called `audit` only what stands in it, whatever else is installed. The same sources give the same bytes.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

from audit.evidence.readme import README as WORDS
from audit.pack.known import Known, Part
from audit.pack.manifest import PAGE, README, VERIFIER
from audit.page.building import summary_parts, verify_html

PACKAGE = "audit"
ROOT = Path(__file__).parents[1]
MAIN = "audit.pack.command"
CONSTANTS = "audit.pack.constants"
"""The one module that stands there in another form: worked out, for no file can hold its own digest."""
_QUOTES = "'''"
_CONSTANTS = """\
from audit.pack.known import Known, Part


def known():
    files = {files!r}
    own = {{{own!r}: Part.of(__loader__.own())}}
    return Known({version!r}, files | own, {before!r}, {after!r})
"""
HEAD = '''\
#!/usr/bin/env python3
"""Verifies a pack of evidence of a Ringfence log, offline: python3 verify.py PACK.tar [--trust FILE] [--json]

Needs Python 3.11 or later and the package `cryptography`; asks no network, and writes nothing but the sample that you
ask for. Below are the modules of Ringfence {version} that take part, as texts, as they are; then what loads them. The
SHA-256 of this file is published with the release: `ringfence audit verifiers`. Trust none that came in the pack alone.

    python3 verify.py PACK.tar [--trust FILE]... [--receipt SEQ:LINK]... [--json]
    python3 verify.py sample PACK.tar --nonce WORDS --count 25 [--where decision=allow]... [--out DIR]

Exit code 0: nothing found, 1: findings, 2: cannot be read.
"""

import sys

if __name__ == "__main__" and not getattr(sys.flags, "safe_path", False):
    del sys.path[0]  # the folder of this file: what was unpacked beside it is not to be imported

import importlib.abc
import importlib.util

MODULES = {{}}
'''
FOOT = '''

class Within(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds modules in this file, and none of theirs anywhere else."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname.partition(".")[0] != "audit":
            return None
        if fullname not in MODULES:
            raise ModuleNotFoundError(f"{fullname} is not part of this verifier", name=fullname)
        return importlib.util.spec_from_loader(fullname, self, is_package=self.is_package(fullname))

    def get_source(self, fullname):
        return MODULES[fullname]

    def is_package(self, fullname):
        return any(name.startswith(fullname + ".") for name in MODULES)

    def own(self):
        with open(__file__, "rb") as file:
            return file.read()


if __name__ == "__main__":
    if sys.version_info < (3, 11):
        sys.exit("verify.py needs Python 3.11 or later")
    sys.meta_path.insert(0, Within())
    from audit.pack.command import main

    sys.exit(main())
'''


@cache
def build() -> bytes:
    """Return the file."""
    parts = [HEAD.format(version=metadata.version("ringfence"))]
    for name, source in sorted(sources().items()):
        if _QUOTES in source or source.endswith("\\"):
            raise ValueError(f"{name} cannot stand in a text as it is")
        parts.append(f"\n# {'-' * 20} {name}\nMODULES[{name!r}] = r{_QUOTES}{source}{_QUOTES}\n")
    return "".join([*parts, FOOT]).encode()


def digest() -> str:
    """Return the SHA-256 of the file."""
    return hashlib.sha256(build()).hexdigest()


def known() -> Known:
    """Return what every pack of this version has."""
    files = {**_others(), VERIFIER: Part.of(build())}
    return Known(metadata.version("ringfence"), files, *map(Part.of, summary_parts()))


def _others() -> dict[str, Part]:
    return {README: Part.of(WORDS), PAGE: Part.of(verify_html())}


def _constants() -> str:
    before, after = map(Part.of, summary_parts())
    version = metadata.version("ringfence")
    return _CONSTANTS.format(files=_others(), own=VERIFIER, version=version, before=before, after=after)


def sources() -> dict[str, str]:
    """Return the sources of the modules, by their names: `MAIN`, and whatever one of them imports."""
    found: dict[str, str] = {}
    wanted = [MAIN]
    while wanted:
        name = wanted.pop()
        if name in found or (path := _path(name)) is None:
            continue
        found[name] = _constants() if name == CONSTANTS else path.read_text(encoding="utf-8")
        wanted += _imported(found[name])
        wanted += [".".join(name.split(".")[:depth]) for depth in range(1, name.count(".") + 1)]
    return found


def _imported(source: str) -> Iterator[str]:
    """Yield what a module imports when it is loaded, or later."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == PACKAGE:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.partition(".")[0] == PACKAGE)


def _path(name: str) -> Path | None:
    path = ROOT.joinpath(*name.split(".")[1:])
    for one in (path / "__init__.py", path.with_suffix(".py")):
        if one.is_file():
            return one
    return None
