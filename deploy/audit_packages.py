"""Asks what the outside knows of the packages that ship: the index, and a service of advisories.

    python deploy/audit_packages.py deploy/requirements.lock [--service URL]

Of the index that uv is set up with: whether each locked version is still there, was not withdrawn, and has the files of
the lock's hashes. Of the advisories (OSV's, or another service that speaks its API): which are known of these versions.
Only names and versions are sent. The exit status is 1 for something bad, 3 where one of the two could not be asked, so
that nothing is known of it, and 0 when both were asked and nothing was found.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from enum import IntEnum
from pathlib import Path
from typing import Any

from sbom import components

UV = Path(sys.executable).with_name("uv")


class Status(IntEnum):
    """What an exit status says; `uv` itself uses 1 for something found and 2 for what it could not do."""

    CLEAN = 0
    BAD = 1
    UNKNOWN = 3


def main(lock: Path, service: str | None) -> Status:
    """Ask both, and say what is known."""
    packages = components(lock.read_text(encoding="utf-8"))
    found = {index(packages), advisories(packages, service)}
    return Status.BAD if Status.BAD in found else max(found)


def index(packages: list[dict[str, Any]]) -> Status:
    """Resolve the very versions again, as `make lock` does, without what was remembered of them."""
    how = ["--universal", "--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate", "--no-deps"]
    ran = subprocess.run(
        [UV, "pip", "compile", *how, "--refresh", "-"],
        input=pinned(packages),
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode == Status.BAD:
        print(f"index       BAD: a locked version is not there\n{indented(ran.stderr)}", end="")
        return Status.BAD
    if ran.returncode:
        print(f"index       NOT ASKED: it cannot be reached\n{indented(ran.stderr)}", end="")
        return Status.UNKNOWN
    there = {each["purl"]: hashes(each) for each in components(ran.stdout)}
    bad = re.findall(r"`.*` is yanked.*", ran.stderr)
    bad += [
        f"{each['name']}=={each['version']}: not all of its hashes"
        for each in packages
        if not hashes(each) <= there.get(each["purl"], set())
    ]
    verdict = "BAD" if bad else "nothing bad"
    print(f"index       {verdict}: {len(packages)} locked versions\n{indented(chr(10).join(bad))}", end="")
    return Status.BAD if bad else Status.CLEAN


def pinned(packages: list[dict[str, Any]]) -> str:
    """Return the versions without their hashes."""
    return "".join(f"{each['name']}=={each['version']}\n" for each in packages)


def hashes(package: dict[str, Any]) -> set[str]:
    """Return the hashes of a package's files."""
    return {each["content"] for each in package["hashes"]}


def advisories(packages: list[dict[str, Any]], service: str | None) -> Status:
    """Have uv ask for what is known of each version: it does so of a project, so these are made one."""
    project = {"name": "what-ships", "version": "0", "requires-python": ">=3.11,<3.13"}
    lines = [
        f"{name} = {json.dumps(value)}"
        for name, value in (project | {"dependencies": pinned(packages).split()}).items()
    ]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "pyproject.toml").write_text("\n".join(["[project]", *lines, ""]), encoding="utf-8")
        asking = [UV, "audit", "--preview-features", "audit-command", "--project", folder]
        ran = subprocess.run(
            [*asking, *(["--service-url", service] if service else [])], capture_output=True, text=True, check=False
        )
    if ran.returncode not in {Status.CLEAN, Status.BAD}:
        why = ran.stderr[max(0, ran.stderr.find("error:")) :]
        print(f"advisories  NOT ASKED, so nothing is known of any\n{indented(why)}", end="")
        return Status.UNKNOWN
    print(f"advisories  {'BAD' if ran.returncode else 'nothing bad'}\n{indented(ran.stdout + ran.stderr)}", end="")
    return Status(ran.returncode)


def indented(said: str) -> str:
    """Return what a program said, below what we say; without addresses."""
    lines = re.sub(r"\(?https?://[^\s)]+\)?", "(address)", said).splitlines()
    return "".join(f"            {line}\n" for line in lines if line.strip())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lock", type=Path)
    parser.add_argument("--service")
    given = parser.parse_args()
    sys.exit(main(given.lock, given.service))
